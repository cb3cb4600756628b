"""Clients nobody here wrote log in with NTLM on plain HTTP."""
import http.client
import subprocess
import unittest
import urllib.parse

from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from support.daemon import BITSCTL, PASSWORD, USER, Daemon
from support.origin import Origin
from support.pywinrm import JobSteps, send
from support.wsman import TRANSFER

IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
            "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>")


class NegotiateTest(JobSteps, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        # The daemon itself needs no legacy provider.
        cls.daemon = Daemon(http=True, ntlm=True).start(prefix=("env", "-u", "OPENSSL_CONF"))

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def protocol(self, user=USER, password=PASSWORD, endpoint=None, encryption="always"):
        return Protocol(endpoint=endpoint or self.daemon.http_url, transport="ntlm", username=user,
                        password=password, message_encryption=encryption,
                        ca_trust_path=str(self.daemon.certificate))

    def test_a_job_from_create_to_complete_with_every_message_sealed(self):
        self.run_a_job(self.protocol(), "http.bin")

    def test_a_user_name_may_name_any_domain(self):
        self.run_a_job(self.protocol(user="SOMEWHERE\\" + USER), "domain.bin")

    def test_over_https_messages_need_no_seal(self):
        self.run_a_job(self.protocol(endpoint=self.daemon.url, encryption="never"), "https.bin")

    def test_a_fault_reaches_the_caller_with_its_code(self):
        with self.assertRaises(Exception) as raised:
            send(self.protocol(), TRANSFER + "Get", job="{00000000-0000-0000-0000-000000000000}")
        self.assertIn("2150858752", str(raised.exception) + str(vars(raised.exception)))

    def test_a_wrong_password_is_refused(self):
        with self.assertRaises(InvalidCredentialsError):
            send(self.protocol(password="wrong"), TRANSFER + "Get")

    def test_the_first_nt_hash_counts_without_a_restart(self):
        with Daemon(http=True) as daemon:
            protocol = self.protocol(endpoint=daemon.http_url)
            with self.assertRaises(Exception):
                send(protocol, TRANSFER + "Get", job="{00000000-0000-0000-0000-000000000000}")
            subprocess.run([BITSCTL, "passwd", "--file", str(daemon.folder / "users"), USER, "--ntlm"],
                           input=PASSWORD + "\n", text=True, check=True, capture_output=True)
            with self.assertRaises(Exception) as raised:
                send(self.protocol(endpoint=daemon.http_url), TRANSFER + "Get",
                          job="{00000000-0000-0000-0000-000000000000}")
            self.assertIn("2150858752", str(raised.exception) + str(vars(raised.exception)))

    def test_messages_in_clear_text_are_refused_by_name(self):
        with self.assertRaises(Exception) as raised:
            send(self.protocol(encryption="never"), TRANSFER + "Get")
        self.assertIn("server.allow_unencrypted", str(raised.exception) + str(vars(raised.exception)))

    def test_strangers_are_offered_negotiate_alone(self):
        address = urllib.parse.urlsplit(self.daemon.http_url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        connection.request("POST", "/wsman", b"<x/>", {"Content-Type": "application/soap+xml"})
        reply = connection.getresponse()
        self.assertEqual((reply.status, reply.getheader("WWW-Authenticate")), (401, "Negotiate"))
        connection.close()

    def test_callers_are_told_what_is_offered(self):
        reply = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--cacert", str(self.daemon.certificate), "--basic",
             "-u", f"{USER}:{PASSWORD}", "-H", "Content-Type: application/soap+xml;charset=UTF-8",
             "--data-binary", IDENTIFY, self.daemon.url],
            text=True, capture_output=True, check=True).stdout
        for name in ("https/basic", "https/spnego-kerberos", "http/spnego-kerberos"):
            self.assertIn("secprofile/" + name + "<", reply)
        self.assertNotIn("secprofile/http/basic<", reply)


if __name__ == "__main__":
    unittest.main()
