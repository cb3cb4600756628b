"""The .NET client logs in with Kerberos, over https to a service that wants logins bound to its certificate."""
import unittest

from clients_kerberos import KerberosCase, local
from support import dotnet
from support.daemon import PASSWORD, USER
from support.kdc import REALM

VARIANTS = (("managed", "Kerberos"), ("managed", "Negotiate"), ("gss", "Kerberos"), ("gss", "Negotiate"))


@unittest.skipIf(dotnet.MISSING, dotnet.MISSING)
class DotnetKerberosTest(KerberosCase):
    channel_binding = "strict"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = dotnet.Client()
        cls.addClassCleanup(cls.client.close)

    def run_client(self, *arguments, url=None, environment=None):
        """By the ticket of this process, at the name that the service has a key for."""
        return self.client.run(local(url or self.daemon.http_url), *arguments,
                               environment={"SSL_CERT_FILE": str(self.daemon.certificate), **(environment or {})})

    def assert_succeeds(self, *arguments, **where):
        done = self.run_client(*arguments, **where)
        self.assertEqual(done.returncode, 0, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_200_calls_go_over_one_connection_with_one_login(self):
        for variant in VARIANTS:
            for url in (self.daemon.http_url, self.daemon.url):
                with self.subTest(variant=variant, url=url):
                    self.assertIn("200 calls, 1 login", self.assert_succeeds(*variant, "calls", "200", url=url))

    def test_a_login_that_is_not_bound_to_the_certificate_is_refused(self):
        for variant in VARIANTS:
            with self.subTest(variant=variant):
                done = self.run_client(*variant, "calls", "1", url=self.daemon.url,
                                       environment={"CLIENT_SKIP": "binding"})
                self.assertEqual(done.returncode, 1)
                self.assertIn("refused with HTTP 401", done.stderr)

    def test_a_job_from_create_to_complete(self):
        content = b"over .NET" * 4000
        self.origin.put("dotnet.bin", content)
        for url in (self.daemon.http_url, self.daemon.url):
            name = url.split(":")[0]
            self.assert_succeeds("gss", "Kerberos", "script", self.origin.url("dotnet.bin"), rf"C:\dotnet\{name}.bin", url=url)
            self.assertEqual((self.daemon.drive_c / "dotnet" / f"{name}.bin").read_bytes(), content)

    def test_a_client_that_lost_its_context_logs_in_again(self):
        for url in (self.daemon.http_url, self.daemon.url):
            self.assertIn("2 logins", self.assert_succeeds("gss", "Kerberos", "lost", url=url))

    def test_a_name_in_the_realm_and_a_password_are_enough(self):
        self.use({})
        self.assert_succeeds("managed", "Kerberos", "calls", "20",
                             environment={"CLIENT_USER": f"{USER}@{REALM}", "CLIENT_PASSWORD": PASSWORD})

    def test_without_either_the_client_says_so(self):
        self.use({})
        for ntlm in ("managed", "gss"):
            done = self.run_client(ntlm, "Kerberos", "calls", "1")
            self.assertEqual((done.returncode, "Kerberos is not possible" in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
