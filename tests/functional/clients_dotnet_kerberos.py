"""The .NET client, which makes the calls of the PowerShell module, logs in with Kerberos."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from clients_dotnet import build, dotnet_environment
from support.daemon import PASSWORD, USER, Daemon
from support.kdc import REALM, Kdc


@unittest.skipUnless(shutil.which("dotnet"), "there is no dotnet on this machine")
class DotnetKerberosTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-dotnet-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.program = build(cls.folder)
        cls.kdc = Kdc().start()
        cls.addClassCleanup(cls.kdc.__exit__)
        cls.kdc.add_user(USER, PASSWORD)
        cls.daemon = Daemon(http=True)
        config = cls.daemon.folder / "bitsd.toml"
        keytab = cls.kdc.add_service("HTTP/localhost")
        config.write_text(config.read_text().replace(
            "[auth]\n", f'[auth]\nkeytab = "{keytab}"\nkerberos_realm = "{REALM}"\n'))
        cls.daemon.start(environment=cls.kdc.environment)
        cls.addClassCleanup(cls.daemon.__exit__)

    def run_client(self, ntlm, package, environment, url=None):
        """20 calls at the name that the service has a key for."""
        url = (url or self.daemon.http_url).replace("127.0.0.1", "localhost")
        return subprocess.run(
            ["dotnet", str(self.program), url, ntlm, package, "calls", "20"],
            env={**dotnet_environment(self.folder), **self.kdc.environment, "SSL_CERT_FILE": str(self.daemon.certificate),
                 **environment},
            capture_output=True, text=True, timeout=60)

    def assert_succeeds(self, *arguments):
        done = self.run_client(*arguments)
        self.assertEqual(done.returncode, 0, f"{arguments}\n{done.stdout}{done.stderr}")
        self.assertIn("20 calls, 1 login", done.stdout)

    def test_a_ticket_is_enough(self):
        ticket = self.kdc.login(USER, PASSWORD)
        for variant in (("managed", "Kerberos"), ("managed", "Negotiate"), ("gss", "Negotiate")):
            for url in (self.daemon.http_url, self.daemon.url):
                with self.subTest(variant=variant, url=url):
                    self.assert_succeeds(*variant, ticket, url)

    def test_so_are_a_name_in_the_realm_and_a_password(self):
        self.assert_succeeds("managed", "Kerberos",
                             {"CLIENT_USER": f"{USER}@{REALM}", "CLIENT_PASSWORD": PASSWORD})

    def test_without_either_the_client_says_so(self):
        done = self.run_client("managed", "Kerberos", {})
        self.assertEqual((done.returncode, "Kerberos is not possible" in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
