#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What bash completes for the programs: the options that --help shows, and
values that a program accepts; an option that takes a value is not followed by
other options.

Environment: see harness.py; SMTPTLS_CIPHERS, top_srcdir, too.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from harness import (SCALE, WRAPPER, Checks, SKIPPED, built, in_ci)

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2])).resolve()
COMPLETE = """
source "$1" || exit
shift
handler=$(complete -p "$1") || exit
[[ $handler =~ -F\\ ([^ ]+) ]] || exit
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" || exit
printf '%s\\n' "${COMPREPLY[@]}"
"""
# A file, a directory, and a part of neither name.
FILE, FOLDER = "a file", "folder"


class Completion:
    def __init__(self, name, place):
        self.name, self.place = name, place
        kind = name.removeprefix("smtptls-")
        self.program = built(name.upper().replace("-", "_"),
                             f"examples/{name}")
        self.source = TOP / "examples" / kind / f"{name}.bash"
        self.options, self.valued = set(), {}
        self.usage = 3 if kind == "probe" else 2
        if not self.program:
            return
        self.program = os.path.abspath(self.program)
        self.help = subprocess.run(
            [*WRAPPER, self.program, "--help"], check=True, text=True,
            stdout=subprocess.PIPE, timeout=10 * SCALE).stdout
        for line in self.help.splitlines():
            line = line.split("  ", 2)[1:] or [""]
            for option, value in re.findall(
                    r"(--[\w-]+)(?: ([A-Z:]+|0-5))?", line[0]):
                self.options.add(option)
                if value:
                    self.valued[option] = value

    def offers(self, *words):
        """What is offered for the last word."""
        done = subprocess.run(
            ["bash", "--norc", "-c", COMPLETE, "bash", str(self.source),
             self.name, *words], cwd=self.place, text=True,
            capture_output=True, timeout=10 * SCALE, check=False)
        assert done.returncode == 0 and not done.stderr, done
        return set(done.stdout.split("\n")) - {""}


def options(completion):
    assert len(completion.options) > 5, completion.help
    for words in ("",), ("--",), ("--version", ""):
        assert completion.offers(*words) == completion.options, \
            completion.options ^ completion.offers(*words)
    assert completion.offers("--vers") == {"--version"}
    assert completion.offers("--frob") == set()


def values(completion):
    """The values of an option, alone and after "=", which is a word."""
    # Where a value is due, no option is offered.
    assert completion.valued, completion.help
    for option, value in completion.valued.items():
        offered = completion.offers(option, "")
        assert not any(word.startswith("-") for word in offered), offered
        assert completion.offers(option, "=") == offered, option
        assert completion.offers(option, "=", "no such thing") == set()
        if value in ("FILE", "DIR"):
            names = {FOLDER} | ({FILE} if value == "FILE" else set())
            assert offered == names, (option, offered)
            assert completion.offers(option, "fol") == {FOLDER}, option
        elif offered and option != "--name":        # host names that bash knows
            taken(completion, option, offered)


def taken(completion, option, offered):
    """A program accepts each value of a set, and no other word."""
    for word in sorted(offered) + ["frob"]:
        done = subprocess.run(
            [*WRAPPER, completion.program, option, word, "--frob"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=10 * SCALE, check=False)
        at = option if word == "frob" else "--frob"
        assert done.returncode == completion.usage, done
        assert done.stderr.startswith(f"{completion.name}: {at}"), done


def main():
    with tempfile.TemporaryDirectory() as place:
        pathlib.Path(place, FILE).touch()
        pathlib.Path(place, FOLDER).mkdir()
        completions = [Completion(f"smtptls-{kind}", place)
                       for kind in ("server", "cert", "ciphers", "probe")]
        missing = [c.name for c in completions if not c.program]
        missing += [] if shutil.which("bash") else ["bash"]
        if missing:
            print(f"skip: missing: {', '.join(missing)}")
            sys.exit(1 if in_ci() else SKIPPED)
        checks = Checks("completion")
        for completion in completions:
            for check in options, values:
                checks.run(f"{completion.name} {check.__name__}", check,
                           completion)
    checks.finish()


if __name__ == "__main__":
    main()
