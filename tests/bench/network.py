#!/usr/bin/env python3
"""Measures what clients notice while a long queue loses its network and gets it back.

usage: unshare --net tests/bench/network.py [--jobs N]

Needs root (or unshare --map-root-user --net), a build (BITSD and BITSCTL name its programs) and
`scripts/setup --bench`. Prints the table that docs/performance.md quotes.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from scale import CREATE, SETTINGS, Daemon, Queue, Wsman, corpus, rss_mib, script_for, wrk

HOST = "10.9.9.9"  # nobody answers there


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class FarQueue(Queue):
    """Whose jobs are on another machine."""

    def create(self, seconds):
        self.bursts += 1
        script = script_for(self.folder, f"create{self.bursts}", corpus("04"))
        text = CREATE.replace("{run}", f"{self.bursts:04X}").replace("127.0.0.1:1/", HOST + "/")
        script.write_text(script.read_text() + text)
        return wrk(self.daemon.http_url, script, 64, seconds)[0]


def in_state(client, state):
    return sum(job["State"] == str(state) for job in client.enumerate())


def watch(client, job, seconds):
    """Times of Get and of a change, one after the other, in ms."""
    gets, changes = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.monotonic()
        client.properties(job)
        middle = time.monotonic()
        assert client.set(job, Description=str(middle)).status == 200
        gets.append((middle - started) * 1000)
        changes.append((time.monotonic() - middle) * 1000)
    return gets, changes


def p99(values):
    return statistics.quantiles(values, n=100)[98]


def row(name, gets, changes, daemon, done):
    print(f"| {name} | {p99(gets):.1f} | {max(gets):.1f} | {p99(changes):.1f} | {max(changes):.1f} | "
          f"{rss_mib(daemon):.0f} | {done:,} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=15, help="to watch each change")
    options = parser.parse_args()
    ip("link", "set", "lo", "up")
    ip("link", "add", "bench0", "type", "veth", "peer", "name", "bench1")
    ip("link", "set", "bench1", "up")
    ip("addr", "add", "10.9.9.1/24", "dev", "bench0")
    ip("link", "set", "bench0", "up")
    with tempfile.TemporaryDirectory() as name, \
            Daemon(settings=SETTINGS, http=True, server_settings="allow_unencrypted = true") as daemon:
        client = Wsman(daemon)
        job = client.create("http://127.0.0.1:1/x", r"C:\bench\x.bin")
        queue = FarQueue(daemon, pathlib.Path(name))
        while len(client.enumerate()) < options.jobs:
            queue.create(5)
        print("| | Get p99 ms | most | Put p99 ms | most | RSS MiB | jobs in the state |\n"
              "|--|--|--|--|--|--|--|")
        row("before", *watch(client, job, 5), daemon, in_state(client, 0))
        ip("link", "set", "bench0", "down")
        row("network lost", *watch(client, job, options.seconds), daemon, in_state(client, 5))
        ip("link", "set", "bench0", "up")
        row("network back", *watch(client, job, options.seconds), daemon, in_state(client, 0))


if __name__ == "__main__":
    sys.exit(main())
