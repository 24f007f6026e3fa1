# SPDX-License-Identifier: MIT
"""sendmta with servers from mail_server.py: how it ended, what it printed, and
what must never happen whatever a server does.

Environment: SMTPTLS_SENDMTA, the program; see harness.py for the rest.
"""

import base64
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from harness import (REPORT, SCALE, SKIPPED, WRAPPER, Authority, built, in_ci,
                     scratch)
from mail_server import MailServer, server_context

TAKEN, LOCAL, USAGE, REFUSED, LATER = 0, 1, 2, 69, 75
FROM, TO = "a@example.org", "b@example.net"
USER, PASSWORD = "sesame", "open-the-door"
LOGIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
TEXT = b"Subject: message\n\nof a few lines\n"
SENT = b"Subject: message\r\n\r\nof a few lines\r\n.\r\n"
LIMIT = 20 * SCALE              # where no time limit is tested


@functools.lru_cache
def program():
    """sendmta; without it the test is skipped."""
    path = built("SMTPTLS_SENDMTA", "examples/sendmta")
    if not path or not os.access(path, os.X_OK):
        print(f"skip: sendmta is not built (SMTPTLS_SENDMTA={path or ''})")
        sys.exit(1 if in_ci() else SKIPPED)
    return os.path.abspath(path)


def instrumented():
    """Memory figures are not the program's own."""
    path = pathlib.Path(program())
    real = path.parent / ".libs" / path.name
    return bool(WRAPPER) or b"__asan_init" in \
        (real if real.exists() else path).read_bytes()


def can_be_given(*arguments):
    """libtool, as a wrapper, loses line ends in arguments."""
    return not WRAPPER or not any(end in str(argument) for end in "\r\n"
                                  for argument in arguments)


class Outcome:
    """One run: the status, stdout and stderr, how long it took and its peak
    memory."""

    def __init__(self, arguments):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begun = time.monotonic()
            process = subprocess.Popen(
                [*WRAPPER, program(), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            timer = threading.Timer(2 * LIMIT, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            self.seconds = time.monotonic() - begun
            self.status = process.returncode = \
                os.waitstatus_to_exitcode(status)
            self.peak = 1024 * usage.ru_maxrss
            out.seek(0)
            err.seek(0)
            self.printed, self.said = out.read().decode("latin-1"), \
                err.read().decode("latin-1")
        self.peers = []

    def __repr__(self):
        return f"status {self.status}: {self.printed}{self.said}".rstrip()

    @property
    def sentence(self):
        """The line on standard error, without the common prefix."""
        found = re.fullmatch("sendmta: ([ -~]+)\n", self.said)
        assert found, f"no sentence: {self!r}"
        return found[1]


class Stage:
    """The certificates, the message, and runs with a server."""

    def __init__(self):
        self.dir = scratch()
        self.ca = Authority(self.dir, "ca")
        self.good = self.ca.issue("good")
        self.context = server_context(self.good)
        self.lock = threading.Lock()
        self.message = self.dir / "message"
        self.message.write_bytes(TEXT)

    def issue(self, name, authority=None, **how):
        """Authority.issue(), by one thread at a time."""
        with self.lock:
            return (authority or self.ca).issue(name, **how)

    def send(self, *sessions, options=(), login=True, verify=None,
             timeout=LIMIT, host="localhost", message=None):
        """Run it with a server that serves its connections with these
        sessions. By default the certificate is verified, and there is a
        password."""
        verify = ["--ca", self.ca.crt] if verify is None else verify
        secret = ["--user", USER, "--password", PASSWORD] * login
        with MailServer(*sessions) as server:
            outcome = Outcome(
                ["--from", FROM, "--to", TO, "--timeout", timeout, "--host",
                 host, *verify, *secret, *options, message or self.message,
                 f"127.0.0.1:{server.port}"])
        outcome.peers = server.peers
        return outcome

    @staticmethod
    def close():
        return []


# --- what must hold


def sane(outcome):
    """It has ended by itself, in a documented way."""
    assert not REPORT.search(outcome.said), outcome
    assert outcome.status in (TAKEN, LOCAL, USAGE, REFUSED, LATER), outcome
    if outcome.status == TAKEN:
        assert not outcome.said and outcome.printed.count("\n") == 1, outcome
    elif outcome.status == USAGE:
        assert re.fullmatch("sendmta: .*; try 'sendmta --help'\n",
                            outcome.said), outcome
    else:
        assert not outcome.printed and outcome.sentence, outcome
    return outcome


def secretive(outcome):
    """Nothing confidential was in plaintext, and there was no second
    attempt."""
    for peer in outcome.peers:
        found = re.search(rb"(?mi)^(AUTH|MAIL|RCPT|DATA)\b.*", peer.clear)
        assert not found, f"in the clear: {found[0]}"
        for secret in PASSWORD.encode(), LOGIN, b"of a few lines":
            assert secret not in peer.clear + peer.raw, "a secret in the clear"
        assert not any(not up for up, _ in peer.messages)
    assert len(outcome.peers) <= 1, "connected again"
    return outcome


def either(outcome):
    """Any end, but nothing confidential in plaintext."""
    return secretive(sane(outcome))


def refused(outcome, sentence=None, status=None):
    """No message was handed over."""
    either(outcome)
    assert outcome.status in (REFUSED, LATER), outcome
    assert status in (None, outcome.status), outcome
    assert sentence is None or sentence in outcome.sentence, \
        f"{outcome}, wanted: {sentence}"
    assert not any(peer.messages for peer in outcome.peers), "it was sent"
    return outcome


def delivered(outcome, text=SENT):
    """One message was handed over, under TLS, and reported as such."""
    either(outcome)
    assert outcome.status == TAKEN, outcome
    assert len(outcome.peers) == 1, outcome.peers
    messages = outcome.peers[0].messages
    assert messages == [(True, text)], messages
    return outcome


def commands(outcome, verb=b"", under_tls=True):
    """The commands with this verb, in plaintext or under TLS, of all
    connections."""
    return [line for peer in outcome.peers for up, line in peer.commands
            if up == under_tls and line.upper().startswith(verb)]
