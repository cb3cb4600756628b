"""curl as a WS-Management client: Basic over TLS, and what it is refused."""
import subprocess
import unittest

from support.daemon import PASSWORD, USER, Daemon
from support.wsman import CORPUS


class CurlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def curl(self, *arguments, url=None, data="11-soe-enumerate-all.xml"):
        """(status, body) of a POST."""
        done = subprocess.run(
            ["curl", "-sS", "--cacert", str(self.daemon.certificate), "-w", "\n%{http_code}",
             "-H", "Content-Type: application/soap+xml;charset=UTF-8",
             "--data-binary", f"@{CORPUS / data}", *arguments, url or self.daemon.url],
            capture_output=True, text=True, timeout=30, check=True)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), body

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


if __name__ == "__main__":
    unittest.main()
