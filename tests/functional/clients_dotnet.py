"""A .NET client, which makes the calls of the PowerShell module, with .NET's own NTLM and with gss-ntlmssp's."""
import pathlib
import subprocess
import tempfile
import unittest

from support import dotnet
from support.daemon import BITSCTL, PASSWORD, USER, Daemon, make_certificate
from support.origin import Origin

UNICODE_USER, UNICODE_PASSWORD = "jürgen", "Straße-€-пароль-𝄞"
SPELLINGS = (USER, "\\" + USER, "DOM\\" + USER, "dom\\" + USER, "HOST\\" + USER, ".\\" + USER,
             USER + "@dom", USER.upper())
# With a domain, .NET's own SPNEGO does not go on without a ticket either.
NO_DOMAIN = ("managed", "Negotiate")
VARIANTS = (("managed", "NTLM"), ("managed", "Negotiate"), ("gss", "NTLM"), ("gss", "Negotiate"))


def gss_ntlmssp_is_there():
    return any(pathlib.Path("/etc/gss/mech.d").glob("*ntlmssp*"))


@unittest.skipIf(dotnet.MISSING, dotnet.MISSING)
class DotnetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = dotnet.Client()
        cls.addClassCleanup(cls.client.close)
        cls.origin = Origin().start()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.daemon = Daemon(http=True, ntlm=True)
        subprocess.run([BITSCTL, "passwd", "--ntlm", "--file", str(cls.daemon.folder / "users"), UNICODE_USER],
                       input=UNICODE_PASSWORD + "\n", text=True, check=True, capture_output=True)
        config = cls.daemon.folder / "bitsd.toml"
        config.write_text(config.read_text().replace("operator = [", f'operator = ["user:{UNICODE_USER}", '))
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def run_client(self, ntlm, package, *arguments, user=USER, password=PASSWORD, url=None, environment=None):
        return self.client.run(
            url or self.daemon.http_url, ntlm, package, *arguments,
            environment={"CLIENT_USER": user, "CLIENT_PASSWORD": password, "LC_ALL": "C.UTF-8",
                         # Where a realm is configured, .NET's own SPNEGO does not go on without a ticket.
                         "KRB5_CONFIG": "/dev/null", **(environment or {})})

    def assert_succeeds(self, *arguments, **who):
        done = self.run_client(*arguments, **who)
        self.assertEqual(done.returncode, 0, f"{arguments} {who}\n{done.stdout}{done.stderr}")
        return done.stdout

    def each_variant(self):
        """The NTLM of .NET and that of gss-ntlmssp, by itself and inside of SPNEGO."""
        for variant in VARIANTS:
            if variant[0] == "managed" or gss_ntlmssp_is_there():
                yield variant

    def test_200_calls_go_over_one_connection_with_one_login(self):
        for variant in self.each_variant():
            with self.subTest(variant):
                self.assertIn("200 calls, 1 login", self.assert_succeeds(*variant, "calls", "200"))

    def test_every_spelling_of_an_account_is_the_account(self):
        for variant in self.each_variant():
            with self.subTest(variant):
                names = SPELLINGS[:2] if variant == NO_DOMAIN else SPELLINGS
                self.assert_succeeds(*variant, "calls", "2", *names)

    def test_names_and_passwords_may_have_any_letters(self):
        for variant in self.each_variant():
            with self.subTest(variant):
                names = [UNICODE_USER] if variant == NO_DOMAIN else [UNICODE_USER, "ДОМ\\" + UNICODE_USER]
                self.assert_succeeds(*variant, "calls", "2", *names,
                                     user=UNICODE_USER, password=UNICODE_PASSWORD)

    def test_a_job_from_create_to_complete(self):
        content = b"over .NET" * 4000
        self.origin.put("dotnet.bin", content)
        for number, variant in enumerate(self.each_variant()):
            with self.subTest(variant):
                self.assert_succeeds(*variant, "script", self.origin.url("dotnet.bin"),
                                     rf"C:\dotnet\{number}.bin")
                file = self.daemon.drive_c / "dotnet" / f"{number}.bin"
                self.assertEqual(file.read_bytes(), content)

    def over_tls(self, daemon, skip, trusted):
        """Whether a call succeeds with these checks of the certificate left out."""
        environment = {"CLIENT_SKIP": skip}
        if trusted:
            environment["SSL_CERT_FILE"] = str(daemon.certificate)
        done = self.run_client("managed", "NTLM", "calls", "1", url=daemon.url, environment=environment)
        if done.returncode != 0:
            self.assertIn("certificate", done.stderr)
        return done.returncode == 0

    def test_over_tls_the_certificate_is_checked_as_far_as_it_is_asked_for(self):
        self.assertTrue(self.over_tls(self.daemon, "", trusted=True))
        for skip, succeeds in (("", False), ("cn", False), ("ca", True), ("ca cn", True)):
            with self.subTest(certificate="untrusted", skip=skip):
                self.assertEqual(self.over_tls(self.daemon, skip, trusted=False), succeeds)
        with tempfile.TemporaryDirectory(prefix="bitsd-test-") as folder:
            other = Daemon(folder=folder, ntlm=True)
            make_certificate(other.folder, "other.example", names="DNS:other.example")
            with other:
                for skip, succeeds in (("", False), ("ca", False), ("cn", True)):
                    with self.subTest(certificate="of another name", skip=skip):
                        self.assertEqual(self.over_tls(other, skip, trusted=True), succeeds)

    def test_a_login_over_https_is_bound_to_the_certificate(self):
        with Daemon(ntlm=True, auth_settings='channel_binding = "strict"') as strict:
            trusted = {"SSL_CERT_FILE": str(strict.certificate)}
            for variant in self.each_variant():
                with self.subTest(variant):
                    self.assertIn("20 calls, 1 login", self.assert_succeeds(
                        *variant, "calls", "20", url=strict.url, environment=trusted))
                    self.assertIn("2 logins", self.assert_succeeds(
                        *variant, "lost", url=strict.url, environment=trusted))
                    done = self.run_client(*variant, "calls", "1", url=strict.url,
                                           environment={**trusted, "CLIENT_SKIP": "binding"})
                    self.assertEqual(done.returncode, 1)
                    self.assertIn("refused with HTTP 401", done.stderr)

    def test_a_wrong_password_is_refused(self):
        for variant in self.each_variant():
            with self.subTest(variant):
                done = self.run_client(*variant, "calls", "1", password="wrong")
                self.assertEqual(done.returncode, 1)
                self.assertIn("refused with HTTP 401", done.stderr)

    def test_a_client_that_lost_its_context_logs_in_again(self):
        for variant in self.each_variant():
            with self.subTest(variant):
                self.assertIn("2 logins", self.assert_succeeds(*variant, "lost"))


if __name__ == "__main__":
    unittest.main()
