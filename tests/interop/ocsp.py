#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""OCSP responses from files, as OpenSSL and GnuTLS clients see them.

  ocsp.py [NAME...]               the checks whose name contains NAME

`openssl ocsp -respout` makes the responses, from an authority's index; the
clients are openssl s_client -status and gnutls-cli, with TLS 1.2 and 1.3, and
ocsptool judges what was sent. openssl cannot make an outdated response; that
case is in the unit test. See harness.py for the environment.
"""

import re
import shutil
import signal
import subprocess
import sys

from harness import SCALE, SKIPPED, Authority, Certificates, Checks, Server, \
    in_ci, openssl, scratch, server_program, wait_for, wanted

MUST_STAPLE = "basicConstraints=CA:false\n" \
    "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n" \
    "subjectAltName=DNS:localhost,IP:127.0.0.1\n" \
    "tlsfeature=status_request\n"
CERTS = None                    # set in main
VERSIONS = "1_2", "1_3"


class Responder(Authority):
    """An authority that answers for what it has issued."""

    def __init__(self):
        super().__init__(scratch(), "responder")

    def pair(self, name, **how):
        """A certificate followed by its issuer's, and its key."""
        crt, key = self.issue(name, **how)
        crt.write_text(crt.read_text() + self.crt.read_text())
        return crt, key

    def revoke(self, pair):
        """As `openssl ca -revoke` writes it."""
        serial = openssl("x509", "-in", pair[0], "-noout", "-serial")
        serial = serial.strip().partition("=")[2]
        index = self.dir / "index.txt"
        text, count = re.subn(
            rf"^V\t(\S+)\t\t{serial}\t", rf"R\t\1\t200101000000Z\t{serial}\t",
            index.read_text(), flags=re.MULTILINE)
        assert count == 1, index.read_text()
        index.write_text(text)

    def respond(self, pair, *how, by=None, days=1):
        """The file of a response for a certificate."""
        response = scratch() / "ocsp"
        signer = by or (self.crt, self.key)
        openssl("ocsp", "-index", self.dir / "index.txt", "-CA", self.crt,
                "-issuer", self.crt, "-cert", pair[0], "-rsigner", signer[0],
                "-rkey", signer[1], "-no_nonce", "-noverify", "-ndays", days,
                "-respout", response, *how)
        assert response.stat().st_size > 0
        return response


def ask(server, version, authority, name="localhost", status=True):
    """The status that OpenSSL's client got for the certificate: DER, or
    None."""
    command = ["openssl", "s_client", f"-tls{version}", "-starttls", "smtp",
               "-servername", name, "-CAfile", str(authority.crt),
               "-verify_return_error", "-ign_eof", "-connect",
               "{}:{}".format(*server.starttls)]
    number = len(server.sessions())
    done = subprocess.run(command + ["-status"] * status, input=b"QUIT\r\n",
                          capture_output=True, timeout=20 * SCALE,
                          check=False)
    said = done.stdout.decode("ascii", "replace")
    assert "Verify return code: 0 (ok)" in said, said
    assert server.session(number)["tls_enabled"] == "1", said
    if not status:
        assert "OCSP response" not in said, said
        return False
    # the wording of OpenSSL 3.0, and of 3.6 for TLS 1.2 and 1.3
    if re.search(r"OCSP responses?: no (OCSP )?responses? (sent|received)",
                 said):
        return False
    assert "OCSP Response Status: successful (0x0)" in said, said
    assert "Cert Status: good" in said, said
    return True


def both(server, authority, **how):
    """The answer, which must be the same for both versions."""
    answers = {ask(server, version, authority, **how)
               for version in VERSIONS}
    assert len(answers) == 1, answers
    return answers.pop()


def warnings(server):
    return [line for line in server.log if "OCSP" in line]


def serve(pairs, *responses):
    options = [word for response in responses
               for word in ("--ocsp", str(response))]
    return Server(CERTS, *options, pairs=pairs)


def sent():
    ca = Responder()
    pair = ca.pair("mx")
    with serve([pair], ca.respond(pair)) as server:
        assert both(server, ca)
        assert not both(server, ca, status=False)
        assert not warnings(server), server.log
    with serve([pair]) as server:
        assert not both(server, ca)


def delegated():
    """Signed by a responder that the authority has authorized, or by one that
    nobody has."""
    ca = Responder()
    pair = ca.pair("mx")
    signer = ca.issue("signer", usage="OCSPSigning")
    with serve([pair], ca.respond(pair, by=signer)) as server:
        assert both(server, ca)
        assert not warnings(server), server.log
    with serve([pair], ca.respond(pair, by=ca.issue("other"))) as server:
        assert not both(server, ca)
        assert "is not sent: it is signed neither" in warnings(server)[0]


def several():
    """Each certificate has its own, in whatever order the files are named."""
    ca = Responder()
    ecdsa, rsa = ca.pair("ecdsa"), ca.pair("rsa", rsa=True)
    other = ca.pair("other", names=["other.test"])
    responses = [ca.respond(pair) for pair in (other, rsa)]
    with serve([ecdsa, rsa, other], *responses) as server:
        assert not both(server, ca)
        assert both(server, ca, name="other.test")
        assert not warnings(server), server.log


def refused(response, ca, pair, words):
    with serve([pair], response) as server:
        assert not both(server, ca)
        assert len(warnings(server)) == 1, server.log
        assert re.search(words, warnings(server)[0]), server.log


def not_sent():
    ca = Responder()
    pair, other = ca.pair("mx"), ca.pair("other")
    refused(ca.respond(other), ca, pair,
            "is not sent: it does not cover any of the certificates")
    # another authority with the same name, and the same serial number
    refused(Responder().respond(pair), ca, pair,
            "is not sent: it is signed neither")
    revoked = ca.pair("revoked")
    ca.revoke(revoked)
    refused(ca.respond(revoked), ca, revoked,
            r"is not sent: the certificate was revoked on 2020-01-01 ")
    stranger = ca.pair("stranger")
    (ca.dir / "index.txt").write_text("")
    refused(ca.respond(stranger), ca, stranger,
            "is not sent: its responder does not know the certificate")


def reloaded():
    """A response that appears, and one that goes bad, at a signal."""
    ca = Responder()
    pair, other = ca.pair("mx"), ca.pair("other")
    file = scratch() / "mx.ocsp"
    file.write_bytes(ca.respond(other).read_bytes())

    def hang_up():
        before = len(server.log)
        server.signal(signal.SIGHUP)
        wait_for(lambda: any("reload" in line for line in server.log[before:]),
                 10, "a word on the reload")
        return [line for line in server.log[before:] if "reload" in line][0]

    with serve([pair], file) as server:
        assert not both(server, ca)
        file.write_bytes(ca.respond(pair).read_bytes())
        assert hang_up().endswith(": reloaded")
        assert both(server, ca)
        whole = file.read_bytes()
        file.write_bytes(whole[:len(whole) // 2])
        assert "is not an OCSP response in DER" in hang_up()
        assert both(server, ca)
        file.write_bytes(whole)
        hang_up()
        assert both(server, ca)


def must_staple():
    """GnuTLS's client accepts it only with a status; a warning at the start
    says so."""
    ca = Responder()
    pair = ca.pair("mx", extensions=MUST_STAPLE)
    for response in (), (ca.respond(pair),):
        with serve([pair], *response) as server:
            assert bool(warnings(server)) == (not response), server.log
            if not response:
                assert "demands an OCSP status (must-staple), and none is " \
                    "sent: clients that use GnuTLS" in warnings(server)[0]
            for version in "1.2", "1.3":
                gnutls(server, ca, version, bool(response))


def gnutls(server, ca, version, accepts):
    saved = scratch() / "sent.ocsp"
    done = subprocess.run(
        ["gnutls-cli", "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}",
         "--starttls-proto=smtp", f"--x509cafile={ca.crt}",
         f"--save-ocsp={saved}", "--port", str(server.starttls[1]),
         "localhost"], input=b"QUIT\r\n", capture_output=True,
        timeout=20 * SCALE, check=False)
    said = done.stdout.decode("utf-8", "replace")
    assert ("Status: The certificate is trusted." in said) == accepts, said
    if not accepts:
        assert "requires the server to include an OCSP status" in said, said
        return
    done = subprocess.run(
        ["ocsptool", "--verify-response", f"--load-trust={ca.crt}",
         f"--load-response={saved}"], capture_output=True, check=False,
        timeout=20 * SCALE)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0 and "Verifying OCSP Response: Success" in said,\
        said


CHECKS = (sent, delegated, several, not_sent, reloaded)


def main(names):
    global CERTS
    server_program()
    if not shutil.which("openssl"):
        print("skip: there is no openssl")
        sys.exit(1 if in_ci() else SKIPPED)
    CERTS, checks = Certificates(), Checks("ocsp")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    if not shutil.which("gnutls-cli"):
        checks.skip("gnutls-cli is missing")
    elif wanted("must_staple", names):
        checks.run("must_staple", must_staple)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
