#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs' command lines, as far as they are alike: help, version, and
messages about wrong options.

Environment: see harness.py; SMTPTLS_CIPHERS and SMTPTLS_SENDMTA, too.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from harness import (SCALE, WRAPPER, Checks, REPORT, SKIPPED, built, in_ci)

TOP = pathlib.Path(__file__).resolve().parents[2]

# Each program with an option that takes a value, and one that takes none; the
# status for wrong options, and for output that cannot be written.
PROGRAMS = (("smtptls-server", "SMTPTLS_SERVER", "--maildir", "--strict-sni",
             2, 1),
            ("smtptls-cert", "SMTPTLS_CERT", "--dir", "--force", 2, 1),
            ("smtptls-ciphers", "SMTPTLS_CIPHERS", "--groups", "--names", 2,
             1),
            ("sendmta", "SMTPTLS_SENDMTA", "--host", "--implicit", 2, 1),
            # a Nagios check: UNKNOWN
            ("smtptls-probe", "SMTPTLS_PROBE", "--ehlo", "--host", 3, 3))


class Program:
    def __init__(self, name, variable, *options):
        self.name, self.path = name, built(variable, f"examples/{name}")
        self.valued, self.bare, self.usage, self.local = options

    def run(self, *arguments, stdout=subprocess.PIPE):
        # A program that accepts what it must not might write files.
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                [*WRAPPER, os.path.abspath(self.path), *arguments],
                stdin=subprocess.DEVNULL, stdout=stdout, cwd=place,
                stderr=subprocess.PIPE, timeout=10 * SCALE, check=False)
            assert not os.listdir(place), f"{arguments}: files"
        said = done.stderr.decode()
        assert not REPORT.search(said), said
        return done.returncode, (done.stdout or b"").decode(), said


def helps(program):
    status, out, said = program.run("--help")
    assert (status, said) == (0, ""), (status, said)
    assert out.startswith(f"usage: {program.name} "), out
    for line in out.splitlines():
        assert len(line) < 80, line
    for option in program.valued, program.bare, "-h, --help", "-V, --version":
        assert f"  {option}" in out, option
    # What follows it is not read; what precedes it is.
    for arguments in ("-h",), ("-h", "--frob"), (program.valued, "x", "-hV"):
        assert program.run(*arguments) == (0, out, ""), arguments


def versions(program):
    status, out, said = program.run("--version")
    assert (status, said) == (0, ""), (status, said)
    assert re.fullmatch(rf"{program.name} \d+\.\d+\.\d+\S*( \(.*\))?\n",
                        out), out
    assert program.run("-V") == (0, out, "")


def wrong(program):
    """One line that names the option, the cause and --help."""
    unknown, value = "no such option", "takes no value"
    for arguments, names, cause in (
            (("--frob",), "--frob", unknown),
            (("--frob=x",), "--frob=x", unknown),
            (("--frob\n\x1b",), "--frob??", unknown),
            (("-x",), "-x", unknown),
            (("-xh",), "-x", unknown),
            ((f"{program.valued}=--help", "-xh"), "-x", unknown),
            ((program.valued, "--help", "-xh"), "-x", unknown),
            ((program.valued,), program.valued, "a value is missing"),
            ((f"{program.bare}=1",), f"{program.bare}=1", value),
            (("--help=",), "--help=", value),
            # abbreviated names, even if unambiguous
            (("--versio",), "--versio", unknown),
            ((program.bare[:-1],), program.bare[:-1], unknown),
            ((f"{program.bare[:-1]}=1",), f"{program.bare[:-1]}=1", unknown),
            ((program.valued[:-1],), program.valued[:-1], unknown),
            ((program.valued[:-1], "x"), program.valued[:-1], unknown),
            ((f"{program.valued[:-1]}=x",), f"{program.valued[:-1]}=x",
             unknown)):
        expected = f"{program.name}: {names}: {cause}; " \
            f"try '{program.name} --help'\n"
        found = program.run(*arguments)
        assert found == (program.usage, "", expected), f"{arguments}: {found}"


def explains(program):
    """Each reason has its manual page entry; a log line is read."""
    if program.name != "smtptls-server":
        return
    page = (TOP / "man" / "smtptls-reasons.7").read_text()
    names = re.findall(r"^\.It Cm (\S+) Pq \d+$", page, re.MULTILINE)
    assert len(names) > 60, names
    for name in names:
        status, out, said = program.run("--explain", name)
        assert (status, said) == (0, ""), (name, status, said)
        first, _, text = out.partition("\n")
        assert first == name, out
        # at least two sentences, what it is and what to do; and an example
        prose, _, example = text.partition("\n  ")
        assert prose.count(".") >= 2 and len(prose) > 40, out
        assert not re.search(r"(^|\s)(Ql|Fn|Xr|Pq|Po|Pc|Dv|Cm)\s|\\\\", prose), out
        assert re.fullmatch(rf'reason=".*"\s+reason_id={name}\n', example,
                            re.DOTALL), out
        for line in text.splitlines():
            assert 0 < len(line) < 80, line
        # the same from a log line, with a shadow reason in it
        line = f'peer=[::1]:1 reason="x reason_id=tls" reason_id={name}'
        assert program.run("--explain", line) == (0, out, ""), line
        both = program.run("--explain", f"{line} shadow_id=version")
        assert both[1].startswith(out) and "\nversion\n" in both[1], both
    for wrong in "nonsense", "", "vers", "peer=1 reason_id=-", "none":
        status, out, said = program.run("--explain", wrong)
        assert (status, out) == (2, ""), (wrong, status, out)
        assert re.fullmatch(rf"smtptls-server: --explain {wrong}: not a "
                            "reason; give the reason_id of a log line, or "
                            "the whole line; try 'smtptls-server "
                            "--help'\n", said), said


def full_device(program):
    for option in "--help", "--version":
        with open("/dev/full", "wb") as full:
            status, _, said = program.run(option, stdout=full)
        assert status == program.local, status
        assert said.startswith(f"{program.name}: standard output: "), said


def main():
    programs = [Program(*program) for program in PROGRAMS]
    missing = [program.name for program in programs
               if not program.path or not os.access(program.path, os.X_OK)]
    if missing:
        print(f"skip: {', '.join(missing)} not built")
        sys.exit(1 if in_ci() else SKIPPED)
    checks = Checks("command_line")
    for program in programs:
        for check in helps, versions, wrong, explains, full_device:
            checks.run(f"{program.name} {check.__name__}", check, program)
    checks.finish()


if __name__ == "__main__":
    main()
