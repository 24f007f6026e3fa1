#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The string that `smtptls-ciphers --priority` prints, used as Exim's
tls_require_ciphers: Exim serves exactly the list that was requested. Every
suite that OpenSSL has is tried, each by a client that offers only that suite;
what a list loses on the way is reported in words.

  exim_priority.py [NAME...]      the lists whose name contains NAME

See harness.py for the environment, unpacked.py for Exim.
"""

import os
import re
import subprocess
import sys
from concurrent import futures

import unpacked
from harness import SCALE, Certificates, Checks, built, openssl, wanted
from mta import Exim, Listener

TLS13 = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
         "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256",
         "TLS_AES_128_CCM_8_SHA256")
# Mozilla's "intermediate", version 5.7
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-CHACHA20-POLY1305")
LISTS = {
    "intermediate": ["--protocols", ">=TLSv1.2", INTERMEDIATE],
    "old": ["--protocols", ">=TLSv1", "ECDHE:RSA+AES:!aNULL:!eNULL:"
            "!AESCCM:!ARIA:!CAMELLIA:@SECLEVEL=0"],
    # not a product of key exchanges, ciphers and MACs
    "lossy": ["--protocols", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384:"
              "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"],
}
ROW = re.compile(r"^ *\d+ (\S+) +\S+ +(kept|lost)(?:: (.*))?$", re.MULTILINE)


def asked(options):
    """The string, what it keeps, and what it loses: {name: cause}"""
    program = built("SMTPTLS_CIPHERS", "examples/smtptls-ciphers")

    def run(*more):
        return subprocess.run([program, *more, *options], check=True,
                              capture_output=True, text=True).stdout
    rows = ROW.findall(run())
    kept = {name for name, state, _ in rows if state == "kept"}
    lost = {name: cause for name, state, cause in rows if state == "lost"}
    return run("--priority").strip(), kept, lost


def attempt(port, suite):
    """The suite, if a session with only that suite succeeds."""
    alone = ["-tls1_3", "-ciphersuites", suite] if suite in TLS13 else \
        ["-no_tls1_3", "-cipher", f"{suite}:@SECLEVEL=0"]
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *alone],
        env=dict(os.environ, OPENSSL_CONF="/dev/null"), input="QUIT\n",
        capture_output=True, text=True, timeout=20 * SCALE, check=False)
    found = re.search(r"^New, \S+, Cipher is (\S+)$", done.stdout,
                      re.MULTILINE)
    return found[1] if found and found[1] == suite else None


def serves(port, name, kept, lost):
    # a client without a pre-shared key offers no suite that needs one
    everything = openssl("ciphers",
                         "ALL:COMPLEMENTOFALL:-PSK:-SRP:@SECLEVEL=0")
    suites = [suite for suite in everything.strip().split(":")
              if suite not in TLS13] + list(TLS13)
    assert len(suites) > 80, suites
    with futures.ThreadPoolExecutor(4) as pool:
        served = set(pool.map(lambda one: attempt(port, one), suites)) - {None}
    assert served == kept, \
        f"beyond: {served - kept}, missing: {kept - served}"
    assert not served & set(lost), lost
    assert all(lost.values()), f"a loss without a cause: {lost}"
    assert bool(lost) == (name == "lossy"), lost


def main(names):
    for package in Exim.packages:
        unpacked.Package(package)       # skips if it is missing
    checks, certs = Checks("Exim's priority string"), Certificates()
    strings = {name: asked(options) for name, options in LISTS.items()
               if wanted(name, names)}
    assert not names or strings, names
    certs.dir.chmod(0o755)              # Exim drops root privileges
    for _, key in certs.ecdsa, certs.rsa:
        key.chmod(0o644)
    pair = [":".join(str(files[i]) for files in (certs.ecdsa, certs.rsa))
            for i in range(2)]
    with Exim({name: Listener(pair, implicit=True, priority=string)
               for name, (string, _, _) in strings.items()}) as exim:
        for name, (_, kept, lost) in strings.items():
            checks.run(name, serves, exim.ports[name], name, kept, lost)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
