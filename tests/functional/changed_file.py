"""The origin replaces the file mid-way: the result is the new file whole, never a mix."""
import os
import time
import unittest

from support.daemon import Daemon, wait_until
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, TRANSIENT_ERROR, Wsman

SIZE = 6_000_000
OLD, NEW = b"o" * SIZE, b"n" * SIZE


class ChangedFileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin(rate=1_500_000).start()
        cls.daemon = Daemon().start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def held_bytes(self, folder):
        return sum(path.stat().st_blocks * 512 for path in
                   (self.daemon.drive_c / folder).glob("BIT*.tmp"))

    def replace_midway(self, location, name, interrupt):
        """Downloads location+name while the file changes after an interruption."""
        old_time = time.time() - 100_000
        self.origin.put(name, OLD, modified=old_time)
        job = self.client.create(self.origin.url(location + name), rf"C:\{name}\f.bin")
        self.client.set(job, Priority=0)
        self.client.state(job, 2)
        wait_until(lambda: self.held_bytes(name) > 0, 20, "bytes arrived")
        interrupt(job, lambda: self.origin.put(name, NEW, modified=old_time + 5_000))
        done = self.client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR))
        self.assertEqual(done["State"], str(TRANSFERRED), done)
        self.assertEqual(self.client.state(job, 1), 0)
        result = (self.daemon.drive_c / name / "f.bin").read_bytes()
        self.assertTrue(result == NEW, f"{result.count(b'o')} old and {result.count(b'n')} new bytes")

    def suspend(self, job, change):
        self.assertEqual(self.client.state(job, 3), 0)
        self.assertGreater(int(self.client.properties(job)["BytesTransferred"]), 0)
        change()
        self.assertEqual(self.client.state(job, 2), 0)

    def kill(self, _, change):
        self.daemon.kill()
        change()
        self.daemon.start()
        type(self).client = Wsman(self.daemon)

    def test_new_etag_after_suspend(self):
        self.replace_midway("", "etag-suspend", self.suspend)

    def test_only_last_modified_after_suspend(self):
        self.replace_midway("no-etag/", "lm-suspend", self.suspend)

    def test_server_that_ignores_range_after_suspend(self):
        self.replace_midway("no-range/", "range-suspend", self.suspend)

    def test_new_etag_after_kill(self):
        self.replace_midway("", "etag-kill", self.kill)

    def test_only_last_modified_after_kill(self):
        self.replace_midway("no-etag/", "lm-kill", self.kill)

    def test_an_unchanged_file_behind_a_server_that_ignores_range_is_whole(self):
        data = os.urandom(SIZE)
        self.origin.put("same", data)
        job = self.client.create(self.origin.url("no-range/same"), r"C:\same\f.bin")
        self.client.state(job, 2)
        wait_until(lambda: self.held_bytes("same") > 0, 20, "bytes arrived")
        self.suspend(job, lambda: None)
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.client.state(job, 1)
        self.assertEqual((self.daemon.drive_c / "same/f.bin").read_bytes(), data)


if __name__ == "__main__":
    unittest.main()
