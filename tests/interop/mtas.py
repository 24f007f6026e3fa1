#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""sendmta and the mail servers that people use: Postfix, Exim and aiosmtpd.

  mtas.py [MTA...]                for example: mtas.py postfix

Each accepts a message by STARTTLS and by implicit TLS, over TLS 1.2 and 1.3,
from a resumed session, and from a client with a certificate; sendmta refuses
each if its certificate is wrong, and if it has no TLS. See sender.py for the
environment and unpacked.py for the source of the servers.
"""

import itertools
import sys

from harness import Authority, Checks, openssl, wait_for
from mta import Aiosmtpd, Exim, Listener, Postfix
from sender import (FROM, LATER, LIMIT, TAKEN, TO, Outcome, Stage, program,
                    sane)

MTAS = {"postfix": Postfix, "exim": Exim, "aiosmtpd": Aiosmtpd}
MODES, PROTOCOLS = ("starttls", "implicit"), ("TLSv1.2", "TLSv1.3")


class Site(Stage):
    """The certificates and the servers that use them."""

    def __init__(self):
        super().__init__()
        self.dir.chmod(0o755)
        self.clients = Authority(self.dir / "clients", "clients")
        self.alice = self.clients.issue("alice", usage="clientAuth")
        self.mallory = self.issue("mallory", usage="clientAuth")
        crt, key = self.dir / "self.crt", self.dir / "self.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout",
                key, "-out", crt, "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost")
        self.wrong = {
            "wrong name": (self.issue("named", names=("other.example",),
                                      address=None),
                           'is for "other.example", not for "localhost"'),
            "expired": (self.issue("expired", end="20210101000000Z"),
                        "has expired"),
            "self-signed": ((crt, key), "no trusted authority"),
            "wrong purpose": (self.issue("client", usage="clientAuth"),
                              "is not for TLS servers")}
        for path in self.dir.glob("**/*.key"):
            path.chmod(0o644)           # for servers that drop root privileges
        self.listeners = dict(self.all_listeners())

    def all_listeners(self):
        for mode in MODES:
            implicit = mode == "implicit"
            for protocol in PROTOCOLS:
                yield f"{mode} {protocol}", Listener(self.good, implicit,
                                                     protocol)
                yield f"{mode} {protocol} clients", Listener(
                    self.good, implicit, protocol, clients=self.clients.crt)
            for name, (pair, _sentence) in self.wrong.items():
                yield f"{mode} {name}", Listener(pair, implicit)
        for fault in "absent", "454":
            yield fault, Listener(self.good, fault=fault)

    def send(self, mta, name, *options):
        return sane(Outcome([
            "--from", FROM, "--to", TO, "--ca", self.ca.crt,
            "--timeout", LIMIT,
            *["--implicit"] * name.startswith("implicit"), *options,
            self.message, f"localhost:{mta.ports[name]}"]))


def taken(site, mta, words, name, *options):
    before = len(mta.messages())
    outcome = site.send(mta, name, *options)
    assert outcome.status == TAKEN, f"{outcome}\n{mta.log()}"
    assert f"({words}, verified)" in outcome.printed, outcome
    wait_for(lambda: len(mta.messages()) > before, 10, "message")
    messages = mta.messages()
    assert len(messages) == before + 1, messages
    assert all(b"of a few lines" in data for data in messages), messages


def refused(site, mta, sentence, name, *options):
    before = len(mta.messages())
    outcome = site.send(mta, name, *options)
    assert outcome.status == LATER, f"{outcome}\n{mta.log()}"
    assert sentence in outcome.sentence, outcome
    assert len(mta.messages()) == before, mta.messages()


def delivers(site, mta, name, protocol):
    """Send twice: the second session is resumed."""
    kept = site.dir / f"{type(mta).__name__} {name}"
    for resumed in "", ", resumed":
        taken(site, mta, protocol + resumed, name, "--session", kept)


def knows_clients(site, mta, name, protocol):
    for pair in site.alice, site.mallory, None:
        options = ["--client-cert", pair[0], "--client-key", pair[1]] \
            if pair else []
        if pair == site.alice:
            taken(site, mta, protocol, name, *options)
        else:
            refused(site, mta, "", name, *options)


def try_mta(checks, site, kind):
    title = kind.__name__
    with kind(site.listeners) as mta:
        for mode, protocol in itertools.product(MODES, PROTOCOLS):
            name = f"{mode} {protocol}"
            checks.run(f"{title} {name}", delivers, site, mta, name, protocol)
            checks.run(f"{title} {name} clients", knows_clients, site, mta,
                       f"{name} clients", protocol)
        for mode, (name, (_pair, sentence)) in itertools.product(
                MODES, site.wrong.items()):
            checks.run(f"{title} {mode} {name}", refused, site, mta, sentence,
                       f"{mode} {name}")
        for name, sentence in (("absent", "does not offer STARTTLS"),
                               ("454", "refused STARTTLS (\"454 ")):
            checks.run(f"{title} {name}", refused, site, mta, sentence, name)


def main(names):
    program()
    checks, site = Checks("mtas"), Site()
    if set(names) - set(MTAS):
        sys.exit(f"mtas: those there are: {' '.join(MTAS)}")
    for name in names or MTAS:
        missing = MTAS[name].missing()
        if missing:
            checks.skip(missing)
        else:
            checks.run(name, try_mta, checks, site, MTAS[name])
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
