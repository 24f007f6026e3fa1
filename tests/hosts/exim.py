#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Exim on GnuTLS, with OpenSSL's strings.

  exim.py EXIM                    Exim 4.96, built with examples/hosts/exim.sed

Every suite that OpenSSL has is tried by openssl s_client, one a session: those
that the list names are served, and no other. Run as root; ./dev hosts does it.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys

from harness import SCALE, Certificates, Checks, openssl, scratch, wait_for

CERTS = EXIM = None             # made in main
CONFIG = """
primary_hostname = mx.example
spool_directory = {place}/spool
log_file_path = {place}/%slog
tls_advertise_hosts = *
tls_certificate = {place}/own.crt
tls_privatekey = {place}/own.key
tls_require_ciphers = {ciphers}
smtp_accept_max = 100
acl_smtp_rcpt = accept
acl_smtp_connect = accept
host_lookup =
rfc1413_query_timeout = 0s
begin acl
begin routers
begin transports
"""


class Exim:
    def __init__(self, ciphers):
        self.place = scratch()
        self.place.chmod(0o755)
        for source, name in zip(CERTS.rsa, ("own.crt", "own.key")):
            shutil.copy(source, self.place / name)
            (self.place / name).chmod(0o644)
        (self.place / "spool").mkdir()
        for path in self.place, self.place / "spool":
            shutil.chown(path, 65534, 65534)
        self.config = self.place / "exim.conf"
        self.config.write_text(CONFIG.format(place=self.place,
                                             ciphers=ciphers))

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port = sock.getsockname()[1]
        self.process = subprocess.Popen(
            [EXIM, "-C", str(self.config), "-bdf", "-oX",
             f"127.0.0.1.{self.port}"], start_new_session=True,
            stdin=subprocess.DEVNULL)
        wait_for(lambda: self.log().find("listening for SMTP") >= 0, 10,
                 f"Exim that listens: {self.log()}")
        return self

    def __exit__(self, *unused):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()

    def log(self):
        path = self.place / "mainlog"
        return path.read_text() if path.exists() else ""

    def connect(self, *options):
        """The suite that was agreed on, or None."""
        done = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-connect",
             f"127.0.0.1:{self.port}", *options, "-ign_eof"],
            input=b"QUIT\r\n", capture_output=True, timeout=30 * SCALE,
            check=False)
        found = re.search(rb"^New, [^,]+, Cipher is (\S+)$",
                          done.stdout, re.MULTILINE)
        said = re.search(rb"^221 ", done.stdout, re.MULTILINE)
        return found[1].decode() if found and said else None


def names(ciphers):
    """OpenSSL's suites of a list for TLS 1.2 and an RSA certificate."""
    rows = openssl("ciphers", "-v", "-s", "-tls1_2", ciphers).splitlines()
    return [row.split()[0] for row in rows if "Au=RSA" in row]


def serves(ciphers, expected):
    every = names("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    assert len(every) > 40 and set(expected) <= set(every), every
    with Exim(f"openssl:{ciphers}") as exim:
        def offer(name):
            return exim.connect("-tls1_2", "-cipher", f"{name}@SECLEVEL=0")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = dict(zip(every, pool.map(offer, every)))
        served = [name for name in every if answers[name]]
        assert all(answers[name] in (name, None) for name in every), answers
        assert set(served) == set(expected), \
            (set(served) ^ set(expected), exim.log())
        assert exim.connect("-tls1_3"), "no TLS 1.3"
        # what the policy says of the last that was refused
        refused = next(name for name in reversed(every)
                       if not answers[name] and "NULL" not in name)
        assert re.search(r"TLS refused to \[127\.0\.0\.1\], suites-excluded: "
                         rf"peer offers .*{re.escape(refused)}", exim.log()), \
            exim.log()
        # Both orders of a client: one choice, which the log has too.
        if len(expected) > 1:
            pair = expected[:2]
            for offered in pair, pair[::-1]:
                chosen = exim.connect("-tls1_2", "-cipher",
                                      ":".join(offered) + "@SECLEVEL=0")
                assert chosen == pair[0], (chosen, offered)
    print(f"{ciphers}: {len(served)} of {len(expected)} served, "
          f"{len(every) - len(served)} refused")


def three():
    suites = ["ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA",
              "DHE-RSA-CAMELLIA256-SHA"]
    serves(":".join(suites), suites)


def high():
    ciphers = "HIGH:!aNULL:!MD5:!SHA1"
    # GnuTLS has no ARIA
    serves(ciphers, [name for name in names(ciphers) if "ARIA" not in name])


def own_string():
    """A priority string is what it was."""
    with Exim("NORMAL:-VERS-ALL:+VERS-TLS1.2") as exim:
        assert exim.connect("-tls1_2")
        assert not exim.connect("-tls1_3")
        assert "TLS refused" not in exim.log(), exim.log()


def mistake():
    """A word that is none ends the daemon's start, with the sentence."""
    exim = Exim("openssl:HIHG")
    done = subprocess.run([EXIM, "-C", str(exim.config), "-bdf", "-oX",
                           "127.0.0.1.0"],
                          capture_output=True, text=True, check=False,
                          timeout=10 * SCALE)
    assert done.returncode != 0, done
    assert '"HIHG" at byte 1' in done.stderr + exim.log(), done


def main(program):
    global CERTS, EXIM
    EXIM = program
    CERTS, checks = Certificates(), Checks("hosts: exim")
    for check in three, high, own_string, mistake:
        checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(str(pathlib.Path(sys.argv[1]).absolute()))
