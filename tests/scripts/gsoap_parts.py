#!/usr/bin/env python3
"""Fails when gSOAP is linked with more than a parser of memory (docs/adr/0004).

The archive must have no TLS, compression or cookies, and nothing of the project
may call what opens, accepts or serves a connection.
usage: gsoap_parts.py GSOAP_ARCHIVE PROJECT_ARCHIVE…    exit 1: listed
"""
import re
import subprocess
import sys

UNWANTED_PARTS = re.compile(r"\b(SSL_\w+|soap_ssl_\w+|\w*inflate\w*|\w*deflate\w*|\w*cookie\w*)\b", re.I)
CONNECTING_CALLS = re.compile(r"\bsoap_(bind|accept|poll|connect\w*|serve\w*|force_closesock|closesock|GET|PUT|POST|"
                              r"http_\w+|register_plugin\w*|ssl\w*|\w*cookie\w*)\b")


def symbols(archive, *options):
    output = subprocess.run(["nm", "-C", *options, archive], capture_output=True, text=True, check=True).stdout
    # Arguments of C++ functions are other people's names.
    return {line.split("(")[0].split()[-1] for line in output.splitlines() if len(line.split()) > 1}


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    gsoap, *own = arguments[1:]
    parts = symbols(gsoap)
    if "soap_begin_recv" not in parts:
        print(f"{gsoap} is not gSOAP's archive")
        return 1
    found = [f"{gsoap} has {name}" for name in parts if UNWANTED_PARTS.search(name)]
    called = {archive: symbols(archive, "-u") for archive in own}
    if not any("soap_begin_recv" in names for names in called.values()):
        print("none of the archives uses gSOAP")
        return 1
    found += [f"{archive} calls {name}" for archive, names in called.items() for name in names
              if CONNECTING_CALLS.search(name)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
