"""One large file by bitsd, curl and aria2c from nginx on loopback.

The peers write over a target whose pages are there already, the best case that
they have (keep_target.cc says why). bitsd makes a new file each time, as it
always does: it reserves the room and writes past the page cache. It is told what to
do through its local socket: a password check would take 16 MiB more for a moment.
"""
import os
import pathlib
import subprocess
import tempfile
import time

from figures import BUILD, Gates, cpu_of, medians, rss_mib
from support.daemon import Daemon
from support.origin import Origin
from support.wsman import ERROR, TRANSFERRED, TRANSIENT_ERROR, LocalWsman

SOCKET = "bitsd.sock"
SHIM = BUILD / "tests/bench/libkeep_target.so"
# What is demanded: CPU and wall time next to curl's, CPU next to aria2c's.
BOUNDS = {"HTTP": {"curl_cpu": 0.4, "aria2c_cpu": 0.35, "curl_wall": 0.85}, "HTTPS": {"curl_cpu": 0.85}}


def by_bitsd(daemon, origin, name, tls):
    client = LocalWsman(daemon.folder / SOCKET)
    before, started = cpu_of(daemon.process.pid), time.monotonic()
    job = client.create(origin.url(name, tls), rf"C:\bench\{name}")
    client.set(job, Priority=0)
    client.state(job, 2)
    done = client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR), 600, 0.1)
    assert int(done["State"]) == TRANSFERRED, done
    wall, cpu = time.monotonic() - started, cpu_of(daemon.process.pid) - before
    assert client.state(job, 1) == 0
    (daemon.drive_c / "bench" / name).unlink()
    return cpu, wall


def by_command(command):
    before, started = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LD_PRELOAD": str(SHIM)})
    wall, after = time.monotonic() - started, os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system, wall)


def by_curl(origin, name, folder, tls):
    return by_command(["curl", "-sS", "--cacert", str(origin.certificate), "-o", str(folder / "target.bin"),
                       origin.url(name, tls)])


def by_aria2c(origin, name, folder, tls):
    return by_command(["aria2c", "-q", "-x1", "-s1", "--file-allocation=falloc", "--allow-overwrite=true",
                       "--auto-file-renaming=false", f"--ca-certificate={origin.certificate}",
                       f"--dir={folder}", "--out=target.bin", origin.url(name, tls)])


def make_file(path, size):
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    path.chmod(0o644)


def bench_download(options):
    gib, gates = options.gib, Gates()
    print(f"\n### One file of {gib:g} GiB, checkpoints on, medians of {options.runs}\n")
    print("| | bitsd CPU s/GiB | curl | aria2c -x1 | bitsd wall s | curl | aria2c -x1 |")
    print("|--|--|--|--|--|--|--|")
    with Origin() as origin, tempfile.TemporaryDirectory(dir=BUILD) as name, \
            Daemon(server_settings=f'local_socket = "{SOCKET}"',
                   settings=f'[transfers]\nca_file = "{origin.certificate}"\n') as daemon:
        folder = pathlib.Path(name)
        make_file(origin.files / "big.bin", int(gib * (1 << 30)))
        make_file(folder / "target.bin", int(gib * (1 << 30)))
        for tls in (False, True):
            label, samples = "HTTPS" if tls else "HTTP", []
            for _ in range(options.runs):
                samples.append(by_bitsd(daemon, origin, "big.bin", tls) + by_curl(origin, "big.bin", folder, tls)
                               + by_aria2c(origin, "big.bin", folder, tls))
            cpu, wall, curl_cpu, curl_wall, aria2c_cpu, aria2c_wall = medians(samples)
            print(f"| {label} | {cpu / gib:.2f} | {curl_cpu / gib:.2f} ({cpu / curl_cpu:.2f}) "
                  f"| {aria2c_cpu / gib:.2f} ({cpu / aria2c_cpu:.2f}) | {wall:.1f} "
                  f"| {curl_wall:.1f} ({wall / curl_wall:.2f}) | {aria2c_wall:.1f} ({wall / aria2c_wall:.2f}) |",
                  flush=True)
            ratios = {"curl_cpu": cpu / curl_cpu, "aria2c_cpu": cpu / aria2c_cpu, "curl_wall": wall / curl_wall}
            for what, bound in BOUNDS[label].items():
                peer, kind = what.split("_")
                gates.below(f"{label}: {kind} next to {peer}", ratios[what], bound, "{:,.2f}")
        gates.below("peak RSS, MiB", rss_mib(daemon.process.pid, "VmHWM"), 40)
    gates.print()
