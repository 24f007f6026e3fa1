#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Broken set-ups, repaired by what the server's log says, and nothing else.

  setups.py [NAME...]             the rows whose name contains NAME

Each row of setup_rows.py is a server as administrators have set theirs up, and
a client that people use. The client is refused, and the log has exactly this
line; then the changes that smtptls-server --log-changes has written are made,
word by word, and the same client gets in: it sends EHLO and QUIT under TLS.
Those of setup_repairs.py were repaired by hand. See harness.py for the
environment.
"""

import re
import sys
from concurrent import futures

import setup_repairs
import setup_rows
from harness import Checks, scratch, server_program, wanted
from reason_case import Absent, unescaped
from setup import Certs, changes_of


def is_in(fields):
    return fields["tls_enabled"] == "1" and fields["outcome"] == "quit" and \
        fields["reason_id"] == "-"


def plain(fields):
    """The sentence, without the error's name before it."""
    return re.sub(r"^SMTPTLS_E_\w+: ", "", unescaped(fields["reason"]))


def says(sentence, text):
    """A match if this is the sentence; a * stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, sentence.split("*"))), text)


def try_client(row, files):
    """The session's line, and the changes."""
    with row.setup.server(files) as server:
        row.client.run(server)
        fields = server.session(0)
        return fields, changes_of(server, fields["peer"])


def repair(row, files):
    fields, changes = try_client(row, files)
    reason = plain(fields)
    assert fields["reason_id"] in row.reason.split() and says(row.sentence, reason), \
        f"\n  said   {fields['reason_id']} {reason}\n" \
        f"  wanted {row.reason} {row.sentence}\n  {row.client.said}"
    assert not is_in(fields), fields
    assert changes, "nothing is proposed"
    for change in changes:
        row.setup.change(row.client, change)
    fields, _ = try_client(row, files)
    assert is_in(fields), \
        f"{changes} did not help: {fields} {row.client.said}"


def repair_by_hand(row, files):
    fields, _ = try_client(row, files)
    reason = plain(fields)
    assert not is_in(fields), fields
    assert says(row.line, reason), \
        f"\n  said   {reason}\n  wanted {row.line}\n  {row.client.said}"
    row.setup, row.client = row.repaired, row.other
    fields, _ = try_client(row, files)
    assert is_in(fields), f"it did not help: {fields} {row.client.said}"


def main(names):
    server_program()
    checks, files = Checks("setups"), Certs(scratch())

    def run(row):
        try:
            repair(row, files)
        except Absent as program:
            # A client from a large package is optional.
            if row.guest:
                print(f"note: {program}: {row.name} was not tried")
            else:
                checks.skip(str(program))

    with futures.ThreadPoolExecutor(2) as pool:
        for row in setup_rows.rows(files):
            if wanted(row.name, names):
                pool.submit(checks.run, row.name, run, row)
        for row in setup_repairs.repairs(files):
            if wanted(row.name, names):
                pool.submit(checks.run, row.name, repair_by_hand, row, files)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
