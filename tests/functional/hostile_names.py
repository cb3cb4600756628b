"""LocalFile names that try to leave the mapped roots are refused with a clear text."""
import html
import os
import pathlib
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.wsman import Wsman

E_INVALIDARG = 0x80070057

NAMES = [
    r"C:\..\escape", r"C:\a\..\..\escape", r"C:\a\..\b", r"C:/../escape", r"C:\a/../../escape",
    r"C:\.\a", r"C:\a\.", r"C:\a\..", r"..\escape", r"../escape", "escape", r"\escape", r"\\escape",
    "/etc/passwd", "/tmp/escape", "//etc/passwd", "/", "", " ", "C:", "C:\\", "C:a", r"C:a\b",
    r"D:\a", r"1:\a", r"CC:\a", r"C:\CON", r"C:\con.txt", r"C:\a\NUL", r"C:\NUL.tar.gz", r"C:\AUX\b",
    r"C:\PRN", r"C:\COM1", r"C:\lpt9.log", r"C:\a:b", r"C:\a::$DATA", r"C:\a\b:stream",
    r"\\?\C:\a", r"\\.\C:\a", r"\\.\PhysicalDrive0", r"\\server\share\a", r"\\server", r"C:\a*b",
    r"C:\a?b", "C:\\a\tb", "C:\\a\nb", r"C:\a|b", r'C:\a"b', r"C:\a<b", r"C:\a ", r"C:\a.",
    r"C:\a \b", r"C:\a.\b", "C:\\" + "x" * 256, "C:\\" + "\\".join(["y" * 60] * 80),
    r"file:///etc/passwd", r"~\a", r"%TEMP%\a", "C:\\a\\\\b",
]


class HostileNamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.origin.put("x", b"hostile")
        cls.daemon = Daemon().start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def refused(self, name, raw=None):
        reply = self.client.invoke("CreateJob", DisplayName="h", RemoteUrl=self.origin.url("x"),
                                   LocalFile=raw or html.escape(name))
        fault = reply.fault()
        self.assertEqual(reply.status, 500)
        self.assertIn(fault["subcode"], ("w:InvalidParameter", "w:SchemaValidationError"), name)
        self.assertGreater(len(fault["text"]), 20, name)
        self.assertEqual(fault["text"], fault["message"])
        return fault

    def test_every_hostile_name_is_refused_with_a_sentence_and_makes_no_job(self):
        self.assertGreaterEqual(len(NAMES), 50)
        before = self.snapshot()
        for name in NAMES:
            with self.subTest(name=name[:40]):
                fault = self.refused(name)
                if fault["subcode"] == "w:InvalidParameter":
                    self.assertEqual(fault["wsman"], E_INVALIDARG)
        self.assertEqual(self.client.enumerate(), [])
        self.assertEqual(self.snapshot(), before)

    def test_nul_and_broken_text_never_arrive(self):
        for raw in ("C:\\a&#0;b", "C:\\a&#xD800;b", "C:\\a&#xFFFE;b", "C:\\a\x00b"):
            with self.subTest(raw=raw):
                self.assertEqual(self.refused("", raw=raw)["subcode"], "w:SchemaValidationError")

    def test_symlinked_directories_and_files_are_not_followed(self):
        outside = self.daemon.folder / "outside"
        outside.mkdir()
        (outside / "secret").write_text("untouched")
        drive = self.daemon.drive_c
        drive.mkdir(parents=True, exist_ok=True)
        (drive / "link").symlink_to(outside)
        (drive / "file-link").symlink_to(outside / "secret")
        os.mkfifo(drive / "fifo")
        for name in (r"C:\link\f.bin", r"C:\link\secret", r"C:\file-link", r"C:\fifo", r"C:\link"):
            with self.subTest(name=name):
                reply = self.client.invoke("CreateJob", DisplayName="h", RemoteUrl=self.origin.url("x"),
                                           LocalFile=name)
                self.assertEqual(reply.status, 500, reply.text)
                self.assertGreater(len(reply.fault()["text"]), 20)
        self.assertEqual(sorted(p.name for p in outside.iterdir()), ["secret"])
        self.assertEqual((outside / "secret").read_text(), "untouched")

    def test_a_directory_swapped_for_a_symlink_after_creation_is_not_followed(self):
        outside = self.daemon.folder / "outside2"
        outside.mkdir()
        drive = self.daemon.drive_c
        job = self.client.create(self.origin.url("x"), r"C:\swap\f.bin")
        (drive / "swap").rename(drive / "swap-away")
        (drive / "swap").symlink_to(outside)
        self.client.state(job, 2)
        self.client.wait_for_state(job, (4, 5, 6))
        self.client.state(job, 1)
        self.assertEqual(list(outside.iterdir()), [])
        self.client.state(job, 0) if self.client.get(job).status == 200 else None

    def snapshot(self):
        """Every path under the daemon's folder outside the state directory and logs."""
        return sorted(str(path) for path in pathlib.Path(self.daemon.folder).rglob("*")
                      if "bitsd.db" not in path.name and path.name != "bitsd.log")


if __name__ == "__main__":
    unittest.main()
