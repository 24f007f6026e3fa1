#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""sendmta on what others got wrong, on kinds of wrong certificates, its
options, and with the sample server.

  sendmta.py [WORD...]            those checks whose name has one of the words

Checks with names like "aiosmtpd 389" are public reports about other programs.
The rows of tests/data/behaviour.tsv are tested in behaviour_client.py, other
servers in mtas.py. See sender.py for the environment.
"""

import concurrent.futures
import functools
import hashlib
import ssl
import sys

from client_dialogue import capabilities
from harness import (Authority, Certificates, Checks, Server, openssl, scratch,
                     server_program, wanted)
from mail_server import MailServer, server_context, session
from rows import WORKERS
from sender import (FROM, LATER, LOCAL, REFUSED, TAKEN, TEXT, TO, USAGE,
                    Outcome, Stage, can_be_given, commands, delivered, refused,
                    sane)

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


# --- reports about other programs


def any_line(stage):
    """STARTTLS is found whichever line it is on."""
    others = [b"SIZE 1000000", b"8BITMIME"]
    for place in range(3):
        lines = others[:place] + [b"STARTTLS"] + others[place:]
        delivered(stage.send(session(stage.context,
                                     EHLO=capabilities(*lines))))
    delivered(stage.send(session(stage.context,
                                 EHLO=capabilities(b"STARTTLS"))))


def packet_a_line(stage):
    def say(*lines):
        def send(peer):
            for line in lines:
                peer.send(line)
                peer.listen(0.1)
        return send
    lines = capabilities(b"SIZE 1000000", b"STARTTLS").splitlines(True)
    under_tls = capabilities(b"SIZE 1000000", b"AUTH PLAIN").splitlines(True)
    delivered(stage.send(session(
        stage.context, greeting=say(b"220-a\r\n", b"220 b\r\n"),
        EHLO=say(*lines), MAIL=say(b"250-a\r\n", b"250 b\r\n"),
        **{"TLS EHLO": say(*under_tls)})))


def kept_behind_220(stage):
    refused(stage.send(session(stage.context,
                               STARTTLS=lambda peer: peer.send_raw(
                                   b"220 go\r\n250 x\r\n"))),
            "injects replies")


def implicit_from_the_first_byte(stage):
    outcome = delivered(stage.send(session(stage.context, implicit=True),
                                   options=["--implicit"]))
    assert not outcome.peers[0].clear, outcome.peers[0].clear
    assert outcome.peers[0].raw[:2] == b"\x16\3", outcome.peers[0].raw[:2]


def ehlo_again(stage):
    """A server that requires a second EHLO."""
    def mail(peer):
        said = any(up and line.startswith(b"EHLO")
                   for up, line in peer.commands)
        peer.send(b"250 ok\r\n" if said else b"503 EHLO first\r\n")
    for options in [], ["--implicit"]:
        outcome = delivered(stage.send(session(
            stage.context, implicit=bool(options), MAIL=mail),
            options=options))
        assert commands(outcome)[0].startswith(b"EHLO "), commands(outcome)


def by_code(stage):
    delivered(stage.send(session(stage.context,
                                 STARTTLS=b"220 Gerne doch\r\n")))
    refused(stage.send(session(stage.context,
                               STARTTLS=b"454 220 Ready to start TLS\r\n")))


def configured_name(stage):
    """The name that was given counts, whatever the address is an alias of."""
    alias = stage.issue("alias", names=("mx.example",), address=None)
    target = stage.issue("target", names=("localhost",))
    delivered(stage.send(session(server_context(alias)), host="mx.example"))
    refused(stage.send(session(server_context(target)), host="mx.example"),
            'not for "mx.example"')


def level_by_destination(stage):
    """What is accepted from one server is not accepted from another."""
    other = session(server_context(stage.issue(
        "other-level", names=("other.example",), address=None)))
    delivered(stage.send(other, verify=["--require", "none"]))
    refused(stage.send(other))


def stall_is_failure(stage):
    """A retry is advised, but not made here."""
    def say(peer):
        peer.send(b"220 go\r\n")
        peer.listen(60)
    refused(stage.send(session(stage.context, STARTTLS=say), timeout=2),
            "silent for too long", LATER)


def not_stuck(stage):
    """Opportunistic: a status that lets a queue try again, in plaintext if its
    owner says so."""
    def say(peer):
        peer.send(b"220 go\r\n")
        peer.close()
    allowed = ["--require", "none", "--allow-cleartext"]
    refused(stage.send(session(stage.context, STARTTLS=say), verify=allowed,
                       login=False), status=LATER)
    outcome = sane(stage.send(
        session(stage.context, EHLO=capabilities(b"SIZE 1000000")),
        verify=allowed, login=False))
    assert outcome.status == TAKEN, outcome


def names_never_stop(stage):
    pair = stage.issue("misnamed", names=("other.example",), address=None)
    for options, told in ((["--require", "none"], "not verified"),
                          (["--require", "optional", "--ca", stage.ca.crt],
                           "not verified: the peer's certificate is "
                           "issued for another name")):
        outcome = delivered(stage.send(session(server_context(pair)),
                                       verify=options))
        assert told in outcome.printed, outcome


def required_without_a_word(stage):
    for verify in None, ["--require", "none"]:
        refused(stage.send(session(stage.context, EHLO=capabilities(
            b"SIZE 1000000")), verify=verify), "does not offer STARTTLS")


def names_the_file(stage):
    for path in filter(can_be_given, ("/nowhere/ca-bundle.crt", "~/ca.crt",
                                      "ca\n.crt")):
        outcome = sane(stage.send(session(stage.context),
                                  verify=["--ca", path]))
        assert outcome.status == LOCAL and not outcome.peers, outcome
        shown = path.replace("\n", "?")
        assert shown in outcome.sentence, outcome
    # a session that is there and cannot be read
    outcome = stage.send(session(stage.context),
                         options=["--session", stage.ca.crt / "session"])
    assert outcome.status == LOCAL, outcome
    assert "Not a directory" in outcome.sentence, outcome


def resumed_as_strictly(stage):
    """A session is resumed only under the requirements with which it was
    saved, and verified like any other."""
    kept = stage.dir / "session"
    keep = ["--session", kept]
    pin = f"--pin=sha256:{'0' * 64}"
    pair = stage.issue("lenient", names=("other.example",), address=None)
    context = server_context(pair, (V12, V13))
    lenient = ["--require", "none"]
    for again in False, True:
        outcome = delivered(stage.send(session(context), verify=lenient,
                                       options=keep))
        assert ("resumed" in outcome.printed) == again, outcome
    refused(stage.send(session(context), options=keep),
            'not for "localhost"')
    context = server_context(stage.good, (V12, V13))
    kept.unlink(missing_ok=True)
    delivered(stage.send(session(context), options=keep))
    refused(stage.send(session(context), verify=["--ca", stage.ca.crt, pin],
                       options=keep), "matches a pin")


REPORTS = {
    "seed7 108, CPP-SMTPClient 38, zetacomponents Mail 52": any_line,
    "aiosmtpd 389": packet_a_line,
    "nodemailer 1835, libetpan 386": kept_behind_220,
    "nodemailer 1835": implicit_from_the_first_byte,
    "KumoMTA 61, mailio 214, mail-dmarc 129": ehlo_again,
    "linyows warp 10": by_code,
    "libESMTP 20": configured_name,
    "dma 132, msmtp 114": level_by_destination,
    "KumoMTA 577, gen_smtp 134": stall_is_failure,
    "KumoMTA 67, Haraka 2785, Stalwart 61, OpenSMTPD 388, zotonic 3695":
        not_stuck,
    "suitenumerique messages 687": names_never_stop,
    "emailjs 13": required_without_a_word,
    "curl 18902, 19395, TlsLib4Pascal 65, pure-tls 10": resumed_as_strictly,
    "ossec-hids 2195": names_the_file,
    "mutt-wizard 552": names_the_file,
}


# --- wrong certificates


def chained(stage, *pairs):
    path = stage.dir / f"{pairs[0][0].stem}-chain.crt"
    path.write_bytes(b"".join(crt.read_bytes() for crt, _key in pairs))
    return path, pairs[0][1]


LEAF = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n"
CA = "basicConstraints=critical,CA:true{}\nkeyUsage=critical,keyCertSign\n{}"


def below(stage, name, limit="", constraints="", above=None):
    """An authority issued by another."""
    pair = stage.issue(name, authority=above,
                       extensions=CA.format(limit, constraints))
    return Authority(stage.dir / name, name, pair), pair


def constrained(stage):
    authority, pair = below(
        stage, "constrained",
        constraints="nameConstraints=critical,permitted;DNS:other.example\n")
    return chained(stage, stage.issue("constrained-leaf", authority), pair)


def too_deep(stage):
    first, pair = below(stage, "first", limit=",pathlen:0")
    second, deep = below(stage, "second", above=first)
    return chained(stage, stage.issue("deep-leaf", second), deep, pair)


def of_no_authority(stage):
    no_ca = Authority(stage.dir / "no-ca", "no-ca", stage.good)
    return chained(stage, stage.issue("no-ca-leaf", no_ca), stage.good)


def tampered(stage):
    """The last byte belongs to the signature."""
    crt, key = stage.issue("tampered")
    der = bytearray(ssl.PEM_cert_to_DER_cert(crt.read_text()))
    der[-1] ^= 1
    crt.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)))
    return crt, key


def stranger(stage):
    return Authority(stage.dir / "stranger", "stranger").issue("leaf")


WRONG = {
    "of an unknown authority": (
        stranger, "no trusted authority has signed the peer's certificate"),
    "expired": (lambda stage: stage.issue("expired", end="20210101000000Z"),
                "has expired or is not yet valid"),
    "for clients": (lambda stage: stage.issue("client", usage="clientAuth"),
                    "is not for TLS servers"),
    "for another name": (
        lambda stage: stage.issue("named", names=("other.example",),
                                  address=None),
        'is for "other.example", not for "localhost"'),
    "without SAN": (
        lambda stage: stage.issue("san", common_name="localhost",
                                  extensions="extendedKeyUsage=serverAuth\n"),
        "has no SAN; its CN is ignored"),
    "weak": (lambda stage: stage.issue("weak", rsa=1024), "of 1024 bits"),
    "with an unknown critical extension": (
        lambda stage: stage.issue(
            "critical", extensions=LEAF
            + "1.3.6.1.4.1.99999.1=critical,DER:05:00\n"),
        "a critical extension that is unknown here"),
    "of an authority for other names": (constrained, "is not allowed to sign "
                                        "for its names"),
    "below too many authorities": (too_deep, "chain is longer than"),
    "of what is no authority": (of_no_authority, "is not a certificate "
                                "authority"),
    "tampered with": (tampered, "the signature of the peer's certificate, or "
                      "of one above it, is wrong"),
}


SAID = []                       # one of each kind


@functools.lru_cache(None)
def made(stage, name):
    """The certificate of that kind, and its key."""
    return WRONG[name][0](stage)


def wrong(stage, name):
    for versions in (V12, V12), (V13, V13):
        outcome = refused(stage.send(session(server_context(
            made(stage, name), versions, "DEFAULT:@SECLEVEL=0"))),
            WRONG[name][1])
        assert not commands(outcome), commands(outcome)
    SAID.append(outcome.sentence)


def all_differ(_stage):
    assert len(set(SAID)) == len(WRONG) > 10, SAID


def pins(stage):
    crt, _key = stage.good
    der = ssl.PEM_cert_to_DER_cert(crt.read_text())
    public = openssl("x509", "-in", crt, "-noout", "-pubkey")
    key = ssl.PEM_cert_to_DER_cert(public.replace("PUBLIC KEY", "CERTIFICATE"))
    of_ca = ssl.PEM_cert_to_DER_cert(stage.ca.crt.read_text())
    pin, none, other = (
        [f"--pin=sha256:{hashlib.sha256(data).hexdigest()}" for data in
         (der, key)], f"--pin=sha256:{'0' * 64}",
        f"--pin=sha256:{hashlib.sha256(of_ca).hexdigest()}")
    trusted = ["--ca", stage.ca.crt]
    misnamed = dict(host="other.example")
    for good in pin:
        # alone, the name and the authority do not count; with --ca they do
        delivered(stage.send(session(stage.context), verify=[good],
                             **misnamed))
        delivered(stage.send(session(stage.context), verify=[good, *trusted]))
        refused(stage.send(session(stage.context), verify=[good, *trusted],
                           **misnamed), 'not for "other.example"')
        refused(stage.send(session(stage.context),
                           verify=[good, "--require", "ca"]),
                "no trusted authority")
    for bad in none, other:
        for verify in [bad], [bad, *trusted]:
            refused(stage.send(session(stage.context), verify=verify),
                    "matches a pin")


# --- options


def wrong_options(stage):
    here = stage.message, "localhost:1"
    both = "--from", FROM, "--to", TO
    pin = f"sha256:{'0' * 64}"
    for arguments, said in (
            ((), "FILE and HOST:PORT"), (both, "FILE and HOST:PORT"),
            ((*both, "a", "b", "c"), "FILE and HOST:PORT"),
            (here, "--from"), (("--from", FROM, *here), "--to"),
            ((*both, "--to", TO, *here), "--to: given twice"),
            ((*both, stage.message, "localhost"), "not HOST:PORT"),
            ((*both, stage.message, ":25"), "not HOST:PORT"),
            ((*both, stage.message, "localhost:"), "not HOST:PORT"),
            ((*both, "--require", "pin", *here), "--require pin"),
            ((*both, "--timeout", "0", *here), "--timeout 0"),
            ((*both, "--timeout", "9x", *here), "--timeout 9x"),
            ((*both, "--pin", "sha256:00", *here), "--pin sha256:00"),
            ((*both, "--pin", pin.replace("256", "1"), *here), "--pin"),
            ((*both, "--pin", pin[:-1] + "g", *here), "--pin"),
            ((*both, "--pin", pin, "--require", "none", *here), "--pin"),
            ((*both, "--ca", "x", "--require", "none", *here), "--ca"),
            ((*both, "--allow-cleartext", *here), "--allow-cleartext: only"),
            ((*both, "--allow-cleartext", "--require", "ca", *here),
             "--allow-cleartext: only"),
            ((*both, "--allow-cleartext", "--pin", pin, *here),
             "--allow-cleartext: only"),
            ((*both, "--allow-cleartext", "--require", "none", "--user", "a",
              "--password", "b", *here), "not with --user"),
            ((*both, "--allow-cleartext", "--require", "optional",
              "--implicit", *here), "not with --implicit"),
            ((*both, "--user", "a", *here), "both or neither"),
            ((*both, "--password", "a", *here), "both or neither"),
            ((*both, "--client-cert", "a", *here), "both or neither"),
            ((*both, "--client-key", "a", *here), "both or neither"),
            ((*both, "--user", "a" * 256, "--password", "b", *here),
             "too long")):
        outcome = sane(Outcome(arguments))
        assert outcome.status == USAGE and said in outcome.said, \
            f"{arguments}: {outcome}"


def local_faults(stage):
    for options, message, said in (
            ([], stage.dir / "none", "none: No such file"),
            ([], stage.dir, "Is a directory"),
            (["--client-cert", stage.good[0], "--client-key",
              stage.ca.key], None, "good.crt"),
            (["--client-cert", "/none", "--client-key", "/none"], None,
             "/none")):
        outcome = sane(stage.send(session(stage.context), options=options,
                                  message=message))
        assert outcome.status == LOCAL and not outcome.peers, outcome
        assert said in outcome.sentence, outcome
    outcome = stage.send(session(stage.context), host="no host")
    assert outcome.status == USAGE and "no host" in outcome.said, outcome


def odd_sessions(stage):
    """An unusable session costs a longer handshake, and one that cannot be
    saved is reported; the message is sent all the same."""
    kept = stage.dir / "odd-session"
    for data in b"", b"no session", b"x" * 100000, None:
        if data is not None:
            kept.write_bytes(data)
        outcome = delivered(stage.send(session(stage.context),
                                       options=["--session", kept]))
        assert ("resumed" in outcome.printed) == (data is None), outcome
    kept.chmod(0o644)
    delivered(stage.send(session(stage.context), options=["--session", kept]))
    assert kept.stat().st_mode & 0o777 == 0o600, "others can read it"
    outcome = stage.send(session(stage.context),
                         options=["--session", "/nowhere/session"])
    assert outcome.status == TAKEN and outcome.printed, outcome
    assert outcome.said == "sendmta: the session is not saved: " \
        "/nowhere/session: No such file or directory\n", outcome
    outcome = sane(stage.send(session(stage.context),
                              options=["--session", stage.dir]))
    assert outcome.status == LOCAL and not outcome.peers, outcome


def no_server(stage):
    for server, status in (("127.0.0.1:1", LATER), ("[::1]:1", LATER),
                           ("127.0.0.1:nowhere", REFUSED)):
        outcome = sane(Outcome(["--from", FROM, "--to", TO, "--timeout", "9",
                                stage.message, server]))
        assert outcome.status == status, outcome
        assert server.rpartition(":")[0].strip("[]") in outcome.sentence, \
            outcome


def empty_sender(stage):
    message = ["--from", "<>", "--to", TO, "--ca", stage.ca.crt, "--host",
               "localhost"]
    with MailServer(session(stage.context)) as server:
        outcome = Outcome([*message, stage.message,
                           f"127.0.0.1:{server.port}"])
    outcome.peers = server.peers
    delivered(outcome)
    assert commands(outcome, b"MAIL") == [b"MAIL FROM:<>"]


def eight_bit(stage):
    message = stage.dir / "eight-bit"
    message.write_bytes("Subject: x\n\nGrüße\n".encode())
    text = "Subject: x\r\n\r\nGrüße\r\n.\r\n".encode()
    outcome = delivered(stage.send(session(stage.context), message=message),
                        text)
    assert commands(outcome, b"MAIL")[0].endswith(b" BODY=8BITMIME")
    refused(stage.send(session(stage.context, **{
        "TLS EHLO": capabilities(b"AUTH PLAIN")}), message=message),
        "not accept 8-bit text", REFUSED)


def statuses(stage):
    """4xx is temporary, 5xx is permanent, wherever it comes."""
    for name, verb in (("TLS EHLO", "EHLO"), ("AUTH", "AUTH"),
                       ("MAIL", "MAIL"), ("RCPT", "RCPT"), ("DATA", "DATA"),
                       (".", "the message")):
        for code, status in ((b"451", LATER), (b"551", REFUSED)):
            outcome = sane(stage.send(session(
                stage.context, **{name: code + b" 4.3.0 no\x07\r\n"})))
            assert outcome.status == status, f"{name} {code}: {outcome}"
            assert outcome.sentence == f"the server answered {verb} with " \
                f'"{code.decode()} 4.3.0 no?"', outcome
    delivered(stage.send(session(stage.context, RCPT=b"251 forwarded\r\n")))
    # a success code, but not the one that is due
    for name, code in (("MAIL", b"251"), ("MAIL", b"354"), ("RCPT", b"354"),
                       ("RCPT", b"252"), ("DATA", b"250"), ("AUTH", b"250"),
                       ("AUTH", b"334"), ("TLS EHLO", b"220"), (".", b"251")):
        outcome = sane(stage.send(session(stage.context,
                                          **{name: code + b" x\r\n"})))
        assert outcome.status == LATER, f"{name} {code}: {outcome}"
        # and only QUIT follows
        assert commands(outcome)[-1] == b"QUIT", commands(outcome)
        assert commands(outcome)[-2].startswith(
            {".": b"DATA"}.get(name, name[-4:].encode())), commands(outcome)


def helo_in_the_clear(stage):
    outcome = sane(stage.send(session(stage.context, EHLO=b"502 what\r\n"),
                              verify=["--require", "none",
                                      "--allow-cleartext"], login=False))
    assert outcome.status == TAKEN, outcome
    assert len(commands(outcome, b"HELO", False)) == 2, outcome


def desynchronised(stage):
    """Two replies where one is due are too many, under TLS as well."""
    refused(stage.send(session(stage.context,
                               MAIL=b"250 ok\r\n250 ok\r\n")), "more than one")
    for words in (b"250 ok\n", b"xyz\r\n", b"\r\n", b"250-a\r\n251 b\r\n",
                  b"250 " + b"x" * 5000 + b"\r\n"):
        refused(stage.send(session(stage.context, MAIL=words)), status=LATER)


OPTIONS = {check.__name__.replace("_", " "): check for check in (
    pins, wrong_options, local_faults, odd_sessions, no_server, empty_sender,
    eight_bit, statuses, helo_in_the_clear, desynchronised)}


# --- the sample server


class Sample:
    """smtptls-server, and a Maildir to check."""

    def __init__(self):
        self.certs, self.dir, self.maildir = Certificates(), scratch(), \
            scratch()
        self.message = self.dir / "message"
        self.message.write_bytes(TEXT)

    def send(self, server, *options, implicit=False, ca=None):
        port = (server.tls if implicit else server.starttls)[1]
        return sane(Outcome([
            "--from", FROM, "--to", TO, "--ca", ca or self.certs.ca,
            *["--implicit"] * implicit, *options, self.message,
            f"localhost:{port}"]))

    def stored(self):
        return [path.read_bytes().replace(b"\r\n", b"\n").endswith(TEXT)
                for path in (self.maildir / "new").glob("*")]

    def deliveries(self):
        """TLS 1.2 and 1.3, STARTTLS and implicit TLS, with and without a
        client certificate, twice: the second session is resumed."""
        alice = ["--client-cert", self.certs.alice[0], "--client-key",
                 self.certs.alice[1]]
        count = 0
        for protocol in "TLSv1.2", "TLSv1.3":
            with Server(self.certs, "--maildir", str(self.maildir),
                        "--protocols", protocol, "--verify", "require",
                        "--ca", str(self.certs.ca)) as server:
                for implicit in False, True:
                    kept = self.dir / f"{protocol}-{implicit}"
                    for resumed in "", ", resumed":
                        outcome = self.send(server, *alice, "--session", kept,
                                            implicit=implicit)
                        assert outcome.status == TAKEN, outcome
                        assert f"({protocol}{resumed}, verified)" \
                            in outcome.printed, outcome
                        count += 1
                        assert self.stored() == [True] * count
                    outcome = self.send(server, implicit=implicit)
                    assert outcome.status == LATER, outcome
                    outcome = self.send(
                        server, *alice, implicit=implicit,
                        ca=self.certs.stranger.crt)
                    assert outcome.status == LATER, outcome
                    assert self.stored() == [True] * count

    def wrong(self, stage):
        """Certificates that the server uses, and the client does not accept;
        the server's log says why."""
        for name, alert in (("of an unknown authority", "unknown_ca"),
                            ("expired", "certificate_expired"),
                            ("for clients", "unsupported_certificate"),
                            ("for another name", "bad_certificate"),
                            ("without SAN", "bad_certificate")):
            with Server(self.certs, pairs=[made(stage, name)]) as server:
                for number, implicit in enumerate((False, True)):
                    outcome = self.send(server, implicit=implicit,
                                        ca=stage.ca.crt)
                    assert outcome.status == LATER, outcome
                    assert WRONG[name][1] in outcome.sentence, outcome
                    fields = server.session(number)
                    assert fields["messages"] == "0", fields
                    assert alert in fields["reason"], fields


def main(words):
    server_program()
    stage, checks = Stage(), Checks("sendmta")
    todo = [(name, check, stage)
            for name, check in {**REPORTS, **OPTIONS}.items()]
    todo += [(f"certificate {name}", wrong, stage, name) for name in WRONG]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for one in todo:
            if wanted(one[0], words):
                pool.submit(checks.run, *one)
    if wanted("certificate", words):
        checks.run("certificates, each with another sentence", all_differ,
                   stage)
    if wanted("sample server", words):
        sample = Sample()
        checks.run("sample server", sample.deliveries)
        checks.run("sample server, wrong certificates", sample.wrong, stage)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
