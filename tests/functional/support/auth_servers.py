"""HTTP servers and proxies that ask who is there, and write down what they were told on which
connection."""
import base64
import hashlib
import hmac
import os
import re
import select
import socket
import socketserver
import ssl
import struct
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

CONTENT = b"worth a password " * 5000


def md4(data):
    """RFC 1320: OpenSSL has it in its legacy provider only."""
    def rotate(value, count):
        value &= 0xFFFFFFFF
        return (value << count | value >> (32 - count)) & 0xFFFFFFFF

    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    rounds = (
        (lambda x, y, z: (x & y) | (~x & z), 0, range(16), (3, 7, 11, 19)),
        (lambda x, y, z: (x & y) | (x & z) | (y & z), 0x5A827999,
         [i % 4 * 4 + i // 4 for i in range(16)], (3, 5, 9, 13)),
        (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
         (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
    )
    for start in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[start:start + 64])
        a, b, c, d = state
        for function, constant, order, shifts in rounds:
            for step, index in enumerate(order):
                a = rotate(a + function(b, c, d) + words[index] + constant, shifts[step % 4])
                a, b, c, d = d, a, b, c
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def split_basic(value):
    kind, _, rest = (value or "").partition(" ")
    if kind.lower() != "basic":
        return None, None
    user, _, password = base64.b64decode(rest).decode().partition(":")
    return user, password


class Ntlm:
    """The server's side of one NTLM handshake, on one connection."""
    CHALLENGE = b"\x01\x23\x45\x67\x89\xab\xcd\xef"

    def __init__(self, users):
        self.users = users
        self.user = None

    def step(self, token):
        """The next token for the client, or None at the end; `user` says how it ended."""
        message_type = struct.unpack("<I", token[8:12])[0]
        if message_type == 1:
            info = struct.pack("<HH", 2, 8) + "TEST".encode("utf-16-le") + bytes(4)
            head = b"NTLMSSP\0" + struct.pack("<IHHI", 2, 0, 0, 56) + struct.pack("<I", 0xA2890205)
            return head + self.CHALLENGE + bytes(8) + struct.pack("<HHI", len(info), len(info), 56) \
                + bytes(8) + info

        def field(offset):
            length, _, at = struct.unpack("<HHI", token[offset:offset + 8])
            return token[at:at + length]

        response, domain, user = field(20), field(28), field(36)
        name = user.decode("utf-16-le")
        nt_hash = md4(self.users.get(name, "?").encode("utf-16-le"))
        key = hmac.new(nt_hash, (name.upper()).encode("utf-16-le") + domain, "md5").digest()
        proof = hmac.new(key, self.CHALLENGE + response[16:], "md5").digest()
        if name in self.users and hmac.compare_digest(proof, response[:16]):
            self.user = name
        return None


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # clients come and go

    def shutdown_request(self, request):
        """Reads what the client still sends before it closes, as servers do: a reset could
        overtake the alert that tells why."""
        try:
            request.shutdown(socket.SHUT_WR)
            request.settimeout(1)
            while request.recv(65536):
                pass
        except OSError:
            pass
        self.close_request(request)


class Recorder:
    """A server on loopback with a record of requests:
    dicts of connection, method, path, user (None: nobody), status, fields."""

    def __init__(self, handler, context=None):
        self.requests = []
        self.lock = threading.Lock()
        self.connections = 0
        self.server = _Server(("127.0.0.1", 0), handler)
        self.server.owner = self
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.scheme = "https" if context else "http"
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def record(self, **what):
        with self.lock:
            self.requests.append(what)

    def of(self, path):
        with self.lock:
            return [request for request in self.requests if request["path"] == path]

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self):
        super().setup()
        owner = self.server.owner
        with owner.lock:
            owner.connections += 1
            self.number = owner.connections
        self.ntlm = None

    def log_message(self, *_):
        pass

    def note(self, status, user=None):
        self.server.owner.record(connection=self.number, method=self.command, path=self.path,
                                 user=user, status=status,
                                 authorization=self.headers.get("Authorization"),
                                 fields=dict(self.headers.items()),
                                 certificate=self.peer_certificate())

    def peer_certificate(self):
        if not isinstance(self.connection, ssl.SSLSocket):
            return None
        subject = (self.connection.getpeercert() or {}).get("subject", ())
        return dict(pair for part in subject for pair in part).get("commonName")

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class AuthOrigin(Recorder):
    """/open/…, /basic/…, /digest/…, /ntlm/… and /any/… (offers all); /to?URL redirects."""

    def __init__(self, users, context=None):
        self.users = users
        self.nonce = os.urandom(8).hex()
        super().__init__(_OriginConnection, context)


class _OriginConnection(Connection):
    def do_GET(self):
        owner = self.server.owner
        kind = self.path.split("/")[1].partition("?")[0]
        if kind == "to":
            self.note(302)
            return self.answer(302, Location=urllib.parse.unquote(self.path.partition("?")[2]))
        user, challenges = getattr(self, "check_" + kind)(self.headers.get("Authorization", ""))
        if challenges is None:
            self.note(200, user)
            return self.answer(200, CONTENT, ETag='"1"')
        self.note(401, user)
        self.send_response(401)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "6")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"denied")

    do_HEAD = do_GET

    # Each returns (who it says it is, challenges or None when it may pass).
    def check_open(self, value):
        return split_basic(value)[0], None

    def check_basic(self, value):
        user, password = split_basic(value)
        known = user is not None and self.server.owner.users.get(user) == password
        return user, None if known else ['Basic realm="r"']

    def check_digest(self, value):
        owner = self.server.owner
        challenge = [f'Digest realm="r", nonce="{owner.nonce}", qop="auth", algorithm=MD5']
        if not value.startswith("Digest "):
            return None, challenge
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', value))

        def h(text):
            return hashlib.md5(text.encode()).hexdigest()

        a1 = h(f'{said["username"]}:r:{owner.users.get(said["username"])}')
        a2 = h(f'{self.command}:{said["uri"]}')
        good = h(f'{a1}:{said["nonce"]}:{said["nc"]}:{said["cnonce"]}:auth:{a2}')
        known = said["response"] == good and said["nonce"] == owner.nonce
        return said["username"], None if known else challenge

    def check_ntlm(self, value):
        if self.ntlm and self.ntlm.user:  # the connection is authenticated
            return self.ntlm.user, None
        if not value.startswith("NTLM "):
            return None, ["NTLM"]
        if self.ntlm is None:
            self.ntlm = Ntlm(self.server.owner.users)
        token = self.ntlm.step(base64.b64decode(value[5:]))
        if token:
            return None, ["NTLM " + base64.b64encode(token).decode()]
        known = self.ntlm.user
        if not known:
            self.ntlm = None
        return known, None if known else ["NTLM"]

    def check_any(self, value):
        for kind in ("digest", "basic"):
            if value.lower().startswith(kind):
                return getattr(self, "check_" + kind)(value)
        return None, self.check_digest("")[1] + ['Basic realm="r"']


class Proxy(Recorder):
    """Forwards plain requests and tunnels; with users it asks for Basic or Digest."""

    def __init__(self, users=None):
        self.users = users
        super().__init__(_ProxyConnection)


class _ProxyConnection(Connection):
    def allowed(self):
        owner = self.server.owner
        user, password = split_basic(self.headers.get("Proxy-Authorization"))
        if owner.users is None or (user and owner.users.get(user) == password):
            self.note(200, user)
            return True
        self.note(407, user)
        self.answer(407, b"who is there", Proxy_Authenticate='Basic realm="p"')
        return False

    def do_CONNECT(self):
        if not self.allowed():
            return
        host, _, port = self.path.rpartition(":")
        try:
            upstream = socket.create_connection((host, int(port)), 5)
        except OSError:
            return self.answer(502)
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        pair = (self.connection, upstream)
        with upstream:
            while True:
                for end in select.select(pair, [], [], 30)[0] or [None]:
                    data = end.recv(65536) if end else b""
                    if not data:
                        return
                    pair[end is self.connection].sendall(data)

    def do_GET(self):
        if not self.allowed():
            return
        url = urllib.parse.urlsplit(self.path)
        try:
            upstream = socket.create_connection((url.hostname, url.port or 80), 5)
        except OSError:
            return self.answer(502)
        lines = [f"{self.command} {url.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()
                  if not name.lower().startswith("proxy-") and name.lower() != "connection"]
        with upstream:
            upstream.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            while data := upstream.recv(65536):
                self.wfile.write(data)
        self.close_connection = True

    do_HEAD = do_GET
