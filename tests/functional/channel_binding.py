"""Logins over https are bound to the certificate in use, whatever it is signed with and since when it is there.

The hashes are computed here and not by the code under test.
"""
import hashlib
import http.client
import signal
import ssl
import subprocess
import unittest
import urllib.parse

from ntlm_auth.gss_channel_bindings import GssChannelBindingsStruct
from ntlm_auth.ntlm import NtlmContext

from clients_kerberos import KerberosCase, own_address
from support.daemon import PASSWORD, USER, wait_until
from support.kerberos import KERBEROS, SPNEGO
from support.sealed import SealedWsman, nt_hash

EC256, EC384 = "ec_paramgen_curve:P-256", "ec_paramgen_curve:P-384"
# kind: (options of openssl req, the hash of its binding: RFC 5929 says SHA-256 where the signature's is broken)
CERTIFICATES = {
    "RSA, SHA-256": (["-newkey", "rsa:2048", "-sha256"], hashlib.sha256),
    "RSA, SHA-384": (["-newkey", "rsa:2048", "-sha384"], hashlib.sha384),
    "RSA, SHA-512": (["-newkey", "rsa:2048", "-sha512"], hashlib.sha512),
    "RSA-PSS, SHA-384": (["-newkey", "rsa:2048", "-sha384", "-sigopt", "rsa_padding_mode:pss"], hashlib.sha384),
    "RSA, SHA-1": (["-newkey", "rsa:2048", "-sha1"], hashlib.sha256),
    "ECDSA, SHA-256": (["-newkey", "ec", "-pkeyopt", EC256, "-sha256"], hashlib.sha256),
    "ECDSA, SHA-384": (["-newkey", "ec", "-pkeyopt", EC384, "-sha384"], hashlib.sha384),
}


class BoundSealedWsman(SealedWsman):
    """NTLM over https, bound to what the test says."""

    def __init__(self, host, application_data):
        super().__init__(host)
        self.application_data = application_data
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", urllib.parse.urlsplit(host.url).port, timeout=60, source_address=(own_address(), 0),
            context=ssl._create_unverified_context())  # the certificate's own kind is not the question

    def login_status(self):
        binding = None
        if self.application_data is not None:
            binding = GssChannelBindingsStruct()
            binding[binding.APPLICATION_DATA] = self.application_data
        context = NtlmContext(USER, nt_hash(PASSWORD), "", cbt_data=binding)
        reply, challenge = self.token(context.step())
        return self.token(context.step(challenge))[0].status if challenge else reply.status


class StrictTest(KerberosCase):
    channel_binding = "strict"
    ntlm = True

    def replace_certificate(self, options):
        """Makes another one and has it taken into use; its bytes."""
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(self.daemon.key), "-out",
             str(self.daemon.certificate), *options], check=True, capture_output=True)
        der = ssl.PEM_cert_to_DER_cert(self.daemon.certificate.read_text())
        self.daemon.process.send_signal(signal.SIGHUP)
        address = ("127.0.0.1", urllib.parse.urlsplit(self.daemon.url).port)
        wait_until(lambda: ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(address)) == der, 20,
                   "the other certificate is in use")
        return der

    def statuses(self, binding):
        """Of a login by each mechanism, with this application data."""
        ntlm = BoundSealedWsman(self.daemon, binding)
        self.addCleanup(ntlm.close)
        yield "NTLM", ntlm.login_status()
        for mech in (KERBEROS, SPNEGO):
            yield mech, self.connect("Negotiate", self.daemon.url, mech=mech, binding=binding).log_in().status

    def test_every_kind_of_certificate_binds_by_its_hash_from_the_reload_on(self):
        before = None
        for kind, (options, digest) in CERTIFICATES.items():
            der = self.replace_certificate(options)
            right = b"tls-server-end-point:" + digest(der).digest()
            other = hashlib.sha384 if digest is hashlib.sha256 else hashlib.sha256
            cases = {"right": (right, 200), "of another hash": (b"tls-server-end-point:" + other(der).digest(), 401),
                     "of the certificate before": (before, 401), "of another type": (b"tls-unique:" + right[21:], 401)}
            for case, (binding, status) in cases.items():
                for mech, answered in self.statuses(binding):
                    with self.subTest(certificate=kind, binding=case, mech=mech):
                        self.assertEqual(answered, status)
            before = right

    def test_a_certificate_without_a_hash_binds_nobody(self):
        der = self.replace_certificate(["-newkey", "ed25519"])
        for binding in (b"tls-server-end-point:" + hashlib.sha256(der).digest(), None):
            for mech, answered in self.statuses(binding):
                with self.subTest(binding=binding, mech=mech):
                    self.assertEqual(answered, 401)


if __name__ == "__main__":
    unittest.main()
