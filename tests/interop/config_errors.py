#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A fault in the configuration ends smtptls-server before a port opens:
nothing on stdout, one line on stderr that names the file or the setting and
the cause, and status 1, or 2 if only the command line is wrong. An expired
certificate only causes a warning.

See harness.py for the environment.
"""

import os
import re
import select
import shutil
import socket
import subprocess
import time

from harness import (SCALE, WRAPPER, Authority, Certificates, Checks,
                     Server, openssl, scratch, server_program)
from wire import expect, secured

# Possible wordings of a cause; each line must have one of its words.
MISSING = r"no such file|not found|missing|does not exist|not exist|open"
DIRECTORY = r"directory|read|empty|PEM|certificate|key"
EMPTY = r"empty|no certificate|no key|no private|certificate|PEM|header|parse"
MISMATCH = r"match|mismatch|belong|fit"
GARBAGE = r"PEM|base64|pars|decod|header|certificate|format|ASN|DER|key"
ACCESS = r"permission|denied|access"


class Place:
    """A directory of faulty files."""

    def __init__(self):
        self.certs = Certificates()
        self.dir = scratch()
        (self.crt, self.key), self.rsa = self.certs.ecdsa, self.certs.rsa
        self.empty = self.write("empty.pem", b"")
        self.garbage = self.write("garbage.pem", os.urandom(300))
        self.cut = self.write("cut.pem", self.crt.read_bytes()[:200])
        self.bad_base64 = self.write(
            "base64.pem", b"-----BEGIN CERTIFICATE-----\n%$!\n"
            b"-----END CERTIFICATE-----\n")
        self.absent = self.dir / "absent.pem"
        self.below = self.dir / "nowhere" / "file.pem"
        self.locked = self.write("locked.pem", self.crt.read_bytes())
        self.locked.chmod(0)
        self.port = socket.socket()
        self.port.bind(("127.0.0.1", 0))
        self.port.listen()
        self.taken = f"127.0.0.1:{self.port.getsockname()[1]}"

    def write(self, name, data):
        (self.dir / name).write_bytes(data)
        return self.dir / name

    def pair(self, crt=None, key=None):
        return ["--cert", str(crt or self.crt), "--key", str(key or self.key)]


def cases(p):
    """what: (options, what the line names, the cause)"""
    pair, listen = p.pair(), ["--listen", "127.0.0.1:0"]
    files = {"absent": (p.absent, MISSING),
             "in an absent directory": (p.below, MISSING),
             "a directory": (p.dir, DIRECTORY), "empty": (p.empty, EMPTY),
             "garbage": (p.garbage, GARBAGE), "cut off": (p.cut, GARBAGE),
             "of bad base64": (p.bad_base64, GARBAGE)}
    if os.getuid() != 0:
        files["unreadable"] = (p.locked, ACCESS)
    for what, (path, cause) in files.items():
        yield f"certificate {what}", listen + p.pair(crt=path), path, cause
        yield f"key {what}", listen + p.pair(key=path), path, cause
        yield f"CA {what}", listen + pair + ["--ca", str(path)], path, cause
        yield (f"DH file {what}", listen + pair + ["--dhparam", str(path)],
               path, cause + "|DH|parameter")
    yield ("key of another certificate", listen + p.pair(key=p.rsa[1]),
           f"{p.crt}|{p.rsa[1]}", MISMATCH)
    yield ("certificate as key", listen + p.pair(key=p.crt), p.crt,
           "key|" + GARBAGE)
    yield ("key as certificate", listen + p.pair(crt=p.key), p.key,
           "certificate|" + GARBAGE)
    yield ("certificate as DH file",
           listen + pair + ["--dhparam", str(p.crt)], p.crt,
           "DH|parameter|" + GARBAGE)
    yield ("second pair bad", listen + pair + p.pair(crt=p.absent), p.absent,
           MISSING)
    yield ("more certificates than keys",
           listen + pair + ["--cert", str(p.rsa[0])],
           f"{p.rsa[0]}|--cert|--key", "key")
    yield ("no default certificate", listen, r"ssl/smtptls-server\.(crt|key)",
           MISSING)
    yield ("bad priority", listen + pair + ["--priority", "NORMAL:+FROB"],
           "--priority|FROB|priority", ".")
    yield ("empty priority", listen + pair + ["--priority", "NONE"],
           "--priority|NONE|priority", ".")
    yield ("port in use", pair + ["--listen", p.taken], p.taken,
           "in use|EADDRINUSE")
    yield ("second port in use", listen + pair + ["--listen-tls", p.taken],
           p.taken, "in use|EADDRINUSE")
    yield ("--maildir in an absent directory",
           listen + pair + ["--maildir", str(p.below)], p.below, ".")
    yield ("--maildir a file",
           listen + pair + ["--maildir", str(p.empty)], p.empty, ".")
    yield ("--record-hello a file",
           listen + pair + ["--record-hello", str(p.empty)], p.empty, ".")


def usage_cases(p):
    """The same for faults of the command line, whatever the files contain."""
    pair, listen = p.pair(), ["--listen", "127.0.0.1:0"]
    for bad in ("127.0.0.1", "127.0.0.1:", ":", "127.0.0.1:99999",
                "127.0.0.1:-1", "127.0.0.1:smtp!", "127.0.0.1:25x", "",
                "999.0.0.1:0"):
        for option in "--listen", "--listen-tls":
            yield (f"{option} '{bad}'", pair + [option, bad], option + " ",
                   "address|port|number")
    yield "unknown option", listen + pair + ["--frob"], "--frob", "."
    yield "no argument", listen + pair + ["--maildir"], "--maildir", "."
    yield "stray word", listen + pair + ["word"], "word", "."
    yield ("bad --verify", listen + pair + ["--verify", "perhaps"],
           "--verify|perhaps", ".")
    for option in ("--max-size", "--max-connections", "--handshake-timeout",
                   "--idle-timeout"):
        for bad in "", "x", "-1", "1x", "99999999999999999999":
            yield (f"{option} '{bad}'", listen + pair + [option, bad], option,
                   ".")
    for bad in "6", "x":
        yield (f"--seclevel {bad}", listen + pair + ["--seclevel", bad],
               f"--seclevel {bad}", "0 to 5")
    yield ("key first", listen + ["--key", str(p.key)], "--key", "--cert")
    for other, value in ("--ciphers", "ALL"), ("--seclevel", "0"):
        yield (f"--priority beside {other}",
               listen + pair + ["--priority", "NORMAL", other, value],
               "--priority", "not together")
    yield ("bad --hostname", listen + pair + ["--hostname", "a b"],
           "--hostname a b", ".")
    yield ("empty --config-dir", listen + ["--config-dir", ""],
           "--config-dir", "empty")


def usage(place, options, names, says):
    ends(place, options, names, says, status=2,
         hint="; try 'smtptls-server --help'\n")


def ends(place, options, names, says, status=1, hint="\n"):
    with subprocess.Popen(
            WRAPPER + [os.path.abspath(server_program())] + options,
            cwd=place.dir, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            # Wait for a line on stdout, if there is one, or the end.
            serves = select.select([process.stdout], [], [], 10 * SCALE)[0] \
                and process.stdout.readline()
            assert not serves, f"it serves: {serves}"
            said = process.communicate(timeout=10 * SCALE)[1]
        finally:
            process.kill()
    assert process.returncode == status, \
        f"status {process.returncode}, {said!r}"
    assert said.count("\n") == 1 and said.endswith(hint), said
    # A file is named literally, a setting by a pattern.
    pattern = names if isinstance(names, str) else re.escape(str(names))
    assert re.search(pattern, said), f"does not name {names}: {said!r}"
    assert re.search(says, said, re.IGNORECASE), f"not the cause: {said!r}"


def port_stays_shut(place):
    """Together with a fault no port opens, not even for a moment: the port
    that --listen names can still be bound afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    ends(place, ["--listen", f"127.0.0.1:{address[1]}"]
         + place.pair(key=place.absent), place.absent, ".")
    with socket.socket() as again:
        again.bind(address)


def expired(place):
    """Its own expired certificate: a warning that names it, and service."""
    authority = Authority(place.dir / "old", "old")
    pair = authority.issue("expired", end="20210101000000Z")
    pair[0].write_text(pair[0].read_text() + authority.crt.read_text())
    with Server(place.certs, pairs=[pair]) as server:
        with secured(server.starttls) as wire:
            expect(wire.command(b"NOOP"), 250)
        warnings = [line for line in server.log if str(pair[0]) in line]
        assert len(warnings) == 1, server.log
        assert "expired" in warnings[0], warnings


def warned(place):
    """What will cause clients trouble, each with the change that ends it;
    after the change nothing is reported any more."""
    authority = Authority(place.dir / "warned", "warned CA")
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 20 * 86400))
    leaf, key = authority.issue("leaf")
    chain = leaf.read_text() + authority.crt.read_text()
    ending = authority.issue("ending", end=soon)[0]
    nameless = authority.issue("nameless", names=(), address="")[0]
    for text, pem, wanted in (
            (leaf.read_text(), None, "clients that lack its issuer CN=warned "
             "CA will refuse it: add the issuer's certificate after it"),
            (authority.crt.read_text() + leaf.read_text(), None,
             "leaf first, each signed by the next: put them in this order"),
            (chain + place.crt.read_text(), None, "is not part of the chain "
             "and is not sent: remove it"),
            (ending.read_text() + authority.crt.read_text(),
             ending.with_suffix(".key"), ": renew it"),
            (nameless.read_text() + authority.crt.read_text(),
             nameless.with_suffix(".key"), "have it issued with a SAN"),
            (chain, None, None)):
        pair = place.write("warned.pem", text.encode()), pem or key
        with Server(place.certs, pairs=[pair]) as server:
            with secured(server.starttls) as wire:
                expect(wire.command(b"NOOP"), 250)
            said = [line for line in server.log if "warning" in line]
        if wanted:
            assert any(wanted in line for line in said), (wanted, said)
        else:
            assert not said, said
    key.chmod(0o644)
    pair = place.write("warned.pem", chain.encode()), key
    with Server(place.certs, pairs=[pair]) as server:
        assert any("(chmod go-r)" in line and str(key) in line
                   for line in server.log), server.log


def absent_defaults(place):
    """No ssl/smtptls-ca.crt and no DH file by default: not an error."""
    (place.dir / "home" / "ssl").mkdir(parents=True)
    for path in place.certs.ecdsa:
        shutil.copy(path, place.dir / "home" / "ssl")
    with Server(place.certs, pairs=[], cwd=place.dir / "home") as server:
        with secured(server.starttls) as wire:
            expect(wire.command(b"NOOP"), 250)


def good_dh(place):
    """The control for the bad ones: a valid DH file."""
    path = place.dir / "dh.pem"
    openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
            "dh_rfc5114:2", "-out", path)
    text = openssl("dhparam", "-in", path)
    path.write_text(text)
    with Server(place.certs, "--dhparam", str(path)) as server:
        with secured(server.starttls) as wire:
            expect(wire.command(b"NOOP"), 250)


def main():
    server_program()
    checks, place = Checks("config_errors"), Place()
    for what, *arguments in cases(place):
        checks.run(what, ends, place, *arguments)
    for what, *arguments in usage_cases(place):
        checks.run(what, usage, place, *arguments)
    for check in port_stays_shut, expired, warned, \
            absent_defaults, good_dh:
        checks.run(check.__name__, check, place)
    place.port.close()
    checks.finish()


if __name__ == "__main__":
    main()
