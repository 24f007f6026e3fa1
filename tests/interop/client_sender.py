# SPDX-License-Identifier: MIT
"""Rows on what a sender is told to do, and on servers that break TLS's own
rules (M-CLI)."""

import os
import struct
import types

from client_dialogue import bounded, capabilities
from mail_server import TIMEOUT, Left, server_context, session
from rows import left_out, row
from sender import (FROM, LATER, TAKEN, TO, USAGE, Outcome, can_be_given,
                    commands, delivered, refused, sane)
from tlsbytes import (ALERT, HANDSHAKE, KEY_UPDATE, SERVER_HELLO, Keys,
                      message, record, split_records, u8, u16)
from client_tls import V12, V13, hello_of

DECIDED = "MX hosts, DANE, MTA-STS and REQUIRETLS are decided before there " \
    "is a connection: tests/unit/outbound"

for number in range(1, 8):
    left_out(f"M-CLI-{number:02}", DECIDED)


@row("M-CLI-08")
def opportunistic(site):
    """In plaintext only where that was allowed, with a report; never after a
    failed handshake, and never with a password."""
    clear = {"EHLO": capabilities(b"SIZE 1000000")}
    no = {"STARTTLS": b"454 4.7.0 no\r\n"}
    allowed = ["--require", "optional", "--ca", site.ca.crt,
               "--allow-cleartext"]
    for replies in clear, no:
        outcome = sane(site.send(session(site.context, **replies),
                                 verify=allowed, login=False))
        assert outcome.status == TAKEN, outcome
        assert "(in the clear, not verified)" in outcome.printed, outcome
        assert [up for up, _ in outcome.peers[0].messages] == [False]
        refused(site.send(session(site.context, **replies),
                          verify=allowed[:-1]))
        outcome = site.send(session(site.context, **replies), verify=allowed)
        assert outcome.status == USAGE and not outcome.peers, outcome
    refused(site.send(session(site.context, STARTTLS=failing), session(
        site.context, **clear), verify=allowed, login=False), status=LATER)


def failing(peer):
    peer.send(b"220 go\r\n")
    peer.wait_for_hello()
    peer.send_raw(record(ALERT, b"\2\x28", 0x0303))


left_out("M-CLI-09", "sendmta has one connection, and no cache of them")


# --- TLS


def key_updates(keys, sequence):
    while True:
        yield keys.seal(sequence, HANDSHAKE, message(KEY_UPDATE, b"\1"))
        keys.next()
        sequence = 0


def empty_records(keys, sequence):
    while True:
        yield keys.seal(sequence, 23, b"")
        sequence += 1


@row("M-CLI-10", alone=True)
def floods(site):
    context = server_context(site.good, (V13, V13))
    context.num_tickets = 0
    context.keylog_filename = str(site.dir / "keys")

    def flood(make):
        def say(peer):
            keys = Keys(types.SimpleNamespace(tls=peer.tls, hello=peer.raw),
                        context.keylog_filename, "SERVER_TRAFFIC_SECRET_0")
            # the replies to EHLO and AUTH were records 0 and 1
            for _, sealed in zip(range(20000), make(keys, 2)):
                peer.send_raw(sealed)
        return say
    for make in key_updates, empty_records:
        bounded(site, refused(site.send(session(context, MAIL=flood(make))),
                              status=LATER))


RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891"
                      "c2a211167abb8c5e079e09e2c8a8339c")


def server_hello(hello, random, suite, *extensions):
    """A ServerHello that answers a ClientHello."""
    body = b"\3\3" + random + u8(hello[44:44 + hello[43]]) \
        + struct.pack("!HB", suite, 0) \
        + u16(b"".join(struct.pack("!H", kind) + u16(data)
                       for kind, data in extensions))
    return record(HANDSHAKE, message(SERVER_HELLO, body), 0x0303)


def hear_hello(peer, number):
    """The client's ClientHello with this number, from 1."""
    while True:
        hellos = [one for one in split_records(peer.heard)
                  if one[0] == HANDSHAKE]
        if len(hellos) >= number:
            return hellos[number - 1]
        if not peer.receive(TIMEOUT):
            raise Left


def retry_twice(peer):
    peer.send(b"220 go\r\n")
    for number in 1, 2:
        peer.send_raw(server_hello(
            hear_hello(peer, number), RETRY, 0x1301, (43, b"\3\4"),
            (51, b"\0\x18")))
    peer.listen(TIMEOUT)


def downgrade(peer):
    """To TLS 1.2, with the random of a server that supports TLS 1.3."""
    peer.send(b"220 go\r\n")
    peer.send_raw(server_hello(
        hear_hello(peer, 1), os.urandom(24) + b"DOWNGRD\1", 0xc02b,
        (23, b""), (0xff01, b"\0")))
    peer.listen(TIMEOUT)


@row("M-CLI-11")
def forbidden_hellos(site):
    for starttls, alert in (retry_twice, 10), (downgrade, 47):
        outcome = refused(site.send(session(site.context,
                                            STARTTLS=starttls)))
        said = [one[5:] for one in split_records(outcome.peers[0].heard)
                if one[0] == ALERT]
        assert said == [bytes([2, alert])], f"{starttls.__name__}: {said}"


# --- input from its user


@row("M-CLI-12")
def ticket_of_another(site):
    """A session is offered once, and only to the server that issued it."""
    kept = site.dir / "session"
    for versions in (V12, V12), (V13, V13):
        context = server_context(site.good, versions)
        kept.unlink(missing_ok=True)
        for host, resumed in (("localhost", False), ("127.0.0.1", False),
                              ("127.0.0.1", True), ("localhost", False)):
            outcome = delivered(site.send(
                session(context), host=host, options=["--session", kept]))
            assert ("resumed" in outcome.printed) == resumed, outcome
            # nor is the previous server's ticket shown to the other server
            offered = 41 in hello_of(outcome).extensions \
                or hello_of(outcome).extensions.get(35)
            assert bool(offered) == resumed, f"{host}: offered"
            assert kept.stat().st_mode & 0o777 == 0o600, "who can read it?"


@row("M-CLI-13")
def line_ends_in_arguments(site):
    """None of them reaches a command."""
    for sender, recipient in (("a@b.example>\r\nRCPT TO:<x@y.example", TO),
                              (FROM, "b@c.example\nDATA"),
                              (FROM, "b@c.example\rDATA"),
                              (FROM, "b@c.example> NOTIFY=NEVER"),
                              (FROM, "b c@d.example"), (FROM, "<>"),
                              (FROM, ""), ("", TO), (FROM, "b\xe4@c.example"),
                              (FROM, "b" * 255)):
        if not can_be_given(sender, recipient):
            continue
        outcome = sane(Outcome(["--from", sender, "--to", recipient,
                                site.message, "localhost:1"]))
        assert outcome.status == USAGE, outcome
        assert "not an address" in outcome.said, outcome
    # these are encoded, and so harmless
    if not can_be_given("\r\n"):
        return
    delivered(site.send(session(site.context), login=False, options=[
        "--user", "x\r\nRSET", "--password", "\r\n"]))


@row("M-CLI-14")
def plaintext_for_implicit_tls(site):
    outcome = refused(site.send(session(site.context),
                                options=["--implicit"]),
                      status=LATER)
    # not just any line: a ClientHello's bytes may contain a CRLF
    assert not commands(outcome, b"EHLO", under_tls=False)
    assert outcome.peers[0].clear[:1] in (b"", b"\x16"), outcome.peers[0].clear
    delivered(site.send(session(site.context, implicit=True),
                        options=["--implicit"]))


left_out("M-CLI-15", "sendmta has no revocation lists: "
         "tests/unit/x509/verify.c")
