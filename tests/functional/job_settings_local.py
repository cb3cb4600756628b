"""BitsdJobSettings at the local socket: whoever made a job has its settings."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.daemon import BITSCTL, Daemon

# Accounts that every Debian has.
OPERATOR, OTHER = "daemon", "games"
GROUPS = {"nobody": "nogroup"}
URL = "http://127.0.0.1:1/file"


@unittest.skipUnless(os.geteuid() == 0, "only root can act as several users of this machine")
class JobSettingsLocalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-local-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.path = cls.folder / "run" / "bitsd.sock"
        cls.daemon = Daemon(server_settings=f'local_socket = "{cls.path}"\n')
        config = cls.daemon.folder / "bitsd.toml"
        config.write_text(config.read_text().replace(
            "operator = [", f'operator = ["user:{OPERATOR}", "user:{OTHER}", '))
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def bitsctl(self, user, *arguments, code=0, text=""):
        done = subprocess.run([BITSCTL, "--socket", str(self.path), *arguments], input=text,
                              text=True, capture_output=True, timeout=60, cwd="/", user=user,
                              group=GROUPS.get(user, user), extra_groups=[])
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_an_operator_has_the_settings_of_his_own_jobs(self):
        job = self.bitsctl(OPERATOR, "create", "own", URL, r"C:\own").strip()
        self.bitsctl(OPERATOR, "settings", job, "--http-method", "POST")
        self.bitsctl(OPERATOR, "set-headers", job, text="X-Key: mine\n")
        shown = self.bitsctl(OPERATOR, "settings", job)
        self.assertIn("HTTP method:         POST", shown)
        self.assertIn("X-Key: mine", shown)
        self.assertIn("there is no job", self.bitsctl(OTHER, "settings", job, code=5))
        self.assertIn("there is no job",
                      self.bitsctl(OTHER, "set-url", job, "0", "http://s/", code=5))
        root = self.bitsctl("root", "settings", job)
        self.assertIn("HTTP method:         POST", root)
        self.assertNotIn("mine", root)

    def test_without_a_role_nobody_has_any(self):
        job = self.bitsctl(OPERATOR, "create", "other", URL, r"C:\other").strip()
        self.bitsctl("nobody", "settings", job, code=4)


if __name__ == "__main__":
    unittest.main()
