"""bitsctl against a real daemon and a real server."""
import json
import os
import unittest

from support.daemon import Daemon
from support.origin import Origin


class BitsctlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon().start()

    def setUp(self):
        for job in json.loads(self.daemon.bitsctl("--json", "list").stdout):
            self.daemon.bitsctl("cancel", job["job_id"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def test_get_downloads_one_file_and_leaves_no_job(self):
        data = os.urandom(500_000)
        self.origin.put("one.bin", data)
        self.daemon.bitsctl("get", self.origin.url("one.bin"), r"C:\ctl\one.bin")
        self.assertEqual((self.daemon.drive_c / "ctl/one.bin").read_bytes(), data)
        self.assertEqual(json.loads(self.daemon.bitsctl("--json", "list").stdout), [])

    def test_get_of_a_missing_file_fails_with_the_reason_and_leaves_no_job(self):
        done = self.daemon.bitsctl("get", self.origin.url("none.bin"), r"C:\ctl\none.bin", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("404", done.stderr)
        self.assertEqual(json.loads(self.daemon.bitsctl("--json", "list").stdout), [])

    def test_a_job_is_driven_step_by_step(self):
        self.origin.put("step.bin", b"step" * 100)
        job = self.daemon.bitsctl("create", "stepwise", self.origin.url("step.bin"),
                                  r"C:\ctl\step.bin").stdout.strip()
        self.assertRegex(job, r"^\{[0-9A-F-]{36}\}$")
        self.daemon.bitsctl("add", job, self.origin.url("step.bin"), r"C:\ctl\step2.bin")
        self.daemon.bitsctl("set", "stepwise", "--priority", "foreground", "--description", "by hand")
        shown = json.loads(self.daemon.bitsctl("--json", "show", job).stdout)
        self.assertEqual(shown["description"], "by hand")
        self.assertEqual(len(json.loads(self.daemon.bitsctl("--json", "files", job).stdout)), 2)
        self.daemon.bitsctl("resume", job)
        self.daemon.bitsctl("watch", job, timeout=30)
        self.daemon.bitsctl("complete", job)
        self.assertEqual((self.daemon.drive_c / "ctl/step2.bin").read_bytes(), b"step" * 100)
        self.assertEqual(self.daemon.bitsctl("show", job, check=False).returncode, 5)

    def test_the_raw_wsman_verbs_speak_to_the_class(self):
        uri = "wmi/root/microsoft/bits/BitsClientJob"
        self.assertEqual(json.loads(self.daemon.bitsctl("--json", "wsman", "identify").stdout)["ProductVendor"],
                         "bitsd")
        out = self.daemon.bitsctl("--json", "wsman", "invoke", uri, "CreateJob", "DisplayName=raw",
                                  "RemoteUrl=" + self.origin.url("raw"), r"LocalFile=C:\ctl\raw.bin").stdout
        job = json.loads(out)["JobId"]
        got = json.loads(self.daemon.bitsctl("--json", "wsman", "get", uri, "-s", f"JobId={job}").stdout)
        self.assertEqual(got["DisplayName"], "raw")
        put = json.loads(self.daemon.bitsctl("--json", "wsman", "put", uri, "-s", f"JobId={job}",
                                             "Priority=3").stdout)
        self.assertEqual(put["Priority"], "3")
        self.assertIn(job, self.daemon.bitsctl("wsman", "enum", uri).stdout)
        self.daemon.bitsctl("wsman", "delete", uri, "-s", f"JobId={job}")
        self.assertEqual(self.daemon.bitsctl("wsman", "get", uri, "-s", f"JobId={job}",
                                             check=False).returncode, 5)

    def test_a_wrong_password_and_a_wrong_host_have_their_own_exit_codes(self):
        done = self.daemon.bitsctl("list", password="wrong", check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        done = self.daemon.bitsctl("list", host="https://127.0.0.1:1/wsman", check=False)
        self.assertEqual(done.returncode, 3, done.stderr)


if __name__ == "__main__":
    unittest.main()
