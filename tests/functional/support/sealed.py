"""Raw WS-Management over plain HTTP, every message sealed with NTLM."""
import base64
import http.client
import struct
import subprocess

from ntlm_auth.ntlm import NtlmContext

from support import daemon
from support.wsman import Reply, Wsman

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
BOUNDARY = b"--Encrypted Boundary"
SEALED_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
ENVELOPE_TYPE = "application/soap+xml;charset=UTF-8"
OCTETS = b"Content-Type: application/octet-stream\r\n"
SIGNATURE = 16  # bytes of an NTLM signature


def nt_hash(password):
    """MD4, which OpenSSL has in its legacy provider only; as ntlm-auth takes it."""
    done = subprocess.run(["openssl", "dgst", "-provider", "legacy", "-provider", "default", "-md4", "-binary"],
                          input=password.encode("utf-16-le"), capture_output=True, check=True)
    return "0" * 32 + ":" + done.stdout.hex()


class SealedWsman(Wsman):
    """One keep-alive HTTP connection and the security context that belongs to it.

    Logs in before the first message. tab and trailer are what clients write
    differently: WinRb has no TAB, OMI ends with one more CRLF.
    """

    def __init__(self, host, user=daemon.USER, password=daemon.PASSWORD, timeout=60, tab="\t",
                 trailer=b"--\r\n"):
        super().__init__(host, user, password, timeout)
        self.domain, _, self.user = user.rpartition("\\")
        self.hash = nt_hash(password)
        self.tab, self.trailer = tab, trailer
        self.address = host.http_url.split("/")[2]
        self.connection = http.client.HTTPConnection(self.address, timeout=timeout)
        self.context = None

    def exchange(self, body, headers, path="/wsman", method="POST"):
        """One request as it stands, and its reply as it came."""
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        return Reply(response.status, response.headers, response.read())

    def token(self, token=b"", body=b"", headers=None):
        """Sends a token beside a body that stays as it is; (reply, the server's token)."""
        reply = self.exchange(body, {"Content-Type": ENVELOPE_TYPE, **(headers or {}), "Authorization":
                                     "Negotiate " + base64.b64encode(token).decode()})
        scheme, _, back = (reply.headers.get("WWW-Authenticate") or "").partition(" ")
        assert scheme in ("", "Negotiate"), scheme
        return reply, base64.b64decode(back)

    def begin(self):
        """The first leg, on a fresh connection; the last token."""
        self.connection.close()
        self.context = NtlmContext(self.user, self.hash, self.domain)
        reply, challenge = self.token(self.context.step())
        assert reply.status == 401 and challenge, (reply.status, reply.text)
        return self.context.step(challenge)

    def log_in(self):
        last = self.begin()
        reply, _ = self.token(last)
        assert (reply.status, reply.bytes) == (200, b""), (reply.status, reply.text)

    def seal(self, body, content_type=ENVELOPE_TYPE):
        head = (f"\r\n{self.tab}Content-Type: {PROTOCOL}\r\n{self.tab}OriginalContent: type="
                f"{content_type};Length={len(body)}\r\n").encode()
        sealed = self.context.wrap(body)
        return (BOUNDARY + head + BOUNDARY + b"\r\n" + self.tab.encode() + OCTETS +
                struct.pack("<I", SIGNATURE) + sealed + BOUNDARY + self.trailer)

    def unseal(self, reply):
        """The reply inside of a sealed one, with the content type inside of it."""
        kind = reply.headers.get("Content-Type") or ""
        assert kind == SEALED_TYPE, f"{reply.status} {kind}: {reply.text[:600]}"
        head, _, rest = reply.bytes.partition(OCTETS)
        tail = BOUNDARY + b"--\r\n"
        assert rest.endswith(tail), rest[-40:]
        sealed = rest[:-len(tail)]
        assert struct.unpack("<I", sealed[:4])[0] == SIGNATURE
        plain = self.context.unwrap(sealed[4:])
        original = head.split(b"OriginalContent: type=", 1)[1].split(b"\r\n", 1)[0].decode()
        content_type, _, length = original.rpartition(";Length=")
        assert int(length) == len(plain), (length, len(plain))
        headers = reply.headers
        headers.replace_header("Content-Type", content_type)
        return Reply(reply.status, headers, plain)

    def post(self, body, headers=None, path="/wsman", authorize=True, method="POST"):
        if isinstance(body, str):
            body = body.encode()
        headers = dict(headers or {})
        kind = headers.pop("Content-Type", ENVELOPE_TYPE)
        if not authorize:
            stranger = http.client.HTTPConnection(self.address, timeout=self.connection.timeout)
            stranger.request(method, path, body, {"Content-Type": kind, **headers})
            response = stranger.getresponse()
            reply = Reply(response.status, response.headers, response.read())
            stranger.close()
            return reply
        if self.context is None:
            self.log_in()
        sealed = self.exchange(self.seal(body, kind), {"Content-Type": SEALED_TYPE, **headers}, path, method)
        return self.unseal(sealed) if sealed.bytes else sealed
