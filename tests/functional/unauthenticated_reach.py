"""The code that bytes without a verified sender reach: TLS, the HTTP reader, and the checks
of credentials. callgrind lists every function that runs while a sample of the requests of
unauthenticated.py is answered; none is of XML, of the dispatcher, the provider, the engine
or the store. The same listing of one request with credentials has them all.
"""
import contextlib
import itertools
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from support.daemon import BITSD, Daemon
from support.raw_http import RawHttp
from support.wsman import CORPUS, Wsman
from unauthenticated import AUTHORIZATIONS, METHODS, PATHS, TYPES, request

REQUESTS = 300
BEHIND_THE_GATE = re.compile(
    r"^(XML_|soap_|sqlite3_|wsman::xml::(?!IsUtf8)|wsman::Dispatcher|provider::(?!BitsdIdentity)|engine::|schema::(?!EqualsIgnoreCase))")


def functions(folder):
    """The names of what ran, from callgrind's files."""
    found = set()
    for path in folder.glob("callgrind.out*"):
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("fn="):
                found.add(line[3:])
    return found


@contextlib.contextmanager
def counted(daemon, folder):
    """callgrind counts what runs in between."""
    pid = str(daemon.process.pid)
    for path in folder.glob("callgrind.out*"):
        path.unlink()
    subprocess.run(["callgrind_control", "--instr=on", pid], check=True, capture_output=True, timeout=60)
    yield
    subprocess.run(["callgrind_control", "--instr=off", pid], check=True, capture_output=True, timeout=60)
    subprocess.run(["callgrind_control", "--dump", pid], check=True, capture_output=True, timeout=60)


def is_sanitized():
    return b"__asan_init" in pathlib.Path(BITSD).read_bytes() or b"__tsan_init" in pathlib.Path(BITSD).read_bytes()


@unittest.skipIf(shutil.which("callgrind_control") is None, "valgrind is not installed")
@unittest.skipIf(is_sanitized(), "valgrind cannot run a program with sanitizers")
class UnauthenticatedReachTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.daemon = Daemon(http=True, ntlm=True)
        self.enterContext(contextlib.closing(self))
        self.daemon.start(prefix=["valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet",
                                  "--compress-strings=no", f"--callgrind-out-file={self.folder}/callgrind.out"])
        self.body = (CORPUS / "N70-no-auth.xml").read_bytes()

    def close(self):
        self.daemon.__exit__()

    def ask_all(self, url, rows):
        for row in rows:
            with RawHttp(url) as connection:
                reply = connection.ask(request(*row, self.body))
                self.assertIsNotNone(reply, row)
                self.assertEqual(reply.status, 401, row)

    def test_bytes_of_strangers_reach_no_xml_no_class_and_no_job(self):
        every = list(itertools.product(METHODS, PATHS, TYPES, AUTHORIZATIONS))
        with counted(self.daemon, self.folder):
            for seed, url in enumerate((self.daemon.http_url, self.daemon.url)):
                self.ask_all(url, random.Random(seed).sample(every, REQUESTS // 2))
        reached = functions(self.folder)
        self.assertTrue(any("HeadScanner" in name for name in reached), "nothing was counted")
        self.assertEqual(sorted(name for name in reached if BEHIND_THE_GATE.match(name)), [])

        with counted(self.daemon, self.folder):
            Wsman(self.daemon).enumerate()
        passed = " ".join(name for name in functions(self.folder) if BEHIND_THE_GATE.match(name))
        for part in ("XML_Parse", "soap_", "wsman::xml::", "wsman::Dispatcher", "provider::", "engine::"):
            self.assertIn(part, passed)


if __name__ == "__main__":
    unittest.main()
