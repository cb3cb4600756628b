"""bitsctl logs in with Negotiate: NTLM and Kerberos, sealed on plain HTTP, bound to TLS on HTTPS."""
import json
import os
import pathlib
import select
import struct
import subprocess
import unittest

from support.daemon import BITSCTL, PASSWORD, USER, Daemon, wait_until
from support.origin import Origin

try:
    from support.gss_server import GssServer
    from support.kdc import Kdc
except ImportError as error:
    Kdc, KDC_MISSING = None, str(error)

URI = "wmi/root/microsoft/bits/BitsClientJob"
NO_TICKET = {"KRB5CCNAME": "FILE:/nonexistent/ccache"}
STRICT = 'channel_binding = "strict"'  # over https no login without one is accepted


def bitsctl(*arguments, environment=None, check=True):
    done = subprocess.run([BITSCTL, *arguments], text=True, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL, env={**os.environ, **NO_TICKET, **(environment or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"bitsctl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Script:
    """The steps of a script for Windows BITS, by raw verbs and by bitsctl's own."""

    def __init__(self, daemon, origin, options, environment=None):
        self.daemon, self.origin = daemon, origin
        self.options, self.environment = options, environment

    def run(self, *arguments, check=True):
        return bitsctl(*self.options, "--json", *arguments, environment=self.environment, check=check)

    def raw(self, *arguments):
        return json.loads(self.run("wsman", *arguments).stdout)

    def invoke(self, method, *values, job=None):
        return self.raw("invoke", URI, method, *(["-s", f"JobId={job}"] if job else []), *values)

    def get(self, job):
        return self.raw("get", URI, "-s", f"JobId={job}")

    def seed(self, test, name):
        content = {name: os.urandom(100_000), "second-" + name: b"second" * 1000}
        for file, data in content.items():
            self.origin.put(file, data)
        test.assertEqual(self.raw("identify")["ProductVendor"], "bitsd")
        created = self.invoke("CreateJob", "DisplayName=" + name, "Type=0",
                              "RemoteUrl=" + self.origin.url(name), "LocalFile=C:\\seed\\" + name)
        test.assertEqual(created["ReturnValue"], "0")
        job = created["JobId"]
        test.assertEqual(self.get(job)["State"], "3")
        put = self.raw("put", URI, "-s", f"JobId={job}", "Priority=0", "DisplayName=ü " + name)
        test.assertEqual((put["Priority"], put["DisplayName"]), ("0", "ü " + name))
        added = self.invoke("AddFile", "RemoteUrl=" + self.origin.url("second-" + name),
                            "LocalFile=C:\\seed\\second-" + name, job=job)
        test.assertEqual(added["ReturnValue"], "0")
        test.assertIn(job, [item["JobId"] for item in self.raw("enum", URI)])
        events = subprocess.Popen(
            [BITSCTL, *self.options, "--json", "--timeout", "30", "wsman", "subscribe", URI, "--filter",
             f"SELECT * FROM __InstanceModificationEvent WHERE TargetInstance.JobId = '{job}'"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, **NO_TICKET, **(self.environment or {})})
        try:
            self.resume_until_told(test, job, events)
        finally:
            events.kill()
            events.communicate(timeout=10)
        wait_until(lambda: self.get(job)["State"] == "6", 30, "the job is transferred")
        test.assertEqual(self.invoke("SetJobState", "JobState=1", job=job)["ReturnValue"], "0")
        for file, data in content.items():
            test.assertEqual((self.daemon.drive_c / "seed" / file).read_bytes(), data)
        test.assertEqual(self.run("wsman", "get", URI, "-s", f"JobId={job}", check=False).returncode, 5)

    def resume_until_told(self, test, job, events):
        """Goes on changing the job until the first event arrives, then starts it."""
        changes = iter(range(1000))
        wait_until(lambda: self.raw("put", URI, "-s", f"JobId={job}", f"Description={next(changes)}") and
                   select.select([events.stdout], [], [], 0)[0], 20, "an event came")
        test.assertEqual(json.loads(events.stdout.readline())["TargetInstance"]["JobId"], job)
        test.assertEqual(self.invoke("SetJobState", "JobState=2", job=job)["ReturnValue"], "0")

    def own_verbs(self, test, name):
        self.origin.put(name, b"own" * 1000)
        job = self.run("create", name, self.origin.url(name), "C:\\own\\" + name).stdout.strip().strip('"')
        watch = subprocess.Popen([BITSCTL, *self.options, "watch", name, "--timeout", "60"],
                                 stdout=subprocess.PIPE, text=True,
                                 env={**os.environ, **NO_TICKET, **(self.environment or {})})
        try:
            test.assertIn("Suspended", watch.stdout.readline())
            self.run("resume", name)
            lines = watch.communicate(timeout=60)[0]
        finally:
            watch.kill()
            watch.wait(10)
        test.assertEqual(watch.returncode, 0, lines)
        test.assertIn("Transferred", lines)
        self.run("complete", name)
        test.assertEqual((self.daemon.drive_c / "own" / name).read_bytes(), b"own" * 1000)
        test.assertNotIn(job, self.run("list").stdout)


class NtlmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon(http=True, ntlm=True, auth_settings=STRICT).start()
        cls.password = cls.daemon.folder / "password"
        cls.password.write_text(PASSWORD + "\n")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def script(self, *options, user=USER, host=None, password=None):
        return Script(self.daemon, self.origin,
                      ["--host", host or self.daemon.http_url, "--user", user,
                       "--password-file", str(password or self.password), "--cacert", str(self.daemon.certificate),
                       *options])

    def test_the_seed_script_runs_by_raw_verbs_on_plain_http(self):
        self.script().seed(self, "auto.bin")

    def test_it_runs_with_ntlm_by_itself_and_a_domain_in_front(self):
        self.script("--auth", "ntlm", user="SOMEWHERE\\" + USER).seed(self, "ntlm.bin")

    def test_it_runs_on_https_with_negotiate(self):
        self.script("--auth", "negotiate", host=self.daemon.url).seed(self, "https.bin")

    def test_bitsctls_own_verbs_and_watch_run_sealed(self):
        self.script("--auth", "negotiate").own_verbs(self, "own.bin")

    def test_get_downloads_a_file(self):
        self.origin.put("got.bin", b"got" * 1000)
        self.script().run("get", self.origin.url("got.bin"), r"C:\got\got.bin")
        self.assertEqual((self.daemon.drive_c / "got/got.bin").read_bytes(), b"got" * 1000)

    def test_a_wrong_password_is_refused(self):
        wrong = self.daemon.folder / "wrong"
        wrong.write_text("wrong\n")
        done = self.script(password=wrong).run("list", check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("check --user and --password-file", done.stderr)

    def test_basic_on_plain_http_is_refused_with_what_to_do(self):
        done = self.script("--auth", "basic").run("list", check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("offers Negotiate", done.stderr)
        self.assertIn("--auth", done.stderr)

    def test_without_a_user_and_a_ticket_it_says_what_is_missing(self):
        for options in ((), ("--auth", "kerberos")):
            done = bitsctl("--host", self.daemon.http_url, *options, "list", check=False)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("kinit", done.stderr)

    def test_identify_needs_no_login(self):
        out = bitsctl("--host", self.daemon.http_url, "--json", "wsman", "identify").stdout
        self.assertEqual(json.loads(out)["ProductVendor"], "bitsd")


@unittest.skipIf(Kdc is None, "no Kerberos realm for tests: " + (KDC_MISSING if Kdc is None else ""))
class KerberosTest(unittest.TestCase):
    """Against MIT's own acceptor, and against bitsd where it takes a keytab."""

    @classmethod
    def setUpClass(cls):
        cls.kdc = Kdc().start()
        cls.kdc.add_user(USER, "ticket please")
        cls.keytab = cls.kdc.add_service("HTTP/localhost")
        cls.ticket = {**cls.kdc.environment, **cls.kdc.login(USER, "ticket please")}

    @classmethod
    def tearDownClass(cls):
        cls.kdc.__exit__()

    def identify(self, server, *options, environment=None, check=True):
        return bitsctl("--host", server.url, *options, "--json", "wsman", "identify",
                       environment=environment or self.ticket, check=check)

    def test_negotiate_and_kerberos_by_itself_are_understood_by_another_implementation(self):
        for scheme in ("Negotiate", "Kerberos"):
            with GssServer(self.kdc, self.keytab, scheme) as server:
                out = self.identify(server, "--auth", "kerberos").stdout
                self.assertEqual(json.loads(out)["ProductVendor"], f"{USER}@{self.kdc.realm} sealed {scheme}")

    def test_a_ticket_goes_before_ntlm_and_a_password(self):
        password = self.kdc.folder / "password"
        password.write_text("unused\n")
        with GssServer(self.kdc, self.keytab) as server:
            for user in (USER, f"{USER}@{self.kdc.realm}", f"BITSD\\{USER}"):
                out = self.identify(server, "--user", user, "--password-file", str(password)).stdout
                self.assertIn(f"{USER}@{self.kdc.realm} sealed", json.loads(out)["ProductVendor"])

    def test_many_requests_share_a_context(self):
        with GssServer(self.kdc, self.keytab) as server:
            done = bitsctl("--host", server.url, "--auth", "kerberos", "wsman", "enum", "urn:things",
                           environment=self.ticket)
            self.assertEqual(done.stdout.count("Thing"), 50)
            self.assertEqual(server.logins, 1)

    def test_a_reply_in_clear_text_is_refused(self):
        with GssServer(self.kdc, self.keytab, sealed=False) as server:
            done = self.identify(server, "--auth", "kerberos", check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("clear text", done.stderr)

    def test_a_host_that_does_not_prove_itself_is_refused(self):
        with GssServer(self.kdc, self.keytab, proves=False) as server:
            done = self.identify(server, "--auth", "kerberos", check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("without proving who it is", done.stderr)

    def test_a_ticket_of_somebody_else_is_not_used(self):
        with GssServer(self.kdc, self.keytab) as server:
            done = self.identify(server, "--auth", "kerberos", "--user", "bob", check=False)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("no Kerberos ticket of 'bob'", done.stderr)
            self.assertEqual(server.logins, 0)

    def test_without_a_ticket_it_says_kinit(self):
        with GssServer(self.kdc, self.keytab) as server:
            done = self.identify(server, "--auth", "kerberos", environment=self.kdc.environment, check=False)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("kinit", done.stderr)

    def test_a_host_with_another_key_refuses_the_ticket(self):
        other = self.kdc.add_service("HTTP/other.localhost")
        for explains in (False, True):
            with GssServer(self.kdc, other, explains=explains) as server:
                done = self.identify(server, "--auth", "kerberos", check=False)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn("Kerberos", done.stderr)
                self.assertIn("keytab", done.stderr)

    def test_clocks_that_differ_are_named(self):
        cache = self.kdc.login(USER, "ticket please")
        file = pathlib.Path(cache["KRB5CCNAME"].removeprefix("FILE:"))
        old = file.read_bytes()
        self.assertEqual(old[:2], b"\x05\x04")
        # The header's one field: how far the KDC's clock is ahead of this machine's, s and us.
        delta = struct.pack(">HHHII", 12, 1, 8, 3600, 0)
        file.write_bytes(old[:2] + delta + old[4 + int.from_bytes(old[2:4], "big"):])
        with GssServer(self.kdc, self.keytab) as server:
            done = self.identify(server, "--auth", "kerberos", check=False,
                                 environment={**self.kdc.environment, **cache})
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("clocks", done.stderr)

    def test_a_host_that_the_realm_does_not_know_is_named(self):
        with GssServer(self.kdc, self.keytab) as server:
            done = bitsctl("--host", server.url.replace("localhost", "127.0.0.1"), "--auth", "kerberos",
                           "wsman", "identify", environment=self.ticket, check=False)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("check that --host has the name", done.stderr)

    def test_bitsd_runs_the_seed_script_for_a_ticket(self):
        with Origin() as origin:
            daemon = Daemon(http=True)
            config = daemon.folder / "bitsd.toml"
            config.write_text(config.read_text().replace(
                'users_file = "users"', f'users_file = "users"\n{STRICT}\nkeytab = "{self.keytab}"').replace(
                f'["user:{USER}"]', f'["user:{USER}", "user:{USER}@{self.kdc.realm}"]'))
            try:
                daemon.start(environment=self.kdc.environment)
            except AssertionError as error:
                daemon.__exit__()
                if "keytab" in str(error):
                    self.skipTest("this bitsd takes no keytab")
                raise
            with_ticket = {"environment": self.ticket}
            try:
                for host in (daemon.http_url, daemon.url):
                    host = host.replace("127.0.0.1", "localhost")
                    options = ["--host", host, "--cacert", str(daemon.certificate)]
                    name = "tls.bin" if host.startswith("https") else "plain.bin"
                    Script(daemon, origin, [*options, "--auth", "kerberos"], **with_ticket).seed(self, name)
                    Script(daemon, origin, options, **with_ticket).own_verbs(self, "own-" + name)
            finally:
                daemon.__exit__()


if __name__ == "__main__":
    unittest.main()
