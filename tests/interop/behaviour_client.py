#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""sendmta, and so the client's side of the library, against the client's rows
of tests/data/behaviour.tsv, each met as a server that does what the row says.

  behaviour_client.py [ID-PREFIX...]

A malicious server can make a client fail, never make it hang, grow, send
credentials or mail in the clear, believe an injected reply or take a wrong
certificate. See behaviour.py, whose output is the same, and sender.py for the
environment. What speaks of the dialogue is tried on the dialogue alone in
tests/unit/smtp/dialogue.c, too.
"""

import sys

import client_dialogue      # noqa: F401  (each registers its rows)
import client_sender        # noqa: F401
import client_tls           # noqa: F401
from rows import main
from sender import Stage, program

if __name__ == "__main__":
    program()
    main("behaviour_client", "client", Stage, sys.argv[1:])
