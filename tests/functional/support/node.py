"""Node.js and what scripts/setup installs from npm, where they are there."""
import os
import pathlib
import shutil

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "npm"
MODULES = FOLDER.parents[2] / "build" / "npm" / "node_modules"
NODE = shutil.which("node")
ENVIRONMENT = {**os.environ, "NODE_PATH": str(MODULES)}


def missing(*packages):
    """The sentence why a test with these npm packages cannot run; empty when it can."""
    if not NODE:
        return "there is no node on this machine"
    for package in packages:
        if not (MODULES / package).is_dir():
            return f"the npm package {package} is not installed; scripts/setup does it where npm is found"
    return ""
