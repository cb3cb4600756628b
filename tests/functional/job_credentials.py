"""Credentials of jobs: who gets them, who does not, and where they are never found."""
import base64
import contextlib
import unittest

from support.auth_servers import CONTENT, AuthOrigin
from support.daemon import OPERATOR, OPERATOR_PASSWORD, Daemon
from support.wsman import ERROR, SETTINGS, TRANSFER, TRANSFERRED, Wsman

SERVER, PROXY = 0, 1
BASIC, DIGEST, NTLM, NEGOTIATE, PASSPORT = range(5)
HTTP_401, CONTEXT_REMOTE_FILE = 0x80190191, 5
USERS = {f"user{i}": f"MARKER-password-{i}-\u00e4" for i in range(10)}


def get_error(client, job):
    """(code, context) of a job in an error state."""
    out = client.invoke("GetError", job, LanguageId=1033).properties()
    return int(out["ErrorCode"]), int(out["ErrorContext"])


def run(client, job):
    """Resumes a job in the foreground and waits for its end; its State."""
    assert client.set(job, Priority=0).status == 200
    assert client.state(job, 2) == 0
    return int(client.wait_for_state(job, (TRANSFERRED, ERROR))["State"])


def return_value(reply):
    assert reply.status == 200, reply.text
    return int(reply.properties()["ReturnValue"])


def set_credentials(client, job, scheme, user="user0", password=None, target=SERVER):
    password = USERS[user] if password is None else password
    return client.invoke("SetCredentials", job, Target=target, Scheme=scheme, UserName=user,
                         Password=password)


class JobCredentialsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = AuthOrigin(USERS)
        cls.daemon = Daemon(settings='[log]\nlevel = "debug"\n').start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.daemon.__exit__()
        cls.origin.stop()

    def job(self, path, name="x"):
        return self.client.create(self.origin.url(path), rf"C:\dir\{name}-{self.id()[-12:]}.bin")

    # --- what works -----------------------------------------------------------
    def test_each_scheme_gets_the_file_after_the_server_asked(self):
        for scheme, kind in ((BASIC, "basic"), (DIGEST, "digest"), (NTLM, "ntlm"),
                             (NEGOTIATE, "ntlm"), (BASIC, "any"), (DIGEST, "any")):
            with self.subTest(scheme=scheme, kind=kind):
                path = f"/{kind}/scheme{scheme}"
                job = self.job(path, f"{kind}{scheme}")
                self.assertEqual(return_value(set_credentials(self.client, job, scheme)), 0)
                self.assertEqual(run(self.client, job), TRANSFERRED, self.origin.of(path))
                self.assertEqual(self.client.state(job, 1), 0)
                requests = self.origin.of(path)
                self.assertIsNone(requests[0]["authorization"], "sent before the server asked")
                self.assertEqual((requests[-1]["status"], requests[-1]["user"]), (200, "user0"))
        done = list((self.daemon.drive_c / "dir").glob("basic0*"))
        self.assertEqual([path.read_bytes() for path in done], [CONTENT])

    def test_the_strongest_offered_scheme_with_credentials_wins(self):
        job = self.job("/any/strongest")
        set_credentials(self.client, job, BASIC, "user1")
        set_credentials(self.client, job, DIGEST, "user2")
        set_credentials(self.client, job, NTLM, "user3")
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual(self.origin.of("/any/strongest")[-1]["user"], "user2")

    def test_setting_a_pair_again_replaces_it(self):
        job = self.job("/basic/again")
        set_credentials(self.client, job, BASIC, "user1", "wrong")
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(return_value(set_credentials(self.client, job, BASIC, "user1")), 0)
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_files_of_one_job_all_get_them(self):
        job = self.job("/basic/first", "first")
        for name in ("second", "third"):
            reply = self.client.invoke("AddFile", job, RemoteUrl=self.origin.url(f"/basic/{name}"),
                                       LocalFile=rf"C:\dir\several-{name}.bin")
            self.assertEqual(return_value(reply), 0)
        set_credentials(self.client, job, BASIC)
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_credentials_survive_a_restart(self):
        job = self.job("/basic/restart")
        set_credentials(self.client, job, BASIC)
        self.client.close()
        self.daemon.kill()
        self.daemon.start()
        type(self).client = Wsman(self.daemon)
        self.assertEqual(run(self.client, job), TRANSFERRED)

    # --- what fails -----------------------------------------------------------
    def test_missing_and_wrong_credentials_end_in_error_401(self):
        for scheme, kind, password in ((None, "basic", None), (BASIC, "basic", "wrong"),
                                       (DIGEST, "digest", "wrong"), (NTLM, "ntlm", "wrong"),
                                       (DIGEST, "basic", None)):
            with self.subTest(scheme=scheme, kind=kind):
                job = self.job(f"/{kind}/refused{scheme}{password}", f"{kind}{scheme}")
                if scheme is not None:
                    set_credentials(self.client, job, scheme, password=password)
                self.assertEqual(run(self.client, job), ERROR)
                self.assertEqual(get_error(self.client, job), (HTTP_401, CONTEXT_REMOTE_FILE))

    def test_removed_credentials_are_not_sent(self):
        job = self.job("/basic/removed")

        def remove(target, scheme):
            return self.client.invoke("RemoveCredentials", job, Target=target, Scheme=scheme)

        self.assertEqual(return_value(remove(SERVER, BASIC)), 1, "S_FALSE: never set")
        set_credentials(self.client, job, BASIC)
        self.assertEqual(return_value(remove(SERVER, DIGEST)), 1)
        self.assertEqual(return_value(remove(PROXY, BASIC)), 1)
        self.assertEqual(return_value(remove(SERVER, BASIC)), 0)
        self.assertEqual(return_value(remove(SERVER, BASIC)), 1)
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual({r["authorization"] for r in self.origin.of("/basic/removed")}, {None})

    def test_bad_arguments_are_faults_with_their_code(self):
        job = self.job("/basic/arguments")
        for code, target, scheme, user, password in (
                (0x80200027, 2, BASIC, "u", "p"), (0x80200028, SERVER, PASSPORT, "u", "p"),
                (0x80200028, SERVER, 5, "u", "p"), (0x80200025, SERVER, BASIC, "u" * 301, "p"),
                (0x80200026, SERVER, BASIC, "u", "p" * 65536), (0x80070057, SERVER, BASIC, "", "p"),
                (0x80070057, SERVER, BASIC, "a:b", "p"), (0x80070057, SERVER, DIGEST, "a\nb", "p")):
            reply = self.client.invoke("SetCredentials", job, Target=target, Scheme=scheme,
                                       UserName=user, Password=password)
            fault = reply.fault()
            self.assertEqual((fault["subcode"], fault["wsman"]), ("w:InvalidParameter", code))
        for user, password in (("u" * 300, "p"), ("u", "p" * 65535), ("u", "")):
            reply = set_credentials(self.client, job, DIGEST, user, password)
            self.assertEqual(return_value(reply), 0)
        self.client.state(job, 0)

    # --- who may not have them ------------------------------------------------
    def test_another_origin_gets_nothing_after_a_redirect(self):
        with AuthOrigin(USERS) as other:
            for kind, end in (("open", TRANSFERRED), ("basic", ERROR)):
                target = other.url(f"/{kind}/redirected")
                job = self.job("/to?" + target, kind)
                set_credentials(self.client, job, BASIC)
                self.assertEqual(run(self.client, job), end)
                self.assertEqual({r["authorization"] for r in other.requests}, {None})

    def test_a_redirect_within_the_origin_keeps_them(self):
        job = self.job("/to?" + self.origin.url("/basic/inside"))
        set_credentials(self.client, job, BASIC)
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_no_connection_carries_two_users(self):
        jobs = []
        for round_ in range(4):
            for number, user in enumerate(USERS):
                kind = ("basic", "ntlm")[(number + round_) % 2]
                job = self.job(f"/{kind}/mix-{user}-{round_}", f"{user}-{round_}")
                set_credentials(self.client, job, NTLM if kind == "ntlm" else BASIC, user)
                self.assertEqual(self.client.set(job, Priority=0).status, 200)
                jobs.append((job, f"/{kind}/mix-{user}-{round_}", user))
        for job, _, _ in jobs:
            self.assertEqual(self.client.state(job, 2), 0)
        for job, path, user in jobs:
            self.client.wait_for_state(job, (TRANSFERRED,))
            self.assertEqual(self.origin.of(path)[-1]["user"], user)
            self.assertEqual(self.client.state(job, 1), 0)
        users = {}
        for request in self.origin.requests:
            if request["user"]:
                users.setdefault(request["connection"], set()).add(request["user"])
        self.assertEqual([names for names in users.values() if len(names) > 1], [])

    def test_other_operators_cannot_take_hold_of_them(self):
        operator = Wsman(self.daemon, OPERATOR, OPERATOR_PASSWORD)
        self.addCleanup(operator.close)
        job = self.job("/basic/mine")
        set_credentials(self.client, job, BASIC)
        attempts = [
            set_credentials(operator, job, BASIC, "user1"),
            operator.invoke("RemoveCredentials", job, Target=SERVER, Scheme=BASIC),
            operator.invoke("RemoveClientCertificate", job),
            operator.invoke("SetProxySettings", job, ProxyUsage=2, ProxyList="127.0.0.1:1"),
            operator.invoke("AddFile", job, RemoteUrl="http://127.0.0.1:1/",
                            LocalFile=r"C:\dir\theirs"),
        ]
        for reply in attempts:
            self.assertEqual(reply.fault()["subcode"], "a:DestinationUnreachable")
        theirs = operator.create(self.origin.url("/basic/own"), r"C:\dir\own")
        self.assertEqual(return_value(set_credentials(operator, theirs, BASIC)), 0)
        self.assertEqual(return_value(set_credentials(self.client, theirs, BASIC)), 0)


class SecretsTest(unittest.TestCase):
    """At rest and in logs; each test has a daemon of its own."""

    def setUp(self):
        self.origin = AuthOrigin(USERS)
        self.addCleanup(self.origin.stop)
        self.daemon = Daemon(settings='[log]\nlevel = "debug"\n').start()
        self.addCleanup(self.daemon.__exit__)
        self.client = Wsman(self.daemon)
        self.addCleanup(lambda: self.client.close())

    def create(self, path, name):
        return self.client.create(self.origin.url(path), rf"C:\dir\{name}")

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.client.close()
        self.assertEqual(self.daemon.stop(), 0)

    def start(self):
        self.daemon.start()
        self.client = Wsman(self.daemon)

    def files_with(self, markers):
        """Names of files below the daemon's folder that hold one of the markers."""
        found = []
        for path in self.daemon.folder.rglob("*"):
            if path.is_file():
                with contextlib.suppress(FileNotFoundError):
                    data = path.read_bytes()
                    found += [str(path) for marker in markers if marker in data]
        return found

    def test_no_secret_is_in_any_file_log_or_reply(self):
        secret, user = "MARKER-secret-7f3a", "MARKER-user-91c2"
        header, name = "MARKER-header-5d0e", "X-MARKER-name-b418"
        forms = [text.encode(coding) for text in (secret, user, f"{user}:{secret}", header, name)
                 for coding in ("utf-8", "utf-16-le")]
        forms += [base64.b64encode(f"{user}:{secret}".encode())[:20],
                  base64.b64encode(secret.encode())[:20]]
        self.origin.users[user] = secret
        job = self.create("/basic/marker", "marker")
        failing = self.create("/basic/marker2", "marker2")
        replies = []
        for target in (SERVER, PROXY):
            for scheme in range(6):
                replies.append(self.client.invoke(
                    "SetCredentials", job, Target=target, Scheme=scheme, UserName=user,
                    Password=secret))
        replies.append(self.client.invoke("SetCredentials", failing, Target=0, Scheme=BASIC,
                                          UserName=user, Password=secret + "-wrong"))
        replies.append(self.client.invoke("SetCredentials", job, Target=0, Scheme=0,
                                          UserName=user + "\x07", Password=secret * 9000))
        replies.append(self.client.invoke("SetCredentials", job, Target="x", Scheme=0,
                                          UserName=user, Password=secret))
        for owner in (job, failing):
            replies.append(self.client.set_settings(
                owner, CustomHeaders=f"{name}: {header}\n{name}-2: 2\n", CustomHeadersWriteOnly="true"))
            self.assertEqual(replies[-1].status, 200)
        for bad in (f"{name}\n", f"{name}: {header}\x7f", f"Host: {header}", f"{name}: {header * 999}"):
            replies.append(self.client.set_settings(job, CustomHeaders=bad))
            self.assertEqual(replies[-1].status, 500)
        self.assertEqual(self.files_with(forms), [], "after SetCredentials and headers")
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual(run(self.client, failing), ERROR)
        replies += [self.client.get(job), self.client.get(failing),
                    self.client.invoke("GetError", failing, LanguageId=1033)]
        replies.append(self.client.call(TRANSFER + "Get", selectors={"JobId": job},
                                        resource=SETTINGS))
        self.assertEqual(self.files_with(forms), [], "while the jobs live")
        self.assertEqual(self.client.state(job, 1), 0)
        self.assertEqual(self.client.state(failing, 0), 0)
        self.assertEqual(self.files_with(forms), [], "after the jobs ended")
        self.restart()
        self.assertEqual(self.files_with(forms), [], "after a restart")
        for reply in replies:
            for form in forms:
                self.assertNotIn(form, reply.bytes)

    def test_the_key_is_private_and_made_at_first_need(self):
        key = self.daemon.folder / "secrets.key"
        self.assertFalse(key.exists())
        job = self.create("/basic/key", "key")
        self.assertFalse(key.exists())
        self.assertEqual(return_value(set_credentials(self.client, job, BASIC)), 0)
        self.assertEqual((key.stat().st_mode & 0o777, key.stat().st_size), (0o400, 32))
        sealed = (self.daemon.state / "bitsd.db").read_bytes()
        self.assertNotIn(key.read_bytes(), sealed)

    def test_without_its_key_only_the_jobs_that_need_it_fail(self):
        key = self.daemon.folder / "secrets.key"
        job, other = self.create("/basic/lost", "lost"), self.create("/open/fine", "fine")
        set_credentials(self.client, job, BASIC)
        self.stop()
        away = key.rename(self.daemon.folder / "away")
        self.start()
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job), (0x80200040, 2))
        self.assertIn("secrets.key, is missing", self.daemon.log())
        self.assertEqual(run(self.client, other), TRANSFERRED)
        self.assertEqual(return_value(set_credentials(self.client, other, BASIC)), 0x80200040)
        self.assertFalse(key.exists(), "another key would bury the lost one")
        away.rename(key)
        self.restart()
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_a_key_that_others_may_read_is_refused(self):
        key = self.daemon.folder / "secrets.key"
        job = self.create("/basic/mode", "mode")
        set_credentials(self.client, job, BASIC)
        key.chmod(0o440)
        self.restart()
        self.assertIn("may be read by others", self.daemon.log())
        self.assertEqual(run(self.client, job), ERROR)
        key.chmod(0o400)
        self.restart()
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_another_key_opens_nothing_and_credentials_can_be_set_again(self):
        key = self.daemon.folder / "secrets.key"
        job = self.create("/basic/other", "other")
        set_credentials(self.client, job, BASIC)
        self.stop()
        key.chmod(0o600)
        key.write_bytes(bytes(range(32)))
        key.chmod(0o400)
        self.start()
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job), (0x80200040, 2))
        self.assertEqual(return_value(set_credentials(self.client, job, BASIC)), 0)
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_jobs_without_secrets_need_no_key(self):
        job = self.create("/open/plain", "plain")
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertFalse((self.daemon.folder / "secrets.key").exists())


if __name__ == "__main__":
    unittest.main()
