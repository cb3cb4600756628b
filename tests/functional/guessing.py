"""Who guesses passwords learns nothing from the time that an answer takes, and hinders nobody."""
import base64
import http.client
import random
import ssl
import statistics
import threading
import time
import unittest
import urllib.parse

from ntlm_auth.ntlm import NtlmContext

from support.daemon import OPERATOR, OPERATOR_PASSWORD, PASSWORD, USER, VIEWER, Daemon
from support.sealed import ENVELOPE_TYPE, nt_hash

TRIES = 100
GUESSERS, LOGINS = 4, 40


def own_address():
    """Failures count against their source address: each connection gets one of its own."""
    return ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])


def post(connection, authorization):
    """(status, WWW-Authenticate, seconds until the answer)"""
    began = time.perf_counter()
    connection.request("POST", "/wsman", b"", {"Content-Type": ENVELOPE_TYPE, "Authorization": authorization})
    response = connection.getresponse()
    response.read()
    return response.status, response.headers.get("WWW-Authenticate") or "", time.perf_counter() - began


class GuessingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=True, ntlm=True).start()
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.http_port, cls.https_port = (urllib.parse.urlsplit(url).port
                                         for url in (cls.daemon.http_url, cls.daemon.url))

    def https(self, source):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.https_port, timeout=60, source_address=(source, 0),
            context=ssl.create_default_context(cafile=str(self.daemon.certificate)))
        connection.connect()
        return connection

    def basic(self, user, password, source):
        connection = self.https(source)
        status, _, seconds = post(connection, "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        connection.close()
        return status, seconds

    def ntlm(self, user, password_hash, source):
        """The seconds are those of the answer to the last token, which depends on the password."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60, source_address=(source, 0))
        context = NtlmContext(user, password_hash, "")
        challenge = post(connection, "Negotiate " + base64.b64encode(context.step()).decode())[1]
        last = context.step(base64.b64decode(challenge.split()[1]))
        status, _, seconds = post(connection, "Negotiate " + base64.b64encode(last).decode())
        connection.close()
        return status, seconds

    def test_unknown_users_are_refused_in_the_time_of_known_ones(self):
        """By turns, so that it does not matter what else the machine does; each within the limits of an account."""
        wrong = nt_hash("wrong")
        ways = {"Basic": lambda user, number: self.basic(user, f"wrong{number}", own_address()),
                "NTLM": lambda user, _: self.ntlm(user, wrong, own_address())}
        for way, ask in ways.items():
            times = {"known": [], "unknown": []}
            for number in range(TRIES // 2):
                for kind, user in (("known", (OPERATOR, VIEWER)[number % 2]), ("unknown", f"nobody{number}")):
                    status, seconds = ask(user, number)
                    self.assertEqual(status, 401)
                    times[kind].append(1000 * seconds)
            known, unknown = (statistics.median(times[kind]) for kind in ("known", "unknown"))
            print(f"{way}: {known:.2f} ms for known users, {unknown:.2f} ms for unknown ones")
            self.assertLess(abs(known - unknown), 5, way)

    def test_a_guesser_hinders_nobody_at_another_address(self):
        ended, guesses = threading.Event(), []

        def guess():
            connection = self.https("127.200.200.200")
            count = 0
            while not ended.is_set():
                credentials = base64.b64encode(f"{USER}:wrong{random.random()}".encode()).decode()
                if post(connection, "Basic " + credentials)[0] != 401:
                    break
                count += 1
            connection.close()
            guesses.append(count)
        threads = [threading.Thread(target=guess) for _ in range(GUESSERS)]
        for thread in threads:
            thread.start()
        try:
            right = nt_hash(PASSWORD)
            times = []
            for _ in range(LOGINS):
                for status, seconds in (self.basic(USER, PASSWORD, own_address()),
                                        self.basic(OPERATOR, OPERATOR_PASSWORD, own_address()),
                                        self.ntlm(USER, right, own_address())):
                    self.assertIn(status, (200, 400), "an empty message is refused after the login")
                    times.append(seconds)
        finally:
            ended.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(len(guesses), GUESSERS)
        self.assertGreater(sum(guesses), 100, "they were guessing")
        slow = sorted(times)[len(times) * 99 // 100]
        print(f"{sum(guesses)} guesses; the 99th percentile of {len(times)} logins is {1000 * slow:.0f} ms")
        self.assertLess(slow, 1)


if __name__ == "__main__":
    unittest.main()
