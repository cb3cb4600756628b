"""curl as a WS-Management client: Basic over TLS, and what it is refused."""
import os
import pathlib
import subprocess
import unittest

from support.daemon import PASSWORD, USER, Daemon
from support.wsman import CORPUS


def curl(daemon, *arguments, url=None, data="11-soe-enumerate-all.xml", environment=None):
    """(status, body) of a POST."""
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(daemon.certificate), "-w", "\n%{http_code}",
         "-H", "Content-Type: application/soap+xml;charset=UTF-8",
         "--data-binary", f"@{CORPUS / data}", *arguments, url or daemon.url],
        capture_output=True, text=True, timeout=30, check=True, env={**os.environ, **(environment or {})})
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


class CurlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def curl(self, *arguments, **options):
        return curl(self.daemon, *arguments, **options)

    def test_a_corpus_file_is_answered_over_tls_with_basic(self):
        status, body = self.curl("--user", f"{USER}:{PASSWORD}")
        self.assertEqual(status, 200)
        self.assertIn("EnumerateResponse", body)

    def test_a_chunked_request_and_expect_continue_are_answered(self):
        status, _ = self.curl("--user", f"{USER}:{PASSWORD}", "-H", "Transfer-Encoding: chunked")
        self.assertEqual(status, 200)
        status, _ = self.curl("--user", f"{USER}:{PASSWORD}", "-H", "Expect: 100-continue")
        self.assertEqual(status, 200)

    def test_http_1_0_is_answered(self):
        status, _ = self.curl("--user", f"{USER}:{PASSWORD}", "--http1.0")
        self.assertEqual(status, 200)

    def test_a_wrong_password_is_refused(self):
        self.assertEqual(self.curl("--user", f"{USER}:wrong"), (401, ""))

    def test_a_wrong_password_is_logged_once_for_its_source(self):
        for _ in range(3):
            self.assertEqual(self.curl("--user", "no\x1bbody:hunter2"), (401, ""))
        self.assertEqual(self.daemon.log().count("refused: unknown account or wrong password"), 1, self.daemon.log())
        self.assertNotIn("hunter2", self.daemon.log())
        self.assertNotIn("\x1b", self.daemon.log())

    def test_basic_without_tls_is_refused_whatever_the_password(self):
        self.assertEqual(self.curl("--user", f"{USER}:{PASSWORD}", url=self.daemon.http_url), (401, ""))

    def test_identify_without_credentials_tells_nothing_about_the_host(self):
        status, body = self.curl("-H", "WSMANIDENTIFY: unauthenticated", url=self.daemon.http_url,
                                 data="01-ps-testwsman-identify-noauth.xml")
        self.assertEqual(status, 200)
        self.assertIn("<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>", body)
        self.assertNotIn("SecurityProfile", body)

    def test_only_post_on_the_endpoint_is_allowed(self):
        status, _ = self.curl("--user", f"{USER}:{PASSWORD}", "-X", "GET")
        self.assertEqual(status, 405)
        status, _ = self.curl("--user", f"{USER}:{PASSWORD}", url=self.daemon.url + "x")
        self.assertEqual(status, 404)


class CurlNtlmTest(unittest.TestCase):
    """curl proves who it is but has no way to seal a message, and does not ask for one."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True, ntlm=True).start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def offered(self, url):
        """The challenges that a stranger gets."""
        head = subprocess.run(["curl", "-sS", "--cacert", str(self.daemon.certificate), "-D", "-", "-o", "/dev/null",
                               "-H", "Content-Type: application/soap+xml", "-d", "<x/>", url],
                              capture_output=True, text=True, timeout=30, check=True).stdout
        return [line.partition(": ")[2] for line in head.splitlines() if line.startswith("WWW-Authenticate")]

    def test_ntlm_is_offered_inside_of_negotiate_only_as_windows_does(self):
        self.assertEqual(self.offered(self.daemon.http_url), ["Negotiate"])
        self.assertEqual(self.offered(self.daemon.url), ["Negotiate", 'Basic realm="WSMAN"'])

    def test_the_scheme_ntlm_is_not_taken(self):
        for url in (self.daemon.http_url, self.daemon.url):
            self.assertEqual(curl(self.daemon, "--ntlm", "-u", f"{USER}:{PASSWORD}", url=url), (401, ""))

    @unittest.skipUnless(list(pathlib.Path("/etc/gss/mech.d").glob("*ntlmssp*")), "gss-ntlmssp is not installed")
    def test_a_login_that_could_be_relayed_is_never_served(self):
        """Negotiate with NTLM that asks for no sealing is what a relayed login of another service looks like."""
        self.assertEqual(self.negotiate(self.daemon.url), (401, ""))
        status, body = self.negotiate(self.daemon.http_url)
        self.assertEqual(status, 500)
        self.assertIn("w:AccessDenied", body)
        self.assertIn("ask for sealing", body)
        self.assertIn("server.allow_unencrypted", body)
        self.assertNotIn("EnumerateResponse", body)
        self.assertEqual(self.negotiate(self.daemon.http_url, password="wrong"), (401, ""))

    def negotiate(self, url, password=PASSWORD):
        passwords = self.daemon.folder / "passwords"
        passwords.write_text(f"ANY:{USER}:{password}\n")
        return curl(self.daemon, "--negotiate", "-u", ":", url=url,
                    environment={"NTLM_USER_FILE": str(passwords), "KRB5_CONFIG": "/dev/null"})

    def test_basic_over_tls_is_taken_beside_negotiate(self):
        status, body = curl(self.daemon, "--basic", "-u", f"{USER}:{PASSWORD}")
        self.assertEqual((status, "EnumerateResponse" in body), (200, True))


if __name__ == "__main__":
    unittest.main()
