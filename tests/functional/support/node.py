"""Node.js and what scripts/setup installs from npm, where they are there."""
import pathlib
import shutil

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "npm"
NODE = shutil.which("node")


def missing(*packages):
    """The sentence why a test with these npm packages cannot run; empty when it can."""
    if not NODE:
        return "there is no node on this machine"
    for package in packages:
        if not (FOLDER / "node_modules" / package).is_dir():
            return f"the npm package {package} is not installed; scripts/setup does it where npm is found"
    return ""
