"""The steps of a BitsClientJob script, as PowerShell sends them, end to end."""
import hashlib
import os
import threading
import time
import unittest

from support.daemon import Daemon, wait_until
from support.origin import Origin
from support.wsman import (ERROR, SUSPENDED, TRANSFERRED, TRANSIENT_ERROR, Wsman)


class JobScriptTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon(settings=f"""
[transfers]
ca_file = "{cls.origin.certificate}"
""").start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def test_create_set_resume_poll_complete_leaves_the_exact_file(self):
        data = os.urandom(3_000_000)
        self.origin.put("testfile1.bin", data)
        job = self.client.create(self.origin.url("testfile1.bin"), r"C:\clienttestdir\testfile1.bin")
        self.assertRegex(job, r"^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$")
        before = self.client.properties(job)
        self.assertEqual(before["State"], str(SUSPENDED))
        self.assertEqual(before["BytesTotal"], "18446744073709551615")

        reply = self.client.set(job, Priority=0)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.properties()["Priority"], "0")
        self.assertEqual(self.client.state(job, 2), 0)
        after = self.client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR))
        self.assertEqual(after["State"], str(TRANSFERRED))
        self.assertEqual(after["BytesTransferred"], str(len(data)))
        target = self.daemon.drive_c / "clienttestdir" / "testfile1.bin"
        self.assertFalse(target.exists(), "the file is visible before Complete")

        self.assertEqual(self.client.state(job, 1), 0)
        self.assertEqual(hashlib.sha256(target.read_bytes()).digest(), hashlib.sha256(data).digest())
        self.assertEqual([p.name for p in target.parent.iterdir()], ["testfile1.bin"])
        fault = self.client.get(job).fault()
        self.assertEqual((fault["subcode"], fault["detail"], fault["wsman"]),
                         ("a:DestinationUnreachable", "InvalidResourceURI", 2150858752))

    def test_https_origin_with_a_trusted_certificate_works(self):
        self.origin.put("tls.bin", b"over tls" * 1000)
        self.client.download(self.origin.url("tls.bin", tls=True), r"C:\tls\tls.bin")
        self.assertEqual((self.daemon.drive_c / "tls/tls.bin").read_bytes(), b"over tls" * 1000)

    def test_a_redirect_is_followed(self):
        self.origin.put("here.bin", b"moved" * 99)
        self.client.download(self.origin.url("moved/here.bin"), r"C:\moved\here.bin")
        self.assertEqual((self.daemon.drive_c / "moved/here.bin").read_bytes(), b"moved" * 99)

    def test_an_empty_file_is_transferred(self):
        self.origin.put("empty.bin", b"")
        self.client.download(self.origin.url("empty.bin"), r"C:\empty\empty.bin")
        self.assertEqual((self.daemon.drive_c / "empty/empty.bin").read_bytes(), b"")

    def test_a_missing_file_ends_in_error_with_the_http_code_and_cancel_removes_the_job(self):
        job = self.client.create(self.origin.url("missing.bin"), r"C:\x\missing.bin")
        self.assertEqual(self.client.state(job, 2), 0)
        self.client.wait_for_state(job, (ERROR,))
        out = self.client.invoke("GetError", job, LanguageId=1033).properties()
        self.assertEqual(out["ErrorCode"], str(0x80190194))
        self.assertEqual(out["ErrorContext"], "5")
        self.assertEqual(out["ReturnValue"], "0")
        self.assertIn("404", out["ErrorDescription"])
        self.assertEqual(self.client.state(job, 0), 0)
        self.assertEqual(self.client.get(job).status, 500)

    def test_a_job_without_an_error_answers_get_error_with_information_unavailable(self):
        job = self.client.create(self.origin.url("x"), r"C:\x\x.bin")
        out = self.client.invoke("GetError", job, LanguageId=1033).properties()
        self.assertEqual(out["ReturnValue"], str(0x8020000F))
        self.assertIsNone(out["ErrorCode"])

    def test_files_can_be_added_and_all_are_transferred_in_one_job(self):
        contents = {f"many{i}.bin": os.urandom(10_000 * i + 1) for i in range(6)}
        for name, data in contents.items():
            self.origin.put(name, data)
        job = self.client.create(self.origin.url("many0.bin"), r"C:\many\many0.bin")
        for i in range(1, 6):
            reply = self.client.invoke("AddFile", job, RemoteUrl=self.origin.url(f"many{i}.bin"),
                                       LocalFile=rf"C:\many\many{i}.bin")
            self.assertEqual(reply.properties()["ReturnValue"], "0")
        self.assertEqual(self.client.properties(job)["FilesTotal"], "6")
        self.client.state(job, 2)
        done = self.client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR))
        self.assertEqual(done["FilesTransferred"], "6")
        self.assertEqual(done["BytesTotal"], str(sum(map(len, contents.values()))))
        self.client.state(job, 1)
        for name, data in contents.items():
            self.assertEqual((self.daemon.drive_c / "many" / name).read_bytes(), data)
        connections = {row["connection"] for name in contents for row in self.origin.requests(name)
                       if row["method"] == "GET"}
        self.assertLessEqual(len(connections), 4, "files of one job share kept-alive connections")

    def test_complete_of_an_unfinished_job_keeps_what_is_there_and_says_partial(self):
        self.origin.put("whole.bin", b"whole")
        job = self.client.create(self.origin.url("whole.bin"), r"C:\partial\whole.bin")
        self.client.invoke("AddFile", job, RemoteUrl=self.origin.url("missing2.bin"),
                           LocalFile=r"C:\partial\missing2.bin")
        self.client.state(job, 2)
        self.client.wait_for_state(job, (ERROR,))
        self.assertEqual(self.client.state(job, 1), 0x00200017)
        self.assertEqual([p.name for p in (self.daemon.drive_c / "partial").iterdir()], ["whole.bin"])

    def test_an_existing_file_is_replaced_only_by_complete(self):
        target = self.daemon.drive_c / "replace" / "f.bin"
        target.parent.mkdir(parents=True)
        target.write_bytes(b"old")
        self.origin.put("f.bin", b"the new one")
        job = self.client.create(self.origin.url("f.bin"), r"C:\replace\f.bin")
        self.client.state(job, 2)
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.assertEqual(target.read_bytes(), b"old")
        self.client.state(job, 1)
        self.assertEqual(target.read_bytes(), b"the new one")

    def test_properties_set_through_put_are_read_back(self):
        job = self.client.create(self.origin.url("p"), r"C:\p\p.bin")
        reply = self.client.set(job, DisplayName="Renamed &amp; escaped", Description="why",
                                MinimumRetryDelay=60, NoProgressTimeout=120)
        self.assertEqual(reply.status, 200, reply.text)
        properties = self.client.properties(job)
        self.assertEqual(properties["DisplayName"], "Renamed & escaped")
        self.assertEqual(properties["Description"], "why")
        self.assertEqual(properties["MinimumRetryDelay"], "60")
        self.assertEqual(properties["NoProgressTimeout"], "120")

    def test_enumerate_lists_every_job_once(self):
        jobs = {self.client.create(self.origin.url("e"), rf"C:\e\{i}.bin") for i in range(30)}
        listed = [job["JobId"] for job in self.client.enumerate()]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(jobs, set(listed))
        for job in jobs:
            self.client.state(job, 0)

    def test_suspend_keeps_the_bytes_and_resume_goes_on_from_them(self):
        with Origin(rate=4_000_000) as slow:
            data = os.urandom(12_000_000)
            slow.put("slow.bin", data)
            job = self.client.create(slow.url("slow.bin"), r"C:\slow\slow.bin")
            self.client.state(job, 2)
            wait_until(lambda: slow.requests("slow.bin") or
                       int(self.client.properties(job)["State"]) == 2, 20, "the transfer runs")
            wait_until(lambda: sum(p.stat().st_size > 0 for p in
                                   (self.daemon.drive_c / "slow").glob("BIT*.tmp")), 20, "bytes came")
            self.assertEqual(self.client.state(job, 3), 0)
            held = int(self.client.properties(job)["BytesTransferred"])
            self.assertEqual(self.client.properties(job)["State"], str(SUSPENDED))
            self.client.state(job, 2)
            self.client.wait_for_state(job, (TRANSFERRED,))
            self.client.state(job, 1)
            self.assertEqual((self.daemon.drive_c / "slow/slow.bin").read_bytes(), data)
            if held:
                self.assertEqual(slow.requests("slow.bin")[-1]["range"], f"bytes={held}-")


class UntrustedOriginTest(unittest.TestCase):
    def test_a_certificate_nobody_vouches_for_ends_the_job_in_error(self):
        with Origin() as origin, Daemon() as daemon:
            origin.put("secret.bin", b"x")
            client = Wsman(daemon)
            job = client.create(origin.url("secret.bin", tls=True), r"C:\tls\untrusted.bin")
            client.state(job, 2)
            client.wait_for_state(job, (ERROR,))
            out = client.invoke("GetError", job, LanguageId=1033).properties()
            self.assertEqual(out["ErrorCode"], str(0x80072F0D))
            self.assertEqual(origin.requests("secret.bin"), [])

    def test_a_server_that_is_down_shows_as_transient_after_quick_retries(self):
        with Daemon() as daemon:
            client = Wsman(daemon)
            job = client.create("http://127.0.0.1:1/x.bin", r"C:\down\x.bin")
            client.state(job, 2)
            client.wait_for_state(job, (TRANSIENT_ERROR,), 30)
            out = client.invoke("GetError", job, LanguageId=1033).properties()
            self.assertEqual(out["ErrorCode"], str(0x80072EFD))
            self.assertEqual(client.properties(job)["TransientErrorCount"], "1")

    def test_an_outage_of_three_seconds_is_not_seen_by_the_script(self):
        with Origin(rate=2_000_000) as origin, Daemon() as daemon:
            data = os.urandom(6_000_000)
            origin.put("blip.bin", data)
            client = Wsman(daemon)
            job = client.create(origin.url("blip.bin"), r"C:\blip\f.bin")
            client.state(job, 2)
            wait_until(lambda: int(client.properties(job)["BytesTransferred"]) > 0, 20, "bytes came")
            origin.process.kill()
            origin.process.wait(10)
            restart = threading.Timer(3, origin.start)
            restart.start()
            states = set()
            while "6" not in states and not states & {"4", "5"}:
                states.add(client.properties(job)["State"])
                time.sleep(0.05)
            restart.join()
            self.assertNotIn("5", states)
            self.assertIn("6", states)
            client.state(job, 1)
            self.assertEqual((daemon.drive_c / "blip/f.bin").read_bytes(), data)


if __name__ == "__main__":
    unittest.main()
