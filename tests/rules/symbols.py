# SPDX-License-Identifier: MIT
"""Rule: what the library's objects may reference, and what they may contain.

In the plain build (no sanitizer, no coverage), of every object in lib/: only
those of x509/ and tls/ reference gnutls_* and nettle_*, and those of x509/
nothing that concerns sessions; none has mutable static data (.data, .bss,
.tdata and .tbss are empty); none can end the program or write to its streams
or its log.
"""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("top_builddir", TOP / "build"))
NM = os.environ.get("NM", "nm").split()

CRYPTO = re.compile(r"_?(gnutls|nettle)_")
CRYPTO_ROOMS = {"x509", "tls"}
SESSION = re.compile(r"gnutls_(handshake|session_|record_"
                     r"|certificate_get_peers|certificate_verify_peers)")
FORBIDDEN = re.compile(
    r"(_?_?exit|_Exit|quick_exit|abort|__assert_fail|longjmp|raise|signal"
    r"|sigaction|atexit"
    r"|(__)?(v?printf|v?fprintf|v?dprintf|v?syslog)(_chk)?"
    r"|puts|fputs|putchar|putc|fputc|fwrite|perror|psignal|stdout|stderr"
    r"|v?warnx?|v?errx?|openlog)")
# Process-wide hooks of GnuTLS, which belong to the host.
HOOKS = re.compile(r"gnutls_global_(set_\w+|init\w*|deinit)")
# nm's letters for writable sections; .data.rel.ro is d or D as well, so
# objdump tells the section.
MUTABLE = re.compile(r"\.(data|bss|tdata|tbss)(\.(?!rel\.ro)\S+)?")


def skip(why):
    print(f"skip: {why}")
    sys.exit(77)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def object_of(source):
    """The object of a source: for the static library, otherwise for the shared
    one."""
    directory = BUILD / source.relative_to(TOP).parent
    for path in (directory / f"{source.stem}.o",
                 directory / ".libs" / f"{source.stem}.o"):
        if path.is_file():
            return path
    return None


def judge(source, path):
    room = source.parent.name
    for line in run(*NM, "-u", str(path)).splitlines():
        name = line.split()[-1].split("@")[0]
        if CRYPTO.match(name) and room not in CRYPTO_ROOMS:
            yield f"refers to {name}; only {sorted(CRYPTO_ROOMS)} may"
        if SESSION.match(name) and room == "x509":
            yield f"refers to {name}; x509/ knows no session"
        if FORBIDDEN.fullmatch(name) or HOOKS.fullmatch(name):
            yield f"refers to {name}; no object may"
    for line in run("objdump", "-h", str(path)).splitlines():
        fields = line.split()
        if len(fields) >= 3 and fields[0].isdigit() \
                and MUTABLE.fullmatch(fields[1]) and int(fields[2], 16):
            yield f"{fields[1]} holds {int(fields[2], 16)} bytes"


def main():
    if os.environ.get("PLAIN_BUILD", "yes") != "yes":
        skip("sanitizers and coverage bring symbols of their own")
    if not (BUILD / "lib").is_dir():
        skip(f"nothing is built in {BUILD}")
    complaints = []
    sources = sorted((TOP / "lib").rglob("*.c"))
    for source in sources:
        path = object_of(source)
        if path:
            complaints += [f"{source.relative_to(TOP)}: {why}"
                           for why in judge(source, path)]
        else:
            complaints.append(f"{source.relative_to(TOP)}: has no object, so "
                              "it is not part of the library")
    if not sources:
        complaints.append("there are no sources")
    for complaint in complaints:
        print(complaint)
    print(f"{len(sources)} objects, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
