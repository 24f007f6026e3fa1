#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""smtptls-probe and sendmta --domain compared with Postfix's posttls-finger -l
dane, on domains of a DNS with DNSSEC, verdict by verdict: each verdict must
also be the one of its case, and so must the sentence if nothing is delivered.

  verified, encrypted, clear   delivered so
  defer, bounce                not delivered

  probe_dane.py [WORD...]       those whose names have one of the words

Environment: see harness.py and unpacked.py; SMTPTLS_PROBE, too.
"""

import concurrent.futures
import json
import re
import socketserver
import subprocess
import sys
import threading
import time

import dnslab
from harness import (REPORT, SCALE, WRAPPER, Checks, Fault, built, scratch,
                     wanted)
from lab_mail import ADDRESS, Servers
from unpacked import Package

class Case:
    """A domain: its zone, and a sender's verdict."""

    def __init__(self, name, verdict, records=(), server="good", lines=None,
                 zone="signed.test", said=""):
        self.name, self.verdict, self.zone = name, verdict, zone
        self.said = said  # if it is not delivered
        self.domain = f"{name}.{zone}"
        if lines is None:
            lines = ["@ MX 10 mx-@", f"mx-@ A {ADDRESS[server]}"] \
                + [f"_25._tcp.mx-@ TLSA {record}" for record in records]
        self.lines = [re.sub("@", name, line) for line in lines]


def matching_cases(tlsa):
    """All selectors and matching types, right and wrong."""
    for usage, right, wrong in (3, "good", "stranger"), (2, "ca", "other-ca"):
        for selector in 0, 1:
            for matching in 0, 1, 2:
                name = f"{usage}-{selector}-{matching}"
                yield Case(f"right-{name}", "verified",
                           [tlsa(usage, selector, matching, right)])
                yield Case(f"wrong-{name}", "defer",
                           [tlsa(usage, selector, matching, wrong)])


def record_cases(tlsa):
    good = tlsa(3, 1, 1, "good")
    yield Case("agility", "defer", [tlsa(3, 1, 2, "stranger"), good])
    yield Case("agility-selector", "verified",
               [tlsa(3, 0, 2, "stranger"), good])
    yield Case("agility-full", "verified",
               [tlsa(3, 1, 2, "stranger"), tlsa(3, 1, 0, "good")])
    yield Case("agility-usage", "verified",
               [tlsa(2, 1, 2, "other-ca"), good])
    yield Case("one-of-two", "verified", [tlsa(3, 1, 1, "stranger"), good])
    yield Case("ta-and-wrong-ee", "verified",
               [tlsa(3, 1, 1, "stranger"), tlsa(2, 0, 1, "ca")])
    unusable = {"pkix-ta": tlsa(0, 0, 1, "ca"),
                "pkix-ee": tlsa(1, 1, 1, "good"),
                "selector": tlsa(3, 7, 1, "good"),
                "matching": tlsa(3, 1, 9, "good"),
                "short": tlsa(3, 1, 1, "good", short=True)}
    for name, record in unusable.items():
        yield Case(f"unusable-{name}", "encrypted", [record])
        yield Case(f"unusable-{name}-beside", "verified", [record, good])
    yield Case("unusable-and-wrong", "defer",
               [unusable["pkix-ee"], tlsa(3, 1, 1, "stranger")])
    yield Case("unusable-clear", "defer", [unusable["short"]], "no-starttls")
    yield Case("no-record", "encrypted")
    yield Case("no-record-clear", "clear", server="no-starttls")
    yield Case("record-clear", "defer", [good], "no-starttls")
    yield Case("record-454", "defer", [good], "refused", said="4.7.5")
    yield Case("nobody", "defer", [good], "nobody", said="4.4.1")
    # not a failure of TLS
    for name in "greeting-421", "greeting-554":
        yield Case(name, "defer", [good], name, said="4.4.1")


def certificate_cases(tlsa):
    yield Case("ee-expired", "verified", [tlsa(3, 1, 1, "expired")],
               "expired")
    yield Case("ta-expired", "defer", [tlsa(2, 1, 1, "ca")], "expired")
    yield Case("ee-other-name", "verified", [tlsa(3, 1, 1, "other-name")],
               "other-name")
    yield Case("ta-other-name", "defer", [tlsa(2, 1, 1, "ca")], "other-name")
    yield Case("domain-name", "verified", [tlsa(2, 1, 1, "ca")],
               "domain-name")
    yield Case("ta-leaf-only", "defer", [tlsa(2, 0, 1, "ca")], "leaf-only")
    yield Case("ta-leaf-only-full", "verified", [tlsa(2, 0, 0, "ca")],
               "leaf-only")
    yield Case("ta-leaf-only-key", "verified", [tlsa(2, 1, 0, "ca")],
               "leaf-only")
    yield Case("ee-self-signed", "verified", [tlsa(3, 0, 1, "self-signed")],
               "self-signed")
    yield Case("ta-of-leaf", "defer", [tlsa(2, 0, 1, "good")])


def dns_cases(tlsa):
    good, wrong = tlsa(3, 1, 1, "good"), tlsa(3, 1, 1, "stranger")
    address = ADDRESS["good"]
    yield Case("alias", "verified", lines=[
        "@ MX 10 mx-@", "mx-@ CNAME real-@", f"real-@ A {address}",
        f"_25._tcp.real-@ TLSA {good}"])
    yield Case("alias-first", "verified", lines=[
        "@ MX 10 mx-@", "mx-@ CNAME real-@", f"real-@ A {address}",
        f"_25._tcp.mx-@ TLSA {good}"])
    yield Case("alias-both", "verified", lines=[
        "@ MX 10 mx-@", "mx-@ CNAME real-@", f"real-@ A {address}",
        f"_25._tcp.real-@ TLSA {good}", f"_25._tcp.mx-@ TLSA {wrong}"])
    yield Case("alias-insecure", "verified", lines=[
        "@ MX 10 mx-@", "mx-@ CNAME plain.unsigned.test.",
        f"_25._tcp.mx-@ TLSA {good}"])
    yield Case("alias-insecure-none", "encrypted", lines=[
        "@ MX 10 mx-@", "mx-@ CNAME plain.unsigned.test."])
    yield Case("tlsa-alias", "verified", lines=[
        "@ MX 10 mx-@", f"mx-@ A {address}",
        "_25._tcp.mx-@ CNAME tlsa-@", f"tlsa-@ TLSA {good}"])
    yield Case("tlsa-alias-insecure", "encrypted", lines=[
        "@ MX 10 mx-@", f"mx-@ A {address}",
        "_25._tcp.mx-@ CNAME wrong.unsigned.test."])
    yield Case("implicit-mx", "verified", lines=[
        f"@ A {address}", f"_25._tcp.@ TLSA {good}"])
    yield Case("domain-alias", "verified", lines=[
        "@ CNAME real-@", "real-@ MX 10 mx-@", f"mx-@ A {address}",
        f"_25._tcp.mx-@ TLSA {tlsa(2, 0, 1, 'ca')}"])
    yield Case("insecure-mx", "verified", zone="unsigned.test", lines=[
        "@ MX 10 mx-right-3-1-1.signed.test."])
    yield Case("insecure-mx-wrong", "defer", zone="unsigned.test", lines=[
        "@ MX 10 mx-wrong-3-1-1.signed.test."])
    yield Case("insecure", "encrypted", [wrong], zone="unsigned.test")
    yield Case("insecure-host", "encrypted", lines=[
        "@ MX 10 wrong-host.unsigned.test."])
    yield Case("bogus-mx", "defer", [good], zone="bogus-mx.test")
    yield Case("bogus-address", "defer", [good], zone="bogus-a.test")
    yield Case("bogus-tlsa", "defer", [good], zone="bogus-tlsa.test")
    yield Case("one-bogus", "verified", lines=[
        "@ MX 10 mx-bogus-tlsa.bogus-tlsa.test.",
        "@ MX 20 mx-right-3-1-1.signed.test."])
    yield Case("one-nobody", "verified", lines=[
        "@ MX 10 mx-nobody.signed.test.",
        "@ MX 20 mx-right-3-1-1.signed.test."])
    # a host that is temporarily unavailable is not final (RFC 5321 section
    # 5.1)
    for name in ("greeting-421", "ehlo-421", "mail-451", "rcpt-451",
                 "data-gone"):
        yield Case(f"one-{name}", "verified", lines=[
            "@ MX 10 mx-@", f"mx-@ A {ADDRESS[name]}",
            f"_25._tcp.mx-@ TLSA {good}",
            "@ MX 20 mx-right-3-1-1.signed.test."])
        yield Case(f"address-{name}", "verified", lines=[
            "@ MX 10 mx-@", f"mx-@ A {ADDRESS[name]}", "mx-@ AAAA ::1",
            f"_25._tcp.mx-@ TLSA {good}"])
    yield Case("mail-451", "verified", [good], "mail-451",
               said='no server accepts it now; mx-mail-451.signed.test: the '
               'server answered MAIL with "451 4.3.0 not now"')
    yield Case("one-text-gone", "verified", lines=[
        "@ MX 10 mx-@", f"mx-@ A {ADDRESS['text-gone']}", "mx-@ AAAA ::1",
        f"_25._tcp.mx-@ TLSA {good}", "@ MX 20 mx-right-3-1-1.signed.test."])
    # more hosts than our programs try; Postfix tries 100
    yield Case("many", "encrypted", zone="unsigned.test", lines=[
        f"@ MX {preference} mx-nobody.signed.test."
        for preference in range(199, 100, -1)] + ["@ MX 1 plain"])
    yield Case("ipv6-bogus", "verified", zone="bogus-aaaa.test", lines=[
        "@ MX 10 mx-@", f"mx-@ A {address}", "mx-@ AAAA ::1",
        f"_25._tcp.mx-@ TLSA {good}"])
    yield Case("lame", "defer", zone="lame.test")
    yield Case("lame-host", "defer", lines=["@ MX 10 mx.lame.test."])
    yield Case("null-mx", "bounce", lines=["@ MX 0 ."])
    yield Case("no-address", "bounce", lines=[
        "@ MX 10 mx-@", "mx-@ TXT nothing"])
    yield Case("no-host", "bounce", lines=["@ MX 10 mx-@"])
    yield Case("no-domain", "bounce", lines=[])


MODES = {"signed.test": "signed", "unsigned.test": "unsigned",
         "bogus-mx.test": "bogus MX", "bogus-a.test": "bogus A",
         "bogus-tlsa.test": "bogus TLSA", "bogus-aaaa.test": "bogus AAAA",
         "lame.test": "lame"}


def zones(cases, tlsa):
    bodies = {zone: [] for zone in MODES}
    bodies["unsigned.test"] = [
        f"{name} A {ADDRESS['good']}" for name in ("plain", "wrong-host")] + [
        f"{name} TLSA {tlsa(3, 1, 1, 'stranger')}"
        for name in ("wrong", "_25._tcp.wrong-host")]
    bodies["signed.test"] = [
        "stalls MX 10 mx-stalls", f"mx-stalls A {ADDRESS['stalls']}",
        f"_25._tcp.mx-stalls TLSA {tlsa(3, 1, 1, 'good')}",
        "stalls MX 20 mx-right-3-1-1"]
    for case in cases:
        bodies[case.zone] += case.lines
    return {zone: (MODES[zone], "\n".join(lines) + "\n")
            for zone, lines in bodies.items()}


# --- the programs ----------------------------------------------------------


class Probe:
    def __init__(self, lab, servers):
        self.command = [*WRAPPER, built("SMTPTLS_PROBE",
                                        "examples/smtptls-probe"),
                        "--resolver", "127.0.0.1@53", "--no-sts",
                        "--trust-anchor", str(lab.anchor),
                        "--ca", str(servers.ca.crt), "--json"]

    def verdict(self, domain):
        done = subprocess.run([*self.command, domain], capture_output=True,
                              text=True, timeout=60 * SCALE, check=False)
        if done.stderr:
            raise Fault(done.stderr)
        found = json.loads(done.stdout)
        if found["action"] != "deliver":
            return found["action"], found["code"]
        for host in found["hosts"]:
            for attempt in host["attempts"]:
                if attempt["verdict"] in ("verified", "encrypted", "clear"):
                    return attempt["verdict"], ""
        raise Fault(f"delivered, and to nobody: {done.stdout}")


class Sender:
    """sendmta, with a message."""

    # RFC 7672 section 2.2.1; the probe does as Postfix does, with a warning
    OTHERS = {"insecure-mx": "encrypted", "insecure-mx-wrong": "encrypted",
              # a message that may have been accepted is not sent again
              "one-text-gone": "defer",
              # and the others send no message
              "mail-451": "defer"}
    STATUS = {69: "bounce", 75: "defer"}

    def __init__(self, lab, servers, resolver="127.0.0.1@53"):
        message = scratch() / "message"
        message.write_text("Subject: try\n\nof DANE\n")
        self.command = [*WRAPPER, built("SMTPTLS_SENDMTA", "examples/sendmta"),
                        "--resolver", resolver, "--trust-anchor",
                        str(lab.anchor), "--ca", str(servers.ca.crt), "--from",
                        "a@client.test", "--to", "b@server.test", str(message)]

    def verdict(self, domain, *options):
        done = subprocess.run([*self.command, *options, "--domain", domain],
                              capture_output=True, timeout=60 * SCALE,
                              text=True, check=False)
        if REPORT.search(done.stderr):
            raise Fault(done.stderr)
        if done.returncode:
            return self.STATUS.get(done.returncode, done.stderr), done.stderr
        over = re.search(r'" \((in the clear|TLSv1\.\d), (not )?verified',
                         done.stdout)
        if over[1] == "in the clear":
            return "clear", ""
        return "encrypted" if over[2] else "verified", ""


class Finger:
    """posttls-finger of Debian's package."""

    SETTINGS = ("compatibility_level = 3.6\nmyhostname = client.test\n"
                "mail_owner = nobody\nsetgid_group = mail\n"
                "default_privs = daemon\nsmtp_dns_support_level = dnssec\n"
                "smtp_host_lookup = dns\ndnssec_probe =\n")
    # it gives up at such a greeting, and tries addresses in any order
    OTHERS = {"one-greeting-421": ("defer",),
              "address-greeting-421": ("defer", "verified")}

    def __init__(self):
        self.package, self.place = Package("postfix"), scratch()
        (self.place / "main.cf").write_text(self.SETTINGS)
        self.env = self.package.env(MAIL_CONFIG=str(self.place))

    # its final output, and the verdict that it means
    ENDS = ((r"(server|CA) certificate verification failed", "defer"),
            (r"(Verified|Trusted) TLS connection established", "verified"),
            (r"Untrusted TLS connection established", "encrypted"),
            (r"does not accept mail", "bounce"),
            (r"lookup failed: .*try again", "defer"),
            (r"lookup failed: .*(Host not found|no data record)", "bounce"),
            (r"Failed to establish session", "defer"),
            # no TLS: was it required?
            (r"DNSSEC-signed TLSA record", "defer"),
            (r"Connected to", "clear"))

    def verdict(self, domain):
        done = subprocess.run(
            [self.package.path("usr/sbin/posttls-finger"), "-l", "dane", "-L",
             "routine,certmatch,verbose", "-T", "10", "-t", "10", domain], text=True, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=60 * SCALE, check=False)
        for pattern, verdict in self.ENDS:
            if re.search(pattern, done.stdout):
                return verdict
        raise Fault(f"posttls-finger: {done.stdout}")


class Late(socketserver.UDPServer):
    """A resolver that is silent for 3 s after the first question, and then
    answers that the name does not exist."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.answer)
        self.begin = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, request, client, _server):
        question, sock = request
        self.begin = self.begin or time.monotonic()
        if time.monotonic() > self.begin + 3:
            end = question.index(b"\0", 12) + 5
            sock.sendto(question[:2] + bytes.fromhex("81830001000000000000")
                        + question[12:end], client)

    def __exit__(self, *how):
        self.shutdown()
        super().__exit__(*how)


def time_limit(lab, servers):
    """It applies to look-ups: a later answer is ignored. After the limit no
    other host is looked up."""
    with Late() as late:
        sender = Sender(lab, servers, f"127.0.0.1@{late.server_address[1]}")
        sent, sentence = sender.verdict("late.example", "--timeout", "1")
        assert sent == "defer" and "look-up" in sentence, sentence
        sent, sentence = sender.verdict("late.example")
        assert sent == "bounce", sentence
    sent, sentence = Sender(lab, servers).verdict("stalls.signed.test",
                                                  "--timeout", str(SCALE))
    assert sent == "defer" and "4.7.5" in sentence \
        and "silent for too long" in sentence, sentence


def main(words):
    dnslab.enter()
    for name, path in (("SMTPTLS_PROBE", "examples/smtptls-probe"),
                       ("SMTPTLS_SENDMTA", "examples/sendmta")):
        if not built(name, path):
            dnslab.skip(f"{path} is not built")
    servers = Servers()
    cases = [case for make in (matching_cases, record_cases,
                               certificate_cases, dns_cases)
             for case in make(servers.tlsa)]
    checks = Checks("probe_dane")
    with dnslab.Lab(zones(cases, servers.tlsa)) as lab, servers:
        servers.listen("good", "[::1]")
        probe, sender = Probe(lab, servers), Sender(lab, servers)
        finger = Finger()

        def compare(case):
            ours, code = probe.verdict(case.domain)
            theirs = finger.verdict(case.domain)
            assert ours == case.verdict and theirs \
                in finger.OTHERS.get(case.name, (case.verdict,)), \
                f"{ours}, not {case.verdict}; posttls-finger: {theirs}"
            assert case.said in (code or case.said), f"{code}: {case.said}"
            sent, sentence = sender.verdict(case.domain)
            assert sent == sender.OTHERS.get(case.name, case.verdict) \
                and case.said in (sentence or case.said), \
                f"sendmta: {sent}: {sentence}"

        chosen = [case for case in cases if wanted(case.name, words)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda case: checks.run(case.name, compare, case),
                          chosen))
        if wanted("time limit", words):
            checks.run("time limit", time_limit, lab, servers)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
