"""200 jobs by 8 concurrent clients while downloads run, kill -9, restart."""
import os
import threading
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.wsman import Wsman

JOBS, CLIENTS = 200, 8


class CreateStormTest(unittest.TestCase):
    def test_every_acknowledged_job_is_there_and_none_twice(self):
        with Origin(rate=500_000) as origin, Daemon() as daemon:
            origin.put("busy.bin", os.urandom(8_000_000))
            first = Wsman(daemon)
            for i in range(4):
                job = first.create(origin.url("busy.bin"), rf"C:\busy\{i}.bin")
                first.set(job, Priority=0)
                first.state(job, 2)
            acknowledged, attempted = {}, []
            enough = threading.Event()

            def create(number):
                client = Wsman(daemon)
                try:
                    for i in range(1000):
                        name = f"storm-{number}-{i}"
                        attempted.append(name)
                        acknowledged[name] = client.create(origin.url("x"), rf"C:\storm\{name}", name)
                        if len(acknowledged) >= JOBS:
                            enough.set()
                except (OSError, AssertionError, Exception):
                    enough.set()

            threads = [threading.Thread(target=create, args=(n,)) for n in range(CLIENTS)]
            for thread in threads:
                thread.start()
            self.assertTrue(enough.wait(60))
            daemon.kill()
            for thread in threads:
                thread.join()
            self.assertGreaterEqual(len(acknowledged), JOBS)

            daemon.start()
            listed = Wsman(daemon).enumerate()
            ids = [job["JobId"] for job in listed]
            names = [job["DisplayName"] for job in listed if job["DisplayName"].startswith("storm-")]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(len(names), len(set(names)), "a job is there twice")
            self.assertLessEqual(set(acknowledged.values()), set(ids), "an acknowledged job is lost")
            self.assertLessEqual(set(names), set(attempted))
            print(f"{len(acknowledged)} acknowledged, {len(names)} found")


if __name__ == "__main__":
    unittest.main()
