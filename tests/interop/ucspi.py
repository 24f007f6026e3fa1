#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""examples/ucspi/: TLS for programs that know none, here a shell script.

  ucspi.py [NAME...]              the checks whose name contains NAME

See harness.py for the environment.
"""

import os
import socket
import subprocess
import sys
import time

from harness import SCALE, WRAPPER, Certificates, Checks, scratch, wanted
from ucspi_runner import Runner, runner_program
from wire import Wire, client_context, expect, opened, secured

CERTS = None                    # made in main

# It reads byte by byte, as shells do, so it takes nothing behind a line.
SCRIPT = r"""
say() { printf '%s\r\n' "$1"; }
say '220 sh ESMTP'
while IFS= read -r line; do
	case $line in
	EHLO*)	say '250-sh'; say '250 STARTTLS' ;;
	STARTTLS*)
		say '220 go'
		printf "$ask" >&$SSLCTLFD
		vars=$(tr '\000' '|' <&$SSLCTLFD)
		exec <&$SSLREADFD >&$SSLWRITEFD ;;
	TWICE*)	(printf yyyy >&$SSLCTLFD) 2>/dev/null; say '250 asked' ;;
	VARS*)	say "250 $vars" ;;
	DIE*)	kill -9 $$ ;;
	QUIT*)	say '221 bye'; exit 7 ;;
	*)	say '502 what' ;;
	esac
done
exit 8
"""


def shell(ask="Y", **options):
    return Runner(CERTS, "/bin/sh", "-c", SCRIPT, env={"ask": ask}, **options)


def starttls():
    for version in "1.2", "1.3":
        for ask in "y", "Y":
            with shell(ask) as runner:
                with secured(runner.address,
                             client_context(version=version)) as wire:
                    expect(wire.command(b"FROB"), 502)
                    said = wire.command(b"VARS").lines[0].decode()
                    expected = [f"SSL_PROTOCOL=TLSv{version}",
                                "SSL_TLS_SNI_SERVERNAME=localhost",
                                "SSL_CIPHER=", "SSL_CIPHER_USEKEYSIZE="]
                    assert [word in said for word in expected] \
                        == [ask == "Y"] * 4, said
                    assert not said or ask == "y" or said.endswith("||")
                    expect(wire.command(b"QUIT"), 221)
                    wire.until_closed()
                    assert wire.close_notify, "cut off"
                runner.said(f"ucspitls: TLSv{version} ")


def in_the_clear():
    """A child that never asks, and one that dies."""
    with shell() as runner:
        with opened(runner.address) as wire:
            expect(wire.command(b"FROB"), 502)
            expect(wire.command(b"QUIT"), 221)
            wire.until_closed()
        with opened(runner.address) as wire:
            wire.send(b"DIE\r\n")
            wire.until_closed()
        with secured(runner.address) as wire:
            wire.send(b"DIE\r\n")
            wire.until_closed()
            assert wire.close_notify, "cut off"
        with secured(runner.address) as wire:
            expect(wire.command(b"TWICE"), 250)
            expect(wire.command(b"QUIT"), 221)
        assert runner.process.poll() is None


def injection():
    """What stands behind STARTTLS is never answered under TLS."""
    with shell() as runner:
        with opened(runner.address) as wire:
            wire.send_raw(b"STARTTLS\r\nEHLO x\r\nQUIT\r\n")
            wire.until_closed()
            assert b"250" not in wire.raw and b"221" not in wire.raw, wire.raw
        runner.said("it must start TLS after the 220 to STARTTLS")
        with opened(runner.address) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(b"GET / HTTP/1.1\r\n\r\n")
            wire.until_closed()
        runner.said("HTTP")


def handshake_timeout():
    with shell(options=("-t", "1")) as runner:
        with opened(runner.address) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.until_closed()
        runner.said("silent for too long (1 s) after this side's 220, "
                    "before its ClientHello")


def implicit():
    """TLS from the first byte; the variables are in the environment."""
    with Runner(CERTS, "/bin/sh", "-c",
                'printf "220 $SSL_PROTOCOL $TLS_SNI\\r\\n"; exec cat',
                options=("-i",)) as runner:
        with Wire(runner.address).handshake() as wire:
            reply = expect(wire.reply(), 220)
            assert reply.lines[0] == b"TLSv1.3 localhost", reply
            # Both ways at once, more than any buffer holds.
            text = b"".join(b"250 %06d " % number + b"x" * 80 + b"\r\n"
                            for number in range(20000))
            for at in range(0, len(text), 65536):
                wire.send(text[at:at + 65536])
            for number in range(20000):
                reply = expect(wire.reply(), 250)
                assert reply.lines[0].startswith(b"%06d " % number), reply
        # a client that never reads holds nobody else up
        with Wire(runner.address).handshake() as silent, \
                Wire(runner.address).handshake() as wire:
            expect(silent.reply(), 220)
            expect(wire.reply(), 220)
            expect(wire.command(b"250 echo"), 250)


def inherited():
    """The socket is standard input; the status is the program's."""
    cert, key = CERTS.ecdsa
    for last, status in (b"QUIT\r\n", 7), (b"", 8):
        ours, theirs = socket.socketpair()
        with ours:
            process = subprocess.Popen(
                WRAPPER + [runner_program(), str(cert), str(key), "/bin/sh",
                           "-c", SCRIPT], stdin=theirs, stdout=theirs,
                stderr=subprocess.DEVNULL)
            theirs.close()
            ours.sendall(last)
            ours.shutdown(socket.SHUT_WR)
            assert process.wait(10 * SCALE) == status, process.returncode


def another_user():
    """The key is read before, and is nothing that the program could read."""
    if os.getuid() != 0:
        return
    place = scratch()
    place.chmod(0o755)
    with Runner(CERTS, "/bin/sh", "-c",
                'printf "250 %s\\r\\n" "$(id -u)"; '
                '[ -r /proc/$PPID/mem ] && echo readable; '
                f'cat {CERTS.ecdsa[1]} 2>&1; read end',
                options=("-i", "-u", "nobody")) as runner:
        with Wire(runner.address).handshake() as wire:
            reply = expect(wire.reply(), 250)
            assert reply.lines[0] != b"0", reply
            time.sleep(0.2)
            wire.quiet(0.3)
            assert b"PRIVATE" not in wire.text and \
                b"readable" not in wire.text, wire.text


CHECKS = (starttls, in_the_clear, injection, handshake_timeout, implicit,
          inherited, another_user)


def main(names):
    global CERTS
    runner_program()
    CERTS, checks = Certificates(), Checks("ucspi")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
