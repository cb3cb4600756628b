"""Requests without valid credentials get 401 and nothing else, and change nothing.

A fixed-seed sample of 12 methods x 25 paths x 14 content types x 22 Authorization
forms = 92,400, on both listeners; BITSD_SAMPLE sets its size, "all" takes every one.
"""
import base64
import hashlib
import itertools
import os
import random
import re
import time
import unittest

from support.daemon import PASSWORD, USER, VIEWERS_SEE_ALL, Daemon
from support.raw_http import RawHttp
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


def basic(credentials):
    return b"Basic " + base64.b64encode(credentials)


GOOD = basic(f"{USER}:{PASSWORD}".encode())
NTLM = b"NTLMSSP\0"
# One item: the values of that many Authorization headers.
AUTHORIZATIONS = (
    (), (b"",), (b"Basic",), (b"Basic =",), (b"Basic OnA=",), (basic(b"\0:\0"),),
    (basic(USER.encode() + b":wrong"),), (basic(USER.encode() + b":"),), (b"basic OnA=",),
    (b"Basic\tOnA=",), (GOOD, GOOD), (GOOD + b"=",), (GOOD[6:],), (b"Basic " + b"QUFB" * 15_000,),
    (b"Bearer x",), (b'Digest username="alice"',), (b"NTLM " + base64.b64encode(NTLM + b"\1\0\0\0"),),
    (b"Negotiate",), (b"Negotiate =",), (b"Negotiate " + base64.b64encode(NTLM + b"\3\0\0\0" + bytes(80)),),
    (b"negotiate " + base64.b64encode(NTLM + b"\1\0\0\0" + bytes.fromhex("b78208e2") + bytes(24)),),
    (b"Negotiate " + b"YIIA" * 15_000,))
SAMPLE = os.environ.get("BITSD_SAMPLE", "3000")


def request(method, path, kind, authorization, body):
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: h", b"Content-Length: %d" % len(body)]
    if kind is not None:
        lines.append(b"Content-Type: " + kind.encode())
    lines += [b"Authorization: " + value for value in authorization]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def without_token(head):
    """A head as it is for every handshake at any time: the challenge of NTLM is random."""
    dated, count = re.subn(rb"\r\nDate: [^\r]+ GMT\r", b"\r", head)
    assert count == 1, head
    return re.sub(rb"Negotiate [A-Za-z0-9+/=]+", b"Negotiate TOKEN", dated)


class UnauthenticatedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True, ntlm=True, settings=VIEWERS_SEE_ALL).start()
        cls.body = (CORPUS / "N70-no-auth.xml").read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def state(self):
        """A digest of everything the daemon has on disk."""
        digest = hashlib.sha256()
        for path in sorted(self.daemon.state.rglob("*")):
            digest.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
        return digest.hexdigest()

    def send_all(self, url, rows):
        """The different replies, and to how many requests each came."""
        replies = {}
        connection = RawHttp(url)
        for row in rows:
            if connection is None:
                connection = RawHttp(url)
            reply = connection.ask(request(*row, self.body))
            self.assertIsNotNone(reply, row)
            self.assertEqual((reply.status, reply.body), (401, b""), (row[:3], row[3][:1]))
            self.assertLess(len(reply.head), 1024)
            negotiates = row[3] != () and row[3][0].lower().startswith(b"negotiate")
            key = (negotiates, without_token(reply.head))
            replies[key] = replies.get(key, 0) + 1
            if reply.closes:
                connection.close()
                connection = None
        if connection:
            connection.close()
        return replies

    def test_the_matrix_gets_401_and_changes_nothing(self):
        every = list(itertools.product(METHODS, PATHS, TYPES, AUTHORIZATIONS))
        self.assertEqual(len(every), 92_400)
        before = self.state()
        began, count = time.monotonic(), 0
        for number, url in enumerate((self.daemon.http_url, self.daemon.url)):
            size = len(every) if SAMPLE == "all" else min(int(SAMPLE) // 2, len(every))
            rows = random.Random(number).sample(every, size)
            replies = self.send_all(url, rows)
            count += size
            # Whatever is asked, a scheme is refused with the same bytes. Negotiate
            # has a challenge, a refusal, and the end of the connection.
            others = [head for (negotiates, head) in replies if not negotiates]
            self.assertEqual(len(others), 1, others)
            self.assertLessEqual(len(replies) - 1, 3, replies)
        self.assertEqual(self.state(), before)
        client = Wsman(self.daemon)
        # Guesses are limited for each source: this one has none to answer for.
        client.connection.source_address = ("127.0.0.2", 0)
        self.assertEqual(client.enumerate(), [])
        print(f"{count} requests in {time.monotonic() - began:.1f} s", flush=True)

    def test_a_body_of_any_size_is_not_looked_at(self):
        before = self.state()
        for url in (self.daemon.http_url, self.daemon.url):
            for size in (0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 511_999, 512_000, 512_001):
                for chunked in (False, True):
                    body = (self.body + b" " * size)[:size]
                    framing = (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size + body
                               + (b"\r\n0\r\n\r\n" if size else b"\r\n")) if chunked else (
                                   b"Content-Length: %d\r\n\r\n" % size + body)
                    with RawHttp(url) as connection:
                        reply = connection.ask(b"POST /wsman HTTP/1.1\r\nHost: h\r\n" + framing)
                        self.assertIsNotNone(reply, (size, chunked))
                        self.assertEqual((reply.status, reply.body), (401, b""), (size, chunked))
        self.assertEqual(self.state(), before)

    def test_bytes_that_are_not_http_reach_nobody(self):
        before = self.state()
        for data in (self.body, b"\xef\xbb\xbf" + self.body, b"\r\n\r\n" + self.body, b"\0" * 100,
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET /wsman\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"\xff" * 3000):
            for url in (self.daemon.http_url, self.daemon.url):
                with RawHttp(url) as connection:
                    reply = connection.ask(data)
                    self.assertTrue(reply is None or (reply.status == 400 and reply.closes), data[:40])
        self.assertEqual(self.state(), before)

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
