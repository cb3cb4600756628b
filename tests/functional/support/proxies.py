"""nginx and haproxy as reverse proxies before a listener, with a log of what they saw."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from support.daemon import wait_until
from support.origin import free_port

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  log_format seen '$request';
  access_log {folder}/seen.log seen;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  upstream behind {{ server {behind}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    # Odd header lines reach the server behind as they are.
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / {{
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_ignore_client_abort on;
    }}
  }}
}}
"""

HAPROXY = """
global
  log stdout format raw local0 info
  nbthread 1
defaults
  mode http
  log global
  option httplog
  http-reuse always
  # The most that haproxy passes on.
  option accept-invalid-http-request
  timeout connect 5s
  timeout client 5s
  timeout server 10s
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s {behind}
"""


class Proxy:
    """kind: "nginx" or "haproxy"; behind: host:port of the server behind it."""

    def __init__(self, kind, behind):
        self.kind = kind
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bitsd-{kind}-"))
        (self.folder / "tmp").mkdir()
        self.folder.chmod(0o755)
        self.port = free_port()
        template = NGINX if kind == "nginx" else HAPROXY
        config = self.folder / "proxy.conf"
        config.write_text(template.format(folder=self.folder, port=self.port, behind=behind))
        command = (["nginx", "-e", str(self.folder / "error.log"), "-c", str(config)] if kind == "nginx"
                   else ["haproxy", "-db", "-f", str(config)])
        with open(self.folder / ("out.log" if kind == "nginx" else "seen.log"), "wb") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}, stdout=log,
                stderr=log)
        wait_until(self._listens, 10, kind + " listens")

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(self.kind + " ended: " + "".join(
                path.read_text(errors="replace") for path in self.folder.glob("*.log")))
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
            return True
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/wsman"

    def seen(self):
        """The request lines that the proxy read, as text."""
        return (self.folder / "seen.log").read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
