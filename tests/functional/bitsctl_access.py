"""bitsctl's verbs for credentials, certificates and proxies of jobs."""
import subprocess
import unittest

from job_credentials import USERS
from support.auth_servers import AuthOrigin, Proxy
from support.daemon import BITSCTL, USER, Daemon


class BitsctlAccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin, cls.proxy = AuthOrigin(USERS), Proxy()
        cls.daemon = Daemon(settings='[log]\nlevel = "debug"\n').start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.stop()
        cls.proxy.stop()

    def create(self, name):
        done = self.daemon.bitsctl("create", name, self.origin.url(f"/basic/{name}"),
                                   rf"C:\dir\{name}", "--priority", "foreground")
        return done.stdout.strip()

    def with_input(self, text, *arguments):
        return subprocess.run(
            [BITSCTL, "--host", self.daemon.url, "--user", USER, "--password-file",
             str(self.daemon.folder / "password"), "--cacert", str(self.daemon.certificate),
             *arguments], input=text, text=True, capture_output=True, timeout=60)

    def test_a_password_from_standard_input_reaches_the_server(self):
        job = self.create("input")
        done = self.with_input(USERS["user1"] + "\n", "set-credentials", "input", "server", "basic",
                               "user1")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.daemon.bitsctl("resume", job)
        self.assertEqual(self.daemon.bitsctl("watch", job).returncode, 0)
        self.assertEqual(self.origin.of("/basic/input")[-1]["user"], "user1")

    def test_without_a_password_nothing_is_sent(self):
        self.create("nothing")
        done = self.with_input("", "set-credentials", "nothing", "server", "basic", "user1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard input has no password", done.stderr)

    def test_removing_what_is_not_there_is_said(self):
        self.create("remove")
        done = self.daemon.bitsctl("remove-credentials", "remove", "proxy", "digest")
        self.assertIn("S_FALSE", done.stderr)
        self.assertIn("S_FALSE", self.daemon.bitsctl("remove-certificate", "remove").stderr)

    def test_proxies_are_set_and_used(self):
        job = self.create("proxied")
        self.with_input(USERS["user2"] + "\n", "set-credentials", job, "server", "basic", "user2")
        self.daemon.bitsctl("set-proxy", job, "override", f"127.0.0.1:{self.proxy.port}",
                            "--bypass", "*.example <local>")
        self.daemon.bitsctl("resume", job)
        self.daemon.bitsctl("watch", job)
        self.assertTrue(self.proxy.requests)
        self.daemon.bitsctl("set-proxy", job, "none")

    def test_what_the_host_refuses_names_the_code(self):
        self.create("refused")
        done = self.daemon.bitsctl("set-certificate", "refused", "MY", "--hash",
                                   ":".join(["ab"] * 20), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("0x80070002", done.stderr)
        for arguments in (("set-certificate", "refused", "MY", "--hash", "abc"),
                          ("set-certificate", "refused", "MY"),
                          ("set-credentials", "refused", "server", "passport", "u"),
                          ("set-credentials", "refused", "server", "basic", "u", "password"),
                          ("set-proxy", "refused", "sometimes")):
            self.assertEqual(self.daemon.bitsctl(*arguments, check=False).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main()
