"""Every request of tests/corpus gets the reply it asks for, over both transports."""
import re
import shutil
import tempfile
import unittest

from support.daemon import Daemon
from support.origin import Origin
from support.sealed import SealedWsman
from support.wsman import BITS, CORPUS, EVENTING, NS, PULL_DELIVERY, TRANSFERRED, XSI_NIL, Wsman

PROPERTIES = {
    "JobId", "DisplayName", "Description", "Priority", "MinimumRetryDelay", "NoProgressTimeout", "Files",
    "JobCreationTime", "JobLastModificationTime", "JobCompletionTime", "BytesTotal", "BytesTransferred",
    "FilesTotal", "FilesTransferred", "TransientErrorCount", "State", "Owner"}

# file: (code, subcode, detail, Microsoft code); None leaves a part open
FAULTS = {
    "34": ("s:Sender", "a:ActionNotSupported", None, 2150858771),
    "N01": ("s:Sender", "a:DestinationUnreachable", "InvalidResourceURI", 2150858752),
    "N03": ("s:Sender", "w:InvalidSelectors", "UnexpectedSelectors", 2150858843),
    "N06": ("s:Sender", "a:DestinationUnreachable", "InvalidResourceURI", 2150858752),
    "N08": ("s:Sender", "a:ActionNotSupported", None, 2150858771),
    "N10": ("s:Sender", "w:InvalidParameter", None, 0x80070057),
    "N12": ("s:Sender", "w:InvalidParameter", None, None),
    "N15": ("s:Sender", "x:InvalidRepresentation", "InvalidValues", 2150858838),
    "N20": ("s:MustUnderstand", None, None, 2150858768),
    "N22": ("s:Sender", "a:MessageInformationHeaderRequired", None, 2150858769),
    "N25": ("s:Sender", "w:UnsupportedFeature", "AddressingMode", 2150858870),
    "N27": ("s:Sender", "a:ActionNotSupported", None, 2150858771),
    "N29": ("s:Sender", "w:SchemaValidationError", None, 2150858817),
    "N32": ("s:Sender", "w:SchemaValidationError", None, 2150858817),
    "N34": ("s:Sender", "w:SchemaValidationError", None, 2150858817),
    "N35": ("s:Sender", "w:SchemaValidationError", None, 2150858817),
    "N37": ("s:Sender", "w:EncodingLimit", "MinimumEnvelopeLimit", 2150858878),
    "N40": ("s:Receiver", "n:InvalidEnumerationContext", None, 2150858779),
    "N43": ("s:Sender", "w:UnsupportedFeature", "Locale", 2150858887),
    "N49": ("s:Sender", "n:FilterDialectRequestedUnavailable", None, 2150858777),
    "N50": ("s:Sender", "n:CannotProcessFilter", None, 2150858778),
    "N52": ("s:Sender", "n:CannotProcessFilter", None, 2150859003),
    "N57": ("s:Sender", "a:DestinationUnreachable", "InvalidResourceURI", 2150858752),
    "N45": ("s:Sender", "a:InvalidMessageInformationHeader", "InvalidTimeout", 2150858881),
}
# file: what else than the plain headers it is sent with
SENT_WITH = {"66": {"User-Agent": "Python WinRM client", "Accept-Encoding": "gzip, deflate"},
             "67": {"User-Agent": "Python WinRM client", "Accept-Encoding": "gzip, deflate"},
             "53": {"User-Agent": "WS-Management for all"}, "55": {"User-Agent": "WS-Management for all"},
             "57": {"User-Agent": "WS-Management for all"},
             "71": {"Content-Type": "application/soap+xml; charset=utf-8"},
             "73": {"Content-Type": "application/soap+xml; charset=utf-8"},
             "74": {"Content-Type": "application/soap+xml; charset=utf-8"},
             "82": {"Content-Type": "application/soap+xml;charset=UTF-16"},
             "83": {"Content-Type": "application/soap+xml;charset=UTF-16"},
             "84": {"Content-Type": "application/soap+xml;charset=UTF-16"}}


# Not well-formed, or not SOAP 1.2: there is no MessageID that a reply could relate to.
NO_MESSAGE_ID = {"N28", "N29", "N31", "N32", "N34", "N35"}
# The authenticated request that openwsman repeats after it was refused without credentials.
ASKED_FIRST = {"53", "55", "57", "62"}
# These clients make a connection for each request.
ALONE = {"71", "73", "74"}


class CorpusRows:
    """The rows; a subclass says how their files are sent."""

    http = False

    def connect(self):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.sent, cls.passed_through = set(), set()
        cls.origin = Origin().start()
        cls.origin.put("testfile1.txt", b"a small file\n" * 1000)
        cls.posix_root = tempfile.mkdtemp(prefix="bitsd-posix-")
        cls.daemon = Daemon(settings=f'[paths]\nroots = ["{cls.posix_root}"]\n'
                                     'drives = { C = "drives/c", D = "drives/d" }\n',
                            http=cls.http, ntlm=cls.http).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()
        shutil.rmtree(cls.posix_root)
        tests = {name for name in dir(cls) if name.startswith("test")}
        if cls.passed_through == tests:  # not when one test is run by name
            files = {path.name.split("-")[0] for path in CORPUS.glob("*.xml")}
            missing = files - cls.sent
            assert not missing, f"no test sends {sorted(missing)}"

    def setUp(self):
        self.passed_through.add(self._testMethodName)
        self.client = self.new_client()
        for job in self.client.enumerate():
            self.client.state(job["JobId"], 0)

    def new_client(self):
        client = self.connect()
        self.addCleanup(client.close)
        return client

    def send(self, name, job="", context="", client=None, **options):
        """Sends the file; its POSIX directory /srv/dl becomes the test's own."""
        self.sent.add(name)
        client = client or (self.new_client() if name in ALONE else self.client)
        options = {"headers": SENT_WITH.get(name, {}), **options}
        fill = {"job": job, "context": context, "replace": {"/srv/dl": self.posix_root}}
        if name in ASKED_FIRST:
            refused = client.corpus(name + "-", authorize=False, **fill, **options)
            self.assertEqual((refused.status, refused.bytes), (401, b""))
        reply = client.corpus(name + "-", **fill, **options)
        if reply.status in (200, 500) and name not in ("01", "02", "N31"):
            self.assert_addressed(reply, name)
        return reply

    def assert_addressed(self, reply, name):
        """The reply names the message it answers, and the action that answers the request's."""
        action = self.request_header(name, "Action")
        if reply.find("s:Body/s:Fault") is not None:
            self.assertRegex(reply.header("a:Action"), "^http://.*/fault$")
        elif action:
            self.assertEqual(reply.header("a:Action"), action + "Response", name)
        if name not in NO_MESSAGE_ID:
            self.assertEqual(reply.header("a:RelatesTo"), self.request_header(name, "MessageID"), name)
        self.assertRegex(reply.header("a:MessageID"), r"^uuid:[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")

    @staticmethod
    def request_header(name, header):
        data = next(iter(CORPUS.glob(name + "-*.xml"))).read_bytes()
        text = data.replace(b"\0", b"").decode(errors="ignore")
        match = re.search(rf"<(?:\w+:)?{header}\b[^>]*>([^<]*)<", text)
        return match.group(1) if match else None

    def new_job(self, url="testfile1.txt"):
        return self.client.create(self.origin.url(url), r"C:\corpus\testfile1.txt")

    def finished_job(self):
        job = self.new_job()
        self.client.state(job, 2)
        self.client.wait_for_state(job, (TRANSFERRED,))
        return job

    def assert_job(self, reply, job):
        self.assertEqual(reply.status, 200, reply.text)
        body = reply.body
        self.assertEqual(body.tag, f"{{{BITS}}}BitsClientJob")
        names = {child.tag.split("}")[-1] for child in body}
        self.assertEqual(names, PROPERTIES)
        for child in body:
            if child.get(XSI_NIL) == "true" or child.tag.endswith("}Files"):
                continue
            self.assertEqual(dict(child.attrib), {}, child.tag)
        properties = reply.properties()
        self.assertEqual(properties["JobId"], job)
        self.assertRegex(properties["State"], r"^[0-8]$")
        # No declaration below the class root but on embedded instances.
        inner = re.sub(r"<p:Files .*?</p:Files>", "", reply.text.split("<p:BitsClientJob", 1)[1])
        self.assertNotIn("xmlns", inner.split(">", 1)[1].split("</p:BitsClientJob>")[0])
        self.assertEqual(reply.header("a:Action"), "http://schemas.xmlsoap.org/ws/2004/09/transfer/GetResponse")
        return properties

    def test_identify(self):
        reply = self.send("01", authorize=False, headers={"WSMANIDENTIFY": "unauthenticated"})
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.body.tag, f"{{{NS['i']}}}IdentifyResponse")
        self.assertEqual(reply.properties()["ProductVersion"], "OS: 0.0.0 SP: 0.0 Stack: 3.0")
        self.assertEqual(reply.properties()["ProtocolVersion"], NS["w"])
        self.assertNotIn("SecurityProfiles", reply.properties())
        known = self.send("02")
        self.assertEqual(known.status, 200)
        self.assertRegex(known.properties()["ProductVersion"], r"^OS: [1-9]\d*\.\d+\.\d+ SP: 0\.0 Stack: 3\.0$")
        self.assertIn("SecurityProfiles", known.properties())

    def test_create_job_replies_with_an_attribute_free_job_id(self):
        for name in ("04", "22", "55"):
            reply = self.send(name)
            self.assertEqual(reply.status, 200, reply.text)
            self.assertEqual(reply.header("a:Action"), BITS + "/CreateJobResponse")
            self.assertEqual(reply.body.tag, f"{{{BITS}}}CreateJob_OUTPUT")
            self.assertEqual({c.tag.split("}")[-1]: dict(c.attrib) for c in reply.body},
                             {"JobId": {}, "ReturnValue": {}})
            job = reply.properties()["JobId"]
            self.assertRegex(job, r"^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$")
            self.assertEqual(reply.properties()["ReturnValue"], "0")
            self.assertEqual(self.client.properties(job)["State"], "3")
            self.client.state(job, 0)

    def test_a_posix_name_outside_the_configured_roots_is_refused_by_name(self):
        fault = self.client.corpus("55-").fault()
        self.assertEqual(fault["subcode"], "w:InvalidParameter")
        self.assertIn("/srv/dl", fault["text"])

    def test_get_in_every_client_style(self):
        job = self.new_job()
        for name in ("05", "08", "53", "66", "71", "82", "83", "84", "89"):
            with self.subTest(file=name):
                reply = self.send(name, job)
                if name in ("82", "83", "84"):
                    self.assertIn("utf-16", reply.headers["Content-Type"].lower())
                    reply.text = reply.bytes.decode("utf-16")
                self.assert_job(reply, job)
                self.assertIsNone(reply.headers.get("Content-Encoding"))
                self.assertIsNone(reply.headers.get("Transfer-Encoding"))
        self.client.state(job, 0)

    def test_put_of_the_whole_stale_document_changes_the_priority_alone(self):
        job = self.new_job()
        reply = self.send("06", job)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.header("a:Action"), "http://schemas.xmlsoap.org/ws/2004/09/transfer/PutResponse")
        self.assertEqual(reply.properties()["Priority"], "0")
        self.assertEqual(set(reply.properties()), PROPERTIES)
        self.assertEqual(self.client.properties(job)["Owner"], "S-1-5-20")
        self.client.state(job, 0)

    def test_set_job_state(self):
        job = self.new_job()
        for name, state in (("20", "3"), ("67", "3"), ("07", None)):
            reply = self.send(name, job)
            self.assertEqual(reply.status, 200, reply.text)
            self.assertEqual(reply.properties(), {"ReturnValue": "0"})
            self.assertEqual(reply.body.tag.split("}")[-1], "SetJobState_OUTPUT")
            if state:
                self.assertEqual(self.client.properties(job)["State"], state)
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.assertEqual(self.send("09", job).properties(), {"ReturnValue": "0"})
        self.assertEqual(self.client.get(job).fault()["subcode"], "a:DestinationUnreachable")
        job = self.new_job()
        self.assertEqual(self.send("10", job).properties(), {"ReturnValue": "0"})
        self.assertEqual(self.client.get(job).fault()["subcode"], "a:DestinationUnreachable")

    def test_enumerate_pull_release(self):
        none = self.send("11")
        self.assertEqual(len(none.body.find("w:Items", NS)), 0)
        self.assertIsNotNone(none.body.find("w:EndOfSequence", NS))
        jobs = {self.new_job() for _ in range(3)}
        reply = self.send("11")
        self.assertEqual(reply.body.tag, f"{{{NS['n']}}}EnumerateResponse")
        self.assertFalse(reply.body.find("n:EnumerationContext", NS).text)
        items = reply.body.find("w:Items", NS)
        self.assertEqual({item.find("p:JobId", NS).text for item in items}, jobs)
        for item in items:
            for name in ("BytesTotal", "BytesTransferred", "State"):
                int(item.find("p:" + name, NS).text)
        for enumerate_file, pull_file in (("57", "13"), ("73", "74")):
            reply = self.send(enumerate_file)
            context = reply.body.find("n:EnumerationContext", NS).text
            self.assertTrue(context)
            self.assertIsNone(reply.body.find("w:Items", NS))
            pulled = self.send(pull_file, context=context)
            self.assertEqual(pulled.status, 200, pulled.text)
            self.assertEqual(len(pulled.body.find("n:Items", NS)), 3)
            self.assertIsNotNone(pulled.body.find("n:EndOfSequence", NS))
            self.assertIsNone(pulled.body.find("n:EnumerationContext", NS))
        context = self.send("57").body.find("n:EnumerationContext", NS).text
        released = self.send("14", context=context)
        self.assertEqual(released.status, 200)
        self.assertIsNone(released.body)
        self.assertEqual(released.header("a:Action"),
                         "http://schemas.xmlsoap.org/ws/2004/09/enumeration/ReleaseResponse")
        fault = self.send("13", context=context).fault()
        self.assertEqual(fault["subcode"], "n:InvalidEnumerationContext")
        for job in jobs:
            self.client.state(job, 0)

    def test_add_file_matches_names_without_case_and_keeps_the_ampersand(self):
        job = self.new_job()
        for name, total in (("15", "2"), ("16", "3")):
            reply = self.send(name, job)
            self.assertEqual(reply.status, 200, reply.text)
            self.assertEqual(reply.properties()["ReturnValue"], "0")
            self.assertEqual(self.client.properties(job)["FilesTotal"], total)
        urls = [f.text for f in self.client.get(job).root.iter() if f.tag.endswith("}RemoteUrl")]
        self.assertTrue(any("&" in url for url in urls), urls)
        self.client.state(job, 0)

    def test_get_error_of_a_failed_job(self):
        job = self.new_job("status/403")
        self.client.state(job, 2)
        self.client.wait_for_state(job, (4, 5))
        reply = self.send("18", job)
        out = reply.properties()
        self.assertEqual(set(out), {"ContextDescription", "ErrorCode", "ErrorContext", "ErrorDescription",
                                    "ReturnValue"})
        self.assertEqual(out["ErrorCode"], str(0x80190193))
        self.client.state(job, 0)

    def test_filters_and_fragments(self):
        job, other = self.new_job(), self.new_job()
        self.client.set(other, Priority=0)
        reply = self.send("27")
        items = reply.body.find("w:Items", NS)
        self.assertEqual([item.find("p:JobId", NS).text for item in items], [other])
        self.assertEqual(len(self.send("29").body.find("w:Items", NS)), 0)

        reply = self.send("30", job)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.body.tag, f"{{{NS['w']}}}XmlFragment")
        self.assertEqual(reply.properties(), {"Priority": "2"})
        self.assertEqual(reply.header("w:FragmentTransfer"), "Priority")
        reply = self.send("32", job)
        self.assertEqual(reply.properties(), {"Priority": "3"})
        self.assertEqual(self.client.properties(job)["Priority"], "3")
        self.assertEqual(self.send("N47", job).fault()["subcode"], "w:CannotProcessFilter")

    def test_a_wql_query_selects_by_state(self):
        self.new_job()
        done = self.finished_job()
        items = self.send("25").body.find("w:Items", NS)
        self.assertEqual([(item.tag, item.find("p:JobId", NS).text) for item in items],
                         [(f"{{{BITS}}}BitsClientJob", done)])

    def test_the_class_and_the_configuration_can_be_read(self):
        schema = self.send("41").body
        self.assertEqual((schema.tag, schema.get("NAME")), ("CLASS", "BitsClientJob"))
        self.assertEqual(schema.find("PROPERTY[@NAME='JobId']/QUALIFIER[@NAME='key']/VALUE").text.lower(),
                         "true")
        config = self.send("36")
        self.assertEqual(config.body.tag.split("}")[-1], "Config")
        self.assertLessEqual({"MaxEnvelopeSizekb", "MaxTimeoutms", "MaxBatchItems", "Client", "Service",
                              "Winrs"}, set(config.properties()))
        listeners = self.send("37").body.find("w:Items", NS)
        ports = [child.text for item in listeners for child in item if child.tag.endswith("}Port")]
        urls = self.daemon.endpoints["http"] + self.daemon.endpoints["https"]
        self.assertEqual(sorted(ports), sorted(url.split("/")[2].split(":")[1] for url in urls))

    def test_instances_are_enumerated_with_their_addresses_for_cim_clients(self):
        job = self.new_job()
        items = self.send("43").body.find("w:Items", NS)
        self.assertEqual(len(items), 1)
        selectors = {s.get("Name"): s.text for s in items[0].iter() if s.tag.endswith("}Selector")}
        self.assertEqual(selectors, {"JobId": job, "__cimnamespace": "root/microsoft/bits"})
        self.assertEqual(len(self.send("50", job).body.find("w:Items", NS)), 0)

    def test_the_dmtf_family_types_every_property(self):
        xsi_type = "{http://www.w3.org/2001/XMLSchema-instance}type"
        job = self.new_job()
        reply = self.send("44", job)
        self.assertEqual(reply.status, 200, reply.text)
        types = {child.tag.split("}")[-1]: child.get(xsi_type) for child in reply.body}
        self.assertEqual(types["JobCreationTime"], "cim:cimUnsignedLong")
        self.assertEqual(types["JobId"], "cim:cimString")
        self.assertNotIn(None, types.values())
        self.assertEqual(self.send("48", job).properties()["Priority"], "0")
        out = {child.tag.split("}")[-1]: child.get(xsi_type) for child in self.send("46").body}
        self.assertEqual(out, {"JobId": "cim:cimString", "ReturnValue": "cim:cimUnsignedInt"})

    def test_delete_cancels_the_job(self):
        job = self.new_job()
        reply = self.send("33", job)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.body)
        self.assertEqual(self.client.get(job).status, 500)

    def test_faults(self):
        job = self.new_job()
        before = self.client.properties(job)
        jobs = len(self.client.enumerate())
        for name, expected in FAULTS.items():
            with self.subTest(file=name):
                known = "{00000000-1111-2222-3333-444444444444}" if name == "N06" else job
                reply = self.send(name, known, context="no-such-context")
                self.assertEqual(reply.status, 500, reply.text)
                fault = reply.fault()
                for part, value in zip(("code", "subcode", "detail", "wsman"), expected):
                    if value is not None:
                        self.assertEqual(fault[part], value, part)
                self.assertEqual(fault["text"], fault["message"])
                self.assertNotIn("root:x:0:0", reply.text)
        after = self.client.properties(job)
        self.assertEqual({k: v for k, v in after.items()}, before)
        self.assertEqual(len(self.client.enumerate()), jobs)
        self.client.state(job, 0)

    def test_must_understand_fault_names_the_header(self):
        reply = self.send("N20", self.new_job())
        element = reply.find("s:Header/s:NotUnderstood")
        self.assertTrue(element.get("qname").endswith(":Strange"))
        self.assertIsNone(reply.find("s:Body/s:Fault/s:Code/s:Subcode"))

    def test_soap_1_1_gets_version_mismatch(self):
        reply = self.send("N28", headers={"Content-Type": "text/xml; charset=utf-8"})
        self.assertEqual(reply.status, 500)
        self.assertEqual(reply.fault()["code"], "s:VersionMismatch")
        self.assertEqual(reply.fault()["wsman"], 2150858765)

    def test_the_expired_context_fault_is_the_enumeration_family_s(self):
        reply = self.send("N40", context="x")
        self.assertEqual(reply.header("a:Action"), "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault")

    def test_options_and_activity_ids_are_ignored(self):
        job = self.new_job()
        for name in ("35", "N62"):
            self.assert_job(self.send(name, job), job)
        self.client.state(job, 0)

    def test_events_are_pulled(self):
        reply = self.send("62")
        self.assertEqual(reply.status, 200, reply.text)
        names = {element.tag.split("}")[-1]: element.text for element in reply.body.iter()}
        self.assertTrue(names["Identifier"])
        self.assertRegex(names["Expires"], r"^PT\d+S$")
        context = names["EnumerationContext"]
        quiet = self.send("65", context=context).fault()
        self.assertEqual((quiet["subcode"], quiet["wsman"]), ("w:TimedOut", 2150858793))
        job = self.new_job()
        self.client.set(job, Priority=0)
        reply = self.send("65", context=context)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIn("<p:__InstanceModificationEvent ", reply.text)
        self.assertRegex(reply.text, r'<p:TargetInstance [^>]*xsi:type="p1:BitsClientJob_Type"')
        unsubscribed = self.client.call(
            EVENTING + "Unsubscribe", f'<e:Unsubscribe xmlns:e="{EVENTING[:-1]}"/>',
            headers=f'<e:Identifier xmlns:e="{EVENTING[:-1]}">{names["Identifier"]}</e:Identifier>')
        self.assertEqual(unsubscribed.status, 200, unsubscribed.text)

    def test_another_delivery_mode_than_pull_is_refused(self):
        reply = self.send("N59")
        fault = reply.fault()
        self.assertEqual((reply.status, fault["subcode"], fault["wsman"]),
                         (500, "e:DeliveryModeRequestedUnavailable", 2150858782))
        self.assertIn(PULL_DELIVERY, reply.text)

    def test_a_stranger_makes_no_job(self):
        for headers in ({}, {"WSMANIDENTIFY": "unauthenticated"}):
            refused = self.send("N70", authorize=False, headers=headers)
            self.assertEqual((refused.status, refused.bytes), (401, b""))
        self.assertEqual(self.client.enumerate(), [])


class OverTlsWithBasic(CorpusRows, unittest.TestCase):
    def connect(self):
        return Wsman(self.daemon)

    def test_http_level_refusals(self):
        self.assertEqual(self.send("N31").status, 400)
        self.assertEqual(self.send("N68", headers={"Content-Type": "application/json"}).status, 415)


class SealedOverHttp(CorpusRows, unittest.TestCase):
    """NTLM on plain HTTP; what a file says of its Content-Type is said inside of the seal."""

    http = True

    def connect(self):
        return SealedWsman(self.daemon)

    def test_an_empty_body_that_completes_the_login_is_answered_empty(self):
        self.sent.add("N31")
        client = self.new_client()
        self.assertEqual((CORPUS / "N31-empty.xml").read_bytes(), b"")
        reply, _ = client.token(client.begin())
        self.assertEqual((reply.status, reply.bytes, reply.headers["Content-Length"]), (200, b"", "0"))

    def test_another_content_type_is_refused_inside_of_the_seal_and_outside(self):
        inside = self.send("N68", headers={"Content-Type": "application/json"})
        self.assertEqual((inside.status, inside.bytes), (415, b""))
        self.assertEqual(self.send("11").status, 200)
        outside = self.client.exchange((CORPUS / "N68-contenttype-json.xml").read_bytes(),
                                       {"Content-Type": "application/json"})
        self.assertEqual((outside.status, outside.bytes), (415, b""))


if __name__ == "__main__":
    unittest.main()
