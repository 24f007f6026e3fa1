# SPDX-License-Identifier: MIT
"""The rows of setups.py."""

import ssl

from setup import HOST, Cert, Setup
from setup_clients import Curl, GnuTLS, Msmtp, OpenSSL, Program, Python, Swaks

TLS = ssl.TLSVersion
DEFAULT = "AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE"
RSA128 = "ECDHE-RSA-AES128-GCM-SHA256"
ECDSA128 = "ECDHE-ECDSA-AES128-GCM-SHA256"
TLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


class Row:
    """`sentence` is complete, with a * for a list of the client's that depends
    on its release."""

    def __init__(self, name, setup, client, reason, sentence, guest=False):
        self.name, self.setup, self.client = name, setup, client
        self.reason, self.sentence, self.guest = reason, sentence, guest


def versions():
    return [
        Row("TLS 1.3 alone, curl of before", Setup(protocols="TLSv1.3"),
            Curl("--tlsv1.2", "--tls-max", "1.2"), "version",
            "peer offers up to TLS 1.2, but this side has TLS 1.3: add "
            "TLSv1.2 to the protocols"),
        Row("Postfix's bound, swaks", Setup(protocols=">=TLSv1.3"),
            Swaks("--tls-protocol", "tlsv1_2"), "version",
            'peer offers up to TLS 1.2, which ">=TLSv1.3" in the protocols '
            'excludes: replace ">=TLSv1.3" by ">=TLSv1.2" in the protocols'),
        Row("no higher than TLS 1.1", Setup(
            protocols="<=TLSv1.1", ciphers="HIGH:!aNULL:@SECLEVEL=0"),
            Python(highest=TLS.TLSv1_2, ciphers="ECDHE+AESGCM"),
            "suites-excluded",
            'peer offers up to TLS 1.2, which "<=TLSv1.1" in the protocols '
            'excludes: replace "<=TLSv1.1" by "<=TLSv1.2" in the protocols'),
        Row("qpsmtpd's string, msmtp",
            Setup(protocols="SSLv23:!SSLv2:!SSLv3:!TLSv1_2"),
            Msmtp(f"--tls-priorities={TLS12}"), "version",
            'peer offers up to TLS 1.2, which "!TLSv1_2" in the protocols '
            'excludes: remove "!TLSv1_2" from the protocols'),
        Row("Exim's options, curl of TLS 1.3", Setup(
            protocols="+no_sslv3 +no_tlsv1 +no_tlsv1_1 +no_tlsv1_3"),
            Curl("--tlsv1.3"), "version",
            'peer offers TLS 1.3, which "+no_tlsv1_3" in the protocols '
            'excludes: remove "+no_tlsv1_3" from the protocols'),
        Row("TLS 1.3 alone, a printer of TLS 1.0", Setup(protocols="TLSv1.3"),
            OpenSSL("TLSv1"), "version",
            "peer offers TLS 1.0, which GnuTLS cannot combine with TLS 1.3 "
            'without TLS 1.2: add "TLSv1:TLSv1.2" to the protocols and set '
            "the ciphers to "
            f'"{DEFAULT}:ECDHE-RSA-AES256-SHA:@SECLEVEL=0", '
            "which weakens all sessions"),
        Row("an old Python", Setup(), Python(
            TLS.TLSv1, TLS.TLSv1_1, ciphers="ALL:@SECLEVEL=0"), "version",
            "peer offers up to TLS 1.1, but this side has TLS 1.2-1.3: set "
            'the protocols to "TLSv1.1 TLSv1.2 TLSv1.3" and the ciphers to '
            f'"{DEFAULT}:ECDHE-RSA-AES256-SHA:@SECLEVEL=0", '
            "which weakens all sessions"),
        Row("TLS 1.0 by name, and level 2",
            Setup(protocols=">=TLSv1", ciphers="HIGH"), OpenSSL("TLSv1"),
            "version",
            "peer offers TLS 1.0, which security level 2 forbids: add "
            '"!aNULL:@SECLEVEL=0" to the ciphers, which weakens all '
            "sessions"),
    ]


def suites():
    return [
        Row("!kRSA, a client of RSA key exchange",
            Setup(ciphers="HIGH:!aNULL:!kRSA:!MD5"),
            OpenSSL("TLSv1.2", ciphers="AES128-SHA"), "suites-excluded",
            'peer offers TLS 1.2 with AES128-SHA, which "!kRSA" in the '
            'ciphers excludes: remove "!kRSA" from the ciphers'),
        Row("two words that exclude",
            Setup(ciphers="HIGH:!SHA1:!kRSA:!aNULL"),
            GnuTLS(f"{TLS12}:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:"
                   "+SHA1"), "suites-excluded",
            'peer offers TLS 1.2 with AES128-SHA, which "!SHA1" in the '
            'ciphers excludes: remove "!SHA1" and "!kRSA" from the ciphers'),
        Row("no Camellia", Setup(ciphers="DEFAULT:!CAMELLIA"),
            GnuTLS(f"{TLS12}:-CIPHER-ALL:+CAMELLIA-128-CBC:-MAC-ALL:+SHA1"),
            "suites-excluded",
            'peer offers up to TLS 1.2: remove "!CAMELLIA" from the '
            'ciphers, replace "DEFAULT" by '
            '"ALL:!aNULL:!eNULL:-COMPLEMENTOFDEFAULT" in the ciphers and '
            "add DHE-RSA-CAMELLIA128-SHA to the ciphers"),
        Row("ECDHE alone, a client of DHE", Setup(ciphers="ECDHE"),
            GnuTLS(f"{TLS12}:-KX-ALL:+DHE-RSA"), "suites-excluded",
            "peer offers TLS 1.2 with DHE-RSA-AES256-GCM-SHA384, *, "
            "which the ciphers do not name: add DHE-RSA-AES256-GCM-SHA384 "
            "to the ciphers"),
        Row("one suite alone, swaks", Setup(ciphers=RSA128),
            Swaks("--tls-protocol", "tlsv1_2", "--tls-cipher",
                  "ECDHE-RSA-AES256-GCM-SHA384"), "suites-excluded",
            "peer offers TLS 1.2 with ECDHE-RSA-AES256-GCM-SHA384, which "
            "the ciphers do not name: add ECDHE-RSA-AES256-GCM-SHA384 to "
            "the ciphers"),
        Row("nothing set, RSA key exchange", Setup(),
            Curl("--tls-max", "1.2", "--ciphers", "AES256-SHA256"),
            "suites-excluded",
            "peer offers TLS 1.2 with AES256-SHA256, which the ciphers do "
            "not name: set the ciphers to "
            f'"{DEFAULT}:AES256-SHA256"'),
        Row("no suites of TLS 1.3", Setup(ciphersuites=""),
            Python(TLS.TLSv1_3), "version",
            "peer offers TLS 1.3 with TLS_AES_256_GCM_SHA384, "
            "TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, which "
            "the ciphersuites do not name: set the ciphersuites to "
            '"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:'
            'TLS_AES_128_GCM_SHA256"'),
        Row("AES-256 alone, a client of ChaCha20",
            Setup(ciphersuites="TLS_AES_256_GCM_SHA384"),
            Curl("--tlsv1.3", "--tls13-ciphers",
                 "TLS_CHACHA20_POLY1305_SHA256"), "suites-excluded",
            "peer offers TLS 1.3 with TLS_CHACHA20_POLY1305_SHA256, which "
            "the ciphersuites do not name: add TLS_CHACHA20_POLY1305_SHA256 "
            "to the ciphersuites"),
        Row("level 3 in the ciphers, no forward secrecy",
            Setup(ciphers="ALL:@SECLEVEL=3",
                  certs=[Cert("RSA", bits=3072)]),
            OpenSSL("TLSv1.2", ciphers="AES128-SHA"), "security-level",
            "peer offers TLS 1.2 with AES128-SHA, which security level 3 "
            "forbids: replace @SECLEVEL=3 by @SECLEVEL=2 in the ciphers, "
            "which weakens all sessions"),
        Row("Suite B, a client of X25519",
            Setup(ciphers="SUITEB128", certs=[Cert("ECDSA P-256")]),
            Curl("--curves", "X25519", "--tls-max", "1.2"), "group",
            'peer offers TLS 1.2 with *, which "SUITEB128" '
            "in the ciphers leaves out: set the ciphers to "
            '"ECDHE+aECDSA+AESGCM:+AES256:ECDHE-RSA-AES256-GCM-SHA384" and '
            "add an RSA certificate"),
        Row("no suite that anybody has", Setup(),
            OpenSSL("TLSv1.2", ciphers="ECDHE-ARIA128-GCM-SHA256"),
            "gnutls",
            "peer offers TLS 1.2 with ECDHE-ARIA128-GCM-SHA256, which the "
            "loaded GnuTLS does not have: the peer must offer "
            "ECDHE-RSA-AES256-GCM-SHA384"),
    ]


def certificates():
    return [
        Row("ECDSA alone, a client of RSA", Setup(certs=[Cert("ECDSA P-256")]),
            Curl("--tls-max", "1.2", "--ciphers", RSA128), "needs-rsa",
            "peer offers up to TLS 1.2 with RSA suites only; the only "
            "certificate is ECDSA P-256: add an RSA certificate"),
        Row("RSA alone, a client of ECDSA", Setup(),
            GnuTLS(f"{TLS12}:-KX-ALL:+ECDHE-ECDSA"), "needs-ecdsa",
            "peer offers up to TLS 1.2 with ECDSA suites only; the only "
            "certificate is RSA: add an ECDSA P-256 certificate"),
        Row("ECDSA at level 3, a client of RSA",
            Setup(seclevel="3", certs=[Cert("ECDSA P-256")]),
            OpenSSL("TLSv1.2", ciphers=RSA128), "needs-rsa",
            "peer offers up to TLS 1.2 with RSA suites only; the only "
            "certificate is ECDSA P-256: add an RSA certificate with 3072 "
            "bits"),
        Row("ECDSA alone, RSA with SHA-1", Setup(certs=[Cert("ECDSA P-256")]),
            OpenSSL("TLSv1.2", ciphers=f"{RSA128}:{ECDSA128}",
                    sigalgs="RSA+SHA1"), "needs-rsa",
            "peer offers up to TLS 1.2 with RSA suites only; the only "
            "certificate is ECDSA P-256: set the security level to 0 and "
            "add an RSA certificate, which weakens all sessions"),
        Row("Ed25519 alone, a client of before",
            Setup(certs=[Cert("Ed25519", usage="digitalSignature")]),
            GnuTLS("NORMAL:-SIGN-EDDSA-ED25519"), "needs-rsa",
            "peer offers TLS 1.3 with the signatures *; the only "
            "certificate is Ed25519: add an RSA certificate"),
        Row("a certificate that only signs",
            Setup(ciphers="HIGH",
                  certs=[Cert("RSA", usage="digitalSignature")]),
            GnuTLS(f"{TLS12}:-KX-ALL:+RSA"), "key-usage",
            "peer offers TLS 1.2 with AES256-GCM-SHA384, *, which the "
            "keyUsage of the RSA "
            "certificate forbids: have the RSA certificate issued with "
            "keyEncipherment"),
        Row("a certificate that only agrees",
            Setup(certs=[Cert("ECDSA P-256", usage="keyAgreement")]),
            Python(), "key-usage",
            "peer offers TLS 1.3 with the signatures *, which the keyUsage "
            "of the "
            "ECDSA P-256 certificate forbids: have the ECDSA P-256 "
            "certificate issued with digitalSignature"),
        Row("P-256, a client of P-384", Setup(certs=[Cert("ECDSA P-256")]),
            OpenSSL("TLSv1.2", ciphers=ECDSA128, groups="X25519:P-384"),
            "group",
            "peer offers the groups x25519, secp384r1; the only certificate "
            "is ECDSA P-256: add an ECDSA P-384 certificate"),
        Row("strict SNI, another name", Setup("--strict-sni"),
            OpenSSL(options=("-servername", "mail.example.org")), "sni",
            'no certificate has the name "mail.example.org" that the peer '
            "asked for: add an RSA certificate for it, or turn off strict SNI"),
        Row("strict SNI, another name and only ECDSA",
            Setup("--strict-sni"),
            OpenSSL("TLSv1.2", ciphers=ECDSA128,
                    options=("-servername", "mail.example.org")), "sni",
            'no certificate has the name "mail.example.org" that the peer '
            "asked for: add an ECDSA P-256 certificate for it, or turn off "
            "strict SNI"),
    ]


def groups_and_signatures():
    return [
        Row("X25519 alone, a client of P-384", Setup(groups="X25519"),
            Curl("--curves", "secp384r1"), "group",
            "peer offers the groups secp384r1, which the groups here do not "
            "name: add secp384r1 to the groups"),
        Row("a large field of DHE", Setup(),
            OpenSSL("TLSv1.3", groups="ffdhe4096"), "group",
            "peer offers the groups ffdhe4096, which the groups here do not "
            'name: set the groups to "DEFAULT:ffdhe4096"'),
        Row("a Brainpool curve", Setup(),
            OpenSSL("TLSv1.2", ciphers=RSA128, groups="brainpoolP256r1"),
            "gnutls",
            "peer offers the groups brainpoolP256r1, which the loaded "
            "GnuTLS does not have: the peer must offer x25519"),
        Row("signatures of before", Setup(sigalgs="RSA+SHA256"),
            Python(TLS.TLSv1_3), "sigalg",
            "peer offers the signatures rsa_pss_rsae_sha256, *, "
            "which the sigalgs do not name: add rsa_pss_rsae_sha256 to the "
            "sigalgs"),
        Row("SHA-1 alone", Setup(),
            OpenSSL("TLSv1.2", ciphers=RSA128, sigalgs="RSA+SHA1"), "sigalg",
            "peer offers the signatures rsa_pkcs1_sha1, which security "
            "level 2 forbids: set the security level to 0, which weakens "
            "all sessions"),
        Row("level 0 and SHA-1 out", Setup(
            sigalgs="rsa_pss_rsae_sha256:RSA+SHA256", seclevel="0"),
            OpenSSL("TLSv1.2", ciphers=RSA128, sigalgs="RSA+SHA1"), "sigalg",
            "peer offers the signatures rsa_pkcs1_sha1, which the sigalgs "
            "do not name: add rsa_pkcs1_sha1 to the sigalgs"),
    ]


def system():
    """What a system's own policy disables."""
    return [
        Row("the system's policy, TLS 1.2",
            Setup(system=["disabled-version = tls1.2"]),
            Curl("--tls-max", "1.2"), "system-policy",
            "peer offers up to TLS 1.2, but the system's GnuTLS policy "
            'disables TLS 1.2: remove "disabled-version = tls1.2" from *, '
            "line 2"),
        Row("the system's policy, a curve",
            Setup(system=["disabled-curve = x25519"]),
            OpenSSL("TLSv1.3", groups="X25519"), "system-policy",
            "peer offers the groups x25519, which the system's GnuTLS "
            'policy disables: remove "disabled-curve = x25519" from *, line '
            "2"),
        Row("the system's policy, and the groups",
            Setup(groups="P-256", system=["disabled-curve = x25519"]),
            OpenSSL("TLSv1.3", groups="X25519"), "system-policy",
            "peer offers the groups x25519, which the system's GnuTLS "
            "policy disables: add x25519 to the groups and remove "
            '"disabled-curve = x25519" from *, line 2'),
    ]


def shown(files):
    """The server's certificate, as its clients judge it."""
    trusts = "--cacert", files.root.crt
    verifies = "-verify_return_error", "-CAfile", files.root.crt

    return [
        Row("no intermediate, curl", Setup(certs=[Cert("RSA", chain=())]),
            # Newer ones check the certificate when TLS is on, and leave
            # without an alert.
            Curl(*trusts, name=HOST), "peer-alert left-after-handshake",
            "peer *: the certificate was sent without its "
            'issuer "CN=Issuing CA": add that after it or, if a root, have '
            "the peer trust it"),
        Row("no intermediate, TLS 1.2",
            Setup(protocols="TLSv1.2", certs=[Cert("RSA", chain=())]),
            Python(ca=files.root.crt, name=HOST), "peer-alert",
            "peer does not trust the authority of this side's certificate "
            "(alert 48, unknown_ca): the certificate was sent without its "
            'issuer "CN=Issuing CA": add that after it or, if a root, have '
            "the peer trust it"),
        Row("no intermediate, msmtp", Setup(certs=[Cert("RSA", chain=())]),
            Msmtp(f"--tls-trust-file={files.root.crt}",
                  f"--tls-host-override={HOST}"), "left-after-handshake",
            "peer left after the handshake without a command (*), as peers "
            "that reject a certificate do: the "
            'certificate was sent without its issuer "CN=Issuing CA": add '
            "that after it or, if a root, have the peer trust it"),
        Row("expired, Python", Setup(certs=[Cert("RSA",
                                                 end="20210101000000Z")]),
            Python(ca=files.root.crt, name=HOST), "peer-alert",
            "peer finds this side's certificate expired or not yet valid "
            "(alert 45, certificate_expired): the certificate expired on "
            "2021-01-01: renew it"),
        Row("not valid yet, gnutls-cli",
            Setup(certs=[Cert("ECDSA P-256", start="20370101000000Z")]),
            GnuTLS(TLS12, "--x509cafile", files.root.crt,
                   f"--verify-hostname={HOST}"), "peer-alert",
            "peer finds this side's certificate faulty (alert 42, "
            "bad_certificate): the certificate is not valid before "
            "2037-01-01: set the clock right, or use one that is valid"),
        Row("another name, curl", Setup(),
            Curl(*trusts, name="mail.example.org"), "left-after-handshake",
            "peer left after the handshake without a command (*), as peers "
            "that reject a certificate do: it "
            'asked for "mail.example.org", which the certificate lacks: add '
            "one with that name"),
        Row("for clients alone, s_client",
            Setup(certs=[Cert("RSA", purpose="clientAuth")]),
            OpenSSL("TLSv1.2", options=verifies), "peer-alert",
            "peer cannot use a certificate of this side's kind (alert 43, "
            "unsupported_certificate): the certificate is for TLS clients "
            "only: have it issued with the purpose serverAuth"),
        Row("a key of 1024 bits",
            Setup(seclevel="1", certs=[Cert("RSA", bits=1024)]),
            Python(TLS.TLSv1_2, ca=files.root.crt, name=HOST,
                   ciphers="DEFAULT:@SECLEVEL=2"), "peer-alert",
            "peer finds this side's certificate faulty (alert 42, "
            "bad_certificate): the certificate has a key of 1024 bits: make "
            "one of 2048"),
        Row("fields of DHE that are too small",
            Setup(ciphers="DHE", dhparam="2048 bits"),
            GnuTLS("NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-GROUP-ALL:"
                   "%PROFILE_HIGH", "--insecure"), "dh-parameters",
            "peer does not accept Diffie-Hellman parameters of 2048 bits "
            "(alert 71, insufficient_security): use 4096-bit ones from RFC "
            "7919"),
    ]


def client_certificates(files):
    def asks(**more):
        return Setup("--verify", "require", ca=more.pop("ca", ["Root CA"]),
                     **more)

    def shows(crt, key):
        return OpenSSL(options=("-cert", crt, "-key", key))

    other = files.client("other", "Clients CA")
    small = files.client("small", "Root CA", bits=1024)
    server = files.client("server", "Root CA", purpose="serverAuth")
    return [
        Row("another authority's client", asks(), shows(*other), "cert-trust",
            "no trusted authority has signed the peer's certificate: its "
            'issuer "CN=Clients CA" was not sent and is not known here: '
            "have it sent, if it is an intermediate, or add it to the CA "
            "file"),
        Row("another authority's client, gnutls-cli", asks(),
            GnuTLS(TLS12, "--insecure", "--x509certfile", other[0],
                   "--x509keyfile", other[1]), "cert-trust",
            "no trusted authority has signed the peer's certificate: its "
            'issuer "CN=Clients CA" was not sent and is not known here: '
            "have it sent, if it is an intermediate, or add it to the CA "
            "file"),
        Row("a client's key of 1024 bits", asks(), shows(*small), "cert-weak",
            "peer's certificate has a key of 1024 bits (RSA, 80 bits of "
            "security), and security level 2 asks for 112: have it issued "
            "with a stronger key, or set the security level to 1"),
        Row("a client's key of 1024 bits, level in the ciphers",
            asks(ciphers="HIGH:!aNULL:@SECLEVEL=2"), shows(*small),
            "cert-weak",
            "peer's certificate has a key of 1024 bits (RSA, 80 bits of "
            "security), and security level 2 asks for 112: have it issued "
            "with a stronger key, or replace @SECLEVEL=2 by @SECLEVEL=1 in "
            "the ciphers"),
        Row("a server's certificate as a client's", asks(),
            Curl("--cert", server[0], "--key", server[1]), "cert-purpose",
            "peer's certificate is not for TLS clients: have it issued with "
            "the purpose clientAuth, or set the client purpose to any here"),
    ]


def ports():
    return [
        Row("implicit TLS at a port for STARTTLS", Setup(),
            Curl(scheme="smtps"), "tls-for-smtp",
            "peer starts TLS at a port for STARTTLS: set it to STARTTLS, or "
            "to the port for implicit TLS"),
        Row("ALPN of the Web", Setup(),
            OpenSSL(options=("-alpn", "h2,http/1.1")), "alpn",
            "peer asks by ALPN for protocols other than smtp: it uses the "
            "wrong port, or must name smtp"),
    ]


def guests():
    """Clients from large packages, if installed."""
    def java(name, setup, reason, sentence, *options):
        return Row(name, setup, Program("java", "SetupClient.java", *options),
                   reason, sentence, guest=True)

    def node(name, setup, reason, sentence, options):
        return Row(name, setup, Program("node", "setup_client.js", options),
                   reason, sentence, guest=True)

    return [
        java("Java 6", Setup(), "version",
             "peer offers TLS 1.0, but this side has TLS 1.2-1.3: set the "
             'protocols to "TLSv1 TLSv1.2 TLSv1.3" and the ciphers to '
             f'"{DEFAULT}:AES128-SHA:@SECLEVEL=0", which weakens all '
             "sessions",
             "TLSv1", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        java("Java 8, TLS 1.3 alone", Setup(protocols=">=TLSv1.3"), "version",
             'peer offers TLS 1.2, which ">=TLSv1.3" in the protocols '
             'excludes: replace ">=TLSv1.3" by ">=TLSv1.2" in the protocols',
             "TLSv1.2"),
        java("Java, CBC alone", Setup(ciphers="HIGH:!SHA256:!SHA384:!SHA1"),
             "suites-excluded", "peer offers TLS 1.2 with "
             'ECDHE-RSA-AES128-SHA256, which "!SHA256" in the ciphers '
             'excludes: remove "!SHA256" from the ciphers',
             "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        node("Node, X448 alone", Setup(groups="X448"), "group",
             "peer offers the groups x25519, which the groups here do not "
             "name: add x25519 to the groups", '{"ecdhCurve": "X25519"}'),
        node("Node of TLS 1.2, Ed25519", Setup(
            certs=[Cert("Ed25519", usage="digitalSignature")]), "needs-rsa",
            "peer offers TLS 1.2 with the signatures ecdsa_secp256r1_sha256, "
            "rsa_pss_rsae_sha256; the only certificate is Ed25519: add an RSA "
            "certificate", '{"maxVersion": "TLSv1.2",'
            ' "sigalgs": "ECDSA+SHA256:RSA-PSS+SHA256"}'),
    ]


def rows(files):
    return versions() + suites() + certificates() + groups_and_signatures() \
        + system() + shown(files) + client_certificates(files) + ports() \
        + guests()
