#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The sample server against tests/data/behaviour.tsv, row by row.

  behaviour.py [ID-PREFIX...]     for example: behaviour.py S-INJ S-LIN-03

Prints a line per row that fails or is left out, then `behaviour: N passed, N
failed, N left out`; exits with status 1 if a row failed. Each row of the table
is either judged or left out with a reason. See harness.py for the environment.
"""

import sys

import behaviour_dialogue   # noqa: F401  (each registers its rows)
import behaviour_load       # noqa: F401
import behaviour_server     # noqa: F401
import behaviour_tls        # noqa: F401
from harness import server_program
from rows import Site, main

if __name__ == "__main__":
    server_program()
    main("behaviour", "server", Site, sys.argv[1:])
