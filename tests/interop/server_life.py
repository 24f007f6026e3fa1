#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The life of smtptls-server: its listeners, limits, timeouts and signals, and
that three hundred sessions leave it unchanged.

  server_life.py [NAME...]        the checks whose name contains NAME

See harness.py for the environment.
"""

import os
import re
import signal
import sys
import threading
import time

import tlsbytes as tls
from harness import (SCALE, Certificates, Checks, Fault, Server, install,
                     scratch, server_program, wait_for, wanted)
from wire import (Wire, begin_message, client_context, deliver, expect,
                  opened, secured, served, started)

CERTS = None                    # set in main
MAIL = (b"MAIL FROM:<a@b.example>", b"RCPT TO:<b@c.example>")


def serve(*options, **choice):
    return Server(CERTS, "--hostname", "mx.example", *options, **choice)


def new(maildir, token):
    return [data for data in (path.read_bytes() for path in
                              (maildir / "new").glob("*")) if token in data]


# --- listeners and names


def several_listeners():
    with serve(starttls=3, tls=2) as server:
        ports = server.starttls_ports + server.tls_ports
        assert len(set(ports)) == 5, ports
        for address in server.starttls_ports:
            with secured(address) as wire:
                expect(wire.command(b"NOOP"), 250)
        for address in server.tls_ports:
            with Wire(address).handshake() as wire:
                expect(wire.reply(), 220)


def one_kind_only():
    """Any --listen* replaces both defaults."""
    for starttls, implicit in (1, 0), (0, 1):
        with serve(starttls=starttls, tls=implicit) as server:
            assert len(server.starttls_ports) == starttls
            assert len(server.tls_ports) == implicit
            inodes = {os.readlink(f"/proc/{server.pid}/fd/{fd}")
                      for fd in os.listdir(f"/proc/{server.pid}/fd")}
            listening = [line for line in
                         open("/proc/net/tcp", encoding="ascii")
                         if line.split()[3] == "0A"
                         and f"socket:[{line.split()[9]}]" in inodes]
            assert len(listening) == 1, listening


def hostname():
    with serve() as server:
        with Wire(server.starttls) as wire:
            greeting = expect(wire.reply(), 220)
            assert greeting.lines[0].split()[0] == b"mx.example", greeting
            for verb in b"EHLO x", b"HELO x":
                reply = expect(wire.command(verb), 250)
                assert reply.lines[0].split()[0] == b"mx.example", reply


def log_line():
    """The fields of a session's line, in plaintext and under TLS."""
    with serve() as server:
        with opened(server.starttls) as wire:
            wire.command(b"QUIT")
            wire.until_closed()
        fields = server.session_of(wire.port)
        assert fields["tls_enabled"] == "0", fields
        assert fields["messages"] == "0", fields
        with secured(server.starttls) as wire:
            for number in range(2):
                expect(deliver(wire, b"%d" % number), 250)
            wire.command(b"QUIT")
            wire.until_closed()
        fields = server.session_of(wire.port)
        for name, value in (("tls_enabled", "1"), ("messages", "2"),
                            ("sni", "localhost")):
            assert fields[name] == value, fields
        for name in "protocol", "cipher", "verify", "outcome", "reason":
            assert name in fields, fields
        assert "1.3" in fields["protocol"], fields
        with opened(server.starttls) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(b"GET / HTTP/1.1\r\n\r\n")
            wire.until_closed()
        fields = server.session_of(wire.port)
        assert fields["tls_enabled"] == "0", fields
        assert len(fields["reason"]) > 5, fields


# --- limits


def max_connections():
    with serve("--max-connections", "3") as server:
        wires = [opened(server.starttls) for _ in range(3)]
        with Wire(server.starttls) as above:
            expect(above.reply(), 421)
            above.until_closed()
        with Wire(server.tls) as above:
            above.begin(client_context())
            above.until_closed()
            assert above.only_records(), above.raw
        wires.pop().sock.close()

        def room_again():
            with Wire(server.starttls) as wire:
                return wire.reply().code == 220
        wait_for(room_again, 5, "room for another")
        for wire in wires:
            expect(wire.command(b"NOOP"), 250)
            wire.sock.close()


def max_size():
    maildir = scratch()
    with serve("--max-size", "1000", "--maildir", str(maildir)) as server:
        with secured(server.starttls) as wire:
            lines = expect(wire.command(b"EHLO x"), 250).lines
            assert b"SIZE 1000" in lines, lines
            expect(wire.command(MAIL[0] + b" SIZE=1001"), 552)
            expect(wire.command(
                MAIL[0] + b" SIZE=99999999999999999999999"), 5)
            expect(wire.command(MAIL[0] + b" SIZE=x"), 501)
            expect(deliver(wire, b"above", b"x" * 1000 + b"\r\n"), 552)
            expect(deliver(wire, b"below", b"x" * 900 + b"\r\n"), 250)
            expect(wire.command(MAIL[0] + b" SIZE=1000"), 250)
    assert len(new(maildir, b"below")) == 1
    assert not new(maildir, b"above")


def ten_megabytes():
    maildir = scratch()
    text = b"".join(b"%06d " % i + b"x" * 90 + b"\r\n" for i in range(106000))
    with serve("--max-size", "20000000", "--maildir",
               str(maildir)) as server:
        secured(server.starttls).sock.close()
        start = server.memory("VmHWM")
        for version in "1.2", "1.3":
            token = b"ten-" + version.encode()
            with secured(server.starttls,
                         client_context(version=version)) as wire:
                expect(deliver(wire, token, text), 250)
            found, = new(maildir, token)
            assert found.replace(b"\r\n", b"\n").endswith(
                text.replace(b"\r\n", b"\n")), "another text"
        server.grew(start, 4 << 20, "VmHWM")


def require_tls():
    """TLS decides, not the port: implicit TLS is enough."""
    with serve("--require-tls") as server:
        with Wire(server.tls).handshake() as wire:
            expect(wire.reply(), 220)
            expect(wire.command(b"EHLO x"), 250)
            expect(deliver(wire, b"implicit"), 250)
        with opened(server.starttls) as wire:
            for line in MAIL + (b"DATA", b"VRFY x", b"AUTH PLAIN AA==",
                                b"FROB"):
                reply = expect(wire.command(line), 530)
                assert reply.lines[0].startswith(b"5.7.0"), reply
            for line in b"NOOP", b"RSET", b"HELP", b"EHLO x", b"HELO x":
                expect(wire.command(line), 2)
            expect(wire.command(b"STARTTLS x"), 501)
            expect(wire.command(b"STARTTLS"), 220)
            wire.handshake()
            expect(wire.command(b"EHLO x"), 250)
            expect(deliver(wire, b"after"), 250)
        with opened(server.starttls) as wire:
            expect(wire.command(b"BDAT 6 LAST"), 530)
            wire.send(b"NOOP\r\n")    # the chunk, not a command
            assert all(reply.code != 250
                       for reply in wire.replies_until_closed())


# --- timeouts


def idle_timeout():
    with serve("--idle-timeout", "1") as server:
        for connect in opened, secured:
            with connect(server.starttls) as wire:
                # NOOP is a command line: it extends the limit by another
                # second.
                expect(wire.command(b"NOOP"), 250)
                expect(wire.reply(), 421)
                wire.until_closed()
                assert wire.close_notify == wire.up, wire.tls_error
            # Bytes that do not complete a line do not.
            with connect(server.starttls) as wire:
                for _ in range(20 * SCALE):
                    if wire.ended or not wire.send(b"N"):
                        break
                    wire.listen(0.2)
                replies = wire.replies()
                assert [one.code for one in replies] == [421], replies
                assert wire.ended


def handshake_timeout():
    """One deadline for the whole handshake, on both kinds of port."""
    hello = tls.client_hello(tls13=True)
    with serve("--handshake-timeout", "1") as server:
        for address in server.starttls, server.tls:
            with Wire(address) as wire:
                if address == server.starttls:
                    expect(wire.reply(), 220)
                    expect(wire.command(b"STARTTLS"), 220)
                wire.begin(client_context())
                for i in range(20 * SCALE):
                    if wire.ended or not wire.send_raw(hello[i:i + 1]):
                        break
                    wire.quiet(0.2)
                wire.until_closed(0.1)
                assert wire.only_records() and not wire.text, wire.raw
            fields = server.session_of(wire.port)
            assert re.search("time", " ".join(fields.values()),
                             re.IGNORECASE), fields
        # The deadline ends with the handshake.
        with secured(server.starttls) as wire:
            assert not wire.quiet(1.5), "it goes on counting"
            expect(wire.command(b"NOOP"), 250)


# --- signals


def drain():
    with serve() as server:
        clear, sealed = opened(server.starttls), secured(server.starttls)
        silent = opened(server.starttls)
        expect(silent.command(b"STARTTLS"), 220)
        server.signal(signal.SIGTERM)
        for wire in clear, sealed:
            expect(wire.reply(), 421)
            wire.until_closed()
            assert wire.close_notify == wire.up, wire.tls_error
            wire.sock.close()
        status = server.wait()
        silent.sock.close()
        assert status == 0, f"status {status}"
        try:
            Wire(server.starttls)
        except ConnectionRefusedError:
            return
        raise Fault("still listening")


def drain_in_data():
    """A message in transfer gets its 250 and is stored, or gets none and is
    not."""
    maildir, token = scratch(), b"drain-token"
    with serve("--maildir", str(maildir)) as server:
        wire = secured(server.starttls)
        begin_message(wire, token)
        server.signal(signal.SIGTERM)
        wire.quiet(0.3)
        wire.send(b"text\r\n.\r\n")
        codes = [reply.code for reply in wire.replies_until_closed()]
        wire.sock.close()
        assert server.wait() == 0, "status"
    assert codes in ([250, 421], [421], []), codes
    assert len(new(maildir, token)) == codes.count(250), codes


def reload():
    crt, key = scratch() / "own.crt", scratch() / "own.key"

    install(CERTS.ecdsa, (crt, key))
    with serve(pairs=[(crt, key)]) as server:
        first = served(server.starttls)
        with secured(server.starttls) as old, \
                opened(server.starttls) as plain:
            install(CERTS.rsa, (crt, key))
            assert served(server.starttls) == first, "reloaded unasked"
            server.signal(signal.SIGHUP)
            wait_for(lambda: served(server.starttls) != first, 5, "new certificate")
            expect(old.command(b"NOOP"), 250)
            second = served(server.starttls)
            # Bad files, one after the other: the last good ones stay in use.
            for number, bad in enumerate((b"", b"garbage",
                                          CERTS.ecdsa[1].read_bytes())):
                before = len(server.log)
                key.write_bytes(bad)
                server.signal(signal.SIGHUP)
                wait_for(lambda: [line for line in server.log[before:]
                                  if str(key) in line], 5,
                         f"word on bad key {number}")
                assert served(server.starttls) == second, "the old were not kept"
                expect(old.command(b"NOOP"), 250)
            # A plaintext connection that was already open still gets TLS.
            expect(plain.command(b"STARTTLS"), 220)
            plain.handshake()


def killed_in_data():
    maildir, token = scratch(), b"killed-token"
    server = serve("--maildir", str(maildir)).start()
    with secured(server.starttls) as wire:
        begin_message(wire, token, b"x" * 70 * 1000 + b"\r\n")
        wire.quiet(0.2)
        server.kill()
    assert not new(maildir, token), "half a message in new/"


# --- endurance


def session(server, number):
    kind = number % 6
    if kind == 0:
        with secured(server.starttls) as wire:
            expect(deliver(wire, b"%d" % number), 250)
            expect(wire.command(b"QUIT"), 221)
    elif kind == 1:
        with Wire(server.tls).handshake() as wire:
            expect(wire.reply(), 220)
    elif kind == 2:
        with opened(server.starttls) as wire:
            wire.send_raw(b"STARTTLS\r\nNOOP\r\n")
    elif kind == 3:
        with opened(server.starttls) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(tls.client_hello()[:-20])
    elif kind == 4:
        secured(server.starttls).reset()
    else:
        with started(server.starttls) as wire:
            wire.shut()
            wire.until_closed()


def nothing_grows():
    with serve("--maildir", str(scratch())) as server:
        def at_rest():
            before = server.fds()
            time.sleep(0.2)
            return before if before == server.fds() else 0
        for number in range(60):
            session(server, number)
        descriptors = wait_for(at_rest, 5, "rest")
        memory = server.memory()
        for number in range(300):
            session(server, number)
        wait_for(lambda: server.fds() <= descriptors, 5, "fds as before")
        server.grew(memory, 1 << 20)
        wait_for(lambda: len(server.sessions()) == 360, 5, "log lines")


def resets():
    """The system's error for the connection is in the log."""
    cause = (": a firewall in between may be the cause; else the peer's own "
             "log says why")
    with serve() as server:
        for when, begin in (("before TLS", opened), ("under TLS", secured)):
            wire = begin(server.starttls)
            expect(wire.command(b"NOOP"), 250)
            wire.reset()
            fields = server.session_of(wire.port)
            assert fields["outcome"] == "failed", fields
            assert fields["reason"] == "SMTPTLS_E_IO: peer reset the " \
                f"connection (ECONNRESET) {when}{cause}", fields


def half_closed():
    """The client's FIN in each phase: what was requested is answered, then
    closed."""
    with serve() as server:
        with opened(server.starttls) as wire:
            wire.send(b"NOOP\r\nNOOP\r\n")
            wire.shut()
            codes = [one.code for one in wire.replies_until_closed()]
            assert codes == [250, 250], codes
        with secured(server.starttls) as wire:
            wire.send_raw(wire.seal(b"NOOP\r\n") + wire.notify_close())
            wire.shut()
            codes = [one.code for one in wire.replies_until_closed()]
            assert codes == [250] and wire.close_notify, codes
        with opened(server.starttls) as wire:
            wire.send(b"NO")
            wire.shut()
            assert not wire.until_closed(), "half a line was run"
        wait_for(lambda: len(server.sessions()) == 3, 5, "log lines")


CHECKS = (several_listeners, one_kind_only, hostname, log_line,
          max_connections, max_size, ten_megabytes, require_tls, idle_timeout,
          handshake_timeout, drain, drain_in_data, reload, killed_in_data,
          nothing_grows, half_closed, resets)
MEASURING = (ten_megabytes, nothing_grows)


def main(names):
    global CERTS
    server_program()
    CERTS, checks = Certificates(), Checks("server_life")
    chosen = [check for check in CHECKS if wanted(check.__name__, names)]
    threads = [threading.Thread(target=checks.run,
                                args=(check.__name__, check))
               for check in chosen if check not in MEASURING]
    for first in range(0, len(threads), 4):
        for thread in threads[first:first + 4]:
            thread.start()
        for thread in threads[first:first + 4]:
            thread.join()
    for check in chosen:
        if check in MEASURING:
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
