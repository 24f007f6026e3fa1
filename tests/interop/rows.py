# SPDX-License-Identifier: MIT
"""The table of behaviour.tsv: which function judges which row, which rows are
left out and why, how all of them are run, and the servers for the server's
rows."""

import concurrent.futures
import os
import pathlib
import sys
import threading
import traceback

from harness import Certificates, Server, scratch

TABLE = pathlib.Path(__file__).resolve().parents[1] / "data/behaviour.tsv"

WORKERS = 6

JUDGES = {}                     # id -> (function, arguments)
LEFT_OUT = {}                   # id -> why nothing judges it
ALONE = set()                   # ids that measure the server: run alone
LAST = set()                    # ids that look back on the run


def row(name, *arguments, alone=False, last=False):
    """Decorate the function that judges a row; it raises an exception if the
    row fails."""
    def note(function):
        if name in JUDGES:
            raise ValueError(f"{name} is judged twice")
        JUDGES[name] = (function, arguments)
        if alone:
            ALONE.add(name)
        if last:
            LAST.add(name)
        return function
    return note


def rows(prefix, cases, **where):
    """The same for a numbered family of rows: `cases` maps numbers to
    arguments after the site."""
    def note(function):
        for number, arguments in cases.items():
            row(f"{prefix}-{number:02}", *arguments, **where)(function)
        return function
    return note


def left_out(name, why):
    LEFT_OUT[name] = why


def requirements(role):
    """id -> (what is sent, what is required) of the server's or the client's
    rows, in the table's order."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return {fields[0]: fields[2:4]
            for fields in (line.split("\t") for line in lines)
            if fields[1] == role}


def judge(site, name):
    """None, or why the row fails."""
    function, arguments = JUDGES[name]
    try:
        function(site, *arguments)
    except Exception as error:  # pylint: disable=broad-except
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} " \
               f"({os.path.basename(where.filename)}:{where.lineno})"
    return None


def run(site, names):
    """(name, why) of each row, those that measure after the others."""
    apart = ALONE | LAST
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        together = [name for name in names if name not in apart]
        yield from zip(together, pool.map(
            lambda name: judge(site, name), together))
    for name in sorted((n for n in names if n in apart),
                       key=lambda n: n in LAST):
        yield name, judge(site, name)


def main(title, role, open_site, prefixes):
    """Run the rows of a role whose id begins with one of the prefixes."""
    required = requirements(role)
    for what, names in (("no such rows", {*JUDGES, *LEFT_OUT} - {*required}),
                        ("neither judged nor left out",
                         {*required} - {*JUDGES, *LEFT_OUT}),
                        ("both judged and left out", {*JUDGES} & {*LEFT_OUT})):
        if names:
            sys.exit(f"{title}: {what}: {' '.join(sorted(names))}")
    wanted = [name for name in required if not prefixes
              or any(name.startswith(prefix) for prefix in prefixes)]
    if not wanted:
        sys.exit(f"{title}: no row begins with {' '.join(prefixes)}")
    apart = [name for name in wanted if name in LEFT_OUT]
    site, failed, passed = open_site(), 0, 0
    try:
        for name, why in run(site, [n for n in wanted if n in JUDGES]):
            passed += why is None
            if why is not None:
                failed += 1
                sent, must = required[name]
                print(f"FAIL {name}: sent: {sent} | came: {why} | "
                      f"required: {must}", flush=True)
    finally:
        complaints = site.close()
    for line in complaints:
        print(f"FAIL {line}")
    for name in apart:
        print(f"left out {name}: {LEFT_OUT[name]}")
    print(f"{title}: {passed} passed, {failed + bool(complaints)} failed, "
          f"{len(apart)} left out")
    sys.exit(1 if failed or complaints else 0)


class Site:
    """One set of certificates and the servers, each started when first asked
    for."""

    HANDSHAKE_TIMEOUT = 12

    def __init__(self):
        self.certs = Certificates()
        self.maildir = scratch()
        self.lock = threading.Lock()
        self.servers = {}

    def server(self, name, *options, **choice):
        with self.lock:
            if name not in self.servers:
                server = Server(self.certs, "--hostname", "mx.example",
                                *options, **choice)
                self.servers[name] = server.__enter__()
            return self.servers[name]

    @property
    def main(self):
        return self.server(
            "main", "--maildir", str(self.maildir), "--max-connections",
            "400", "--handshake-timeout", str(self.HANDSHAKE_TIMEOUT))

    @property
    def starttls(self):
        return self.main.starttls

    @property
    def tls(self):
        return self.main.tls

    def messages(self, token):
        """The stored messages that contain `token`."""
        return [data for data in (path.read_bytes() for path in
                                  (self.maildir / "new").glob("*"))
                if token in data]

    def message(self, token):
        """The only such message."""
        found = self.messages(token)
        assert len(found) == 1, f"{len(found)} messages stored, not one"
        return found[0]

    def close(self):
        """Stop all; returns their complaints."""
        complaints = []
        for name, server in self.servers.items():
            complaints += [f"server {name}: {line}"
                           for line in server.stop()]
        return complaints
