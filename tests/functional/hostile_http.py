"""Requests that two servers could read differently are refused, and smuggle nothing past a proxy.

BITSD_PAIRS sets how many random pairs go through each proxy.
"""
import base64
import os
import random
import re
import socket
import unittest
import urllib.parse

from support.daemon import PASSWORD, USER, Daemon
from support.proxies import Proxy
from support.raw_http import RawHttp
from support.wsman import BITS, CORPUS, ENUMERATION, NS, Wsman

PAIRS = int(os.environ.get("BITSD_PAIRS", "250"))
AUTHORIZATION = b"Authorization: Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode())
TYPE = b"Content-Type: application/soap+xml;charset=UTF-8"
START = [b"POST /wsman HTTP/1.1", b"Host: h", AUTHORIZATION, TYPE]
IDENTIFY = (CORPUS / "02-ps-connectwsman-identify-auth.xml").read_bytes()
LENGTH = b"Content-Length: %d" % len(IDENTIFY)


def message(lines, body=IDENTIFY):
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body, size=b"%x", end=b"\r\n", last=b"0\r\n\r\n"):
    return size % len(body) + end + body + end + last


CHUNKED = b"Transfer-Encoding: chunked"
# Each is a request of a verified user that some server would take.
PROBES = {
    "two equal lengths": message(START + [LENGTH, LENGTH]),
    "two lengths": message(START + [LENGTH, b"Content-Length: 4"]),
    "a list of lengths": message(START + [LENGTH + b", %d" % len(IDENTIFY)]),
    "a negative length": message(START + [b"Content-Length: -1"]),
    "a length with a plus": message(START + [b"Content-Length: +%d" % len(IDENTIFY)]),
    "a hexadecimal length": message(START + [b"Content-Length: 0x%x" % len(IDENTIFY)]),
    "a length beyond 64 bits": message(START + [b"Content-Length: %d" % (2**64 + len(IDENTIFY))]),
    "a space before the colon": message(START + [b"Content-Length : %d" % len(IDENTIFY)]),
    "length and chunked": message(START + [LENGTH, CHUNKED], chunked(IDENTIFY)),
    "chunked and length": message(START + [CHUNKED, LENGTH], chunked(IDENTIFY)),
    "chunked twice": message(START + [CHUNKED, CHUNKED], chunked(IDENTIFY)),
    "chunked with a space": message(START + [b"Transfer-Encoding : chunked"], chunked(IDENTIFY)),
    "chunked with a vertical tab": message(START + [b"Transfer-Encoding: \x0bchunked"], chunked(IDENTIFY)),
    "xchunked": message(START + [b"Transfer-Encoding: xchunked"], chunked(IDENTIFY)),
    "gzip, chunked": message(START + [b"Transfer-Encoding: gzip, chunked"], chunked(IDENTIFY)),
    "identity": message(START + [b"Transfer-Encoding: identity", LENGTH]),
    "a folded header": message(START + [b"X: a", b" b", LENGTH]),
    "a folded coding": message(START + [b"Transfer-Encoding:", b" chunked"], chunked(IDENTIFY)),
    "bare line feeds": b"\n".join(START + [LENGTH]) + b"\n\n" + IDENTIFY,
    "a bare line feed": message(START + [b"X: a\n" + LENGTH]),
    "a bare carriage return": message(START + [b"X: a\r" + LENGTH]),
    "a NUL": message(START + [b"X: a\0b", LENGTH]),
    "no Host": message([START[0]] + START[2:] + [LENGTH]),
    "two Hosts": message(START + [b"Host: other", LENGTH]),
    "a nameless header": message(START + [b": x", LENGTH]),
    "no colon": message(START + [b"Nothing", LENGTH]),
    "HTTP/1.2": message([b"POST /wsman HTTP/1.2"] + START[1:] + [LENGTH]),
    "two spaces": message([b"POST  /wsman HTTP/1.1"] + START[1:] + [LENGTH]),
    "no version": message([b"POST /wsman"] + START[1:] + [LENGTH]),
    "chunked in HTTP/1.0": message([b"POST /wsman HTTP/1.0"] + START[1:] + [CHUNKED], chunked(IDENTIFY)),
    "a negative chunk": message(START + [CHUNKED], chunked(IDENTIFY, size=b"-%x")),
    "a chunk with 0x": message(START + [CHUNKED], chunked(IDENTIFY, size=b"0x%x")),
    "a chunk with a space": message(START + [CHUNKED], chunked(IDENTIFY, size=b" %x")),
    "a chunk beyond 64 bits": message(START + [CHUNKED], chunked(IDENTIFY, size=b"10000000000000%x")),
    "chunks with bare line feeds": message(START + [CHUNKED], chunked(IDENTIFY, end=b"\n")),
    "a chunk that is longer than it says": message(
        START + [CHUNKED], b"%x\r\n" % len(IDENTIFY) + IDENTIFY + b"x\r\n0\r\n\r\n"),
    "100,000 headers": message(START + [b"X: y"] * 100_000 + [LENGTH]),
}

# What a pair's first request is made odd with: lines put into its head.
ODD_LINES = (
    b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: +5", b"Content-Length : 5",
    b"Content-Length:\t5", b"content-length: 5, 5", b"Content-Length: 5\r", b"Content-Length: 05",
    b"Content_Length: 0", CHUNKED, b"Transfer-Encoding : chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, identity", b"transfer-encoding: CHUNKED",
    b"Transfer-Encoding:\r\n chunked", b"X: y\n" + CHUNKED, b"X: y\r" + CHUNKED, b"X: y\nContent-Length: 0",
    b" folded", b"Transfer_Encoding: chunked", b"Expect: 100-continue", b"Connection: Content-Length",
    b"Connection: keep-alive, Transfer-Encoding", b"Upgrade: h2c", b"TE: trailers", b"X\0: y", b"\x80: y")
CHUNK_SIZES = (b"%x", b"%X", b"0%x", b"%x;a=b", b"%x ", b" %x", b"+%x", b"0x%x", b"%x\t", b'%x;"\r\n"', b"%x\n")


def envelope(action, body, message_id):
    return (f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="{NS["a"]}" xmlns:w="{NS["w"]}" xmlns:n="{NS["n"]}">'
            f"<s:Header><a:To>http://h/wsman</a:To><w:ResourceURI>{BITS}</w:ResourceURI><a:ReplyTo><a:Address>"
            f'{NS["a"]}/role/anonymous</a:Address></a:ReplyTo><a:Action>{action}</a:Action>'
            f"<a:MessageID>{message_id}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>").encode()


def plain(path, body):
    return message([b"POST " + path.encode() + b" HTTP/1.1"] + START[1:] + [b"Content-Length: %d" % len(body)], body)


class HostileHttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True, server_settings="allow_unencrypted = true").start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def test_every_probe_is_refused_and_ends_the_connection(self):
        for url in (self.daemon.http_url, self.daemon.url):
            with RawHttp(url) as connection:
                self.assertEqual(connection.ask(message(START + [LENGTH])).status, 200)
                self.assertEqual(connection.ask(message(START + [CHUNKED], chunked(IDENTIFY))).status, 200)
            for name, probe in PROBES.items():
                with self.subTest(name), RawHttp(url) as connection:
                    reply = connection.ask(probe + message(START + [LENGTH]))
                    self.assertIsNotNone(reply)
                    self.assertEqual((reply.status, reply.closes), (400, True))
                    self.assertEqual(connection.rest(), b"")

    def test_mutated_heads_are_refused_or_mean_the_same(self):
        good = message(START + [LENGTH])
        end = good.index(b"\r\n\r\n")
        chance = random.Random(11)
        statuses = {}
        for _ in range(200):
            at = chance.randrange(end + 4)
            mutated = bytearray(good)
            mutated[at] = chance.choice(b"\0\t\n\r :;,/x0\x7f\x80\xff")
            with RawHttp(self.daemon.http_url) as connection:
                connection.send(bytes(mutated))
                connection.socket.shutdown(socket.SHUT_WR)
                reply = connection.reply()
            status = None if reply is None else reply.status
            statuses[status] = statuses.get(status, 0) + 1
            # A digit of the length may have changed: then the body never ends, or is no XML.
            self.assertIn(status, (None, 200, 400, 401, 404, 405, 411, 415, 500), bytes(mutated)[:end])
        self.assertGreater(statuses[400], 50, statuses)

    # --- behind proxies ------------------------------------------------------
    def smuggled(self, number):
        """A whole request that creates a job, to be hidden where a proxy sees something else."""
        body = (f'<p:CreateJob_INPUT xmlns:p="{BITS}"><p:DisplayName>smuggled-{number}</p:DisplayName>'
                f"<p:RemoteUrl>http://127.0.0.1:1/x</p:RemoteUrl><p:LocalFile>C:\\x\\{number}</p:LocalFile>"
                f"<p:Type>0</p:Type></p:CreateJob_INPUT>")
        return plain(f"/wsman?hidden={number}.", envelope(f"{BITS}/CreateJob", body, f"uuid:hidden-{number}"))

    def odd_request(self, number, chance):
        lines = [f"POST /wsman?odd={number}. HTTP/1.1".encode()] + START[1:]
        hidden = self.smuggled(number)
        if chance.random() < 0.5:
            cut = chance.choice((len(IDENTIFY), len(IDENTIFY) + len(hidden), 0, 5))
            lines.append(b"Content-Length: %d" % cut)
            body = IDENTIFY + hidden
        else:
            lines.append(CHUNKED)
            size = chance.choice(CHUNK_SIZES)
            body = (size % len(IDENTIFY)) + chance.choice((b"\r\n", b"\r\n", b"\n")) + IDENTIFY + b"\r\n"
            body += chance.choice((b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\n\n", b"00\r\n\r\n", b"")) + hidden
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            lines.insert(chance.randrange(1, len(lines) + 1), chance.choice(ODD_LINES))
        text = message(lines, body)
        if chance.random() < 0.2:
            at = chance.randrange(len(b"\r\n".join(lines)))
            text = text[:at] + bytes([chance.choice(b"\0\t\n\r :;x\x7f\xff")]) + text[at + 1:]
        return text

    def check_hidden(self, proxy, direct):
        """Whatever ran was a request for the proxy too; how many did."""
        jobs = direct.enumerate()
        for job in jobs:
            number = re.fullmatch(r"smuggled-(\d+)", job["DisplayName"]).group(1)
            self.assertIn(f"/wsman?hidden={number}.", proxy.seen(), "the proxy did not see this request")
            self.assertEqual(direct.state(job["JobId"], 0), 0)
        return len(jobs)

    def run_pairs(self, kind):
        behind = urllib.parse.urlsplit(self.daemon.http_url).netloc
        chance = random.Random(kind)
        direct = Wsman(self.daemon)
        statuses, ran = {}, 0
        with Proxy(kind, behind) as proxy:
            for number in range(PAIRS):
                with RawHttp(proxy.url) as first:
                    if first.send(self.odd_request(number, chance)):
                        first.socket.shutdown(socket.SHUT_WR)
                    status = re.match(rb"HTTP/1\.[01] (\d+)", first.rest())
                    status = status and int(status.group(1))
                    statuses[status] = statuses.get(status, 0) + 1
                with RawHttp(proxy.url) as second:
                    own = f"uuid:pair-{number}"
                    reply = second.ask(plain("/wsman", envelope(ENUMERATION + "Enumerate", "<n:Enumerate/>", own)))
                    self.assertIsNotNone(reply, number)
                    # The pool holds contexts for a while; the fault about that is the pair's own too.
                    self.assertIn(b">" + own.encode() + b"</a:RelatesTo>", reply.body, number)
                if number % 40 == 39:
                    ran += self.check_hidden(proxy, direct)
            ran += self.check_hidden(proxy, direct)
        direct.close()
        print(f"{kind}: {PAIRS} pairs, replies to the odd ones {statuses}, {ran} second requests that the proxy "
              "saw as well", flush=True)
        self.assertGreater(ran, 0, "a hidden request that is seen runs, so that one that is not would be found")
        self.assertGreater(statuses.get(200, 0), 0)
        self.assertGreater(statuses.get(400, 0), 0)

    def test_nginx_and_bitsd_see_the_same_requests(self):
        self.run_pairs("nginx")

    def test_haproxy_and_bitsd_see_the_same_requests(self):
        self.run_pairs("haproxy")


if __name__ == "__main__":
    unittest.main()
