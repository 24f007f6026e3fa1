# SPDX-License-Identifier: MIT
"""Rows on what only a complete server can show (M-SRV): its certificates, what
it requires, what it resumes, what it stores."""

import signal

from behaviour_tls import resuming
from harness import Fault, Server, install, wait_for
from rows import left_out, row
from wire import (begin_message, client_context, deliver, envelope, expect,
                  opened, secured, served, started)


@row("M-SRV-01")
def broken_certificate(site):
    # The program does not start without its certificate, so it never
    # advertises STARTTLS without one. server_life.py checks that a reload
    # keeps it.
    nothing = site.maildir / "tmp" / "none.crt"
    try:
        with Server(site.certs, pairs=[(nothing, nothing)]) as server:
            lines = opened(server.starttls, None).command(b"EHLO x").lines
            assert b"STARTTLS" not in lines, lines
    except Fault as error:
        assert "ended while starting" in str(error), error


@row("M-SRV-02")
def tls_required(site):
    server = site.server("demanding", "--require-tls")
    with opened(server.starttls, None) as wire:
        for line in b"EHLO x", b"HELO x", b"NOOP", b"RSET", b"HELP":
            expect(wire.command(line), 2)
        for line in (b"MAIL FROM:<a@b.example>", b"RCPT TO:<b@c.example>",
                     b"DATA", b"VRFY b"):
            reply = expect(wire.command(line), 530)
            assert reply.lines[0].startswith(b"5.7.0 "), reply
        expect(wire.command(b"STARTTLS"), 220)
        wire.handshake()
        expect(wire.command(b"EHLO x"), 250)
        expect(deliver(wire, b"M-SRV-02"), 250)
    with opened(server.starttls) as wire:
        expect(wire.command(b"QUIT"), 221)


@row("M-SRV-03")
def tls_not_required(site):
    # The main server runs without --require-tls.
    with opened(site.starttls) as wire:
        expect(deliver(wire, b"M-SRV-03"), 250)


@row("M-SRV-04")
def requiretls(site):
    with opened(site.starttls, None) as wire:
        lines = wire.command(b"EHLO x").lines
        assert b"REQUIRETLS" not in [line.upper() for line in lines], lines
        expect(wire.command(b"MAIL FROM:<a@b.example> REQUIRETLS"), 5)


@row("M-SRV-05")
def no_channel_binding(site):
    # There is no AUTH, and so no channel binding with it.
    for version in "1.2", "1.3":
        with started(site.starttls, client_context(version=version)) as wire:
            lines = expect(wire.command(b"EHLO x"), 250).lines
            assert not any(line.upper().startswith(b"AUTH")
                           for line in lines), lines
            for hash_name in b"SHA-1", b"SHA-256":
                expect(wire.command(b"AUTH SCRAM-" + hash_name + b"-PLUS "
                                    b"cD10bHMtdW5pcXVlLCxuPXUscj1y"), 5)
            expect(wire.command(b"NOOP"), 250)


@row("M-SRV-06")
def renewed(site):
    crt, key = (site.maildir.parent / f"{site.maildir.name}.{kind}"
                for kind in ("crt", "key"))
    first, second = site.certs.ecdsa, site.certs.rsa
    try:
        install(first, (crt, key))
        with Server(site.certs, pairs=[(crt, key)]) as server:
            with secured(server.starttls) as old:
                seen = old.tls.getpeercert(True)
                install(second, (crt, key))
                server.signal(signal.SIGHUP)
                wait_for(lambda: served(server.starttls) != seen, 5,
                         "new certificate")
                expect(old.command(b"NOOP"), 250)
    finally:
        crt.unlink(missing_ok=True)
        key.unlink(missing_ok=True)


@row("M-SRV-07")
def foreign_ticket(site):
    """A session is resumed by the service that issued it, and not by another
    with the same certificates."""
    other = site.server("other")
    for version in "1.2", "1.3":
        context = client_context(version=version)
        with secured(site.starttls, context) as wire:
            session = wire.tls.session
        for address, taken in (other.starttls, False), (site.starttls, True):
            with opened(address) as wire:
                expect(wire.command(b"STARTTLS"), 220)
                wire.send_raw(resuming(wire, context, session))
                wire.finish()
                expect(wire.command(b"EHLO x"), 250)
                assert wire.tls.session_reused == taken, \
                    f"TLS {version}, resumed: {not taken}"


left_out("M-SRV-08", "an oracle would be GnuTLS's, and a timing shows none")


@row("M-SRV-09")
def odd_client_certificates(site):
    theirs = site.certs.stranger
    server = site.server("strict", "--verify", "require", "--ca",
                         str(theirs.crt))
    good = theirs.issue("good", usage="clientAuth")
    expired = theirs.issue("expired", usage="clientAuth",
                           end="20210101000000Z")
    many = theirs.issue("many", usage="clientAuth", names=[
        f"n{i}.example" for i in range(10000)])
    heavy = theirs.dir / "heavy.crt"
    heavy.write_bytes(good[0].read_bytes() * 160)       # about 100 kB
    for pair, may_pass in ((good, True), (expired, False), (many, True),
                           ((heavy, good[1]), True)):
        for version in "1.2", "1.3":
            context = client_context(version=version, cert=pair)
            with opened(server.starttls) as wire:
                expect(wire.command(b"STARTTLS"), 220)
                failed = wire.handshake_fails(context)
                assert may_pass or failed, f"{pair[0].name} accepted"
                assert not failed or pair != good, "good certificate refused"
    assert server.alive(), "the server is gone"


@row("M-SRV-10")
def typed_before(site):
    """What is stored and what is logged: neither has what was typed before or
    after STARTTLS."""
    typed, token = b"typed-before", b"M-SRV-10-token"
    for behind in b"", b"DATA\r\nSubject: " + typed + b"\r\n\r\n.\r\n":
        with opened(site.starttls, typed) as wire:
            envelope(wire, typed + b"@b.example", typed + b"@c.example")
            wire.send_raw(b"STARTTLS\r\n" + behind)
            if behind:
                wire.until_closed()
            else:
                expect(wire.reply(), 220)
                wire.handshake()
                expect(wire.command(b"EHLO x"), 250)
                expect(deliver(wire, token), 250)
        fields = site.main.session_of(wire.port)
        assert fields["messages"] == ("0" if behind else "1"), fields
        assert typed.decode() not in " ".join(fields.values()), fields
    assert typed not in site.message(token)
    assert not site.messages(typed)


@row("M-SRV-11")
def long_auth(site):
    for argument in b"A" * 2000, b"A" * 100000, b"AA\0AA":
        with secured(site.starttls) as wire:
            wire.send(b"AUTH PLAIN " + argument + b"\r\n")
            reply = wire.reply_or_end()
            assert reply is None or expect(reply, 4, 5)
    assert site.main.alive(), "the server is gone"


@row("M-SRV-12")
def new_line_in_parameters(site):
    token = b"M-SRV-12-token"
    for line in (b"MAIL FROM:<a@b.example> AUTH=x+0Ainjected: 1",
                 b"MAIL FROM:<a@b.example> AUTH=x\ninjected: 1",
                 b"MAIL FROM:<a@b.example> AUTH=x\rinjected: 1",
                 b'MAIL FROM:<"a\ninjected: 1"@b.example>',
                 b"MAIL FROM:<a@b.example\ninjected: 1>",
                 b"EHLO x\ninjected: 1"):
        with secured(site.starttls) as wire:
            wire.send(line + b"\r\n")
            reply = wire.reply_or_end()
            if reply is None or reply.code != 250:
                continue
            if not line.startswith(b"MAIL"):
                expect(wire.command(b"MAIL FROM:<a@b.example>"), 250)
            expect(wire.command(b"RCPT TO:<b@c.example>"), 250)
            expect(wire.command(b"DATA"), 354)
            wire.send(b"Subject: " + token + b"\r\n\r\ntext\r\n")
            expect(wire.command(b"."), 250)
    stored = site.messages(token)
    assert not any(b"\ninjected" in data or b"\rinjected" in data
                   for data in stored), stored
    assert not any(line.startswith("injected") for line in site.main.log)


@row("M-SRV-13", alone=True)
def killed(site):
    server = site.server("killed", "--maildir", str(site.maildir))
    kept, lost = b"M-SRV-13-kept", b"M-SRV-13-lost"
    with secured(server.starttls) as wire, \
            secured(server.starttls) as other:
        begin_message(other, lost, b"x" * 20000)
        expect(deliver(wire, kept, b"all of it\r\n"), 250)
        server.kill()
        del site.servers["killed"]
        other.until_closed()
    stored = site.message(kept)
    assert stored.replace(b"\r\n", b"\n").endswith(b"\n\nall of it\n"), stored
    assert not site.messages(lost), "half a message in new/"


left_out("M-SRV-14", "gmp, below GnuTLS, may end the process; for the "
         "library's own allocations see tests/unit/conn/alloc.c")
