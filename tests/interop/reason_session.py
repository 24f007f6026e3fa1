# SPDX-License-Identifier: MIT
"""The reasons of the session, for reasons.py: peers that speak another
protocol, that leave, that are silent, that refuse, or whose certificate is not
good enough."""

import http.client
import smtplib
import types

from harness import SCALE
from reason_case import (BOTH, LIMIT, STARTTLS, TLS, Case, connected,
                         gnutls_cli, python, s_client, sends)
from tlsbytes import (ALERT, DATA, HANDSHAKE, HELLO_DONE, SERVER_HELLO,
                      client_hello, message, record)
from wire import Wire, opened

# Long enough for all that a client sends before it falls silent.
SHORT = "--handshake-timeout", str(SCALE)


# --- other protocols


def http_client(server, _starttls):
    """Python's HTTP client."""
    connection = http.client.HTTPConnection(*server.tls, timeout=LIMIT)
    try:
        connection.putrequest("GET", "/", skip_host=True,
                              skip_accept_encoding=True)
        connection.putheader("Host", "mx.example")
        connection.endheaders()
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        pass                    # an alert is not an HTTP response
    finally:
        connection.close()


def at_the_other_port(client):
    """TLS at once, as for port 465, where STARTTLS is offered."""
    return lambda server, _starttls: client(
        types.SimpleNamespace(tls=server.starttls), False)


PROXY1 = b"PROXY TCP4 203.0.113.5 192.0.2.1 40000 25\r\n"
PROXY2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0q\5\xc0\0\2\1\x9c@\0\x19"


def at_once(*segments):
    """Only these bytes, in plaintext on either port, and no STARTTLS."""
    def client(server, starttls):
        with Wire(server.starttls if starttls else server.tls) as wire:
            wire.send_raw(*segments, pause=0.05)
            wire.until_closed()
    return client


def proxies():
    """HAProxy's header, on either port and after STARTTLS."""
    def case(version, words, client, error="SMTPTLS_E_HANDSHAKE", ports=BOTH):
        return Case("proxy-header", "peer sent a PROXY protocol header "
                    f"(v{version}), which is not accepted here: switch it "
                    f"off in the proxy in front of this port ({words})", client,
                    error=error, ports=ports)

    for version, header, words in (
            (1, PROXY1, "HAProxy's send-proxy, nginx's proxy_protocol"),
            (2, PROXY2, "HAProxy's send-proxy-v2")):
        # in one piece, and split where it could be mistaken for something else
        for cut in (len(header), 1, 5, 7):
            pieces = [header[:cut], header[cut:]] if header[cut:] else [header]
            yield case(version, words, sends(*pieces))
            yield case(version, words, at_once(*pieces, b"EHLO x\r\n"),
                       "SMTPTLS_E_PROTOCOL", STARTTLS)


def other_words():
    def in_clear(said, cure, client, ports):
        return Case("smtp-in-clear", "peer speaks SMTP in the clear "
                    f"(\"{said}\\x0d\\x0a\") where TLS was expected: {cure}",
                    client, ports=ports)

    def clear(*lines):
        """On either port, in one segment and in two."""
        for line in lines:
            for client in (sends(line + b"\r\n"),
                           sends(line[:3], line[3:] + b"\r\n")):
                yield in_clear(line.decode(), "set it to implicit TLS, or to "
                               "a port for STARTTLS", client, TLS)
                yield in_clear(line.decode(), "it must start TLS after the "
                               "220 to STARTTLS", client, STARTTLS)

    wrong = "where TLS was expected: it uses the wrong port, or must be fixed"
    other_port = "peer starts TLS at a port for STARTTLS: set it to " \
        "STARTTLS, or to the port for implicit TLS"
    other_alpn = "peer asks by ALPN for protocols other than smtp: it uses " \
        "the wrong port, or must name smtp"
    return [
        Case("no-tls", f'peer sent "SSH-2.0-OpenSSH_9.2p1\\x0d\\x0a" {wrong}',
             sends(b"SSH-2.0-OpenSSH_9.2p1\r\n")),
        Case("no-tls", f'peer sent "\\x00" {wrong}', sends(bytes(2))),
        Case("no-tls", f'peer sent "\\x16j" {wrong}',
             sends(b"\x16junk and more junk")),
        Case("http", 'peer speaks HTTP ("GET / HTTP/1.1\\x0d\\x0a"): it uses '
             'the wrong port',
             http_client, ports=TLS),
        Case("http", 'peer speaks HTTP ("PUT / HTTP/1.1\\x0d\\x0a"): it uses '
             'the wrong port', sends(b"P", b"UT / HTTP/1.1\r\n\r\n")),
        *clear(b"EHLO client.example", b"EHLO", b"NOOP"),
        *(Case("tls-for-smtp", other_port, at_the_other_port(client),
               error="SMTPTLS_E_PROTOCOL", ports=STARTTLS)
          for client in (s_client(), gnutls_cli("NORMAL", "--insecure"))),
        Case("alpn", other_alpn, s_client("-tls1_2", "-alpn", "h2")),
        Case("alpn", other_alpn, s_client("-tls1_3", "-alpn", "h2,http/1.1")),
        *proxies(),
        Case("bad-hello", "peer's first message is not a ClientHello: the "
             "peer must be fixed",
             sends(record(HANDSHAKE, message(SERVER_HELLO, bytes(40))))),
    ]


# --- closed, or silent


def leaves(*segments):
    """Sends this, and closes."""
    def client(server, starttls):
        with connected(server, starttls) as wire:
            wire.send_raw(*segments)
            wire.shut()
            wire.until_closed()
    return client


def resets(*segments):
    """Sends this, reads the answer if there is one, and resets."""
    def client(server, starttls):
        with connected(server, starttls) as wire:
            wire.send_raw(*segments)
            if segments:
                wire.sock.recv(1)
            wire.reset()
    return client


def greeted(limit):
    """Python's SMTP client, which waits this long for a greeting."""
    def client(server, _starttls):
        try:
            smtplib.SMTP(*server.tls, timeout=limit)
        except (OSError, smtplib.SMTPException):
            pass                # an alert is not a greeting
    return client


def endings(files):
    hello, log = client_hello(), "its own log says why"
    distrust = ": it may not trust the certificate's authority " \
        f"\"{files.authority}\"; else {log}"
    lost = "look for packets lost on the way (a firewall, the MTU), or allow " \
        "more time"
    elsewhere = "set it to implicit TLS, or to a port for STARTTLS"

    def closed(when, client, ports=BOTH):
        return Case("closed", f"peer closed the connection {when}", client,
                    error="SMTPTLS_E_TRUNCATED", ports=ports)

    def broken(when, client, ports):
        return Case("closed", "peer reset the connection (ECONNRESET) "
                    f"{when}: a firewall in between may be the cause; else "
                    "the peer's own log says why",
                    client, error="SMTPTLS_E_IO", ports=ports)

    def timeout(when, client, cure=lost, ports=BOTH):
        return Case("timeout", f"peer was silent for too long ({SCALE} s) "
                    f"{when}: {cure}", client, *SHORT, error="SMTPTLS_E_TIMEOUT", ports=ports)

    waited = "before its ClientHello: it only probed the port, or waited for " \
        "a greeting in the clear and must be set to implicit TLS, or to a " \
        "port for STARTTLS"
    waits = f"if it waits for a greeting in the clear, {elsewhere}; else " \
        "look for lost packets"
    return [
        closed("after this side's 220, before its ClientHello: a firewall "
               "in between that inspects SMTP may cut TLS off, or the peer's "
               "log says why",
               leaves(), STARTTLS),
        *(Case("closed", f"peer ended TLS (close_notify) before its "
               f"ClientHello: {log}", sends(record(ALERT, alert)))
          for alert in (b"\1\0", b"\2\0")),
        *(closed(waited, client, TLS) for client in (leaves(), greeted(0.5))),
        closed(f"within its ClientHello: {log}", leaves(hello[:40])),
        closed(f"after this side's ServerHello..ServerHelloDone{distrust}",
               leaves(hello)),
        closed(f"after this side's ServerHello..Finished{distrust}",
               leaves(client_hello(tls13=True))),
        broken("before its ClientHello", resets(), TLS),
        broken("after this side's 220, before its ClientHello", resets(),
               STARTTLS),
        timeout("after this side's 220, before its ClientHello", sends(),
                "a firewall in between that inspects SMTP may hold TLS back; "
                "else look for lost packets, or allow more time",
                ports=STARTTLS),
        *(timeout("before its ClientHello", client, waits, TLS)
          for client in (sends(), greeted(LIMIT))),
        timeout("within its ClientHello", sends(hello[:40])),
        timeout("after this side's ServerHello..ServerHelloDone",
                sends(hello)),
        timeout("after this side's ServerHello..Finished",
                sends(client_hello(tls13=True))),
    ]


# --- what TLS forbids


def defects():
    """Messages that no library sends; those that need its keys are in
    tests/unit/tls/failure.c."""
    defect = "one side has a defect, or something in between changes the " \
        "bytes"
    hello, hello13 = client_hello(), client_hello(tls13=True)

    def case(name, found, *segments):
        return Case(name, f"peer sent {found}: {defect}", sends(*segments))

    return [
        case("bad-record", "a record that cannot be decrypted after this "
             "side's ServerHello..Finished", hello13,
             record(DATA, bytes(40), 0x0303)),
        case("bad-record", "a record of an unexpected type after this side's "
             "ServerHello..ServerHelloDone", hello,
             record(DATA, bytes(40), 0x0303)),
        case("bad-message", "an unexpected handshake message after this "
             "side's ServerHello..ServerHelloDone", hello,
             record(HANDSHAKE, message(HELLO_DONE, b""), 0x0303)),
        case("bad-message", "a message with inconsistent lengths after its "
             "ClientKeyExchange", hello,
             record(HANDSHAKE, message(16, b"\x21" + bytes(16)), 0x0303)),
        Case("flood", "peer sent nothing but warning alerts: it has a defect, "
             "or is an attacker",
             sends(hello, *[record(ALERT, b"\1\x5a", 0x0303)] * 5)),
        Case("injection", "plaintext came after STARTTLS and before TLS: the "
             "peer must wait for the 220, or an attacker injected it",
             injects, error="SMTPTLS_E_INJECTION", ports=STARTTLS),
    ]


def injects(server, _starttls):
    """CVE-2011-0411"""
    with opened(server.starttls) as wire:
        wire.send_raw(b"STARTTLS\r\nRSET\r\n")
        wire.until_closed()


# --- the peer's view


def verifies(authority, *options):
    """openssl s_client that ends because of a certificate it does not accept"""
    return s_client("-verify_return_error", "-CAfile", authority, *options)


def alerts(files):
    def case(number, name, found, cure, *clients, key="rsa"):
        sentence = f"{found} (alert {number}, {name}): {cure}"
        return [Case("peer-alert", sentence, client, key=key)
                for client in clients]

    stranger = files.stranger.crt
    distrust = "have it trust the certificate's authority " \
        f"\"{files.authority}\", or use one that it trusts"
    return [
        *case(48, "unknown_ca",
              "peer does not trust the authority of this side's certificate",
              distrust,
              verifies(stranger, "-tls1_2"), verifies(stranger, "-tls1_3"),
              python(ca=stranger, version="1.2"),
              python(ca=stranger, version="1.3")),
        # It sends no SNI, so the name that it expects is not known.
        *case(42, "bad_certificate",
              "peer finds this side's certificate faulty",
              f"have it trust the authority \"{files.authority}\", or look "
              "for a name that the certificate has",
              verifies(files.ca, "-tls1_2", "-verify_hostname", "mx.example"),
              verifies(files.ca, "-tls1_3", "-verify_hostname", "mx.example"),
              gnutls_cli("NORMAL:-VERS-TLS1.3", "--x509cafile", stranger),
              gnutls_cli("NORMAL", "--x509cafile", stranger)),
        *case(45, "certificate_expired",
              "peer finds this side's certificate expired or not yet valid",
              "the certificate expired on 2021-01-01: renew it; it was sent "
              "without its issuer \"CN=clients\": add that after it or, if a "
              "root, have the peer trust it",
              verifies(files.clients.crt, "-tls1_2"),
              verifies(files.clients.crt, "-tls1_3"), key="expired"),
        *case(43, "unsupported_certificate",
              "peer cannot use a certificate of this side's kind",
              "the certificate is for TLS clients only: have it issued with "
              "the purpose serverAuth",
              verifies(files.clients.crt, "-tls1_2"),
              verifies(files.clients.crt, "-tls1_3"), key="client-only"),
        *case(40, "handshake_failure",
              "peer found nothing acceptable in what this side chose",
              "compare its ciphers, groups and signature algorithms with this "
              "side's",
              sends(client_hello(), record(ALERT, b"\2\x28", 0x0303))),
        *(Case("peer-alert", "peer gave up instead of sending a ClientHello "
               f"(alert {number}, {name}): its protocols and ciphers leave "
               "it nothing to offer, or its own log says why",
               sends(record(ALERT, bytes([2, number]))))
          for number, name in ((40, "handshake_failure"),
                               (90, "user_canceled"))),
    ]


# --- the peer's certificate


def certificates(files):
    """What smtptls-server --verify require objects to in a client's
    certificate."""
    ask = "--verify", "require", "--ca", str(files.clients.crt)

    def case(name, sentence, pair=None):
        shown = ["-cert", pair[0], "-key", pair[1]] if pair else []
        return [Case(name, sentence, s_client(version, *shown), *ask,
                     error="SMTPTLS_E_" + name.upper().replace("-", "_"))
                for version in ("-tls1_2", "-tls1_3")]

    return [
        *case("cert-missing", "peer presented no certificate from the "
              "authorities asked for, \"CN=clients\": install one there, add "
              "the authority of the one that it has to the CA file, or demand "
              "none"),
        *case("cert-time", "peer's certificate has expired or is not yet "
              "valid: renew it there, or set the clocks right",
              files.expired),
        *case("cert-purpose", "peer's certificate is not for TLS clients: "
              "have it issued with the purpose clientAuth, or set the client "
              "purpose to any here",
              files.server_only),
    ]


def cases(files):
    return other_words() + endings(files) + defects() + alerts(files) \
        + certificates(files)
