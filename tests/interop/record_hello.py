#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""smtptls-server --record-hello keeps the ClientHellos of failed handshakes,
only those, and only as many as documented; and smtptls-ciphers --hello says
about them what the server's log said.

  record_hello.py [NAME...]       the checks whose name contains NAME

See harness.py for the environment.
"""

import contextlib
import os
import shutil
import ssl
import stat
import subprocess
import sys

import tlsbytes as tls
from harness import (SCALE, SKIPPED, Certificates, Checks, Server, in_ci,
                     scratch, server_program, wait_for, wanted)
from hello import PROGRAM, answer, recorded
from wire import Wire, client_context, expect, opened, secured

LIMIT = 10 * SCALE              # seconds
CERTS = None                    # set in main
PER_REASON = 10
OLD = recorded("openssl-tls10")         # refused by the default policy
EXCLUDED = recorded("openssl-rsa-only")


class Recorder:
    """A server that records, and its directory."""

    def __init__(self, *options, directory=None, **choice):
        self.dir = directory or scratch() / "hellos"
        self.server = Server(CERTS, "--record-hello", str(self.dir), *options,
                             **choice)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *what):
        self.server.__exit__(*what)

    def names(self):
        return sorted(path.name for path in self.dir.iterdir())

    def dial(self, starttls=True):
        """A client that may begin with TLS."""
        if not starttls:
            return Wire(self.server.tls)
        wire = opened(self.server.starttls)
        expect(wire.command(b"STARTTLS"), 220)
        return wire

    def send(self, *segments, starttls=True):
        """Send this as TLS, and nothing more; the session must have failed."""
        with self.dial(starttls) as wire:
            if wire.send_raw(*segments):
                with contextlib.suppress(OSError):      # it was faster
                    wire.shut()
            wire.listen(LIMIT)
        fields = self.server.session_of(wire.port)
        assert fields["tls_enabled"] == "0", fields
        assert fields["outcome"] == "failed", fields

    def kept(self, name, hello):
        assert self.names() == [name], (self.names(), name)
        data = (self.dir / name).read_bytes()
        assert data == hello, f"{len(data)} bytes instead of {len(hello)}"


# --- what is kept


def s_client():
    """The same reason and sentence from the log and from the recording."""
    rsa, ecdsa = [CERTS.rsa], [CERTS.ecdsa]
    for pairs, keys, policy, ciphers, client, expected in (
            (None, "ecdsa,rsa", ["--protocols", "TLSv1.3"], None,
             ["-tls1_2"], "version"),
            (ecdsa, "ecdsa", [], "HIGH", ["-tls1_2", "-cipher", "aRSA"],
             "needs-rsa"),
            (rsa, "rsa", [], "HIGH", ["-tls1_2", "-cipher", "aECDSA"],
             "needs-ecdsa"),
            (rsa, "rsa", ["--groups", "X25519"], None,
             ["-tls1_3", "-groups", "P-521"], "group"),
            (None, "rsa,ecdsa", [], "HIGH:!kRSA",
             ["-tls1_2", "-cipher", "kRSA"], "suites-excluded")):
        with Recorder(*policy, *(["--ciphers", ciphers] if ciphers else []),
                      pairs=pairs) as recorder:
            done = subprocess.run(
                ["openssl", "s_client", "-connect",
                 f"127.0.0.1:{recorder.server.starttls[1]}", "-starttls",
                 "smtp", *client], stdin=subprocess.DEVNULL, timeout=LIMIT,
                env=dict(os.environ, OPENSSL_CONF="/dev/null"),
                capture_output=True, check=False)
            assert done.returncode != 0, done
            fields = recorder.server.session(0)
            name = f"{expected}-1"
            assert recorder.names() == [name], (recorder.names(), fields)
            path = recorder.dir / name
            assert any(line.endswith(f": its ClientHello is in {path}")
                       for line in recorder.server.log), recorder.server.log
        said = answer(b"", "--keys", keys, *policy,
                      *([ciphers] if ciphers else []), file=str(path))
        assert said["reason"].split()[0] == expected, said
        logged = fields["reason"].replace('\\"', '"')
        assert logged == f"SMTPTLS_E_HANDSHAKE: {said['cause']}", logged


def files():
    """Modes, and no other files."""
    old = os.umask(0)
    try:
        with Recorder() as recorder:
            recorder.send(OLD)
            recorder.kept("version-1", OLD)
            assert stat.S_IMODE(recorder.dir.stat().st_mode) == 0o700
            mode = (recorder.dir / "version-1").stat().st_mode
            assert stat.S_IMODE(mode) == 0o600 and stat.S_ISREG(mode), mode
    finally:
        os.umask(old)


def cuts():
    """However it is split, into sends and into records, the records are
    kept."""
    for hello, name in (
            (OLD, "version-1"), (EXCLUDED, "suites-excluded-1"),
            (tls.cut_records(OLD, 50), "version-1"),
            (tls.cut_records(OLD, 1), "version-1"),
            (recorded("openssl-records"), "closed-1")):
        for starttls in True, False:
            for size in 1, 3, len(hello):
                with Recorder() as recorder:
                    recorder.send(*(hello[i:i + size] for i in
                                    range(0, len(hello), size)),
                                  starttls=starttls)
                    recorder.kept(name, hello)


def only_the_hello():
    """What follows its last record is not kept, in the same send or not."""
    more = tls.record(tls.HANDSHAKE, tls.message(tls.FINISHED, b"secret" * 9))
    for segments in (OLD + more,), (OLD[:-1], OLD[-1:] + more), (OLD, more):
        with Recorder() as recorder:
            recorder.send(*segments)
            recorder.kept("version-1", OLD)


def ssl2():
    hello = recorded("sslv2")
    for starttls in True, False:
        with Recorder() as recorder:
            recorder.send(hello + b"more", starttls=starttls)
            recorder.kept("ssl2-hello-1", hello)
            said = answer(b"", file=str(recorder.dir / "ssl2-hello-1"))
            assert said["reason"] == "ssl2-hello (2)", said


def later_failure():
    """A good hello, from a client that leaves or does not accept the
    certificate."""
    with Recorder() as recorder:
        hello = recorded("openssl")
        recorder.send(hello)
        recorder.kept("closed-1", hello)
        assert answer(b"", file=str(recorder.dir / "closed-1"))["key"] == \
            "ecdsa"
        with recorder.dial() as wire:
            try:
                wire.handshake(client_context(ca=CERTS.stranger.crt,
                                              version="1.2"))
            except ssl.SSLCertVerificationError:
                wire.send_raw(wire.outgoing.read())
                wire.until_closed()
            else:
                raise AssertionError("a stranger's certificate was trusted")
        fields = recorder.server.session_of(wire.port)
        assert "closed-1 peer-alert-1".split() == recorder.names(), \
            (recorder.names(), fields)
        assert (recorder.dir / "peer-alert-1").read_bytes() == wire.hello


# --- what is not kept


def nothing():
    """Successes, other protocols, and incomplete hellos."""
    longer = tls.message(tls.CLIENT_HELLO, bytes(17000))
    with Recorder() as recorder:
        for address in recorder.server.starttls, recorder.server.tls:
            if address == recorder.server.starttls:
                wire = secured(address)
            else:
                wire = Wire(address).handshake()
                expect(wire.reply(), 220)
            with wire:
                expect(wire.command(b"QUIT"), 221)
                wire.until_closed()
            assert recorder.server.session_of(wire.port)["outcome"] == "quit"
        for starttls in True, False:
            for data in (b"", b"GET / HTTP/1.1\r\n\r\n", b"EHLO x\r\n",
                         OLD[:-1], OLD[:5], OLD[:1], b"\x80\x22\1\3\1\0",
                         tls.record(tls.ALERT, b"\2\x28"),
                         tls.record(tls.HANDSHAKE,
                                    tls.message(tls.FINISHED, bytes(12))),
                         tls.record(tls.HANDSHAKE, b""),
                         tls.record(tls.HANDSHAKE, longer[:16384])
                         + tls.record(tls.HANDSHAKE, longer[16384:]),
                         bytes(64)):
                recorder.send(data, starttls=starttls)
        # TLS that was never requested or never granted.
        with opened(recorder.server.starttls) as wire:
            wire.send_raw(OLD)
            wire.shut()
            wire.until_closed()
        with opened(recorder.server.starttls) as wire:
            wire.send_raw(b"STARTTLS\r\n" + OLD)
            wire.shut()
            wire.until_closed()
        recorder.server.session_of(wire.port)
        assert recorder.names() == [], recorder.names()
    with Server(CERTS, cwd=recorder.dir) as server:
        with opened(server.starttls) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(OLD)
            wire.until_closed()
        server.session_of(wire.port)
    assert recorder.names() == [], recorder.names()


def failure_under_tls():
    """The handshake succeeded, though the session fails with its last byte."""
    with Recorder() as recorder:
        for starttls in True, False:
            with recorder.dial(starttls) as wire:
                wire.send_raw(wire.begin(client_context()))
                wire.send_raw(wire.flight() + tls.record(tls.DATA, bytes(64)))
                wire.listen(LIMIT)
            fields = recorder.server.session_of(wire.port)
            assert fields["tls_enabled"] == "1", fields
            assert fields["outcome"] == "failed", fields
        assert recorder.names() == [], recorder.names()


# --- limits and faults


def bounds():
    """A fixed number for each reason, whatever was there before,
    permanently."""
    full = sorted(f"version-{i + 1}" for i in range(PER_REASON))
    with Recorder() as recorder:
        recorder.dir.joinpath("version-2").write_bytes(b"mine")
        for _ in range(PER_REASON + 3):
            recorder.send(OLD)
        assert recorder.names() == full, recorder.names()
        recorder.send(EXCLUDED)
        assert recorder.names() == ["suites-excluded-1", *full]
    with Recorder(directory=recorder.dir) as recorder:
        recorder.send(EXCLUDED)
        recorder.send(recorded("openssl-fallback"))
        assert recorder.names() == ["suites-excluded-1", "suites-excluded-2",
                                    *full], recorder.names()
        for name in full:
            expected = b"mine" if name == "version-2" else OLD
            assert recorder.dir.joinpath(name).read_bytes() == expected, name


def write_fails():
    """It is reported, and affects nobody."""
    with Recorder() as recorder:
        recorder.dir.rmdir()
        recorder.send(OLD)
        said = f"smtptls-server: record-hello: {recorder.dir}: "
        wait_for(lambda: any(line.startswith(said)
                             for line in recorder.server.log), 10, "complaint")
        with secured(recorder.server.starttls) as wire:
            expect(wire.command(b"QUIT"), 221)
        assert not recorder.dir.exists()
    # A file that an earlier process left half-written does not interfere.
    with Recorder() as recorder:
        temporary = recorder.dir / f".{recorder.server.pid}"
        temporary.write_bytes(b"left")
        recorder.send(OLD)
        recorder.kept("version-1", OLD)


def many_at_once():
    """Each session has its own; sessions in progress do not interfere."""
    with Recorder() as recorder:
        wires = [recorder.dial(number % 2 == 0) for number in range(8)]
        for at in range(0, len(OLD), 16):
            for wire in wires:
                wire.send_raw(OLD[at:at + 16])
        for wire in wires:
            wire.until_closed()
            recorder.server.session_of(wire.port)
            wire.sock.close()
        assert recorder.names() == [f"version-{i + 1}" for i in range(8)]
        for name in recorder.names():
            assert (recorder.dir / name).read_bytes() == OLD, name


def main():
    global CERTS  # pylint: disable=global-statement
    server_program()
    if not PROGRAM or not shutil.which("openssl"):
        print("skip: smtptls-ciphers or openssl is missing")
        sys.exit(1 if in_ci() else SKIPPED)
    checks = Checks("record_hello")
    CERTS = Certificates()
    for check in (s_client, files, cuts, only_the_hello, ssl2, later_failure,
                  nothing, failure_under_tls, bounds, write_fails, many_at_once):
        if wanted(check.__name__, sys.argv[1:]):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main()
