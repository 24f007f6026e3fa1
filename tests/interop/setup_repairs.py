# SPDX-License-Identifier: MIT
"""Set-ups that were made first, and repaired later by hand, from nothing but
the log line and the configuration: what an administrator would do about it.
For setups.py.
"""

import ssl

from setup import HOST, Cert, Setup
from setup_clients import Curl, GnuTLS, Msmtp, OpenSSL, Python, Swaks

TLS = ssl.TLSVersion
TLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


class Repair:
    """`line` is the part of the log line after the error's name, with a * for
    what depends on releases and paths; for a server that does not start, its
    last line. `repaired` is the repaired set-up, `other` the repaired client,
    if the client was at fault."""

    def __init__(self, name, setup, client, line, repaired=None, other=None):
        self.name, self.setup, self.client, self.line = \
            name, setup, client, line
        self.repaired, self.other = repaired or setup, other or client


def repairs(files):
    ask = "--verify", "require"
    deep = files.client("deep", "Issuing CA")
    revoked = files.client("revoked", "Root CA")
    fresh = files.client("fresh", "Root CA")
    late = files.client("late", "Root CA", end="20220101000000Z")
    crl = files.revoke(revoked[0], "Root CA")

    def shows(crt, key):
        return OpenSSL("TLSv1.2", options=("-cert", crt, "-key", key))

    def fallen(usage):
        return [Cert("ECDSA P-256", usage=usage)]

    staple = "tlsfeature=status_request\n"
    return [
        Repair("a word that says more than was meant",
               Setup(protocols="TLSv1.2", ciphers="EECDH+AES256"),
               Swaks("--tls-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
               "peer offers TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, which "
               "the ciphers do not name: add ECDHE-RSA-AES128-GCM-SHA256 to "
               "the ciphers",
               Setup(protocols="TLSv1.2", ciphers="EECDH+AES256:"
                     "ECDHE-RSA-AES128-GCM-SHA256")),
        Repair("Apache's grammar", Setup(protocols="ALL -TLSv1.2"),
               Msmtp(f"--tls-priorities={TLS12}"),
               'peer offers up to TLS 1.2, which "-TLSv1.2" in the protocols '
               'excludes: remove "-TLSv1.2" from the protocols',
               Setup(protocols="ALL")),
        Repair("Suite B of 192 bits",
               Setup(ciphers="SUITEB192", certs=[Cert("ECDSA P-384")]),
               Curl("--curves", "P-256:P-384", "--tls-max", "1.2",
                    "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"),
               "peer offers TLS 1.2 with ECDHE-ECDSA-AES128-GCM-SHA256, which "
               '"SUITEB192" in the ciphers leaves out: set the ciphers to '
               '"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"',
               Setup(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384:"
                     "ECDHE-ECDSA-AES128-GCM-SHA256",
                     certs=[Cert("ECDSA P-384")])),
        Repair("a client's intermediate", Setup(*ask, ca=["Root CA"]),
               shows(*deep),
               "no trusted authority has signed the peer's certificate: its "
               'issuer "CN=Issuing CA" was not sent and is not known here: '
               "have it sent, if it is an intermediate, or add it to the CA "
               "file", Setup(*ask, ca=["Root CA", "Issuing CA"])),
        Repair("a key that may do nothing", Setup(
            certs=fallen("keyCertSign")), Curl(),
               "peer offers TLS 1.3 with the signatures *, which the keyUsage "
               "of the ECDSA P-256 certificate forbids: have the ECDSA P-256 "
               "certificate issued with digitalSignature",
               Setup(certs=fallen("digitalSignature"))),
        Repair("a priority string", Setup(priority="SECURE256:-VERS-TLS1.2"),
               Curl("--tls-max", "1.2"),
               "the peer and the priority string have no version above TLS "
               "1.1 in common, and no cipher suite for that version: allow "
               "TLS 1.2 or 1.3 in the string, or the peer must be changed",
               Setup(priority="SECURE256")),
        Repair("must-staple", Setup(certs=[Cert("RSA", more=staple)]),
               GnuTLS(TLS12, "--x509cafile", files.root.crt,
                      f"--verify-hostname={HOST}"),
               "peer finds this side's certificate faulty (alert 42, "
               "bad_certificate): the certificate demands an OCSP status "
               "(must-staple), which is not sent: have it issued without that",
               Setup(certs=[Cert("RSA")])),
        Repair("a wildcard that is too short", Setup(
            "--strict-sni", certs=[Cert("RSA", name="*.example.org")]),
               Curl(name="in.mx.example.org"),
               'no certificate has the name "in.mx.example.org" that the '
               "peer asked for: add an RSA certificate for it, or turn off "
               "strict SNI",
               Setup("--strict-sni", certs=[
                   Cert("RSA", name="*.example.org"),
                   Cert("RSA", name="in.mx.example.org")])),
        Repair("signatures of another curve",
               Setup(sigalgs="ECDSA+SHA384", certs=[Cert("ECDSA P-256")]),
               Python(TLS.TLSv1_3),
               "peer offers the signatures *, which the sigalgs do not name: "
               "add ecdsa_secp256r1_sha256 to the sigalgs",
               Setup(sigalgs="ECDSA+SHA384:ecdsa_secp256r1_sha256",
                     certs=[Cert("ECDSA P-256")])),
        Repair("a client that was revoked",
               Setup(*ask, ca=["Root CA"], crl=crl), shows(*revoked),
               "peer's certificate, or one above it, has been revoked: "
               "install another one there", other=shows(*fresh)),
        Repair("a client that has expired",
               Setup(*ask, ca=["Root CA"]), shows(*late),
               "peer's certificate has expired or is not yet valid: renew it "
               "there, or set the clocks right",
               other=shows(*fresh)),
    ]
