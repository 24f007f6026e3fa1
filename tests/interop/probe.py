#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""smtptls-probe on broken set-ups: its output alone names the fault and the
change and, where the change is a record, a line or an option, making it
literally repairs the set-up. Rows M-CLI-01 to 08 of behaviour.tsv, and the
options for a single host.

  probe.py [WORD...]        checks whose names have one of the words

Environment: see harness.py and unpacked.py; SMTPTLS_PROBE, too.
"""

import contextlib
import itertools
import json
import pathlib
import re
import subprocess
import sys

import dnslab
from harness import REPORT, SCALE, WRAPPER, Checks, built, scratch, wanted
from lab_mail import ADDRESS, Babbler, Relay, Servers
from lab_policies import ADDRESS as WEB, Policies
from mta import Exim, Listener, Postfix

OK, WARNING, CRITICAL, UNKNOWN = range(4)
POLICY = "version: STSv1\nmode: {}\nmax_age: 86400\nmx: {}\n"


class Site:
    def __init__(self):
        self.servers, self.place = Servers(), scratch()
        self.lab = None
        self.lines, self.policies = [], {}
        self._domains()

    def _host(self, name, server, *records):
        """A domain with one host."""
        self.lines += [f"{name} MX 10 mx-{name}",
                       f"mx-{name} A {ADDRESS.get(server, server)}"]
        self.lines += [f"_25._tcp.mx-{name} TLSA {record}"
                       for record in records]

    def _sts(self, name, policy, txt="v=STSv1; id=1;"):
        self.policies[f"{name}.signed.test"] = policy
        self.lines += [f"mta-sts.{name} A {WEB}"]
        self.lines += [f'_mta-sts.{name} TXT "{one}"'
                       for one in txt.split("|") if one]

    def _domains(self):
        tlsa = self.servers.tlsa
        good = tlsa(3, 1, 1, "good")
        self._host("fine", "good", tlsa(3, 1, 1, "good"))
        self._host("old-record", "good", tlsa(3, 1, 1, "stranger"))
        self._host("no-anchor", "leaf-only", tlsa(2, 0, 1, "ca"))
        self._host("unusable", "good", tlsa(1, 1, 1, "good"))
        self._host("stripped", "no-starttls", good)
        self._host("opportunistic", "no-starttls")
        self._host("refused", "refused")
        self._host("masked", "masked")
        self._host("nobody", "nobody")
        self._host("busy", "greeting-421", good)
        self._host("requiretls", "requiretls", good)
        self._host("expired", "expired", tlsa(3, 1, 1, "expired"))
        self._host("other-name", "other-name", tlsa(3, 1, 1, "other-name"))
        self._host("old-tls", "127.0.3.1")
        self.lines += ["no-mail MX 0 .", "address MX 10 127.0.1.1.",
                       "empty MX 10 mx-empty", "mx-empty TXT nothing",
                       "odd-name MX 10 a\\027\\010b\\.c"]
        for name, server, mode, mx in (
                ("sts", "good", "enforce", "mx-sts.signed.test"),
                ("sts-left-out", "good", "enforce", "*.elsewhere.test"),
                ("sts-expired", "expired", "enforce", "*.signed.test"),
                ("sts-other-name", "other-name", "enforce",
                 "mx-sts-other-name.signed.test"),
                ("sts-stripped", "no-starttls", "enforce",
                 "mx-sts-stripped.signed.test"),
                ("sts-testing", "stranger", "testing",
                 "mx-sts-testing.signed.test"),
                ("sts-address", "good", "enforce",
                 "mx-sts-address.signed.test\nmx: 127.0.1.1"),
                ("sts-twice", "good", "enforce", "mx-sts-twice.signed.test")):
            self._host(name, server)
            self._sts(name, POLICY.format(mode, mx),
                      "v=STSv1; id=1;|v=STSv1; id=2;" if name == "sts-twice"
                      else "v=STSv1; id=1;")
        for name, policy in (("sts-certificate", None), ("sts-404", 404),
                             ("sts-redirect", 302),
                             ("sts-nonsense", "hello\n")):
            self._host(name, "good")
            self._sts(name, policy)
        self._host("sts-withdrawn", "no-starttls")
        for name, fault in itertools.product(MTAS, FAULTS):
            self._host(mta_domain(name, fault), mta_address(name, fault), good)

    def zones(self):
        good = self.servers.tlsa(3, 1, 1, "good")
        body = f"@ MX 10 mx\nmx A {ADDRESS['good']}\n" \
            f"_25._tcp.mx TLSA {good}\n"
        return {"signed.test": ("signed", "\n".join(self.lines) + "\n"),
                "bogus-tlsa.test": ("bogus TLSA", body),
                "bogus-mx.test": ("bogus MX", body),
                "lame.test": ("lame", ""),
                "unsigned.test": ("unsigned",
                                  "@ MX 10 mx-fine.signed.test.\n"),
                "sts-lame.test": ("unsigned",
                                  "@ MX 10 mx-fine.signed.test.\n"
                                  "_mta-sts CNAME _mta-sts.lame.test.\n"),
                "sts-bogus.test": ("unsigned",
                                   "@ MX 10 mx-fine.signed.test.\n_mta-sts "
                                   "CNAME _mta-sts.bogus-txt.test.\n"),
                "bogus-txt.test": ("bogus TXT",
                                   '_mta-sts TXT "v=STSv1; id=1;"\n')}

    # --- a run ---

    def run(self, *arguments, dns=True):
        """(status, output) of a run; the form of its output is checked."""
        options = ["--resolver", "127.0.0.1@53", "--trust-anchor",
                   str(self.lab.anchor)] if dns else []
        done = subprocess.run(
            [*WRAPPER, built("SMTPTLS_PROBE", "examples/smtptls-probe"),
             *options, "--ca", str(self.servers.ca.crt), "--ehlo",
             "client.test", *arguments], capture_output=True, text=True,
            timeout=60 * SCALE, check=False)
        assert not done.stderr, done.stderr
        assert not REPORT.search(done.stdout), done.stdout
        return done.returncode, done.stdout

    def eyes(self, status, *arguments, **where):
        """The output for people, with line breaks removed; at most 80
        columns."""
        found, out = self.run(*arguments, **where)
        word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status]
        assert found == status, f"{found}: {out}"
        assert out.startswith(f"{word}: "), out
        assert "\033" not in out, out
        for line in out.splitlines():
            assert len(line) <= 80, line
        return re.sub(r"\s+", " ", out)

    def json(self, *arguments, **where):
        status, out = self.run("--json", *arguments, **where)
        found = json.loads(out)
        assert ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status] \
            == found["status"], out
        return found

    def verdict(self, *arguments, **where):
        """(action, code, level and verdict of the only host)."""
        found = self.json(*arguments, **where)
        host, = found["hosts"]
        attempts = [one["verdict"] for one in host["attempts"]]
        return found["action"], found.get("code"), host["level"], *attempts

    def file(self, name, text):
        path = pathlib.Path(self.place, name)
        path.write_text(text)
        return str(path)


# --- set-ups that are broken ------------------------------------------------


def has(text, *words):
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"


def old_record(site):
    """The key was changed, the record was not: the new record is published."""
    text = site.eyes(CRITICAL, "old-record.signed.test")
    has(text, "no TLSA record of the server matches", "nothing is sent without",
        "matches nothing")
    record = re.search(r"publish _25\._tcp\.mx-old-record\.signed\.test IN "
                       r"TLSA (3 1 1 [0-9a-f]{64})", text)[1]
    has(site.eyes(OK, "--tlsa", record, "--connect",
                  f"{ADDRESS['good']}:25", "mx-old-record.signed.test",
                  dns=False), "authenticated by TLSA record 1")


def no_anchor(site):
    """DANE-TA, but the server sends only its own certificate."""
    has(site.eyes(CRITICAL, "no-anchor.signed.test"),
        "send, after its own, the certificate that the record is for")
    has(site.eyes(OK, "--tlsa", site.servers.tlsa(2, 0, 1, "ca"), "--connect",
                  f"{ADDRESS['good']}:25", "mx-no-anchor.signed.test",
                  dns=False), "authenticated by TLSA record 1",
        "matches certificate 1")


def unusable(site):
    text = site.eyes(CRITICAL, "unusable.signed.test")
    has(text, "record 1 is not usable", "write it as 3 1 1 or 2 1 1",
        "no TLSA record is usable")
    record = re.search(r"publish _25\._tcp\.mx-unusable\.signed\.test IN "
                       r"TLSA (3 1 1 [0-9a-f]{64})", text)[1]
    site.eyes(OK, "--tlsa", record, "--connect", f"{ADDRESS['good']}:25",
              "mx-unusable.signed.test", dns=False)


def stripped(site):
    has(site.eyes(CRITICAL, "stripped.signed.test"),
        "peer does not offer STARTTLS; the host has TLSA records, so nothing "
        "is sent without TLS", "smtpd_tls_security_level = may",
        "something in between removes the offer", "defer 4.7.5")


def no_tls(site):
    has(site.eyes(CRITICAL, "opportunistic.signed.test"),
        "STARTTLS is not available: senders deliver in the clear",
        "smtpd_tls_security_level = may")
    site.eyes(WARNING, "--require", "may", "opportunistic.signed.test")


def refused(site):
    has(site.eyes(CRITICAL, "--require", "encrypt", "refused.signed.test"),
        'refused STARTTLS ("454 4.7.0 TLS not available")',
        "its own log says why")
    for domain, *words in (
            ("refused", 'refused ("454 4.7.0 TLS not available"): senders '
             "deliver in the clear",
             "change: see the server's own log for the reason"),
            ("masked", "masked on the way", "deliver in the clear",
             "change: switch off SMTP inspection")):
        text = site.eyes(CRITICAL, f"{domain}.signed.test")
        has(text, *words)
        assert "switch TLS on" not in text, text


def expired(site):
    has(site.eyes(CRITICAL, "sts-expired.signed.test"),
        "has expired or is not yet valid: renew it there",
        "MTA-STS policy is enforced, so nothing is sent to it",
        "until 2024-01-01")
    has(site.eyes(WARNING, "expired.signed.test"),
        "CN=expired has expired, which DANE-EE permits", "change: renew it")


def other_name(site):
    has(site.eyes(CRITICAL, "sts-other-name.signed.test"),
        'is for "mx.elsewhere.test", not for "mx-sts-other-name.signed.test": '
        "have it issued for that")


def stranger(site):
    text = site.eyes(CRITICAL, "--require", "ca", "--connect",
                     f"{ADDRESS['stranger']}:25", "a.signed.test", dns=False)
    has(text, "no trusted authority has signed", "give it by --ca")
    ca = site.servers.ca.dir.parent / "other" / "other-ca.crt"
    site.eyes(OK, "--ca", str(ca), "--require", "ca", "--connect",
              f"{ADDRESS['stranger']}:25", "a.signed.test", dns=False)


def old_tls(site):
    """The probe finds out what the server accepts, and gives it as options."""
    text = site.eyes(CRITICAL, "old-tls.signed.test")
    has(text, "peer has none of the versions that this side offers",
        "let it have TLS 1.2 and 1.3", "senders deliver in the clear",
        "decision deliver")
    has(site.eyes(CRITICAL, "--require", "encrypt", "old-tls.signed.test"),
        "decision defer 4.7.5")
    options = re.search(r"or reach it by ((--\S+ \S+ ?)+)", text)[1].split()
    has(" ".join(options), "--protocols TLSv1.1 --ciphers")
    found = site.json(*options, "old-tls.signed.test")
    assert found["hosts"][0]["attempts"][0]["protocol"] == "TLSv1.1", found


def bogus_tlsa(site):
    has(site.eyes(CRITICAL, "bogus-tlsa.test"),
        "DNSSEC validation of the host's TLSA records failed",
        "sign the host's zone again", "defer 4.4.3")


def bogus_mx(site):
    has(site.eyes(CRITICAL, "bogus-mx.test"),
        "DNSSEC validation of the MX records failed", "sign the zone again")


def unsigned_mx(site):
    has(site.eyes(WARNING, "unsigned.test"),
        "MX records are not signed", "RFC 7672 section 2.2.1",
        "sign the domain's zone")


def left_out(site):
    """The missing line is added to the policy."""
    text = site.eyes(CRITICAL, "sts-left-out.signed.test")
    has(text, "MTA-STS policy does not name the host", "change the id")
    line = re.search(r'add the line "(mx: \S+)" to the policy', text)[1]
    policy = site.policies["sts-left-out.signed.test"] + line + "\n"
    has(site.eyes(OK, "--sts-file", site.file("policy", policy),
                  "sts-left-out.signed.test"), "authenticated by the "
        "authorities and its name")


def policy_faults(site):
    for domain, *words in (
            ("sts-certificate", "cannot be fetched: the web server's "
             "certificate", "for the name mta-sts.sts-certificate.signed.test"),
            ("sts-404", "the web server answers 404"),
            ("sts-redirect", "the web server answers 302, and redirects are "
             "not followed"),
            ("sts-nonsense", "fetched as the MTA-STS policy is not one"),
            ("sts-twice", "more than one TXT record", "leave one of them"),
            ("sts-address", "line 5", '"127.0.1.1"'),
            ("sts-testing", "in testing mode, would stop mail")):
        has(site.eyes(WARNING, f"{domain}.signed.test"), *words)


def no_host(site):
    for domain, *words in (
            ("no-mail", "does not accept mail (null MX)", "bounce 5.1.10"),
            ("address", "an address is not one"),
            ("empty", "has no address", "give the host an A or AAAA record"),
            ("nobody", "no connection: Connection refused",
             "check that the server listens there"),
            ("nothing", "the domain does not exist")):
        has(site.eyes(CRITICAL, f"{domain}.signed.test"), *words)
    has(site.eyes(UNKNOWN, "lame.test"), "look-up of the MX records failed")


def wrong_port(site):
    has(site.eyes(CRITICAL, "--implicit", f"{ADDRESS['good']}:25"),
        "peer speaks SMTP in the clear", "use STARTTLS there")


def hostile(site):
    """Whatever a server or a zone contains, the output is ASCII."""
    esc, words = b"\x1b]0;x\x07\xff\r\n", []
    for greeting in b"", b"220 " + esc, b"220-a\r\n" * 5000, b"\0" * 5000, \
            b"220 " + b"a" * 5000 + b"\r\n", b"999 x\r\n", b"554 no\r\n":
        words += [greeting, b"220 a\r\n250-b\r\n250 STARTTLS " + esc,
                  b"220 a" + esc + b"250 " + greeting]
    with Babbler("127.0.6.1", words):
        for one in words:
            status, out = site.run("--connect", "127.0.6.1:25", "a.test",
                                   dns=False)
            assert status == CRITICAL, (one, status, out)
            assert re.fullmatch(r"[ -~\n]*", out), (one, out)
    has(site.eyes(CRITICAL, "odd-name.signed.test"), "\\027\\010",
        "an address is not one")


# --- set-ups that are not broken --------------------------------------------


def fine(site):
    has(site.eyes(OK, "fine.signed.test"), "MX signed", "TLSv1.3",
        "resumption yes",
        "record 1 matches certificate 0, and is the one that counts",
        "authorities verified, with the host's name",
        "_25._tcp.mx-fine.signed.test. IN TLSA 3 1 1", "2 1 1",
        "deliver")
    text = site.eyes(OK, "sts.signed.test")
    has(text, "MTA-STS enforce, for 1 days, id 1",
        "authenticated by the authorities and its name")


def options_of_hosts(site):
    at = f"{ADDRESS['good']}:25"
    spki = site.servers.tlsa(3, 1, 1, "good").split()[-1]
    cert = site.servers.tlsa(3, 0, 2, "good").split()[-1]
    for pin in spki, cert.upper():
        has(site.eyes(OK, "--pin", pin, at, dns=False),
            "authenticated by its fingerprint")
    has(site.eyes(CRITICAL, "--pin", "00" * 32, at, dns=False), "matches a pin")
    has(site.eyes(OK, "--implicit", "--require", "ca", "--starttls-name",
                  "mx-fine.signed.test", f"{ADDRESS['good']}:465",
                  dns=False), "EHLO, TLS")
    has(site.eyes(OK, "--host", "mx-fine.signed.test"),
        "authenticated by TLSA record 1")
    has(site.eyes(OK, "--shadow-protocols", "TLSv1.2", "--connect",
                  "127.0.3.2:25", "mx-fine.signed.test", dns=False),
        "with the shadow settings: peer has none of the versions")
    has(site.eyes(WARNING, "--warn-days", "20000", "--crit-days", "10",
                  "--require", "ca", "--connect", at, "mx-fine.signed.test",
                  dns=False), "days")
    has(site.eyes(CRITICAL, "--warn-days", "36500", "--crit-days", "36500",
                  "--require", "ca", "--connect", at, "mx-fine.signed.test",
                  dns=False), "expires in")


# --- other servers ---------------------------------------------------------

MTAS = {"postfix": Postfix, "exim": Exim}


def mta_address(name, fault):
    return f"127.0.5.{1 + 3 * [*MTAS].index(name) + FAULTS.index(fault)}"


FAULTS = None, "absent", "454"


def mta_domain(name, fault):
    return f"{name}-{fault}" if fault else name


def other_server(site, name):
    """Postfix or Exim: working, without STARTTLS, and with a certificate that
    it cannot read or an access rule that forbids it."""
    with contextlib.ExitStack() as stack:
        mta = stack.enter_context(MTAS[name]({
            str(fault): Listener(site.servers.pairs["good"], fault=fault)
            for fault in FAULTS}))
        for fault in FAULTS:
            stack.enter_context(Relay(mta_address(name, fault),
                                      mta.ports[str(fault)]))
        has(site.eyes(OK, f"{name}.signed.test"), "mx.example.net ESMTP",
            "TLSv1.3", "record 1 matches certificate 0, and is the one that "
            "counts", "authorities verified", "resumption yes")
        has(site.eyes(CRITICAL, f"{name}-absent.signed.test"),
            "peer does not offer STARTTLS; the host has TLSA records")
        has(site.eyes(CRITICAL, f"{name}-454.signed.test"),
            'refused STARTTLS ("454 4.7.0')


def postfix(site):
    other_server(site, "postfix")


def exim(site):
    other_server(site, "exim")


# --- behaviour.tsv ----------------------------------------------------------


def m_cli_01(site):
    """TLSA record, STARTTLS stripped: deferred, never plaintext."""
    found = site.json("stripped.signed.test")
    host, = found["hosts"]
    assert found["action"] == "defer" and not host["clear_allowed"], found
    assert host["attempts"][0]["error"] == "SMTPTLS_E_NOT_OFFERED", found
    assert host["policy_type"] == "tlsa", found


def m_cli_02(site):
    """DANE-EE with an expired or wrong-name certificate: accepted."""
    for domain in "expired", "other-name":
        assert site.verdict(f"{domain}.signed.test") \
            == ("deliver", None, "dane", "verified")


def m_cli_03(site):
    """All records unusable: TLS required, unauthenticated."""
    assert site.verdict("unusable.signed.test") \
        == ("deliver", None, "encrypt", "encrypted")
    record = site.servers.tlsa(1, 1, 1, "good")
    assert site.verdict("--tlsa", record, "--connect",
                        f"{ADDRESS['no-starttls']}:25", "a.signed.test",
                        dns=False)[2:] == ("encrypt", "failed")


def m_cli_04(site):
    """An enforced policy: MX not in it, certificate invalid, stripped."""
    for domain, end in (("sts-left-out", ("none",)),
                        ("sts-expired", ("ca", "failed")),
                        ("sts-other-name", ("ca", "failed")),
                        ("sts-stripped", ("ca", "failed"))):
        action, code, *rest = site.verdict(f"{domain}.signed.test")
        assert action == "defer" and code[0] == "4" and tuple(rest) == end, \
            (domain, action, code, rest)


def m_cli_05(site):
    """The TXT record is gone: a cached policy stays in force."""
    policy = site.file("held", POLICY.format(
        "enforce", "mx-sts-withdrawn.signed.test"))
    assert site.verdict("sts-withdrawn.signed.test")[-1] == "clear"
    assert site.verdict("--sts-file", policy, "sts-withdrawn.signed.test") \
        == ("defer", "4.7.5", "ca", "failed")


def m_cli_06(site):
    """REQUIRETLS: bounced if not supported, without TLS, or without
    authentication; deferred if EHLO was not reached."""
    for domain, code in (("fine", "5.7.30"), ("stripped", "5.7.10"),
                         ("old-record", "5.7.10"), ("opportunistic", "5.7.10"),
                         ("busy", "4.4.1")):
        found = site.json("--requiretls", f"{domain}.signed.test")
        assert (found["action"], found["code"]) \
            == ("bounce" if code[0] == "5" else "defer", code), \
            (domain, found["action"], found["code"])
    has(site.eyes(CRITICAL, "--requiretls", "fine.signed.test"),
        "REQUIRETLS is not offered under TLS")
    has(site.eyes(CRITICAL, "--requiretls", "unsigned.test"), "REQUIRETLS")
    assert site.verdict("--requiretls", "unsigned.test")[:2] \
        == ("bounce", "5.7.10")
    for domain in ("sts-lame.test", "sts-bogus.test"):
        assert site.verdict("--requiretls", domain)[:2] \
            == ("defer", "4.4.3"), domain
    has(site.eyes(OK, "--requiretls", "requiretls.signed.test"),
        "decision deliver")


def m_cli_07(site):
    """TLS-Required: No, and STARTTLS fails: delivered, opportunistically."""
    for domain, end in (("stripped", "clear"), ("sts-stripped", "clear"),
                        ("sts-expired", "encrypted"),
                        ("old-record", "encrypted")):
        assert site.verdict("--tls-required-no", f"{domain}.signed.test") \
            == ("deliver", None, "may", end), domain
    assert site.verdict("--tls-required-no", "--require", "encrypt",
                        "stripped.signed.test")[2:] == ("encrypt", "failed")


def m_cli_08(site):
    """Opportunistic, STARTTLS fails: plaintext only at level may."""
    for level, end in (("may", "clear"), ("dane", "clear"),
                       ("encrypt", "failed"), ("ca", "failed")):
        assert site.verdict("--require", level,
                            "opportunistic.signed.test")[-1] == end, level
    assert site.json("--require", "dane-only", "opportunistic.signed.test"
                     )["hosts"][0]["attempts"] == []


BROKEN = (old_record, no_anchor, unusable, stripped, no_tls, refused, expired,
          other_name, stranger, old_tls, bogus_tlsa, bogus_mx, unsigned_mx,
          left_out, policy_faults, no_host, wrong_port, hostile)
ROWS = (m_cli_01, m_cli_02, m_cli_03, m_cli_04, m_cli_05, m_cli_06, m_cli_07,
        m_cli_08)


def main(words):
    dnslab.enter()
    if not built("SMTPTLS_PROBE", "examples/smtptls-probe"):
        dnslab.skip("smtptls-probe is not built")
    site, checks = Site(), Checks("probe")
    with dnslab.Lab(site.zones()) as lab, site.servers as servers, \
            Policies(servers.ca, site.policies):
        site.lab = lab
        servers.listen("good", "127.0.3.1", "--protocols", "TLSv1.1",
                       "--ciphers", "ALL:@SECLEVEL=0")
        servers.listen("good", "127.0.3.2", "--protocols", "TLSv1.3")
        for check in (*BROKEN, fine, options_of_hosts, postfix, exim, *ROWS):
            name = check.__name__.upper().replace("_", "-") \
                if check in ROWS else check.__name__
            missing = name in MTAS and MTAS[name].missing()
            if wanted(name, words) and missing:
                checks.skip(missing)
            elif wanted(name, words):
                checks.run(name, check, site)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
