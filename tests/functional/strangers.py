"""At the default limits nobody who logs in is delayed by strangers, however many come and whatever they leave unsaid."""
import pathlib
import resource
import subprocess
import time
import unittest

from slow_connections import HEAD, Hostile, Process
from support.daemon import BITSD, Daemon, wait_until
from support.sealed import SealedWsman
from support.wsman import Wsman

STRANGERS = 1_000
WATCHED = 5  # seconds of logins, one each 100 ms
DEADLINE, SLACK = 10, 3
RATE = 2_000
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(32)  # and 162 more to come
DESCRIPTORS = 1_000 + 100 + 64  # in the waiting room, with a place, about to end


def is_sanitized():
    return b"__asan_init" in pathlib.Path(BITSD).read_bytes() or b"__tsan_init" in pathlib.Path(BITSD).read_bytes()


# What a login may take at most; a sanitizer's build is several times slower.
PATIENCE = 3.0 if is_sanitized() else 0.5


class StrangersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = 8_192 if hard == resource.RLIM_INFINITY else min(8_192, hard)
        if wanted < 4_096:
            raise unittest.SkipTest("this machine's limit of open files is below 4096 (ulimit -Hn)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    def setUp(self):
        self.daemon = Daemon(http=True, ntlm=True).start()
        self.addCleanup(self.daemon.__exit__)
        self.process = Process(self.daemon.process.pid)
        self.known = Wsman(self.daemon)
        self.addCleanup(self.known.close)
        self.sealed = SealedWsman(self.daemon, timeout=10)
        self.log_in_with_basic()
        self.log_in_with_negotiate()
        self.before = (self.process.descriptors, self.process.memory_mib)

    def address(self, encrypted):
        host, port = (self.daemon.url if encrypted else self.daemon.http_url).split("/")[2].split(":")
        return host, int(port)

    def log_in_with_basic(self):
        client = Wsman(self.daemon, timeout=10)
        self.assertEqual(client.enumerate(), [])
        client.close()

    def log_in_with_negotiate(self):
        self.sealed.log_in()
        self.assertEqual(self.sealed.enumerate(), [])
        self.sealed.connection.close()

    def watch(self, what, seconds, step=lambda: None):
        """Logs in again and again; what that took, with what the daemon holds meanwhile."""
        took, peak, began = [], self.before, time.monotonic()
        while time.monotonic() - began < seconds:
            for log_in in (self.log_in_with_basic, self.log_in_with_negotiate):
                login_began = time.monotonic()
                log_in()
                took.append(time.monotonic() - login_began)
                time.sleep(max(0.0, 0.1 - took[-1]))
            self.assertEqual(self.known.enumerate(), [])
            peak = tuple(map(max, peak, (self.process.descriptors, self.process.memory_mib)))
            step()
        took.sort()
        p99 = took[min(len(took) - 1, len(took) * 99 // 100)]
        print(f"{what}: {len(took)} logins, p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms; "
              f"descriptors {self.before[0]} to {peak[0]}, memory {self.before[1]:.0f} to {peak[1]:.0f} MiB", flush=True)
        self.assertLess(p99, PATIENCE)
        self.assertLessEqual(peak[0], self.before[0] + DESCRIPTORS)
        self.assertLess(peak[1], self.before[1] + 64)

    def burst(self, what, encrypted, first=b"", trickle=b""):
        began = time.monotonic()
        strangers = Hostile(self.address(encrypted), STRANGERS, first, trickle)
        self.addCleanup(strangers.close)
        self.watch(what, WATCHED, strangers.step)
        self.assertGreater(len(strangers.sockets), STRANGERS // 2, "most of them are not in the way")
        wait_until(lambda: strangers.step() or not strangers.sockets,
                   max(1, DEADLINE + SLACK - (time.monotonic() - began)), "all of them are ended", interval=0.5)
        wait_until(lambda: self.process.descriptors <= self.before[0] + 2, 5, "the descriptors are given back")

    def test_a_thousand_that_say_nothing(self):
        self.burst("silent", encrypted=False)

    def test_a_thousand_that_say_nothing_where_tls_is_spoken(self):
        self.burst("silent, TLS", encrypted=True)

    def test_a_thousand_that_send_half_a_head(self):
        self.burst("half a head", encrypted=False, first=HEAD, trickle=b"X-Slow: y\r\n")

    def test_a_thousand_in_the_middle_of_a_client_hello(self):
        self.burst("half a ClientHello", encrypted=True, first=CLIENT_HELLO, trickle=b"\0")

    def test_two_thousand_a_second(self):
        for what, encrypted, first in (("silent", False, b""), ("half a head", False, HEAD),
                                       ("silent, TLS", True, b""), ("half a ClientHello", True, CLIENT_HELLO)):
            host, port = self.address(encrypted)
            flood = subprocess.Popen(["/usr/bin/python3", "-B", "-m", "support.flood", host, str(port), str(RATE),
                                      str(WATCHED + 1), first.hex()], stdout=subprocess.PIPE, text=True)
            self.addCleanup(flood.kill)
            time.sleep(0.5)
            self.watch(f"{what}, {RATE} a second", WATCHED)
            opened = int(flood.communicate(timeout=20)[0])
            print(f"  {opened} opened", flush=True)
            self.assertGreater(opened, RATE)
        wait_until(lambda: self.process.descriptors <= self.before[0] + 2, 5, "the descriptors are given back")


if __name__ == "__main__":
    unittest.main()
