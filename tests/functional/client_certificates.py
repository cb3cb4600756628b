"""Callers who are known by a client certificate, with curl and an openssl authority."""
import http.client
import pathlib
import signal
import ssl
import subprocess
import tempfile
import unittest

from support.authority import Authority
from support.daemon import PASSWORD, USER, Daemon, wait_until
from support.wsman import CORPUS

PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
            "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>")


class ClientCertificatesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.authority = Authority(cls.folder)
        cls.stranger = Authority(cls.folder, "stranger")
        for name in ("key", "serial", "revoked", "unmapped", USER):
            cls.authority.issue(name)
        cls.authority.issue("upn", upn="upn@corp.example")
        cls.authority.issue("server", usage="serverAuth")
        cls.authority.issue("none", usage=None)
        cls.authority.issue("weak", key=("rsa:1024",))
        cls.authority.issue("expired", dates=("-startdate", "20200101000000Z", "-enddate", "20200102000000Z"))
        cls.stranger.issue("upn", upn="upn@corp.example")
        cls.crl = cls.folder / "crl.pem"
        cls.crl.write_text(cls.authority.revocation_list())
        cls.daemon = Daemon(
            folder=cls.folder / "daemon",
            server_settings=f'client_ca = "{cls.authority.certificate}"\nclient_crl = "{cls.crl}"')
        cls.write_map()
        config = cls.daemon.folder / "bitsd.toml"
        config.write_text(config.read_text().replace(
            'viewer = [', 'viewer = ["certificate:carla", "user:key", "user:serial", "user:mapped", '))
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    @classmethod
    def write_map(cls):
        serial, issuer = cls.authority.serial_and_issuer("serial")
        lines = [f"key:key:{cls.authority.key_digest('key')}", f"serial:serial:{serial}:{issuer}",
                 "carla:upn:upn@corp.example"]
        lines += [f"mapped:key:{cls.authority.key_digest(name)}"
                  for name in ("server", "none", "weak", "expired", "revoked")]
        path = cls.daemon.folder / "certificates"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)

    def curl(self, name=None, authority=None, profile=PROFILE, data=f"@{CORPUS}/11-soe-enumerate-all.xml",
             more=()):
        folder = (authority or self.authority).folder
        shown = ["--cert", str(folder / f"{name}.crt"), "--key", str(folder / f"{name}.key")] if name else []
        header = ["-H", f"Authorization: {profile}"] if profile else []
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--cacert", str(self.daemon.certificate), "-w", "\n%{http_code}",
             "--ciphers", "DEFAULT:@SECLEVEL=0", "-H", "Content-Type: application/soap+xml;charset=UTF-8",
             "--data-binary", data, *shown, *header, *more, self.daemon.url],
            capture_output=True, text=True, check=True)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), body

    def test_mapped_certificates_are_callers(self):
        for name in ("key", "serial", "upn"):
            status, body = self.curl(name)
            self.assertEqual(status, 200, name)
            self.assertIn("EnumerateResponse", body)

    def test_every_other_certificate_is_401(self):
        for name in ("unmapped", USER, "server", "none", "expired"):
            self.assertEqual(self.curl(name), (401, ""), name)
        self.assertEqual(self.curl("upn", authority=self.stranger), (401, ""), "another authority")
        self.assertEqual(self.curl(None), (401, ""), "no certificate")

    def test_a_certificate_with_a_short_key_is_401(self):
        context = ssl.create_default_context(cafile=str(self.daemon.certificate))
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # curl does not show such a certificate
        folder = self.authority.folder
        context.load_cert_chain(folder / "weak.crt", folder / "weak.key")
        host, port = self.daemon.url.split("/")[2].split(":")
        connection = http.client.HTTPSConnection(host, int(port), timeout=20, context=context)
        connection.request("POST", "/wsman", b"<x/>", {"Authorization": PROFILE})
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()

    def test_a_certificate_alone_makes_no_caller(self):
        self.assertEqual(self.curl("key", profile=None), (401, ""))
        self.assertEqual(self.curl("key", profile=PROFILE + "x"), (401, ""))

    def test_passwords_go_on_working_with_and_without_a_certificate(self):
        for name in (None, "key", "unmapped"):
            status, _ = self.curl(name, profile=None, more=["--user", f"{USER}:{PASSWORD}"])
            self.assertEqual(status, 200, name)
        status, _ = self.curl("upn", authority=self.stranger, profile=None,
                              more=["--user", f"{USER}:{PASSWORD}"])
        self.assertEqual(status, 200, "a certificate nobody asked about")

    def test_callers_are_told_that_certificates_are_taken(self):
        status, body = self.curl("key", data=IDENTIFY)
        self.assertEqual(status, 200)
        self.assertIn(PROFILE + "<", body)

    def test_a_viewer_by_certificate_changes_nothing(self):
        status, body = self.curl("upn", data=f"@{CORPUS}/04-seed1-invoke-createjob.xml")
        self.assertEqual(status, 500)
        self.assertIn("AccessDenied", body)

    def test_a_revoked_certificate_is_refused_from_the_next_reload_on(self):
        self.assertEqual(self.curl("revoked")[0], 200)
        self.authority.revoke("revoked")
        self.crl.write_text(self.authority.revocation_list())
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.curl("revoked")[0] == 401, 20, "the revocation list counts")
        self.assertEqual(self.curl("key")[0], 200)
        self.crl.write_text("not a list")
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: str(self.crl) in self.daemon.log(), 20, "the log names the list")
        self.assertEqual(self.curl("revoked")[0], 401)
        self.assertEqual(self.curl("key")[0], 200)


if __name__ == "__main__":
    unittest.main()
