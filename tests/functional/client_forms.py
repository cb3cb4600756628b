"""Messages in the forms of clients that tests/corpus has no file of, over both transports."""
import unittest
import uuid

from support.daemon import PASSWORD, USER, Daemon
from support.sealed import BOUNDARY, ENVELOPE_TYPE, PROTOCOL, SEALED_TYPE, SealedWsman
from support.wsman import BITS, CORPUS, ENUMERATION, NS, TRANSFER, Wsman

MICROSOFT = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
DMTF = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob"
ANONYMOUS = NS["a"] + "/role/anonymous"


def envelope(headers, body, prefix="s", namespaces=None, declaration=""):
    declared = "".join(f' xmlns:{name}="{uri}"' for name, uri in (namespaces or {}).items())
    return (f'{declaration}<{prefix}:Envelope xmlns:{prefix}="{NS["s"]}"{declared}><{prefix}:Header>{headers}'
            f"</{prefix}:Header><{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>")


class Forms:
    http = False

    def connect(self):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(http=cls.http, ntlm=cls.http).start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def setUp(self):
        self.client = self.connect()
        self.addCleanup(self.client.close)
        self.job = self.client.create("http://127.0.0.1:1/f", r"C:\forms\f")
        self.addCleanup(self.client.state, self.job, 0)

    def answered(self, message, message_id=None, **options):
        reply = self.client.post(message, **options)
        self.assertEqual(reply.status, 200, reply.text)
        if message_id is not None:
            self.assertEqual(reply.header("a:RelatesTo"), message_id)
        return reply

    def test_pypsrp_orders_headers_by_name_and_says_must_understand_of_options(self):
        message_id = "uuid:" + str(uuid.uuid4()).upper()
        headers = (f'<wsa:Action s:mustUnderstand="true">{TRANSFER}Get</wsa:Action>'
                   '<wsmv:DataLocale s:mustUnderstand="false" xml:lang="en-US"/>'
                   '<wsman:Locale s:mustUnderstand="false" xml:lang="en-US"/>'
                   '<wsman:MaxEnvelopeSize s:mustUnderstand="true">153600</wsman:MaxEnvelopeSize>'
                   f"<wsa:MessageID>{message_id}</wsa:MessageID>"
                   "<wsman:OperationTimeout>PT20S</wsman:OperationTimeout>"
                   f'<wsa:ReplyTo><wsa:Address s:mustUnderstand="true">{ANONYMOUS}</wsa:Address></wsa:ReplyTo>'
                   f'<wsman:ResourceURI s:mustUnderstand="true">{BITS}</wsman:ResourceURI>'
                   f'<wsmv:SessionId s:mustUnderstand="false">uuid:{uuid.uuid4()}</wsmv:SessionId>'
                   "<wsa:To>http://elsewhere:5985/wsman</wsa:To>"
                   '<wsman:OptionSet s:mustUnderstand="true"><wsman:Option Name="x">1</wsman:Option></wsman:OptionSet>'
                   f'<wsman:SelectorSet><wsman:Selector Name="JobId">{self.job}</wsman:Selector></wsman:SelectorSet>')
        names = {"wsa": NS["a"], "wsman": NS["w"], "wsmv": MICROSOFT}
        reply = self.answered(envelope(headers, "", namespaces=names), message_id,
                              headers={"User-Agent": "Python PSRP Client", "Accept-Encoding": "identity"})
        self.assertEqual(reply.properties()["JobId"], self.job)

    def winrb(self, action, body):
        message_id = "uuid:" + str(uuid.uuid4()).upper()
        headers = (f"<a:To>http://host:5985/wsman</a:To><a:ReplyTo><a:Address mustUnderstand=\"true\">{ANONYMOUS}"
                   '</a:Address></a:ReplyTo><w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>'
                   f"<a:MessageID>{message_id}</a:MessageID>"
                   '<w:Locale xml:lang="en-US" mustUnderstand="false"/><p:DataLocale xml:lang="en-US" '
                   'mustUnderstand="false"/><w:OperationTimeout>PT60S</w:OperationTimeout>'
                   f'<w:ResourceURI mustUnderstand="true">{BITS.replace("BitsClientJob", "*")}</w:ResourceURI>'
                   f'<a:Action mustUnderstand="true">{ENUMERATION}{action}</a:Action>')
        names = {"xsd": "http://www.w3.org/2001/XMLSchema", "xsi": "http://www.w3.org/2001/XMLSchema-instance",
                 "a": NS["a"], "b": "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd", "n": NS["n"], "w": NS["w"],
                 "x": TRANSFER[:-1], "p": MICROSOFT, "cfg": "http://schemas.microsoft.com/wbem/wsman/1/config"}
        return self.answered(envelope(headers, body, "env", names, '<?xml version="1.0" encoding="UTF-8"?>'), message_id)

    def test_winrb_puts_a_session_id_into_enumerate_and_pull(self):
        session = f'<p:SessionId mustUnderstand="false">uuid:{uuid.uuid4()}</p:SessionId>'
        query = f'<w:Filter Dialect="{WQL}">select * from BitsClientJob</w:Filter>'
        optimize = "<w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements>"
        whole = self.winrb("Enumerate", f"<n:Enumerate>{optimize}{query}{session}</n:Enumerate>").body
        self.assertEqual([item.find("p:JobId", NS).text for item in whole.find("w:Items", NS)], [self.job])
        self.assertFalse(whole.find("n:EnumerationContext", NS).text)
        begun = self.winrb("Enumerate", f"<n:Enumerate>{query}{session}</n:Enumerate>").body
        context = begun.find("n:EnumerationContext", NS).text
        pulled = self.winrb("Pull", f"<n:Pull>{session}<n:EnumerationContext>{context}</n:EnumerationContext>"
                                    f"{optimize.replace('w:Max', 'n:Max')}</n:Pull>").body
        self.assertEqual(len(pulled.find("n:Items", NS)), 1)
        self.assertIsNone(pulled.find("n:EnumerationContext", NS))

    def test_winrm_java_asks_for_time_before_elements(self):
        begun = self.client.call(ENUMERATION + "Enumerate", f'<n:Enumerate><w:Filter Dialect="{WQL}">'
                                 "SELECT * FROM BitsClientJob</w:Filter></n:Enumerate>",
                                 resource=BITS.replace("BitsClientJob", "*"))
        context = begun.body.find("n:EnumerationContext", NS).text
        pulled = self.client.call(ENUMERATION + "Pull", f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
                                  "<n:MaxTime>PT60S</n:MaxTime><n:MaxElements>50</n:MaxElements></n:Pull>",
                                  resource=BITS.replace("BitsClientJob", "*"))
        self.assertEqual(len(pulled.body.find("n:Items", NS)), 1)

    def test_omi_misnames_a_prefix_and_ends_its_path_with_a_slash(self):
        message_id = "uuid:" + str(uuid.uuid4()).upper()
        option = ('<w:OptionSet s:mustUnderstand="true"><w:Option Name="__MI_CALLBACK" Type="xs:int">11</w:Option>'
                  "</w:OptionSet>")
        headers = (f'<a:To>http://host:5985/wsman/</a:To><w:ResourceURI s:mustUnderstand="true">{DMTF}</w:ResourceURI>'
                   f'<a:ReplyTo><a:Address s:mustUnderstand="true">{ANONYMOUS}</a:Address></a:ReplyTo>'
                   f'<a:Action s:mustUnderstand="true">{ENUMERATION}Enumerate</a:Action>'
                   '<w:MaxEnvelopeSize s:mustUnderstand="true">102400</w:MaxEnvelopeSize>'
                   f"<a:MessageID>{message_id}</a:MessageID><w:OperationTimeout>PT60.000S</w:OperationTimeout>"
                   '<w:Locale xml:lang="en-us" s:mustUnderstand="false"/><p:DataLocale xml:lang="en-us" '
                   f's:mustUnderstand="false"/>{option}<w:SelectorSet><w:Selector Name="__cimnamespace">'
                   "root/microsoft/bits</w:Selector></w:SelectorSet>")
        names = {"a": NS["a"], "n": NS["n"], "w": NS["w"], "xsi": "http://www.w3.org/2001/XMLSchema", "p": MICROSOFT,
                 "b": "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"}
        body = "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements></n:Enumerate>"
        reply = self.answered(envelope(headers, body, namespaces=names), message_id, path="/wsman/")
        self.assertEqual(len(reply.body.find("w:Items", NS)), 1)

    def test_wsl_and_amt_have_message_ids_that_are_no_uris(self):
        for message_id in (str(uuid.uuid4()), "0", "17"):
            headers = (f'<wsa:To s:mustUnderstand="true">/wsman</wsa:To><wsa:Action s:mustUnderstand="true">{TRANSFER}Get'
                       f'</wsa:Action><wsman:ResourceURI s:mustUnderstand="true">{BITS}</wsman:ResourceURI>'
                       f'<wsa:MessageID s:mustUnderstand="true">{message_id}</wsa:MessageID>'
                       f"<wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>"
                       f'<wsman:SelectorSet><wsman:Selector Name="JobId">{self.job}</wsman:Selector></wsman:SelectorSet>')
            self.answered(envelope(headers, "", namespaces={"wsa": NS["a"], "wsman": NS["w"]}), message_id)

    def test_winrm_cmd_escapes_values_and_sends_nil_for_null(self):
        reply = self.client.call(
            BITS + "/CreateJob",
            f'<p:CreateJob_INPUT xmlns:p="{BITS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            "<p:RemoteUrl>http://127.0.0.1:1/f?a=1&amp;b=2</p:RemoteUrl><p:LocalFile>C:\\forms\\g</p:LocalFile>"
            '<p:DisplayName>a &lt; b</p:DisplayName><p:Type>0</p:Type><p:Suspend xsi:nil="true"></p:Suspend>'
            "</p:CreateJob_INPUT>")
        self.assertEqual(reply.status, 200, reply.text)
        job = reply.properties()["JobId"]
        self.addCleanup(self.client.state, job, 0)
        properties = self.client.properties(job)
        self.assertEqual((properties["State"], properties["DisplayName"]), ("3", "a < b"))
        self.assertIn("f?a=1&amp;b=2<", self.client.get(job).text)

    def test_the_case_of_uri_method_selector_and_values_does_not_matter(self):
        reply = self.client.call(BITS.upper() + "/setjobstate",
                                 '<setjobstate_INPUT xmlns="wmi/root/microsoft/bits/bitsclientjob"><JOBSTATE>3</JOBSTATE>'
                                 "</setjobstate_INPUT>", {"jobid": self.job.strip("{}").lower()}, resource=BITS.upper())
        self.assertEqual((reply.status, reply.properties()), (200, {"ReturnValue": "0"}))

    def test_what_a_put_loses_on_its_way_through_powershell_is_no_change(self):
        """A value of blanks comes back empty, and a carriage return as itself, which XML turns into a line feed."""
        for sent, stored, lossy in (("   ", "   ", ""), ("a&#13;&#10;b", "a\r\nb", "a\r\nb")):
            with self.subTest(stored=stored):
                self.assertEqual(self.client.set(self.job, Description=sent).status, 200)
                self.assertEqual(self.client.properties(self.job)["Description"], stored)
                body = self.client.get(self.job).text.split("<s:Body>")[1].split("</s:Body>")[0]
                before = body.split("<p:Description>")[1].split("</p:Description>")[0]
                changed = body.replace(f">{before}</p:Description>", f">{lossy}</p:Description>")
                self.assertNotEqual(changed, body)
                reply = self.client.call(TRANSFER + "Put", changed, {"JobId": self.job})
                self.assertEqual(reply.status, 200, reply.text)
                self.assertEqual(self.client.properties(self.job)["Description"], stored)


class OverTlsWithBasic(Forms, unittest.TestCase):
    def connect(self):
        return Wsman(self.daemon)


class SealedOverHttp(Forms, unittest.TestCase):
    http = True

    def connect(self):
        return SealedWsman(self.daemon)

    def test_winrm_java_sends_the_first_message_beside_the_last_token(self):
        client = self.connect()
        self.addCleanup(client.close)
        last = client.begin()
        message = (CORPUS / "11-soe-enumerate-all.xml").read_bytes()
        reply, token = client.token(last, client.seal(message), {"Content-Type": SEALED_TYPE})
        self.assertEqual((reply.status, token), (200, b""))
        self.assertEqual(len(client.unseal(reply).body.find("w:Items", NS)), 1)
        self.assertEqual(client.post(message).status, 200)

    def test_frames_of_winrb_and_omi_are_read(self):
        for tab, trailer in (("", b"--\r\n"), ("", b"--\r\n\r\n"), ("\t", b"--"), ("  ", b"--\r\n")):
            with self.subTest(tab=tab, trailer=trailer):
                client = SealedWsman(self.daemon, tab=tab, trailer=trailer)
                self.addCleanup(client.close)
                for _ in range(3):
                    self.assertEqual(client.get(self.job).status, 200)

    def test_an_account_may_be_spelled_with_any_domain(self):
        for user in (USER, "\\" + USER, "DOM\\" + USER, "dom\\" + USER, "HOST\\" + USER):
            with self.subTest(user=user):
                client = SealedWsman(self.daemon, user=user, password=PASSWORD)
                self.addCleanup(client.close)
                self.assertEqual(client.get(self.job).status, 200)

    def test_a_message_may_contain_the_boundary(self):
        name = BOUNDARY.decode() + "--"
        self.client.set(self.job, DisplayName=name)
        self.assertEqual(self.client.properties(self.job)["DisplayName"], name)

    def test_a_message_in_clear_beside_the_last_token_is_told_to_seal(self):
        client = self.connect()
        self.addCleanup(client.close)
        reply, _ = client.token(client.begin(), (CORPUS / "11-soe-enumerate-all.xml").read_bytes())
        self.assertEqual((reply.status, reply.fault()["subcode"]), (500, "w:AccessDenied"))
        self.assertIn("server.allow_unencrypted", reply.fault()["text"])
        self.assertNotIn(PROTOCOL, reply.headers["Content-Type"])

    def test_the_length_may_be_that_of_another_charset_s_octets(self):
        text = (CORPUS / "11-soe-enumerate-all.xml").read_text()
        reply = self.client.post(text.encode("utf-16"), {"Content-Type": ENVELOPE_TYPE.replace("8", "16")})
        self.assertEqual(reply.status, 200)
        self.assertIn("utf-16", reply.headers["Content-Type"].lower())


if __name__ == "__main__":
    unittest.main()
