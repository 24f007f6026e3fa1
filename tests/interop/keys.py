#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Private keys of smtptls-server that are encrypted, as OpenSSL writes them.

  keys.py [NAME...]               the checks whose name contains NAME

See harness.py for the environment.
"""

import signal
import sys

from config_errors import ends
from harness import Certificates, Checks, Server, install, openssl, scratch, \
    server_program, wait_for, wanted
from wire import expect, secured

CERTS = None                    # made in main
PASSPHRASE = "correct horse"


class Place:
    """A directory, as config_errors.ends() has it."""

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
    """PKCS#8, and the format of OpenSSL's before that, of each type."""
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
    """A key that cannot be opened changes nothing; one that can is taken."""
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


CHECKS = kinds, refused, reloaded


def main(names):
    global CERTS
    server_program()
    CERTS, checks = Certificates(), Checks("keys")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
