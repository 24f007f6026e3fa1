#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rule: smtptls-reasons(7) has each reason of the header once, by its name and
number; and what it says that peers show is what they show: the words of GnuTLS
are asked of the library, those of OpenSSL 3.0 of `openssl errstr`.

Another OpenSSL is not asked.
"""

import ctypes
import ctypes.util
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2]))
# What OpenSSL calls the alert N: its reason 1000 + N in the library SSL.
OPENSSL = 0x0A000000 + 1000

page = (TOP / "man" / "smtptls-reasons.7").read_text()
header = (TOP / "include" / "smtptls" / "policy.h").read_text()
complaints = []

declared = {name.lower().replace("_", "-"): number for name, number in
            re.findall(r"\bSMTPTLS_REASON_(\w+) = (\d+)", header)
            if number != "0"}
described = re.findall(r"^\.It Cm (\S+) Pq (\d+)$", page, re.MULTILINE)
if sorted(declared.items()) != sorted(described):
    complaints += [f"of the header and of the page alone: {pair}" for pair
                   in set(declared.items()) ^ set(described)]
if len(described) != len(set(described)):
    complaints.append("a reason stands twice in the page")


def openssl(*arguments):
    try:
        return subprocess.run(["openssl", *arguments], check=False,
                              capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


shown = page.partition(".Ss What the peer shows\n")[2]
alerts = re.findall(r"^\.It Sy (\w+) Pq (\d+)\n((?:\.Cm \S+ [,:]\n)+)"
                    r"\.Ql (.*) ;\n\.Ql (.*)\n", shown, re.MULTILINE)
if len(alerts) < 15:
    complaints.append(f"only {len(alerts)} alerts can be read")
old = openssl("version").startswith("OpenSSL 3.0.")
gnutls = ctypes.CDLL(ctypes.util.find_library("gnutls")
                     or "libgnutls.so.30")
gnutls.gnutls_alert_get_name.restype = ctypes.c_char_p
for name, number, reasons, theirs, ours in alerts:
    number = int(number)
    for reason in re.findall(r"\.Cm (\S+)", reasons):
        if reason not in declared:
            complaints.append(f"{name}: there is no reason {reason}")
    found = (gnutls.gnutls_alert_get_name(number) or b"").decode()
    if found != ours:
        complaints.append(f"{name}: GnuTLS says {found}, not {ours}")
    found = openssl("errstr", f"{OPENSSL + number:08X}").rpartition(":")[2]
    if old and found != theirs:
        complaints.append(f"{name}: OpenSSL says {found}, not {theirs}")

for complaint in complaints:
    print(complaint)
print(f"{len(described)} reasons, {len(alerts)} alerts, "
      f"{len(complaints)} complaints")
sys.exit(bool(complaints))
