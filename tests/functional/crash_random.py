"""kill -9 at random moments under load; after each the invariants hold.

BITSD_KILLS sets how many (default 12), BITSD_SEED the random sequence. At least
40 jobs are there at each kill: of 1 byte to 9 MB, of one to three files, of all
priorities, some with credentials, custom headers, limits or ranges of files, some over
a file that exists, from a server that sends slowly.
Checked: the daemon starts and answers; no acknowledged change is lost, and one
that was not acknowledged is there or is not; no job is there twice; a byte that
is claimed is on disk and right; before Complete the final name is absent or the
earlier file; completed files are whole and of the daemon's account alone; cancelled
jobs leave nothing; no temporary file is without a job; no descriptor and no thread
stays behind.
"""
import contextlib
import os
import pathlib
import random
import sqlite3
import stat
import struct
import threading
import time
import unittest

from support.daemon import Daemon, wait_until
from support.origin import Origin
from support.wsman import ERROR, SUSPENDED, TRANSFERRED, Wsman

KILLS = int(os.environ.get("BITSD_KILLS", "12"))
SEED = int(os.environ.get("BITSD_SEED", str(random.SystemRandom().randrange(1 << 30))))
SIZES = (1, 4095, 70_000, 1_500_000, 9_000_000)
LOADS = 4
JOBS_EACH = 10
EARLIER = b"the file that was here before"
TABLES = ("file", "credential", "access", "settings", "custom_headers")
# Offset and length; the last one of a file to its end.
RANGES = ([(0, 100), (2000, 60_000)], [(69_000, None), (0, 30_000)], [(5, 1)])


def part(data, ranges):
    """What a file of these ranges holds."""
    if not ranges:
        return data
    return b"".join(data[a:] if n is None else data[a:a + n] for a, n in ranges)


def unpack_ranges(blob):
    numbers = struct.unpack(f"<{len(blob) // 8}Q", blob) if blob else ()
    return [(a, None if n == 2 ** 64 - 1 else n) for a, n in zip(numbers[::2], numbers[1::2])]


class Load:
    """One client that runs jobs through their lives and remembers what was acknowledged."""

    def __init__(self, daemon, origin, contents, seed):
        self.daemon, self.origin, self.contents = daemon, origin, contents
        self.random = random.Random(seed)
        self.jobs = {}         # id -> {"files": target to (content name, ranges), "description"…}
        self.unsure = set()    # ids whose last call was not answered
        self.completed = {}    # target -> file
        self.ready = threading.Event()   # enough jobs are there
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
        live = [job for job, facts in self.jobs.items()
                if not facts.get("gone") and job not in self.unsure]
        if len(live) < JOBS_EACH:
            return self.create(client)
        self.ready.set()
        job = self.random.choice(live)
        self.unsure.add(job)   # until the answer is here
        if choice < 0.35:
            client.set(job, Description=self.remember(job, "description", f"d{self.counter}"))
            self.jobs[job]["description"] = self.jobs[job].pop("pending-description")
        elif choice < 0.7:
            client.state(job, 2)
            self.jobs[job]["started"] = True
        elif choice < 0.85:
            client.state(job, 3)
        elif choice < 0.92:
            client.state(job, 0)
            self.finish(job)
        elif int(client.properties(job)["State"]) == TRANSFERRED:
            if client.state(job, 1) == 0:
                self.completed.update(self.jobs[job]["files"])
                self.finish(job)
        self.unsure.discard(job)
        return None

    def remember(self, job, field, value):
        self.counter += 1
        self.jobs[job]["pending-" + field] = value
        return value

    def create(self, client):
        target, file = self.new_target()
        job = client.create(self.origin.url(file), "C:\\" + target, target.replace("\\", "-"))
        self.unsure.add(job)   # until all of it is as the facts say
        facts = self.jobs[job] = {"files": {target: (file, None)}}
        facts["priority"] = self.random.randrange(4)
        client.set(job, Priority=facts["priority"])
        for _ in range(self.random.choice((0, 0, 1, 2))):
            target, file = self.new_target()
            reply = client.invoke("AddFile", job, remoteUrl=self.origin.url(file),
                                  localFile="C:\\" + target)
            assert reply.properties()["ReturnValue"] == "0", reply.text
            facts["files"][target] = (file, None)
        if self.random.random() < 0.3:
            client.invoke("SetCredentials", job, Target=0, Scheme=0, UserName="u", Password="p")
        if self.random.random() < 0.2:
            self.add_ranges(client, job, facts)
        if self.random.random() < 0.4:
            self.set_more(client, job, facts)
        self.unsure.discard(job)

    def add_ranges(self, client, job, facts):
        target, file = self.new_target(least=70_000)
        ranges = self.random.choice(RANGES)
        text = ",".join(f"{a}:{'eof' if n is None else n}" for a, n in ranges)
        reply = client.invoke_settings("AddFileWithRanges", job, RemoteUrl=self.origin.url(file),
                                       LocalFile="C:\\" + target, Ranges=text)
        assert reply.properties()["ReturnValue"] == "0", reply.text
        facts["files"][target] = (file, ranges)

    def set_more(self, client, job, facts):
        values = self.random.choice((
            {"CustomHeaders": f"X-Job: {self.counter}\r\n", "CustomHeadersWriteOnly": "false"},
            {"MaximumDownloadSize": "1000000000", "NotifyFlags": "11"},
            {"MaximumDownloadTime": "3600", "SecurityFlags": "256", "CustomHeaders": "X-A: b\r\n"}))
        reply = client.set_settings(job, **values)
        assert reply.status == 200, reply.text
        facts["settings"] = values

    def new_target(self, least=0):
        self.counter += 1
        file = self.random.choice([f for f, data in self.contents.items() if len(data) >= least])
        target = f"s{self.seed}\\{self.counter}-{file}"
        if self.random.random() < 0.2:
            path = self.daemon.drive_c / target.replace("\\", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(EARLIER)
        return target, file

    def finish(self, job):
        self.jobs[job]["gone"] = True


class CrashRandomTest(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}, {KILLS} kills")
        self.random = random.Random(SEED)
        self.seen = {"claimed files": 0, "jobs kept": 0, "jobs ended": 0, "completed files": 0,
                     "settings kept": 0, "claimed files of ranges": 0,
                     "files of earlier times kept": 0, "deletions under way": 0}
        self.slowest_start = 0

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
        print(f"checked: {self.seen}; slowest start and answer: {self.slowest_start:.2f} s")
        self.assertGreater(self.seen["claimed files"], 0, "the load moved no bytes before any kill")
        self.assertGreater(self.seen["jobs kept"], 0)

    def one_kill(self, daemon, contents, number):
        loads = [Load(daemon, self.origin, contents, number * 10 + i)
                 for i in range(LOADS)]
        stop = threading.Event()
        threads = [threading.Thread(target=load.run, args=(stop,)) for load in loads]
        for thread in threads:
            thread.start()
        for load in loads:
            self.assertTrue(load.ready.wait(60), "the load made its jobs")
        time.sleep(self.random.uniform(0, 1.5))
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
        took = time.monotonic() - started
        self.slowest_start = max(self.slowest_start, took)
        self.assertLess(took, 10, "bitsd answered soon after the crash")
        self.assertGreaterEqual(len(listed), LOADS * JOBS_EACH - 2 * LOADS)
        self.check_temporary_files(daemon)
        before = self.open_things(daemon)
        for load in loads:
            self.check_load(daemon, load, listed, contents)
            self.check_settings(client, load)
        wait_until(lambda: len(client.enumerate()) == self.staying, 20,
                   "the start finished what Complete and Cancel had begun")
        self.clean_up(daemon, client, client.enumerate())
        after = self.open_things(daemon)
        for what in before:
            self.assertLessEqual(after[what], before[what] + 2, f"{what} stay behind")

    @staticmethod
    def open_things(daemon):
        """Open files (sockets are kept for the next request) and threads."""
        process = pathlib.Path(f"/proc/{daemon.process.pid}")
        files = 0
        for entry in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                files += not os.readlink(entry).startswith("socket:")
        return {"files": files, "threads": len(list((process / "task").iterdir()))}

    def check_temporary_files(self, daemon):
        """Whatever is on the drive belongs to a job."""
        known = {row[2] for row in self.rows}
        found = {path.name for path in daemon.drive_c.rglob("BIT*.tmp")}
        self.assertLessEqual(found, known, "temporary files without a job")

    def check_store(self, daemon):
        copy = daemon.folder / "check.db"
        for suffix in ("", "-wal"):
            source = pathlib.Path(str(daemon.state / "bitsd.db") + suffix)
            if source.exists():
                pathlib.Path(str(copy) + suffix).write_bytes(source.read_bytes())
        with sqlite3.connect(copy) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            for table in TABLES:
                orphans = database.execute(
                    f"SELECT count(*) FROM {table} WHERE job NOT IN (SELECT id FROM job)")
                self.assertEqual(orphans.fetchone()[0], 0, f"rows of {table} without a job")
            self.rows = self.claimed_rows(database)
            # Those that no Complete or Cancel was at work on.
            self.staying = database.execute(
                "SELECT count(*) FROM job WHERE pending = 0").fetchone()[0]
        database.close()
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(str(copy) + suffix).unlink(missing_ok=True)

    @staticmethod
    def claimed_rows(database):
        return database.execute(
            "SELECT local_name, remote_url, temporary_name, bytes_transferred, pending, "
            "ranges FROM file JOIN job ON job.id = file.job").fetchall()

    def check_claimed_bytes(self, daemon, contents):
        """[0, bytes_transferred) of every temporary file equals the reference."""
        for local, url, temporary, claimed, pending, ranges in self.rows:
            if not claimed:
                continue
            folder = daemon.drive_c / local.removeprefix("C:\\").replace("\\", "/")
            held = folder.parent / temporary
            data = part(contents[url.rsplit("/", 1)[1]], unpack_ranges(ranges))
            path = held if held.exists() else folder   # renamed by a Complete under way
            # A Cancel, or a Complete of a part, deletes once its intention is on record.
            if pending and (not path.exists() or path.read_bytes() == EARLIER):
                self.seen["deletions under way"] += 1
                continue
            self.assertTrue(path.exists(), f"{claimed} bytes claimed, no file {held}")
            self.assertEqual(path.read_bytes()[:claimed], data[:claimed], f"{path}: wrong bytes")
            self.seen["claimed files of ranges" if ranges else "claimed files"] += 1

    def check_load(self, daemon, load, listed, contents):
        ids = [job["JobId"] for job in listed]
        self.assertEqual(len(ids), len(set(ids)), "a job is there twice")
        by_id = {job["JobId"]: job for job in listed}
        for job, facts in load.jobs.items():
            if facts.get("gone"):
                self.assertNotIn(job, by_id, "an acknowledged Complete or Cancel was lost")
                self.seen["jobs ended"] += 1
                continue
            if job in load.unsure:
                self.check_unsure(facts, by_id.get(job))
                continue
            self.assertIn(job, by_id, "an acknowledged job was lost")
            self.seen["jobs kept"] += 1
            self.check_targets(daemon, facts["files"])
            self.assertEqual(by_id[job]["FilesTotal"], str(len(facts["files"])))
            self.assertEqual(by_id[job]["Priority"], str(facts["priority"]))
            if "description" in facts:
                self.assertEqual(by_id[job]["Description"], facts["description"])
            if not facts.get("started"):
                self.assertEqual(by_id[job]["State"], str(SUSPENDED))
        for target, (file, ranges) in load.completed.items():
            path = daemon.drive_c / target.replace("\\", "/")
            self.assertEqual(path.read_bytes(), part(contents[file], ranges),
                             "a completed file is not whole")
            facts = path.stat()
            self.assertEqual((facts.st_uid, stat.filemode(facts.st_mode)), (os.geteuid(), "-rw-------"))
            self.seen["completed files"] += 1

    def check_settings(self, client, load):
        for job, facts in load.jobs.items():
            if "settings" not in facts or facts.get("gone") or job in load.unsure:
                continue
            kept = client.settings(job)
            self.assertEqual({name: kept[name] for name in facts["settings"]}, facts["settings"])
            self.seen["settings kept"] += 1

    def check_targets(self, daemon, files):
        for target in files:
            path = daemon.drive_c / target.replace("\\", "/")
            if path.exists():
                self.assertEqual(path.read_bytes(), EARLIER, "a file is there before Complete")
                self.seen["files of earlier times kept"] += 1

    def check_unsure(self, facts, job):
        """A change without an answer happened or did not."""
        if job is None or "pending-description" not in facts:
            return
        self.assertIn(job["Description"] or "",
                      (facts.get("description", ""), facts["pending-description"]))

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
