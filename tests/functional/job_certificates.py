"""Client certificates of jobs against servers that demand them."""
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import unittest

from job_credentials import get_error, return_value, run
from support.auth_servers import AuthOrigin
from support.daemon import Daemon, make_certificate
from support.wsman import BITS, ERROR, TRANSFERRED, Wsman

FILE_NOT_FOUND, CRYPT_E_NOT_FOUND, CERT_NEEDED = 0x80070002, 0x80092004, 0x80072F0C


def make_client_certificate(store, name, days=2):
    """A certificate with its key as the folder of stores wants it; its SHA-1."""
    store.mkdir(parents=True, exist_ok=True)
    draft = store / "draft"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", str(days), "-subj", f"/O=test/CN={name}", "-keyout", "-"],
        check=True, capture_output=True).stdout
    draft.write_bytes(made)
    digest = subprocess.run(["openssl", "x509", "-in", str(draft), "-noout", "-fingerprint", "-sha1"],
                            check=True, capture_output=True, text=True).stdout
    sha1 = bytes.fromhex(digest.strip().partition("=")[2].replace(":", ""))
    draft.rename(store / f"{sha1.hex()}.pem")
    return sha1


class JobCertificatesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-certificates-"))
        certificate, key = make_certificate(cls.folder)
        stores = cls.folder / "stores"
        cls.hash = make_client_certificate(stores / "My", "client one")
        cls.old = make_client_certificate(stores / "My", "renewed", days=1)
        cls.renewed = make_client_certificate(stores / "My", "renewed", days=5)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        trusted = cls.folder / "clients.pem"
        trusted.write_bytes(b"".join(path.read_bytes() for path in (stores / "My").glob("*.pem")))
        context.load_verify_locations(trusted)
        context.verify_mode = ssl.CERT_OPTIONAL
        cls.asking = AuthOrigin({}, context)
        demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        demanding.load_cert_chain(certificate, key)
        demanding.load_verify_locations(trusted)
        demanding.verify_mode = ssl.CERT_REQUIRED
        cls.demanding = AuthOrigin({}, demanding)
        cls.daemon = Daemon(settings=f"""
[transfers]
ca_file = "{certificate}"
client_certificates = "{stores}"
quick_tries = 0
[log]
level = "debug"
""").start()
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.daemon.__exit__()
        cls.asking.stop()
        cls.demanding.stop()
        shutil.rmtree(cls.folder)

    def job(self, url):
        return self.client.create(url, rf"C:\dir\{self.id()[-24:]}.bin")

    def by_id(self, job, sha1, store="MY", location=1):
        octets = "".join(f"<p:CertHash>{byte}</p:CertHash>" for byte in sha1)
        namespace = BITS
        return self.client.call(
            f"{namespace}/SetClientCertificateById",
            f'<p:SetClientCertificateById_INPUT xmlns:p="{namespace}"><p:CertStoreLocation>{location}'
            f"</p:CertStoreLocation><p:StoreName>{store}</p:StoreName>{octets}"
            f"</p:SetClientCertificateById_INPUT>", {"JobId": job})

    def by_name(self, job, name, store="MY"):
        return self.client.invoke("SetClientCertificateByName", job, CertStoreLocation=0,
                                  StoreName=store, SubjectName=name)

    def test_a_server_that_demands_one_gets_it(self):
        for number, choose in enumerate((lambda job: self.by_id(job, self.hash),
                                         lambda job: self.by_name(job, "Client One"))):
            path = f"/open/demanded{number}"
            job = self.job(self.demanding.url(path))
            self.assertEqual(return_value(choose(job)), 0)
            self.assertEqual(run(self.client, job), TRANSFERRED)
            self.assertEqual(self.demanding.of(path)[-1]["certificate"], "client one")

    def test_of_several_with_a_name_the_one_that_lasts_longest_is_taken(self):
        job = self.job(self.demanding.url("/open/renewed"))
        self.assertEqual(return_value(self.by_name(job, "renewed")), 0)
        (self.folder / "stores" / "My" / f"{self.old.hex()}.pem").rename(self.folder / "old")
        self.assertEqual(run(self.client, job), TRANSFERRED)

    def test_without_one_the_job_ends_in_error(self):
        job = self.job(self.demanding.url("/open/none"))
        self.assertEqual(self.client.set(job, NoProgressTimeout=0).status, 200)
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job)[0], CERT_NEEDED)

    def test_a_removed_one_is_not_sent(self):
        job = self.job(self.asking.url("/open/removed"))
        self.assertEqual(return_value(self.client.invoke("RemoveClientCertificate", job)), 1)
        self.by_id(job, self.hash)
        self.assertEqual(return_value(self.client.invoke("RemoveClientCertificate", job)), 0)
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual({r["certificate"] for r in self.asking.of("/open/removed")}, {None})

    def test_another_origin_does_not_see_it(self):
        target = self.asking.url("/open/redirected")
        job = self.job(self.demanding.url("/to?" + target))
        self.by_id(job, self.hash)
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual({r["certificate"] for r in self.asking.of("/open/redirected")}, {None})

    def test_jobs_with_and_without_one_share_no_connection(self):
        jobs = []
        for number in range(12):
            job = self.job(self.asking.url(f"/open/mixed{number}"))
            if number % 3:
                self.by_id(job, self.hash if number % 3 == 1 else self.renewed)
            jobs.append(job)
        for job in jobs:
            self.assertEqual(run(self.client, job), TRANSFERRED)
        wanted = (None, "client one", "renewed")
        for number in range(12):
            self.assertEqual(self.asking.of(f"/open/mixed{number}")[-1]["certificate"],
                             wanted[number % 3])

    def test_what_is_not_there_is_a_fault_with_its_code(self):
        job = self.job(self.asking.url("/open/x"))
        for code, reply in (
                (FILE_NOT_FOUND, self.by_id(job, self.hash, store="ROOT")),
                (FILE_NOT_FOUND, self.by_name(job, "client one", store="ROOT")),
                (CRYPT_E_NOT_FOUND, self.by_id(job, bytes(20))),
                (CRYPT_E_NOT_FOUND, self.by_name(job, "client")),
                (0x80070057, self.by_id(job, self.hash[:19])),
                (0x80070057, self.by_id(job, self.hash + b"x")),
                (0x80070057, self.by_name(job, "client one", store="../stores/My")),
                (0x80200021, self.by_name(job, "client one", store="s" * 256)),
                (0x80004001, self.by_id(job, self.hash, location=8))):
            fault = reply.fault()
            self.assertEqual((fault["subcode"], fault["wsman"]), ("w:InvalidParameter", code))

    def test_one_that_went_away_ends_the_job_in_error(self):
        lost = make_client_certificate(self.folder / "stores" / "Other", "lost")
        job = self.job(self.demanding.url("/open/lost"))
        self.assertEqual(return_value(self.by_id(job, lost, store="other")), 0)
        shutil.rmtree(self.folder / "stores" / "Other")
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job)[0], CERT_NEEDED)


if __name__ == "__main__":
    unittest.main()
