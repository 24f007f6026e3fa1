# SPDX-License-Identifier: MIT
"""The table of behaviour.tsv: which function judges which row, which rows are
left out and why, and the servers that the rows are tried on."""

import pathlib
import threading

from harness import Certificates, Server, scratch

TABLE = pathlib.Path(__file__).resolve().parents[1] / "data/behaviour.tsv"

JUDGES = {}                     # id -> (function, arguments)
LEFT_OUT = {}                   # id -> why nothing judges it
ALONE = set()                   # ids that measure the server: one at a time
LAST = set()                    # ids that look back on the run


def row(name, *arguments, alone=False, last=False):
    """Decorate the function that judges a row; it raises if it fails."""
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
    """The same for a numbered family: arguments follow the site."""
    def note(function):
        for number, arguments in cases.items():
            row(f"{prefix}-{number:02}", *arguments, **where)(function)
        return function
    return note


def left_out(name, why):
    LEFT_OUT[name] = why


def requirements():
    """id -> (what is sent, what is required) of the server's rows, in the
    table's order. The client's are those of tests/unit."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return {fields[0]: fields[2:4]
            for fields in (line.split("\t") for line in lines)
            if fields[1] == "server"}


class Site:
    """One certificate set and the servers, started when first asked for."""

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
        """The stored messages that contain token."""
        return [data for data in (path.read_bytes() for path in
                                  (self.maildir / "new").glob("*"))
                if token in data]

    def message(self, token):
        """The one that does."""
        found = self.messages(token)
        assert len(found) == 1, f"{len(found)} messages stored, not one"
        return found[0]

    def close(self):
        """Stop all; their complaints."""
        complaints = []
        for name, server in self.servers.items():
            complaints += [f"server {name}: {line}"
                           for line in server.stop()]
        return complaints
