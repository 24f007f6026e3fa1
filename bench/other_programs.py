# SPDX-License-Identifier: MIT
"""Rows about two of the examples: ucspitls, which runs a process for each
client, and sni_directory, which chooses a configuration for each client.
"""

import pathlib
import shutil
import statistics

from program import Failure, Role, Server
from table import ratio_row

INSTRUCTIONS_LIMIT = 1.05

# As a program without TLS would do it; each reply in one write.
PROGRAM = r"""
end=$(printf '.\r')
printf '220 runner.example ESMTP\r\n'
while IFS= read -r line; do
	case $line in
	EHLO*)	printf '250-runner.example\r\n250 STARTTLS\r\n' ;;
	STARTTLS*)
		printf '220 2.0.0 Go\r\n'
		printf y >&$SSLCTLFD
		exec <&$SSLREADFD >&$SSLWRITEFD ;;
	MAIL*|RCPT*) printf '250 2.0.0 Ok\r\n' ;;
	DATA*)
		printf '354 Go\r\n'
		while IFS= read -r line && [ "$line" != "$end" ]; do :; done
		printf '250 2.0.0 Ok\r\n' ;;
	QUIT*)	printf '221 2.0.0 Bye\r\n'; exit 0 ;;
	*)	printf '502 5.5.1 What\r\n' ;;
	esac
done
"""

# Names that are kept; names that exist; and names requested, to replace all
# those kept.
NAMES_KEPT = 1000
NAMES = 100000
NAMES_ASKED = 2500
NAMES_LIMIT = 1.10


class Runner(Role):
    """Only its own instructions; the program that it runs is not counted."""

    def arguments(self, pair):
        return ["-l", "127.0.0.1:0", str(pair[0]), str(pair[1]), "/bin/sh",
                "-c", PROGRAM]


class Directory(Role):
    """With this many names, all with the same file."""

    def __init__(self, bench, names):
        super().__init__("sni_directory", example(bench, "sni_directory"), [])
        self.path = bench.directory / f"names-{names}"
        self.path.mkdir()
        default = self.path / "default.pem"
        with open(default, "wb") as file:
            for path in bench.pairs["P-256"]:
                file.write(path.read_bytes())
        for number in range(names):
            (self.path / f"n{number}.example.pem").symlink_to("default.pem")

    def arguments(self, pair):
        return [str(self.path), str(NAMES_KEPT)]


def example(bench, name):
    """Beside the server, or one level up if that is libtool's real program."""
    directory = pathlib.Path(bench.roles[1].program).parent
    for path in directory / name, directory.parent / name:
        if path.exists():
            return path
    raise Failure(f"there is no {name} beside the server")


def runner_row(bench):
    """Each child's count includes its parent's from before the fork."""
    role = Runner("runner", example(bench, "ucspitls"), [])
    counts = bench.callgrind_counts(role, "full", 3 if bench.quick else 10)
    parent, *children = sorted(counts)
    return ratio_row("instructions, through ucspitls",
                     [bench.session_instructions("full")],
                     [statistics.median(children) - parent],
                     INSTRUCTIONS_LIMIT)


def sni_row(bench):
    """A session without a message, which requests a known name."""
    role = Directory(bench, 1)
    return ratio_row("instructions, SNI callback",
                     [bench.session_instructions("brief")],
                     [bench.session_instructions("brief", role,
                                                 ("--names", "1"))],
                     INSTRUCTIONS_LIMIT)


def directory_memory(bench, names, *asked):
    """With the first N names requested in turn, for each of the given
    counts."""
    role = Directory(bench, names)
    with Server(bench, role, bench.pairs["P-256"]) as server:
        for count in asked:
            bench.run_load(server, "brief", count,
                           more=("--names", str(count)))
            loaded = server.log.read_text().count("loaded ")
            if loaded < count:
                raise Failure(f"{role.name} has loaded {loaded} of {count} "
                              f"names{server.last_words()}")
            yield server.memory()


def names_rows(bench):
    """`floor` has 1,000 names, each requested; `server` has 100,000: first the
    same 1,000 are requested, and then more than it keeps."""
    few, = directory_memory(bench, NAMES_KEPT, NAMES_KEPT)
    many, turned_over = directory_memory(bench, NAMES, NAMES_KEPT, NAMES_ASKED)
    shutil.rmtree(bench.directory / f"names-{NAMES}")
    yield ratio_row("bytes, 100,000 names, 1,000 in use", [few], [many],
                    NAMES_LIMIT)
    yield ratio_row("bytes, the same, turned over", [few], [turned_over], None)
