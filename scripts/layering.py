#!/usr/bin/env python3
"""Fails when an include breaks the house rules.

The rules are the two tables below: which folder may include which, and which
files may see a library's headers. docs/architecture.md has the picture.

usage: layering.py [ROOT]      exit 0: clean, 1: violations (listed), 2: bad use
"""
import pathlib
import re
import sys

# folder -> folders whose headers it may include (besides its own)
ARROWS = {
    "schema": set(),
    "wsman": {"schema"},
    "engine": set(),
    "provider": {"engine", "wsman", "schema"},
    "tests": {"engine", "wsman", "schema", "provider"},
}

# What provider/ may see of the engine: the façade and its plain data.
ENGINE_FACADE = {
    "engine/engine.h", "engine/job.h", "engine/job_state.h", "engine/error.h",
    "engine/options.h", "engine/events.h", "engine/access.h",
}

# What bitsctl may see: the client, the users file, and names of states and errors.
BITSCTL_EXTRA = {"wsman/auth/user_file.h"}

# library -> (pattern of its headers, files that may include them)
LIBRARIES = {
    "gSOAP": (r"(stdsoap2|soap[A-Z]\w*|wsman\.nsmap|.*\.nsmap)(\.h|\.nsmap)?$",
              r"wsman/xml/(soap_codec|instance_writer|gsoap_\w+)\.(cc|h)$"),
    "expat": (r"expat(_external)?\.h$", r"wsman/xml/xml_guard\.cc$"),
    "curl": (r"curl/", r"engine/transfer/(curl_client|worker|curl_\w+)\.(cc|h)$"),
    "SQLite": (r"sqlite3(ext)?\.h$", r"engine/store/sqlite\.(cc|h)$"),
    # curl_trust: libcurl itself can ignore all errors of a certificate or none.
    "OpenSSL": (r"openssl/",
                r"(wsman/(http/(tls|connection)\w*|client/\w+|auth/user_file|auth/verified_memory|auth/password_\w+|auth/ntlm_crypto)"
                r"|engine/(store/aes_gcm|transfer/(certificate_file|curl_trust)))\.(cc|h)$"),
    "GSSAPI": (r"gssapi|krb5", r"wsman/(auth/negotiate|auth/gss_\w+|client/\w+)\.(cc|h)$"),
    "Boost": (r"boost/", r"wsman/(http|client)/\w+\.(cc|h)$"),
    "libcrypt": (r"crypt\.h$", r"wsman/auth/user_file\w*\.cc$"),
    "PAM": (r"security/", r"wsman/auth/pam_\w+\.cc$"),
    "toml++": (r"toml\+\+/|toml\.hpp$", r"provider/bitsd/config\w*\.(cc|h)$"),
    "CLI11": (r"CLI/", r"provider/(bitsd|bitsctl)/\w+\.(cc|h)$"),
    "systemd": (r"systemd/", r"provider/bitsd/service\.cc$"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    return path.split("/", 1)[0]


def check_folder(path, header):
    """The sentence that says why `path` must not include the project header, or None."""
    own, target = folder_of(path), folder_of(header)
    if target not in ARROWS:
        return None
    if target == own:
        return None
    if target not in ARROWS[own]:
        return f"{own}/ must not include {target}/"
    if own == "provider" and target == "engine" and header not in ENGINE_FACADE:
        return "provider/ may include only the engine's facade"
    return None


def check_library(path, header):
    for library, (pattern, allowed) in LIBRARIES.items():
        if re.match(pattern, header) and not re.search(allowed, path) and not path.startswith("tests/"):
            return f"{library} headers may be included only in files matching {allowed}"
    return None


def violations(root):
    for folder in ARROWS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".cc", ".h"):
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                header = match.group(2)
                reason = check_folder(path, header) or check_library(path, header)
                if reason:
                    yield f"{path}:{number}: {line.strip()}: {reason}"


def main(arguments):
    if len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[1] if len(arguments) == 2 else __file__).resolve()
    if len(arguments) == 1:
        root = root.parent.parent
    found = list(violations(root))
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
