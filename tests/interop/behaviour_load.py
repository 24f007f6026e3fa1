# SPDX-License-Identifier: MIT
"""Rows on size and time: long lines, smuggled messages, BDAT, many and slow
connections; and two that look back on the whole run."""

import concurrent.futures
import select
import time

import tlsbytes as tls
from behaviour_tls import bounded
from harness import SCALE, wait_for
from rows import row, rows
from wire import (Wire, begin_message, client_context, deliver, envelope,
                  expect, opened, replies_seen, secured)

# --- S-BIG: large input

TEN_MB = 10 << 20


@rows("S-BIG", {1: (opened,), 2: (secured,)}, alone=True)
def endless_line(site, connect):
    start = site.main.memory("VmHWM")
    with connect(site.starttls) as wire:
        piece = b"NOOP " + b"x" * 16379
        for _ in range(TEN_MB // len(piece)):
            if not wire.send(piece):
                break
        wire.listen(0.5)
        replies = wire.replies()
        assert len(replies) <= 1 and (replies or wire.ended), replies
        for reply in replies:
            expect(reply, 4, 5)
    bounded(site, start)


@row("S-BIG-03", alone=True)
def endless_line_early(site):
    start = site.main.memory("VmHWM")
    with Wire(site.starttls) as wire:
        for _ in range(TEN_MB // 65536):
            if not wire.send_raw(b"x" * 65536):
                break
    bounded(site, start)


@row("S-BIG-04", alone=True)
def slow_reader(site):
    with secured(site.starttls) as wire:
        wire.send(b"NOOP\r\n" * 2000)
        seen = []
        while len(seen) < 2000:
            time.sleep(0.001)
            reply = wire.reply_or_end()
            if reply is None or reply.code == 421:
                return
            seen.append(expect(reply, 250))
        assert not wire.quiet(), "more than 2000 replies"


def press(wire, total, patience=1.0):
    """Send without reading, until no more is accepted."""
    data = b"NOOP\r\n" * 1000
    wire.sock.setblocking(False)
    while total > 0:
        sealed = wire.seal(data)
        while sealed:
            if not select.select([], [wire.sock], [], patience)[1]:
                return
            try:
                sealed = sealed[wire.sock.send(sealed):]
            except (BrokenPipeError, ConnectionResetError):
                return
        total -= len(data)


@row("S-BIG-05", alone=True)
def never_read(site):
    start = site.main.memory("VmHWM")
    with Wire(site.starttls, receive_buffer=65536) as wire:
        expect(wire.reply(), 220)
        expect(wire.command(b"EHLO x"), 250)
        expect(wire.command(b"STARTTLS"), 220)
        wire.handshake()
        press(wire, 8 << 20)
        with secured(site.starttls) as other:
            expect(other.command(b"NOOP"), 250)
    bounded(site, start)


@row("S-BIG-06", alone=True)
def many_unknown(site):
    with opened(site.starttls) as wire:
        for _ in range(300):
            if not wire.send(b"FROB\r\n"):
                break
            reply = wire.reply_or_end()
            if reply is None or expect(reply, 4, 5).code == 421:
                break
    expect(opened(site.starttls).command(b"NOOP"), 250)


# --- S-SMU: the end of data

SECOND = (b"MAIL FROM:<smuggled@b.example>\r\nRCPT TO:<b@c.example>\r\n"
          b"DATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n")


@rows("S-SMU", {
    1: (b"\n.\n",), 2: (b"\n.\r\n",), 3: (b"\r\n.\n",), 4: (b"\r.\r",),
    5: (b"\r.\r\n",), 6: (b"\r\n.\r",), 7: (b"\r\n\0.\r\n",),
    8: (b"\r\n.\0\r\n",), 10: (b"\r\n.\r\r\n",)})
def smuggled(site, end):
    for connect in opened, secured:
        with connect(site.starttls) as wire:
            begin_message(wire, b"first", b"text" + end + SECOND
                          + b"QUIT\r\n")
            first, *rest = wire.replies_until_closed() or [None]
            expect(first, 250, 4, 5)
            assert [reply.code for reply in rest] in ([221], []), \
                [first] + rest


@row("S-SMU-11")
def starttls_in_data(site):
    token = b"S-SMU-11-token"
    with opened(site.starttls) as wire:
        expect(deliver(wire, token, b"STARTTLS\r\nNOOP\r\n"), 250)
        expect(wire.command(b"NOOP"), 250)
    stored = site.message(token)
    assert b"\nSTARTTLS" in stored, stored


@row("S-SMU-12")
def every_cut_of_the_end(site):
    end = b"\r\n.\r\n"
    for cut in range(1, len(end)):
        token = b"S-SMU-12-cut-%d." % cut
        with secured(site.starttls) as wire:
            begin_message(wire, token, b"..a\r\n...\r\n.. b" + end[:cut])
            assert not wire.quiet(0.1), "a reply before the end"
            wire.send(end[cut:])
            expect(wire.reply(), 250)
            expect(wire.command(b"NOOP"), 250)
        text = site.message(token).replace(b"\r\n", b"\n")
        text = text.partition(b"\n\n")[2]
        assert text == b".a\n..\n. b\n", text


# --- S-BDT: BDAT


@rows("S-BDT", {
    1: (b"99999999999999999999999 LAST", True), 2: (b"-1 LAST", True),
    3: (b"abc LAST", True), 4: (b"0x10 LAST", True),
    5: (b"18446744073709551615", True), 7: (b"20 LAST", False)})
def bdat(site, arguments, in_transaction):
    with secured(site.starttls) as wire:
        if in_transaction:
            envelope(wire)
        wire.send(b"BDAT " + arguments + b"\r\nNOOP\r\nNOOP\r\nNOOP\r\n..")
        wire.listen(0.4)
        replies = wire.replies()
        assert len(replies) <= 1, replies
        for reply in replies:
            expect(reply, 4, 5)
    assert site.main.alive(), "the server is gone"


@row("S-BDT-06")
def bdat_chunk(site):
    chunk = b"Subject: x\r\n\r\n.\r\nNOOP\r\nMAIL FROM:<i@i.example>\r\n"
    with secured(site.starttls) as wire:
        chunking = any(line.upper() == b"CHUNKING" for line in
                       wire.command(b"EHLO x").lines)
        envelope(wire)
        wire.send(b"BDAT %d\r\n" % len(chunk) + chunk)
        if chunking:
            wire.send(b"BDAT 0 LAST\r\nQUIT\r\n")
            codes = [one.code for one in wire.replies_until_closed()]
            assert codes == [250, 250, 221], codes
        else:
            codes = [one.code // 100 for one in wire.replies_until_closed()]
            assert codes == [5], codes


# --- S-DOS: many connections


def honest(site):
    with secured(site.starttls) as wire:
        expect(deliver(wire, b"honest"), 250)
        expect(wire.command(b"QUIT"), 221)


def after_starttls(wire):
    expect(wire.command(b"STARTTLS"), 220)


def in_the_hello(wire):
    after_starttls(wire)
    wire.send_raw(tls.client_hello(tls13=True)[:60])


def before_finished(wire):
    after_starttls(wire)
    wire.send_raw(wire.begin(client_context()))
    wire.flight()


@rows("S-DOS", {1: (after_starttls,), 2: (in_the_hello,),
                3: (before_finished,)}, alone=True)
def stalled(site, stall):
    wires = [opened(site.starttls) for _ in range(30)]
    try:
        for wire in wires:
            stall(wire)
        start = time.monotonic()
        honest(site)
        took = time.monotonic() - start
        assert took < 3 * SCALE, f"{took:.1f} s"
    finally:
        for wire in wires:
            wire.sock.close()


@row("S-DOS-04", alone=True)
def twenty_at_once(site):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: honest(site), range(20)))


@row("S-DOS-05", alone=True)
def hundred_in_a_row(site):
    for _ in range(10):
        honest(site)
    settled = wait_for(lambda: quiet_fds(site), 5, "rest")
    start = site.main.memory()
    for _ in range(100):
        honest(site)
    wait_for(lambda: site.main.fds() <= settled, 5, "fds as before")
    site.main.grew(start, 2 << 20)


def quiet_fds(site):
    """The number of descriptors, once two readings agree."""
    before = site.main.fds()
    time.sleep(0.3)
    return before if before == site.main.fds() else 0


# --- S-SLO: one deadline for the whole handshake


def slowly(wire, piece, pause):
    """Send the pieces with pauses until the server closes, 15 s at most."""
    for data in piece:
        if wire.ended or not wire.send_raw(data):
            return
        wire.quiet(pause)


WARNINGS = [tls.record(tls.ALERT, b"\1\x5a")] * 15 * SCALE
HELLO = tls.client_hello(tls13=True)


@rows("S-SLO", {1: ([],), 2: ([HELLO[i:i + 1] for i in range(15 * SCALE)],),
                3: (None,), 4: ([b"\x16\3\1"],), 5: (WARNINGS,)})
def one_deadline(site, pieces):
    server = site.server("slow", "--handshake-timeout", "2")
    with opened(server.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        hello = wire.begin(client_context())
        if pieces is None:
            wire.send_raw(hello)
            wire.flight()
            pieces = []
        slowly(wire, pieces, 1)
        wire.until_closed(0.1 if pieces and len(pieces) > 1 else 5 * SCALE)
        assert wire.only_records() and not wire.text, wire.raw


# --- about the whole run


@row("S-FMT-01", last=True)
def all_replies(site):
    for connect in opened, secured:
        with connect(site.starttls) as wire:
            for line in b"HELP", b"VRFY x", b"FROB", b"RSET", b"QUIT":
                wire.command(line)
    for reply in list(replies_seen):
        lines = reply.raw.split(b"\r\n")
        assert lines.pop() == b"" and b"\n" not in b"".join(lines), reply
        assert len({line[:3] for line in lines}) == 1, reply
        assert all(len(line) <= 510 for line in lines), reply
        assert all(byte >= 32 and byte != 127 for line in lines
                   for byte in line), reply


@row("S-LIVE", last=True)
def still_works(site):
    assert site.main.alive(), "the server is gone"
    honest(site)
