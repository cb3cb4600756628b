"""A WS-Management client that speaks Kerberos through MIT's GSSAPI and lets a test change the bytes.

SealedAuth gives python3-winrm what Debian's python3-kerberos lacks: sealed messages.
"""
import base64
import hashlib
import http.client
import ssl
import struct
import urllib.parse

import gssapi
from gssapi.raw import IOV, ChannelBindings, IOVBufferType, set_cred_option, unwrap_iov, wrap_iov
from requests.auth import AuthBase

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KERBEROS = gssapi.MechType.kerberos
NO_SEALING = gssapi.OID.from_int_seq("1.2.752.43.13.29")  # GSS_KRB5_CRED_NO_CI_FLAGS_X
FLAGS = gssapi.RequirementFlag
SEALING = (FLAGS.mutual_authentication | FLAGS.out_of_sequence_detection | FLAGS.replay_detection
           | FLAGS.confidentiality | FLAGS.integrity)
TEXT_TYPE = "application/soap+xml;charset=UTF-8"


def start_context(service="HTTP@localhost", mech=KERBEROS, flags=SEALING, binding=None, sealing=True):
    """binding: the application data of a channel binding; sealing: whether the client announces it."""
    bindings = None if binding is None else ChannelBindings(application_data=binding)
    credentials = None
    if not sealing:
        credentials = gssapi.Credentials(usage="initiate", mechs=[mech])
        set_cred_option(NO_SEALING, credentials)
    name = gssapi.Name(service, gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(name=name, mech=mech, flags=flags, usage="initiate", creds=credentials,
                                  channel_bindings=bindings)


def end_point_binding(certificate):
    """What binds to a TLS channel with this PEM file's certificate, signed with SHA-256."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return b"tls-server-end-point:" + hashlib.sha256(der).digest()


def seal(context, text):
    """(signature, data) in the layout that Windows reads and writes."""
    parts = IOV(IOVBufferType.header, text, IOVBufferType.padding, std_layout=False)
    wrap_iov(context, parts, confidential=True)
    return parts[0].value, parts[1].value + (parts[2].value or b"")


def unseal(context, signature, data):
    parts = IOV((IOVBufferType.header, False, signature), (IOVBufferType.data, False, data),
                (IOVBufferType.padding, False, b""), std_layout=False)
    if not unwrap_iov(context, parts).encrypted:
        raise AssertionError("the reply is signed only")
    return parts[1].value


def frame(signature, data, length, protocol="SPNEGO"):
    kind = f"application/HTTP-{protocol}-session-encrypted"
    head = (f"--Encrypted Boundary\r\n\tContent-Type: {kind}\r\n"
            f"\tOriginalContent: type={TEXT_TYPE};Length={length}\r\n"
            "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n")
    return head.encode() + struct.pack("<I", len(signature)) + signature + data + b"--Encrypted Boundary--\r\n"


def parse_frame(body):
    """(protocol's type, Length, signature, data); fails unless it is Windows's form byte by byte."""
    head, data = body.split(b"\tContent-Type: application/octet-stream\r\n", 1)
    first, kind, original, second, rest = head.split(b"\r\n")
    end = b"--Encrypted Boundary--\r\n"
    prefix = b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
    if not (first == second == b"--Encrypted Boundary" and not rest and data.endswith(end)
            and kind.startswith(b"\tContent-Type: ") and original.startswith(prefix)):
        raise AssertionError(f"not the form of Windows: {body[:300]!r}")
    data = data[:-len(end)]
    size, = struct.unpack("<I", data[:4])
    return kind[15:].decode(), int(original[len(prefix):]), data[4:4 + size], data[4 + size:]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.challenges = response.headers.get_all("WWW-Authenticate") or []
        self.content_type = response.headers.get("Content-Type", "")
        self.body = response.read()


class SealedConnection:
    """One connection with one context. scheme: the HTTP authentication scheme; source: an own address."""

    def __init__(self, url, context, scheme="Kerberos", certificate=None, source="127.0.0.1"):
        self._url = urllib.parse.urlsplit(url)
        self.context = context
        self.scheme = scheme
        self.protocol = "SPNEGO" if scheme == "Negotiate" else "Kerberos"
        self._connection = http.client.HTTPConnection("127.0.0.1", self._url.port, timeout=60,
                                                      source_address=(source, 0))
        if self._url.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self._url.port, timeout=60, source_address=(source, 0),
                context=ssl.create_default_context(cafile=certificate))

    def post(self, body=b"", content_type=TEXT_TYPE, authorization=None):
        headers = {"Content-Type": content_type}
        if authorization is not None:
            headers["Authorization"] = authorization
        self._connection.request("POST", self._url.path, body, headers)
        return Answer(self._connection.getresponse())

    def send_token(self, token, body=b"", content_type=TEXT_TYPE):
        encoded = base64.b64encode(token).decode()
        return self.post(body, content_type, f"{self.scheme} {encoded}")

    def token_in(self, answer):
        prefix = self.scheme + " "
        tokens = [line[len(prefix):] for line in answer.challenges if line.startswith(prefix)]
        return base64.b64decode(tokens[0]) if tokens else None

    def log_in(self):
        """The answer to the login's one token; 200 alone says that it was accepted."""
        answer = self.send_token(self.context.step())
        reply = self.token_in(answer)
        if reply and self.context.step(reply):
            raise AssertionError("the client has more to say than one token")
        return answer

    def sealed(self, text):
        signature, data = seal(self.context, text)
        return frame(signature, data, len(text), self.protocol)

    @property
    def sealed_type(self):
        return (f'multipart/encrypted;protocol="application/HTTP-{self.protocol}-session-encrypted"'
                ';boundary="Encrypted Boundary"')

    def call(self, text):
        """(status, text of the sealed reply)"""
        answer = self.post(self.sealed(text), self.sealed_type)
        return answer.status, self.open(answer)

    def open(self, answer):
        kind, length, signature, data = parse_frame(answer.body)
        text = unseal(self.context, signature, data)
        if len(text) != length or kind not in answer.content_type:
            raise AssertionError(f"{kind}, {length} of {len(text)} in {answer.content_type}")
        return text.decode()

    def close(self):
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SealedAuth(AuthBase):
    """Takes the place of requests_kerberos.HTTPKerberosAuth in python3-winrm."""

    winrm_encryption_available = True

    def __init__(self, mutual_authentication=None, delegate=False, force_preemptive=True, principal=None,
                 hostname_override=None, sanitize_mutual_error_response=False, service="HTTP", send_cbt=True):
        self.context = start_context(f"{service}@{hostname_override or 'localhost'}")
        self._done = False

    def __call__(self, request):
        if not self._done:
            token = base64.b64encode(self.context.step()).decode()
            request.headers["Authorization"] = "Negotiate " + token
            request.register_hook("response", self._finish)
            self._done = True
        return request

    def _finish(self, response, **_):
        challenge = response.headers.get("WWW-Authenticate", "")
        if response.status_code == 200:
            self.context.step(base64.b64decode(challenge.split(" ", 1)[1]))
        return response

    def wrap_winrm(self, _host, message):
        signature, data = seal(self.context, message)
        return data, signature

    def unwrap_winrm(self, _host, message, header):
        return unseal(self.context, header, message)
