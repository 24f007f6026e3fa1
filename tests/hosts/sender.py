#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A sender of somebody else's before servers that go wrong: as its authors
built it, and on this library.

  sender.py nullmailer ORIGINAL OURS      two builds of its protocols/smtp
  sender.py mutt ORIGINAL OURS            two builds of mutt

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
SEND = None                     # how the program is run
MESSAGE = b"a@example.org\nb@example.org\n\nSubject: hello\n\nA line.\n"


def said_last(done):
    said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
    return done.returncode, said.splitlines()[-1] if said else ""


def send_nullmailer(program, port, kind):
    """Its status, and what it said."""
    message = scratch() / "message"
    message.write_bytes(MESSAGE)
    lines = ["host=localhost", f"port={port}", f"x509cafile={CERTS.ca}", kind,
             "", ""]
    with open(message, "rb") as file:
        os.set_inheritable(file.fileno(), True)
        return said_last(subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" 3<&{file.fileno()}',
             PROGRAMS[program]],
            input="\n".join(lines).encode(), capture_output=True,
            env=dict(os.environ, HELOHOST="client.example"), check=False,
            timeout=5 * SCALE, close_fds=False))


def send_mutt(program, port, kind):
    """It says what went wrong in one line, and that it did in the next."""
    home = scratch()
    scheme = "smtps" if kind == "tls" else "smtp"
    (home / "muttrc").write_text(f"""
set smtp_url = "{scheme}://localhost:{port}/"
set ssl_force_tls = yes
set ssl_ca_certificates_file = "{CERTS.ca}"
set from = "c@example.org" hostname = "client.example"
set connect_timeout = 2
set copy = no
""")
    done = subprocess.run(
        [PROGRAMS[program], "-n", "-F", str(home / "muttrc"), "-s", "hello",
         "b@example.org"], input=b"A line.\n",
        capture_output=True, check=False, timeout=6 * SCALE,
        env=dict(os.environ, HOME=str(home), TERM="dumb", LC_ALL="C"))
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return done.returncode, "; ".join(line for line in lines if line not in (
        "Could not send the message.", "Could not negotiate TLS connection"))


def send(program, address, kind):
    return SEND(program, address[1], kind)


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


# What the program says by itself, having asked for TLS by itself.
OWN_WORDS = {
    ("mutt", "454"): "SMTP session failed: 454",
    ("mutt", "stripped"): "SMTP session failed: 502",
}


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


def main(host, original, ours):
    global CERTS, SEND
    PROGRAMS.update(original=original, ours=ours)
    SEND = {"nullmailer": send_nullmailer, "mutt": send_mutt}[host]
    CERTS, checks, table = Certificates(), Checks(f"hosts: {host}"), []
    for program in PROGRAMS:
        checks.run(f"{program} delivers", delivers, program)
    for name, run, expected in failures():
        checks.run(name, meets, name, run,
                   OWN_WORDS.get((host, name), expected), table)
    for name, *words in table:
        for program, said in zip(PROGRAMS, words):
            print(f"{name:11} {program:9} {said}")
            name = ""
    checks.finish()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1],
         *(str(pathlib.Path(path).absolute()) for path in sys.argv[2:]))
