#!/usr/bin/env python3
"""Measures bitsd next to its peers in the same run and prints Markdown tables.

usage: tests/bench/run.py [get|create|download|all] [--runs N] [--seconds S] [--gib G]

Needs a release build (cmake --preset release) and `scripts/setup --bench`.
Every figure is the median of N runs; ratios compare medians of the same run.
"""
import argparse
import base64
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
BUILD = pathlib.Path(os.environ.get("BITSD_BUILD", ROOT / "build" / "release"))
os.environ.setdefault("BITSD", str(BUILD / "provider/bitsd/bitsd"))
os.environ.setdefault("BITSCTL", str(BUILD / "provider/bitsctl/bitsctl"))

from support.daemon import PASSWORD, USER, Daemon  # noqa: E402
from support.origin import Origin  # noqa: E402
from support.wsman import CORPUS, ERROR, TRANSFERRED, TRANSIENT_ERROR, Wsman  # noqa: E402

SETTINGS = """
[limits]
max_connections = 1200
max_connections_per_source = 1200
max_unauthenticated_connections = 1200
"""
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/soap+xml;charset=UTF-8"
wrk.headers["Authorization"] = "{authorization}"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
{more}"""


def wrk(url, script, connections, seconds):
    """(requests/s, p50 ms, p99 ms, errors)"""
    text = subprocess.run(
        ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s", "--latency",
         "--timeout", "10s", "-s", str(script), url], capture_output=True, text=True, check=True).stdout

    def latency(percent):
        value, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)", text, re.M).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return rate, latency(50), latency(99), int(bad.group(1)) if bad else 0


# A repeated MessageID is a repeated call, which makes no second job.
FRESH_MESSAGE_ID = """
local head, tail = wrk.body:match("^(.*MessageID[^>]*>)[^<]*(<.*)$")
local count, thread = 0, tostring({}):match("0x(%x+)")
thread = (string.rep("0", 16) .. thread):sub(-16)
function request()
  count = count + 1
  local id = string.format("uuid:%s-%s-%s-0000-%012x", thread:sub(1, 8), thread:sub(9, 12),
                           thread:sub(13, 16), count)
  return wrk.format(nil, nil, nil, head .. id .. tail)
end
"""


def script_for(folder, name, body, job="", more=""):
    file = folder / f"{name}.xml"
    file.write_bytes(body.replace(b"@JOBID@", job.encode()))
    lua = folder / f"{name}.lua"
    lua.write_text(LUA.format(body=file, more=more, authorization="Basic " + base64.b64encode(
        f"{USER}:{PASSWORD}".encode()).decode()))
    return lua


def corpus(prefix):
    return next(iter(CORPUS.glob(prefix + "-*"))).read_bytes()


def nginx_fixed(folder, reply):
    """nginx that answers every POST with the same reply; (process, url)."""
    from support.origin import free_port
    port = free_port()
    (folder / "tmp").mkdir()
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp; uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/soap+xml; return 200 '{"x" * len(reply)}'; }} }} }}
""")
    process = subprocess.Popen(["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
                               env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    time.sleep(0.5)
    return process, f"http://127.0.0.1:{port}/wsman"


def medians(samples):
    return [statistics.median(column) for column in zip(*samples)]


def bench_get(options):
    print("\n### Get over keep-alive connections\n")
    print("wrk and the server share the machine's cores; plain HTTP on loopback; nginx answers the same POST "
          "with a fixed reply of the same size.\n")
    print("| connections | bitsd req/s | p50 ms | p99 ms | nginx req/s | ratio | bitsd over TLS req/s | RSS MiB |")
    print("|--|--|--|--|--|--|--|--|")
    with tempfile.TemporaryDirectory() as name, \
            Daemon(settings=SETTINGS, http=True, server_settings="allow_unencrypted = true") as daemon:
        folder = pathlib.Path(name)
        client = Wsman(daemon)
        job = client.create("http://127.0.0.1:1/x", r"C:\bench\x.bin")
        script = script_for(folder, "get", corpus("08"), job)
        reply = client.get(job).bytes
        nginx, peer_url = nginx_fixed(folder, reply)
        try:
            for connections in (1, 64, 1000):
                ours, tls, peer = [], [], []
                for _ in range(options.runs):
                    ours.append(wrk(daemon.http_url, script, connections, options.seconds))
                    peer.append(wrk(peer_url, script, connections, options.seconds))
                    tls.append(wrk(daemon.url, script, connections, options.seconds))
                status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
                rss = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024
                rate, p50, p99, bad = medians(ours)
                assert bad == 0, f"{bad} replies were not 200"
                print(f"| {connections} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {medians(peer)[0]:,.0f} "
                      f"| {rate / medians(peer)[0]:.2f} | {medians(tls)[0]:,.0f} | {rss:.0f} |", flush=True)
        finally:
            nginx.terminate()
            nginx.wait(10)


def bench_create(options):
    print("\n### CreateJob, answered after the commit is on disk\n")
    print("| clients | jobs/s | p50 ms | p99 ms | ratio to one client |")
    print("|--|--|--|--|--|")
    first = None
    for clients in (1, 64):
        samples = []
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as name, \
                    Daemon(settings=SETTINGS, http=True, server_settings="allow_unencrypted = true") as daemon:
                script = script_for(pathlib.Path(name), "create", corpus("04"), more=FRESH_MESSAGE_ID)
                samples.append(wrk(daemon.http_url, script, clients, options.seconds))
                assert samples[-1][3] == 0, "a CreateJob was refused"
        rate, p50, p99, _ = medians(samples)
        first = first or rate
        print(f"| {clients} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {rate / first:.1f} |", flush=True)


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def download_bitsd(daemon, origin, name, tls):
    client = Wsman(daemon)
    before, started = cpu_of(daemon.process.pid), time.monotonic()
    job = client.create(origin.url(name, tls), rf"C:\bench\{name}")
    client.set(job, Priority=0)
    client.state(job, 2)
    done = client.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR), 600, 0.25)
    assert int(done["State"]) == TRANSFERRED, done
    wall, cpu = time.monotonic() - started, cpu_of(daemon.process.pid) - before
    assert client.state(job, 1) == 0
    (daemon.drive_c / "bench" / name).unlink()
    return cpu, wall


def download_curl(origin, name, folder, tls):
    target = folder / "curl.bin"
    before, started = os.times(), time.monotonic()
    subprocess.run(["curl", "-sS", "--cacert", str(origin.certificate), "-o", str(target),
                    origin.url(name, tls)], check=True)
    after = os.times()
    wall = time.monotonic() - started
    target.unlink()
    return (after.children_user + after.children_system - before.children_user - before.children_system, wall)


def bench_download(options):
    size = int(options.gib * (1 << 30))
    print(f"\n### One file of {options.gib:g} GiB, checkpoints on, next to curl\n")
    print("A new target file each time, tools in turn; nginx on loopback.\n")
    print("| | bitsd CPU s/GiB | curl CPU s/GiB | ratio | bitsd wall s | curl wall s | ratio |")
    print("|--|--|--|--|--|--|--|")
    with Origin() as origin, tempfile.TemporaryDirectory() as name, \
            Daemon(settings=f'[transfers]\nca_file = "{origin.certificate}"\n') as daemon:
        block = os.urandom(1 << 20)
        with open(origin.files / "big.bin", "wb") as file:
            for _ in range(size >> 20):
                file.write(block)
        (origin.files / "big.bin").chmod(0o644)
        for tls in (False, True):
            ours, peer = [], []
            for _ in range(options.runs):
                ours.append(download_bitsd(daemon, origin, "big.bin", tls))
                peer.append(download_curl(origin, "big.bin", pathlib.Path(name), tls))
            (cpu, wall), (peer_cpu, peer_wall) = medians(ours), medians(peer)
            print(f"| {'HTTPS' if tls else 'HTTP'} | {cpu / options.gib:.2f} | {peer_cpu / options.gib:.2f} "
                  f"| {cpu / peer_cpu:.2f} | {wall:.1f} | {peer_wall:.1f} | {wall / peer_wall:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="all", choices=["get", "create", "download", "all"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--gib", type=float, default=2)
    options = parser.parse_args()
    for name, bench in (("get", bench_get), ("create", bench_create), ("download", bench_download)):
        if options.what in (name, "all"):
            bench(options)


if __name__ == "__main__":
    main()
