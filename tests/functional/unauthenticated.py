"""Requests without valid credentials get 401 and nothing else, and change nothing.

A fixed-seed sample of 12 methods x 25 paths x 14 content types x 6
Authorization forms; BITSD_SAMPLE sets its size.
"""
import http.client
import itertools
import os
import random
import ssl
import unittest

from support.daemon import Daemon
from support.wsman import CORPUS, Wsman

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "MKCOL",
           "FOO", "post")
PATHS = ("/wsman", "/wsman/", "/wsman?x=1", "/wsman-anon", "/wsman-anon/identify", "/", "/WSMAN",
         "/wsman/x", "/wsman//", "//wsman", "/wsman%2f", "/%77sman", "/wsman;a", "/wsman/..", "/../wsman",
         "/index.html", "/robots.txt", "/metrics", "/health", "/wsman/SubscriptionManager/WEC",
         "/powershell", "/rpc", "/admin", "/bitsd.sock", "*")
TYPES = (None, "", "application/soap+xml", "application/soap+xml;charset=UTF-8",
         "application/soap+xml;charset=UTF-16", "text/xml", "application/xml", "application/json",
         "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
         'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
         "application/octet-stream", "garbage")
AUTHORIZATIONS = (None, "", "Basic", "Basic OnA=", "Negotiate TlRMTVNTUAABAAAA", "Bearer x")
SAMPLE = int(os.environ.get("BITSD_SAMPLE", "1500"))


class UnauthenticatedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True).start()
        cls.body = (CORPUS / "N70-no-auth.xml").read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def connect(self, tls):
        host, port = (self.daemon.url if tls else self.daemon.http_url).split("/")[2].split(":")
        if not tls:
            return http.client.HTTPConnection(host, int(port), timeout=10)
        context = ssl.create_default_context(cafile=str(self.daemon.certificate))
        return http.client.HTTPSConnection(host, int(port), timeout=10, context=context)

    def request(self, connection, method, path, kind, authorization):
        headers = {"Content-Length": str(len(self.body))}
        if kind is not None:
            headers["Content-Type"] = kind
        if authorization is not None:
            headers["Authorization"] = authorization
        connection.request(method, path, body=self.body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        return response, content

    def test_the_matrix_gets_401_and_creates_nothing(self):
        every = list(itertools.product(METHODS, PATHS, TYPES, AUTHORIZATIONS))
        sample = random.Random(1).sample(every, min(SAMPLE, len(every)))
        connections = {}
        for number, row in enumerate(sample):
            tls = bool(number % 2)
            connection = connections.get(tls) or self.connect(tls)
            try:
                response, content = self.request(connection, *row)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                connection = self.connect(tls)  # the keep-alive ended between two requests
                response, content = self.request(connection, *row)
            connections[tls] = None if response.will_close else connection
            self.assertEqual((response.status, content), (401, b""), row)
            self.assertLess(sum(len(n) + len(v) for n, v in response.getheaders()), 1024)
        self.assertEqual(Wsman(self.daemon).enumerate(), [])

    def test_asking_to_be_identified_does_not_open_other_operations(self):
        client = Wsman(self.daemon)
        for name in ("N70-no-auth", "11-soe-enumerate-all", "N29-malformed", "N32-dtd", "N31-empty"):
            for path in ("/wsman", "/wsman-anon", "/wsman-anon/identify"):
                reply = client.corpus(name, authorize=False, path=path,
                                      headers={"WSMANIDENTIFY": "unauthenticated"})
                self.assertEqual((reply.status, reply.bytes), (401, b""), (name, path))
                client = Wsman(self.daemon)
        self.assertEqual(client.enumerate(), [])

    def test_a_verified_user_without_a_role_is_denied_everything(self):
        from support.daemon import NOBODY, NOBODY_PASSWORD
        client = Wsman(self.daemon, NOBODY, NOBODY_PASSWORD)
        for name in ("04-seed1", "11-soe", "08-seed4a"):
            fault = client.corpus(name, job="{00000000-0000-0000-0000-000000000000}").fault()
            self.assertEqual((fault["subcode"], fault["wsman"]), ("w:AccessDenied", 5), name)

    def test_a_viewer_reads_but_changes_nothing(self):
        from support.daemon import VIEWER, VIEWER_PASSWORD
        owner, viewer = Wsman(self.daemon), Wsman(self.daemon, VIEWER, VIEWER_PASSWORD)
        job = owner.create("http://127.0.0.1:1/x", r"C:\v\x.bin")
        self.assertEqual(viewer.get(job).status, 200)
        self.assertEqual(len(viewer.enumerate()), 1)
        for name in ("04-seed1", "06-seed2b", "07-seed3", "10-seed4c", "33-delete"):
            self.assertEqual(viewer.corpus(name, job=job).fault()["subcode"], "w:AccessDenied", name)
        self.assertEqual(owner.properties(job)["State"], "3")
        owner.state(job, 0)


if __name__ == "__main__":
    unittest.main()
