"""What the settings of jobs do to their transfers: what servers are sent, what arrives, what ends
a job."""
import unittest

from job_settings import DEFAULTS, SettingsCase, return_value
from support.daemon import Daemon, wait_until
from support.settings_origin import CONTENT, SettingsOrigin
from support.wsman import ERROR, TRANSFERRED, Wsman

HTTP_302, E_ACCESSDENIED = 0x8019012E, 0x80070005
MAX_SIZE_REACHED, MAX_TIME = 0x80200064, 0x80200054
INVALID_RANGE, INSUFFICIENT_RANGE_SUPPORT = 0x8020002B, 0x80200013
REPORT, REFUSE = 0x100, 0x200


class JobSettingsTransfersTest(SettingsCase):
    def complete(self, job):
        self.assertEqual(self.client.state(job, 1), 0)

    def fields(self, path, name):
        return [request["fields"].get(name) for request in self.origin.of(path)]

    # --- custom headers ---------------------------------------------------------
    def test_custom_headers_are_on_every_request_of_the_job(self):
        job = self.job("/file/h1")
        for name in ("h2", "h3"):
            reply = self.client.invoke("AddFile", job, RemoteUrl=self.origin.url(f"/file/{name}"),
                                       LocalFile=rf"C:\dir\headers-{name}.bin")
            self.assertEqual(return_value(reply), 0)
        self.set(job, CustomHeaders="X-Key: k 1\r\nX-Two: 2\r\n", CustomHeadersWriteOnly="true")
        self.restart()
        self.assertEqual(self.run_job(job), TRANSFERRED)
        for name in ("h1", "h2", "h3"):
            self.assertEqual(set(self.fields(f"/file/{name}", "X-Key")), {"k 1"})
            self.assertEqual(set(self.fields(f"/file/{name}", "X-Two")), {"2"})

    def test_custom_headers_stay_with_their_origin(self):
        with SettingsOrigin() as other:
            job = self.job("/to?" + other.url("/file/elsewhere"))
            self.set(job, CustomHeaders="X-Key: secret")
            self.assertEqual(self.run_job(job), TRANSFERRED)
            self.assertTrue(other.of("/file/elsewhere"))
            for request in other.requests:
                self.assertNotIn("X-Key", request["fields"])
        inside = self.job("/to?" + self.origin.url("/file/inside"))
        self.set(inside, CustomHeaders="X-Key: secret")
        self.assertEqual(self.run_job(inside), TRANSFERRED)
        self.assertEqual(set(self.fields("/file/inside", "X-Key")), {"secret"})

    def test_removed_headers_are_not_sent(self):
        job = self.job("/file/removed")
        self.set(job, CustomHeaders="X-Key: k", CustomHeadersWriteOnly="true")
        self.set(job, CustomHeaders="")
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual(set(self.fields("/file/removed", "X-Key")), {None})

    # --- method and redirects ---------------------------------------------------
    def test_the_method_is_that_of_the_job(self):
        job = self.job("/file/posted")
        self.set(job, HttpMethod="POST")
        self.assertEqual(self.client.properties(job)["Priority"], "0")
        self.assertEqual(self.client.state(job, 2), 0)
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.assertEqual([r["method"] for r in self.origin.of("/file/posted")], ["POST"])
        self.complete(job)
        self.assertEqual(self.local().read_bytes(), CONTENT)

    def test_redirects_are_followed_reported_or_refused(self):
        target = self.origin.url("/file/target")
        for flags, state, url in ((0, TRANSFERRED, None), (REPORT, TRANSFERRED, target),
                                  (REFUSE, ERROR, target)):
            with self.subTest(flags=flags):
                first = self.origin.url("/to?" + target)
                job = self.client.create(first, rf"C:\dir\redirect-{flags}.bin")
                self.set(job, SecurityFlags=flags)
                self.assertEqual(self.run_job(job), state)
                self.assertIn(f"RemoteUrl>{url or first}</", self.client.get(job).text)
                if state == ERROR:
                    self.assertEqual(self.error(job), HTTP_302)

    # --- policies of the host ---------------------------------------------------
    def test_what_weakens_security_wants_an_administrators_word(self):
        job = self.job("/file/policy")
        for values in ({"SecurityFlags": 0x8}, {"SecurityFlags": 0x800},
                       {"CustomHeaders": "Authorization: Bearer b"},
                       {"CustomHeaders": "X-A: b\r\ncookie: c"}):
            self.refused(self.client.set_settings(job, **values), E_ACCESSDENIED,
                         "x:InvalidRepresentation")
        self.assertEqual(self.client.settings(job), {"JobId": job, **DEFAULTS})

    def test_weakened_security_shows_in_the_job_and_in_the_log(self):
        with Daemon(settings="[transfers]\nallow_weakened_tls = true\n"
                             "allow_credential_headers = true\n") as daemon:
            client = Wsman(daemon)
            self.addCleanup(client.close)
            job = client.create(self.origin.url("/file/weak"), r"C:\dir\weak.bin")
            reply = client.set_settings(job, SecurityFlags=0x8, CustomHeaders="Authorization: A b")
            self.assertEqual(reply.properties()["SecurityFlags"], "8")
            self.assertEqual(client.state(job, 2), 0)
            client.wait_for_state(job, (TRANSFERRED,))
            self.assertEqual(set(self.fields("/file/weak", "Authorization")), {"A b"})
            self.assertIn(f"job {job}: transfers with weakened TLS, as its security flags 0x8 say",
                          daemon.log())
            self.assertNotIn("A b", daemon.log())

    # --- limits -----------------------------------------------------------------
    def test_the_maximum_size_is_exact(self):
        for path in ("/file/size", "/dynamic/size"):
            for more, state in ((1, TRANSFERRED), (0, TRANSFERRED), (-1, ERROR)):
                with self.subTest(path=path, more=more):
                    job = self.client.create(self.origin.url(path), r"C:\dir\size.bin")
                    self.set(job, MaximumDownloadSize=len(CONTENT) + more,
                             DynamicContent=str(path.startswith("/dynamic")).lower())
                    self.assertEqual(self.run_job(job), state)
                    if state == ERROR:
                        self.assertEqual(self.error(job), MAX_SIZE_REACHED)
                    self.assertEqual(self.client.state(job, 0), 0)

    def test_the_maximum_size_is_of_all_files(self):
        job = self.job("/file/all1")
        reply = self.client.invoke("AddFile", job, RemoteUrl=self.origin.url("/file/all2"),
                                   LocalFile=r"C:\dir\all2.bin")
        self.assertEqual(return_value(reply), 0)
        self.set(job, MaximumDownloadSize=2 * len(CONTENT) - 1)
        self.assertEqual(self.run_job(job), ERROR)
        self.assertEqual(self.error(job), MAX_SIZE_REACHED)

    def test_the_maximum_time_ends_a_transfer_that_waits(self):
        job = self.job("/held/time")
        self.set(job, MaximumDownloadTime=1)
        self.assertEqual(self.run_job(job), ERROR)
        self.assertEqual(self.error(job), MAX_TIME)
        self.assertEqual(self.client.state(job, 0), 0)

    # --- content ----------------------------------------------------------------
    def test_ranges_make_one_file_in_their_order(self):
        job = self.job("/file/whole")
        reply = self.client.invoke_settings(
            "AddFileWithRanges", job, RemoteUrl=self.origin.url("/file/ranges"),
            LocalFile=r"C:\dir\ranges.bin", Ranges=f"{len(CONTENT) - 5}:eof,0:100,2000:3")
        self.assertEqual(return_value(reply), 0)
        self.restart()
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual(self.client.properties(job)["BytesTotal"], str(len(CONTENT) + 108))
        self.complete(job)
        self.assertEqual(self.local("ranges.bin").read_bytes(),
                         CONTENT[-5:] + CONTENT[:100] + CONTENT[2000:2003])

    def test_ranges_outside_of_the_file_are_an_error(self):
        for name, path, ranges, code in (
                ("outside", "/file/outside", f"0:1,{len(CONTENT)}:1", INVALID_RANGE),
                ("beyond", "/file/beyond", f"{len(CONTENT) - 1}:2", INVALID_RANGE),
                ("without", "/dynamic/without", "0:1", INSUFFICIENT_RANGE_SUPPORT)):
            with self.subTest(name=name):
                job = self.job(f"/file/first-{name}")
                reply = self.client.invoke_settings(
                    "AddFileWithRanges", job, RemoteUrl=self.origin.url(path),
                    LocalFile=rf"C:\dir\{name}.bin", Ranges=ranges)
                self.assertEqual(return_value(reply), 0)
                self.assertEqual(self.run_job(job), ERROR)
                self.assertEqual(self.error(job), code)
                self.assertEqual(self.client.state(job, 0), 0)

    def test_dynamic_content_needs_no_size(self):
        job = self.job("/dynamic/made")
        self.set(job, DynamicContent="true")
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual([r["method"] for r in self.origin.of("/dynamic/made")], ["GET"])
        self.complete(job)
        self.assertEqual(self.local().read_bytes(), CONTENT)

    def test_dynamic_content_waits_for_the_foreground(self):
        job = self.job("/dynamic/waits")
        self.set(job, DynamicContent="true")
        self.assertEqual(self.client.state(job, 2), 0)
        self.assertEqual(self.run_job(self.job("/file/meanwhile")), TRANSFERRED)
        self.assertEqual((self.client.properties(job)["State"], self.origin.of("/dynamic/waits")),
                         ("0", []))
        self.assertEqual(self.client.set(job, Priority=0).status, 200)
        self.client.wait_for_state(job, (TRANSFERRED,))

    def temporary_files(self):
        """Those of the other tests' jobs, too."""
        return set(self.local().parent.glob("BIT*.tmp"))

    def test_high_performance_writes_into_the_destination(self):
        job = self.job("/held/fast")
        self.set(job, HighPerformance="true")
        self.assertEqual(self.client.set(job, Priority=0).status, 200)
        before = self.temporary_files()
        self.assertEqual(self.client.state(job, 2), 0)

        wait_until(self.local().exists, 20, "the destination is there while the file comes")
        self.assertLessEqual(self.temporary_files(), before)
        self.origin.release("/held/fast")
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.complete(job)
        self.assertEqual(self.local().read_bytes(), CONTENT)


if __name__ == "__main__":
    unittest.main()
