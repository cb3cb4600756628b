"""kill -9 at random moments under load; after each the invariants hold.

BITSD_KILLS sets how many (default 20), BITSD_SEED the random sequence.
Checked: the daemon starts and answers; no acknowledged change is lost; no job
is there twice; a byte that is claimed is on disk and right; before Complete
the final name is absent; completed files are whole; cancelled jobs leave
nothing.
"""
import os
import pathlib
import random
import sqlite3
import threading
import time
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.wsman import ERROR, SUSPENDED, TRANSFERRED, Wsman

KILLS = int(os.environ.get("BITSD_KILLS", "20"))
SEED = int(os.environ.get("BITSD_SEED", str(random.SystemRandom().randrange(1 << 30))))
CANCELLING = 2  # job.pending
SIZES = (1, 4095, 70_000, 1_500_000, 9_000_000)


class Load:
    """One client that runs jobs through their lives and remembers what was acknowledged."""

    def __init__(self, daemon, origin, contents, seed):
        self.daemon, self.origin, self.contents = daemon, origin, contents
        self.random = random.Random(seed)
        self.jobs = {}         # id -> {"file", "target", "expect": set of states or "gone"}
        self.unsure = set()    # ids whose last call was not answered
        self.completed = {}    # target -> file
        self.counter = 0
        self.seed = seed

    def run(self, stop):
        client = Wsman(self.daemon, timeout=10)
        try:
            while not stop.is_set():
                self.step(client)
        except Exception:  # the daemon was killed in the middle of a call
            return

    def step(self, client):
        choice = self.random.random()
        if len(self.jobs) < 6 or choice < 0.15:
            return self.create(client)
        job = self.random.choice(list(self.jobs))
        if job in self.unsure:
            return None
        self.unsure.add(job)   # until the answer is here
        if choice < 0.35:
            client.set(job, Description=self.remember(job, "description", f"d{self.counter}"))
            self.jobs[job]["description"] = self.jobs[job].pop("pending-description")
        elif choice < 0.75:
            client.state(job, 2)
            self.jobs[job]["started"] = True
        elif choice < 0.85:
            client.state(job, 3)
        elif choice < 0.92:
            client.state(job, 0)
            self.finish(job)
        elif int(client.properties(job)["State"]) == TRANSFERRED:
            if client.state(job, 1) == 0:
                self.completed[self.jobs[job]["target"]] = self.jobs[job]["file"]
                self.finish(job)
        self.unsure.discard(job)
        return None

    def remember(self, job, field, value):
        self.counter += 1
        self.jobs[job]["pending-" + field] = value
        return value

    def create(self, client):
        self.counter += 1
        file = self.random.choice(list(self.contents))
        target = f"s{self.seed}\\{self.counter}-{file}"
        job = client.create(self.origin.url(file), "C:\\" + target, target.replace("\\", "-"))
        self.jobs[job] = {"file": file, "target": target}

    def finish(self, job):
        self.jobs[job]["gone"] = True


class CrashRandomTest(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}, {KILLS} kills")
        self.random = random.Random(SEED)
        self.seen = {"claimed files": 0, "jobs kept": 0, "jobs ended": 0, "completed files": 0}

    def test_invariants_hold_after_every_kill(self):
        contents = {f"f{size}.bin": self.random.randbytes(size) for size in SIZES}
        with Origin(rate=6_000_000) as origin:
            for name, data in contents.items():
                origin.put(name, data)
            self.origin = origin
            with Daemon(settings="[limits]\nmax_connections_per_source = 300\n[transfers]\n"
                                 "max_background = 4\ntime_slice = \"1s\"\n") as daemon:
                for number in range(KILLS):
                    self.one_kill(daemon, contents, number)
        print(f"checked: {self.seen}")
        self.assertGreater(self.seen["claimed files"], 0, "the load moved no bytes before any kill")
        self.assertGreater(self.seen["jobs kept"], 0)

    def one_kill(self, daemon, contents, number):
        loads = [Load(daemon, self.origin, contents, number * 10 + i) for i in range(3)]
        stop = threading.Event()
        threads = [threading.Thread(target=load.run, args=(stop,)) for load in loads]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0.05, 1.5))
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join()
        self.check_store(daemon)
        self.check_claimed_bytes(daemon, contents)
        started = time.monotonic()
        daemon.start()
        client = Wsman(daemon)
        listed = client.enumerate()
        self.assertLess(time.monotonic() - started, 10, "bitsd answered soon after the crash")
        for load in loads:
            self.check_load(daemon, load, listed, contents)
        self.clean_up(daemon, client, listed)

    def check_store(self, daemon):
        copy = daemon.folder / "check.db"
        for suffix in ("", "-wal"):
            source = pathlib.Path(str(daemon.state / "bitsd.db") + suffix)
            if source.exists():
                pathlib.Path(str(copy) + suffix).write_bytes(source.read_bytes())
        with sqlite3.connect(copy) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.rows = self.claimed_rows(database)
        database.close()
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(str(copy) + suffix).unlink(missing_ok=True)

    @staticmethod
    def claimed_rows(database):
        """Of the files that are not being deleted by a Cancel under way."""
        return database.execute(
            "SELECT local_name, remote_url, temporary_name, bytes_transferred"
            " FROM file JOIN job ON job.id = file.job WHERE pending != ?", (CANCELLING,)).fetchall()

    def check_claimed_bytes(self, daemon, contents):
        """[0, bytes_transferred) of every temporary file equals the reference."""
        for local, url, temporary, claimed in self.rows:
            if not claimed:
                continue
            folder = daemon.drive_c / local.removeprefix("C:\\").replace("\\", "/")
            held = folder.parent / temporary
            data = contents[url.rsplit("/", 1)[1]]
            path = held if held.exists() else folder   # renamed by a Complete under way
            self.assertTrue(path.exists(), f"{claimed} bytes claimed, no file {held}")
            self.assertEqual(path.read_bytes()[:claimed], data[:claimed], f"{path}: wrong bytes")
            self.seen["claimed files"] += 1

    def check_load(self, daemon, load, listed, contents):
        ids = [job["JobId"] for job in listed]
        self.assertEqual(len(ids), len(set(ids)), "a job is there twice")
        by_id = {job["JobId"]: job for job in listed}
        for job, facts in load.jobs.items():
            target = daemon.drive_c / facts["target"].replace("\\", "/")
            if facts.get("gone"):
                self.assertNotIn(job, by_id, "an acknowledged Complete or Cancel was lost")
                self.seen["jobs ended"] += 1
                continue
            if job in load.unsure:
                continue
            self.assertIn(job, by_id, "an acknowledged job was lost")
            self.seen["jobs kept"] += 1
            self.assertFalse(target.exists(), "the final name is visible before Complete")
            if "description" in facts:
                self.assertEqual(by_id[job]["Description"], facts["description"])
            if not facts.get("started"):
                self.assertEqual(by_id[job]["State"], str(SUSPENDED))
        for target, file in load.completed.items():
            path = daemon.drive_c / target.replace("\\", "/")
            self.assertEqual(path.read_bytes(), contents[file], "a completed file is not whole")
            self.seen["completed files"] += 1

    def clean_up(self, daemon, client, listed):
        """Half of the rest runs to its end, half is cancelled; nothing stays behind."""
        for number, job in enumerate(listed):
            if number % 2 or int(job["State"]) == ERROR:
                client.state(job["JobId"], 0)
            else:
                client.set(job["JobId"], Priority=0)
                client.state(job["JobId"], 2)
        for number, job in enumerate(listed):
            if not (number % 2 or int(job["State"]) == ERROR):
                client.wait_for_state(job["JobId"], (TRANSFERRED,), 60)
                self.assertEqual(client.state(job["JobId"], 1), 0)
        self.assertEqual(client.enumerate(), [])
        leftovers = list(daemon.drive_c.rglob("BIT*.tmp"))
        self.assertEqual(leftovers, [], "temporary files without a job")


if __name__ == "__main__":
    unittest.main()
