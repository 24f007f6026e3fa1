#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""smtptls-server's private keys, encrypted as OpenSSL writes them, or in a
SoftHSM token, which is created in a directory of the test.

  keys.py [NAME...]               the checks whose name contains NAME

See harness.py for the environment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

from config_errors import ends
from harness import SCALE, Authority, Certificates, Checks, Server, install, \
    openssl, scratch, server_program, wait_for, wanted
from wire import expect, secured

CERTS = None                    # set in main
PASSPHRASE = "correct horse"


class Place:
    """A directory, as config_errors.ends() expects it."""

    def __init__(self):
        self.dir = scratch()

    def passphrase(self, text=PASSPHRASE + "\n", mode=0o600):
        path = self.dir / "passphrase"
        path.write_text(text)
        path.chmod(mode)
        return path


def encrypted(pair, place, *options, passphrase=PASSPHRASE):
    """The pair with its key encrypted by openssl pkey OPTIONS."""
    key = place.dir / "encrypted.key"
    openssl("pkey", "-in", pair[1], "-out", key, "-passout",
            "pass:" + passphrase, *options)
    assert "ENCRYPTED" in key.read_text()
    key.chmod(0o600)
    return pair[0], key


def serves(server):
    with secured(server.starttls) as wire:
        expect(wire.command(b"NOOP"), 250)


def kinds():
    """PKCS#8, and OpenSSL's traditional format, for each type."""
    for pair in CERTS.ecdsa, CERTS.rsa:
        for options in (["-aes256"], ["-aes128"], ["-des3"],
                        ["-traditional", "-aes128"],
                        ["-traditional", "-aes256"],
                        ["-traditional", "-des3"]):
            place = Place()
            pair_now = encrypted(pair, place, *options)
            for text in PASSPHRASE, PASSPHRASE + "\n", \
                    PASSPHRASE + "\r\nno more\n":
                with Server(CERTS, "--passphrase-file",
                            str(place.passphrase(text)),
                            pairs=[pair_now]) as server:
                    serves(server)


def refused():
    """Each time one line that names the file; no port is opened."""
    for options in ["-aes256"], ["-traditional", "-aes256"]:
        place = Place()
        crt, key = encrypted(CERTS.rsa, place, *options)
        options = ["--listen", "127.0.0.1:0", "--cert", str(crt), "--key",
                   str(key)]
        ends(place, options, key, "encrypted; give its passphrase")
        options += ["--passphrase-file", str(place.dir / "passphrase")]
        ends(place, options, place.dir / "passphrase", "No such file")
        for text, mode, names, cause in (
                ("wrong\n", 0o600, key, "cannot be decrypted"),
                (PASSPHRASE + " \n", 0o600, key, "cannot be decrypted"),
                (PASSPHRASE, 0o640, "passphrase", "chmod go-r"),
                (PASSPHRASE, 0o604, "passphrase", "chmod go-r"),
                ("", 0o600, "passphrase", "first line is empty"),
                ("\n" + PASSPHRASE, 0o600, "passphrase",
                 "first line is empty"),
                ("x" * 256, 0o600, "passphrase", "too long")):
            place.passphrase(text, mode)
            ends(place, options, names, cause)
        key.write_text(key.read_text()[:300])
        place.passphrase()
        ends(place, options, key, "damaged")


def reloaded():
    """A key that cannot be decrypted changes nothing; one that can is used."""
    place = Place()
    files = place.dir / "own.crt", place.dir / "own.key"
    install(encrypted(CERTS.ecdsa, place, "-aes256"), files)
    files[1].chmod(0o600)

    def hang_up(cause):
        words = len(server.log)
        server.signal(signal.SIGHUP)
        wait_for(lambda: [line for line in server.log[words:]
                          if cause in line], 10, cause)
        serves(server)

    with Server(CERTS, "--passphrase-file", str(place.passphrase()),
                pairs=[files]) as server:
        serves(server)
        hang_up(": reloaded")
        place.passphrase("wrong\n")
        hang_up("cannot be decrypted")
        place.passphrase(mode=0o644)
        hang_up("chmod go-r")
        (place.dir / "passphrase").unlink()
        hang_up("No such file")
        install(encrypted(CERTS.rsa, place, "-traditional", "-aes128",
                          passphrase="another"), files)
        place.passphrase()
        hang_up("cannot be decrypted")
        place.passphrase("another\n")
        hang_up(": reloaded")


# --- tokens ---------------------------------------------------------------


class Token:
    """A token with the label "mx" and the PIN 1234."""

    def __init__(self):
        self.place, self.tokens = Place(), scratch() / "tokens"
        self.tokens.mkdir()
        config = self.place.dir / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.tokens}\n"
                          "objectstore.backend = file\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(config)}
        self.run("softhsm2-util", "--init-token", "--free", "--label", "mx",
                 "--pin", "1234", "--so-pin", "5678")

    def run(self, *words):
        subprocess.run(words, check=True, capture_output=True,
                       env=dict(os.environ, GNUTLS_PIN="1234", **self.env))

    def hold(self, label, pair, *marks):
        for option, path in zip(("certificate", "privkey"), pair):
            self.run("p11tool", "--login", "--write", f"--load-{option}",
                     str(path), "--label", label, *marks, "pkcs11:token=mx")

    def serve(self, pairs, *options):
        return Server(CERTS, *options, pairs=pairs, env=self.env)


def url(label, query="?pin-value=1234"):
    return f"pkcs11:token=mx;object={label}{query}"


def handshake(server, *options):
    """Whether s_client's QUIT was answered under TLS."""
    done = subprocess.run(
        ["openssl", "s_client", "-starttls", "smtp", "-ign_eof", "-connect",
         "{}:{}".format(*server.starttls), *options], input=b"QUIT\r\n",
        capture_output=True, timeout=10 * SCALE, check=False)
    return b"\n221 " in done.stdout


def token():
    """Each type of key, with the PIN from the URL, a file, or the host, and
    the certificate in a file or in the token."""
    authority, held = Authority(scratch() / "a", "authority"), Token()
    pairs = {"ec": authority.issue("ec"),
             "rsa": authority.issue("rsa", rsa=True)}
    for label, pair in pairs.items():
        held.hold(label, pair)
    source = held.place.passphrase("1234")
    for label, (crt, _) in pairs.items():
        for query, options in (
                ("?pin-value=1234", []), (f"?pin-source={source}", []),
                ("", ["--passphrase-file", str(source)])):
            for certificate in crt, url(label, ""):
                with held.serve([(certificate, url(label, query))],
                                *options) as server:
                    for version in "-tls1_2", "-tls1_3":
                        assert handshake(server, version), (label, query)
                    assert "1234" not in "".join(server.log), server.log
    # of several, the one that the client can verify
    with held.serve([(crt, url(label)) for label, (crt, _) in
                     pairs.items()]) as server:
        for algorithms in "ECDSA+SHA256", "rsa_pss_rsae_sha256", "RSA+SHA256":
            assert handshake(server, "-tls1_2", "-sigalgs", algorithms)
        assert handshake(server, "-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256")
    # and RSA decrypts, where that is allowed
    with held.serve([(pairs["rsa"][0], url("rsa"))], "--ciphers",
                    "AES128-GCM-SHA256") as server:
        assert handshake(server, "-tls1_2")


def token_refused():
    authority, held = Authority(scratch() / "a", "authority"), Token()
    crt, key = authority.issue("ec")
    held.hold("mx", (crt, key))
    os.environ.update(held.env)
    try:
        for where, words in (
                (url("mx", ""), "PIN is missing or wrong"),
                (url("mx", "?pin-value=9999"), "PIN is missing or wrong"),
                (url("mx", "?pin-source=/nowhere"), "PIN is missing or wrong"),
                (url("none"), "no such object"),
                ("pkcs11:token=none;object=mx?pin-value=1", "no such token"),
                ("pkcs11:%%%", ".")):
            ends(held.place, ["--listen", "127.0.0.1:0", "--cert", str(crt),
                              "--key", where],
                 re.escape(where.split("?")[0]) + ": ", words)
        # the key of another certificate
        ends(held.place, ["--listen", "127.0.0.1:0", "--cert",
                          str(CERTS.ecdsa[0]), "--key", url("mx")],
             CERTS.ecdsa[0], "does not belong to the first certificate")
        # none of that has locked the token
        held.place.passphrase("wrong")
        for _ in range(5):
            ends(held.place, ["--listen", "127.0.0.1:0", "--cert", str(crt),
                              "--key", url("mx", ""), "--passphrase-file",
                              str(held.place.dir / "passphrase")],
                 "pkcs11:", "PIN")
    finally:
        del os.environ["SOFTHSM2_CONF"]
    with held.serve([(crt, url("mx"))]) as server:
        serves(server)


def token_always_authenticate():
    """A key that needs the PIN at each signature needs it in its URL, since
    the host is never asked during a handshake."""
    authority, held = Authority(scratch() / "a", "authority"), Token()
    source = held.place.passphrase("1234")
    for label, rsa in ("ec", False), ("rsa", True):
        crt, key = authority.issue(label, rsa=rsa)
        held.hold(label, (crt, key), "--mark-always-authenticate")
        os.environ.update(held.env)
        try:
            ends(held.place, ["--listen", "127.0.0.1:0", "--cert", str(crt),
                              "--key", url(label, ""), "--passphrase-file",
                              str(source)],
                 url(label, "") + ": ", "pin-source")
        finally:
            del os.environ["SOFTHSM2_CONF"]
        for query in "?pin-value=1234", f"?pin-source={source}":
            with held.serve([(crt, url(label, query))]) as server:
                for version in ("-tls1_2", "-tls1_3") * 2:
                    assert handshake(server, version), (label, query)


def token_pulled_out():
    """Handshakes that need it fail, with a reason; others do not, a reload
    keeps the configuration, and the server keeps running."""
    authority, held = Authority(scratch() / "a", "authority"), Token()
    pair = authority.issue("ec")
    held.hold("mx", pair)
    with held.serve([(pair[0], url("mx")), CERTS.rsa]) as server:
        assert handshake(server, "-tls1_3")
        shutil.move(held.tokens, held.place.dir / "gone")
        for turn, version in enumerate(("-tls1_2", "-tls1_3") * 2):
            assert not handshake(server, version), version
            said = server.session(1 + 2 * turn)
            assert said["reason_id"] == "token", said
            assert "the token with this side's private key failed" in \
                said["reason"], said
            # with the key that is in a file
            assert handshake(server, version, "-sigalgs",
                             "RSA+SHA256:rsa_pss_rsae_sha256"), server.log
        server.signal(signal.SIGHUP)
        wait_for(lambda: [line for line in server.log if "reload failed" in
                          line and "no such token" in line], 10, "a refusal")
        assert server.alive()


CHECKS = kinds, refused, reloaded
TOKEN_CHECKS = token, token_refused, token_always_authenticate, \
    token_pulled_out


def main(names):
    global CERTS
    server_program()
    CERTS, checks = Certificates(), Checks("keys")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    for check in TOKEN_CHECKS:
        missing = [tool for tool in ("softhsm2-util", "p11tool")
                   if not shutil.which(tool)]
        if missing:
            checks.skip(f"{missing[0]} is not installed")
        elif wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
