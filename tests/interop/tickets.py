#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that share a ticket secret resume each other's sessions.

  tickets.py [NAME...]            the checks whose name contains NAME

The client is openssl s_client, which takes a session from one server process
(-sess_out) to another (-sess_in), with TLS 1.2 and 1.3. See harness.py for the
environment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

from harness import SCALE, SKIPPED, Certificates, Checks, Server, in_ci, \
    install, openssl, scratch, server_program, wait_for, wanted

CERTS = None                    # set in main
VERSIONS = "-tls1_2", "-tls1_3"


def secret(size=48, mode=0o600):
    path = scratch() / "ticket-secret"
    path.write_bytes(os.urandom(size))
    path.chmod(mode)
    return path


def serve(*options, **choice):
    return Server(CERTS, *options, **choice)


def connect(server, version, session_in=None, session_out=None):
    """Whether the session was resumed, according to client and server."""
    number = len(server.sessions())
    command = ["openssl", "s_client", version, "-ign_eof", "-starttls", "smtp", "-connect",
               "{}:{}".format(*server.starttls), "-servername", "localhost"]
    if session_in:
        command += ["-sess_in", str(session_in)]
    if session_out:
        command += ["-sess_out", str(session_out)]
    # Under TLS 1.3 tickets come after the handshake, so wait for the reply.
    done = subprocess.run(command, input=b"QUIT\r\n", capture_output=True,
                          timeout=10 * SCALE, check=False)
    said = done.stdout.decode("ascii", "replace")
    assert server.session(number)["tls_enabled"] == "1", said
    words = re.findall(r"^(New|Reused), TLSv1", said, re.MULTILINE)
    assert len(words) == 1, said
    return words[0] == "Reused"


def ticket(server, version):
    """A session with the server, in a file."""
    path = scratch() / "session"
    assert not connect(server, version, session_out=path)
    openssl("sess_id", "-in", path, "-noout")
    return path


def resumes(one, other):
    """In both directions, and each with itself; one answer for both
    versions."""
    answers = set()
    for version in VERSIONS:
        for first, second in (one, other), (other, one):
            session = ticket(first, version)
            assert connect(first, version, session), "not even with itself"
            answers.add(connect(second, version, session))
    assert len(answers) == 1, answers
    return answers.pop()


def shared():
    path = secret()
    with serve("--ticket-secret", str(path)) as one, \
            serve("--ticket-secret", str(path)) as other:
        assert resumes(one, other)


def other_secrets():
    with serve("--ticket-secret", str(secret())) as one, \
            serve("--ticket-secret", str(secret())) as other:
        assert not resumes(one, other)
    with serve() as one, serve() as other:
        assert not resumes(one, other)


def other_settings():
    """The same secret, but a setting that a session must not bypass differs."""
    path = str(secret())
    renewed = Certificates().server_pairs
    with serve("--ticket-secret", path) as one:
        for options, pairs in (
                (["--ciphers", "HIGH"], None),
                (["--protocols", "TLSv1.2 TLSv1.3"], None),
                (["--ca", str(CERTS.ca), "--verify", "optional"], None),
                (["--ca", str(CERTS.ca)], None),
                ([], renewed)):
            with serve("--ticket-secret", path, *options,
                       pairs=pairs) as other:
                assert resumes(one, other) == (
                    options[:1] == ["--protocols"]), options


def across_reload():
    """A reload keeps tickets; a different secret forces a full handshake."""
    path = secret()
    with serve("--ticket-secret", str(path)) as server:
        def reload():
            before = server.log.count("smtptls-server: reloaded")
            server.signal(signal.SIGHUP)
            wait_for(lambda: server.log.count("smtptls-server: reloaded")
                     > before, 5, "reload")
        for version in VERSIONS:
            session = ticket(server, version)
            reload()
            assert connect(server, version, session)
            install([secret()], [path])
            reload()
            assert not connect(server, version, session)


def refused_files():
    """At the start, and at a reload, which keeps the old secret."""
    program = [os.path.abspath(server_program())]
    for path, cause in ((secret(31), "31 bytes"), (secret(0), "empty"),
                        (secret(4097), "4097 bytes"),
                        (secret(mode=0o640), "chmod go-r"),
                        (secret(mode=0o604), "chmod go-r"),
                        (scratch() / "none", "No such file")):
        cert, key = CERTS.ecdsa
        done = subprocess.run(
            program + ["--cert", str(cert), "--key", str(key), "--listen",
                       "127.0.0.1:0", "--ticket-secret", str(path)],
            capture_output=True, text=True, timeout=10 * SCALE, check=False)
        lines = done.stderr.splitlines()
        assert done.returncode == 1 and len(lines) == 1, done
        assert str(path) in lines[0] and cause in lines[0], lines
    path = secret()
    with serve("--ticket-secret", str(path)) as server:
        session = ticket(server, "-tls1_3")
        path.chmod(0o644)
        server.signal(signal.SIGHUP)
        wait_for(lambda: any(str(path) in line for line in server.log), 5,
                 "a word on the secret")
        assert connect(server, "-tls1_3", session)


CHECKS = shared, other_secrets, other_settings, across_reload, refused_files


def main(names):
    global CERTS
    server_program()
    if not shutil.which("openssl"):
        print("skip: there is no openssl")
        sys.exit(1 if in_ci() else SKIPPED)
    CERTS, checks = Certificates(), Checks("tickets")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
