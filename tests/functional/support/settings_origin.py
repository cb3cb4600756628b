"""An origin server for the settings of jobs: ranges, redirects, content of unknown size, replies
that wait, and a record of what every request carried."""
import email.utils
import re
import threading
import urllib.parse

from support.auth_servers import Connection, Recorder

CONTENT = bytes(range(256)) * 256
MODIFIED = email.utils.formatdate(1_700_000_000, usegmt=True)


class SettingsOrigin(Recorder):
    """/file/… with ranges, /dynamic/… without a size, /held/… sends half and waits for release(path);
    /to?URL redirects. GET and POST."""

    def __init__(self):
        self.content = CONTENT
        self.released = set()
        self.changed = threading.Condition()
        super().__init__(_SettingsConnection)

    def release(self, path):
        with self.changed:
            self.released.add(path)
            self.changed.notify_all()

    def wait_for_release(self, path):
        with self.changed:
            self.changed.wait_for(lambda: {path, "all"} & self.released, 60)

    def stop(self):
        self.release("all")
        super().stop()


class _SettingsConnection(Connection):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        kind = self.path.split("/")[1].partition("?")[0]
        getattr(self, "send_" + kind)()

    do_HEAD = do_POST = do_GET

    def send_to(self):
        self.note(302)
        self.answer(302, Location=urllib.parse.unquote(self.path.partition("?")[2]))

    def send_file(self):
        content = self.server.owner.content
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            self.note(200)
            return self.answer(200, content, ETag='"1"', Last_Modified=MODIFIED,
                               Accept_Ranges="bytes")
        first = int(asked[1])
        last = min(int(asked[2] or len(content)), len(content) - 1)
        if first > last:
            self.note(416)
            return self.answer(416, Content_Range=f"bytes */{len(content)}")
        self.note(206)
        self.answer(206, content[first:last + 1], ETag='"1"', Last_Modified=MODIFIED,
                    Content_Range=f"bytes {first}-{last}/{len(content)}")

    def send_dynamic(self):
        self.note(200)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        content = self.server.owner.content
        for start in range(0, len(content), 10_000):
            piece = content[start:start + 10_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def send_held(self):
        content = self.server.owner.content
        self.note(200)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command == "HEAD":
            return
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        self.server.owner.wait_for_release(self.path)
        self.wfile.write(content[half:])
