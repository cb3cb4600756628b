#!/usr/bin/env python3
"""Measures bitsd next to its peers in the same run and prints Markdown tables.

usage: tests/bench/run.py [get|bodies|create|download|all] [--runs N] [--seconds S] [--gib G]

Needs `scripts/setup --bench` and a release build with tests/bench:
cmake --preset bench && cmake --build --preset bench
Every figure is the median of N runs; ratios compare medians of the same run.
Most end with what is demanded of the figures.
"""
import argparse
import base64
import os
import pathlib
import re
import resource
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
import urllib.parse

from figures import BUILD, Gates, medians, rss_mib  # first: it sets BITSD and BITSCTL
from bodies import BYTES, forms
from download import bench_download
from support.daemon import PASSWORD, USER, Daemon, wait_until
from support.wsman import CORPUS, Wsman

SETTINGS = """
[limits]
max_connections = 1300
max_connections_per_source = 1300
max_unauthenticated_connections = 400
"""
PLAIN = {"settings": SETTINGS, "http": True, "server_settings": "allow_unencrypted = true"}
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
local head, tail = wrk.body:match("^(.-MessageID[^>]*>)[^<]*(<.*)$")
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
    lua.write_text(LUA.format(body=file, more=more, authorization=basic()))
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


def basic():
    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def head_for(body):
    return (f"POST /wsman HTTP/1.1\r\nHost: localhost\r\nAuthorization: {basic()}\r\n"
            "Content-Type: application/soap+xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()


def connect(daemon, tls=False):
    url = urllib.parse.urlsplit(daemon.url if tls else daemon.http_url)
    connection = socket.create_connection((url.hostname, url.port), 30)
    if not tls:
        return connection
    context = ssl.create_default_context(cafile=str(daemon.certificate))
    return context.wrap_socket(connection, server_hostname="localhost")


def exchange(connection, body):
    """Sends the body and reads the whole reply; its status."""
    connection.sendall(head_for(body) + body)
    reply = b""
    while b"\r\n\r\n" not in reply:
        received = connection.recv(65536)
        if not received:
            return 0
        reply += received
    head, _, rest = reply.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head.split(b" ")[1])


def served(daemon, body, tls=False):
    """A connection that has been answered once, and is idle."""
    connection = connect(daemon, tls)
    status = exchange(connection, body)
    assert status == 200, status
    return connection


def job_and_body(daemon):
    job = Wsman(daemon).create("http://127.0.0.1:1/x", r"C:\bench\x.bin")
    return job, corpus("08").replace(b"@JOBID@", job.encode())


def bench_rates(options, gates):
    print("| connections | bitsd req/s | p50 ms | p99 ms | nginx req/s | p99 ms | ratio | bitsd over TLS req/s "
          "| p99 ms | RSS MiB |")
    print("|--|--|--|--|--|--|--|--|--|--|")
    with tempfile.TemporaryDirectory() as name, Daemon(**PLAIN) as daemon:
        folder = pathlib.Path(name)
        job, _ = job_and_body(daemon)
        script = script_for(folder, "get", corpus("08"), job)
        nginx, peer_url = nginx_fixed(folder, Wsman(daemon).get(job).bytes)
        try:
            for connections in (1, 64, 1000):
                ours, tls, peer = [], [], []
                for _ in range(options.runs):
                    ours.append(wrk(daemon.http_url, script, connections, options.seconds))
                    peer.append(wrk(peer_url, script, connections, options.seconds))
                    tls.append(wrk(daemon.url, script, connections, options.seconds))
                (rate, p50, p99, bad), (peer_rate, _, peer_p99, _) = medians(ours), medians(peer)
                assert bad == 0, f"{bad} replies were not 200"
                print(f"| {connections} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {peer_rate:,.0f} | {peer_p99:.2f} "
                      f"| {rate / peer_rate:.2f} | {medians(tls)[0]:,.0f} | {medians(tls)[2]:.2f} "
                      f"| {rss_mib(daemon.process.pid):.0f} |", flush=True)
                if connections == 64:
                    gates.at_least("Get on 64 connections, req/s", rate, 25_000, "{:,.0f}")
                    gates.at_least("the same, nginx = 1", rate / peer_rate, 0.35)
                if connections == 1000:
                    gates.below("p99 on 1,000 connections, ms", p99, 100)
        finally:
            nginx.terminate()
            nginx.wait(10)


def bench_memory(gates):
    """RSS while 1,000 connections are open that have each been served."""
    print("\n| 1,000 connections | RSS before, MiB | RSS, MiB | KiB for each |\n|--|--|--|--|")
    for tls in (False, True):
        with Daemon(**PLAIN) as daemon:
            _, body = job_and_body(daemon)
            before = rss_mib(daemon.process.pid)
            connections = [served(daemon, body, tls) for _ in range(1_000)]
            after = rss_mib(daemon.process.pid)
            print(f"| {'TLS' if tls else 'plain'} | {before:.0f} | {after:.0f} | {(after - before) * 1.024:.1f} |",
                  flush=True)
            gates.below(f"RSS with 1,000 {'TLS' if tls else 'plain'} connections, MiB", after, 64)
            for connection in connections:
                connection.close()


def bench_beside_others(options, gates):
    """A new client's time from connect to reply while others are idle or slow."""
    samples = []
    for _ in range(options.runs):
        with Daemon(**PLAIN) as daemon:
            _, body = job_and_body(daemon)
            idle = [served(daemon, body) for _ in range(1_000)]
            slow = [connect(daemon) for _ in range(200)]
            times = []
            for i in range(300):
                slow[i % len(slow)].sendall(b"P" if i < len(slow) else b"O")
                started = time.perf_counter()
                with connect(daemon) as connection:
                    assert exchange(connection, body) == 200
                times.append((time.perf_counter() - started) * 1000)
            samples.append((statistics.median(times), sorted(times)[len(times) * 99 // 100]))
            for connection in idle + slow:
                connection.close()
    p50, p99 = medians(samples)
    print(f"\nA new client beside 1,000 idle connections and 200 that send their head slowly: p50 {p50:.2f} ms, "
          f"p99 {p99:.2f} ms.", flush=True)
    gates.below("p99 of a new client beside idle and slow ones, ms", p99, 50)


def bench_sealed(options, gates):
    """The same client program in clear text and sealed, 64 connections."""
    program = BUILD / "tests/bench/load_client"
    samples = []
    with tempfile.TemporaryDirectory() as name, Daemon(**PLAIN, ntlm=True) as daemon:
        _, body = job_and_body(daemon)
        file = pathlib.Path(name) / "body.xml"
        file.write_bytes(body)
        port = str(urllib.parse.urlsplit(daemon.http_url).port)
        for _ in range(options.runs):
            samples.append([int(subprocess.run(
                [program, form, port, USER, PASSWORD, file, "64", str(options.seconds)],
                stdout=subprocess.PIPE, check=True).stdout) for form in ("plain", "sealed")])
    plain, sealed = medians(samples)
    print(f"\nOn 64 connections, both with tests/bench/load_client: {plain:,.0f} req/s in clear text with Basic, "
          f"{sealed:,.0f} req/s sealed with NTLM, ratio {sealed / plain:.2f}.", flush=True)
    gates.at_least("sealed with NTLM, clear text = 1", sealed / plain, 0.5)


def bench_get(options):
    print("\n### Get over keep-alive connections\n")
    print("wrk and the server share the machine's cores; plain HTTP on loopback; nginx answers the same POST "
          "with a fixed reply of the same size.\n")
    gates = Gates()
    bench_rates(options, gates)
    bench_memory(gates)
    bench_beside_others(options, gates)
    bench_sealed(options, gates)
    gates.print()


def cpu_ms(daemon):
    """CPU time of all threads that are still there, to the nanosecond where /proc/PID/stat counts ticks."""
    tasks = pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def bench_bodies(options):
    print("\n### The dearest bodies\n")
    print(f"Up to {BYTES:,} bytes each, posted by a verified caller; CPU time of the whole daemon, from the first "
          "byte to the reply.\n")
    gates = Gates()
    costs = []
    with Daemon(**PLAIN) as daemon:
        job_and_body(daemon)
        for name, body in forms().items():
            samples = []
            for _ in range(options.runs):
                with connect(daemon) as connection:
                    before = cpu_ms(daemon)
                    status = exchange(connection, body)
                    samples.append((cpu_ms(daemon) - before, status))
            costs.append((medians(samples)[0], name, len(body), samples[0][1]))
    print("| body | bytes | status | CPU ms |\n|--|--|--|--|")
    for cost, name, size, status in sorted(costs, reverse=True):
        print(f"| {name} | {size:,} | {status} | {cost:.1f} |", flush=True)
    gates.below("the dearest body, CPU ms", max(costs)[0], 50)
    gates.print()


def bench_create(options):
    print("\n### CreateJob, answered after the commit is on disk\n")
    print("| clients | jobs/s | p50 ms | p99 ms | ratio to one client |")
    print("|--|--|--|--|--|")
    first = None
    for clients in (1, 64):
        samples = []
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as name, \
                    Daemon(**PLAIN) as daemon:
                script = script_for(pathlib.Path(name), "create", corpus("04"), more=FRESH_MESSAGE_ID)
                samples.append(wrk(daemon.http_url, script, clients, options.seconds))
                assert samples[-1][3] == 0, "a CreateJob was refused"
        rate, p50, p99, _ = medians(samples)
        first = first or rate
        print(f"| {clients} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {rate / first:.1f} |", flush=True)
    peer = medians([add_uri_rate(64, options.seconds) for _ in range(options.runs)])[0]
    print(f"\naria2c keeps its queue in memory only: {peer:,.0f} addUri/s with 64 clients over JSON-RPC, "
          f"ratio {rate / peer:.2f}.", flush=True)


# Paused, so that nothing is transferred while calls are counted.
ADD_URI = ('{"jsonrpc":"2.0","id":"1","method":"aria2.addUri",'
           '"params":[["http://127.0.0.1:1/x"],{"pause":"true"}]}')


def add_uri_rate(clients, seconds):
    """What wrk measures for addUri on an aria2c of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "addUri.json").write_text(ADD_URI)
        (folder / "addUri.lua").write_text(LUA.format(authorization="", body=folder / "addUri.json", more=""))
        aria2 = subprocess.Popen(["aria2c", "-q", "--no-conf", "--enable-rpc", f"--rpc-listen-port={port}",
                                  f"--dir={folder}"])
        try:
            wait_until(lambda: listens(port), 10, "aria2c listens")
            return wrk(f"http://127.0.0.1:{port}/jsonrpc", folder / "addUri.lua", clients, seconds)
        finally:
            aria2.kill()
            aria2.wait()


def listens(port):
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="all", choices=["get", "bodies", "create", "download", "all"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--gib", type=float, default=2)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name, bench in (("get", bench_get), ("bodies", bench_bodies), ("create", bench_create),
                        ("download", bench_download)):
        if options.what in (name, "all"):
            bench(options)


if __name__ == "__main__":
    main()
