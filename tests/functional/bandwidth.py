"""Rate limits of [bandwidth] with real sockets. The bounds are wide: machines are busy."""
import os
import time
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, TRANSIENT_ERROR, Wsman

FOREGROUND, HIGH, NORMAL, LOW = range(4)
MEGABYTE = 1_000_000


class BandwidthTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon(settings=f"""
[transfers]
ca_file = "{cls.origin.certificate}"
[bandwidth]
total = "64Mbit"
background = "24Mbit"
low = 9999999
schedule = [{{ low = "8Mbit" }}]
""").start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def run_jobs(self, count, megabytes, priority, tls=False):
        """Bytes a second of `count` files of one size together, and each job's seconds."""
        jobs = []
        for number in range(count):
            name = f"{self.id().rsplit('.', 1)[-1]}{number}.bin"
            data = os.urandom(megabytes * MEGABYTE)
            self.origin.put(name, data)
            job = self.client.create(self.origin.url(name, tls), rf"C:\rates\{name}")
            self.client.set(job, Priority=priority)
            jobs.append((job, name, data))
        begin = time.monotonic()
        for job, _, _ in jobs:
            self.assertEqual(self.client.state(job, 2), 0)
        seconds = []
        for job, _, _ in jobs:
            done = self.client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR))
            self.assertEqual(done["State"], str(TRANSFERRED))
            seconds.append(time.monotonic() - begin)
        for job, name, data in jobs:
            self.assertEqual(self.client.state(job, 1), 0)
            self.assertEqual((self.daemon.drive_c / "rates" / name).read_bytes(), data)
        rate = count * megabytes * MEGABYTE / max(seconds)
        print(f"{count} x {megabytes} MB, priority {priority}: {rate / MEGABYTE:.2f} MB/s")
        return rate, seconds

    def test_background_transfers_keep_to_their_limit(self):
        rate, _ = self.run_jobs(1, 9, NORMAL)
        self.assertTrue(2.2 * MEGABYTE < rate < 3.2 * MEGABYTE, rate)

    def test_https_keeps_to_it_too(self):
        rate, _ = self.run_jobs(1, 9, HIGH, tls=True)
        self.assertTrue(2.2 * MEGABYTE < rate < 3.2 * MEGABYTE, rate)

    def test_a_period_of_the_schedule_has_its_own_limit(self):
        rate, _ = self.run_jobs(1, 3, LOW)
        self.assertTrue(0.7 * MEGABYTE < rate < 1.1 * MEGABYTE, rate)

    def test_foreground_transfers_share_the_total_evenly(self):
        rate, seconds = self.run_jobs(4, 6, FOREGROUND)
        self.assertTrue(6 * MEGABYTE < rate < 8.5 * MEGABYTE, rate)
        self.assertGreater(seconds[0], 0.75 * seconds[-1])


if __name__ == "__main__":
    unittest.main()
