#!/usr/bin/env python3
"""Measures bitsd with a long queue next to itself with a short one.

usage: tests/bench/scale.py [--jobs N] [--seconds S] [--runs N]

Needs a release build (cmake --preset release) and `scripts/setup --bench`.
Prints the memory, the rates and the start that docs/performance.md quotes.
"""
import argparse
import pathlib
import statistics
import tempfile
import time

from figures import rss_mib  # first: it sets BITSD and BITSCTL
from run import SETTINGS, corpus, script_for, wrk
from support.daemon import Daemon
from support.wsman import Wsman

# A queued job of its own for each request, as a retry of the same message would make none.
CREATE = """
local thread_count = 0
function setup(thread) thread:set("id", thread_count); thread_count = thread_count + 1 end
local count = 0
function request()
  count = count + 1
  local number = string.format("%01X%s%07X", id, "{run}", count)
  local body = wrk.body:gsub("uuid:B20E198E%-3350%-5503%-BF38%-940779C6347A", "uuid:B20E198E-3350-5503-BF38-" .. number)
  body = body:gsub("TestJob", "Nightly package " .. number)
  body = body:gsub("https://Server01/servertestdir/testfile1.txt",
                   "http://127.0.0.1:1/packages/2026/stable/file-" .. number .. ".bin")
  body = body:gsub("testfile1.txt", "file-" .. number .. ".bin")
  body = body:gsub("<p:Type>0</p:Type>", "<p:Type>0</p:Type><p:Suspend>false</p:Suspend>")
  return wrk.format(nil, nil, nil, body)
end
"""


class Queue:
    """A daemon whose queue grows by whole bursts of wrk."""

    def __init__(self, daemon, folder):
        self.daemon, self.folder, self.bursts = daemon, folder, 0

    def create(self, seconds):
        self.bursts += 1
        script = script_for(self.folder, f"create{self.bursts}", corpus("04"))
        script.write_text(script.read_text() + CREATE.replace("{run}", f"{self.bursts:04X}"))
        rate, p50, p99, bad = wrk(self.daemon.http_url, script, 64, seconds)
        assert bad == 0, f"{bad} CreateJob were refused"
        return rate

    def get(self, job, seconds, runs):
        script = script_for(self.folder, "get", corpus("08"), job)
        samples = [wrk(self.daemon.http_url, script, 64, seconds) for _ in range(runs)]
        return [statistics.median(column) for column in zip(*samples)]


def restart(daemon, job):
    """Seconds from the start to the first answered Get, after kill -9."""
    daemon.kill()
    started = time.monotonic()
    daemon.start()
    Wsman(daemon).properties(job)
    return time.monotonic() - started


def enumerate_all(daemon):
    started = time.monotonic()
    jobs = Wsman(daemon).enumerate()
    return len(jobs), time.monotonic() - started


def forget_peak(daemon):
    """VmHWM is what it is from here on."""
    pathlib.Path(f"/proc/{daemon.process.pid}/clear_refs").write_text("5")


def job_of_many_files(client, count):
    job = client.create("http://127.0.0.1:1/x", r"C:\bench\many.bin")
    for number in range(1, count):
        reply = client.invoke("AddFile", job, RemoteUrl=f"http://127.0.0.1:1/packages/file-{number}.bin",
                              LocalFile=rf"C:\bench\file-{number}.bin")
        assert reply.status == 200, reply.text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=200, help="of the one job that has many")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, \
            Daemon(settings=SETTINGS, http=True, server_settings="allow_unencrypted = true") as daemon:
        queue = Queue(daemon, pathlib.Path(name))
        client = Wsman(daemon)
        job = client.create("http://127.0.0.1:1/x", r"C:\bench\x.bin")
        for number in range(99):
            client.create("http://127.0.0.1:1/x", rf"C:\bench\x{number}.bin")
        print("| jobs | RSS MiB | Get/s | Get p99 ms | CreateJob/s |\n|--|--|--|--|--|")
        small = queue.get(job, options.seconds, options.runs)
        memory = rss_mib(daemon.process.pid)
        first = queue.create(options.seconds)
        print(f"| 100 | {memory:.0f} | {small[0]:,.0f} | {small[2]:.1f} | {first:,.0f} |", flush=True)
        job_of_many_files(client, options.files)
        while (count := enumerate_all(daemon)[0]) < options.jobs:
            queue.create(max(1, min(10, int((options.jobs - count) / first))))
        memory = rss_mib(daemon.process.pid)
        large = queue.get(job, options.seconds, options.runs)
        last = queue.create(options.seconds)
        print(f"| {count:,} | {memory:.0f} | {large[0]:,.0f} | {large[2]:.1f} | {last:,.0f} |", flush=True)
        forget_peak(daemon)
        before = rss_mib(daemon.process.pid)
        count, enumerated = enumerate_all(daemon)
        print(f"\nEnumerate of {count:,} jobs: {enumerated:.1f} s, RSS {before:.1f} MiB, "
              f"peak meanwhile {rss_mib(daemon.process.pid, 'VmHWM'):.1f} MiB")
        seconds = restart(daemon, job)
        kept, _ = enumerate_all(daemon)
        print(f"kill -9 and restart: first Get after {seconds:.2f} s, {kept:,} of {count:,} jobs kept, "
              f"RSS {rss_mib(daemon.process.pid):.0f} MiB")
        assert kept >= count, "acknowledged jobs were lost"


if __name__ == "__main__":
    main()
