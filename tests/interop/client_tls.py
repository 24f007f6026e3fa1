# SPDX-License-Identifier: MIT
"""Rows on TLS itself (C-CTL, C-TLS), on injection before it (C-INJ), on
certificates (C-CRT), and on the mail sent over it (C-MSG)."""

import ssl
import struct
import warnings

from client_dialogue import MEGABYTE, bounded, capabilities, forever
from harness import Authority, openssl
from mail_server import Left, server_context, session
from rows import row
from sender import (LATER, REFUSED, TAKEN, commands, delivered, either,
                    refused)
from tlsbytes import split_records

V10, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1,
                      ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def in_bytes(data):
    return [data[i:i + 1] for i in range(len(data))]


# --- honest servers


@row("C-CTL-01", None)
@row("C-CTL-02", (V12, V12))
@row("C-CTL-03", (V13, V13))
def honest(site, versions):
    context = server_context(site.good, versions)
    outcome = delivered(site.send(session(context)))
    if versions:
        assert f"TLSv1.{versions[0] - V10}" in outcome.printed, outcome


@row("C-CTL-04")
def single_bytes(site):
    """Every byte by itself: plaintext, handshake and records."""
    def starttls(peer):
        peer.send_bytes(b"220 go\r\n")
        peer.handshake(site.context, cut=in_bytes)

    def under_tls(words):
        return lambda peer: peer.send_raw(*in_bytes(peer.seal(words)))
    delivered(site.send(session(
        site.context, greeting=lambda peer: peer.send_bytes(b"220 mx\r\n"),
        EHLO=lambda peer: peer.send_bytes(capabilities(b"STARTTLS")),
        STARTTLS=starttls, MAIL=under_tls(b"250 ok\r\n"),
        RCPT=under_tls(b"250 ok\r\n"), QUIT=under_tls(b"221 bye\r\n"),
        **{"TLS EHLO": under_tls(capabilities(b"AUTH PLAIN")),
           "AUTH": under_tls(b"235 ok\r\n"), ".": under_tls(b"250 ok\r\n")})))


@row("C-CTL-05")
def single_bytes_of_hello(site):
    def starttls(peer):
        peer.send(b"220 go\r\n")
        peer.handshake(site.context, cut=in_bytes)
    delivered(site.send(session(site.context, STARTTLS=starttls)))


class Hello:
    """The ClientHello at the start of `raw`."""

    def __init__(self, raw):
        body = b"".join(one[5:] for one in split_records(raw)
                        if one[0] == 22)[4:]
        self.version = int.from_bytes(body[:2], "big")
        at = 35 + body[34]
        size = int.from_bytes(body[at:at + 2], "big")
        self.suites = struct.unpack(f"!{size // 2}H",
                                    body[at + 2:at + 2 + size])
        at += 2 + size
        self.compressions = body[at + 1:at + 1 + body[at]]
        at += 3 + body[at]
        self.extensions = {}
        while at + 4 <= len(body) and len(self.extensions) < 40:
            kind, size = struct.unpack("!HH", body[at:at + 4])
            self.extensions[kind] = body[at + 4:at + 4 + size]
            at += 4 + size


def hello_of(outcome):
    return Hello(outcome.peers[0].raw)


@row("C-CTL-06")
def hello_is_modern(site):
    hello = hello_of(delivered(site.send(session(site.context))))
    versions = struct.unpack(f"!{hello.extensions[43][0] // 2}H",
                             hello.extensions[43][1:])
    assert hello.version == 0x0303 and set(versions) == {0x0304, 0x0303}, \
        versions
    assert hello.compressions == b"\0", hello.compressions
    assert 23 in hello.extensions, "no extended_master_secret"
    assert 0xff01 in hello.extensions or 0x00ff in hello.suites, \
        "no renegotiation_info"
    # AEAD with (EC)DHE and a certificate, and TLS 1.3's
    good = {*range(0x1301, 0x1306), 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8,
            0xcca9, 0xccaa, 0x009e, 0x009f, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af,
            0xc09e, 0xc09f, 0xc0a2, 0xc0a3, 0x00ff, 0x5600}
    assert set(hello.suites) <= good, \
        [hex(one) for one in set(hello.suites) - good]


@row("C-CTL-07")
def sni(site):
    for host in "localhost", "127.0.0.1":
        hello = hello_of(delivered(site.send(session(site.context),
                                             host=host)))
        found = hello.extensions.get(0, b"")[5:]
        assert found == (b"" if host[0].isdigit() else host.encode()), found


@row("C-CTL-08")
def ehlo_again(site):
    outcome = delivered(site.send(session(site.context)))
    assert commands(outcome)[0].startswith(b"EHLO "), commands(outcome)


@row("C-CTL-09")
def waits_for_220(site):
    def starttls(peer):
        peer.listen(0.5)
        early.append(peer.heard)
        peer.send(b"220 go\r\n")
        peer.handshake(site.context)
    early = []
    outcome = delivered(site.send(session(site.context, STARTTLS=starttls)))
    assert early == [b""], early
    assert outcome.peers[0].raw[:2] == b"\x16\x03", outcome.peers[0].raw[:40]


# --- versions and suites


@row("C-TLS-01", (V10, V11), "DEFAULT:@SECLEVEL=0")
@row("C-TLS-02", (V12, V12), "AECDH:ADH:@SECLEVEL=0")
@row("C-TLS-03", (V12, V12), "eNULL:@SECLEVEL=0")
def too_weak(site, versions, ciphers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")     # their deprecation
        context = server_context(site.good, versions, ciphers)
    outcome = refused(site.send(session(context)), status=LATER)
    assert not outcome.peers[0].up


@row("C-TLS-04")
def tickets(site):
    context = server_context(site.good, (V13, V13))
    context.num_tickets = 500
    delivered(site.send(session(context)))


# --- injection

FORGED_EHLO = capabilities(b"AUTH PLAIN LOGIN", b"X-FORGED")
FORGED = FORGED_EHLO + b"235 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n" \
    b"221 bye\r\n"


def injected(site, *segments, pause=0.0, before=b"", **replies):
    """Segments that answer STARTTLS; then the real server takes over and is
    silent or, with replies, does its job."""
    def starttls(peer):
        peer.send_raw(*segments, pause=pause)
        peer.handshake(site.context, before=before)
        if not replies:
            peer.command()
            peer.command()              # none must come
    return site.send(session(site.context, STARTTLS=starttls, **replies))


@row("C-INJ-01", [b"220 go\r\n" + FORGED_EHLO])
@row("C-INJ-02", [b"220 go\r\n" + FORGED])
@row("C-INJ-03", [b"220 go\r\n", FORGED])
@row("C-INJ-04", [b"220 go\r\n"], FORGED)
@row("C-INJ-07", [b"220 go\r\n" + b"250 forged\r\n" * 5500])
@row("C-INJ-08", [b"220-go\r\n220 go\r\n" + FORGED_EHLO])
def forged(site, segments, before=b""):
    outcome = refused(injected(site, *segments, pause=0.2, before=before))
    assert len(commands(outcome)) <= 1, commands(outcome)
    if len(segments) == 1 and not before:
        assert "injects replies" in outcome.sentence, outcome


@row("C-INJ-05", b"250-AUTH PLAIN LOGIN ")
@row("C-INJ-06", b"5")
def fragment(site, data):
    """An honest session without AUTH after it: the fragment is in none of its
    replies."""
    outcome = refused(injected(
        site, b"220 go\r\n" + data,
        **{"TLS EHLO": capabilities(b"SIZE 1000000")}), "injects replies")
    assert not commands(outcome, b"AUTH")


@row("C-INJ-09")
def forgotten(site):
    replies = {"EHLO": capabilities(b"AUTH PLAIN LOGIN", b"STARTTLS"),
               "TLS EHLO": capabilities(b"SIZE 1000000")}
    outcome = refused(site.send(session(site.context, **replies)),
                      "does not offer AUTH PLAIN", REFUSED)
    assert not commands(outcome, b"AUTH") and not commands(outcome, b"MAIL")
    delivered(site.send(session(site.context, **replies), login=False))


@row("C-INJ-10")
def forged_220(site):
    refused(site.send(session(
        site.context, EHLO=capabilities(b"STARTTLS") + b"220 go\r\n",
        STARTTLS=b"454 no\r\n")), "injects replies")


@row("C-INJ-11")
def offered_again(site):
    outcome = delivered(site.send(session(site.context, **{
        "TLS EHLO": capabilities(b"STARTTLS", b"AUTH PLAIN")})))
    assert not commands(outcome, b"STARTTLS")


@row("C-INJ-12")
def plaintext_records(site):
    def say(peer):
        peer.send_raw(b"250 ok\r\n" * 5)
        peer.command()
    outcome = refused(site.send(session(site.context, MAIL=say)))
    assert not commands(outcome, b"RCPT")


@row("C-INJ-13")
def behind_close_notify(site):
    def say(peer):
        peer.notify_close()
        peer.send_raw(FORGED)
        peer.command()
    for name in "TLS EHLO", "MAIL", ".":
        outcome = refused(site.send(session(site.context, **{name: say})))
        assert commands(outcome)[-1][:4] in (b"EHLO", b"MAIL", b"DATA"), \
            commands(outcome)


# --- certificates


def chain(site, name, *pairs):
    """A file with all the certificates, and the first one's key."""
    path = site.dir / f"{name}-chain.crt"
    path.write_bytes(b"".join(crt.read_bytes() for crt, _key in pairs))
    return path, pairs[0][1]


def self_signed(site):
    crt, key = site.dir / "self.crt", site.dir / "self.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout", key,
            "-out", crt, "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost")
    return crt, key


def unknown_authority(site):
    return Authority(site.dir / "unknown", "unknown").issue("leaf")


def of_no_authority(site):
    leaf = Authority(site.dir / "no-ca", "no-ca", site.good).issue("leaf")
    return chain(site, "of-no-authority", leaf, site.good)


def issued(name, **how):
    return lambda site: site.issue(name, **how)


def san(*names):
    """dNSNames of bytes that need not be text."""
    names = b"".join(b"\x82%c" % len(name) + name for name in names)
    return "subjectAltName=DER:" + (b"\x30%c" % len(names) + names).hex(":") \
        + "\nextendedKeyUsage=serverAuth\n"


@row("C-CRT-01", self_signed, "no trusted authority")
@row("C-CRT-02", unknown_authority, "no trusted authority")
@row("C-CRT-03", issued("other", names=("other.example",), address=None),
     'is for "other.example", not for "localhost"')
@row("C-CRT-04", issued("cn", names=("other.example",), address=None,
                        common_name="localhost"), 'not for "localhost"')
@row("C-CRT-05", issued("expired", end="20210101000000Z"), "has expired")
@row("C-CRT-06", issued("early", start="20980101000000Z"), "not yet valid")
@row("C-CRT-07", of_no_authority, "not a certificate authority")
@row("C-CRT-08", issued("client", usage="clientAuth"), "not for TLS servers")
@row("C-CRT-09", issued("nul", extensions=san(b"localhost\0.other.example")),
     'not for "localhost"')
@row("C-CRT-10", issued("star", names=("*",), address=None),
     'not for "localhost"')
def wrong_certificate(site, pair, sentence):
    pair = pair(site)
    for versions in (V12, V12), (V13, V13):
        outcome = refused(
            site.send(session(server_context(pair, versions))), sentence)
        assert not commands(outcome), commands(outcome)


@row("C-CRT-11")
def junk(site):
    odd = site.issue("junk", names=[f"n{i}.junk.example" for i in range(80)])
    context = server_context(chain(site, "junk", site.good, *[odd] * 40))
    either(site.send(session(context)))


# --- messages


@row("C-MSG-01", "MAIL", b"550 no\r\n")
@row("C-MSG-02", "RCPT", b"550 no\r\n")
@row("C-MSG-03", ".", b"554 no\r\n")
def no(site, name, words):
    outcome = site.send(session(site.context, **{name: words}))
    for peer in outcome.peers:
        peer.messages.clear()           # sent, and refused
    refused(outcome, words.decode().strip(), REFUSED)


def ending(words, notify):
    def say(peer):
        peer.send(words)
        peer.close(notify)
        raise Left
    return say


@row("C-MSG-04", ".", b"25")
@row("C-MSG-05", ".", b"250 queued")
@row("C-MSG-06", ".", b"")
@row("C-MSG-10", "MAIL", b"250-a\r\n")
def cut_off(site, name, words):
    for notify in False, True:
        refused(site.send(session(
            site.context, **{name: ending(words, notify)})), status=LATER)


@row("C-MSG-07")
def no_354(site):
    outcome = refused(site.send(session(site.context, DATA=b"250 ok\r\n")),
                      status=LATER)
    assert commands(outcome)[-1] == b"QUIT", commands(outcome)


@row("C-MSG-08", b"250-x\r\n", alone=True)
@row("C-MSG-09", b"x", alone=True)
def endless(site, data):
    bounded(site, refused(site.send(session(
        site.context, MAIL=forever(data, 32 * MEGABYTE))), status=LATER))


@row("C-MSG-11")
def closing(site):
    refused(site.send(session(site.context,
                              **{"TLS EHLO": b"421 closing\r\n"})),
            '"421 closing"', LATER)


@row("C-MSG-12")
def line_ends(site):
    """A CR alone becomes a space: it ends no line, however a server interprets
    it, and what follows it is not a line of its own."""
    cases = (
        (b"lf\n.\n..two\ncrlf\r\n.dot\r\nend\r\n",
         b"lf\r\n..\r\n...two\r\ncrlf\r\n..dot\r\nend\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x@y.example>\n",
         b"a\r\n..\r\nMAIL FROM:<x@y.example>\r\n.\r\n"),
        (b"a\r.\rb", b"a . b\r\n.\r\n"),
        (b"a\n.\rb\r\n", b"a\r\n.. b\r\n.\r\n"),
        (b"a\r.\nb", b"a .\r\nb\r\n.\r\n"),
        (b"a\r\r\n.\r\n", b"a \r\n..\r\n.\r\n"),
        (b"\r", b" \r\n.\r\n"), (b"a\r", b"a \r\n.\r\n"),
        (b"\n\r\n", b"\r\n\r\n.\r\n"), (b".", b"..\r\n.\r\n"),
        (b"", b".\r\n"), (b".\n" * 30000, b"..\r\n" * 30000 + b".\r\n"))
    for number, (text, sent) in enumerate(cases):
        message = site.dir / f"line-ends-{number}"
        message.write_bytes(text)
        outcome = site.send(session(site.context), message=message)
        assert outcome.status == TAKEN, outcome
        found, = outcome.peers[0].messages
        assert found == (True, sent), f"{text[:40]}: {found}"
        delivered(outcome, sent)
