"""kill -9 at about half of a large download: it goes on from its checkpoint.

BITSD_LARGE_MIB sets the size (default 256).
"""
import hashlib
import os
import unittest

from support.daemon import Daemon, wait_until
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, TRANSIENT_ERROR, Wsman

MIB = 1 << 20
SIZE = int(os.environ.get("BITSD_LARGE_MIB", "256")) * MIB


def write_large(path):
    """A file in which every MiB differs; returns its SHA-256."""
    digest = hashlib.sha256()
    block = bytearray(os.urandom(MIB))
    with open(path, "wb") as file:
        for number in range(SIZE // MIB):
            block[:8] = number.to_bytes(8, "big")
            file.write(block)
            digest.update(block)
    path.chmod(0o644)
    return digest.digest()


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(MIB):
            digest.update(block)
    return digest.digest()


class CrashResumeTest(unittest.TestCase):
    def test_after_kill_at_half_the_download_continues_past_forty_percent(self):
        with Origin(rate=SIZE // 16) as origin, Daemon() as daemon:
            expected = write_large(origin.files / "large.bin")
            client = Wsman(daemon)
            job = client.create(origin.url("large.bin"), r"C:\large\large.bin")
            client.set(job, Priority=0)
            client.state(job, 2)
            wait_until(lambda: int(client.properties(job)["BytesTransferred"]) >= SIZE // 2, 120,
                       "half of the file is there", 0.1)
            daemon.kill()
            daemon.start()
            client = Wsman(daemon)
            done = client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR), 120)
            self.assertEqual(done["State"], str(TRANSFERRED), done)
            self.assertEqual(client.state(job, 1), 0)
            last = origin.requests("large.bin")[-1]
            self.assertEqual(last["status"], 206)
            start = int(last["range"].removeprefix("bytes=").removesuffix("-"))
            self.assertGreater(start, SIZE * 2 // 5, last)
            self.assertEqual(sha256_of(daemon.drive_c / "large/large.bin"), expected)
            print(f"resumed at {start} of {SIZE} bytes ({100 * start / SIZE:.1f} %)")


if __name__ == "__main__":
    unittest.main()
