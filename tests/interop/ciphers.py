#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""smtptls-ciphers as scripts use it: its options, its three short forms and
its table, what it refuses, and that its lists equal those of `openssl
ciphers`.

  ciphers.py [STRINGS.TSV]

gnutls-cli is asked what GnuTLS makes of a list, and the two are compared by
code points, so that no name is compared only with this project's own names.

Environment: SMTPTLS_CIPHERS, the program (default examples/smtptls-ciphers);
SMTPTLS_SEED, a number for other random strings; see harness.py for the rest.
Status 77 if openssl is neither 3.0, whose language the program reads, nor 3.5
or 3.6, which allow "_" in words and count CCM8 suites as weak: with these
versions, such words and suites are excluded from the comparison.
"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from harness import SCALE, WRAPPER, Checks, REPORT, SKIPPED, built, in_ci

LIMIT = 10 * SCALE
RANDOM_STRINGS = 100
PROGRAM = None                  # set in main
NEWER = False                   # OpenSSL 3.5 or 3.6; set in main
CODES = {}                      # OpenSSL's name: code point
TLS13 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
         "TLS_AES_128_GCM_SHA256"]
KIB64 = 1 << 16

# A system's configuration may restrict versions and suites; not here.
ENVIRONMENT = dict(os.environ, OPENSSL_CONF="/dev/null", LC_ALL="C")


def run(*command):
    """Status, stdout, stderr; arguments may be bytes, the output is text."""
    done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=LIMIT, check=False)
    return (done.returncode, done.stdout.decode(),
            done.stderr.decode(errors="backslashreplace"))


def ours(*arguments):
    status, out, said = run(*WRAPPER, PROGRAM, *arguments)
    assert not REPORT.search(said), said
    assert status in (0, 1, 2), f"status {status}, {said!r}"
    return status, out, said


def given(*arguments):
    """The output of a call that must succeed without warnings."""
    status, out, said = ours(*arguments)
    assert status == 0 and said == "", f"status {status}, {said!r}"
    assert out.endswith("\n"), out
    return out


def names(*arguments):
    line = given(*arguments)
    assert line.count("\n") == 1, line
    return [name for name in line[:-1].split(":") if name]


class Table:
    """The table with all names and complete sentences, parsed."""

    ROW = re.compile(r" *(\d+)  (\S+) +(\S+) +(\S+) +(\S+) +"
                     r"(kept|lost: \S.*)")

    def __init__(self, *arguments):
        rows, after = given("--long", *arguments).split("\n\n", 1)
        self.rows = []
        for number, line in enumerate(rows.split("\n") if rows else [], 1):
            match = self.ROW.fullmatch(line)
            assert match and int(match[1]) == number, line
            self.rows.append(match.groups()[1:])
        lines = after.splitlines()
        self.priority = lines.pop().removeprefix("priority: ")
        self.level = int(lines.pop().removeprefix("security level: "))
        self.warnings = [line.removeprefix("warning: ") for line in lines]
        assert all(line.startswith("warning: ") for line in lines), lines

    def kept(self):
        return [row[0] for row in self.rows if row[4] == "kept"]

    def lost(self, name):
        causes = [row[4] for row in self.rows if row[0] == name]
        assert len(causes) == 1, f"{name}: {causes}"
        return causes[0]


SHORT_ROW = re.compile(r"([ \d]{3}) (\S+) +(\S+) +(kept|lost: \S.*)")
NOTE = 'note: "lost: SUITE": GnuTLS cannot have it without SUITE, which is ' \
    "forbidden\n"


def same_table(table, *arguments):
    """The short table has the same rows, in 80 columns, with shorter causes."""
    rows, after = given(*arguments).split("\n\n", 1)
    rows = rows.splitlines()
    assert len(rows) == len(table.rows), rows
    conflicts = 0
    for number, (line, row) in enumerate(zip(rows, table.rows), 1):
        match = SHORT_ROW.fullmatch(line)
        assert match and len(line) <= 80, line
        assert int(match[1]) == number, line
        assert match[2] == (row[0] if row[0] != "-" else row[1]), (line, row)
        assert match[3] == row[3], (line, row)
        # Columns are aligned from line to line.
        assert (match.start(3), match.start(4)) == (35, 44), line
        if row[4].startswith("lost: GnuTLS enables suites by their parts"):
            conflict = re.search(": (\\S{1,30})$", row[4])
            conflicts += bool(conflict)
            assert match[4] == "lost: " + (
                conflict[1] if conflict
                else "a forbidden one comes with it"), (line, row)
        else:
            assert match[4][:4] == row[4][:4], (line, row)
    assert after.startswith(NOTE) == bool(conflicts), after
    given_long = given("--long", *arguments).split("\n\n", 1)[1]
    assert after == NOTE * bool(conflicts) + given_long, after


# --- OpenSSL and GnuTLS


def comparable(strings):
    """The strings that both releases of OpenSSL read alike."""
    return [f"{string}:!AESCCM8" for string in strings
            if "_" not in string] if NEWER else list(strings)


def openssl_list(string, version="-tls1_2"):
    """The suites that OpenSSL gets from a list for TLS 1.2 and below; None:
    refused."""
    status, out, _ = run("openssl", "ciphers", "-s", version, "--", string)
    return [name for name in out.strip().split(":") if name] \
        if status == 0 else None


def learn_codes():
    status, out, said = run("openssl", "ciphers", "-V",
                            "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    assert status == 0, said
    for line in out.splitlines():
        code, _, name = line.split()[:3]
        CODES[name] = code
    # Not among OpenSSL's defaults, but known to it by these names.
    CODES.setdefault("TLS_AES_128_CCM_SHA256", "0x13,0x04")
    CODES.setdefault("TLS_AES_128_CCM_8_SHA256", "0x13,0x05")


def gnutls_codes(priority):
    """The suites of a priority string, as GnuTLS lists them."""
    status, out, said = run("gnutls-cli", "--list", "--priority", priority)
    assert status == 0, f"gnutls-cli refuses {priority}: {said}"
    found = re.findall(r"^TLS_\S+\s+(0x..), (0x..)\t", out, re.MULTILINE)
    assert found, f"no suites: {priority}: {out}"
    return {f"{high},{low}".upper().replace("X", "x") for high, low in found}


def codes(which):
    return {CODES[name] for name in which}


# --- the same list


def with_level(string, level):
    return string if "@SECLEVEL" in string else \
        f"{string}:@SECLEVEL={level}"


def same_as_openssl(string):
    """One string in all forms: OpenSSL's list, and the part that GnuTLS has."""
    theirs = openssl_list(string)
    if theirs is None:
        refused(("--all-names", "--", string), "ciphers")
        return
    listed = names("--all-names", "--", string)
    thirteen = [name for name in listed if name.startswith("TLS_")]
    assert listed[:len(thirteen)] == thirteen, f"mixed: {listed}"
    assert thirteen == openssl_list(string, "-tls1_3"), thirteen
    assert listed[len(thirteen):] == theirs, \
        f"{listed[len(thirteen):]} instead of {theirs}"
    priority = given("--priority", "--", string)
    assert priority.count("\n") == 1, priority
    had = gnutls_codes(priority[:-1])
    assert had <= codes(listed), f"wider by {had - codes(listed)}"
    table = Table("--", string)
    same_table(table, "--", string)
    assert table.priority == priority[:-1], table.priority
    assert codes(table.kept()) == had, \
        f"kept and had differ: {codes(table.kept()) ^ had}"
    here = names("--names", "--", string)
    assert here == [name for name in listed if name in here], here
    assert set(table.kept()) <= set(here), here


def real_strings(path):
    for line in path.read_text().splitlines():
        kind, string = line.split("\t")[:2]
        if kind == "cipher":
            yield string


WORDS = """ALL HIGH DEFAULT COMPLEMENTOFALL COMPLEMENTOFDEFAULT kRSA kEDH DH
    kEECDH kECDHE ECDH kPSK aRSA aDSS DSS aNULL ECDSA PSK SRP DHE EECDH RSA
    ADH AECDH 3DES RC4 eNULL AES128 AES256 AES AESGCM AESCCM AESCCM8 CAMELLIA
    CAMELLIA128 CHACHA20 ARIA ARIAGCM CBC MD5 SHA SHA1 SHA256 SHA384 SSLv3
    TLSv1 TLSv1.0 TLSv1.2 LOW MEDIUM FIPS EXPORT ECDHE-RSA-AES128-GCM-SHA256
    AES256-SHA PROFILE=SYSTEM nonsense @STRENGTH""".split()


def random_string(source):
    """A random string, usually valid."""
    items = [source.choice(["ALL", "HIGH", "DEFAULT", "ALL:eNULL", "EECDH"])]
    for _ in range(source.randrange(8)):
        word = source.choice(WORDS)
        if word[0] != "@":
            word = source.choice(["", "", "+", "-", "!"]) + word
            if source.randrange(3) == 0:
                word += "+" + source.choice(WORDS[:-1])
        items.append(word)
    if source.randrange(12) == 0:
        items.append(source.choice(["@SECLEVEL=7", "A_B", "@", "!", "+",
                                    "AES+", "TLS_RSA\u00e9"]))
    string = source.choice(": ,;").join(items)
    return with_level(string, source.randrange(6))


def lists(checks, path):
    source = random.Random(int(os.environ.get("SMTPTLS_SEED", "1")))
    strings = []
    for string in real_strings(path):
        strings += {with_level(string, 0): None, with_level(string, 2): None}
    assert len(strings) > 50, f"{path}: {len(strings)} strings"
    strings += [random_string(source) for _ in range(RANDOM_STRINGS)]
    strings = comparable(strings)
    # Under valgrind each run takes a second, and each string takes seven.
    for string in strings[::30 if WRAPPER else 1]:
        checks.run(f"'{string}'", same_as_openssl, string)


# --- what is refused


def refused(arguments, *says):
    """Status 1, nothing on stdout, and one line on stderr with all details."""
    status, out, said = ours(*arguments)
    assert status == 1, f"status {status}, {out!r}, {said!r}"
    assert out == "", f"on stdout: {out!r}"
    assert said.count("\n") == 1 and said.endswith("\n"), repr(said)
    assert said.startswith("smtptls-ciphers: "), said
    assert said[:-1].isprintable(), ascii(said)
    for part in says:
        assert part in said, f"does not say {part}: {said}"


def malformed(checks):
    """kind of list, string, word, position in bytes from 1"""
    cases = (
        (None, "", "", 1),
        (None, "ALL:_", "_", 5),
        (None, "HIGH:@SECLEVEL=6", "SECLEVEL=6", 7),
        (None, "HIGH:@STRONG", "STRONG", 7),
        (None, "HIGH:!", "", 7),
        (None, "HIGH:AES+", "", 10),
        (None, "NONSENSE", None, None),
        (None, "ALL:!ALL:!eNULL", None, None),
        (None, b"ALL:\xff\xfe", "\\xff", 5),
        (None, "ALL\nAES", "\\x0a", 4),
        (None, b"ALL:\x1b[31m", "\\x1b", 5),
        ("protocols", "TLSv1.2 TLSv9", None, None),
        ("protocols", "TLSv1_1:TLSv1_2", "TLSv1_2", 9),
        ("protocols", "SSLv3", "SSLv3", 1),
        ("protocols", "nonsense", "nonsense", 1),
        ("protocols", "", "", 1),
        ("protocols", ">=", None, None),
        ("protocols", ">=TLSv1.3, <=TLSv1.2", None, None),
        ("protocols", b"TLSv1.2:\xff", None, None),
        ("ciphersuites", "nonsense", "nonsense", 1),
        ("ciphersuites", "ECDHE-RSA-AES128-GCM-SHA256", None, None),
        ("groups", "", "", 1),
        ("groups", "X25519:nonsense", "nonsense", 8),
        ("groups", "X25519::P-256", "", 8),
        ("groups", "P-256:X25519:P-256", "P-256", 14),
        ("groups", b"X25519:\xff", "\\xff", 8),
        ("sigalgs", "", "", 1),
        ("sigalgs", "RSA+SHA256:nonsense", "nonsense", 12),
        ("sigalgs", "RSA+SHA256:RSA+SHA256", "RSA+SHA256", 12),
    )
    forms = ((), ("--names",), ("--all-names",), ("--priority",))
    for number, (kind, string, word, place) in enumerate(cases):
        arguments = ("--", string) if kind is None else ("--" + kind, string)
        says = [kind or "ciphers"]
        if place:
            says.append(f'"{word}" at byte {place} ')
        else:
            says.append(" at byte ")
        # All forms for the first string, then one form each in turn.
        for form in forms if number == 0 else [forms[number % 4]]:
            checks.run(f"{form} {kind} {string}", refused, form + arguments,
                       *says)


def long_strings():
    """64 KiB is read, one byte more is not; distant errors have a position."""
    full = "ALL:" * (KIB64 // 4 - 1) + "HIGH"
    assert len(full) == KIB64
    assert names("--all-names", full) == names("--all-names", "ALL:HIGH")
    refused((full + ":",), "ciphers", "64 KiB")
    refused((full[:-3] + "A:_",), "ciphers", f'"_" at byte {KIB64} ')
    for kind in "protocols", "ciphersuites", "groups", "sigalgs":
        refused((f"--{kind}", "x" * (KIB64 + 1)), kind, "64 KiB")
        refused((f"--{kind}", "x" * KIB64), kind, " at byte 1 ")
    for byte in b"\x01", b"\n", b"_", b"@", b"\xff", b"+":
        refused((byte * KIB64,), "ciphers", " at byte ")


def any_bytes():
    source = random.Random(7)
    for _ in range(20):
        junk = bytes(source.randrange(1, 256)
                     for _ in range(source.randrange(1, 300)))
        for kind in "protocols", "ciphersuites", "groups", "sigalgs":
            refused((f"--{kind}=".encode() + b"\x01" + junk,), kind, "byte")
        refused((b"--", b"\x01" + junk), "ciphers", "at byte 1 ")


def nothing_left():
    """A policy that cannot serve anybody is refused, with the reason."""
    for arguments, reason in (
            (("--protocols", "TLSv1.2", "PSK"), "pre-shared"),
            (("--protocols", "TLSv1", "ALL"), "@SECLEVEL=0"),
            (("--protocols", "TLSv1.3", "--ciphersuites", "", "ALL"),
             "version"),
            (("--protocols", "TLSv1.2", "aNULL:@SECLEVEL=0"), "certificate"),
            (("--protocols", "TLSv1.2", "ARIA"), "GnuTLS")):
        refused(arguments, reason)


def usage_errors():
    """The command line is wrong, not a string: status 2, and a hint at
    --help."""
    for arguments, cause in (
            (("ALL", "HIGH"), "HIGH: a second cipher list"),
            (("--seclevel", "6"), "--seclevel 6: not from 0 to 5"),
            (("--seclevel", "-1"), "--seclevel -1: not from 0 to 5"),
            (("--seclevel", ""), "--seclevel : not from 0 to 5"),
            (("--seclevel", "2x"), "--seclevel 2x: not from 0 to 5"),
            (("--keys", "rsa"), "--keys: only with --hello"),
            (("--keys", "rsa", "--names"), "--keys: only with --hello")):
        status, out, said = ours(*arguments)
        assert status == 2 and out == "", f"{arguments}: {status} {out!r}"
        assert said == f"smtptls-ciphers: {cause}; " \
            "try 'smtptls-ciphers --help'\n", said


def full_device():
    """Output that could not be written is not a success."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*WRAPPER, PROGRAM], stdout=full,
                              stderr=subprocess.PIPE, timeout=LIMIT,
                              check=False)
    assert done.returncode == 1 and b"standard output" in done.stderr, done


# --- options


def default_policy():
    """TLS 1.2 and 1.3, forward secrecy, authenticated encryption, level 2."""
    table = Table()
    assert table.level == 2 and not table.warnings, table.warnings
    assert names("--all-names")[:3] == TLS13
    for row in table.rows:
        assert row[4] == "kept", row
        assert re.search("GCM|CHACHA20", row[0]), row
        assert re.match("TLS_|ECDHE-|DHE-RSA-", row[0]), row
    assert "%SERVER_PRECEDENCE" in table.priority, table.priority


def protocols():
    for string, has in (
            ("TLSv1.3", {"TLS1.3"}), ("TLSv1.2", {"TLS1.2"}),
            (">=TLSv1", {"TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"}),
            ("!SSLv2, !SSLv3, !TLSv1.3", {"TLS1.0", "TLS1.1", "TLS1.2"}),
            ("ALL -TLSv1", {"TLS1.1", "TLS1.2", "TLS1.3"}),
            ("SSLv23:!SSLv2:!SSLv3:!TLSv1:!TLSv1_1", {"TLS1.2", "TLS1.3"})):
        priority = given("--protocols", string, "--priority",
                         "ALL:@SECLEVEL=0")
        found = set(re.findall(r"\+VERS-([^:]+)", priority))
        assert found == has, f"{string}: {found}"
    # The plugin's own example at level 2: the message says what to add.
    table = Table("--protocols", "SSLv23:!SSLv2:!SSLv3:!TLSv1")
    assert any("TLSv1.1" in warning and "@SECLEVEL=0" in warning
               for warning in table.warnings), table.warnings
    assert "VERS-TLS1.1" not in table.priority, table.priority


def ciphersuites():
    one = "TLS_CHACHA20_POLY1305_SHA256"
    two = f"{one}:TLS_AES_256_GCM_SHA384"
    for string in one, two:
        listed = names("--all-names", "--ciphersuites", string, "EECDH")
        assert [name for name in listed if name.startswith("TLS_")] == \
            string.split(":"), listed
    table = Table("--ciphersuites", f"nonsense:{one}")
    assert table.rows[0][0] == one, table.rows
    assert any('"nonsense" at byte 1 ' in warning
               for warning in table.warnings), table.warnings
    table = Table("--ciphersuites", "")
    assert table.rows[0][3] != "TLSv1.3", table.rows
    assert "VERS-TLS1.3" not in table.priority, table.priority


def groups():
    priority = given("--groups", "P-384:X25519", "--priority")
    assert re.findall(r"\+GROUP-([^:\n]+)", priority) == \
        ["SECP384R1", "X25519"], priority
    # Without an FFDHE group, DHE is useless.
    table = Table("--groups", "P-256", "ALL")
    assert "ffdhe" in table.lost("DHE-RSA-AES256-GCM-SHA384")
    table = Table("--groups", "brainpoolP256r1:X25519")
    assert any("brainpoolP256r1" in warning for warning in table.warnings), \
        table.warnings


def sigalgs():
    priority = given("--sigalgs", "ECDSA+SHA384:rsa_pss_rsae_sha256",
                     "--priority")
    signs = re.findall(r"\+SIGN-([^:\n]+)", priority)
    assert signs and all(re.match("ECDSA.*384|RSA-PSS-RSAE-SHA256", sign)
                         for sign in signs), signs


def seclevel():
    for level in range(6):
        everything, = comparable(["ALL:COMPLEMENTOFALL"])
        listed = names("--all-names", "--seclevel", str(level), everything)
        theirs = openssl_list(f"{everything}:@SECLEVEL={level}")
        assert [name for name in listed if name[:4] != "TLS_"] == theirs, \
            f"{level}: {listed} instead of {theirs}"
        assert Table("--seclevel", str(level), "ALL").level == level
    # The string's own level takes precedence over the option.
    assert Table("--seclevel", "4", "ALL:@SECLEVEL=1").level == 1


def prefer_client():
    assert "%SERVER_PRECEDENCE" not in given("--prefer-client", "--priority")


def option_forms():
    """Options may have any order and spelling; the last form counts."""
    expected = given("--priority", "--protocols", "TLSv1.2", "--", "HIGH")
    for arguments in (("--protocols=TLSv1.2", "HIGH", "--priority"),
                      ("HIGH", "--protocols=TLSv1.2", "--names", "--priority"),
                      ("--priority", "--protocols", "TLSv1.3", "--protocols",
                       "TLSv1.2", "HIGH")):
        assert given(*arguments) == expected, arguments
    assert given("--all-names", "--", "-SHA:ALL") == \
        given("--all-names", "ALL")


def warnings():
    """Words that OpenSSL skips are reported, and do no harm."""
    table = Table("ECDHE+AESGCM:nonsense:!RC4")
    for word, place in ("nonsense", 14), ("RC4", 24):
        assert any(f'"{word}" at byte {place} ' in warning or
                   f'"!{word}" at byte {place - 1} ' in warning
                   for warning in table.warnings), table.warnings
    assert given("--names", "ECDHE+AESGCM:nonsense:!RC4") == \
        given("--names", "ECDHE+AESGCM")


def applied():
    """Words of other languages, as corrected: options that are accepted,
    once."""
    tls13 = "'" + ":".join(TLS13) + "'"
    for options, expected in (
            ([], ""),
            (["HIGH:!aNULL"], "--ciphers 'HIGH:!aNULL'"),
            (["--seclevel", "0", "it's:HIGH"],
             "--ciphers 'it'\\''s:HIGH' --seclevel 0"),
            (["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
             "--ciphers 'ECDHE-RSA-AES256-GCM-SHA384'"),
            (["ALL!anull:ecdhe-rsa-aes256-gcm-sha384"], None),
            (["ECDHE-RSA-AES256-GMC-SHA384:ECDHE+AESGCM"],
             "--ciphers 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE+AESGCM'"),
            (["ssl_ciphers=HIGH:!anull"], "--ciphers 'HIGH:!aNULL'"),
            (["tls_high_cipherlist = ECDHE+AESGCM"],
             "--ciphers 'ECDHE+AESGCM'"),
            (["TLS_AES_256_GCM_SHA384:ECDHE+AESGCM:TLS_AES_128_CCM_SHA256",
              "--ciphersuites", "TLS_AES_256_GCM_SHA384"],
             "--ciphers 'ECDHE+AESGCM' --ciphersuites "
             "'TLS_AES_256_GCM_SHA384:TLS_AES_128_CCM_SHA256'"),
            (["HIGH:TLS_AES_256_GCM_SHA384", "--ciphersuites", ""],
             f"--ciphers 'HIGH' --ciphersuites {tls13}"),
            (["--protocols", "MinProtocol = TLSv1.2"],
             "--protocols '>=TLSv1.2'"),
            (["--protocols", "-VERS-ALL:+VERS-TLS1.2"],
             "--protocols '+TLSv1.2'"),
            (["--protocols", "SSLv23:!TLS1.1:!TLSv1"],
             "--protocols 'SSLv23:!TLSv1_1:!TLSv1'"),
            (["--groups", "curve25519/P256:Curve448"],
             "--groups 'X25519/P-256:X448'"),
            (["--groups", "curve25519:X25519", "--sigalgs",
              "SHA256withRSA:P-521:PS256"],
             "--groups 'X25519:P-521' --sigalgs "
             "'RSA+SHA256:rsa_pss_rsae_sha256'")):
        out = given("--apply", *options)
        if expected is not None:
            assert out == expected + "\n", (options, out)
        status, again, said = run("sh", "-c", f'"$0" --apply {out}', PROGRAM)
        assert (status, again, said) == (0, out, ""), (again, said)
    # what remains is wrong, or not a list
    for options, says in ((["--groups", "P256:nonsense"], "nonsense"),
                          (["SECURE128:-VERS-TLS1.0"], "--priority")):
        status, out, said = ours("--apply", *options)
        assert (status, out) == (1, "") and says in said, (options, said)


def short_causes():
    """Each cause in the short table, once."""
    listed = [given(*arguments) for arguments in (
        ("ALL:COMPLEMENTOFALL",), ("--protocols", "TLSv1.3", "AES256-SHA"),
        ("--groups", "P-256", "ALL:@SECLEVEL=0"),
        ("NULL-SHA256:@SECLEVEL=0",))]
    for number, name, cause in (
            (0, "PSK-AES256-GCM-SHA384", "needs a shared key or SRP"),
            (0, "ECDHE-ARIA256-GCM-SHA384", "GnuTLS does not have it"),
            (0, "NULL-SHA256", "too weak for the level"),
            (0, "DHE-DSS-AES256-GCM-SHA384",
             "no group or signature fits it"),
            (1, "AES256-SHA", "no enabled version has it"),
            (2, "DHE-RSA-AES256-GCM-SHA384",
             "no group or signature fits it"),
            (2, "AECDH-AES256-SHA", "needs no certificate"),
            (3, "NULL-SHA256", "GnuTLS: not with TLS 1.3")):
        assert re.search(rf"^.{{3}} {name} +\S+ +lost: {cause}$",
                         listed[number], re.MULTILINE), (name, cause)


def system_cause():
    """What the administrator's GnuTLS policy removes."""
    with tempfile.NamedTemporaryFile("w", suffix=".config") as config:
        config.write("[overrides]\ntls-disabled-cipher = AES-256-CBC\n")
        config.flush()
        done = subprocess.run(
            [*WRAPPER, PROGRAM, "AES256-SHA:AES128-SHA:@SECLEVEL=0"],
            env={**ENVIRONMENT, "GNUTLS_SYSTEM_PRIORITY_FILE": config.name},
            capture_output=True, text=True, timeout=LIMIT, check=False)
    assert re.search(r"AES256-SHA +SSLv3    lost: the system's policy forbids "
                     r"it$", done.stdout, re.MULTILINE), done


def causes():
    """Why a suite is lost, each cause once, and the product's conflict."""
    table = Table("--seclevel", "2", "ALL:COMPLEMENTOFALL")
    for name, cause in (("PSK-AES256-GCM-SHA384", "pre-shared"),
                        ("ECDHE-ARIA256-GCM-SHA384", "GnuTLS"),
                        ("ADH-AES256-GCM-SHA384", "level"),
                        ("NULL-SHA256", "level")):
        assert cause in table.lost(name), table.lost(name)
    table = Table("--protocols", "TLSv1.3", "AES256-SHA")
    assert "version" in table.lost("AES256-SHA")
    # The product of their parts has four suites; two are not allowed.
    pair = "ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
    table = Table("--protocols", "TLSv1.2", pair)
    first, second = pair.split(":")
    assert table.kept() == [first], table.rows
    assert re.search(r"(TLS_)?(ECDHE|DHE)[_-]RSA[_-]\S*AES_?(128|256)[_-]GCM",
                     table.lost(second)), table.rows


def main():
    global PROGRAM, NEWER  # pylint: disable=global-statement
    PROGRAM = built("SMTPTLS_CIPHERS", "examples/smtptls-ciphers")
    wanting = None
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        wanting = f"smtptls-ciphers is not built ({PROGRAM or ''})"
    elif not shutil.which("gnutls-cli"):
        wanting = "gnutls-cli is missing"
    elif not shutil.which("openssl"):
        wanting = "openssl is missing"
    else:
        release = run("openssl", "version")[1]
        NEWER = release.startswith(("OpenSSL 3.5.", "OpenSSL 3.6."))
        if not NEWER and not release.startswith("OpenSSL 3.0."):
            wanting = f"it is {release.strip()}, not OpenSSL 3.0, 3.5 or 3.6"
    if wanting:
        print(f"skip: {wanting}")
        sys.exit(1 if in_ci() else SKIPPED)
    checks = Checks("ciphers")
    learn_codes()
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else \
        pathlib.Path(__file__).parent.parent / "data" / "strings.tsv"
    lists(checks, path)
    malformed(checks)
    for check in (long_strings, any_bytes, nothing_left, usage_errors,
                  full_device, default_policy, protocols,
                  ciphersuites, groups, sigalgs, seclevel, prefer_client,
                  option_forms, warnings, applied, causes, short_causes,
                  system_cause):
        checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main()
