#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rule: smtptls-reasons(7) lists each reason of the header once, by its name
and number; and what it says that peers show is what they show: the library is
asked for GnuTLS's words, and `openssl errstr` for those of OpenSSL 3.0. Other
versions of OpenSSL are not checked.

Each reason's text is followed by an example: the fields reason and reason_id
of a log line, with one of the library's errors. Its sentence is one of those
that tests/interop/reasons.py provokes, and compares with the example; or else
one made by a format string of the sources, in which the text between quotation
marks may differ.
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
# OpenSSL's error for alert N: reason 1000 + N of the library SSL.
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

LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CONVERSION = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[hlz]*[a-z]")


def unquoted(text):
    return re.sub(r'"[^"]*"', '""', text)


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text)


def c_strings():
    source = "\n".join(path.read_text()
                       for top in ("lib", "examples/server", "tests/unit")
                       for path in sorted((TOP / top).rglob("*.[ch]")))
    source = re.sub(r"/\*.*?\*/", "", source.replace("\\\n", ""),
                    flags=re.DOTALL)
    macros = dict(re.findall(rf"^#define\s+(\w+)\s+({LITERAL})$", source,
                             re.MULTILINE))
    part = "|".join([LITERAL, *(rf"\b{name}\b" for name in macros)])
    for string in re.findall(rf"(?:{part})(?:\s+(?:{part}))*", source):
        yield unescaped("".join(macros.get(word, word)[1:-1]
                                for word in re.findall(part, string)))


def writers():
    """The possible results of each format string, as a regular expression, and
    the longest result that counts: if more than a fifth varied, it would match
    anything."""
    for string in set(c_strings()):
        constant = CONVERSION.split(unquoted(string))
        length = len("".join(constant))
        if length >= 20:
            yield re.compile(".+".join(map(re.escape, constant))), \
                length * 5 // 4


def examples():
    """The entry of each reason in the page: its text, and its example."""
    for name, entry in re.findall(
            r"^\.It Cm (\S+) Pq \d+\n(.*?)(?=^\.It Cm |^\.S[sh] )", page,
            re.MULTILINE | re.DOTALL):
        text, _, rest = entry.partition(".Bd -literal -offset 2n\n")
        example, _, rest = rest.partition("\n.Ed\n")
        if rest not in ("", ".El\n"):
            complaints.append(f"{name}: the example is not its end")
        yield name, text, example.replace("\n", " ").replace("\\e", "\\")


errors = set(re.findall(r"\bSMTPTLS_E_\w+", (
    TOP / "include" / "smtptls" / "error.h").read_text()))
provoked = set(re.findall(r'"([a-z\d-]+)[ "]', "".join(
    path.read_text()
    for path in (TOP / "tests" / "interop").glob("reason_*.py"))))
written = list(writers())
shown = list(examples())
if [name for name, _, _ in shown] != [name for name, _ in described]:
    complaints.append("the entries of reasons cannot be read")
for name, text, example in shown:
    # A cause and a remedy are at least two sentences.
    if len(re.findall(r"[.:](?:\n| [A-Z])", text)) < 2:
        complaints.append(f"{name}: a cause and a cure are needed")
    fields = re.fullmatch(r'reason="((?:[^"\\]|\\.)*)" reason_id=(\S+)',
                          example)
    if not fields or fields[2] != name:
        complaints.append(f"{name}: no example of it: {example}")
        continue
    sentence = unescaped(fields[1])
    error = re.match(r"(SMTPTLS_E_\w+): ", sentence)
    if error and error[1] not in errors:
        complaints.append(f"{name}: there is no error {error[1]}")
    sentence = sentence[error.end():] if error else sentence
    constant = unquoted(sentence)
    if name not in provoked and not any(
            len(constant) <= longest and string.fullmatch(constant)
            for string, longest in written):
        complaints.append(f"{name}: nothing writes '{sentence}'")


def openssl(*arguments):
    try:
        return subprocess.run(["openssl", *arguments], check=False,
                              capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


peers = page.partition(".Ss What the peer shows\n")[2]
alerts = re.findall(r"^\.It Sy (\w+) Pq (\d+)\n((?:\.Cm \S+ [,:]\n)+)"
                    r"\.Ql (.*) ;\n\.Ql (?:\\&)?(.*)\n", peers, re.MULTILINE)
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
