"""The npm package wsman-messages, made for Intel AMT, builds the messages; node sends them over TLS with Basic."""
import json
import subprocess
import unittest

from support import node
from support.daemon import PASSWORD, USER, Daemon, wait_until
from support.origin import Origin
from support.wsman import BITS, NS, TRANSFERRED, Reply

PACKAGE = "@device-management-toolkit/wsman-messages"
DMTF = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"


@unittest.skipIf(node.missing(PACKAGE), node.missing(PACKAGE))
class WsmanMessagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.daemon = Daemon().start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def setUp(self):
        self.next_id = 0
        self.process = self.start(BITS.removesuffix("BitsClientJob"))

    def start(self, base, password=PASSWORD):
        process = subprocess.Popen(
            [node.NODE, "messages.js", self.daemon.url, str(self.daemon.certificate), USER, password, base,
             "BitsClientJob"], cwd=node.FOLDER, env=node.ENVIRONMENT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.stdin.close)
        return process

    def ask(self, do, process=None, job=None, **more):
        process = process or self.process
        selector = {"selector": {"name": "JobId", "value": job}} if job else {}
        process.stdin.write(json.dumps({"do": do, **selector, **more}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        self.assertTrue(line, f"node ended in {do}")
        answer = json.loads(line)
        return Reply(answer["status"], {}, answer["text"].encode())

    def succeed(self, *arguments, **more):
        """The reply to the next message; it relates to it, and their ids count from 0."""
        reply = self.ask(*arguments, **more)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.header("a:RelatesTo"), str(self.next_id))
        self.next_id += 1
        return reply

    def new_job(self, name):
        out = self.succeed("invoke", method="CreateJob", values={
            "DisplayName": "npm", "RemoteUrl": self.origin.url(name), "LocalFile": rf"C:\npm\{name}", "Type": 0})
        self.assertEqual(out.properties()["ReturnValue"], "0")
        return out.properties()["JobId"]

    def test_a_job_from_create_to_complete(self):
        self.origin.put("npm.bin", b"npm" * 9000)
        job = self.new_job("npm.bin")
        self.assertEqual(self.succeed("get", job=job).properties()["State"], "3")
        put = self.succeed("put", job=job, values={"Priority": 0, "DisplayName": "renamed"})
        self.assertEqual((put.properties()["Priority"], put.properties()["DisplayName"]), ("0", "renamed"))
        self.assertEqual(self.succeed("invoke", method="SetJobState", job=job, values={"JobState": 2})
                         .properties(), {"ReturnValue": "0"})
        wait_until(lambda: self.succeed("get", job=job).properties()["State"] == str(TRANSFERRED), 30,
                   "the job is transferred")
        self.succeed("invoke", method="SetJobState", job=job, values={"JobState": 1})
        self.assertEqual((self.daemon.drive_c / "npm" / "npm.bin").read_bytes(), b"npm" * 9000)

    def test_enumerate_pull_and_delete(self):
        jobs = {self.new_job(f"{number}.bin") for number in range(3)}
        enumerated = self.succeed("enumerate")
        self.assertIsNone(enumerated.body.find("w:Items", NS))
        pulled = self.succeed("pull", context=enumerated.body.find("n:EnumerationContext", NS).text)
        found = {item.find("p:JobId", NS).text for item in pulled.body.find("n:Items", NS)}
        self.assertEqual(found, jobs)
        self.assertIsNotNone(pulled.body.find("n:EndOfSequence", NS))
        for job in jobs:
            self.assertIsNone(self.succeed("delete", job=job).body)
            self.assertEqual(self.ask("get", job=job).fault()["subcode"], "a:DestinationUnreachable")
            self.next_id += 1

    def test_the_dmtf_class_without_a_namespace_is_the_same(self):
        self.process = self.start(DMTF)
        job = self.new_job("dmtf.bin")
        state = self.succeed("get", job=job).body.find(f"{{{DMTF}BitsClientJob}}State")
        self.assertEqual((state.text, dict(state.attrib)),
                         ("3", {"{http://www.w3.org/2001/XMLSchema-instance}type": "cim:cimUnsignedShort"}))
        self.succeed("delete", job=job)

    def test_create_is_refused_with_a_fault(self):
        reply = self.ask("create", values={"DisplayName": "npm"})
        self.assertEqual((reply.status, reply.fault()["subcode"]), (500, "a:ActionNotSupported"))

    def test_a_wrong_password_is_refused(self):
        reply = self.ask("enumerate", process=self.start(BITS.removesuffix("BitsClientJob"), password="wrong"))
        self.assertEqual((reply.status, reply.text), (401, ""))


if __name__ == "__main__":
    unittest.main()
