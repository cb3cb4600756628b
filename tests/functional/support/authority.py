"""A certificate authority made with openssl, for client certificates."""
import hashlib
import subprocess

OPENSSL_CONF = """
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
certificate = {name}.crt
private_key = {name}.key
copy_extensions = copyall
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    def __init__(self, folder, name="ca"):
        self.folder = folder / name
        self.folder.mkdir()
        self.name = name
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("01AB\n")
        (self.folder / "ca.cnf").write_text(OPENSSL_CONF.format(name=name))
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-days", "2", "-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                     "-keyout", f"{name}.key", "-out", f"{name}.crt")
        self.certificate = self.folder / f"{name}.crt"

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, check=True,
                              capture_output=True).stdout

    def issue(self, name, usage="clientAuth", upn=None, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
              dates=()):
        """(certificate, key) files; the common name is `name`."""
        extensions = ["-addext", "basicConstraints=CA:FALSE"]
        if usage:
            extensions += ["-addext", f"extendedKeyUsage={usage}"]
        if upn:
            extensions += ["-addext", f"subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:{upn}"]
        self.openssl("req", "-new", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", *extensions,
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("ca", "-batch", "-config", "ca.cnf", "-notext", "-in", f"{name}.csr",
                     "-out", f"{name}.crt", *dates)
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def revoke(self, name):
        self.openssl("ca", "-batch", "-config", "ca.cnf", "-revoke", f"{name}.crt")

    def revocation_list(self):
        return self.openssl("ca", "-batch", "-config", "ca.cnf", "-gencrl").decode()

    def key_digest(self, name):
        pem = self.openssl("x509", "-in", f"{name}.crt", "-noout", "-pubkey")
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, check=True,
                             capture_output=True).stdout
        return hashlib.sha256(der).hexdigest()

    def serial_and_issuer(self, name):
        text = self.openssl("x509", "-in", f"{name}.crt", "-noout", "-serial", "-issuer",
                            "-nameopt", "RFC2253").decode()
        fields = dict(line.split("=", 1) for line in text.splitlines())
        return fields["serial"], fields["issuer"]
