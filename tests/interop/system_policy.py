#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A system's GnuTLS policy that causes a failure is named with its file and
line: at the start, when a client is refused, and when a certificate is. The
file is then changed as the sentence says, to the letter, and that repairs it.

See harness.py for the environment.
"""

import itertools
import os
import re
import subprocess
import sys

from harness import (SCALE, Authority, Certificates, Checks, Fault, Server,
                     built, openssl, scratch, server_program, wanted)
from reason_case import Absent, gnutls_cli, s_client, tls12, unescaped

NUMBERS = itertools.count()
FIRST = re.compile(r'(remove|add) "([^"]+)" (?:from|to \[overrides\] in) '
                   r'(\S+?)(?:, line (\d+))?(?=,? and | in |$)')
NEXT = re.compile(r'(?:,|,? and) "([^"]+)"(?: from line (\d+))?')
ALLOW = "[global]\noverride-mode = allowlist\n[overrides]\n"
ALL = {"secure-hash": ["SHA256", "SHA384", "SHA512", "SHA1"],
       "secure-sig": ["RSA-SHA256", "RSA-PSS-RSAE-SHA256", "ECDSA-SHA256",
                      "ECDSA-SECP256R1-SHA256", "RSA-PSS-RSAE-SHA384"],
       "secure-sig-for-cert": ["RSA-SHA256", "ECDSA-SHA256",
                               "ECDSA-SECP256R1-SHA256"],
       "enabled-version": ["TLS1.2", "TLS1.3"],
       "enabled-curve": ["SECP256R1", "X25519"]}


def forbids(*lines):
    return "[overrides]\n" + "".join(line + "\n" for line in lines)


def allows(*without):
    """Everything that the cases need, except these lines."""
    lines = [f"{name} = {value}" for name, values in ALL.items()
             for value in values]
    assert set(without) <= set(lines), without
    return ALLOW + "".join(line + "\n" for line in lines
                           if line not in without)


class Policy:
    """The policy file that a server uses."""

    def __init__(self, text):
        self.path = scratch() / "sys"
        self.path.write_text(text)
        self.env = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(self.path)}

    def heed(self, sentence):
        """Do what a sentence says, and nothing else."""
        first = FIRST.search(sentence)
        if not first or first[3] != str(self.path):
            raise Fault(f"names no line of {self.path}: {sentence}")
        verb, todo = first[1], [(first[2], first[4])]
        todo += NEXT.findall(sentence[first.end():])
        lines = self.path.read_text().splitlines()
        for word, number in todo:
            if verb == "add":
                lines.insert(lines.index("[overrides]") + 1, word)
                continue
            if word not in lines[int(number) - 1]:
                raise Fault(f"line {number} is not {word}: {lines}")
            lines[int(number) - 1] = ""
        self.path.write_text("\n".join(lines) + "\n")


class Files(Certificates):
    """Key pairs for a server, and for clients that it may find too weak."""

    def __init__(self):
        super().__init__()
        self.own = {"rsa": [self.rsa], "ecdsa": [self.ecdsa]}
        clients = Authority(self.dir / "clients", "clients")
        self.weak = clients.issue("weak", rsa=True, usage="clientAuth")
        self.p384 = clients.issue("p384", usage="clientAuth", kind=[
            "ec", "-pkeyopt", "ec_paramgen_curve:P-384"])
        self.authority = clients.crt


def starts(program, options, env):
    """Its message if it ends at once, or None."""
    try:
        done = subprocess.run(
            [program, *map(str, options)], capture_output=True, text=True,
            env=dict(os.environ, **env), timeout=SCALE, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stderr if done.returncode else None


def at_start(files, text, key, *options):
    """It does not start, names the line, and starts without that line."""
    policy, (crt, private) = Policy(text), files.own[key][0]
    program, options = server_program(), [*options]
    if "--sigalgs" in options:
        program = built("SMTPTLS_CIPHERS", "examples/smtptls-ciphers")
    else:
        options += ["--cert", crt, "--key", private, "--listen",
                    "127.0.0.1:0"]
    said = starts(program, options, policy.env)
    if said is None:
        raise Fault("it starts under this policy")
    policy.heed(said.strip())
    said = starts(program, options, policy.env)
    if said is not None:
        raise Fault(f"it does not start when that was done: {said}")


def session(files, policy, key, options, client):
    with Server(files, *options, pairs=files.own[key],
                env=policy.env) as server:
        client(server, False)
        return server.session(0)


def in_session(files, text, key, client, *options, reason="system-policy"):
    """A client is refused because of a line, and gets in when that is gone."""
    policy = Policy(text)
    fields = session(files, policy, key, options, client)
    said = unescaped(fields["reason"])
    assert fields["tls_enabled"] == "0", fields
    assert fields["reason_id"] == reason, fields
    policy.heed(said)
    fields = session(files, policy, key, options, client)
    assert fields["tls_enabled"] == "1", f"{said}: {fields}"


def cases(files):
    """(name, function, file, arguments)"""
    demand = "--verify", "require", "--ca", files.authority
    weak = s_client("-cert", files.weak[0], "-key", files.weak[1])
    p384 = s_client("-tls1_3", "-cert", files.p384[0], "-key", files.p384[1])
    gcm = "ECDHE-RSA-AES128-GCM-SHA256"
    yield "versions", at_start, forbids("disabled-version = TLS1.2"), \
        "rsa", "--protocols", "TLSv1.2"
    yield "two versions", at_start, forbids(
        " disabled-version = tls1.2 ; older", "disabled-version=TLS1.3 and more"
    ), "rsa"
    yield "curve of a key", at_start, forbids(
        "# none but Edwards'", "disabled-curve = SECP256R1"), "ecdsa"
    yield "groups", at_start, forbids("disabled-curve = X25519"), "rsa", \
        "--groups", "X25519"
    yield "ffdhe", at_start, forbids("tls-disabled-group = GROUP-FFDHE3072"), \
        "rsa", "--groups", "ffdhe3072"
    yield "signatures", at_start, forbids("insecure-sig = RSA-SHA256"), \
        "rsa", "--sigalgs", "RSA+SHA256", "--protocols", "TLSv1.2"
    yield "a hash", at_start, forbids("insecure-hash = sha256"), "rsa", \
        "--sigalgs", "RSA+SHA256", "--protocols", "TLSv1.2"
    yield "ciphers", at_start, forbids("tls-disabled-cipher = AES-128-GCM"), \
        "rsa", "--ciphers", gcm, "--protocols", "TLSv1.2"
    yield "MACs", at_start, forbids("tls-disabled-mac = AEAD"), "rsa"
    yield "key exchanges", at_start, forbids("tls-disabled-kx = ECDHE-RSA"), \
        "rsa", "--ciphers", gcm, "--protocols", "TLSv1.2"
    yield "a curve allowed", at_start, allows("enabled-curve = SECP256R1"), \
        "ecdsa"
    yield "a hash allowed", at_start, allows("secure-hash = SHA256"), \
        "rsa", "--sigalgs", "RSA+SHA256", "--protocols", "TLSv1.2"
    yield "signatures allowed", at_start, allows(
        "secure-sig = ECDSA-SHA256", "secure-sig = ECDSA-SECP256R1-SHA256",
        "secure-sig-for-cert = ECDSA-SHA256",
        "secure-sig-for-cert = ECDSA-SECP256R1-SHA256"), "ecdsa", \
        "--sigalgs", "ECDSA+SHA256"

    yield "client's version", in_session, forbids(
        "disabled-version = TLS1.3"), "rsa", s_client("-tls1_3")
    yield "client's group", in_session, forbids(
        "disabled-curve = x25519", "tls-disabled-group = X25519"), "rsa", \
        s_client("-groups", "X25519")
    yield "client's group allowed", in_session, allows(
        "enabled-curve = X25519"), "rsa", s_client("-groups", "X25519")
    yield "client's suite", in_session, forbids(
        "tls-disabled-cipher = AES-128-GCM", "tls-disabled-kx = ECDHE-RSA"), \
        "rsa", tls12(gcm)
    yield "client's signature", in_session, forbids(
        "insecure-sig = RSA-PSS-RSAE-SHA256"), "rsa", \
        s_client("-tls1_3", "-sigalgs", "RSA-PSS+SHA256")
    yield "key's signature", in_session, forbids(
        "insecure-sig = ECDSA-SECP256R1-SHA256"), "ecdsa", \
        s_client("-tls1_3", "-sigalgs", "ECDSA+SHA256")
    yield "key's signatures allowed", in_session, allows(
        "secure-sig = RSA-PSS-RSAE-SHA256"), "rsa", \
        gnutls_cli("NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:"
                   "+SIGN-RSA-PSS-RSAE-SHA256", "--insecure")
    yield "certificate's profile", in_session, forbids(
        "min-verification-profile = high"), "rsa", weak, *demand
    yield "certificate's signature", in_session, forbids(
        "insecure-sig-for-cert = ECDSA-SHA256"), "rsa", weak, *demand
    yield "certificate's hash allowed", in_session, allows(
        "secure-sig-for-cert = ECDSA-SHA256"), "rsa", weak, *demand
    yield "certificate's curve", in_session, forbids(
        "disabled-curve = SECP384R1"), "rsa", p384, *demand


def key_at_start(files):
    """A key that cannot sign causes a warning, which names the remedy."""
    policy = Policy(forbids("insecure-sig = ECDSA-SHA256"))
    with Server(files, pairs=files.own["ecdsa"], env=policy.env) as server:
        warning, = [line for line in server.log if "system's" in line]
    policy.heed(warning)
    with Server(files, pairs=files.own["ecdsa"], env=policy.env) as server:
        assert not server.log, server.log


def level_too(files):
    """A chain that the level refuses too is not the system's fault."""
    policy = Policy(forbids("min-verification-profile = future"))
    fields = session(
        files, policy, "ecdsa",
        ["--verify", "require", "--ca", files.authority, "--seclevel",
         "3"], s_client("-cert", files.weak[0], "-key", files.weak[1]))
    assert fields["reason_id"] == "cert-weak", fields


def no_file(files):
    """No file, or one that is too large, disables nothing."""
    large = files.dir / "large"
    large.write_text(forbids("tls-disabled-cipher = aes-128-gcm")
                     + "\n" * 1024 * 1024)
    for path in files.dir / "none", large:
        with Server(files, pairs=files.own["rsa"], env={
                "GNUTLS_SYSTEM_PRIORITY_FILE": str(path)}) as server:
            s_client()(server, False)
            assert server.session(0)["tls_enabled"] == "1"


def main(names):
    server_program()
    openssl("version")
    checks, files = Checks("system policy"), Files()

    def run(function, *arguments):
        try:
            function(files, *arguments)
        except Absent as program:
            checks.skip(program)

    for name, function, *arguments in cases(files):
        if wanted(name, names):
            checks.run(name, run, function, *arguments)
    if not names:
        checks.run("key at start", key_at_start, files)
        checks.run("level too", level_too, files)
        checks.run("no file", no_file, files)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
