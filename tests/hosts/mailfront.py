#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mailfront, which has no TLS of its own, under examples/ucspi/.

  mailfront.py FOLDER             mailfront 2.12, built there as it is

Its plugin starttls-ucspi asks for TLS; its backend answers a message with what
it has of it. ./dev hosts does it.
"""

import pathlib
import sys

from harness import Certificates, Checks
from ucspi_runner import Runner
from wire import Wire, client_context, deliver, expect, opened, secured

CERTS = FOLDER = None           # made in main


def mailfront(*plugins, options=()):
    return Runner(CERTS, f"{FOLDER}/mailfront", "smtp", "echo", *plugins,
                  "accept", options=options,
                  env={"MODULE_PATH": str(FOLDER)})


def offers_starttls(wire):
    return b"STARTTLS" in wire.command(b"EHLO client.example").lines


def starttls():
    for version in "1.2", "1.3":
        with mailfront("starttls-ucspi") as runner:
            with opened(runner.address) as wire:
                assert offers_starttls(wire)
                expect(deliver(wire, b"clear"), 250)
                expect(wire.command(b"QUIT"), 221)
            with secured(runner.address,
                         client_context(version=version)) as wire:
                assert not offers_starttls(wire)
                reply = expect(deliver(wire, b"first", b"x\r\n" * 50000), 250)
                assert b"bytes" in reply.lines[0], reply
                expect(deliver(wire, b"second"), 250)
                expect(wire.command(b"QUIT"), 221)
                wire.until_closed()
                assert wire.close_notify, "cut off"
            runner.said(f"ucspitls: TLSv{version} ")


def injection():
    """What came in the clear behind STARTTLS is not done under TLS."""
    with mailfront("starttls-ucspi") as runner:
        with opened(runner.address) as wire:
            wire.send_raw(b"STARTTLS\r\nMAIL FROM:<evil@b.example>\r\n")
            expect(wire.reply(), 220)
            wire.handshake()
            # it says so, and that is all that comes of it
            expect(wire.reply(), 500)
            expect(wire.command(b"RCPT TO:<b@c.example>"), 503)
            expect(deliver(wire, b"own"), 250)


def implicit():
    """With no plugin at all."""
    with mailfront(options=("-i",)) as runner:
        with Wire(runner.address).handshake() as wire:
            expect(wire.reply(), 220)
            assert not offers_starttls(wire)
            expect(deliver(wire, b"implicit"), 250)


def main(folder):
    global CERTS, FOLDER
    FOLDER = folder
    CERTS, checks = Certificates(), Checks("hosts: mailfront")
    for check in starttls, injection, implicit:
        checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).absolute())
