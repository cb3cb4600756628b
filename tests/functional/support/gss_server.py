"""A small WS-Management host whose logins and seals are MIT Kerberos' own, for tests of clients.

It knows Identify, whose vendor says who asked and how, and Enumerate with Pull, fifty things one by one.
"""
import base64
import contextlib
import http.server
import re
import threading

import gssapi
import gssapi.raw

SOAP = "application/soap+xml;charset=UTF-8"
BOUNDARY = b"--Encrypted Boundary"
THINGS = 50


def _envelope(body, relates_to=""):
    return (f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            f'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            f'xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><s:Header><a:Action>urn:x</a:Action>'
            f"<a:RelatesTo>{relates_to}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    context = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        authorization = self.headers.get("Authorization")
        if authorization:
            self.log_in(authorization)
        elif self.context and self.context.complete:
            self.answer(body)
        else:
            self.reply(401, {"WWW-Authenticate": self.server.scheme})

    def log_in(self, authorization):
        scheme, _, token = authorization.partition(" ")
        if scheme != self.server.scheme:
            return self.reply(401, {"WWW-Authenticate": self.server.scheme})
        if self.context is None:
            self.context = gssapi.SecurityContext(creds=self.server.credential, usage="accept")
        headers, complete = {"WWW-Authenticate": scheme}, False
        with contextlib.suppress(gssapi.exceptions.GSSError):
            # A refusal may have a token too.
            answer = self.context.step(base64.b64decode(token))
            if answer and (self.server.explains or self.context.complete):
                headers = {"WWW-Authenticate": f"{scheme} {base64.b64encode(answer).decode()}"}
            complete = self.context.complete
        if not complete:
            self.context = None
            return self.reply(401, headers)
        self.server.logins += 1
        return self.reply(200, headers if self.server.proves else {})

    def answer(self, body):
        start = body.index(b"\tContent-Type: application/octet-stream\r\n")
        data = body[start:].split(b"\r\n", 1)[1][: -len(BOUNDARY + b"--\r\n")]
        text = self.context.unwrap(data[4:])
        assert text.encrypted
        reply = self.text_for(text.message.decode())
        if self.server.sealed:
            self.reply(200, {"Content-Type": f'multipart/encrypted;protocol="{self.protocol()}";'
                                             'boundary="Encrypted Boundary"'}, self.seal(reply.encode()))
        else:
            self.reply(200, {"Content-Type": SOAP}, reply.encode())

    def text_for(self, request):
        message = re.search(r"<a:MessageID>(.*?)</a:MessageID>", request)
        if "Identify" in request:
            who = f"{self.context.initiator_name} sealed {self.server.scheme}"
            return _envelope(f"<i:IdentifyResponse xmlns:i='urn:i'><i:ProductVendor>{who}</i:ProductVendor>"
                             "</i:IdentifyResponse>")
        self.server.pulled += 1
        last = self.server.pulled >= THINGS
        name = "PullResponse" if "<n:Pull " in request else "EnumerateResponse"
        return _envelope(f"<n:{name}><n:EnumerationContext>c</n:EnumerationContext><n:Items>"
                         f"<n:Thing>{self.server.pulled}</n:Thing></n:Items>"
                         f"{'<n:EndOfSequence/>' if last else ''}</n:{name}>", message.group(1))

    def protocol(self):
        name = "SPNEGO" if self.server.scheme == "Negotiate" else "Kerberos"
        return f"application/HTTP-{name}-session-encrypted"

    def seal(self, text):
        iov = gssapi.raw.IOV(gssapi.raw.IOVBufferType.header, text, gssapi.raw.IOVBufferType.padding,
                             std_layout=False)
        gssapi.raw.wrap_iov(self.context, iov, confidential=True)
        header, data, padding = (part.value or b"" for part in iov)
        head = (f"--Encrypted Boundary\r\n\tContent-Type: {self.protocol()}\r\n"
                f"\tOriginalContent: type={SOAP};Length={len(text)}\r\n--Encrypted Boundary\r\n"
                "\tContent-Type: application/octet-stream\r\n").encode()
        return (head + len(header).to_bytes(4, "little") + header + data + padding + BOUNDARY + b"--\r\n")

    def reply(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class GssServer:
    """proves=False keeps the last token back; sealed=False answers in clear text; explains=False
    refuses without a token."""

    def __init__(self, kdc, keytab, scheme="Negotiate", sealed=True, proves=True, explains=True):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.scheme, self._server.sealed, self._server.proves = scheme, sealed, proves
        self._server.explains = explains
        self._server.logins = self._server.pulled = 0
        with kdc.applied():
            self._server.credential = gssapi.Credentials(usage="accept", store={"keytab": str(keytab)})
        self._applied = kdc.applied()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        return f"http://localhost:{self._server.server_port}/wsman"

    @property
    def logins(self):
        return self._server.logins

    def __enter__(self):
        self._applied.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        self._applied.__exit__(None, None, None)
