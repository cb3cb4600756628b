"""HTTP with bytes of the test's own: what is sent is not checked or completed by anybody."""
import socket
import ssl
import urllib.parse


class RawReply:
    def __init__(self, head, body):
        self.head = head
        self.body = body
        self.status = int(head.split(b" ", 2)[1])
        self.closes = b"\r\nconnection: close\r\n" in head.lower()


class RawHttp:
    """One connection. url: http://host:port/… or https://…; the certificate is not looked at."""

    def __init__(self, url, timeout=10):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.received = b""

    def send(self, data):
        """False when the server has closed meanwhile; its reply may still be there."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            return False

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        self.received += data
        return bool(data)

    def reply(self):
        """The next reply, by its Content-Length; None when the connection ended instead."""
        while b"\r\n\r\n" not in self.received:
            if not self._more():
                return None
        head, _, rest = self.received.partition(b"\r\n\r\n")
        head += b"\r\n"
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(rest) < length:
            if not self._more():
                return None
            rest = self.received.partition(b"\r\n\r\n")[2]
        self.received = rest[length:]
        return RawReply(head, rest[:length])

    def rest(self):
        """Everything up to the end of the connection."""
        while self._more():
            pass
        return self.received

    def ask(self, data):
        self.send(data)
        return self.reply()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
