#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recorded ClientHellos: what `smtptls-ciphers --hello` says about them, about
files in any form, and about files that have none.

  hello.py [NAME...]              the checks whose name contains NAME

Environment: SMTPTLS_CIPHERS, the program (default examples/smtptls-ciphers);
see harness.py for the rest.
"""

import os
import pathlib
import subprocess
import sys

from harness import (SCALE, WRAPPER, Checks, REPORT, SKIPPED, built, in_ci,
                     scratch, wanted)

LIMIT = 10 * SCALE              # seconds
PROGRAM = built("SMTPTLS_CIPHERS", "examples/smtptls-ciphers")
HELLOS = pathlib.Path(__file__).resolve().parent.parent / "data" / "hellos"
KIB16 = 1 << 14
KIB512 = 1 << 19
CHOICE = ["protocol", "openssl", "iana", "gnutls", "group", "key", "retry"]


def recorded(name):
    return bytes.fromhex((HELLOS / name).read_text())


def judge(data, *options, file="-"):
    """Status, stdout and stderr of --hello on these bytes."""
    done = subprocess.run([*WRAPPER, PROGRAM, "--hello", file, *options],
                          input=data, capture_output=True, timeout=LIMIT,
                          check=False)
    out, said = done.stdout.decode(), done.stderr.decode()
    assert not REPORT.search(said), said
    return done.returncode, out, said


def answer(data, *options, file="-"):
    """The answer by its lines' names; it has a choice or a reason."""
    status, out, said = judge(data, *options, file=file)
    assert said == "" and out.endswith("\n"), (status, out, said)
    lines = [line.split(": ", 1) for line in out.splitlines()]
    expected = {0: CHOICE, 3: ["reason", "cause"]}
    assert [name for name, _ in lines] == expected[status], (status, out)
    return dict(lines)


def refused(what, data, *options, file="-"):
    """Nothing to judge: status 1, and one line that says why."""
    status, out, said = judge(data, *options, file=file)
    assert (status, out) == (1, ""), (status, out, said)
    assert said == f"smtptls-ciphers: --hello {file}: {what}\n", said


# --- smtptls-ciphers --hello


def choice():
    assert answer(recorded("curl")) == {
        "protocol": "TLSv1.3", "openssl": "TLS_AES_256_GCM_SHA384",
        "iana": "TLS_AES_256_GCM_SHA384", "gnutls": "TLS_AES_256_GCM_SHA384",
        "group": "x25519", "key": "ecdsa", "retry": "no"}
    assert answer(recorded("java"), "--keys", "rsa", "--protocols", "TLSv1.2",
                  "HIGH") == {
        "protocol": "TLSv1.2", "openssl": "ECDHE-RSA-AES256-GCM-SHA384",
        "iana": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "gnutls": "TLS_ECDHE_RSA_AES_256_GCM_SHA384",
        "group": "x25519", "key": "rsa", "retry": "no"}
    said = answer(recorded("openssl-rsa-only"), "HIGH")
    assert (said["group"], said["key"]) == ("-", "rsa"), said
    said = answer(recorded("openssl-tls10"), "--protocols", "TLSv1",
                  "aNULL:@SECLEVEL=0:kRSA")
    assert (said["openssl"], said["key"]) == ("AECDH-AES256-SHA", "-"), said
    # Its key share is for a group other than ours.
    said = answer(recorded("openssl"), "--groups", "P-384")
    assert (said["group"], said["retry"]) == ("secp384r1", "yes"), said
    said = answer(recorded("openssl-tls12"), "--prefer-client", "HIGH")
    assert said["openssl"] == "ECDHE-ECDSA-AES256-GCM-SHA384", said


def reason():
    assert answer(recorded("openssl-rsa-only"), "--keys", "ecdsa",
                  "HIGH") == {
        "reason": "needs-rsa (9)",
        "cause": "peer offers up to TLS 1.2 with RSA suites only; the only "
                 "certificate is ECDSA P-256: add an RSA certificate"}
    for name, expected in (("sslv2", "ssl2-hello (2)"),
                           ("sslv3", "ssl3-hello (3)"),
                           ("java-tls10", "version (1)")):
        assert answer(recorded(name))["reason"] == expected, name
    lies = bytearray(recorded("openssl"))
    lies[9 + 2 + 32] = 33       # length of the session id
    assert answer(lies)["reason"] == "bad-hello (15)"


def applied():
    """The proposal, pasted as printed: the client gets in."""
    def line(data, *options):
        status, out, said = judge(data, "--apply", *options)
        assert said == "", said
        return status, out

    for name, *options in (
            ("openssl-rsa-only", "--keys", "rsa", "HIGH:!kRSA:!DHE"),
            ("openssl-rsa-only", "--ciphers", "ECDHE:-SHA1"),
            ("openssl-tls10",), ("java-tls10", "--protocols", ">=TLSv1.2"),
            ("openssl-tls12", "--protocols", "SSLv23:!TLSv1_2"),
            ("openssl-p521", "--groups", "X25519, P-256"),
            ("gnutls-suiteb", "--keys", "rsa", "--seclevel", "2"),
            ("openssl", "--ciphersuites", "", "--protocols", "TLSv1.2"),
            ("openssl-sha1-only", "HIGH:@SECLEVEL=2"),
            ("curl", "--prefer-client", "it's:HIGH")):
        status, out = line(recorded(name), *options)
        assert (status, out.count("\n")) == (0, 1), (name, status, out)
        done = subprocess.run(
            ["sh", "-c", f'"$0" --hello "$1" {out}', PROGRAM,
             str(HELLOS / name)], capture_output=True, timeout=LIMIT,
            check=False, text=True)
        assert done.returncode == 0, (name, out, done)
        # Nothing is wrong any more: the options are printed unchanged.
        again = subprocess.run(
            ["sh", "-c", f'"$0" --apply --hello "$1" {out}', PROGRAM,
             str(HELLOS / name)], capture_output=True, timeout=LIMIT,
            check=False, text=True)
        assert (again.returncode, again.stdout) == (0, out), again
    for name in "sslv2", "sslv3":
        assert line(recorded(name)) == (3, ""), name
    assert line(recorded("openssl")) == (0, "\n")
    for wrong in (["--apply", "--long", "--names"], ["--apply", "--names"],
                  ["--ciphers", "HIGH", "ALL"]):
        done = subprocess.run([*WRAPPER, PROGRAM, *wrong],
                              capture_output=True, timeout=LIMIT, check=False)
        assert (done.returncode, done.stdout) == (2, b""), done


def keys():
    """Each key type alone, and the answer names it by the same word."""
    hello = recorded("openssl")
    for kind in ("rsa", "rsa-pss", "ecdsa", "ecdsa-p384", "ecdsa-p521",
                 "ed25519", "ed448"):
        assert answer(hello, "--keys", kind)["key"] == kind, kind
    for order in "rsa,ecdsa", "ecdsa,rsa", "ecdsa,ecdsa,rsa":
        assert answer(hello, "--keys", order) == answer(hello), order
    for bad, place in (("", 1), ("dsa", 1), ("rsa,", 5), ("rsa,,ecdsa", 5),
                       ("rsa, ecdsa", 5), ("RSA", 1), ("ecdsa,rsap", 7)):
        status, out, said = judge(hello, "--keys", bad)
        assert (status, out) == (2, ""), (bad, status, out)
        assert said.startswith(f"smtptls-ciphers: --keys {bad}: the word at "
                               f"byte {place} is not a type of key; try "), said
    done = subprocess.run([*WRAPPER, PROGRAM, "--keys", "rsa"],
                          capture_output=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (2, b""), done


def forms():
    """A file or standard input; binary, or hex digits with white space."""
    hello = recorded("java")
    expected = answer(hello)
    text = hello.hex()
    for data in (hello + b"what follows", text.encode(), text.upper().encode(),
                 hello.hex(" ").encode(), hello.hex("\n").encode(),
                 b"\r\n\t \f\v" + "\r\n".join(text).encode() + b"\n"):
        assert answer(data) == expected, data[:20]
    assert answer(b"", file=str(HELLOS / "java")) == expected
    place = scratch() / "raw"
    place.write_bytes(hello)
    assert answer(b"", file=str(place)) == expected
    # One record for each byte, with spaces: the longest form possible.
    cut = b"".join(hello[:3] + b"\0\1" + hello[i:i + 1]
                   for i in range(5, len(hello)))
    assert answer(cut) == expected
    assert answer(cut.hex(" ").encode()) == expected


def malformed():
    hello = recorded("openssl")
    text = hello.hex().encode()
    cut, none = "the ClientHello is cut off", "not a ClientHello"
    for data, what in (
            (b"", cut), (b" \n", cut), (hello[:-1], cut), (hello[:1], cut),
            (text[:-2], cut), (b"\x16\x03", cut), (b"80", none),
            (b"15 0301 0002 0100", none), (b"\xff\xff\xff", none),
            (b"\x16\x02", none), (b"1603010004 02000000", none),
            (text[:-1], "an odd number of hexadecimal digits"),
            (b"1", "an odd number of hexadecimal digits")):
        refused(what, data)
    for data, place in ((b"EHLO x\r\n", 2), (b"GET /", 1), (b"0x16", 2),
                        (b"16 03 01\0", 9), (b"\0", 1), (b"16:03", 3),
                        (text + b"\xff", len(text) + 1)):
        refused(f"neither TLS records nor hexadecimal (byte {place})", data)
    # A missing file, a directory, and an unreadable file.
    refused("No such file or directory", b"", file=str(scratch() / "none"))
    refused("Is a directory", b"", file="/")
    # A good hello does not excuse a wrong string.
    status, out, said = judge(hello, "ALL:_")
    assert (status, out) == (1, "") and '"_" at byte 5 ' in said, said


def limits():
    """Up to 16 KiB of hello and 512 KiB of file are read, and no more."""
    longer = (b"\x16\3\1\x40\0\1\0" + (KIB16 + 1).to_bytes(2, "big")
              + bytes(KIB16 - 4))
    refused("the ClientHello is longer than 16 KiB",
            longer + b"\x16\3\1\0\5" + bytes(5))
    hello = recorded("openssl")
    text = hello.hex().encode()
    expected = answer(hello)
    assert answer(hello + bytes(KIB512 - len(hello))) == expected
    assert answer(text + b"\n" * (KIB512 - len(text))) == expected
    refused("longer than 512 KiB", hello + bytes(KIB512 - len(hello) + 1))
    refused("longer than 512 KiB", text + b"\n" * (KIB512 - len(text) + 1))
    refused("longer than 512 KiB", b"", file="/dev/zero")


def any_bytes():
    """Every prefix, and every byte changed: an answer, or none."""
    hello = recorded("openssl-tls12")
    step = 40 if WRAPPER else 4
    for at in range(0, len(hello), step):
        assert judge(hello[:at])[0] == 1, at
        changed = bytearray(hello)
        changed[at] ^= 0x55
        assert judge(bytes(changed))[0] in (0, 1, 3), at


def main():
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        print(f"skip: smtptls-ciphers is not built ({PROGRAM or ''})")
        sys.exit(1 if in_ci() else SKIPPED)
    checks = Checks("hello")
    for check in (choice, reason, applied, keys, forms, malformed, limits, any_bytes):
        if wanted(check.__name__, sys.argv[1:]):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main()
