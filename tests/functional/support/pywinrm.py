"""The steps of a BITS script as python3-winrm sends them, whatever it logs in with."""
import uuid

import xmltodict

from support.daemon import wait_until
from support.wsman import BITS, TRANSFER


def send(protocol, action, body=None, job=None):
    envelope = {"env:Envelope": protocol._get_soap_header(
        action=action, resource_uri=BITS, message_id=uuid.uuid4())}
    if job:
        envelope["env:Envelope"]["env:Header"]["w:SelectorSet"] = {
            "w:Selector": [{"@Name": "JobId", "#text": job}]}
    envelope["env:Envelope"].setdefault("env:Body", body or {})
    reply = protocol.send_message(xmltodict.unparse(envelope))
    return xmltodict.parse(reply, process_namespaces=False)["s:Envelope"]["s:Body"]


def invoke(protocol, method, job=None, **arguments):
    body = {f"p:{method}_INPUT": {"@xmlns:p": BITS, **{f"p:{k}": v for k, v in arguments.items()}}}
    return send(protocol, f"{BITS}/{method}", body, job)[f"p:{method}_OUTPUT"]


def get_job(protocol, job):
    return send(protocol, TRANSFER + "Get", job=job)["p:BitsClientJob"]


class JobSteps:
    """For a TestCase with an origin and a daemon: one job from its creation to its completion."""

    def run_a_job(self, protocol, name):
        content = b"sealed" * 5000
        self.origin.put(name, content)
        job = invoke(protocol, "CreateJob", DisplayName=name, RemoteUrl=self.origin.url(name),
                     LocalFile="C:\\sealed\\" + name, Type="0")["p:JobId"]
        self.assertEqual(get_job(protocol, job)["p:State"], "3")
        put = send(protocol, TRANSFER + "Put",
                   {"p:BitsClientJob": {"@xmlns:p": BITS, "p:Priority": "0"}}, job)
        self.assertEqual(put["p:BitsClientJob"]["p:Priority"], "0")
        self.assertEqual(invoke(protocol, "SetJobState", job, JobState="2")["p:ReturnValue"], "0")
        wait_until(lambda: get_job(protocol, job)["p:State"] == "6", 30, "the job is transferred")
        self.assertEqual(invoke(protocol, "SetJobState", job, JobState="1")["p:ReturnValue"], "0")
        self.assertEqual((self.daemon.drive_c / "sealed" / name).read_bytes(), content)
