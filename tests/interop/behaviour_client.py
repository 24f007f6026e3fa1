#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""sendmta, and with it the client side of the library, against the client's
rows of tests/data/behaviour.tsv, each run against a server that does what the
row says.

  behaviour_client.py [ID-PREFIX...]

A malicious server may make a client fail, but never make it hang, grow, send
credentials or mail in plaintext, believe an injected reply or accept a wrong
certificate. See behaviour.py, whose output has the same form, and sender.py
for the environment. Rows on the dialogue are also tested on the library alone:
each is named in tests/unit/smtp/dialogue.c or tests/unit/conn/.
"""

import pathlib
import re
import sys

import client_dialogue      # noqa: F401  (each registers its rows)
import client_sender        # noqa: F401
import client_tls           # noqa: F401
from rows import main, requirements
from sender import Stage, program

UNIT = pathlib.Path(__file__).resolve().parents[1] / "unit"
DIALOGUE = re.compile("C-(GRT|EHL|STL|INJ)-")


def unnamed():
    """Rows on the dialogue that no unit test names."""
    text = "".join(path.read_text(encoding="utf-8") for path in
                   [UNIT / "smtp/dialogue.c", *(UNIT / "conn").glob("*.c")])
    return [name for name in requirements("client")
            if DIALOGUE.match(name) and name not in text]


if __name__ == "__main__":
    program()
    if unnamed():
        sys.exit(f"behaviour_client: not in tests/unit: {unnamed()}")
    main("behaviour_client", "client", Stage, sys.argv[1:])
