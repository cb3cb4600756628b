"""pywinrm, a client nobody here wrote, sends raw operations over HTTPS Basic."""
import unittest
import uuid

import xmltodict
from winrm.protocol import Protocol

from support.daemon import PASSWORD, USER, Daemon
from support.origin import Origin
from support.wsman import BITS, ENUMERATION, TRANSFER


class PywinrmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon().start()
        cls.protocol = Protocol(endpoint=cls.daemon.url, transport="ssl", username=USER,
                                password=PASSWORD, ca_trust_path=str(cls.daemon.certificate))

    @classmethod
    def tearDownClass(cls):
        cls.protocol.transport.close_session() if hasattr(cls.protocol.transport, "close_session") else None
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def send(self, action, body=None, job=None):
        envelope = {"env:Envelope": self.protocol._get_soap_header(
            action=action, resource_uri=BITS, message_id=uuid.uuid4())}
        if job:
            envelope["env:Envelope"]["env:Header"]["w:SelectorSet"] = {
                "w:Selector": [{"@Name": "JobId", "#text": job}]}
        envelope["env:Envelope"].setdefault("env:Body", body or {})
        reply = self.protocol.send_message(xmltodict.unparse(envelope))
        return xmltodict.parse(reply, process_namespaces=False)["s:Envelope"]["s:Body"]

    def invoke(self, method, job=None, **arguments):
        body = {f"p:{method}_INPUT": {"@xmlns:p": BITS, **{f"p:{k}": v for k, v in arguments.items()}}}
        return self.send(f"{BITS}/{method}", body, job)[f"p:{method}_OUTPUT"]

    def test_create_get_put_resume_enumerate_complete(self):
        self.origin.put("py.bin", b"python" * 5000)
        job = self.invoke("CreateJob", DisplayName="py", RemoteUrl=self.origin.url("py.bin"),
                          LocalFile=r"C:\py\py.bin", Type="0")["p:JobId"]
        instance = self.send(TRANSFER + "Get", job=job)["p:BitsClientJob"]
        self.assertEqual(instance["p:State"], "3")
        put = self.send(TRANSFER + "Put", {"p:BitsClientJob": {"@xmlns:p": BITS, "p:Priority": "0"}}, job)
        self.assertEqual(put["p:BitsClientJob"]["p:Priority"], "0")
        self.assertEqual(self.invoke("SetJobState", job, JobState="2")["p:ReturnValue"], "0")
        for _ in range(600):
            if self.send(TRANSFER + "Get", job=job)["p:BitsClientJob"]["p:State"] == "6":
                break
        listed = self.send(ENUMERATION + "Enumerate", {"n:Enumerate": {"w:OptimizeEnumeration": None}})
        items = listed["n:EnumerateResponse"]["w:Items"]["p:BitsClientJob"]
        items = items if isinstance(items, list) else [items]
        self.assertIn(job, [item["p:JobId"] for item in items])
        self.assertEqual(self.invoke("SetJobState", job, JobState="1")["p:ReturnValue"], "0")
        self.assertEqual((self.daemon.drive_c / "py/py.bin").read_bytes(), b"python" * 5000)

    def test_a_fault_reaches_the_caller_with_its_code(self):
        with self.assertRaises(Exception) as raised:
            self.send(TRANSFER + "Get", job="{00000000-0000-0000-0000-000000000000}")
        self.assertIn("2150858752", str(raised.exception) + str(vars(raised.exception)))


if __name__ == "__main__":
    unittest.main()
