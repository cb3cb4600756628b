"""A thousand connections that say little harm nobody and end by their deadlines."""
import os
import pathlib
import resource
import socket
import ssl
import subprocess
import time
import unittest
import urllib.parse

from support.daemon import Daemon, wait_until
from support.wsman import ENUMERATION, Wsman, envelope

CONNECTIONS = int(os.environ.get("BITSD_SLOW_CONNECTIONS", "1000"))
# The longest deadline is that of a head, 10 s. The rest is for machines that do other things as well.
ALL_ENDED = 30
# Their replies are more than the sockets of both ends take.
JOBS, NON_READERS, PIPELINED = 60, 20, 100
LIMITS = f"""
[limits]
max_connections = {CONNECTIONS + 200}
max_unauthenticated_connections = {CONNECTIONS + 100}
"""
HEAD = b"POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Type: application/soap+xml\r\n"


class Process:
    """What a process holds, from /proc."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def _status(self, name):
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    @property
    def descriptors(self):
        return len(list((self.folder / "fd").iterdir()))

    @property
    def memory_mib(self):
        return self._status("VmRSS") / 1024

    @property
    def threads(self):
        return self._status("Threads")


class Hostile:
    """Connections that each send one byte of `trickle` a second until the server ends them."""

    def __init__(self, address, count, first=b"", trickle=b""):
        self.trickle = trickle
        self.sockets = []
        for _ in range(count):
            connection = socket.socket()
            connection.settimeout(10)
            connection.connect(address)
            connection.setblocking(False)
            self.sockets.append(connection)
            self.push(connection, first)
        self.rounds = 0

    @staticmethod
    def push(connection, data):
        try:
            connection.send(data)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass

    def step(self):
        """Sends what is due and drops the connections that the server has ended."""
        byte = self.trickle[self.rounds % len(self.trickle):][:1] if self.trickle else b""
        self.rounds += 1
        for connection in list(self.sockets):
            if self._ended(connection):
                connection.close()
                self.sockets.remove(connection)
            elif byte:
                self.push(connection, byte)

    @staticmethod
    def _ended(connection):
        try:
            while connection.recv(4096):
                pass
            return True
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self):
        for connection in self.sockets:
            connection.close()


class SlowConnectionsTest(unittest.TestCase):
    def setUp(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.descriptor_limit = wanted
        self.daemon = None

    def start(self, **options):
        self.daemon = Daemon(http=True, **options).start()
        self.addCleanup(self.daemon.__exit__)
        return Process(self.daemon.process.pid)

    def address(self, url):
        parts = urllib.parse.urlsplit(url)
        return parts.hostname, parts.port

    def ask_anew(self):
        """A legitimate client that connects, logs in and lists jobs; how long that took."""
        began = time.monotonic()
        client = Wsman(self.daemon, timeout=10)
        self.assertEqual(client.enumerate(), [])
        client.close()
        return time.monotonic() - began

    def hostile(self):
        plain, tls = self.address(self.daemon.http_url), self.address(self.daemon.url)
        each = CONNECTIONS // 4
        return [Hostile(plain, each),
                Hostile(tls, each, first=b"\x16\x03\x01\x02\x00\x01"),
                Hostile(plain, each, first=HEAD, trickle=b"X-Slow: y\r\n"),
                Hostile(plain, each, first=HEAD + b"Content-Length: 60000\r\n\r\n", trickle=b"<")]

    def test_they_end_by_their_deadlines_while_others_work(self):
        process = self.start(settings=LIMITS)
        client = Wsman(self.daemon)
        self.addCleanup(client.close)
        self.assertEqual(client.enumerate(), [])
        self.ask_anew()
        before = (process.descriptors, process.memory_mib, process.threads)
        groups = self.hostile()
        for group in groups:
            self.addCleanup(group.close)
        peak = before
        took, began = [], time.monotonic()
        while any(group.sockets for group in groups):
            self.assertLess(time.monotonic() - began, ALL_ENDED, [len(group.sockets) for group in groups])
            round_began = time.monotonic()
            for group in groups:
                group.step()
            took.append(self.ask_anew())
            self.assertEqual(client.enumerate(), [])
            peak = tuple(map(max, peak, (process.descriptors, process.memory_mib, process.threads)))
            time.sleep(max(0.0, 1 - (time.monotonic() - round_began)))
        print(f"{CONNECTIONS} connections ended in {time.monotonic() - began:.0f} s; a new login took at most "
              f"{max(took) * 1000:.0f} ms; descriptors {before[0]} to {peak[0]}, memory {before[1]:.0f} to "
              f"{peak[1]:.0f} MiB", flush=True)
        self.assertGreater(peak[0], before[0] + CONNECTIONS // 2, "they were accepted")
        self.assertLess(peak[0], self.descriptor_limit - 32)
        self.assertLess(peak[1], 256)
        self.assertEqual(peak[2], before[2], "threads")
        self.assertLess(max(took), 5)
        wait_until(lambda: process.descriptors <= before[0] + 1, 20, "the descriptors are given back")
        self.assertLess(process.memory_mib, before[1] + 64)

    def test_what_many_handshakes_took_is_given_back(self):
        process = self.start(settings=LIMITS)
        if any(name in (process.folder / "maps").read_text() for name in ("libasan", "libtsan")):
            self.skipTest("a sanitizer's allocator keeps what it has")
        context = ssl.create_default_context(cafile=str(self.daemon.certificate))
        before, clients = process.memory_mib, []
        for _ in range(CONNECTIONS // 2):
            connection = socket.create_connection(self.address(self.daemon.url))
            connection.setblocking(False)
            clients.append(context.wrap_socket(connection, server_hostname="localhost", do_handshake_on_connect=False))
            self.addCleanup(clients[-1].close)
        wait_until(lambda: all([self.shakes_hands(client) for client in clients]), 30, "all handshakes are done")
        peak = process.memory_mib
        for client in clients:
            client.close()
        wait_until(lambda: process.memory_mib < before + (peak - before) / 2, 20, "half of the memory is given back")
        print(f"{len(clients)} handshakes: memory {before:.0f} to {peak:.0f} MiB and back to {process.memory_mib:.0f}",
              flush=True)

    @staticmethod
    def shakes_hands(client):
        try:
            client.do_handshake()
            return True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False

    def test_with_the_default_limits_nobody_waits_for_their_deadlines(self):
        """Those who have said something whole do not wait behind those who have not."""
        process = self.start()
        client = Wsman(self.daemon)
        self.addCleanup(client.close)
        self.assertEqual(client.enumerate(), [])
        self.ask_anew()
        before = process.descriptors
        took = []
        for _ in range(3):
            for group in self.hostile():
                self.addCleanup(group.close)
            took += [self.ask_anew() for _ in range(5)]
            self.assertEqual(client.enumerate(), [], "who is known is not ended")
        print(f"{3 * CONNECTIONS} connections at the default limits: a new login took at most "
              f"{max(took) * 1000:.0f} ms", flush=True)
        self.assertLess(max(took), 5, "less than the shortest deadline, 10 s")
        self.assertLessEqual(process.descriptors, before + 1_170, "1000 wait, 100 have a place, some are about to end")

    def test_clients_that_never_read_are_ended_while_others_work(self):
        """Replies that nobody reads fill the socket; from then on a reply has 30 s."""
        process = self.start(server_settings="allow_unencrypted = true")
        client = Wsman(self.daemon)
        self.addCleanup(client.close)
        for number in range(JOBS):
            client.create("http://192.0.2.1/" + "x/" * 500, rf"C:\file{number}")
        request = self.enumeration(client)
        before = (process.descriptors, process.memory_mib)
        silent = [self.connect_with_small_buffer() for _ in range(NON_READERS)]
        for connection in silent:
            self.addCleanup(connection.close)
            Hostile.push(connection, request * PIPELINED)
        took, peak, began = [], before[1], time.monotonic()
        while process.descriptors > before[0] + 1 or not took:
            self.assertLess(time.monotonic() - began, 60, process.descriptors)
            round_began = time.monotonic()
            self.assertEqual(len(client.enumerate()), JOBS)
            took.append(time.monotonic() - round_began)
            peak = max(peak, process.memory_mib)
            time.sleep(0.5)
        ended = time.monotonic() - began
        print(f"{NON_READERS} clients that do not read ended in {ended:.0f} s; another one waited at most "
              f"{max(took) * 1000:.0f} ms; memory {before[1]:.0f} to {peak:.0f} MiB", flush=True)
        self.assertGreater(ended, 20, "they were held by what they do not read")
        self.assertLess(max(took), 5)
        self.assertLess(peak, 256)

    def connect_with_small_buffer(self):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(self.address(self.daemon.http_url))
        connection.setblocking(False)
        return connection

    def enumeration(self, client):
        """An HTTP request whose reply has every job."""
        body = envelope(self.daemon.http_url, ENUMERATION + "Enumerate",
                        "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>500</w:MaxElements></n:Enumerate>").encode()
        return (b"POST /wsman HTTP/1.1\r\nHost: h\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"
                b"Authorization: " + client.authorization.encode() + b"\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def test_one_source_gets_32_of_them_and_hinders_no_other(self):
        outer = self.outer_address()
        if outer is None:
            self.skipTest("this machine has no address besides loopback")
        self.start()
        self.daemon.stop()
        config = self.daemon.folder / "bitsd.toml"
        config.write_text(config.read_text().replace('http = ["127.0.0.1:0"]', f'http = ["127.0.0.1:0", "{outer}:0"]'))
        self.daemon.start()
        process = Process(self.daemon.process.pid)
        before = process.descriptors
        outer_url = next(url for url in self.daemon.endpoints["http"] if outer in url)
        group = Hostile(self.address(outer_url), CONNECTIONS)
        self.addCleanup(group.close)
        wait_until(lambda: group.step() or len(group.sockets) <= 32, 20, "all but 32 are ended")
        self.assertEqual(len(group.sockets), 32)
        self.assertLessEqual(process.descriptors, before + 33)
        self.assertLess(self.ask_anew(), 5)

    @staticmethod
    def outer_address():
        listing = subprocess.run(["hostname", "-I"], text=True, capture_output=True).stdout.split()
        return next((address for address in listing if address.count(".") == 3), None)


if __name__ == "__main__":
    unittest.main()
