"""Contexts of enumerations belong to who opened them, are few, and cannot be guessed.

BITSD_GUESSES sets how many guesses are made.
"""
import os
import re
import secrets
import subprocess
import unittest

from support.daemon import BITSCTL, OPERATOR, PASSWORD, USER, Daemon
from support.wsman import ENUMERATION, NS, Wsman

GUESSES = int(os.environ.get("BITSD_GUESSES", "2000"))

# One fault is like another up to what identifies the message.
OWN = re.compile(rb"uuid:[0-9A-Fa-f-]{36}")


def without_ids(reply):
    return OWN.sub(b"uuid:", reply.bytes)


class EnumerationContextsTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon().start()
        self.addCleanup(self.daemon.__exit__)
        # The same password as alice's: only the name tells them apart.
        subprocess.run([BITSCTL, "passwd", "--file", str(self.daemon.folder / "users"), OPERATOR],
                       input=PASSWORD + "\n", text=True, check=True, capture_output=True)
        self.alice = Wsman(self.daemon)
        self.olga = Wsman(self.daemon, OPERATOR, PASSWORD)
        self.addCleanup(self.alice.connection.close)
        self.addCleanup(self.olga.connection.close)

    @staticmethod
    def open(client):
        """(reply, context); no context when it is refused."""
        reply = client.call(ENUMERATION + "Enumerate", "<n:Enumerate/>")
        return reply, None if reply.status != 200 else reply.body.find("n:EnumerationContext", NS).text

    @staticmethod
    def use(client, action, context):
        return client.call(ENUMERATION + action, f"<n:{action}><n:EnumerationContext>{context}"
                           f"</n:EnumerationContext></n:{action}>")

    def test_foreign_guessed_and_used_contexts_get_the_same_bytes(self):
        context = self.open(self.alice)[1]
        used = self.open(self.olga)[1]
        self.assertEqual(self.use(self.olga, "Release", used).status, 200)
        for action in ("Pull", "Release"):
            foreign = self.use(self.olga, action, context)
            self.assertEqual(foreign.fault()["subcode"], "n:InvalidEnumerationContext")
            for other in (used, f"uuid:{secrets.token_hex(16)}", context.upper() + "0", context[:-1], "",
                          "0", "../" + context):
                reply = self.use(self.olga, action, other)
                self.assertEqual(without_ids(reply), without_ids(foreign), (action, other))
        self.assertEqual(self.use(self.alice, "Release", context).status, 200)

    def test_guesses_find_nothing(self):
        context = self.open(self.alice)[1]
        for number in range(GUESSES):
            # Half of them near a context that there is.
            guess = context[:-4] + f"{number:04x}" if number % 2 else f"uuid:{secrets.token_hex(16)}"
            self.assertNotEqual(self.use(self.olga, "Pull", guess).status, 200, guess)
        self.assertEqual(self.use(self.alice, "Release", context).status, 200)

    def test_a_caller_has_64_and_the_65th_is_refused(self):
        contexts = []
        for _ in range(64):
            contexts.append(self.open(self.alice)[1])
        self.assertEqual(len(set(contexts)), 64)
        self.assertEqual(self.open(self.alice)[0].fault()["subcode"], "w:QuotaLimit")
        self.assertIsNotNone(self.open(self.olga)[1])
        self.assertEqual(self.use(self.alice, "Release", contexts[0]).status, 200)
        self.assertIsNotNone(self.open(self.alice)[1])


if __name__ == "__main__":
    unittest.main()
