"""BitsdJobSettings: who reads and changes what, what is refused, what survives."""
import subprocess
import unittest

from support.daemon import (BITSCTL, OPERATOR, OPERATOR_PASSWORD, USER, VIEWER, VIEWER_PASSWORD,
                            Daemon)
from support.settings_origin import SettingsOrigin
from support.wsman import (BITS, ENUMERATION, ERROR, NS, SETTINGS, TRANSFER, TRANSFERRED, Wsman)

S_FALSE, E_PENDING, E_NOTIMPL, E_INVALIDARG = 1, 0x8000000A, 0x80004001, 0x80070057
STRING_TOO_LONG = 0x80200021
OVERLAPPING_RANGES, VALIDATION_FAILED = 0x8020002C, 0x80200053
READ_ONLY, READ_ONLY_AFTER_RESUME, SIZE_INVALID = 0x80200058, 0x80200062, 0x80200063
NOT_WITH_METHOD = 0x80200071
CLASSES = "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
DEFAULTS = {"NotifyFlags": "3", "CustomHeaders": None, "CustomHeadersWriteOnly": "false",
            "HttpMethod": "GET", "SecurityFlags": "0", "MaximumDownloadTime": "7776000",
            "MaximumDownloadSize": None, "DynamicContent": "false", "HighPerformance": "false",
            "CostFlags": str(0x800000FF), "Type": "0", "ReplyFileName": None, "ReplyBytesTotal": "0",
            "ReplyBytesTransferred": "0"}


def return_value(reply):
    assert reply.status == 200, reply.text
    return int(reply.properties()["ReturnValue"])


def query(client, resource, text):
    """The class names of the items that a query gives."""
    reply = client.call(ENUMERATION + "Enumerate",
                        "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements>"
                        f'<w:Filter Dialect="{WQL}">{text}</w:Filter></n:Enumerate>',
                        resource=resource)
    assert reply.status == 200, reply.text
    return [item.tag.split("}")[-1] for item in reply.body.find("w:Items", NS)]


class SettingsCase(unittest.TestCase):
    """A daemon in which the viewer is an administrator too, and an origin."""

    settings = '[log]\nlevel = "debug"\n'

    @classmethod
    def setUpClass(cls):
        cls.origin = SettingsOrigin()
        cls.daemon = Daemon(settings=cls.settings, administrators=(VIEWER,)).start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.daemon.__exit__()
        cls.origin.stop()

    def job(self, path="/file/x", client=None):
        return (client or self.client).create(self.origin.url(path),
                                              rf"C:\dir\{self.id().split('.')[-1]}.bin")

    def local(self, name=None):
        return self.daemon.drive_c / "dir" / (name or f"{self.id().split('.')[-1]}.bin")

    def set(self, job, **values):
        reply = self.client.set_settings(job, **values)
        self.assertEqual(reply.status, 200, reply.text)
        return reply.properties()

    def refused(self, reply, code, subcode="w:InvalidParameter"):
        fault = reply.fault()
        self.assertEqual((fault["subcode"], fault["wsman"]), (subcode, code), fault)

    def other_client(self, user, password):
        client = Wsman(self.daemon, user, password)
        self.addCleanup(client.close)
        return client

    def run_job(self, job):
        self.assertEqual(self.client.set(job, Priority=0).status, 200)
        self.assertEqual(self.client.state(job, 2), 0)
        return int(self.client.wait_for_state(job, (TRANSFERRED, ERROR))["State"])

    def error(self, job):
        out = self.client.invoke("GetError", job, LanguageId=1033).properties()
        return int(out["ErrorCode"])

    def restart(self):
        """After kill -9."""
        self.client.close()
        self.daemon.kill()
        self.daemon.start()
        type(self).client = Wsman(self.daemon)


class JobSettingsTest(SettingsCase):
    settings = '[log]\nlevel = "debug"\n[transfers]\nallow_weakened_tls = true\n'

    # --- the class ------------------------------------------------------------
    def test_every_job_has_settings_with_the_defaults_of_bits(self):
        job = self.job()
        self.assertEqual(self.client.settings(job), {"JobId": job, **DEFAULTS})

    def test_the_class_is_found_like_the_others(self):
        self.job()
        reply = self.client.call(TRANSFER + "Get", selectors={"ClassName": "BitsdJobSettings"},
                                 resource=CLASSES)
        self.assertEqual(reply.status, 200, reply.text)
        for name in ("NotifyFlags", "MaximumDownloadSize", "AddFileWithRanges"):
            self.assertIn(f'NAME="{name}"', reply.text)
        reply = self.client.call(ENUMERATION + "Enumerate",
                                 "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>9"
                                 "</w:MaxElements></n:Enumerate>", resource=CLASSES)
        for name in ("BitsClientJob", "BitsClientFile", "BitsdJobSettings"):
            self.assertIn(f'<CLASS NAME="{name}"', reply.text)
        wildcard = BITS.replace("BitsClientJob", "*")
        for resource in (SETTINGS, wildcard):
            found = query(self.client, resource, "SELECT * FROM BitsdJobSettings")
            self.assertEqual(set(found), {"BitsdJobSettings"})
        jobs = query(self.client, wildcard, "SELECT * FROM BitsClientJob")
        self.assertEqual((set(jobs), len(jobs)), ({"BitsClientJob"}, len(found)))
        self.assertEqual(query(self.client, SETTINGS,
                               "SELECT * FROM BitsdJobSettings WHERE HttpMethod = 'PUT'"), [])

    def test_settings_survive_kill_9(self):
        job = self.job()
        values = {"NotifyFlags": "11", "CustomHeaders": "A: b\r\nC: d\r\n", "HttpMethod": "POST",
                  "SecurityFlags": str(0x91F), "MaximumDownloadTime": "60",
                  "MaximumDownloadSize": "123456789012", "HighPerformance": "true",
                  "CostFlags": "33"}
        shown = {**DEFAULTS, **values, "JobId": job}
        self.assertEqual(self.set(job, **values), shown)
        self.restart()
        self.assertEqual(self.client.settings(job), shown)
        self.assertEqual(self.client.properties(job)["Priority"], "0", "a method of its own")
        self.assertEqual(self.set(self.job(), DynamicContent="true")["DynamicContent"], "true")

    def test_what_is_set_again_takes_the_place_of_the_old(self):
        job = self.job()
        self.set(job, MaximumDownloadSize=1000)
        self.assertIsNone(self.set(job, MaximumDownloadSize=2 ** 64 - 1)["MaximumDownloadSize"])
        self.set(job, CustomHeaders="A: b")
        self.assertEqual(self.set(job, CustomHeaders="E: f\n")["CustomHeaders"], "E: f\r\n")
        self.assertIsNone(self.set(job, CustomHeaders="")["CustomHeaders"])

    def test_a_refused_value_changes_nothing(self):
        job = self.job()
        for code, values in (
                (E_NOTIMPL, {"NotifyFlags": 64}), (E_NOTIMPL, {"SecurityFlags": 0x300}),
                (E_NOTIMPL, {"SecurityFlags": 0x20}), (E_NOTIMPL, {"CostFlags": 0x100}),
                (E_INVALIDARG, {"HttpMethod": "TWO WORDS"}), (E_INVALIDARG, {"HttpMethod": "HEAD"}),
                (E_INVALIDARG, {"CustomHeaders": "no header"}),
                (E_INVALIDARG, {"CustomHeaders": "Host: elsewhere"}),
                (E_INVALIDARG, {"CustomHeaders": "A: b&#13;C: d"}),
                (STRING_TOO_LONG, {"CustomHeaders": "A: " + "x" * 16381}),
                (SIZE_INVALID, {"MaximumDownloadSize": 0})):
            reply = self.client.set_settings(job, CustomHeadersWriteOnly="true", **values)
            self.refused(reply, code, "x:InvalidRepresentation")
        reply = self.client.set_settings(job, NotifyFlags="many")
        self.assertEqual(reply.fault()["subcode"], "x:InvalidRepresentation")
        reply = self.client.set_settings(job, HttpMethod="POST", DynamicContent="true")
        self.refused(reply, NOT_WITH_METHOD)
        self.assertEqual(self.client.settings(job), {"JobId": job, **DEFAULTS})

    def test_some_can_be_set_before_the_first_resume_only(self):
        job = self.job()
        self.assertEqual(self.client.state(job, 2), 0)
        self.client.wait_for_state(job, (TRANSFERRED,))
        for name, value in (("HttpMethod", "POST"), ("MaximumDownloadSize", 5),
                            ("DynamicContent", "true"), ("HighPerformance", "true")):
            self.refused(self.client.set_settings(job, **{name: value}), READ_ONLY_AFTER_RESUME)
        self.set(job, SecurityFlags=0x100, MaximumDownloadTime=5, NotifyFlags=4,
                 CustomHeaders="A: b")

    def test_settings_cannot_be_deleted(self):
        reply = self.client.call(TRANSFER + "Delete", selectors={"JobId": self.job()},
                                 resource=SETTINGS)
        self.assertEqual(reply.fault()["subcode"], "a:ActionNotSupported")

    # --- who ------------------------------------------------------------------
    def test_over_the_network_only_administrators_have_them(self):
        operator = self.other_client(OPERATOR, OPERATOR_PASSWORD)
        own = self.job(client=operator)
        missing = "{00000000-0000-4000-8000-000000000000}"
        texts = set()
        for job in (own, self.job(), missing):
            for reply in (operator.set_settings(job, NotifyFlags=1),
                          operator.call(TRANSFER + "Get", selectors={"JobId": job},
                                        resource=SETTINGS),
                          operator.invoke_settings("SetRemoteName", job, FileIndex=0,
                                                   RemoteUrl="http://127.0.0.1:1/")):
                fault = reply.fault()
                self.assertEqual(fault["subcode"], "w:AccessDenied")
                texts.add(fault["text"])
        self.assertEqual(len(texts), 1, texts)
        self.assertEqual(query(operator, SETTINGS, "SELECT * FROM BitsdJobSettings"), [])
        self.assertEqual(self.client.settings(own), {"JobId": own, **DEFAULTS})

    def test_only_the_creator_reads_custom_headers(self):
        job = self.job()
        self.set(job, CustomHeaders="X-Key: told once\n")
        self.assertEqual(self.client.settings(job)["CustomHeaders"], "X-Key: told once\r\n")
        other = self.other_client(VIEWER, VIEWER_PASSWORD)
        self.assertIsNone(other.settings(job)["CustomHeaders"])
        self.assertIsNone(other.set_settings(job, NotifyFlags=1).properties()["CustomHeaders"])
        self.assertEqual(self.client.settings(job)["CustomHeaders"], "X-Key: told once\r\n")
        reply = self.client.call(ENUMERATION + "Enumerate",
                                 "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100"
                                 "</w:MaxElements></n:Enumerate>", resource=SETTINGS)
        self.assertNotIn("told once", reply.text)

    def test_write_only_headers_are_read_by_nobody_and_stay_so(self):
        job = self.job()
        shown = self.set(job, CustomHeaders="X-Key: never told", CustomHeadersWriteOnly="true")
        self.assertIsNone(shown["CustomHeaders"])
        self.refused(self.client.set_settings(job, CustomHeadersWriteOnly="false"), READ_ONLY)
        self.assertIsNone(self.set(job, CustomHeaders="X-Key: changed")["CustomHeaders"])
        self.assertEqual(self.client.state(job, 2), 0)

    # --- files ----------------------------------------------------------------
    def test_ranges_that_make_no_sense_are_refused(self):
        job = self.job()

        def add(ranges):
            return self.client.invoke_settings(
                "AddFileWithRanges", job, RemoteUrl=self.origin.url("/file/x"),
                LocalFile=r"C:\dir\parts.bin", Ranges=ranges)

        self.refused(add("0:100,99:1"), OVERLAPPING_RANGES)
        for text in ("", "all", "0-100", "0:100,"):
            self.refused(add(text), E_INVALIDARG)
        self.assertEqual(return_value(add("200:eof,0:100")), 0)
        self.assertEqual(self.client.properties(job)["FilesTotal"], "2")

    def test_urls_of_unfinished_files_can_be_changed(self):
        job = self.client.create("http://127.0.0.1:1/file/x", r"C:\dir\moved.bin")
        change = self.client.invoke_settings
        self.assertEqual(return_value(change("ReplaceRemotePrefix", job, OldPrefix="HTTP://127",
                                             NewPrefix="http://128")), S_FALSE)
        self.refused(change("ReplaceRemotePrefix", job, OldPrefix="http://127.0.0.1:1/",
                            NewPrefix="ftp://"), E_INVALIDARG)
        self.refused(change("SetRemoteName", job, FileIndex=1, RemoteUrl="http://s/"),
                     E_INVALIDARG)
        self.assertEqual(return_value(change(
            "ReplaceRemotePrefix", job, OldPrefix="http://127.0.0.1:1/",
            NewPrefix=self.origin.url("/"))), 0)
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual(return_value(change("ReplaceRemotePrefix", job, OldPrefix="http://",
                                             NewPrefix="https://")), S_FALSE)
        self.assertEqual(self.client.state(job, 1), 0)
        self.assertEqual(self.local("moved.bin").read_bytes(), self.origin.content)
        job = self.client.create("http://127.0.0.1:1/file/x", r"C:\dir\renamed.bin")
        self.assertEqual(return_value(change("SetRemoteName", job, FileIndex=0,
                                             RemoteUrl=self.origin.url("/file/y"))), 0)
        self.assertEqual(self.run_job(job), TRANSFERRED)

    def test_a_file_that_is_not_valid_is_downloaded_again(self):
        job = self.job("/file/valid")

        def validate(valid):
            return return_value(self.client.invoke_settings("SetValidationState", job, FileIndex=0,
                                                            Valid=valid))

        self.assertEqual(validate("true"), E_PENDING)
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual(validate("true"), 0)
        self.assertEqual(validate("false"), 0)
        job_now = self.client.wait_for_state(job, (ERROR,))
        self.assertEqual((job_now["BytesTransferred"], self.error(job)), ("0", VALIDATION_FAILED))
        self.assertEqual(self.run_job(job), TRANSFERRED)
        self.assertEqual(len(self.origin.of("/file/valid")), 2)
        self.assertEqual(self.client.state(job, 1), 0)
        self.assertEqual(self.local().read_bytes(), self.origin.content)

    # --- bitsctl --------------------------------------------------------------
    def bitsctl_with_input(self, text, *arguments):
        self.daemon.bitsctl("list")  # writes the password file
        return subprocess.run(
            [BITSCTL, "--host", self.daemon.url, "--user", USER, "--password-file",
             str(self.daemon.folder / "password"), "--cacert", str(self.daemon.certificate),
             *arguments], input=text, text=True, capture_output=True, timeout=60)

    def test_bitsctl_shows_and_changes_them(self):
        job = self.job()
        self.daemon.bitsctl("settings", job, "--security-flags", "0x201", "--max-download-size",
                            "70000", "--http-method", "POST")
        done = self.bitsctl_with_input("X-One: 1\nX-Two: 2\n", "set-headers", job)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        shown = self.daemon.bitsctl("settings", job).stdout
        for line in ("Security flags:      0x201", "Maximum size:        70000",
                     "HTTP method:         POST", "Custom headers:      X-One: 1",
                     "                     X-Two: 2"):
            self.assertIn(line + "\n", shown)
        self.daemon.bitsctl("remove-headers", job)
        self.assertIn('"custom_headers": null', self.daemon.bitsctl("settings", job, "--json").stdout)
        self.assertEqual(self.bitsctl_with_input("", "set-headers", job).returncode, 2)
        done = self.daemon.bitsctl("settings", job, "--http-method", "HEAD", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("E_INVALIDARG", done.stderr)

    def test_bitsctl_changes_files(self):
        job = self.client.create("http://127.0.0.1:1/file/x", r"C:\dir\bitsctl.bin")
        done = self.daemon.bitsctl("replace-prefix", job, "http://nobody/", "http://s/")
        self.assertIn("S_FALSE", done.stderr)
        self.daemon.bitsctl("replace-prefix", job, "http://127.0.0.1:1/", self.origin.url("/"))
        done = self.daemon.bitsctl("set-validation", job, "0", "true", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("E_PENDING 0x8000000A", done.stderr)
        self.daemon.bitsctl("set-url", job, "0", self.origin.url("/file/z"))
        self.daemon.bitsctl("add", job, self.origin.url("/file/z"), r"C:\dir\bitsctl2.bin",
                            "--ranges", "0:10")
        self.assertIn("/file/z", self.daemon.bitsctl("files", job).stdout)


if __name__ == "__main__":
    unittest.main()
