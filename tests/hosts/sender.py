#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A sender of somebody else's before servers that go wrong: as its authors
built it, and on this library.

  sender.py ORIGINAL OURS         two builds of nullmailer's protocols/smtp

A message over STARTTLS and implicit TLS has to arrive from both. Then each
failure is met by both, and what they say of it is printed side by side; ours
must have failed, by the words that are expected here. ./dev hosts runs it, with
ours built to wait for 2 s.
"""

import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading

from harness import SCALE, Authority, Certificates, Checks, Server, scratch

CERTS = None                    # made in main
PROGRAMS = {}
MESSAGE = b"a@example.org\nb@example.org\n\nSubject: hello\n\nA line.\n"


def send(program, address, *options, host="localhost"):
    """Its status, and what it said."""
    message = scratch() / "message"
    message.write_bytes(MESSAGE)
    lines = [f"host={host}", f"port={address[1]}",
             f"x509cafile={CERTS.ca}", *options, "", ""]
    with open(message, "rb") as file:
        os.set_inheritable(file.fileno(), True)
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" 3<&{file.fileno()}',
             PROGRAMS[program]],
            input="\n".join(lines).encode(), capture_output=True,
            env=dict(os.environ, HELOHOST="client.example"), check=False,
            timeout=5 * SCALE, close_fds=False)
    said = done.stdout.decode("utf-8", "replace").strip()
    return done.returncode, said.splitlines()[-1] if said else ""


def delivers(program):
    maildir = scratch()
    with Server(CERTS, "--maildir", str(maildir), "--hostname", "mx.example",
                "--require-tls") as server:
        for address, option in ((server.starttls, "starttls"),
                                (server.tls, "tls")):
            status, said = send(program, address, option)
            assert status == 0, (status, said)
    found = [path.read_bytes() for path in (maildir / "new").glob("*")]
    assert len(found) == 2 and all(b"A line." in one for one in found), found


# --- servers that go wrong


def with_pair(pair):
    def run(program):
        with Server(CERTS, pairs=[pair]) as server:
            return send(program, server.starttls, "starttls")
    return run


def scripted(talk):
    """One connection, in a thread: talk(socket)."""
    def run(program):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                sock = listener.accept()[0]
                with sock:
                    sock.settimeout(60 * SCALE)
                    try:
                        talk(sock)
                    except (OSError, ssl.SSLError):
                        pass
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            return send(program, listener.getsockname(), "starttls")
    return run


def hear(sock):
    line = b""
    while not line.endswith(b"\n"):
        byte = sock.recv(1)
        if not byte:
            raise OSError("end")
        line += byte
    return line


def dialogue(*replies):
    def talk(sock):
        sock.sendall(b"220 mx ESMTP\r\n")
        for reply in replies:
            hear(sock)
            sock.sendall(reply)
        while sock.recv(4096):
            pass
    return scripted(talk)


OFFER, PLAIN = b"250-mx\r\n250 STARTTLS\r\n", b"250 mx\r\n"


def under_tls(sock):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*CERTS.ecdsa)
    sock.sendall(b"220 mx ESMTP\r\n")
    hear(sock)
    sock.sendall(OFFER)
    hear(sock)
    sock.sendall(b"220 go\r\n")
    return context.wrap_socket(sock, server_side=True)


def cut(sock):
    """Behind the message the connection ends, with no close_notify."""
    tls = under_tls(sock)
    for reply in b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n":
        hear(tls)
        tls.sendall(reply)
    while hear(tls) != b".\r\n":
        pass
    os.close(tls.detach())


def failures():
    authority = Authority(scratch() / "own", "own")
    other = authority.issue("other", names=("other.example",), address="")
    expired = authority.issue("expired", end="20210101000000Z")
    CERTS.ca.write_text(CERTS.ca.read_text() + authority.crt.read_text())
    stranger = CERTS.stranger.issue("server")
    return (
        ("wrong name", with_pair(other), "localhost"),
        ("expired", with_pair(expired), "expired"),
        ("untrusted", with_pair(stranger), "authorit"),
        ("454", dialogue(OFFER, b"454 4.7.0 not now\r\n"), "454"),
        ("stripped", dialogue(PLAIN, b"502 what\r\n"), "STARTTLS"),
        ("truncated", scripted(cut), "close"),
        ("stalled", dialogue(OFFER, b"220 go\r\n"), "silent"),
        ("injection", dialogue(OFFER, b"220 go\r\n250 forged\r\n"),
         "more than its reply"),
    )


def meets(name, run, expected, table):
    words = []
    for program in PROGRAMS:
        try:
            status, said = run(program)
        except subprocess.TimeoutExpired:
            status, said = None, "(waits for ever)"
        words.append(said or "(nothing)")
        if program == "ours":
            assert status not in (0, None), (name, status, said)
            assert expected in said, (name, said)
    table.append((name, *words))


def main(original, ours):
    global CERTS
    PROGRAMS.update(original=original, ours=ours)
    CERTS, checks, table = Certificates(), Checks("hosts: nullmailer"), []
    for program in PROGRAMS:
        checks.run(f"{program} delivers", delivers, program)
    for name, run, expected in failures():
        checks.run(name, meets, name, run, expected, table)
    for name, *words in table:
        for program, said in zip(PROGRAMS, words):
            print(f"{name:11} {program:9} {said}")
            name = ""
    checks.finish()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*(str(pathlib.Path(path).absolute()) for path in sys.argv[1:]))
