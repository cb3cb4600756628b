"""A BITS upload server on loopback ([MC-BUP], the server's side), with a record of packets and
faults that can be switched on.

    with BitsServer(reply=b"thanks") as server:
        ... upload to server.url("/uploads/a.bin") ...
        server.files["/uploads/a.bin"]    # [bytes]: what was delivered, once for each time
"""
import base64
import re
import threading
import uuid

from support.auth_servers import Connection, Ntlm, Recorder, split_basic

PROTOCOL = "{7df0354d-249b-430f-820d-3d2a9bef4931}"
SESSION_NOT_FOUND = "0x8020001F"


class Packet:
    """type in lower case ("create-session"), number (counts those of the type, from 1), session,
    path; first, last, total of fragments."""

    def __init__(self, kind, number, session, path, span):
        self.type, self.number, self.session, self.path = kind, number, session, path
        self.first, self.last, self.total = span or (None, None, None)


class _Session:
    def __init__(self, path):
        self.path, self.content, self.total, self.delivered = path, bytearray(), None, False


class BitsServer(Recorder):
    """reply: bytes, or a function of the uploaded bytes, for upload-reply; None: there is none.
    auth: None, "basic" or "ntlm" with users {name: password}.
    overlap: take the bytes of an overlapping fragment that are missing; otherwise 416.
    deliver_at: "last-byte" or "close". session_lines: more headers of the Ack of Create-Session.
    fault(packet) is called for each packet and says what happens to it:
      None               it is dealt with
      "cut-head"         the connection ends before the body is read
      "cut-body"         … when half of the body is read, and that half is lost
      "keep-body"        … and that half counts
      "cut-ack"          it is dealt with, and the connection ends instead of an Ack
      "forget"           all sessions are lost before it is dealt with
      "hold"             it waits for release(), then it is dealt with
      (status, headers)  the answer; it is not dealt with
    The body of the reply is served at /uploads/BITS-Sessions/Replies/<session>/responsefile.bin;
    reply_fault(number) → bytes to send before the connection ends, or None, for each GET."""

    def __init__(self, reply=None, auth=None, users=None, overlap=True, deliver_at="last-byte",
                 largest_fragment=None, session_lines=None, fault=None, reply_fault=None,
                 context=None):
        self.reply, self.auth, self.users = reply, auth, users or {}
        self.overlap, self.deliver_at = overlap, deliver_at
        self.largest_fragment = largest_fragment
        self.session_lines = session_lines or {}
        self.fault, self.reply_fault = fault, reply_fault
        self.files = {}
        self.sessions = {}
        self.replies = {}
        self.packets = []
        self.reply_gets = 0
        self.held = threading.Event()      # some packet waits
        self.released = threading.Event()
        super().__init__(_BitsConnection, context)

    def release(self):
        self.released.set()

    def types(self):
        with self.lock:
            return [packet.type for packet in self.packets]

    def count(self, kind):
        return self.types().count(kind)

    def forget_sessions(self):
        with self.lock:
            self.sessions.clear()

    def stop(self):
        self.release()
        super().stop()

    # With the lock held.

    def create(self, packet, headers):
        offered = [name.strip().lower() for name in
                   headers.get("BITS-Supported-Protocols", "").split(",")]
        if PROTOCOL not in offered:
            return 400, error_lines("0x80070057")
        session = "{" + str(uuid.uuid4()).upper() + "}"
        self.sessions[session] = _Session(packet.path)
        return 200, {"BITS-Protocol": PROTOCOL, "BITS-Session-Id": session,
                     "Accept-Encoding": "identity", **self.session_lines}

    def take(self, packet, session, body):
        if self.largest_fragment and len(body) > self.largest_fragment:
            return 413, {}
        if packet.total is None or packet.last - packet.first + 1 != len(body) or \
                session.total not in (None, packet.total):
            return 400, error_lines("0x80070057")
        session.total = packet.total
        wanted = len(session.content)
        fits = packet.first == wanted or (self.overlap and packet.first < wanted)
        if fits:
            session.content += body[wanted - packet.first:]
        fields = {"BITS-Session-Id": packet.session,
                  "BITS-Received-Content-Range": str(len(session.content))}
        if fits and len(session.content) == session.total:
            if self.deliver_at == "last-byte":
                self.deliver(session)
            if self.reply is not None:
                data = bytes(session.content)
                self.replies[packet.session] = self.reply(data) if callable(self.reply) else self.reply
                fields["BITS-Reply-URL"] = \
                    f"BITS-Sessions\\Replies\\{packet.session}\\responsefile.bin"
        return (200 if fits else 416), fields

    def deliver(self, session):
        if not session.delivered:
            session.delivered = True
            self.files.setdefault(session.path, []).append(bytes(session.content))

    def deal(self, packet, headers, body):
        if packet.type == "ping":
            return 200, {}
        if packet.type == "create-session":
            return self.create(packet, headers)
        session = self.sessions.get(packet.session)
        if session is None:
            return 500, error_lines(SESSION_NOT_FOUND)
        if packet.type == "fragment":
            return self.take(packet, session, body)
        if packet.type == "close-session":
            if len(session.content) == session.total:
                self.deliver(session)
        elif packet.type != "cancel-session":
            return 400, error_lines("0x80070057")
        del self.sessions[packet.session]
        return 200, {"BITS-Session-Id": packet.session}


def error_lines(code, context="0x5"):
    return {"BITS-Error": code, "BITS-Error-Code": code, "BITS-Error-Context": context}


class _BitsConnection(Connection):
    def do_BITS_POST(self):
        owner = self.server.owner
        length = int(self.headers.get("Content-Length") or 0)
        if not self.authenticated(length):
            return
        kind = self.headers.get("BITS-Packet-Type", "").lower()
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", self.headers.get("Content-Range", ""))
        with owner.lock:
            packet = Packet(kind, sum(p.type == kind for p in owner.packets) + 1,
                            self.headers.get("BITS-Session-Id"), self.path,
                            [int(part) for part in span.groups()] if span else None)
            owner.packets.append(packet)
        fault = owner.fault(packet) if owner.fault else None
        if fault == "hold":
            owner.held.set()
            owner.released.wait(60)
        if fault == "cut-head":
            return self.cut()
        if fault in ("cut-body", "keep-body"):
            half = self.rfile.read(length // 2)
            session = owner.sessions.get(packet.session)
            if fault == "keep-body" and session and packet.first == len(session.content):
                session.total = packet.total
                session.content += half
            return self.cut()
        body = self.rfile.read(length)
        if len(body) < length:
            return self.cut()
        if isinstance(fault, tuple):
            return self.ack(*fault)
        with owner.lock:
            if fault == "forget":
                owner.sessions.clear()
            status, fields = owner.deal(packet, self.headers, body)
        if fault == "cut-ack":
            return self.cut()
        self.ack(status, fields)

    def do_GET(self):
        owner = self.server.owner
        self.note(200)
        with owner.lock:
            owner.reply_gets += 1
            number = owner.reply_gets
        found = re.search(r"/BITS-Sessions/Replies/(%7B[^/]*%7D)/", self.path)
        content = owner.replies.get(found[1].replace("%7B", "{").replace("%7D", "}")) if found else None
        if content is None:
            return self.answer(404)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        if first >= len(content) > 0:
            return self.answer(416, Content_Range=f"bytes */{len(content)}")
        last = min(int(asked[2]), len(content) - 1) if asked and asked[2] else len(content) - 1
        fields = {"ETag": '"reply"', "Accept-Ranges": "bytes"}
        if asked:
            fields["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        part = content[first:last + 1]
        sent = owner.reply_fault(number) if owner.reply_fault else None
        if sent is None:
            return self.answer(206 if asked else 200, part, **fields)
        self.send_response(206 if asked else 200)
        for name, value in {**fields, "Content-Length": str(len(part))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(part[:sent])
        self.cut()

    def ack(self, status, fields):
        self.note(status)
        self.answer(status, BITS_Packet_Type="Ack", **fields)

    def cut(self):
        self.close_connection = True

    def authenticated(self, length):
        """False: the request was answered with a challenge."""
        owner = self.server.owner
        if owner.auth is None:
            return True
        value = self.headers.get("Authorization", "")
        token = None
        if owner.auth == "basic":
            name, password = split_basic(value)
            if name is not None and owner.users.get(name) == password:
                return True
        elif owner.auth == "ntlm":
            if self.ntlm and self.ntlm.user and not value:
                return True
            if value.startswith("NTLM "):
                self.ntlm = self.ntlm if self.ntlm and not self.ntlm.user else Ntlm(owner.users)
                token = self.ntlm.step(base64.b64decode(value[5:]))
                if self.ntlm.user:
                    return True
        self.rfile.read(length)
        scheme = {"basic": 'Basic realm="bits"', "ntlm": "NTLM"}[owner.auth]
        if token:
            scheme += " " + base64.b64encode(token).decode()
        self.note(401)
        self.answer(401, WWW_Authenticate=scheme)
        return False
