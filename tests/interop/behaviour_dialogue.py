# SPDX-License-Identifier: MIT
"""Rows on the SMTP dialogue around STARTTLS: negotiation, what is discarded,
injection, how it ends, what a line is."""

from rows import row, rows
from tlsbytes import client_hello
from wire import (Wire, begin_message, client_context, deliver, envelope,
                  expect, opened, secured, started)

# --- S-NEG: negotiation


def works(wire):
    """STARTTLS was answered with 220: TLS starts and SMTP works under it."""
    wire.handshake()
    expect(wire.command(b"EHLO tls.example"), 250)


@row("S-NEG-01")
def offered(site):
    with opened(site.starttls, None) as wire:
        lines = expect(wire.command(b"EHLO x"), 250).lines
        assert b"STARTTLS" in lines[1:], lines


@row("S-NEG-02")
def not_offered_in_tls(site):
    with started(site.starttls) as wire:
        lines = expect(wire.command(b"EHLO x"), 250).lines
        assert not any(b"STARTTLS" in line.upper() for line in lines), lines


@row("S-NEG-03")
def with_argument(site):
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS foo"), 501)
        expect(wire.command(b"NOOP"), 250)
        expect(wire.command(b"STARTTLS"), 220)
        works(wire)


@rows("S-NEG", {4: (b"starttls",), 5: (b"StArTtLs",)})
def any_case(site, line):
    with opened(site.starttls) as wire:
        expect(wire.command(line), 220)
        works(wire)


@rows("S-NEG", {6: (b"EHLO x", b"STARTTLS ", 501),
                7: (None, b"STARTTLS", 5), 8: (b"HELO x", b"STARTTLS", 5)})
def works_or_refused(site, first, line, refusal):
    with opened(site.starttls, None) as wire:
        if first:
            expect(wire.command(first), 250)
        if expect(wire.command(line), 220, refusal).code == 220:
            works(wire)
        else:
            expect(wire.command(b"NOOP"), 250)


@row("S-NEG-09")
def second_starttls(site):
    with secured(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 5)
        expect(wire.command(b"NOOP"), 250)


@row("S-NEG-10")
def no_second_greeting(site):
    with started(site.starttls) as wire:
        said = wire.quiet(0.5)
        assert not said, said
        expect(wire.command(b"EHLO x"), 250)


@row("S-NEG-11")
def one_reply(site):
    with opened(site.starttls) as wire:
        wire.send(b"STARTTLS\r\n")
        said = wire.quiet(0.6)
        assert said.startswith(b"220 ") and said.count(b"\n") == 1 \
            and said.endswith(b"\r\n"), said


@row("S-NEG-12")
def end_of_group(site):
    with opened(site.starttls) as wire:
        wire.send(b"RSET\r\nRSET\r\nSTARTTLS\r\n")
        for code in (250, 250, 220):
            expect(wire.reply(), code)
        works(wire)


@row("S-NEG-13")
def by_the_byte(site):
    with opened(site.starttls) as wire:
        wire.send_bytes(b"STARTTLS\r\n")
        expect(wire.reply(), 220)
        works(wire)


@row("S-NEG-14")
def not_quite_starttls(site):
    for line in b"STARTTLSX", b"XSTARTTLS", b"START TLS", b"STARTTLS\tx":
        with opened(site.starttls) as wire:
            expect(wire.command(line), 5)


# --- S-RST: what is discarded


@row("S-RST-01")
def ehlo_forgotten(site):
    with opened(site.starttls, None) as wire:
        wants_ehlo = wire.command(b"MAIL FROM:<a@b.example>").code == 503
    with started(site.starttls) as wire:
        reply = wire.command(b"MAIL FROM:<a@b.example>")
        expect(reply, 503 if wants_ehlo else 250)


@rows("S-RST", {2: ((), b"RCPT TO:<b@c.example>", 503),
                3: ((b"RCPT TO:<b@c.example>",), b"DATA", 5)})
def transaction_forgotten(site, before, after, refusal):
    for come_up in works, Wire.handshake:   # with a second EHLO, and without
        with opened(site.starttls) as wire:
            expect(wire.command(b"MAIL FROM:<a@b.example>"), 250)
            for line in before:
                expect(wire.command(line), 250)
            if expect(wire.command(b"STARTTLS"), 220, 5).code == 220:
                come_up(wire)
                expect(wire.command(after), refusal)


@row("S-RST-04")
def auth_forgotten(site):
    with opened(site.starttls) as wire:
        expect(wire.command(b"AUTH PLAIN AHVzZXIAcGFzcw=="), 5)


@row("S-RST-05")
def auth_not_offered(site):
    with opened(site.starttls, None) as wire:
        for line in wire.command(b"EHLO x").lines:
            words = line.upper().split()
            assert words[:1] != [b"AUTH"] or not \
                {b"PLAIN", b"LOGIN"} & set(words), line


# --- S-INJ: input after STARTTLS


def nothing_ran(wire, first):
    """Judge what follows the reply to STARTTLS (None: closed without one)."""
    if first is None:
        return
    if first.code != 220:
        expect(first, 4, 5)
        assert b"2" not in {line[:1] for line in
                            wire.quiet().splitlines()}, "ran in plaintext"
        return
    try:
        wire.handshake()
    except (EOFError, OSError):     # ssl.SSLError is an OSError
        assert wire.only_records(), wire.raw
        return
    said = wire.quiet()
    assert not said, said
    if not wire.send(b"EHLO tls.example\r\n"):
        return
    reply = wire.reply_or_end()
    assert wire.only_records(), wire.raw
    if reply:
        expect(reply, 250)
        expect(wire.command(b"RCPT TO:<b@c.example>"), 503)
        expect(wire.command(b"NOOP"), 250)


@rows("S-INJ", {
    1: (b"NOOP\r\n", False), 2: (b"NOOP\r\n", True),
    3: (b"EHLO i.example\r\n", False), 4: (b"EHLO i.example\r\n", True),
    5: (b"RSET\r\n", False), 6: (b"RSET\r\n", True),
    7: (b"MAIL FROM:<i@i.example>\r\n", False),
    8: (b"MAIL FROM:<i@i.example>\r\n", True),
    9: (b"QUIT\r\n", False),
    10: (b"AUTH PLAIN AHVzZXIAcGFzcw==\r\n", False),
    11: (b"NO", False), 12: (b"NO", True), 13: (b"\r\n", False),
    14: (b"NOOP\r\n" * 10923, False)})
def injected(site, extra, second_segment):
    with opened(site.starttls) as wire:
        if second_segment:
            wire.send_raw(b"STARTTLS\r\n", extra)
        else:
            wire.send_raw(b"STARTTLS\r\n" + extra)
        nothing_ran(wire, wire.reply_or_end())


def no_answer(wire):
    """The rest of the connection consists of TLS records, without SMTP."""
    wire.until_closed(60)
    assert not wire.text, wire.text
    assert wire.only_records(), wire.raw


@rows("S-INJ", {15: (b"NOOP\r\n", b"", True), 16: (b"NOOP\r\n", b"", False),
                17: (b"", b"NOOP\r\n", False)})
def around_the_hello(site, before, behind, apart):
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        hello = wire.begin(client_context())
        if apart:
            wire.send_raw(before, hello)
        else:
            wire.send_raw(before + hello + behind)
        try:
            wire.finish()
            wire.send(b"NOOP\r\n")
        except (EOFError, OSError):
            pass
        no_answer(wire)


@row("S-INJ-18")
def whole_group(site):
    with opened(site.starttls, None) as wire:
        wire.send_raw(b"EHLO x\r\nSTARTTLS\r\nNOOP\r\n")
        first = wire.reply_or_end()
        if first is not None:
            expect(first, 250)
            nothing_ran(wire, wire.reply_or_end())


@row("S-INJ-19")
def injected_by_the_byte(site):
    with opened(site.starttls) as wire:
        wire.send_bytes(b"STARTTLS\r\nNOOP\r\n")
        nothing_ran(wire, wire.reply_or_end())


@row("S-INJ-20")
def behind_a_bare_lf(site):
    with opened(site.starttls) as wire:
        wire.send_raw(b"STARTTLS\nNOOP\r\n")
        nothing_ran(wire, wire.reply_or_end())


@row("S-INJ-30")
def pipelined_hello(site):
    with opened(site.starttls) as wire:
        hello = client_hello(tls13=True)
        wire.send_raw(b"STARTTLS\r\n" + hello)
        said = wire.quiet(1)
        text, _, rest = said.partition(b"\r\n")
        if text.startswith(b"220 "):
            wire.raw = rest
        else:
            wire.raw = said
        assert wire.only_records(), said


@rows("S-INJ", {31: (False,), 32: (True,)})
def plaintext_in_the_stream(site, before_finished):
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        if before_finished:
            wire.send_raw(wire.begin(client_context()))
            wire.send_raw(b"NOOP\r\n" + wire.flight())
        else:
            works(wire)
            wire.send_raw(b"NOOP\r\n")
        no_answer(wire)


# --- S-END: how it ends


@row("S-END-01")
def plaintext_after_close(site):
    with secured(site.starttls) as wire:
        wire.send_raw(wire.notify_close() + b"NOOP\r\n")
        no_answer(wire)


@row("S-END-02")
def joined_over_close(site):
    with secured(site.starttls) as wire:
        wire.send(b"MAIL FROM:<a@b.ex")
        wire.send_raw(wire.notify_close(), b"ample>\r\nNOOP\r\n")
        no_answer(wire)
    expect(opened(site.starttls).command(b"NOOP"), 250)


@row("S-END-03")
def bdat_over_close(site):
    with secured(site.starttls) as wire:
        envelope(wire)
        wire.send(b"BDAT 100\r\n0123456789")
        refusal = wire.reply_or_end() if not wire.quiet() else None
        assert refusal is None or refusal.code >= 500, refusal
        wire.send_raw(wire.notify_close(), b"x")
        no_answer(wire)
    expect(opened(site.starttls).command(b"NOOP"), 250)


@row("S-END-04")
def dot_over_close(site):
    token = b"S-END-04-token"
    with secured(site.starttls) as wire:
        begin_message(wire, token, b"text")
        wire.send_raw(wire.notify_close(), b"\r\n.\r\n")
        no_answer(wire)
    assert not site.messages(token), "the message was stored"


@row("S-END-05")
def quit_in_tls(site):
    for version in "1.2", "1.3":
        with secured(site.starttls, client_context(version=version)) as wire:
            expect(wire.command(b"QUIT"), 221)
            wire.until_closed()
            assert wire.close_notify, f"only a FIN: {wire.tls_error}"


@row("S-END-06")
def half_a_command(site):
    with secured(site.starttls) as wire:
        wire.send(b"MAIL FROM:<a@b")
        wire.shut()
        no_answer(wire)


@row("S-END-07")
def half_a_message(site):
    token = b"S-END-07-token"
    with secured(site.starttls) as wire:
        begin_message(wire, token, b"text\r\n")
        wire.shut()
        for reply in wire.replies_until_closed():
            expect(reply, 4, 5)
    assert not site.messages(token), "the message was stored"


@rows("S-END", {8: (b"EHLO x\r\n", None), 9: (b"STARTTLS\r\n", b""),
                10: (b"STARTTLS\r\n", client_hello(tls13=True)[:120])})
def half_closed(site, line, then):
    with opened(site.starttls) as wire:
        wire.send(line)
        if then is None:
            wire.shut()
            wire.until_closed(10)
            return
        expect(wire.reply(), 220)
        wire.begin(client_context())
        wire.send_raw(then)
        wire.shut()
        wire.until_closed(10)
        assert wire.only_records() and not wire.text, wire.raw


def stages():
    """Ways to bring a connection to the point where it is reset."""
    def begun(wire):
        expect(wire.reply(), 220)
        wire.command(b"EHLO x")
        expect(wire.command(b"STARTTLS"), 220)
        return wire.begin(client_context())

    def hello_answered(wire):
        wire.send_raw(begun(wire))
        wire.flight()

    def up(wire):
        wire.send_raw(begun(wire))
        wire.finish()

    def in_data(wire):
        up(wire)
        for line in (b"EHLO x", b"MAIL FROM:<a@b.example>",
                     b"RCPT TO:<b@c.example>", b"DATA"):
            wire.command(line)
        wire.send(b"text")

    yield lambda wire: None
    yield Wire.reply
    yield lambda wire: wire.reply() and wire.send(b"EHLO x\r\n")
    yield lambda wire: wire.reply() and wire.send(b"STARTTLS\r\n")
    yield lambda wire: wire.send_raw(begun(wire)[:50])
    yield hello_answered
    yield up
    yield in_data


@row("S-END-11")
def resets(site):
    for stage in stages():
        for _ in range(5):
            wire = Wire(site.starttls)
            stage(wire)
            wire.reset()
    assert site.main.alive(), "the server is gone"
    with secured(site.starttls) as wire:
        expect(deliver(wire, b"S-END-11"), 250)


# --- S-LIN: what a line is


def answered(site, *segments, quiet=0.4, pause=0.0):
    """The replies to all segments, after some time; and whether it has
    ended."""
    with opened(site.starttls) as wire:
        wire.send_raw(*segments, pause=pause)
        wire.listen(quiet)
        replies = wire.replies()
        assert not wire.text, wire.text
        return replies, wire.ended


@row("S-LIN-01")
def bare_lf(site):
    for reply in answered(site, b"NOOP\n")[0]:
        expect(reply, 5)


@row("S-LIN-02")
def bare_cr(site):
    for reply in answered(site, b"NOOP\r")[0]:
        expect(reply, 5)
    replies, _ = answered(site, b"NOOP\r", b"\r\n", pause=0.2)
    assert len(replies) <= 1, replies


@rows("S-LIN", {3: (b"NOOP\rNOOP\r\n",), 6: (b"NOOP \xff\x9b\x80\xfe\r\n",),
                10: (b"EHLO " + b"x" * 1000 + b"\r\n",)})
def exactly_one(site, line):
    replies, _ = answered(site, line)
    assert len(replies) == 1, replies
    no_controls(replies)


@rows("S-LIN", {4: (b"NO\0OP\r\n",),
                9: ((b"NOOP " + b"x" * 995) * 4 + b"\r\n",)})
def one_or_close(site, line):
    replies, ended = answered(site, line)
    assert len(replies) == 1 or ended and not replies, replies


@row("S-LIN-05")
def nul_in_starttls(site):
    for line in b"STARTTLS\0x\r\n", b"STARTTLS\0\r\n":
        for reply in answered(site, line)[0]:
            expect(reply, 4, 5)


def no_controls(replies):
    for reply in replies:
        text = reply.raw.replace(b"\r\n", b"")
        assert all(byte >= 32 and byte != 127 and not 128 <= byte < 160
                   for byte in text), reply


@row("S-LIN-07")
def not_echoed(site):
    for line in b"FOO \x1b[31m\x07\r\n", b"EHLO \x1b[31m\x07\r\n":
        no_controls(answered(site, line)[0])


@row("S-LIN-08")
def long_line(site):
    with opened(site.starttls) as wire:
        expect(wire.command(b"NOOP " + b"x" * 593), 500, 501, 2)
        assert not wire.quiet(), "a second reply"
        if not wire.ended:
            expect(wire.command(b"NOOP"), 250)


@row("S-LIN-11")
def unknown_verbs(site):
    with opened(site.starttls) as wire:
        wire.send(b"FROB\r\nXYZZY now\r\n")
        expect(wire.reply(), 5)
        expect(wire.reply(), 5)
        expect(wire.command(b"NOOP"), 250)
