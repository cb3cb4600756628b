"""Accounts and groups of the operating system: PAM and NSS, both faked by wrapper libraries."""
import subprocess
import time
import unittest

from support.daemon import PASSWORD, USER, Daemon
from support.wsman import Wsman

ACCOUNTS = """root:x:0:0:root:/root:/bin/sh
paula:x:1001:1001:Paula:/home/paula:/bin/sh
pete:x:1002:1002:Pete:/home/pete:/bin/sh
alice:x:1003:1003:Alice:/home/alice:/bin/sh
toor:x:0:0:root too:/root:/bin/sh
"""
GROUPS = """paula:x:1001:
pete:x:1002:
alice:x:1003:
watchers:x:2000:paula,pete
"""
PASSWORDS = "".join(f"{name}:word:bitsd\n" for name in ("root", "paula", "alice", "toor")) + "pete:word:other\n"


class SystemAccountsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        folder = cls.daemon.folder
        for name, text in (("passwd", ACCOUNTS), ("group", GROUPS), ("passwords", PASSWORDS)):
            (folder / name).write_text(text)
        services = folder / "pam.d"
        services.mkdir()
        modules = subprocess.run(["pkg-config", "--variable=modules", "pam_wrapper"], check=True,
                                 capture_output=True, text=True).stdout.strip()
        matrix = f"required {modules}/pam_matrix.so passdb={folder}/passwords\n"
        (services / "bitsd").write_text(f"auth {matrix}account {matrix}")
        config = folder / "bitsd.toml"
        config.write_text(config.read_text()
                          .replace('users_file = "users"', 'users_file = "users"\npam_service = "bitsd"\n'
                                                           'system_groups = true')
                          .replace('viewer = [', 'viewer = ["group:watchers", '))
        cls.daemon.start(environment={
            "LD_PRELOAD": "libpam_wrapper.so:libnss_wrapper.so", "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": str(services), "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(folder / "group"),
            "ASAN_OPTIONS": "verify_asan_link_order=0"})

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def status(self, user, password="word"):
        client = Wsman(self.daemon, user, password)
        reply = client.corpus("11-soe")
        client.close()
        return reply.status

    def test_an_account_of_the_system_logs_in_and_has_its_groups(self):
        for user in ("paula", "CORP\\paula", "\\paula", "paula@corp.example"):
            self.assertEqual(self.status(user), 200, user)

    def test_a_wrong_password_and_strangers_are_refused(self):
        for user, password in (("paula", "wrong"), ("nobody-here", "word"), ("PAULA", "word")):
            self.assertEqual(self.status(user, password), 401, user)

    def test_an_account_that_the_service_does_not_allow_is_refused(self):
        self.assertEqual(self.status("pete"), 401)

    def test_the_user_id_0_is_refused_by_every_name(self):
        for user in ("root", "toor", "HOST\\root", "root@REALM"):
            self.assertEqual(self.status(user), 401, user)

    def test_users_of_the_file_have_its_password_alone(self):
        self.assertEqual(self.status(USER, PASSWORD), 200)
        self.assertEqual(self.status(USER, "word"), 401)

    def test_viewers_by_group_change_nothing(self):
        client = Wsman(self.daemon, "paula", "word")
        self.assertEqual(client.corpus("04-seed1").fault()["subcode"], "w:AccessDenied")
        client.close()


class GuessingTest(unittest.TestCase):
    def test_a_guesser_is_slowed_down_and_the_daemon_is_not(self):
        with Daemon() as daemon:
            guesser = Wsman(daemon, USER, "wrong")
            known = Wsman(daemon)
            known.enumerate()  # this connection is known from here on
            began = time.monotonic()
            guesses = [guesser.corpus("11-soe").status for _ in range(2000)]
            self.assertEqual(set(guesses), {401})
            # Beyond the first ones a guess costs no hash: 2000 hashes take half a minute.
            self.assertLess(time.monotonic() - began, 20)
            known.enumerate()


if __name__ == "__main__":
    unittest.main()
