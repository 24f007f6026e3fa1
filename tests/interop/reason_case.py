# SPDX-License-Identifier: MIT
"""A case of reasons.py: a server, a client that it must refuse, and what its
log must say then; and the clients themselves.

A client is a function of the server and of whether to begin with STARTTLS. It
returns when it has been refused, and does not report why: only the server's
log is checked.
"""

import os
import re
import shutil
import ssl
import subprocess

from harness import SCALE, Authority, Certificates, Server, openssl
from wire import Wire, client_context, expect, opened

LIMIT = 10 * SCALE
BOTH, TLS, STARTTLS = ("tls", "starttls"), ("tls",), ("starttls",)


class Absent(Exception):
    """A program that is not installed."""


class Case:
    """`sentence` is complete; `key` is one of Files.pairs; `error` is None if
    the library has none; `enabled`: whether TLS was on, if that is logged."""

    def __init__(self, name, sentence, client, *options, key="rsa",
                 error="SMTPTLS_E_HANDSHAKE", ports=BOTH, env=None,
                 enabled="0"):
        self.name, self.sentence, self.client = name, sentence, client
        self.names = [name]
        self.options, self.key, self.error = options, key, error
        self.ports, self.env, self.enabled = ports, env, enabled

    def title(self):
        return f"{self.name}: {self.sentence[:60]}"

    def said(self):
        """The field "reason" of the log, unescaped."""
        return (f"{self.error}: " if self.error else "") + self.sentence

    def run(self, files):
        """Once on each port."""
        with Server(files, *self.options, pairs=files.pairs[self.key],
                    env=self.env) as server:
            for number, port in enumerate(self.ports):
                self.client(server, port == "starttls")
                self.judge(server.session(number), port)

    def judge(self, fields, port):
        reason = unescaped(fields["reason"])
        said = fields["reason_id"], reason
        wanted = self.name, self.said()
        assert said == wanted, \
            f"{port}:\n  said   {said}\n  wanted {wanted}"
        assert len(self.sentence) < 256, self.sentence
        assert fields["tls_enabled"] == self.enabled, fields


class Files(Certificates):
    """Further files of the cases: certificates, each with one fault, and a
    system's policy."""

    def __init__(self):
        super().__init__()
        self.authority = openssl(
            "x509", "-in", self.ca, "-noout", "-subject", "-nameopt",
            "RFC2253").strip().partition("=")[2]
        self.clients = Authority(self.dir / "clients", "clients")
        issue = self.clients.issue
        self.expired = issue("expired", usage="serverAuth,clientAuth",
                             end="20210101000000Z")
        self.server_only = issue("server-only")
        self.client_only = issue("client-only", usage="clientAuth")
        self.pairs = {
            "rsa": [self.rsa], "ecdsa": [self.ecdsa],
            "expired": [self.expired], "client-only": [self.client_only],
            "rsa-signs": [self._limited("signs", "digitalSignature")],
            "rsa-deciphers": [self._limited("deciphers", "keyEncipherment")],
            "ecdsa-agrees": [self._limited("agrees", "keyAgreement",
                                           *self._curve("P-256"))],
            "p384": [self._limited("p384", "digitalSignature",
                                   *self._curve("P-384"))],
            "ed25519": [self._limited("ed25519", "digitalSignature",
                                      "ed25519")]}

    @staticmethod
    def _curve(name):
        return "ec", "-pkeyopt", f"ec_paramgen_curve:{name}"

    def _limited(self, name, usage, *kind):
        """Self-signed, with a key that may only do this."""
        crt, key = self.dir / f"{name}.crt", self.dir / f"{name}.key"
        openssl("req", "-x509", "-newkey", *kind or ["rsa:2048"], "-nodes",
                "-days", "30", "-keyout", key, "-out", crt, "-subj",
                "/CN=localhost", "-addext", f"keyUsage=critical,{usage}")
        return crt, key

    def system(self, line):
        """The environment of a server whose system's policy is this line."""
        path = self._system(line)
        path.write_text(f"[overrides]\n{line}\n")
        return {"GNUTLS_SYSTEM_PRIORITY_FILE": str(path)}

    def removes(self, line):
        """And the words in which the server asks for its removal."""
        return f'remove "{line}" from {self._system(line)}, line 2'

    def _system(self, line):
        return self.dir / (re.sub(r".* = ", "", line) + ".conf")


def unescaped(text):
    """A field of the log as it was before it was quoted."""
    return re.sub(r'\\([\\"]|x[0-9a-f]{2})', lambda found:
                  found[1] if len(found[1]) == 1
                  else chr(int(found[1][1:], 16)), text)


# --- real clients


def run(command, text=""):
    """A program until it ends; its output is ignored."""
    if not shutil.which(command[0]):
        raise Absent(f"{command[0]} is not installed")
    subprocess.run(
        command, env=dict(os.environ, OPENSSL_CONF="/dev/null"),
        input=text.encode(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, timeout=LIMIT, check=False)


def s_client(*options, text=""):
    """openssl s_client, which sends this when TLS is on"""
    def client(server, starttls):
        where = server.starttls if starttls else server.tls
        begin = ["-starttls", "smtp"] if starttls else []
        run(["openssl", "s_client", "-connect", f"127.0.0.1:{where[1]}",
             *begin, *map(str, options)], text)
    return client


def tls12(ciphers, *options):
    """openssl s_client with these suites, whatever its own level forbids"""
    return s_client("-tls1_2", "-cipher", f"{ciphers}:@SECLEVEL=0", *options)


def gnutls_cli(priority, *options):
    def client(server, starttls):
        where = server.starttls if starttls else server.tls
        begin = ["--starttls-proto", "smtp"] if starttls else []
        run(["gnutls-cli", "--priority", priority, "--port", str(where[1]),
             *begin, *map(str, options), "127.0.0.1"])
    return client


def python(**settings):
    """Python's ssl, with the settings of wire.client_context."""
    def client(server, starttls):
        with connected(server, starttls) as wire:
            try:
                wire.handshake(client_context(**settings))
            except (ssl.SSLError, EOFError):
                # Its alert, if there is one, must still be sent.
                wire.send_raw(wire.outgoing.read())
            wire.until_closed()
    return client


# --- bytes that no current client would send


def connected(server, starttls):
    """A connection on which TLS is due."""
    if not starttls:
        return Wire(server.tls)
    wire = opened(server.starttls)
    expect(wire.command(b"STARTTLS"), 220)
    return wire


def sends(*segments):
    """Sends only these bytes, and then waits for the server to close."""
    def client(server, starttls):
        with connected(server, starttls) as wire:
            wire.send_raw(*segments)
            wire.until_closed()
    return client
