# SPDX-License-Identifier: MIT
"""The reasons of the ClientHello, for reasons.py.

Suites, groups and signatures are spelled out on both sides, so that no
sentence depends on what a release of OpenSSL offers by itself.
"""

import struct

from reason_case import Case, gnutls_cli, s_client, sends, tls12
from tlsbytes import (CLIENT_HELLO, HANDSHAKE, client_hello, message, record,
                      sni, sslv2_hello, u16)

RSA128 = "ECDHE-RSA-AES128-GCM-SHA256"
RSA256 = "ECDHE-RSA-AES256-GCM-SHA384"
ECDSA128 = "ECDHE-ECDSA-AES128-GCM-SHA256"
OLD = "AES128-SHA"              # RSA key exchange
X25519_OFF = "disabled-curve = x25519"
GROUPS = "--groups", "X25519:P-256"


def version(files):
    return [
        Case("version", "peer offers up to TLS 1.2, but this side has TLS "
             "1.3: add TLSv1.2 to the protocols",
             tls12("ALL"), "--protocols", "TLSv1.3"),
        Case("version", "peer offers TLS 1.3, but this side has TLS 1.2: add "
             "TLSv1.3 to the protocols",
             s_client("-tls1_3"), "--protocols", "TLSv1.2"),
        # Its hello does not say that it accepts nothing older.
        Case("version", "peer does not accept TLS 1.1, the best that the "
             "protocols have for it: allow a later version there, or the peer "
             "must be changed",
             tls12("ALL:@SECLEVEL=0"), "--protocols", "<=TLSv1.1",
             "--ciphers", "ALL:@SECLEVEL=0"),
        Case("version", "peer offers TLS 1.0, but this side has TLS 1.2-1.3: "
                        'set the protocols to "TLSv1 TLSv1.2 TLSv1.3" and the '
                        "ciphers to "
                        '"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:ECDHE-RSA-AES256-SHA:@SECLEVEL=0", '
                        "which weakens all sessions",
             s_client("-tls1", "-cipher", "ALL:@SECLEVEL=0")),
        Case("version", "peer offers up to TLS 1.1, but this side has TLS "
                        "1.2: add TLSv1.1 to the protocols, which weakens "
                        "all sessions",
             s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
             "--protocols", "TLSv1.2", "--ciphers", "ALL:@SECLEVEL=0"),
        Case("version", "peer offers up to TLS 1.1, but this side has TLS "
                        "1.0-1.2 without TLS 1.1: add TLSv1.1 to the "
                        "protocols",
             s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
             "--protocols", "TLSv1 TLSv1.2", "--ciphers", "ALL:@SECLEVEL=0"),
        Case("version", "peer offers TLS 1.0, which security level 2 "
                        "forbids: set the ciphers to "
                        '"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:ECDHE-RSA-AES256-SHA:@SECLEVEL=0", '
                        "which weakens all sessions",
             s_client("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
             "--protocols", ">=TLSv1"),
        Case("gnutls", "peer offers TLS 1.3, which GnuTLS cannot combine "
             "with TLS 1.0 or 1.1 without TLS 1.2: add TLSv1.2 to the "
             "protocols",
             s_client("-tls1_3"), "--protocols", "TLSv1.1 TLSv1.3",
             "--ciphers", "ALL:@SECLEVEL=0"),
        Case("system-policy", "peer offers TLS 1.3, but the system's GnuTLS "
                              "policy disables TLS 1.3: " + files.removes(
                                  "disabled-version = tls1.3"),
             s_client("-tls1_3"), env=files.system("disabled-version = "
                                                   "tls1.3")),
        Case("system-policy", "peer offers up to TLS 1.2, but the system's "
                              "GnuTLS policy disables TLS 1.2: "
                              + files.removes("disabled-version = tls1.2"),
             tls12("ALL"), env=files.system("disabled-version = tls1.2")),
        Case("ssl3-hello", "peer offers SSLv3 at best, which is not "
                           "supported here: the peer must offer TLSv1.3",
             sends(client_hello(version=0x0300))),
        Case("ssl2-hello", "peer sent a hello in SSLv2's format: switch SSLv2 "
             "off there",
             sends(sslv2_hello())),
        Case("fallback", "peer fell back to TLS 1.2 although this side has "
                         "TLS 1.2-1.3: the peer must offer TLSv1.3; find out "
                         "why its first attempt failed (RFC 7507)",
             tls12("ALL", "-fallback_scsv")),
    ]


def suites(files):
    return [
        Case("suites-excluded", "peer offers TLS 1.2 with AES128-SHA, which "
                                '"!kRSA" in the ciphers excludes: remove '
                                '"!kRSA" from the ciphers',
             tls12(OLD), "--ciphers", "HIGH:!aNULL:!kRSA:!MD5"),
        Case("suites-excluded", "peer offers TLS 1.2 with AES128-SHA, which "
                                '"-SHA1" in the ciphers removes: add '
                                "AES128-SHA to the ciphers",
             tls12(OLD), "--ciphers", "ALL:-SHA1"),
        Case("suites-excluded", "peer offers TLS 1.2 with "
                                "ECDHE-RSA-AES128-GCM-SHA256, AES128-SHA, "
                                "which the ciphers do not name: add "
                                "ECDHE-RSA-AES128-GCM-SHA256 to the ciphers",
             tls12(f"{RSA128}:{OLD}"), "--ciphers", RSA256),
        Case("suites-excluded", "peer offers TLS 1.2 with AES128-SHA, which "
                                "the ciphers do not name: set the ciphers to "
                                '"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:AES128-SHA"',
             tls12(OLD)),
        Case("suites-excluded", "peer offers TLS 1.3 with "
                                "TLS_AES_128_GCM_SHA256, which the "
                                "ciphersuites do not name: add "
                                "TLS_AES_128_GCM_SHA256 to the ciphersuites",
             s_client("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"),
             "--ciphersuites", "TLS_AES_256_GCM_SHA384"),
        Case("suites-excluded", "peer offers TLS 1.2 with no suite that is "
                                "known here: the peer must offer "
                                "ECDHE-RSA-AES256-GCM-SHA384",
             sends(client_hello(suites=[0xfefe]))),
        Case("suites-excluded", "peer offers TLS 1.2 with "
                                "TLS_RSA_3DES_EDE_CBC_SHA1, "
                                "TLS_RSA_ARCFOUR_128_SHA1, which OpenSSL's "
                                "ciphers cannot name: the peer must offer "
                                "ECDHE-RSA-AES256-GCM-SHA384",
             sends(client_hello(suites=[0x000a, 0x0005]))),
        Case("suites-excluded", "peer offers TLS 1.2 with "
                                "PSK-AES128-GCM-SHA256, and this side has no "
                                "pre-shared keys: the peer must offer "
                                "ECDHE-RSA-AES256-GCM-SHA384",
             sends(client_hello(suites=[0x00a8])), "--ciphers", "ALL"),
        Case("suites-excluded", "peer offers TLS 1.2 with "
                                "ECDHE-RSA-AES256-GCM-SHA384, AES128-SHA, "
                                "AES256-SHA, which the ciphers do not name: "
                                "add ECDHE-RSA-AES256-GCM-SHA384 to the "
                                "ciphers",
             tls12(f"{OLD}:AES256-SHA:{RSA256}"), "--ciphers", RSA128),
        Case("security-level", f"peer offers TLS 1.2 with {OLD}, which "
             "security level 3 forbids: replace @SECLEVEL=3 by @SECLEVEL=2 in "
             "the ciphers and add an RSA certificate, which weakens all "
             "sessions",
             tls12(OLD), "--ciphers", "ALL:@SECLEVEL=3", key="ecdsa"),
        Case("security-level", f"peer offers TLS 1.2 with {OLD}, which "
             "security level 3 forbids: set the security level to 2 and add "
             "an RSA certificate, which weakens all sessions",
             tls12(OLD), "--ciphers", "ALL", "--seclevel", "3", key="ecdsa"),
        Case("security-level", "peer offers TLS 1.2 with ADH-AES128-SHA, "
                               "without encryption or certificate: the peer "
                               "must offer DHE-RSA-AES256-GCM-SHA384",
             tls12("ADH-AES128-SHA"), "--ciphers", "HIGH:aNULL"),
        Case("security-level", "peer offers TLS 1.2 with NULL-SHA, without "
                               "encryption or certificate: the peer must "
                               "offer DHE-RSA-AES256-GCM-SHA384",
             tls12("NULL-SHA"), "--ciphers", "ALL:eNULL"),
        Case("system-policy", "peer offers TLS 1.2 with "
                              "ECDHE-RSA-AES128-GCM-SHA256, which the "
                              "system's GnuTLS policy disables: "
                              + files.removes("tls-disabled-cipher = "
                                              "AES-128-GCM"),
             tls12(RSA128), "--ciphers", f"{RSA256}:{RSA128}",
             env=files.system("tls-disabled-cipher = AES-128-GCM")),
        Case("gnutls", "peer offers TLS 1.2 with ECDHE-ARIA128-GCM-SHA256, "
                       "which the loaded GnuTLS does not have: the peer must "
                       "offer ECDHE-RSA-AES256-GCM-SHA384",
             tls12("ECDHE-ARIA128-GCM-SHA256"), "--ciphers", "ALL"),
        Case("gnutls", "peer offers TLS 1.2 with DHE-DSS-AES128-GCM-SHA256, "
                       "which the loaded GnuTLS does not have: the peer must "
                       "offer ECDHE-RSA-AES256-GCM-SHA384",
             sends(client_hello(suites=[0x00a2])), "--ciphers", "ALL"),
    ]


def keys():
    return [
        Case("needs-rsa", "peer offers up to TLS 1.2 with RSA suites only; "
             "the only certificate is ECDSA P-256: add an RSA certificate",
             tls12(RSA128), key="ecdsa"),
        Case("needs-rsa", "peer offers up to TLS 1.2 with RSA suites only; "
             "the only certificate is ECDSA P-256: add an RSA certificate",
             tls12(OLD), "--ciphers", "HIGH", key="ecdsa"),
        Case("needs-rsa", "peer offers TLS 1.2 with "
                          "ECDHE-ECDSA-AES128-GCM-SHA256, "
                          "ECDHE-RSA-AES128-GCM-SHA256, which the ciphers do "
                          "not name: add ECDHE-ECDSA-AES128-GCM-SHA256 to "
                          "the ciphers",
             tls12(f"{RSA128}:{ECDSA128}"), "--ciphers", RSA128, key="ecdsa"),
        Case("needs-ecdsa", "peer offers TLS 1.2 with "
                            "ECDHE-RSA-AES128-GCM-SHA256, "
                            'ECDHE-ECDSA-AES128-GCM-SHA256, which "!aRSA" in '
                            'the ciphers excludes: remove "!aRSA" from the '
                            "ciphers",
             tls12(f"{RSA128}:{ECDSA128}"), "--ciphers", "HIGH:!aRSA"),
        Case("needs-ecdsa", "peer offers up to TLS 1.2 with ECDSA suites "
                            "only; the only certificate is RSA: add an ECDSA "
                            "P-256 certificate",
             tls12(ECDSA128)),
        Case("needs-ecdsa", "peer offers up to TLS 1.2 with ECDSA suites "
                            "only; the only certificate is RSA: add an ECDSA "
                            "P-256 certificate",
             gnutls_cli("NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-128-GCM:+AEAD:"
                        "+SIGN-ALL:+GROUP-ALL:+COMP-ALL", "--insecure")),
        Case("key-usage", "peer offers TLS 1.2 with AES128-SHA, which the "
                          "keyUsage of the RSA certificate forbids: have the "
                          "RSA certificate issued with keyEncipherment",
             tls12(OLD), "--ciphers", "HIGH", key="rsa-signs"),
        Case("key-usage", "peer offers TLS 1.2 with "
                          "ECDHE-RSA-AES128-GCM-SHA256, which the keyUsage "
                          "of the RSA certificate forbids: have the RSA "
                          "certificate issued with digitalSignature",
             tls12(RSA128), "--ciphers", "HIGH", key="rsa-deciphers"),
        Case("key-usage", "peer offers TLS 1.2 with "
                          "ECDHE-ECDSA-AES128-GCM-SHA256, which the keyUsage "
                          "of the ECDSA P-256 certificate forbids: have the "
                          "ECDSA P-256 certificate issued with "
                          "digitalSignature",
             tls12(ECDSA128), key="ecdsa-agrees"),
        *(Case("key-usage", "peer offers TLS 1.3 with the signatures "
               "ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, which the "
               f"keyUsage of the {kind} certificate forbids: have the {kind} "
               "certificate issued with digitalSignature",
               s_client("-tls1_3", "-sigalgs",
                        "ECDSA+SHA256:RSA-PSS+SHA256"), key=key)
          for kind, key in (("RSA", "rsa-deciphers"),
                            ("ECDSA P-256", "ecdsa-agrees"))),
    ]


def groups(files):
    def curve(offered, own, other, client, key="ecdsa"):
        return Case("group", f"peer offers the groups {offered}; the only "
                    f"certificate is ECDSA {own}: add an {other} certificate",
                    client, key=key)

    x25519 = s_client("-tls1_3", "-groups", "X25519")
    off = files.system(X25519_OFF)
    return [
        Case("group", "peer offers the groups secp384r1, x448, which the "
                      "groups here do not name: add secp384r1 to the groups",
             s_client("-tls1_3", "-groups", "P-384:X448"), *GROUPS),
        Case("group", "peer offers the groups secp384r1, which the groups "
                      "here do not name: add secp384r1 to the groups",
             tls12(RSA128, "-groups", "P-384"), *GROUPS),
        curve("x25519, secp384r1", "P-256", "ECDSA P-384",
              tls12(ECDSA128, "-groups", "X25519:P-384")),
        curve("x25519, secp384r1", "P-256", "RSA",
              tls12(f"{ECDSA128}:{RSA128}", "-groups", "X25519:P-384")),
        curve("secp256r1", "P-384", "ECDSA P-256",
              tls12(ECDSA128, "-groups", "P-256", "-sigalgs",
                    "ECDSA+SHA256:ECDSA+SHA384"), key="p384"),
        Case("group", "peer offers ECDHE without a list of groups: the peer "
                      "must offer x25519",
             sends(client_hello(without=(10,)))),
        Case("group", "peer offers TLS 1.2 with AES128-SHA, "
                      "ECDHE-RSA-AES128-GCM-SHA256, which the ciphers do not "
                      "name: set the ciphers to "
                      '"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:AES128-SHA"',
             sends(client_hello(suites=[0xc02f, 0x002f], without=(10,)))),
        Case("gnutls", "peer offers the groups brainpoolP256r1, which the "
                       "loaded GnuTLS does not have: the peer must offer "
                       "secp256r1",
             tls12(RSA128, "-groups", "brainpoolP256r1"),
             "--groups", "brainpoolP256r1:P-256"),
        Case("system-policy", "peer offers the groups x25519, which the "
                              "system's GnuTLS policy disables: "
                              + files.removes(X25519_OFF),
             x25519, *GROUPS, env=off),
        Case("system-policy", "peer offers the groups x25519, which the "
                              "system's GnuTLS policy disables: add x25519 "
                              "to the groups and "
                              + files.removes(X25519_OFF),
             x25519, "--groups", "P-256", env=off),
    ]


def sigalgs(files):
    level = ("which security level 2 forbids: set the security level to 0, "
             "which weakens all sessions")

    def signer(name, version, offered, own, other, client, key):
        return Case(name, f"peer offers TLS {version} with the signatures "
                    f"{offered}; the only certificate is {own}: add an "
                    f"{other} certificate", client, key=key)

    pss = s_client("-tls1_3", "-sigalgs", "RSA-PSS+SHA256")
    return [
        Case("sigalg", "peer offers the signatures rsa_pkcs1_sha1, "
             + level, tls12(RSA128, "-sigalgs", "RSA+SHA1")),
        Case("sigalg", "peer sends no list of signatures, which means "
             f"rsa_pkcs1_sha1, ecdsa_sha1, {level}",
             sends(client_hello(without=(13,)))),
        *(signer("needs-rsa", "1.3", "rsa_pss_rsae_sha256", own, "RSA", pss,
                 key)
          for own, key in (("ECDSA P-256", "ecdsa"), ("ECDSA P-384", "p384"),
                           ("Ed25519", "ed25519"))),
        signer("needs-ecdsa", "1.3", "ecdsa_secp256r1_sha256", "ECDSA P-384",
               "ECDSA P-256", s_client("-tls1_3", "-sigalgs", "ECDSA+SHA256"),
               "p384"),
        signer("needs-ecdsa", "1.2", "ecdsa_secp256r1_sha256", "Ed25519",
               "ECDSA P-256", tls12(ECDSA128, "-sigalgs", "ECDSA+SHA256"),
               "ed25519"),
        signer("needs-rsa", "1.2", "rsa_pkcs1_sha256", "ECDSA P-256", "RSA",
               sends(client_hello(extra=[(13, u16(b"\4\1"))])), "ecdsa"),
        Case("system-policy", "peer offers the signatures "
                              "rsa_pss_rsae_sha256, which the system's "
                              "GnuTLS policy disables: "
                              + files.removes("insecure-sig = "
                                              "RSA-PSS-RSAE-SHA256"), pss,
             env=files.system("insecure-sig = RSA-PSS-RSAE-SHA256")),
    ]


def names():
    def case(shown, client, *options,
             cure="add an RSA certificate for it, or turn off strict SNI"):
        return Case("sni", f'no certificate has the name "{shown}" that the '
                    f"peer asked for: {cure}", client, "--strict-sni",
                    *options)

    asks = "-servername", "other.example"
    return [
        case("other.example", s_client("-tls1_2", *asks)),
        case("other.example", s_client("-tls1_3", *asks)),
        case("other.example", s_client(*asks), "--priority", "NORMAL"),
        case("other.example", tls12(ECDSA128, *asks), cure="add an ECDSA "
             "P-256 certificate for it, or turn off strict SNI"),
        case('a\\xff"b', sends(client_hello(extra=[sni(b'a\xff"b')])),
             cure="it must ask for another, or turn off strict SNI here"),
    ]


def twice():
    """The list of groups, twice."""
    one = struct.pack("!H", 10) + u16(u16(struct.pack("!H", 29)))
    body = client_hello(without=(0, 10, 11, 13, 23, 0xff01), body_only=True)
    return record(HANDSHAKE, message(CLIENT_HELLO, body[4:-2]
                                     + u16(one + one)))


def bad_hello():
    def case(what, hello):
        return Case("bad-hello", f"peer's ClientHello {what}: the peer must "
                    "be fixed", sends(hello))

    return [
        case("has inconsistent lengths in supported_groups",
             client_hello(extra=[(10, struct.pack("!HH", 200, 29))])),
        case("has supported_groups twice", twice()),
        case("has inconsistent lengths in key_share",
             client_hello(tls13=True, extra=[
                 (51, u16(struct.pack("!HH", 29, 0)))])),
        case("lacks key_share, which TLS 1.3 requires",
             client_hello(tls13=True, without=(51,))),
        case("lacks signature_algorithms, which TLS 1.3 requires",
             client_hello(tls13=True, without=(13,))),
    ]


def cases(files):
    return version(files) + suites(files) + keys() + groups(files) \
        + sigalgs(files) + names() + bad_hello()
