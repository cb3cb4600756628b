"""A .NET client, which makes the calls of the PowerShell module, with .NET's own NTLM and with gss-ntlmssp's."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.daemon import BITSCTL, PASSWORD, USER, Daemon, make_certificate
from support.origin import Origin

SOURCES = pathlib.Path(__file__).resolve().parent / "dotnet"
UNICODE_USER, UNICODE_PASSWORD = "jürgen", "Straße-€-пароль-𝄞"
SPELLINGS = (USER, "\\" + USER, "DOM\\" + USER, "dom\\" + USER, "HOST\\" + USER, ".\\" + USER,
             USER + "@dom", USER.upper())
# With a domain, .NET's own SPNEGO does not go on without a ticket either.
NO_DOMAIN = ("managed", "Negotiate")
VARIANTS = (("managed", "NTLM"), ("managed", "Negotiate"), ("gss", "NTLM"), ("gss", "Negotiate"))


def dotnet_environment(folder):
    return {**os.environ, "DOTNET_CLI_HOME": str(folder), "DOTNET_NOLOGO": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
            "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1", "MSBUILDDISABLENODEREUSE": "1",
            "NUGET_PACKAGES": str(folder / "packages")}


def build(folder):
    """Compiles the client below folder; the path of its program. Nothing is downloaded."""
    environment = dotnet_environment(folder)
    version = subprocess.run(["dotnet", "--version"], env=environment, capture_output=True, text=True, check=True)
    source = shutil.copytree(SOURCES, folder / "source")
    (folder / "no-packages").mkdir()
    done = subprocess.run(
        ["dotnet", "build", str(source / "Client.csproj"), "--source", str(folder / "no-packages"), "-v", "quiet",
         f"-p:SdkMajor={version.stdout.split('.')[0]}", "-p:UseSharedCompilation=false",
         "-o", str(folder / "out")],
        env=environment, capture_output=True, text=True, timeout=100)
    if done.returncode != 0:
        raise AssertionError("dotnet build:\n" + done.stdout + done.stderr)
    return folder / "out" / "Client.dll"


def gss_ntlmssp_is_there():
    return any(pathlib.Path("/etc/gss/mech.d").glob("*ntlmssp*"))


@unittest.skipUnless(shutil.which("dotnet"), "there is no dotnet on this machine")
class DotnetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-dotnet-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.program = build(cls.folder)
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
        return subprocess.run(
            ["dotnet", str(self.program), url or self.daemon.http_url, ntlm, package, *arguments],
            env={**dotnet_environment(self.folder), "CLIENT_USER": user, "CLIENT_PASSWORD": password,
                 # Where a realm is configured, .NET's own SPNEGO does not go on without a ticket.
                 "LC_ALL": "C.UTF-8", "KRB5_CONFIG": "/dev/null", **(environment or {})},
            capture_output=True, text=True, timeout=60)

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
