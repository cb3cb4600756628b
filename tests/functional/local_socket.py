"""The local socket: whoever a process runs as is its caller, and no password is asked for."""
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from support.daemon import BITSCTL, BITSD, USER, VIEWERS_SEE_ALL, Daemon, wait_until
from support.origin import Origin
from support.wsman import BITS, TRANSFER, Reply, Wsman, envelope

AS_ROOT = os.geteuid() == 0
NEEDS_ROOT = "only root can act as several users of this machine"
# Accounts that every Debian has: one with a role by its name, one with a role by a group of its
# process, one without any role, and a user id without a name.
OPERATOR, VIEWING_GROUP, NAMED, STRANGER = "daemon", "games", "mail", 65533
OPERATOR_PASSWORD = "the same person"


class LocalSocketTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-local-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.program = shutil.copy(BITSCTL, cls.folder / "bitsctl")  # where every user may run it
        cls.path = cls.folder / "run" / "bitsd.sock"
        cls.origin = Origin().start()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.daemon = Daemon(http=True, server_settings=f'local_socket = "{cls.path}"\n'
                                                       'names = ["only.example"]',
                            settings=VIEWERS_SEE_ALL)
        config = cls.daemon.folder / "bitsd.toml"
        config.write_text(config.read_text()
                          .replace("operator = [", f'operator = ["user:{OPERATOR}", ')
                          .replace("viewer = [", f'viewer = ["group:{VIEWING_GROUP}", '))
        subprocess.run([BITSCTL, "passwd", "--file", str(cls.daemon.folder / "users"), OPERATOR],
                       input=OPERATOR_PASSWORD + "\n", text=True, check=True, capture_output=True)
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.__exit__)

    @staticmethod
    def run_as(command, user=None, groups=(), **options):
        """Runs a program as another user; an account has its own group, a number none."""
        if user is not None:
            by_name = isinstance(user, str)
            options.update(user=user, extra_groups=list(groups),
                           group=pwd.getpwnam(user).pw_gid if by_name else user)
        return subprocess.run(command, text=True, capture_output=True, timeout=60, cwd="/",
                              stdin=subprocess.DEVNULL, **options)

    def bitsctl(self, *arguments, check=True, **who):
        done = self.run_as([str(self.program), "--socket", str(self.path), *arguments], **who)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def curl(self, action, body="", job=None, more=(), **who):
        request = envelope("http://localhost/wsman", action, body, {"JobId": job} if job else None)
        done = self.run_as(
            ["curl", "-sS", "--unix-socket", str(self.path), "-w", "\n%{http_code}",
             "-H", "Content-Type: application/soap+xml;charset=UTF-8", *more,
             "--data-binary", request, "http://localhost/wsman"], **who)
        self.assertEqual(done.returncode, 0, done.stderr)
        text, status = done.stdout.rsplit("\n", 1)
        return Reply(int(status), {}, text.encode())

    def invoke(self, method, job=None, **arguments):
        children = "".join(f"<p:{name}>{value}</p:{name}>" for name, value in arguments.items())
        reply = self.curl(f"{BITS}/{method}",
                          f'<p:{method}_INPUT xmlns:p="{BITS}">{children}</p:{method}_INPUT>', job)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.properties()["ReturnValue"], "0")
        return reply.properties()

    def jobs(self, **who):
        return [job["display_name"] for job in json.loads(self.bitsctl("--json", "list", **who).stdout)]

    def create(self, name, **who):
        return self.bitsctl("create", name, self.origin.url("file.bin"), rf"C:\local\{name}", **who).stdout.strip()

    def tearDown(self):
        for job in json.loads(self.bitsctl("--json", "list").stdout):
            self.bitsctl("cancel", job["job_id"])

    def test_bitsctl_runs_the_whole_script_without_a_password(self):
        data = os.urandom(300_000)
        self.origin.put("file.bin", data)
        job = self.create("script")
        self.bitsctl("set", job, "--priority", "foreground")
        self.bitsctl("resume", job)
        self.assertIn("Transferred", self.bitsctl("watch", job).stdout)
        self.bitsctl("complete", job)
        self.assertEqual((self.daemon.drive_c / "local/script").read_bytes(), data)
        self.bitsctl("get", self.origin.url("file.bin"), r"C:\local\got")
        self.assertEqual((self.daemon.drive_c / "local/got").read_bytes(), data)
        self.assertIn("bitsd", self.bitsctl("wsman", "identify").stdout)

    def test_curl_runs_the_whole_script_without_a_password(self):
        self.origin.put("file.bin", b"curl" * 1000)
        job = self.invoke("CreateJob", DisplayName="by curl", RemoteUrl=self.origin.url("file.bin"),
                          LocalFile=r"C:\local\curl", Type=0)["JobId"]
        values = f'<p:BitsClientJob xmlns:p="{BITS}"><p:Priority>0</p:Priority></p:BitsClientJob>'
        self.assertEqual(self.curl(TRANSFER + "Put", values, job).status, 200)
        self.invoke("SetJobState", job, JobState=2)
        wait_until(lambda: self.curl(TRANSFER + "Get", job=job).properties()["State"] == "6", 30,
                   "the job is transferred")
        self.invoke("SetJobState", job, JobState=1)
        self.assertEqual((self.daemon.drive_c / "local/curl").read_bytes(), b"curl" * 1000)
        self.assertEqual(self.curl(TRANSFER + "Get", job=job).fault()["wsman"], 2150858752)

    def test_a_login_is_refused_and_so_are_browsers(self):
        refused = self.curl(TRANSFER + "Get", more=["-u", "alice:whatever"])
        self.assertEqual(refused.status, 403)
        self.assertIn("send no Authorization header", refused.text)
        self.assertEqual(self.curl(TRANSFER + "Get", more=["-H", "Origin: http://a.example"]).status, 403)
        done = self.bitsctl("--user", USER, "list", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("asks for no login", done.stderr)

    def test_nobody_is_known_over_the_network_by_where_he_sits(self):
        for base in (self.daemon.http_url, self.daemon.url):
            done = subprocess.run(
                ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(self.daemon.certificate),
                 "-H", "Content-Type: application/soap+xml", "--data-binary", "x", base],
                text=True, capture_output=True, timeout=30)
            self.assertEqual(done.stdout, "401", done.stderr)

    @unittest.skipUnless(AS_ROOT, NEEDS_ROOT)
    def test_a_user_without_a_role_is_told_so(self):
        for user in (STRANGER, "nobody"):
            done = self.bitsctl("list", user=user, check=False)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("or log in with --user", done.stderr)
            self.assertRegex(done.stderr, r"The account '#\d+' of this machine may not do this: \[roles\]")
        fault = self.curl(TRANSFER + "Get", job="{3F2504E0-4F89-41D3-9A0C-0305E82C3301}", user=STRANGER).fault()
        self.assertEqual(fault["subcode"], "w:AccessDenied")

    @unittest.skipUnless(AS_ROOT, NEEDS_ROOT)
    def test_roles_go_by_the_account_and_by_the_groups_that_the_process_has(self):
        job = self.create("of root")
        self.assertEqual(self.jobs(user=STRANGER, groups=[VIEWING_GROUP]), ["of root"])
        denied = self.bitsctl("cancel", job, user=STRANGER, groups=[VIEWING_GROUP], check=False)
        self.assertEqual(denied.returncode, 4, denied.stderr)
        self.assertEqual(self.jobs(user=OPERATOR), [], "an operator sees his own jobs")
        self.assertEqual(self.bitsctl("list", user=VIEWING_GROUP).returncode, 0, "by its own group")

    @unittest.skipUnless(AS_ROOT, NEEDS_ROOT)
    def test_groups_of_the_users_file_count_for_the_account_of_exactly_that_name(self):
        users = self.daemon.folder / "users"
        before = users.read_text()
        self.addCleanup(users.write_text, before)
        for line, code in (("", 4), (f"{NAMED}:*:{VIEWING_GROUP}\n", 0), (f"{NAMED.upper()}:*:{VIEWING_GROUP}\n", 4)):
            users.write_text(before + line)
            self.assertEqual(self.bitsctl("list", user=NAMED, check=False).returncode, code, line)

    @unittest.skipUnless(AS_ROOT, NEEDS_ROOT)
    def test_one_user_gets_32_connections_and_hinders_no_other(self):
        program = ("import os, select, socket, sys\n"
                   "sockets = [socket.socket(socket.AF_UNIX) for _ in range(100)]\n"
                   "for each in sockets: each.connect(sys.argv[1])\n"
                   "left = sockets\n"
                   "while len(left) > 32:\n"
                   "    ended = select.select(left, [], [], 10)[0]\n"
                   "    assert ended, len(left)\n"
                   "    left = [each for each in left if each not in ended]\n"
                   "print(len(left), flush=True)\n"
                   "sys.stdin.read()\n")
        hostile = subprocess.Popen(["/usr/bin/python3", "-c", program, str(self.path)], user=STRANGER, group=STRANGER,
                                   extra_groups=[], cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(hostile.stdout.readline(), "32\n")
            self.assertEqual(self.jobs(), [])
            self.assertEqual(self.jobs(user=OPERATOR), [])
        finally:
            hostile.communicate()

    @unittest.skipUnless(AS_ROOT, NEEDS_ROOT)
    def test_a_job_is_that_of_the_same_account_with_a_password(self):
        self.create("mine", user=OPERATOR)
        self.create("of root")
        network = Wsman(self.daemon, OPERATOR, OPERATOR_PASSWORD)
        self.addCleanup(network.close)
        self.assertEqual([job["DisplayName"] for job in network.enumerate()], ["mine"])
        network.create(self.origin.url("file.bin"), r"C:\local\n", name="over the network")
        self.assertEqual(sorted(self.jobs(user=OPERATOR)), ["mine", "over the network"])

    def test_everybody_may_connect_and_the_file_goes_with_the_daemon(self):
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o666)
        self.assertTrue(stat.S_ISSOCK(self.path.stat().st_mode))
        self.daemon.stop()
        self.assertFalse(self.path.exists())
        done = self.bitsctl("list", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("check that bitsd runs", done.stderr)
        self.daemon.start()

    def test_after_kill_9_the_next_daemon_takes_its_place(self):
        job = self.create("survivor")
        self.daemon.kill()
        self.assertTrue(self.path.exists())
        self.assertEqual(self.bitsctl("list", check=False).returncode, 3)
        self.daemon.start()
        self.assertIn(job, self.bitsctl("list").stdout)

    def start_another(self, path):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-other-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "bitsd.toml").write_text(
            f'[server]\nhttp = []\nlocal_socket = "{path}"\n[state]\ndirectory = "state"\n')
        return subprocess.run([BITSD, "--config", str(folder / "bitsd.toml")], text=True,
                              capture_output=True, timeout=30)

    def test_a_second_daemon_does_not_start_and_the_first_goes_on(self):
        done = self.start_another(self.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another process serves it", done.stderr)
        self.assertEqual(self.jobs(), [])

    def test_nothing_else_is_ever_replaced(self):
        precious = self.folder / "precious"
        precious.write_text("data")
        link = self.folder / "link.sock"
        link.symlink_to(precious)
        for path in (precious, link):
            done = self.start_another(path)
            self.assertEqual(done.returncode, 1)
            self.assertIn("something other than a socket is there", done.stderr)
        self.assertEqual(precious.read_text(), "data")
        foreign = socket.socket(socket.AF_UNIX)
        self.addCleanup(foreign.close)
        foreign.bind(str(self.folder / "foreign.sock"))
        foreign.listen()
        done = self.start_another(self.folder / "foreign.sock")
        self.assertIn("another process serves it", done.stderr)

    def test_of_many_that_start_at_once_after_a_kill_one_serves(self):
        path = self.folder / "race.sock"
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(path))
        left.close()
        daemons = []
        for number in range(4):
            folder = self.folder / f"race{number}"
            folder.mkdir()
            (folder / "bitsd.toml").write_text(
                f'[server]\nhttp = []\nlocal_socket = "{path}"\nendpoints_file = "up"\n'
                '[state]\ndirectory = "state"\n')
            daemons.append(subprocess.Popen([BITSD, "--config", str(folder / "bitsd.toml")],
                                            stderr=subprocess.DEVNULL))
        wait_until(lambda: sum(daemon.poll() is not None for daemon in daemons) == 3, 30, "three have given up")
        serving = [number for number, daemon in enumerate(daemons) if daemon.poll() is None]
        wait_until((self.folder / f"race{serving[0]}" / "up").exists, 20, "the one that is left serves")
        done = self.run_as([BITSCTL, "--socket", str(path), "list"])
        self.assertEqual(done.returncode, 0, done.stderr)
        daemons[serving[0]].send_signal(signal.SIGTERM)
        self.assertEqual(daemons[serving[0]].wait(20), 0)
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
