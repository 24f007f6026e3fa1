#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What smtptls-server does when its certificates are replaced while it runs.

  reload.py [NAME...]             the checks whose name contains NAME

A renewal in any way, a signal at any moment of it, and clients all the time:
no session fails. See harness.py for the environment.
"""

import os
import signal
import sys
import threading

from harness import Authority, Certificates, Checks, Server, install, \
    scratch, server_program, wait_for, wanted
from wire import deliver, expect, secured, served

CERTS = None                    # set in main
CLIENTS, RENEWALS = 4, 24


def serve(pair):
    return Server(CERTS, pairs=[pair])


def hang_up(server):
    """Send SIGHUP, and wait for the result."""
    def words():
        return [line for line in server.log if line.endswith(": reloaded")
                or "reload failed" in line]
    before = len(words())
    server.signal(signal.SIGHUP)
    return wait_for(lambda: words()[before:], 10, "a word on the reload")[0]


def move(target, link):
    """Replace a link by another, as certbot does."""
    fresh = link.with_suffix(".fresh")
    fresh.symlink_to(target)
    os.replace(fresh, link)


def in_place(server, pair, files):
    for source, target in zip(pair, files):
        text = source.read_bytes()
        target.write_bytes(text[:len(text) // 2])
        hang_up(server)
        target.write_bytes(text)
        hang_up(server)


def by_links(server, pair, files):
    for source, target in zip(pair, files):
        move(source, target)
        hang_up(server)


def at_once(server, pair, files):
    install(pair, files)
    hang_up(server)


def under_load():
    """Clients send mail continuously while the pair is replaced."""
    place = scratch()
    files = place / "own.crt", place / "own.key"
    install(CERTS.ecdsa, files)
    faults, sessions = [], [0] * CLIENTS
    over = threading.Event()

    def client(number):
        while not over.is_set():
            try:
                with secured(server.starttls) as wire:
                    expect(wire.command(b"EHLO x"), 250)
                    expect(deliver(wire, b"%d" % number), 250)
                    expect(wire.command(b"QUIT"), 221)
            except Exception as error:  # pylint: disable=broad-except
                faults.append(repr(error))
            sessions[number] += 1

    with serve(files) as server:
        threads = [threading.Thread(target=client, args=(number,))
                   for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            for number in range(RENEWALS):
                pair = CERTS.rsa if number % 2 == 0 else CERTS.ecdsa
                (in_place, by_links, at_once)[number % 3](server, pair, files)
                if number % 3 == 1:     # so that no link is written through
                    for file in files:
                        file.unlink()
                    install(pair, files)
                done = sum(sessions)
                wait_for(lambda: sum(sessions) >= done + CLIENTS, 20,
                         "sessions between two renewals")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        reloads = [line for line in server.log if line.endswith(": reloaded")]
        failed = [line for line in server.log if "reload failed" in line]
        wait_for(lambda: len(server.sessions()) == sum(sessions), 10,
                 "log lines")
        lost = [fields for fields in server.sessions()
                if fields["messages"] != "1" or fields["outcome"] != "quit"]
    assert not faults and not lost, (faults[:3], lost[:3])
    assert len(reloads) >= RENEWALS and failed, (len(reloads), len(failed))
    print(f"{sum(sessions)} sessions, {len(reloads)} reloads and "
          f"{len(failed)} that kept the old files: 0 failed sessions")


def waited_out():
    """A signal in the middle of a renewal is remembered until its end."""
    place = scratch()
    files = place / "own.crt", place / "own.key"
    install(CERTS.ecdsa, files)
    with serve(files) as server:
        first = served(server.starttls)
        files[0].write_bytes(CERTS.rsa[0].read_bytes())
        assert "does not belong" in hang_up(server)
        assert served(server.starttls) == first
        files[1].write_bytes(CERTS.rsa[1].read_bytes())
        wait_for(lambda: served(server.starttls) != first, 10,
                 "the new certificate, without another signal")
        second = served(server.starttls)
        # Done: further changes wait for a signal again.
        wait_for(lambda: "smtptls-server: reloaded" in server.log, 5,
                 "the word")
        install(CERTS.ecdsa, files)
        words = len(server.log)
        assert served(server.starttls) == second
        assert not [line for line in server.log[words:] if "reload" in line]


def worse():
    """A complete pair that is worse than the one in use."""
    authority = Authority(scratch() / "authority", "authority")
    place = scratch()
    files = place / "own.crt", place / "own.key"
    good, expired, nameless = (authority.issue(*arguments, **words)
                               for arguments, words in (
                                   (("good",), {}),
                                   (("expired",), {"end": "20210101000000Z"}),
                                   (("nameless",), {"names": ("x.example",)})))
    install(good, files)
    for pair in good, expired, nameless:
        pair[0].write_text(pair[0].read_text() + authority.crt.read_text())
    install(good, files)
    with serve(files) as server:
        first = served(server.starttls)
        for pair, cause in ((expired, "expired on 2021-01-01"),
                            (nameless, 'the name "localhost"')):
            install(pair, files)
            said = hang_up(server)
            assert cause in said and "the old files stay in use" in said, said
            assert served(server.starttls) == first
        install(good, files)
        assert hang_up(server).endswith(": reloaded")
        assert any("expires in" in line for line in server.log)


CHECKS = under_load, waited_out, worse


def main(names):
    global CERTS
    server_program()
    CERTS, checks = Certificates(), Checks("reload")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
