# SPDX-License-Identifier: MIT
"""Rows on TLS itself: versions, suites, garbage, broken cryptography, SNI,
ALPN, and the two ways to mix up the ports."""

import random
import subprocess

import tlsbytes as tls
from harness import SCALE, Fault, scratch
from rows import row, rows
from wire import (TIMEOUT, Wire, client_context, expect, opened, secured,
                  started)

# --- S-TLS: what is negotiated


def asking(site, address=None):
    """A connection on which STARTTLS has been answered with 220."""
    wire = opened(address or site.starttls)
    expect(wire.command(b"STARTTLS"), 220)
    wire.begin(client_context())    # from here on, input is raw
    return wire


def answer(site, *segments):
    """The server's answer to a hand-made ClientHello."""
    with asking(site) as wire:
        wire.send_raw(*segments)
        result = tls.Answer(b"")
        for _ in range(1000):
            result = tls.Answer(wire.raw)
            if result.complete() or wire.ended:
                break
            wire.quiet(0.02 * SCALE)
        assert wire.only_records(), wire.raw
        if result.alert is None and not result.accepted:
            wire.until_closed(60)   # neither of them: it must at least end
        return result


def refused(site, hello):
    said = answer(site, hello)
    assert not said.accepted, said


@rows("S-TLS", {1: ("1.2",), 2: ("1.3",)})
def accepted(site, version):
    with secured(site.starttls, client_context(version=version)) as wire:
        assert wire.tls.version() == "TLSv" + version, wire.tls.version()


OLD = (0xc009, 0xc013, 0xc00a, 0xc014, 0x002f, 0x0035)
rows("S-TLS", {
    3: (tls.client_hello(0x0301, OLD),),
    4: (tls.client_hello(0x0302, OLD),),
    5: (tls.client_hello(0x0300, OLD),),
    6: (tls.sslv2_hello(),),
    7: (tls.client_hello(suites=(1, 2, 0x3b, 0xc006, 0xc010, 0xc015)),),
    8: (tls.client_hello(suites=(3, 6, 8, 0x0b, 0x11, 0x14, 0x17, 0x19)),),
    9: (tls.client_hello(suites=(4, 5, 0xc007, 0xc011, 0xc016)),),
    10: (tls.client_hello(suites=(0x18, 0x1b, 0x34, 0x3a, 0x6c, 0x6d, 0xa6,
                                  0xa7, 0xc017, 0xc018, 0xc019)),),
    11: (tls.client_hello(suites=(9, 0x0a, 0x15, 0x16, 0xc008, 0xc012)),),
    12: (tls.client_hello(suites=(0x2f, 0x35, 0x3c, 0x3d, 0x9c, 0x9d)),),
})(refused)


@row("S-TLS-13")
def finite_field(site):
    said = answer(site, tls.client_hello(suites=tls.DHE))
    assert not said.accepted or said.prime_bits >= 2048, said.prime_bits


@row("S-TLS-14")
def no_compression(site):
    said = answer(site, tls.client_hello(compression=b"\1\0"))
    assert said.accepted and said.compression == 0, said


@row("S-TLS-15")
def downgrade_sentinel(site):
    said = answer(site, tls.client_hello())
    assert said.random.endswith(b"DOWNGRD\1"), said.random


@row("S-TLS-16")
def fallback(site):
    said = answer(site, tls.client_hello(suites=tls.MODERN_12 + (0x5600,)))
    assert said.alert == 86, said


@row("S-TLS-17")
def confirmed(site):
    said = answer(site, tls.client_hello())
    assert {23, 0xff01} <= set(said.extensions), said.extensions


def one_byte_segments(hello):
    return [hello[i:i + 1] for i in range(len(hello))]


@rows("S-TLS", {18: (one_byte_segments,),
                19: (lambda hello: [tls.cut_records(hello, 64)],)})
def cut_hello(site, segments):
    for version in "1.2", "1.3":
        with started(site.starttls, client_context(version=version),
                     segments=segments) as wire:
            expect(wire.command(b"EHLO x"), 250)


def accepted_or_alert(site, hello):
    said = answer(site, hello)
    assert said.accepted or said.alert is not None, said


@row("S-TLS-20")
def one_byte_records(site):
    accepted_or_alert(site, tls.cut_records(tls.client_hello(tls13=True), 1))


@rows("S-TLS", {21: (15000,), 22: (60000,)})
def large_hello(site, size):
    accepted_or_alert(site, tls.client_hello(tls13=True,
                                             extra=[tls.padding(size)]))


@row("S-TLS-23", alone=True)
def endless_hello(site):
    start = site.main.memory("VmHWM")
    with asking(site) as wire:
        piece = tls.record(tls.HANDSHAKE, bytes(16000))
        wire.send_raw(tls.record(tls.HANDSHAKE,
                                 b"\1\xff\xff\xff\3\3" + bytes(15000)))
        for _ in range(960000 // 16000):
            if wire.ended or not wire.send_raw(piece):
                break
            wire.quiet(0)
        wire.until_closed(3)
        assert wire.only_records(), wire.raw
    bounded(site, start)


def bounded(site, start, growth=8 << 20):
    """The server's memory never grew far beyond the initial size."""
    site.main.grew(start, growth, "VmHWM")


# --- S-GAR: not a ClientHello


def heartbeat():
    return tls.record(tls.HEARTBEAT, b"\1\x40\0")


def lying_hello():
    hello = bytearray(tls.client_hello())
    hello[11 + 32:11 + 34] = b"\xff\xff"    # session id too long
    return bytes(hello)


SERVER_HELLO = tls.record(tls.HANDSHAKE, tls.message(
    tls.SERVER_HELLO, b"\3\3" + bytes(32) + b"\0\xc0\x2f\0"))


@rows("S-GAR", {
    1: (b"\x97" + random.Random(1).randbytes(63),),
    2: (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",),
    3: (b"EHLO x\r\n",), 4: (b"SSH-2.0-OpenSSH_9.2\r\n",),
    5: (tls.record(0x99, b"hello"),),
    6: (tls.record(tls.HANDSHAKE, tls.client_hello()[5:], 0x0505),),
    7: (b"\x16\3\1\xff\xff" + bytes(20000),),
    8: (tls.record(tls.HANDSHAKE, b""),),
    9: (tls.record(tls.DATA, b"EHLO x\r\n"),), 10: (heartbeat(),),
    11: (SERVER_HELLO,), 12: (lying_hello(),),
    13: (tls.record(tls.ALERT, b"\2\x28"),),
    14: (tls.record(tls.CCS, b"\1"),), 15: (bytes(4096),)})
def garbage(site, data):
    with asking(site) as wire:
        wire.send_raw(data)
        wire.quiet(0.2)
        wire.send_raw(b"NOOP\r\n")
        silent_end(wire)


def silent_end(wire, timeout=60):
    """It is closed after nothing but TLS records, without SMTP in them."""
    wire.until_closed(timeout)
    assert not wire.text, wire.text
    assert wire.only_records(), wire.raw


# --- S-CRY: broken cryptography

GCM12 = "ECDHE+AESGCM"


def keyed(version):
    """A context whose key log can be read, and the path of the log."""
    if not tls.LIBCRYPTO:
        raise Fault("libcrypto is not there")
    path = str(scratch() / "keys")
    # In TLS 1.3 the server's preference decides; the sample server's first
    # choices are AES-GCM.
    return client_context(version=version, keylog=path,
                          ciphers=GCM12 if version == "1.2" else None), path


def tampered_finished(wire, keylog):
    """The client's last flight with one bit of verify_data flipped."""
    *before, last = tls.split_records(wire.flight())
    keys = tls.Keys(wire, keylog, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")
    text = bytearray(keys.open(0, last))
    assert text[0] == tls.FINISHED
    text[-1] ^= 1
    return b"".join(before) + keys.seal(0, tls.HANDSHAKE, bytes(text))


@rows("S-CRY", {1: ("1.3",), 2: ("1.2",)})
def bad_finished(site, version):
    context, keylog = keyed(version)
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        wire.send_raw(wire.begin(context))
        wire.send_raw(tampered_finished(wire, keylog))
        if version == "1.3":
            wire.send_raw(wire.seal(b"NOOP\r\n"))
        silent_end(wire)


@rows("S-CRY", {3: (tls.record(tls.CCS, b"\1", 0x0303),),
                16: (b"NOOP\r\n",)})
def before_finished(site, data):
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        wire.send_raw(wire.begin(client_context(version="1.2")))
        wire.flight()
        wire.send_raw(data)
        if data[0] == tls.CCS:      # what a deceived server would read
            wire.send_raw(tls.record(tls.HANDSHAKE, bytes(40), 0x0303))
        silent_end(wire)


def flip(sealed):
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


@rows("S-CRY", {
    4: ("1.3", 0, lambda a, b: [flip(a), b]),
    5: ("1.2", 0, lambda a, b: [flip(a), b]),
    6: ("1.2", 1, lambda a, b: [a, a]),
    7: ("1.3", 0, lambda a, b: [b, a])})
def broken_records(site, version, answers, order):
    with secured(site.starttls, client_context(version=version)) as wire:
        wire.send_raw(*order(wire.seal(b"NOOP\r\n"), wire.seal(b"NOOP\r\n")))
        replies = wire.replies_until_closed(10)
        assert len(replies) <= answers, replies
        assert wire.only_records(), wire.raw


@rows("S-CRY", {8: (True,), 9: (False,)})
def renegotiation(site, secure):
    # The row would allow a few; the library is documented to allow none.
    context, keylog = keyed("1.2")
    with opened(site.starttls) as wire:
        expect(wire.command(b"STARTTLS"), 220)
        wire.send_raw(wire.begin(context))
        flight = wire.flight()
        keys = tls.Keys(wire, keylog)
        verify_data = keys.open(0, tls.split_records(flight)[-1])[4:]
        wire.send_raw(flight)
        wire.finish()
        expect(wire.command(b"EHLO x"), 250)
        hello = tls.client_hello(
            body_only=True, without=() if secure else (0xff01,),
            extra=[(0xff01, tls.u8(verify_data))] if secure else ())
        before = len(wire.raw)
        wire.send_raw(keys.seal(1 + wire.records_out, tls.HANDSHAKE, hello))
        wire.quiet(0.5)
        # A ServerHello inside the session would be a handshake record.
        kinds = [one[0] for one in tls.split_records(wire.raw[before:])]
        assert tls.HANDSHAKE not in kinds, "renegotiated"
        assert wire.only_records(), wire.raw


def flood(site, make, count):
    """Send `count` results of make(keys, sequence), without reading."""
    context, keylog = keyed("1.3")
    start = site.main.memory("VmHWM")
    with secured(site.starttls, context) as wire:
        keys = tls.Keys(wire, keylog)
        for chunk in make(keys, wire.records_out, count):
            if not wire.send_raw(chunk):
                break
        wire.quiet(0.3)
        assert wire.only_records(), wire.raw
    bounded(site, start)
    with secured(site.starttls) as wire:
        expect(wire.command(b"NOOP"), 250)


def key_updates(keys, sequence, count):
    request = tls.message(tls.KEY_UPDATE, b"\1")
    for _ in range(count):
        yield keys.seal(sequence, tls.HANDSHAKE, request)
        keys.next()
        sequence = 0


def empty_records(keys, sequence, count):
    for number in range(0, count, 100):
        yield b"".join(keys.seal(sequence + number + i, tls.DATA, b"")
                       for i in range(100))


rows("S-CRY", {10: (key_updates, 2000), 11: (empty_records, 5000)},
     alone=True)(flood)


@row("S-CRY-12", alone=True)
def warning_alerts(site):
    start = site.main.memory("VmHWM")
    with asking(site) as wire:
        warning = tls.record(tls.ALERT, b"\1\x5a")
        wire.send_raw(*[warning * 100] * 50)
        with secured(site.starttls) as other:
            expect(other.command(b"NOOP"), 250)
    bounded(site, start)


@row("S-CRY-13")
def heartbleed(site):
    context, keylog = keyed("1.3")
    with secured(site.starttls, context) as wire:
        keys = tls.Keys(wire, keylog)
        before = len(wire.raw)
        wire.send_raw(keys.seal(wire.records_out, tls.HEARTBEAT,
                                b"\1\x40\0"))
        wire.quiet(0.5)
        came = len(wire.raw) - before
        assert came < 200, f"{came} bytes came back"


def s_client(site, *options, text="QUIT\r\n"):
    host, port = site.starttls
    return subprocess.run(
        ["openssl", "s_client", "-starttls", "smtp", "-ign_eof", "-connect",
         f"{host}:{port}", *options], input=text, capture_output=True,
        text=True, timeout=TIMEOUT * 2, check=False)


@row("S-CRY-14")
def no_early_data(site):
    said = s_client(site, "-tls1_3").stdout
    assert "New, TLSv1.3" in said, said
    early = [line for line in said.splitlines() if "Max Early Data" in line]
    assert all(line.split()[-1] == "0" for line in early), early


@row("S-CRY-15")
def resumed(site):
    came_back = 0
    for version in "1.2", "1.3":
        context = client_context(version=version)
        with secured(site.starttls, context) as wire:
            expect(wire.command(b"MAIL FROM:<a@b.example>"), 250)
            session = wire.tls.session
        with opened(site.starttls, None) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(resuming(wire, context, session))
            wire.finish()
            came_back += wire.tls.session_reused
            expect(wire.command(b"MAIL FROM:<a@b.example>"), 503)
    assert came_back, "nothing was resumed, so nothing was tried"


def resuming(wire, context, session):
    """wire.begin() with a session to resume: start again with it set."""
    wire.begin(context)
    wire.tls = context.wrap_bio(wire.incoming, wire.outgoing,
                                server_hostname="localhost", session=session)
    wire._step()
    wire.hello = wire.outgoing.read()
    return wire.hello


# --- S-SNI, S-ALP


@rows("S-SNI", {
    1: (b"unknown.example",), 2: (b"",), 3: (b"local\0host",),
    4: (b"localhost\\",), 5: (b"../../etc/passwd",), 6: (b"a" * 4096,),
    7: (b"l\xf6calhost",), 8: (b"`id`;$(id)|id",)})
def odd_name(site, name):
    for tls13 in False, True:
        accepted_or_alert(site, tls.client_hello(extra=[tls.sni(name)],
                                                 tls13=tls13))
    assert site.main.alive(), "the server is gone"


@row("S-ALP-01")
def http_not_selected(site):
    for version in "1.2", "1.3":
        context = client_context(version=version, alpn=["http/1.1"])
        with opened(site.starttls) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            if not wire.handshake_fails(context):
                chosen = wire.tls.selected_alpn_protocol()
                assert chosen is None, chosen


@row("S-ALP-02")
def http_refused(site):
    for tls13 in False, True:
        said = answer(site, tls.client_hello(extra=[tls.ALPN_HTTP],
                                             tls13=tls13))
        assert not said.accepted, said


POST = (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
        b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<b@c.example>\r\n"
        b"QUIT\r\n")


@rows("S-ALP", {3: (opened,), 4: (secured,)})
def http_post(site, connect):
    with connect(site.starttls) as wire:
        expect(wire.command(b"RSET"), 250)
        wire.send(POST)
        replies = wire.replies_until_closed()
        # 500 for POST and for each header, then for the body's commands.
        assert not any(b"2.1.0" in reply.raw or b"2.1.5" in reply.raw
                       for reply in replies), replies
        assert sum(reply.code == 250 for reply in replies) <= 1, replies


# --- S-TCP: the wrong port, or the wrong time


@row("S-TCP-01")
def hello_before_greeting(site):
    with Wire(site.starttls) as wire:
        wire.send_raw(tls.client_hello(tls13=True))
        said = wire.quiet(0.5)
        assert b"\x15\x03" not in said and b"\x16\x03" not in said, said
        wire.text = said
        for reply in wire.replies()[1:]:
            expect(reply, 4, 5)


@row("S-TCP-02")
def early_talker(site):
    with Wire(site.starttls) as wire:
        wire.send_raw(b"EHLO x\r\n")
        if expect(wire.reply(), 220, 4, 5).code == 220:
            expect(wire.reply(), 250, 4, 5)


@row("S-TCP-03")
def plaintext_on_tls_port(site):
    with Wire(site.tls) as wire:
        wire.begin(client_context())
        wire.send_raw(b"EHLO x\r\n")
        silent_end(wire)


@row("S-TCP-04")
def implicit(site):
    with Wire(site.tls) as wire:
        wire.handshake()
        expect(wire.reply(), 220)
        lines = expect(wire.command(b"EHLO x"), 250).lines
        assert b"STARTTLS" not in [line.upper() for line in lines], lines
        expect(wire.command(b"STARTTLS"), 5)
        expect(wire.command(b"NOOP"), 250)
