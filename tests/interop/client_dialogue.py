# SPDX-License-Identifier: MIT
"""Rows on what a server says before TLS: its greeting (C-GRT), its replies to
EHLO (C-EHL) and STARTTLS (C-STL), and on a slow server (C-SLO)."""

import time

from harness import SCALE
from mail_server import ALERT_FAILURE, session
from rows import row, rows
from sender import (LATER, REFUSED, commands, delivered, either, instrumented,
                    refused)

MEGABYTE = 1 << 20
GROWTH = 24 * MEGABYTE          # more is not bounded
PATIENCE = 2                    # seconds, where a time limit is tested


# --- limits


def forever(data, size):
    """A reply that repeats this over and over, as long as the client reads."""
    block = data * (65536 // len(data))

    def send(peer):
        for _ in range(size // len(block) + 1):
            peer.send(block)
        peer.command()              # all of it was read: wait
    return send


def bounded(site, outcome):
    """The client has not grown with what it was sent."""
    control = delivered(site.send(session(site.context)))
    if not instrumented():
        assert outcome.peak < control.peak + GROWTH, \
            f"{outcome.peak} bytes at most, {control.peak} in the control"


@row("C-GRT-13", "greeting", b"x", 64, alone=True)
@row("C-GRT-14", "greeting", b"220-x\r\n", 32, alone=True)
@row("C-EHL-17", "EHLO", b"250-X\r\n", 32, alone=True)
@row("C-EHL-18", "EHLO", b"250-" + b"x" * 60000, 64, alone=True)
def endless(site, name, data, megabytes):
    bounded(site, refused(site.send(session(
        site.context, **{name: forever(data, megabytes * MEGABYTE)})),
        "is too long"))


# --- the greeting


@rows("C-GRT", {number: (code,) for number, code in enumerate(
    (b"554", b"421", b"500", b"530", b"221", b"354", b"250", b"334"), 1)})
def greeting_refused(site, code):
    outcome = refused(
        site.send(session(site.context, greeting=code + b" no\r\n")),
        f'("{code.decode()} no")' if code > b"400" else "is not a valid answer",
        REFUSED if code >= b"500" else LATER)
    assert not outcome.peers[0].clear, outcome.peers[0].clear


@row("C-GRT-09", delivered, b"220-mx\r\n220-x\r\n220 y\r\n")
@row("C-GRT-10", refused, b"220-x\r\n554 y\r\n")
@row("C-GRT-11", refused, b"HTTP/1.1 400 Bad Request\r\n")
@row("C-GRT-12", either, b"220 " + b"x" * 200000 + b"\r\n")
@row("C-GRT-15", refused, b"220 mx\r\n250-mx\r\n250 AUTH PLAIN LOGIN\r\n")
def greeting(site, judge, words):
    judge(site.send(session(site.context, greeting=words)))


@row("C-GRT-16")
def closed_at_once(site):
    refused(site.send(lambda peer: None), "closed the connection")


# --- EHLO


def capabilities(*lines):
    """A reply to EHLO with these keywords."""
    lines = [b"mx.example", *lines]
    return b"".join(b"250-%s\r\n" % line for line in lines[:-1]) \
        + b"250 %s\r\n" % lines[-1]


@rows("C-EHL", {
    1: (refused, capabilities(b"PIPELINING")),
    2: (refused, capabilities(b"AUTH PLAIN LOGIN")),
    3: (refused, capabilities(b"XSTARTTLS")),
    4: (refused, capabilities(b"STARTTLSX")),
    5: (refused, capabilities(b"XXXXXXXA")),
    6: (delivered, capabilities(b"SIZE 1", b"starttls")),
    7: (delivered, capabilities(b"STARTTLS ", b"SIZE 1")),
    8: (either, capabilities(b"STARTTLS foo=bar")),
    9: (delivered, capabilities(b"STARTTLS", b"STARTTLS", b"STARTTLS")),
    10: (refused, b"250-STARTTLS\r\n250 PIPELINING\r\n"),
    11: (refused, b"250-fake STARTTLS ready\r\n250 PIPELINING\r\n"),
    12: (refused, capabilities(b"AUTH STARTTLS")),
    13: (either, b"250-fake\r\n550-STARTTLS\r\n250 OK\r\n"),
    15: (delivered, b"250-mx.example\r\n250-STARTTLS\r\n250\r\n"),
    16: (either, capabilities(*[b"X%d" % i for i in range(5000)],
                              b"STARTTLS")),
    19: (either, b"250-mx.example\n250 STARTTLS\n"),
    20: (either, capabilities(b"X\0Y", b"\xc3\xa4\xff", b"STARTTLS")),
    21: (either, capabilities(b"STARTTLS\0x")),
    41: (delivered, b"250-x\r\n250-\r\n250-STARTTLS\r\n250 y\r\n")})
def ehlo(site, judge, words):
    outcome = judge(site.send(session(site.context, EHLO=words)))
    if judge is refused:
        assert not commands(outcome, b"STARTTLS", False)


@row("C-EHL-14", b"250-mx.example\r\n250-STARTTLS\r\n", refused)
@row("C-EHL-40", b"250-", either)
def cut_off(site, words, judge):
    def say(peer):
        peer.send(words)
        peer.close()
    judge(site.send(session(site.context, EHLO=say)))


@rows("C-EHL", {number: (code,) for number, code in enumerate(
    (b"500", b"502", b"550", b"530", b"421", b"221", b"354", b"220", b"334"),
    22)})
def ehlo_refused(site, code):
    outcome = refused(site.send(session(site.context,
                                        EHLO=code + b" no\r\n")),
                      status=REFUSED if code >= b"500" else LATER)
    assert not commands(outcome, b"HELO", False), "a downgrade by HELO"


@rows("C-EHL", {number: (words,) for number, words in enumerate(
    (b"25 STARTTLS", b"2500 STARTTLS", b"+OK STARTTLS", b"250STARTTLS",
     b"250_STARTTLS", b"650 STARTTLS", b" 250 STARTTLS", b"-50 STARTTLS",
     b""), 31)})
def no_reply(site, words):
    refused(site.send(session(site.context, EHLO=words + b"\r\n")),
            "is not SMTP")


# --- STARTTLS


@rows("C-STL", {number: (code,) for number, code in enumerate(
    (b"454", b"500", b"501", b"502", b"503", b"530", b"554", b"421", b"354",
     b"334", b"221", b"250", b"235"), 1)})
def starttls_refused(site, code):
    refused(site.send(session(site.context, STARTTLS=code + b" no\r\n")))


@row("C-STL-14", delivered, b"220-ready\r\n220 go\r\n")
@row("C-STL-15", delivered, b"220\r\n")
def starttls_accepted(site, judge, words):
    judge(site.send(session(site.context, STARTTLS=words)))


@row("C-STL-16")
def two_codes(site):
    def say(peer):
        peer.send(b"220-ready\r\n454 no\r\n")
    refused(site.send(session(site.context, STARTTLS=say)), "is not SMTP")


@row("C-STL-17", b"220 go\r\n", None)
@row("C-STL-18", b"220 go\r\n", b"250 ok\r\n" * 20)
@row("C-STL-19", b"", None)
@row("C-STL-20", b"220 go\r\n", ALERT_FAILURE)
def no_handshake(site, words, then):
    """What comes instead of a ServerHello; nothing: the connection ends."""
    def say(peer):
        peer.send(words)
        if then:
            peer.wait_for_hello()
            peer.send_raw(then)
            peer.listen(SCALE)
        peer.close()

    def stripped(peer):
        """What a second connection would encounter."""
        return session(site.context, EHLO=capabilities(b"SIZE 1"))(peer)
    refused(site.send(session(site.context, STARTTLS=say), stripped),
            status=LATER)


# --- time


def trickle(data):
    """A byte per second, without end."""
    def send(peer):
        peer.send_bytes(data, pause=1)
        peer.command()
    return send


def silence(peer):
    peer.listen(60 * SCALE)


def slow_hello(peer):
    """A ServerHello's record that is never completed."""
    peer.send(b"220 go\r\n")
    peer.wait_for_hello()
    peer.send_bytes(b"\x16\x03\x03\x00\x7a\x02" + bytes(200), pause=1)


def then_silence(peer):
    peer.send(b"220 go\r\n")
    silence(peer)


@row("C-SLO-01", {"STARTTLS": then_silence})
@row("C-SLO-02", {"STARTTLS": slow_hello})
@row("C-SLO-03", {"greeting": silence})
@row("C-SLO-04", {"EHLO": trickle(b"250-mx.example\r\n" * 20)})
def slow(site, replies):
    begun = time.monotonic()
    refused(site.send(session(site.context, **replies),
                      timeout=PATIENCE), status=LATER)
    assert time.monotonic() - begun < PATIENCE + 10 * SCALE, "no time limit"
