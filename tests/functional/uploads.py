"""Jobs that send files: scripts and bitsctl against a BITS upload server."""
import json
import os
import pathlib
import pwd
import random
import shutil
import subprocess
import tempfile
import time
import unittest
import zlib

from support.bits_server import BitsServer
from support.daemon import BITSCTL, OPERATOR, OPERATOR_PASSWORD, Daemon, wait_until
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, Wsman

KIB = 1 << 10
MIB = 1 << 20
E_NOTIMPL = 0x80004001
FILE_NOT_FOUND = 0x80070002
ACCESS_DENIED = 0x80070005
INVALID_ARGUMENT = 0x80070057
TOO_MANY_FILES = 0x8020001C
LOCAL_FILE_CHANGED = 0x8020001D
INVALID_STATE = 0x80200002
LOCAL_OPERATOR = "daemon"
SMALL_FILES = 8
SMALL_FILE_KILLS = 8
AS_ROOT = os.geteuid() == 0


def create(client, server, local, path="/uploads/a.bin", kind=1):
    """An upload that is not started yet; its JobId."""
    reply = client.invoke("CreateJob", DisplayName="upload", RemoteUrl=server.url(path), LocalFile=local,
                          Type=kind)
    assert reply.status == 200, reply.text
    return reply.properties()["JobId"]


def start(client, job):
    assert client.set(job, Priority=0).status == 200
    assert client.state(job, 2) == 0


def hold_second_fragment(packet):
    """A fault of BitsServer."""
    return "hold" if packet.type == "fragment" and packet.number == 2 else None


def error_code(client, job):
    return int(client.invoke("GetError", job, LanguageId=1033).properties()["ErrorCode"])


class UploadTest(unittest.TestCase):
    def daemon(self, **options):
        daemon = Daemon(**options)
        self.addCleanup(daemon.__exit__)
        daemon.start()
        return daemon

    def server(self, **options):
        server = BitsServer(**options)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    @staticmethod
    def source(daemon, size, name="a.bin"):
        """A file on the daemon's drive C; its content."""
        data = os.urandom(size)
        daemon.drive_c.mkdir(parents=True, exist_ok=True)
        (daemon.drive_c / name).write_bytes(data)
        return data

    def held_upload(self, server):
        """(daemon, client, job) while `server` holds the second fragment of the job."""
        daemon = self.daemon()
        self.source(daemon, 16 * MIB)
        client = Wsman(daemon)
        job = create(client, server, r"C:\a.bin")
        start(client, job)
        self.assertTrue(server.held.wait(60), daemon.log())
        return daemon, client, job

    def gone(self, client, job):
        self.assertEqual(client.get(job).fault()["wsman"], 2150858752)

    def test_a_script_uploads_a_file(self):
        server, daemon = self.server(), self.daemon()
        data = self.source(daemon, 3 * MIB + 1)
        client = Wsman(daemon)
        job = create(client, server, r"C:\a.bin")
        self.assertEqual(client.properties(job)["BytesTotal"], str(len(data)))
        added = client.invoke("AddFile", job, RemoteUrl=server.url("/b"), LocalFile=r"C:\b")
        self.assertEqual(added.fault()["wsman"], TOO_MANY_FILES)
        start(client, job)
        done = client.wait_for_state(job, (TRANSFERRED, ERROR))
        self.assertEqual(done["State"], str(TRANSFERRED), daemon.log())
        self.assertEqual(done["BytesTransferred"], str(len(data)))
        server.stop()  # Complete needs no network
        self.assertEqual(client.state(job, 1), 0)
        self.gone(client, job)
        self.assertEqual(server.files["/uploads/a.bin"], [data])
        self.assertEqual(server.count("close-session"), 1)
        self.assertEqual((daemon.drive_c / "a.bin").read_bytes(), data)

    def test_a_script_gets_the_reply_when_it_completes(self):
        server, daemon = self.server(reply=lambda data: b"got %d" % len(data)), self.daemon()
        self.source(daemon, 100 * KIB)
        client = Wsman(daemon)
        job = create(client, server, r"C:\a.bin", kind=2)
        self.assertEqual(client.settings(job)["Type"], "2")
        self.assertEqual(client.settings(job)["ReplyBytesTotal"], str(2**64 - 1))
        self.assertEqual(client.set_settings(job, ReplyFileName=r"C:\answer.txt").status, 200)
        start(client, job)
        client.wait_for_state(job, (TRANSFERRED, ERROR))
        self.assertEqual(client.settings(job)["ReplyBytesTransferred"], "10")
        late = client.set_settings(job, ReplyFileName=r"C:\late.txt")
        self.assertEqual(late.fault()["wsman"], INVALID_STATE)
        self.assertFalse((daemon.drive_c / "answer.txt").exists())
        self.assertEqual(daemon.bitsctl("reply-data", job).stdout, "got 102400")
        self.assertEqual(client.state(job, 1), 0)
        self.assertEqual((daemon.drive_c / "answer.txt").read_bytes(), b"got 102400")
        self.assertEqual(list(daemon.drive_c.glob("BIT*")), [])

    def test_bitsctl_uploads_and_waits(self):
        server, daemon = self.server(reply=b"thanks"), self.daemon()
        data = self.source(daemon, 10_000)
        put = daemon.bitsctl("put", r"C:\a.bin", server.url("/uploads/one"))
        self.assertEqual(put.stdout, server.url("/uploads/one") + "\n")
        self.assertEqual(server.files["/uploads/one"], [data])
        put = daemon.bitsctl("--json", "put", r"C:\a.bin", server.url("/uploads/two"), "--upload-reply",
                             "--reply-file", r"C:\answer")
        self.assertEqual(json.loads(put.stdout)["reply_file"], r"C:\answer")
        self.assertEqual((daemon.drive_c / "answer").read_bytes(), b"thanks")
        put = daemon.bitsctl("put", r"C:\a.bin", server.url("/uploads/three"), "--upload-reply")
        self.assertTrue(put.stdout.startswith("C:\\BIT"), put.stdout)
        self.assertEqual((daemon.drive_c / put.stdout.strip()[3:]).read_bytes(), b"thanks")
        job = daemon.bitsctl("create", "j", server.url("/uploads/four"), r"C:\a.bin", "--upload").stdout.strip()
        self.assertIn("Type:                upload\n", daemon.bitsctl("settings", job).stdout)
        daemon.bitsctl("resume", job)
        self.assertIn("Transferred", daemon.bitsctl("watch", job).stdout)
        daemon.bitsctl("complete", job)
        self.assertEqual(server.files["/uploads/four"], [data])

    def test_after_kill_the_same_session_goes_on(self):
        server = self.server(fault=lambda packet: "hold" if packet.type == "fragment" and packet.number == 3
                             else None)
        daemon = self.daemon()
        data = self.source(daemon, 24 * MIB)
        client = Wsman(daemon)
        job = create(client, server, r"C:\a.bin")
        start(client, job)
        self.assertTrue(server.held.wait(60), daemon.log())
        daemon.kill()
        server.release()
        daemon.start()
        client = Wsman(daemon)
        done = client.wait_for_state(job, (TRANSFERRED, ERROR), 120)
        self.assertEqual(done["State"], str(TRANSFERRED), daemon.log())
        self.assertEqual(client.state(job, 1), 0)
        self.assertEqual(server.count("create-session"), 1)
        self.assertEqual([len(content) for content in server.files["/uploads/a.bin"]], [len(data)])
        self.assertEqual(server.files["/uploads/a.bin"], [data])

    def test_random_kills_lose_and_double_nothing(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        server = self.server(reply=lambda data: str(zlib.crc32(data)).encode())
        daemon = self.daemon()
        client = Wsman(daemon)
        sources = {}
        for number in range(8):
            name = f"{number}.bin"
            data = self.source(daemon, chance.randrange(4 * MIB, 12 * MIB), name)
            kind = 1 + number % 2
            job = create(client, server, f"C:\\{name}", f"/uploads/{name}", kind)
            if kind == 2:
                client.set_settings(job, ReplyFileName=f"C:\\{name}.reply")
            assert client.set(job, Priority=0, MinimumRetryDelay=5).status == 200
            sources[job] = (name, data, kind)
        for job in sources:
            client.state(job, 2)
        for _ in range(6):
            time.sleep(chance.uniform(0.02, 0.4))
            daemon.kill()
            daemon.start()
        client = Wsman(daemon)
        for job, (name, data, kind) in sources.items():
            done = client.wait_for_state(job, (TRANSFERRED, ERROR), 120)
            self.assertEqual(done["State"], str(TRANSFERRED), (seed, daemon.log()))
            self.assertEqual(client.state(job, 1), 0)
            self.assertEqual([len(content) for content in server.files[f"/uploads/{name}"]], [len(data)],
                             (seed, name))
            self.assertEqual(server.files[f"/uploads/{name}"], [data], (seed, name))
            if kind == 2:
                self.assertEqual((daemon.drive_c / f"{name}.reply").read_bytes(),
                                 str(zlib.crc32(data)).encode(), seed)
        self.assertEqual(client.enumerate(), [])

    def test_small_files_are_stored_once_whenever_the_service_is_killed(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        server, daemon = self.server(), self.daemon()
        sources = {}
        for kill in range(SMALL_FILE_KILLS):
            client = Wsman(daemon)
            for number in range(SMALL_FILES):
                name = f"{kill}-{number}.bin"
                data = self.source(daemon, chance.randrange(1, 2000), name)
                os.utime(daemon.drive_c / name, (1e9, 1e9))
                job = create(client, server, f"C:\\{name}", f"/uploads/{name}")
                assert client.set(job, Priority=0, MinimumRetryDelay=5).status == 200
                sources[job] = (name, data)
            seen = server.count("create-session")
            for job in list(sources)[-SMALL_FILES:]:
                client.state(job, 2)
            # Some session is there: its first byte and its end come within milliseconds.
            wait_until(lambda: server.count("create-session") > seen, 30, "an upload has begun",
                       interval=0.001)
            time.sleep(chance.uniform(0, 0.03))
            daemon.kill()
            daemon.start()
        client = Wsman(daemon)
        for job, (name, data) in sources.items():
            done = client.wait_for_state(job, (TRANSFERRED, ERROR), 120)
            self.assertEqual(done["State"], str(TRANSFERRED), (seed, daemon.log()))
            self.assertEqual(client.state(job, 1), 0)
        # All that were delivered twice, with the packets that did it.
        twice = {name: [packet.type for packet in server.packets if packet.path == f"/uploads/{name}"]
                 for name, _ in sources.values() if len(server.files[f"/uploads/{name}"]) != 1}
        self.assertEqual(twice, {}, seed)
        for name, data in sources.values():
            self.assertEqual(server.files[f"/uploads/{name}"], [data], (seed, name))

    def test_cancel_tells_the_server(self):
        server = self.server(fault=hold_second_fragment)
        _, client, job = self.held_upload(server)
        self.assertEqual(client.state(job, 0), 0)
        self.gone(client, job)
        server.release()
        wait_until(lambda: server.count("cancel-session") == 1, 60, "the server was told")
        wait_until(lambda: not server.sessions, 10, "the session has gone")
        self.assertEqual(server.files, {})

    def test_a_server_that_was_away_is_told_after_a_restart(self):
        away = {"away": False}

        def fault(packet):
            if packet.type == "cancel-session" and away["away"]:
                return (503, {})
            return hold_second_fragment(packet)
        server = self.server(fault=fault)
        daemon, client, job = self.held_upload(server)
        away["away"] = True
        self.assertEqual(client.state(job, 0), 0)
        self.gone(client, job)
        server.release()
        wait_until(lambda: server.count("cancel-session") >= 1, 60, "the server was asked")
        daemon.kill()
        away["away"] = False
        daemon.start()
        client = Wsman(daemon)
        self.assertEqual(client.enumerate(), [])
        self.gone(client, job)
        wait_until(lambda: not server.sessions, 60, "the server was told")
        self.assertEqual(server.files, {})

    def test_a_source_that_changes_is_never_stored_as_a_mix(self):
        server = self.server(fault=hold_second_fragment)
        daemon, client, job = self.held_upload(server)
        changed = self.source(daemon, 16 * MIB)
        server.release()
        client.wait_for_state(job, (TRANSFERRED, ERROR), 60)
        self.assertEqual(error_code(client, job), LOCAL_FILE_CHANGED)
        self.assertEqual(server.files, {})
        self.assertEqual(client.state(job, 2), 0)
        done = client.wait_for_state(job, (TRANSFERRED, ERROR), 60)
        self.assertEqual(done["State"], str(TRANSFERRED), daemon.log())
        self.assertEqual(server.files["/uploads/a.bin"], [changed])

    def test_sources_that_are_no_files_are_refused(self):
        server, daemon = self.server(), self.daemon()
        self.source(daemon, 1)
        outside = daemon.folder / "secret"
        outside.write_text("secret")
        (daemon.drive_c / "link").symlink_to(outside)
        (daemon.drive_c / "folder").mkdir()
        os.mkfifo(daemon.drive_c / "pipe")
        client = Wsman(daemon)
        for name, codes in (("absent", [FILE_NOT_FOUND]), ("link", [ACCESS_DENIED]),
                            ("folder", [INVALID_ARGUMENT, ACCESS_DENIED]), ("pipe", [INVALID_ARGUMENT])):
            reply = client.invoke("CreateJob", DisplayName="n", RemoteUrl=server.url("/uploads/a"),
                                  LocalFile=f"C:\\{name}", Type=1)
            self.assertIn(reply.fault()["wsman"], codes, (name, reply.text))
        self.assertEqual(server.packets, [])

    def test_operators_upload_too_and_see_their_own(self):
        server, daemon = self.server(), self.daemon()
        data = self.source(daemon, 1000)
        olga = Wsman(daemon, OPERATOR, OPERATOR_PASSWORD)
        job = create(olga, server, r"C:\a.bin")
        start(olga, job)
        self.assertEqual(olga.wait_for_state(job, (TRANSFERRED, ERROR))["State"], str(TRANSFERRED))
        self.assertEqual(olga.state(job, 1), 0)
        self.assertEqual(server.files["/uploads/a.bin"], [data])
        job = create(Wsman(daemon), server, r"C:\a.bin")
        self.gone(olga, job)

    def test_uploads_can_be_turned_off(self):
        server, daemon = self.server(), self.daemon(settings='[jobs]\nuploads = "off"\n')
        self.source(daemon, 1)
        for kind in (1, 2):
            reply = Wsman(daemon).invoke("CreateJob", DisplayName="n", RemoteUrl=server.url("/uploads/a"),
                                         LocalFile=r"C:\a.bin", Type=kind)
            self.assertEqual(reply.fault()["wsman"], E_NOTIMPL)
            self.assertIn("jobs.uploads", reply.fault()["text"])

    @unittest.skipUnless(AS_ROOT, "only root can act as another user of this machine")
    def test_a_local_user_uploads_what_he_can_read(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-uploads-"))
        self.addCleanup(shutil.rmtree, folder)
        folder.chmod(0o755)
        program = shutil.copy(BITSCTL, folder / "bitsctl")
        share = folder / "share"
        share.mkdir(mode=0o755)
        socket = folder / "run" / "bitsd.sock"
        server = self.server()
        daemon = Daemon(settings=f'[paths]\nroots = ["{share}"]\n', server_settings=f'local_socket = "{socket}"')
        config = daemon.folder / "bitsd.toml"
        config.write_text(config.read_text().replace("operator = [", f'operator = ["user:{LOCAL_OPERATOR}", '))
        self.addCleanup(daemon.__exit__)
        daemon.start()
        account = pwd.getpwnam(LOCAL_OPERATOR)

        def put(path):
            return subprocess.run([str(program), "--socket", str(socket), "put", str(path),
                                   server.url("/uploads/" + path.name)], text=True, capture_output=True,
                                  timeout=60, cwd="/", stdin=subprocess.DEVNULL, user=account.pw_uid,
                                  group=account.pw_gid, extra_groups=[])

        for name, mode, owner, group in (("public", 0o644, 0, 0), ("own", 0o400, account.pw_uid, 0),
                                         ("group", 0o640, 0, account.pw_gid), ("root", 0o600, 0, 0),
                                         ("others-group", 0o640, 0, 0), ("not-him", 0o044, account.pw_uid, 0)):
            path = share / name
            path.write_bytes(b"content")
            os.chown(path, owner, group)
            path.chmod(mode)
            done = put(path)
            if name in ("public", "own", "group"):
                self.assertEqual(done.returncode, 0, (name, done.stderr))
                self.assertEqual(server.files["/uploads/" + name], [b"content"])
            else:
                self.assertNotEqual(done.returncode, 0, name)
                self.assertIn("E_ACCESSDENIED", done.stderr)
                self.assertNotIn("/uploads/" + name, server.files)
        closed = share / "closed"
        closed.mkdir(mode=0o700)
        (closed / "inside").write_bytes(b"content")
        (closed / "inside").chmod(0o644)
        self.assertNotEqual(put(closed / "inside").returncode, 0)
        self.assertNotIn("/uploads/inside", server.files)

    def test_a_server_that_knows_no_uploads_ends_the_job(self):
        with Origin() as origin:
            origin.put("a.bin", b"x")
            daemon = self.daemon()
            self.source(daemon, 10)
            done = daemon.bitsctl("put", r"C:\a.bin", origin.url("a.bin"), check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("cannot upload to", done.stderr)


if __name__ == "__main__":
    unittest.main()
