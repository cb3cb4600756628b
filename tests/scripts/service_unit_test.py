"""The systemd unit and the script that makes its key."""
import getpass
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "provider" / "bitsd"
SCRIPT = FOLDER / "make-secrets-key"
UNIT = FOLDER / "bitsd.service.in"


class MakeSecretsKeyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key, self.database = self.folder / "secrets.key", self.folder / "bitsd.db"

    def run_script(self):
        return subprocess.run([SCRIPT, self.key, getpass.getuser(), self.database],
                              capture_output=True, text=True)

    def test_the_first_start_gets_a_key_of_its_own(self):
        done = self.run_script()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = self.key.stat()
        self.assertEqual((found.st_size, stat.filemode(found.st_mode), found.st_uid),
                         (32, "-r--------", os.getuid()))
        self.assertEqual(list(self.folder.iterdir()), [self.key], "nothing else stays")

    def test_a_key_that_is_there_stays(self):
        self.run_script()
        before = self.key.read_bytes()
        self.database.touch()
        self.assertEqual(self.run_script().returncode, 0)
        self.assertEqual(self.key.read_bytes(), before)

    def test_a_lost_key_is_not_replaced(self):
        self.database.touch()
        done = self.run_script()
        self.assertEqual(done.returncode, 0, "the daemon starts without it")
        self.assertIn("Restore it from a backup", done.stderr)
        self.assertFalse(self.key.exists())


class ServiceUnitTest(unittest.TestCase):
    def setUp(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.unit = pathlib.Path(folder.name) / "bitsd.service"
        text = re.sub(r"@CMAKE_INSTALL_FULL_LIBEXECDIR@/bitsd", str(FOLDER), UNIT.read_text())
        text = re.sub(r"@CMAKE_INSTALL_FULL_SBINDIR@/bitsd", "/bin/true", text)
        self.assertNotIn("@CMAKE", text)
        self.unit.write_text(text)

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *arguments, str(self.unit)], capture_output=True,
                              text=True, timeout=60)

    def test_systemd_finds_no_fault_in_it(self):
        done = self.analyze("verify", "--man=no", "--recursive-errors=no")
        if "Failed to initialize manager" in done.stderr or "Failed to connect" in done.stderr:
            self.skipTest("systemd-analyze verify does not run here: " + done.stderr.strip())
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_its_exposure_is_low(self):
        done = self.analyze("security", "--offline=yes", "--no-pager", "--threshold=30")
        self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)


if __name__ == "__main__":
    unittest.main()
