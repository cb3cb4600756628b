#!/usr/bin/env python3
"""Reports the sizes of files and functions, as docs/architecture.md names them.

Lines of files; functions by Universal Ctags, blank and comment lines included.
usage: file_stats.py [--limits]      --limits: exit 1 when a hard limit is broken
"""
import json
import pathlib
import statistics
import subprocess
import sys

FOLDERS = ("schema", "engine", "wsman", "provider")
HARD_LIMITS = {".cc": 600, ".h": 250, "function": 60}


def quantile(values, fraction):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]


def row(name, values):
    if not values:
        return f"{name:<16} n 0"
    return (f"{name:<16} n {len(values):>5}  median {statistics.median(values):>5.0f}"
            f"  p90 {quantile(values, 0.9):>5}  max {max(values):>5}")


def files_of(root, folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                yield path


def functions_of(root, paths):
    """(place, lines) of every function."""
    listing = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ne", "--languages=C++", "--kinds-C++=f",
         "-f", "-", "-L", "-"],
        input="\n".join(str(path) for path in paths), capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            place = f"{pathlib.Path(tag['path']).relative_to(root)}:{tag['line']} {tag['name']}"
            yield place, tag["end"] - tag["line"] + 1


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    code = list(files_of(root, FOLDERS))
    tests = list(files_of(root, ("tests",)))
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in code + tests}
    functions = list(functions_of(root, code))
    for suffix in (".cc", ".h"):
        print(row(suffix, [lines[p] for p in code if p.suffix == suffix]))
    print(row("functions", [length for _, length in functions]))
    total, tested = sum(lines[p] for p in code), sum(lines[p] for p in tests)
    print(f"code {total} lines, C++ tests {tested} lines, ratio {tested / max(total, 1):.2f}")

    broken = [f"{p.relative_to(root)}: {lines[p]} lines" for p in code
              if lines[p] > HARD_LIMITS[p.suffix]]
    broken += [f"{place}: {length} lines" for place, length in functions
               if length > HARD_LIMITS["function"]]
    for line in broken:
        print("over the hard limit: " + line)
    return 1 if broken and "--limits" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
