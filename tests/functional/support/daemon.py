"""Runs a real bitsd for a test: throw-away state, certificate, users, ports."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

BITSD = os.environ.get("BITSD", "bitsd")
BITSCTL = os.environ.get("BITSCTL", "bitsctl")

USER, PASSWORD = "alice", "correct horse battery staple"
VIEWER, VIEWER_PASSWORD = "victor", "only looking"
OPERATOR, OPERATOR_PASSWORD = "olga", "turns-the-wheels"
NOBODY, NOBODY_PASSWORD = "norole", "knows the word"
VIEWERS_SEE_ALL = '[jobs]\nviewers_see = "all"\n'


def wait_until(condition, seconds, what, interval=0.02):
    """Polls until condition() is true; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(interval)


def make_certificate(folder, name="localhost", names="DNS:localhost,IP:127.0.0.1"):
    """A self-signed certificate; (certificate, key)."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName={names}",
         "-addext", "basicConstraints=critical,CA:TRUE",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    return certificate, key


class Daemon:
    """One bitsd process over a state directory that survives kill() and start().

    settings: TOML text for tables that the fixed part does not have. administrators: further ones.
    viewing_groups: groups that have the role of viewers.
    """

    def __init__(self, folder=None, settings="", server_settings="", http=False, ntlm=False,
                 auth_settings="", administrators=(), viewing_groups=()):
        self._own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="bitsd-test-"))
        self.folder.mkdir(exist_ok=True)
        self.state = self.folder / "state"
        self.drive_c = self.state / "drives" / "c"
        self.log_path = self.folder / "bitsd.log"
        self.certificate, self.key = make_certificate(self.folder)
        self._write_users(ntlm)
        self._write_config(settings, server_settings, http, auth_settings, administrators, viewing_groups)
        self.process = None
        self.endpoints = None

    def _write_users(self, ntlm):
        for name, password in ((USER, PASSWORD), (VIEWER, VIEWER_PASSWORD),
                               (OPERATOR, OPERATOR_PASSWORD), (NOBODY, NOBODY_PASSWORD)):
            subprocess.run([BITSCTL, "passwd", "--file", str(self.folder / "users"), name,
                            *(["--ntlm"] if ntlm else [])],
                           input=password + "\n", text=True, check=True, capture_output=True)

    def _write_config(self, settings, server_settings, http, auth_settings, administrators, viewing_groups):
        config = f"""
[server]
http = [{'"127.0.0.1:0"' if http else ''}]
https = ["127.0.0.1:0"]
tls_certificate = "server.crt"
tls_key = "server.key"
endpoints_file = "endpoints.json"
{server_settings}
[auth]
users_file = "users"
{auth_settings}
[roles]
administrator = {json.dumps(["user:" + name for name in (USER, *administrators)])}
operator = ["user:{OPERATOR}"]
viewer = {json.dumps(["user:" + VIEWER, *("group:" + name for name in viewing_groups)])}
[state]
directory = "state"
{settings}
"""
        (self.folder / "bitsd.toml").write_text(config)

    def start(self, prefix=(), environment=None):
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "endpoints.json").unlink()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, BITSD, "--config", str(self.folder / "bitsd.toml")], stdout=log, stderr=log,
                env={**os.environ, **(environment or {})})
        self.endpoints = wait_until(self._read_endpoints, 20, "bitsd wrote its endpoints file")
        return self

    def _read_endpoints(self):
        if self.process.poll() is not None:
            raise AssertionError(f"bitsd ended with {self.process.returncode}:\n{self.log()}")
        try:
            return json.loads((self.folder / "endpoints.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    @property
    def url(self):
        return self.endpoints["https"][0]

    @property
    def http_url(self):
        return self.endpoints["http"][0]

    def log(self):
        return self.log_path.read_text(errors="replace")[-8000:]

    def kill(self):
        """kill -9, as the out-of-memory killer or an impatient person does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self):
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def bitsctl(self, *arguments, check=True, timeout=120, password=PASSWORD, host=None):
        password_file = self.folder / "password"
        password_file.write_text(password + "\n")
        password_file.chmod(0o600)
        done = subprocess.run(
            [BITSCTL, "--host", host or self.url, "--user", USER, "--password-file", str(password_file),
             "--cacert", str(self.certificate), *arguments],
            text=True, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"bitsctl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
                raise AssertionError("bitsd did not stop on SIGTERM within 20 s:\n" + self.log())
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
