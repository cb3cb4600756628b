"""No envelope of 512,000 octets costs more than a fixed number of instructions, and none
costs more than its size: four times the octets, about four times the instructions. And
an ordinary envelope costs after all of them what it cost before.

usage: envelope_cost.py VALGRIND PROGRAM [-v]
"""
import pathlib
import re
import subprocess
import sys
import tempfile

# Less than 50 ms: the preset dev, which hardly optimises, has 312 million for the dearest
# form, and they take 25 ms.
MOST_INSTRUCTIONS = 350_000_000
# Between a quarter and the whole; a quadratic cost would be 16.
STEEPEST = 5.0
# Times what the same envelope cost before.
MOST_AFTERWARDS = 1.1
# Below it a form is refused at once, and small sums are all the same.
CHEAP = 2_000_000


def costs(valgrind, program):
    """{form: {octets: (instructions, "accepted" or "refused")}}"""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([valgrind, "--tool=callgrind", "--instr-atstart=no", "--combine-dumps=no", "--dump-line=no",
                              f"--callgrind-out-file={folder}/out", program], capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(run.stderr[-2000:])
        for path in pathlib.Path(folder).glob("out.*"):
            text = path.read_text(errors="replace")
            trigger = re.search(r"^desc: Trigger: Client Request: (.+)\|(\d+)\|(\w+)$", text, re.M)
            if trigger:
                form, octets, outcome = trigger.groups()
                total = int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1))
                found.setdefault(form, {})[int(octets)] = (total, outcome)
    return found


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    found = costs(*arguments[1:3])
    before, after = (next(iter(found.pop(f"poll {when}").values()))[0] for when in ("before", "after"))
    wrong = after > MOST_AFTERWARDS * before
    if wrong or "-v" in arguments:
        print(f"{'WRONG ' if wrong else ''}an ordinary envelope: {before} instructions, {after} after all others")
    for form, rows in sorted(found.items(), key=lambda item: -max(item[1].values())[0]):
        (_, (quarter, _)), (octets, (whole, outcome)) = sorted(rows.items())
        ratio = whole / quarter
        bad = whole > MOST_INSTRUCTIONS or (whole > CHEAP and ratio > STEEPEST)
        wrong += bad
        if bad or "-v" in arguments:
            print(f"{'WRONG ' if bad else ''}{form}: {octets} octets, {outcome}, {whole / 1e6:.2f} million "
                  f"instructions, {ratio:.1f} times those of a quarter")
    print(f"{len(found)} forms, the dearest "
          f"{max(max(rows.values())[0] for rows in found.values()) / 1e6:.1f} million instructions")
    return 1 if wrong or len(found) < 37 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
