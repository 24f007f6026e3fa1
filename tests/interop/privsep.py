#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""examples/privsep: a server whose process never has the private key.

  privsep.py [NAME...]            the checks whose name contains NAME

The client is openssl s_client, with TLS 1.2 and 1.3. See harness.py for the
environment.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys

from harness import SCALE, SKIPPED, Authority, Checks, in_ci, openssl, \
    scratch, wait_for, wanted

VERSIONS = "-tls1_2", "-tls1_3"


def program():
    path = pathlib.Path(os.environ.get("top_builddir", "."),
                        "examples", "privsep")
    if not os.access(path, os.X_OK):
        print("skip: examples/privsep is not built")
        sys.exit(1 if in_ci() else SKIPPED)
    return str(path)


class Privsep:
    """A parent that signs and its child that serves."""

    def __init__(self, crt, key, *user):
        self.words = [program(), str(crt), str(key), *user]
        self.path = scratch() / "log"
        self.child = None

    def __enter__(self):
        with open(self.path, "wb") as log:
            self.parent = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stderr=log, stdout=log)
        try:
            wait_for(lambda: self.log().endswith("\n"), 10, "a line")
            self.port = int(re.match(r"listening 127.0.0.1:(\d+)\n",
                                     self.log())[1])
            self.child = int(pathlib.Path(
                f"/proc/{self.parent.pid}/task/{self.parent.pid}/children"
            ).read_text())
        except BaseException:
            self.parent.kill()
            self.parent.wait()
            raise
        return self

    def __exit__(self, *_error):
        self.parent.kill()
        self.parent.wait()
        if self.alive():
            os.kill(self.child, signal.SIGKILL)

    def log(self):
        return self.path.read_text()

    def alive(self):
        try:
            state = pathlib.Path(f"/proc/{self.child}/stat").read_text()
        except FileNotFoundError:
            return False
        return state.rpartition(")")[2].split()[0] != "Z"

    def kill_signer(self):
        self.parent.send_signal(signal.SIGKILL)
        self.parent.wait()

    def connect(self, version):
        """Whether QUIT was answered under TLS."""
        done = subprocess.run(
            ["openssl", "s_client", version, "-starttls", "smtp", "-connect",
             f"127.0.0.1:{self.port}", "-ign_eof"], input=b"QUIT\r\n",
            capture_output=True, timeout=20 * SCALE, check=False)
        return b"221 2.0.0 Bye" in done.stdout


def pairs():
    authority = Authority(scratch() / "authority", "authority")
    yield "ECDSA", authority.issue("ecdsa")
    yield "RSA", authority.issue("rsa", rsa=True)
    yield "Ed25519", authority.issue("ed25519", kind=["ed25519"])
    yield "P-384", authority.issue(
        "p384", kind=["ec", "-pkeyopt", "ec_paramgen_curve:P-384"])


def served():
    for what, pair in pairs():
        with Privsep(*pair) as server:
            for version in VERSIONS * 2:
                assert server.connect(version), (what, version, server.log())
            assert "failed" not in server.log(), server.log()


def signer_killed():
    """Handshakes fail, each with the sentence; the server keeps running."""
    for what, pair in pairs():
        with Privsep(*pair) as server:
            assert server.connect(VERSIONS[0]), what
            server.kill_signer()
            for number, version in enumerate(VERSIONS * 2, 1):
                assert not server.connect(version), (what, version)
                wait_for(lambda: server.log().count(
                    "privsep: session failed: the signer for this side's "
                    "private key returned no signature: check that it runs, "
                    "and answers in time\n") == number, 5, "the sentence")
            assert server.alive()


def signer_stopped():
    """A signer that does not answer costs its client the session, after a time
    limit; when it resumes, a late answer is not given to another client."""
    with Privsep(*next(pairs())[1]) as server:
        server.parent.send_signal(signal.SIGSTOP)
        for version in VERSIONS:
            assert not server.connect(version), version
        server.parent.send_signal(signal.SIGCONT)
        for version in VERSIONS * 2:
            assert server.connect(version), (version, server.log())
        assert server.log().count("returned no signature") == 2, server.log()


# A sanitizer's shadow memory takes terabytes, most of it not present.
SHADOW = 1 << 30


def has(pid, needles):
    """Whether one of these byte strings is in a process's memory."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(word, 16) for word in
                          line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line:
                continue
            if end - start > SHADOW:
                continue
            memory.seek(start)
            try:
                text = memory.read(end - start)
            except OSError:
                continue
            if any(needle in text for needle in needles):
                return True
    return False


def key_stays():
    """Only the parent's memory has the key, after sessions too, and the child
    works as a user who could not read the key file."""
    crt, key = next(pairs())[1]
    text = openssl("pkey", "-in", key, "-noout", "-text")
    scalar = bytes.fromhex("".join(re.search(
        r"priv:\n((?: +[0-9a-f:]+\n)+)", text)[1].split()).replace(":", ""))
    scalar = scalar[-32:]
    user = ["nobody"] if os.getuid() == 0 else []
    if user:
        for path in (crt, *crt.parents):
            if str(path).startswith("/tmp/"):
                path.chmod(path.stat().st_mode | 0o055)
    key.chmod(0o600)
    with Privsep(crt, key, *user) as server:
        for version in VERSIONS:
            assert server.connect(version), server.log()
        needles = scalar, scalar[::-1]
        assert has(server.parent.pid, needles), "the search finds no key"
        assert not has(server.child, needles)
        if user:
            status = pathlib.Path(f"/proc/{server.child}/status").read_text()
            assert not re.search(r"^(Uid|Gid|Groups):.*\b0\b", status,
                                 re.MULTILINE), status


def bad_start():
    """The key of another certificate, and none; both processes end."""
    listed = dict(pairs())
    for key, cause in ((listed["RSA"][1], "another key than the certificate|"
                        "returned no signature"),
                       (scratch() / "none", "cannot be read")):
        done = subprocess.run(
            [program(), str(listed["ECDSA"][0]), str(key)],
            capture_output=True, timeout=20 * SCALE, check=False, text=True)
        assert done.returncode == 1 and not done.stdout, done
        assert re.search(cause, done.stderr), done.stderr


CHECKS = served, signer_killed, signer_stopped, key_stays, bad_start


def main(names):
    program()
    checks = Checks("privsep")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
