#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each reason of smtptls-reasons(7), provoked over a real connection: a client
that smtptls-server must refuse, with the reason's name and exactly this
sentence in its log.

  reasons.py [NAME...]            the cases whose name contains NAME

The cases are in reason_hello.py, reason_session.py and reason_after.py; every
name of the manual page has one. See harness.py for the environment.
"""

import os
import pathlib
import re
import subprocess
import sys
from concurrent import futures

import config_errors
import reason_after
import reason_hello
import reason_session
from harness import (Checks, Server, openssl, server_program,
                     session_fields)
from reason_case import Absent, Files, s_client, unescaped

# Reasons that no client can cause in this server, and the unit tests that have
# them: success; what only a host does; what only a client reports;
# certificates that openssl hardly makes; and keys elsewhere, which keys.py and
# privsep.py remove from real servers.
UNIT_TESTS = {"none": "reason/refusal.c", "outside": "tls/hook_closed.c",
              "unjudged": "tls/hook_closed.c",
              "bad-signature": "tls/failure.c",
              "renegotiation": "tls/failure.c",
              "truncated": "tls/failure.c", "internal": "tls/failure.c",
              "no-smtp": "smtp/dialogue.c",
              "smtp-refused": "smtp/dialogue.c",
              "no-starttls": "smtp/dialogue.c",
              "starttls-masked": "smtp/dialogue.c",
              "starttls-refused": "smtp/dialogue.c",
              "config": "conn/expected.c",
              "ended-here": "reason/session_end_sentence.c",
              "signer": "tls/signer.c", "token": "reason/refusal.c"}
UNIT_TESTS["cert-pin"] = UNIT_TESTS["cert-tlsa"] = "conn/expected.c"
UNIT_TESTS.update((f"cert-{fault}", "x509/verify.c") for fault in (
    "name", "no-san", "revoked", "extension", "constraint", "path",
    "not-ca", "signature", "malformed", "status"))
TOP = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(
    __file__).resolve().parents[2]))


def every_name(cases):
    """The names that the manual page lists are those that are tested here."""
    page = (TOP / "man" / "smtptls-reasons.7").read_text()
    listed = dict(re.findall(r"^\.It Cm ([a-z\d-]+) Pq (\d+)$", page,
                             re.MULTILINE), none="0")
    header = (TOP / "include" / "smtptls" / "policy.h").read_text()
    known = {name.lower().replace("_", "-"): number
             for name, number in re.findall(
                 r"^\tSMTPTLS_REASON_(\w+) = (\d+)", header, re.MULTILINE)}
    tried = {case.name for case in cases}
    assert len(known) > 20 and listed == known, \
        set(listed.items()) ^ set(known.items())
    assert not tried & set(UNIT_TESTS), tried & set(UNIT_TESTS)
    every = tried | set(UNIT_TESTS)
    assert every == set(listed), f"without a case: {set(listed) - every}; " \
        f"not in the manual: {every - set(listed)}"
    for name, file in UNIT_TESTS.items():
        constant = "SMTPTLS_REASON_" + name.upper().replace("-", "_")
        text = (TOP / "tests" / "unit" / file).read_text()
        assert re.search(rf"(\b(assert|check|run)\w*\([^;]*|\.reason = )"
                         rf"\b{constant}\b", text), \
            f"{file} does not test {constant}"


def alike(sentence):
    """Without what differs from one session to another."""
    return re.sub(r'"[^"]*"|/\S+,|\(\d+ s\)|\d+-\d\d-\d\d', "", sentence)


def every_example(cases):
    """The manual's example of a reason is the log line of one of its cases."""
    said = {}
    for case in cases:
        # For a case with several possible reasons, the actual one is unknown.
        if case.names == [case.name]:
            said.setdefault(case.name, []).append(alike(case.said()))
    for name, sentences in said.items():
        text = subprocess.run([server_program(), "--explain", name],
                              capture_output=True, text=True,
                              check=True).stdout
        example = dict(session_fields(" ".join(
            line.strip() for line in text.splitlines()
            if line.startswith("  "))))
        assert set(example) == {"reason", "reason_id"}, text
        assert example["reason_id"] == name, text
        assert alike(unescaped(example["reason"])).endswith(
            tuple(sentences)), text


def nothing_wrong(files):
    """The control: a successful session has none, though a name that no
    certificate has is noted."""
    for options, name, noted in (([], "localhost", None),
                                 ([], "other.example", "1"),
                                 (["--strict-sni"], "localhost", None)):
        with Server(files, *options) as server:
            for number, starttls in enumerate((False, True)):
                s_client("-quiet", "-crlf", "-servername", name,
                         text="QUIT\n")(server, starttls)
                fields = server.session(number)
                assert fields["tls_enabled"] == "1", fields
                assert fields["reason_id"] == "-", fields
                assert fields.get("sni_unmatched") == noted, fields


def weak_dh(files):
    """A server's own weak parameters are refused before any client sees
    them."""
    path = files.dir / "dh1024.pem"
    openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
            "dh_rfc5114:1", "-out", path)
    path.write_text(openssl("dhparam", "-in", path))
    crt, key = map(str, files.rsa)
    config_errors.ends(
        files, ["--listen", "127.0.0.1:0", "--cert", crt, "--key", key,
                "--dhparam", str(path)],
        path, re.escape(f"smtptls-server: {path}: Diffie-Hellman parameters "
                        "of 1024 bits, but at least 2048 are needed\n"))


def main(names):
    server_program()
    checks, files = Checks("reasons"), Files()
    cases = reason_hello.cases(files) + reason_session.cases(files) \
        + reason_after.cases(files)

    def run(case):
        try:
            case.run(files)
        except Absent as program:
            checks.skip(program)

    checks.run("every name", every_name, cases)
    checks.run("every example", every_example, cases)
    checks.run("nothing wrong", nothing_wrong, files)
    checks.run("weak DH parameters", weak_dh, files)
    # Most of the time is spent on silent peers.
    with futures.ThreadPoolExecutor(4) as pool:
        for case in cases:
            if not names or any(word in case.name for word in names):
                pool.submit(checks.run, case.title(), run, case)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
