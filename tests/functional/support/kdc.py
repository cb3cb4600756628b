"""An MIT Kerberos KDC of a throw-away realm on loopback, for as long as a test runs.

    with Kdc() as kdc:
        kdc.add_user("alice", "password")
        keytab = kdc.add_service("HTTP/localhost")
        environment = {**os.environ, **kdc.environment, **kdc.login("alice", "password")}

Whatever is to use the realm needs kdc.environment: the daemon for its keytab, clients together with
a login's. A test that speaks Kerberos in its own process enters kdc.applied(login) around the client.
"""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import uuid

from support.daemon import wait_until

REALM = "BITSD.TEST"
PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's servers are not in every user's PATH

CLIENT_CONFIG = """
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    permitted_enctypes = {encryption}
    {extra}
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    localhost = {realm}
"""

SERVER_CONFIG = """
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principals
        key_stash_file = {folder}/stash
        acl_file = {folder}/acl
        max_life = 10h
        max_renewable_life = 10h
        supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


def _free_port():
    """A port that is free for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]


class Kdc:
    def __init__(self, realm=REALM, extra=""):
        """extra: one more line for [libdefaults]."""
        self.realm = realm
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-kdc-"))
        self.environment = {"KRB5_CONFIG": str(self.folder / "krb5.conf"),
                            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                            "KRB5CCNAME": f"FILE:{self.folder}/nobody.ccache"}
        self._extra = extra
        self._process = None

    def start(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        port = _free_port()
        values = {"realm": self.realm, "port": port, "folder": self.folder, "extra": self._extra,
                  "encryption": "aes256-cts aes128-cts aes256-sha2 aes128-sha2 arcfour-hmac"}
        (self.folder / "krb5.conf").write_text(CLIENT_CONFIG.format(**values))
        (self.folder / "kdc.conf").write_text(SERVER_CONFIG.format(**values))
        self._run("kdb5_util", "-r", self.realm, "create", "-s", "-P", uuid.uuid4().hex)
        with open(self.folder / "kdc.out", "ab") as output:
            self._process = subprocess.Popen(
                [self._program("krb5kdc"), "-n", "-r", self.realm, "-P", str(self.folder / "kdc.pid")],
                stdout=output, stderr=output, env={**os.environ, **self.environment})
        wait_until(lambda: self._answers(port), 20, "krb5kdc listens")

    def _answers(self, port):
        if self._process.poll() is not None:
            raise AssertionError("krb5kdc ended:\n" + (self.folder / "kdc.out").read_text())
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    @staticmethod
    def _program(name):
        found = shutil.which(name, path=PROGRAMS)
        if not found:
            raise AssertionError(f"{name} is missing: run scripts/setup")
        return found

    def _run(self, program, *arguments, given=None, environment=None):
        done = subprocess.run([self._program(program), *arguments], input=given, text=True,
                              capture_output=True, timeout=60,
                              env={**os.environ, **self.environment, **(environment or {})})
        if done.returncode != 0:
            raise AssertionError(f"{program} {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def kadmin(self, command):
        return self._run("kadmin.local", "-r", self.realm, "-q", command)

    def principal(self, name):
        return f"{name}@{self.realm}"

    def add_user(self, name, password, options=""):
        self.kadmin(f'addprinc {options} -pw "{password}" "{name}"')

    def add_service(self, *names, keytab=None, encryption=None):
        """The keytab file, with a key of its own for each of the names."""
        keytab = pathlib.Path(keytab or self.folder / f"{uuid.uuid4().hex}.keytab")
        chosen = f'-e "{encryption}"' if encryption else ""
        for name in names:
            self.kadmin(f'addprinc -randkey {chosen} "{name}"')
            self.kadmin(f'ktadd -k {keytab} {chosen} "{name}"')
        keytab.chmod(0o600)
        return keytab

    def login(self, name, password, *options):
        """Environment variables with a ticket of this user; options are kinit's."""
        cache = {"KRB5CCNAME": f"FILE:{self.folder}/{uuid.uuid4().hex}.ccache"}
        self._run("kinit", *options, name, given=password + "\n", environment=cache)
        return cache

    @contextlib.contextmanager
    def applied(self, login=None):
        """Lets this process use the realm and the login; without one it has no ticket."""
        wanted = {**self.environment, **(login or {})}
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
