#!/usr/bin/env python3
"""Measures how far background transfers give way to other traffic.

usage: tests/bench/background.py [--rate MBIT] [--queue MS] [--control reno|cubic|bbr] [--seconds S]

Needs root (or `unshare -Urn`), a bench build and `scripts/setup --bench`. Three
network namespaces of its own, with a token bucket filter in the middle as the slow
line. Prints the rates that docs/performance.md quotes and ends with 1
when the foreground keeps less than 90 % of what it has alone, or the background
alone takes less than 95 % of that.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import figures  # noqa: F401 - first: it sets BITSD and BITSCTL
from support.daemon import PASSWORD, USER, Daemon

SERVER_ADDRESS = "10.99.0.1"
PORT = 8080
HEAD_BYTES = 14 + 20 + 32
# Sends zeros for as long as the client reads, with the congestion control it is told.
SERVER = f"""
import socket, sys, threading
listener = socket.create_server(("{SERVER_ADDRESS}", {PORT}), backlog=16)
def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[1].encode())
    size = 8 << 30
    while True:
        head = b""
        while not head.endswith(b"\\r\\n\\r\\n"):
            more = client.recv(4096)
            if not more: return
            head += more
        client.sendall(b"HTTP/1.1 200 OK\\r\\nETag: \\"1\\"\\r\\nAccept-Ranges: bytes\\r\\n"
                       b"Content-Length: %d\\r\\n\\r\\n" % size)
        if head.startswith(b"HEAD"): continue
        try:
            while True: client.sendall(bytes(65536))
        except OSError:
            return
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
# Another program's download: prints its bytes a second.
CLIENT = f"""
import socket, sys, time
s = socket.create_connection(("{SERVER_ADDRESS}", {PORT}))
s.sendall(b"GET /x HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
end, total, begin = time.monotonic() + float(sys.argv[1]), 0, time.monotonic()
while time.monotonic() < end: total += len(s.recv(262144))
print(total / (time.monotonic() - begin))
"""


def command(*words):
    subprocess.run(words, check=True)


def inside(name, *words):
    return ["ip", "netns", "exec", name, *words]


class Line:
    """Server, router and client in namespaces. The router has the slow line: a queue on the
    server's own interface would hold back each of its connections by itself."""

    def __init__(self, rate, queue):
        self.server, self.router, self.client = (f"bitsd-{part}{os.getpid()}" for part in "src")
        for name in (self.server, self.router, self.client):
            command("ip", "netns", "add", name)
            command("ip", "-n", name, "link", "set", "lo", "up")
        self.connect(self.server, SERVER_ADDRESS, "10.99.0.2", "towards-server")
        self.connect(self.client, "10.99.1.1", "10.99.1.2", "towards-client")
        command(*inside(self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"))
        command(*inside(self.router, "tc", "qdisc", "add", "dev", "towards-client", "root", "tbf",
                        "rate", f"{rate}mbit", "burst", "16kb", "latency", f"{queue}ms"))

    def connect(self, end, address, gateway, device):
        command("ip", "-n", self.router, "link", "add", device, "type", "veth", "peer", "name",
                "eth0", "netns", end)
        for name, interface, own in ((self.router, device, gateway), (end, "eth0", address)):
            command("ip", "-n", name, "address", "add", f"{own}/24", "dev", interface)
            command("ip", "-n", name, "link", "set", interface, "up")
        command("ip", "-n", end, "route", "add", "default", "via", gateway)

    def received(self):
        """Bytes that came to the client, without their Ethernet, IP and TCP heads."""
        folder = "/sys/class/net/eth0/statistics/"
        done = subprocess.run(inside(self.client, "cat", folder + "rx_bytes", folder + "rx_packets"),
                              check=True, capture_output=True, text=True)
        size, packets = map(int, done.stdout.split())
        return size - packets * HEAD_BYTES

    def close(self):
        for name in (self.client, self.router, self.server):
            subprocess.run(["ip", "netns", "delete", name], check=False)


def foreground(line, seconds):
    done = subprocess.run(inside(line.client, sys.executable, "-c", CLIENT, str(seconds)),
                          check=True, capture_output=True, text=True)
    return float(done.stdout)


def line_rate(line, seconds):
    before, begin = line.received(), time.monotonic()
    time.sleep(seconds)
    return (line.received() - before) / (time.monotonic() - begin)


class Background:
    """bitsd in the client's namespace with one background job that never ends."""

    def __init__(self, line, yields):
        self.line, self.yields = line, yields

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bitsd-background-")
        settings = f"""
[transfers]
background_yields = {str(self.yields).lower()}
"""
        self.daemon = Daemon(self.folder.name, settings=settings, http=True)
        self.daemon.start(prefix=inside(self.line.client))
        words = [*inside(self.line.client), os.environ["BITSCTL"], "--host",
                 self.daemon.url, "--user", USER, "--password-file", str(self.password()),
                 "--cacert", str(self.daemon.certificate), "create", "--priority", "normal",
                 "--start", "x", f"http://{SERVER_ADDRESS}:{PORT}/background", r"C:\background"]
        subprocess.run(words, check=True, capture_output=True)
        return self

    def password(self):
        path = pathlib.Path(self.folder.name) / "password"
        path.write_text(PASSWORD + "\n")
        path.chmod(0o600)
        return path

    def __exit__(self, *_):
        self.daemon.stop()
        self.folder.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rate", type=int, default=40)
    parser.add_argument("--queue", type=int, default=150)
    parser.add_argument("--control", default="reno")
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    line = Line(options.rate, options.queue)
    server = subprocess.Popen(inside(line.server, sys.executable, "-c", SERVER, options.control),
                              stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        alone = foreground(line, options.seconds)
        print(f"foreground alone            {alone / 1e6:6.2f} MB/s", flush=True)
        shares = {}
        for yields in (False, True):
            with Background(line, yields):
                time.sleep(4)
                idle = line_rate(line, options.seconds)
                beside = foreground(line, options.seconds)
                time.sleep(3)
                again = line_rate(line, options.seconds / 2)
            shares[yields] = (idle / alone, beside / alone)
            print(f"background_yields = {str(yields):5}   background alone {idle / 1e6:6.2f} MB/s "
                  f"({idle / alone:.0%}), foreground beside it {beside / 1e6:6.2f} MB/s "
                  f"({beside / alone:.0%}), background afterwards {again / 1e6:6.2f} MB/s", flush=True)
    finally:
        server.kill()
        server.wait()
        line.close()
    return 0 if shares[True][0] >= 0.95 and shares[True][1] >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
