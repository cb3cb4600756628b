"""A real nginx on loopback as the server that files come from."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from support.daemon import make_certificate, wait_until

CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  log_format origin '$request_method $uri $status range="$http_range" if_range="$http_if_range" ius="$http_if_unmodified_since" sent=$body_bytes_sent conn=$connection';
  access_log {folder}/access.log origin;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  sendfile on;
  keepalive_timeout 30;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {folder}/server.crt;
    ssl_certificate_key {folder}/server.key;
    root {folder}/files;
    {rate}
    location / {{ }}
    location /no-etag/ {{ alias {folder}/files/; etag off; }}
    location /no-range/ {{ alias {folder}/files/; max_ranges 0; }}
    location /status/403 {{ return 403; }}
    location /status/500 {{ return 500; }}
    location /status/503 {{ return 503; }}
    location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
    location /to-http/ {{ rewrite ^/to-http/(.*)$ http://127.0.0.1:{port}/$1 redirect; }}
    location /to-https/ {{ rewrite ^/to-https/(.*)$ https://127.0.0.1:{tls_port}/$1 redirect; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Origin:
    """nginx over `files/`. rate: bytes a second for each connection, or None."""

    def __init__(self, rate=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-origin-"))
        self.files = self.folder / "files"
        self.files.mkdir()
        (self.folder / "tmp").mkdir()
        # Workers drop root where tests run as root; they must be able to read.
        for path in (self.folder, self.files):
            path.chmod(0o755)
        make_certificate(self.folder)
        self.rate = rate
        self.process = None
        self.port = self.tls_port = None

    def _write_config(self):
        rate = f"limit_rate {self.rate};" if self.rate else ""
        (self.folder / "nginx.conf").write_text(CONFIG.format(
            folder=self.folder, port=self.port, tls_port=self.tls_port, rate=rate))

    def start(self):
        # nginx has no port 0: take a free one, and another when somebody was faster.
        for _ in range(5):
            if self.port is None:
                self.port, self.tls_port = free_port(), free_port()
            self._write_config()
            self.process = subprocess.Popen(
                ["nginx", "-e", str(self.folder / "error.log"), "-c", str(self.folder / "nginx.conf")],
                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if wait_until(self._answered, 10, "nginx listens") == "up":
                return self
            self.port = None
        raise AssertionError("nginx found no port: " + (self.folder / "error.log").read_text())

    def _answered(self):
        if self.process.poll() is not None:
            return "ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
            return "up"
        except OSError:
            return None

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)

    def url(self, name, tls=False):
        scheme, port = ("https", self.tls_port) if tls else ("http", self.port)
        return f"{scheme}://127.0.0.1:{port}/{name}"

    @property
    def certificate(self):
        return self.folder / "server.crt"

    def put(self, name, data, modified=None):
        """Writes a file and moves it into place, as a release process does."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(data)
        temporary.chmod(0o644)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        os.rename(temporary, path)
        return path

    def requests(self, name):
        """What the access log says of a path: dicts with method, status, range, sent."""
        rows = []
        for line in (self.folder / "access.log").read_text().splitlines():
            match = re.match(r'(\S+) (\S+) (\d+) range="([^"]*)" if_range="([^"]*)" ius="([^"]*)" '
                             r'sent=(\d+) conn=(\d+)', line)
            if match and match.group(2) == "/" + name:
                rows.append({"method": match.group(1), "status": int(match.group(3)),
                             "range": match.group(4), "if_range": match.group(5),
                             "if_unmodified_since": match.group(6), "sent": int(match.group(7)),
                             "connection": int(match.group(8))})
        return rows

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
