#!/usr/bin/env python3
"""Measures one job of many small files next to aria2c, from the same nginx.

usage: tests/bench/small_files.py [--files N] [--bytes B] [--runs N]

Needs `scripts/setup --bench` and a release build (BITSD_BUILD names another folder
than build/bench). The time of bitsd runs from Resume to the answer of Complete, that
of aria2c over the whole program; both on new files, in turn. bitsd is told what to do
through its local socket: a password check would take 16 MiB more for a moment.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from figures import cpu_of, rss_mib  # also sets BITSD and BITSCTL
from support.daemon import Daemon
from support.origin import Origin
from support.wsman import ERROR, TRANSFER, TRANSFERRED, TRANSIENT_ERROR, LocalWsman


# The whole instance names all files and would be larger than a reply may be.
STATE = '<w:FragmentTransfer s:mustUnderstand="true">State</w:FragmentTransfer>'
ENDED = {str(state) for state in (TRANSFERRED, ERROR, TRANSIENT_ERROR)}


def wait_for_end(client, job):
    while True:
        reply = client.call(TRANSFER + "Get", selectors={"JobId": job}, headers=STATE)
        assert reply.status == 200, reply.text
        state = "".join(reply.body.itertext()).strip()
        if state in ENDED:
            return int(state)
        time.sleep(0.25)


def names(options):
    return [f"f{number:05d}.bin" for number in range(options.files)]


def with_bitsd(options, origin):
    """(wall, seconds to add the files, seconds of Complete, CPU seconds, peak MiB)"""
    with Daemon(server_settings='local_socket = "bitsd.sock"',
                settings=f"[jobs]\nmax_files = {options.files}\n") as daemon:
        client = LocalWsman(daemon.folder / "bitsd.sock")
        first, *others = names(options)
        started = time.monotonic()
        job = client.create(origin.url(f"small/{first}"), rf"C:\small\{first}")
        for name in others:
            reply = client.invoke("AddFile", job, RemoteUrl=origin.url(f"small/{name}"),
                                  LocalFile=rf"C:\small\{name}")
            assert reply.status == 200, reply.text
        added = time.monotonic() - started
        before, started = cpu_of(daemon.process.pid), time.monotonic()
        client.state(job, 2)
        assert wait_for_end(client, job) == TRANSFERRED
        transferred = time.monotonic()
        assert client.state(job, 1) == 0
        ended = time.monotonic()
        cpu = cpu_of(daemon.process.pid) - before
        files = list((daemon.drive_c / "small").iterdir())
        assert len(files) == options.files
        assert all(file.stat().st_size == options.bytes for file in files)
        return ended - started, added, ended - transferred, cpu, rss_mib(daemon.process.pid, "VmHWM")


def with_aria2(options, origin):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = [f"{origin.url(f'small/{file}')}\n dir={folder}/small\n out={file}\n" for file in names(options)]
        (folder / "list").write_text("".join(lines))
        started = time.monotonic()
        subprocess.run(["aria2c", "-q", "-j16", "-i", str(folder / "list")], check=True)
        wall = time.monotonic() - started
        assert len(list((folder / "small").iterdir())) == options.files
        return wall


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=4096)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(f"{options.files:,} files of {options.bytes:,} bytes\n")
    print("| bitsd s | AddFile s | Complete s | bitsd CPU s | bitsd peak MiB | aria2c s |\n|--|--|--|--|--|--|")
    with Origin() as origin:
        (origin.files / "small").mkdir()
        (origin.files / "small").chmod(0o755)
        for name in names(options):
            file = origin.files / "small" / name
            file.write_bytes(os.urandom(options.bytes))
            file.chmod(0o644)
        ours, peer = [], []
        for _ in range(options.runs):
            ours.append(with_bitsd(options, origin))
            peer.append(with_aria2(options, origin))
            print("| " + " | ".join(f"{value:.2f}" for value in (*ours[-1], peer[-1])) + " |", flush=True)
        shutil.rmtree(origin.files / "small")
    middle = [statistics.median(column) for column in zip(*ours)]
    aria2 = statistics.median(peer)
    print("\n| medians | demanded | |\n|--|--|--|")
    for text, value, most in (("bitsd / aria2c", middle[0] / aria2, 0.5), ("peak MiB", middle[4], 40)):
        print(f"| {text}: {value:.2f} | {'<=' if most < 1 else '<'} {most} | {'ok' if value <= most else 'missed'} |")


if __name__ == "__main__":
    main()
