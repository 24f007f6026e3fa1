# SPDX-License-Identifier: MIT
"""Rule: the rooms of lib/ include only what their floor allows.

A room may include its own headers, the public ones, libc, and the rooms that
ROOMS names; only x509/ and tls/ may include GnuTLS and nettle; pump.c, which
shows that the public interface suffices, includes nothing else; no file of
lib/ includes itself indirectly, X.c and X.h counting as one file; and no
example or benchmark includes internals of the library.
"""

import os
import pathlib
import re
import sys

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2]))

# room -> the rooms on lower floors that it may use
ROOMS = {
    "base": set(),
    "smtp": {"base"},
    "openssl": {"base"},
    "policy": {"base", "openssl"},
    "outbound": {"base"},
    "selection": {"base", "openssl", "policy"},
    "x509": {"base", "policy", "outbound"},
    "reason": {"base", "openssl", "policy", "selection"},
    "tls": {"base", "openssl", "policy", "selection", "x509", "reason"},
    "conn": {"base", "smtp", "openssl", "policy", "outbound", "selection",
             "x509", "reason", "tls"},
}
# Single headers of rooms that are not on a lower floor: only data.
HEADERS = {"reason": {"x509/verdict.h"}}
# What the programs of examples/ share.
SHARED = TOP / "examples/common"
# Compiled in other projects' trees, with headers of their own.
HOSTS = TOP / "examples/hosts"
PUBLIC_ONLY = {"conn/pump.c"}
CRYPTO_ROOMS = {"x509", "tls"}
# The one public header that includes GnuTLS, and who may include it.
GNUTLS_HEADER = "smtptls/gnutls.h"
GNUTLS_HEADER_ROOMS = {"tls", "conn"}
LIBC = set("""
    assert.h ctype.h errno.h inttypes.h limits.h stdalign.h stdarg.h
    stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h time.h
    strings.h unistd.h fcntl.h poll.h sys/types.h sys/socket.h sys/stat.h
    sys/uio.h arpa/inet.h netinet/in.h
    """.split())
# The compiler's, for AddressSanitizer.
COMPILER = {"sanitizer/asan_interface.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(\S+)', re.M)

complaints = []
includes = 0
edges = {}  # file of lib/ without its suffix -> the files that it includes


def included(path):
    """The includes of a file, as (delimiter, name)."""
    global includes
    for written in INCLUDE.findall(path.read_text(encoding="utf-8")):
        includes += 1
        match = re.fullmatch(r'<([^>]+)>|"([^"]+)"', written)
        if not match:
            complaints.append(f"{path.relative_to(TOP)}: computed include "
                              f"{written}")
        elif match[1]:
            yield "<", match[1]
        else:
            yield '"', match[2]


def is_public(name):
    return name == "smtptls.h" or name.startswith("smtptls/")


def is_crypto(name):
    return name.startswith(("gnutls/", "nettle/"))


def judge_library(path, delimiter, name):
    """Why a file of lib/ must not include this, or None."""
    inside = path.relative_to(TOP / "lib")
    if len(inside.parts) != 2 or inside.parts[0] not in ROOMS:
        return "the file is in no room"
    room = inside.parts[0]
    if delimiter == "<":
        if is_public(name):
            if not (TOP / "include" / name).is_file():
                return "there is no such header"
            if name == GNUTLS_HEADER and room not in GNUTLS_HEADER_ROOMS:
                return f"only {sorted(GNUTLS_HEADER_ROOMS)} may"
            return None
        if is_crypto(name):
            return None if room in CRYPTO_ROOMS \
                else f"only {sorted(CRYPTO_ROOMS)} may"
        return None if name in LIBC | COMPILER \
            else "not of libc, as the rule knows it"
    if str(inside) in PUBLIC_ONLY:
        return "it is to need public headers only"
    if not (TOP / "lib" / name).is_file():
        return "there is no such file; names are relative to lib/"
    other = name.split("/")[0]
    edges.setdefault(str(inside.with_suffix("")), set()).add(
        str(pathlib.PurePath(name).with_suffix("")))
    if other != room and other not in ROOMS[room] \
            and name not in HEADERS.get(room, ()):
        return f"{room}/ stands not above {other}/"
    return None


def judge_header(path, delimiter, name):
    """Why a public header must not include this, or None."""
    if delimiter == '"':
        return "public headers are included with <>"
    if is_public(name) or name in ("stddef.h", "stdint.h", "sys/types.h"):
        return None
    if path == TOP / "include" / GNUTLS_HEADER and name == "gnutls/gnutls.h":
        return None
    return "not for a public header"


def judge_outside(path, delimiter, name):
    """Why an example or benchmark must not include this, or None."""
    if delimiter != '"' or path.parent == HOSTS \
            and not (TOP / "lib" / name).exists():
        return None
    other = (path.parent / name).resolve()
    if other.parent not in (path.parent.resolve(), SHARED.resolve()) \
            or not other.is_file():
        return "a file of another directory"
    return None


def find_cycles():
    """Each cycle of EDGES once, as a closed path."""
    done = set()

    def walk(node, path):
        if node in path:
            yield path[path.index(node):] + [node]
            return
        if node in done:
            return
        for other in sorted(edges.get(node, ())):
            if other != node:
                yield from walk(other, path + [node])
        done.add(node)

    for node in sorted(edges):
        yield from walk(node, [])


def main():
    for directory, judge in (("lib", judge_library),
                             ("include", judge_header),
                             ("examples", judge_outside),
                             ("bench", judge_outside)):
        for path in sorted((TOP / directory).rglob("*.[ch]")):
            for delimiter, name in included(path):
                why = judge(path, delimiter, name)
                if why:
                    complaints.append(f"{path.relative_to(TOP)} includes "
                                      f"{name}: {why}")
    for path in find_cycles():
        complaints.append("lib/ has a cycle: " + " -> ".join(path))
    if not includes:
        complaints.append(f"no includes found below {TOP}")
    for complaint in complaints:
        print(complaint)
    print(f"{includes} includes, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
