#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The sample server against tests/data/behaviour.tsv, row by row.

  behaviour.py [ID-PREFIX...]     for example: behaviour.py S-INJ S-LIN-03

A line per row that fails or is left out, then `behaviour: N passed, N failed,
N left out`; status 1 when a row failed. Each row of the table is either judged
or left out with a reason. See harness.py for the environment.
"""

import concurrent.futures
import os
import sys
import traceback

import behaviour_dialogue   # noqa: F401  (each registers its rows)
import behaviour_load       # noqa: F401
import behaviour_server     # noqa: F401
import behaviour_tls        # noqa: F401
from harness import server_program
from rows import ALONE, JUDGES, LAST, LEFT_OUT, Site, requirements

WORKERS = 6


def judge(site, name):
    """None, or why the row fails."""
    function, arguments = JUDGES[name]
    try:
        function(site, *arguments)
    except Exception as error:  # pylint: disable=broad-except
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} " \
               f"({os.path.basename(where.filename)}:{where.lineno})"
    return None


def run(site, names):
    """(name, why) of each row, the measuring ones after the others."""
    apart = ALONE | LAST
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        together = [name for name in names if name not in apart]
        yield from zip(together, pool.map(
            lambda name: judge(site, name), together))
    for name in sorted((n for n in names if n in apart),
                       key=lambda n: n in LAST):
        yield name, judge(site, name)


def main(prefixes):
    server_program()
    required = requirements()
    for what, names in (("no such rows", {*JUDGES, *LEFT_OUT} - {*required}),
                        ("neither judged nor left out",
                         {*required} - {*JUDGES, *LEFT_OUT}),
                        ("both judged and left out", {*JUDGES} & {*LEFT_OUT})):
        if names:
            sys.exit(f"behaviour: {what}: {' '.join(sorted(names))}")
    wanted = [name for name in required if not prefixes
              or any(name.startswith(prefix) for prefix in prefixes)]
    if not wanted:
        sys.exit(f"behaviour: no row begins with {' '.join(prefixes)}")
    apart = [name for name in wanted if name in LEFT_OUT]
    site, failed, passed = Site(), 0, 0
    try:
        for name, why in run(site, [n for n in wanted if n in JUDGES]):
            passed += why is None
            if why is not None:
                failed += 1
                sent, must = required[name]
                print(f"FAIL {name}: sent: {sent} | came: {why} | "
                      f"required: {must}", flush=True)
    finally:
        complaints = site.close()
    for line in complaints:
        print(f"FAIL {line}")
    for name in apart:
        print(f"left out {name}: {LEFT_OUT[name]}")
    print(f"behaviour: {passed} passed, {failed + bool(complaints)} failed, "
          f"{len(apart)} left out")
    sys.exit(1 if failed or complaints else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
