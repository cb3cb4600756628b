"""A redirect may lead from http to https and never back."""
import os
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, TRANSIENT_ERROR, Wsman

HTTP_302 = 0x80190000 + 302
REMOTE_FILE = "5"


class RedirectTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin().start()
        self.addCleanup(self.origin.__exit__)
        self.daemon = Daemon(settings=f'[transfers]\nca_file = "{self.origin.certificate}"\n')
        self.addCleanup(self.daemon.__exit__)
        self.daemon.start()
        self.client = Wsman(self.daemon)
        self.data = os.urandom(100_000)
        self.origin.put("file", self.data)

    def run_job(self, url):
        job = self.client.create(url, r"C:\file")
        self.assertEqual(self.client.state(job, 2), 0)
        ended = self.client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR))
        return job, int(ended["State"])

    def test_from_https_to_http_is_an_error_of_the_remote_file(self):
        job, state = self.run_job(self.origin.url("to-http/file", tls=True))
        self.assertEqual(state, ERROR)
        error = self.client.invoke("GetError", job, LanguageId=1033).properties()
        self.assertEqual(error["ErrorCode"], str(HTTP_302))
        self.assertEqual(error["ErrorContext"], REMOTE_FILE)
        self.assertEqual(self.origin.requests("file"), [], "the file was asked for in clear text")
        self.assertEqual(self.client.state(job, 0), 0)
        self.assertEqual(list(self.daemon.drive_c.iterdir()), [])

    def test_from_http_to_https_is_followed(self):
        for location in ("to-https/file", "moved/file"):
            with self.subTest(location=location):
                job, state = self.run_job(self.origin.url(location))
                self.assertEqual(state, TRANSFERRED)
                self.assertEqual(self.client.state(job, 1), 0)
                self.assertEqual((self.daemon.drive_c / "file").read_bytes(), self.data)


if __name__ == "__main__":
    unittest.main()
