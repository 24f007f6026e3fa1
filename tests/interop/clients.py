#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The sample server and the clients that people use.

  clients.py [CLIENT...]          openssl gnutls-cli swaks curl smtplib

Each delivers a message over TLS 1.2 and 1.3, by STARTTLS and implicit TLS, to
an ECDSA and an RSA certificate, with and without a client certificate; then
each encounters an unknown CA, and shows a certificate that the server does not
accept. Judged by the stored file and the session's log line. Status 77 if a
program was missing; see harness.py for the environment.
"""

import itertools
import re
import shutil
import smtplib
import ssl
import subprocess
import sys
import threading
import time

from harness import SCALE, Certificates, Checks, Server, scratch, \
    server_program

LIMIT = 10 * SCALE
TEXT = "Subject: {}\n\nA line.\n.one dot\n..two dots\n.\n\nThe last line.\n"
EHLO = "after.example"
SENDER, RECIPIENT = "a@example.org", "b@example.org"


class Attempt:
    """What a client is asked to do."""

    def __init__(self, port, implicit, version, ca, cert, token, directory):
        self.port, self.implicit, self.version = port, implicit, version
        self.ca, self.cert, self.token = ca, cert, token
        self.text = TEXT.format(token)
        self.file = directory / token
        self.file.write_text(self.text)


# --- the clients: each returns (success, output)


def talk(command, line_end):
    """Drive a client that pipes its standard input to the server; `line_end`
    is what the client needs so that it sends CRLF."""
    def client(attempt):
        process = subprocess.Popen(
            command(attempt), stdin=subprocess.PIPE, bufsize=0,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = bytearray()
        reader = threading.Thread(target=lambda: [
            said.extend(data) for data in iter(
                lambda: process.stdout.read(4096), b"")], daemon=True)
        reader.start()

        def await_reply(pattern, start):
            end = time.monotonic() + LIMIT
            while time.monotonic() < end:
                over = not reader.is_alive()
                match = re.compile(pattern).search(said, start)
                if match:
                    return match.end()
                if over:
                    break
                time.sleep(0.01)
            raise EOFError

        def say(text):
            process.stdin.write(text.replace("\n", line_end).encode())

        stuffed = re.sub("^[.]", "..", attempt.text, flags=re.MULTILINE)
        try:
            say(f"EHLO {EHLO}\nMAIL FROM:<{SENDER}>\n"
                f"RCPT TO:<{RECIPIENT}>\nDATA\n")
            at = await_reply(rb"354 .*\n", 0)
            say(f"{stuffed}.\n")
            at = await_reply(rb"250 .*\n", at)
            say("QUIT\n")
            await_reply(rb"221 .*\n", at)
            return True, said.decode(errors="replace")
        except (EOFError, BrokenPipeError):
            return False, said.decode(errors="replace")
        finally:
            process.stdin.close()
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reader.join(5)
            process.stdout.close()
    return client


def openssl_command(attempt):
    command = ["openssl", "s_client", "-crlf", "-quiet", "-connect",
               f"127.0.0.1:{attempt.port}", "-CAfile", str(attempt.ca),
               "-verify_return_error", "-servername", "localhost",
               "-tls" + attempt.version.replace(".", "_")]
    if not attempt.implicit:
        command += ["-starttls", "smtp", "-name", "before.example"]
    if attempt.cert:
        command += ["-cert", str(attempt.cert[0]), "-key",
                    str(attempt.cert[1])]
    return command


def gnutls_command(attempt):
    command = ["gnutls-cli", "--port", str(attempt.port),
               "--x509cafile", str(attempt.ca), "--verify-hostname",
               "localhost", "--sni-hostname", "localhost", "--priority",
               f"NORMAL:-VERS-ALL:+VERS-TLS{attempt.version}"]
    if not attempt.implicit:
        command += ["--starttls-proto=smtp"]
    if attempt.cert:
        command += ["--x509certfile", str(attempt.cert[0]),
                    "--x509keyfile", str(attempt.cert[1])]
    return command + ["127.0.0.1"]


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, text=True, timeout=LIMIT)
    return done.returncode == 0, done.stdout + done.stderr


def swaks(attempt):
    command = ["swaks", "--server", f"127.0.0.1:{attempt.port}",
               "--tls-on-connect" if attempt.implicit else "--tls",
               "--tls-protocol", "tlsv" + attempt.version.replace(".", "_"),
               "--tls-verify", "--tls-ca-path", str(attempt.ca),
               "--helo", EHLO, "--from", SENDER, "--to", RECIPIENT,
               "--data", f"@{attempt.file}"]
    if attempt.cert:
        command += ["--tls-cert", str(attempt.cert[0]), "--tls-key",
                    str(attempt.cert[1])]
    return run(command)


def curl(attempt):
    scheme = "smtps" if attempt.implicit else "smtp"
    command = ["curl", "-sS", "--crlf", "--ssl-reqd", "--cacert",
               str(attempt.ca), "--tlsv" + attempt.version, "--tls-max",
               attempt.version, "--mail-from", SENDER, "--mail-rcpt",
               RECIPIENT, "--upload-file", str(attempt.file),
               f"{scheme}://127.0.0.1:{attempt.port}/{EHLO}"]
    if attempt.cert:
        command += ["--cert", str(attempt.cert[0]), "--key",
                    str(attempt.cert[1])]
    return run(command)


def python(attempt):
    context = ssl.create_default_context(cafile=attempt.ca)
    context.minimum_version = context.maximum_version = {
        "1.2": ssl.TLSVersion.TLSv1_2,
        "1.3": ssl.TLSVersion.TLSv1_3}[attempt.version]
    if attempt.cert:
        context.load_cert_chain(*attempt.cert)
    options = {"local_hostname": EHLO, "timeout": LIMIT}
    try:
        if attempt.implicit:
            smtp = smtplib.SMTP_SSL("127.0.0.1", attempt.port,
                                    context=context, **options)
        else:
            smtp = smtplib.SMTP("127.0.0.1", attempt.port, **options)
        with smtp:
            if not attempt.implicit:
                smtp.starttls(context=context)
            smtp.sendmail(SENDER, [RECIPIENT], attempt.text)
        return True, ""
    except (OSError, smtplib.SMTPException) as error:
        return False, repr(error)


CLIENTS = {"openssl": ("openssl", talk(openssl_command, "\n")),
           "gnutls-cli": ("gnutls-cli", talk(gnutls_command, "\r\n")),
           "swaks": ("swaks", swaks), "curl": ("curl", curl),
           "smtplib": (None, python)}


# --- what must hold


def stored(maildir, token):
    found = [data for data in (path.read_bytes() for path in
                               (maildir / "new").glob("*"))
             if token.encode() in data]
    assert len(found) == 1, f"{len(found)} messages stored, not one"
    return found[0]


def check_message(data, attempt):
    """One Received line, with the TLS clause of RFC 8314 section 4.3; the rest
    as it was sent, with the file's line ends."""
    data = data.replace(b"\r\n", b"\n")
    start = f"Return-Path: <{SENDER}>\n".encode()
    assert data.startswith(start), data
    data = data[len(start):]
    trace = re.match(rb"Received:.*(?:\n[ \t].*)*\n", data)
    assert trace, data
    rest = data[trace.end():].decode()
    # swaks appends a line end of its own.
    assert rest in (attempt.text, attempt.text + "\n"), rest
    line = " ".join(trace[0].decode().split())
    assert re.match(rf"Received: from {re.escape(EHLO)} ", line), line
    assert re.search(r" with ESMTPS\b", line), line
    assert re.search(r"\btls TLS_[A-Z0-9_]+( group [a-z0-9]+)?;", line), line


def check_session(fields, attempt):
    assert fields["tls_enabled"] == "1", fields
    assert attempt.version in fields["protocol"], fields
    assert len(fields["cipher"]) > 5, fields
    assert fields["messages"] == "1", fields


class Tried:
    """One server of each kind, with one session at a time on each, so that the
    next log line belongs to the last session."""

    KINDS = list(itertools.product(("ecdsa", "rsa"),
                                   ("optional", "require")))

    def __init__(self, checks):
        self.checks, self.certs = checks, Certificates()
        self.dir, self.maildir = scratch(), scratch()
        self.number = itertools.count(1)

    def attempt(self, server, name, implicit, version, ca, cert):
        port = (server.tls if implicit else server.starttls)[1]
        attempt = Attempt(port, implicit, version, ca, cert,
                          f"token-{next(self.number):04}-end", self.dir)
        before = len(server.sessions())
        success, said = CLIENTS[name][1](attempt)
        return attempt, success, said, server.session(before)

    def delivers(self, *arguments):
        attempt, success, said, fields = self.attempt(*arguments)
        assert success, f"{said[-600:]} {fields}"
        check_message(stored(self.maildir, attempt.token), attempt)
        check_session(fields, attempt)

    def refuses(self, *arguments):
        attempt, success, said, fields = self.attempt(*arguments)
        assert not success, f"the client went through: {said[-600:]}"
        # swaks since 2023 and curl since 2026 check the certificate after the
        # handshake.
        late = re.search("TLS started.*certificate verification failed"
                         "|certificate OpenSSL verify result: self-signed",
                         said, re.DOTALL)
        assert fields["tls_enabled"] == "0" or late, f"{said[-600:]} {fields}"
        assert fields["messages"] == "0", fields
        assert fields["reason"] not in ("", "-"), fields
        assert not any(attempt.token.encode() in path.read_bytes()
                       for path in (self.maildir / "new").glob("*"))

    def cases(self, verify):
        """(whether it must deliver, CA of the client, its certificate, its
        name)"""
        ours, theirs = self.certs.ca, self.certs.stranger.crt
        yield True, ours, self.certs.alice, "alice"
        yield False, theirs, self.certs.alice, "CA unknown to the client"
        if verify == "optional":
            yield True, ours, None, "no certificate"
        else:
            yield False, ours, None, "no certificate"
            yield False, ours, self.certs.mallory, "mallory"

    def serve(self, names, key, verify):
        pair = getattr(self.certs, key)
        with Server(self.certs, "--hostname", "mx.example", "--maildir",
                    str(self.maildir), "--ca", str(self.certs.ca),
                    "--verify", verify, pairs=[pair]) as server:
            for name, implicit, version, case in itertools.product(
                    names, (False, True), ("1.2", "1.3"),
                    self.cases(verify)):
                good, ca, cert, about = case
                self.checks.run(
                    f"{name}, {'implicit TLS' if implicit else 'STARTTLS'}, "
                    f"TLS {version}, {key}, verify {verify}, {about}",
                    self.delivers if good else self.refuses, server, name,
                    implicit, version, ca, cert)


def main(names):
    server_program()
    checks = Checks("clients")
    if set(names) - set(CLIENTS):
        sys.exit(f"clients: the clients are {' '.join(CLIENTS)}")
    chosen = []
    for name in names or CLIENTS:
        program = CLIENTS[name][0]
        if program and not shutil.which(program):
            checks.skip(f"{program} is not installed")
        else:
            chosen.append(name)
    tried = Tried(checks)
    threads = [threading.Thread(target=checks.run, args=(
        f"server with {' and verify '.join(kind)}", tried.serve, chosen,
        *kind)) for kind in Tried.KINDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
