"""What the benches share: the programs to measure, medians, CPU time, and what is demanded."""
import os
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
BUILD = pathlib.Path(os.environ.get("BITSD_BUILD", ROOT / "build" / "bench"))
os.environ.setdefault("BITSD", str(BUILD / "provider/bitsd/bitsd"))
os.environ.setdefault("BITSCTL", str(BUILD / "provider/bitsctl/bitsctl"))


def medians(samples):
    return [statistics.median(column) for column in zip(*samples)]


class Gates:
    """What is demanded of the figures, and whether they meet it."""

    def __init__(self):
        self.rows = []

    def at_least(self, what, value, bound, form="{:,.2f}"):
        self.rows.append((what, form.format(value), "at least " + form.format(bound), value >= bound))

    def below(self, what, value, bound, form="{:,.1f}"):
        self.rows.append((what, form.format(value), "below " + form.format(bound), value < bound))

    def print(self):
        print("\n| demanded | measured | bound | |\n|--|--|--|--|")
        for what, value, bound, met in self.rows:
            print(f"| {what} | {value} | {bound} | {'met' if met else 'NOT MET'} |", flush=True)


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid, field="VmRSS"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status).group(1)) / 1024
