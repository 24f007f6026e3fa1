# SPDX-License-Identifier: MIT
"""The lines of the table, and how they are printed."""

import statistics


class Row:
    """A line of the table; ok is None where there is no limit."""

    def __init__(self, name, floor, server, verdict, spread="", limit="",
                 ok=None):
        self.cells = (name, floor, server, verdict, spread, limit,
                      {None: "", True: "holds", False: "EXCEEDED"}[ok])
        self.name = name
        self.ok = ok


def ratio_row(name, floor, server, limit):
    """One line from figures of rounds in which both were measured."""
    ratios = [s / f for f, s in zip(floor, server)]
    ratio = statistics.median(ratios)
    spread = ""
    if len(ratios) > 1:
        spread = f"{min(ratios):.3f}..{max(ratios):.3f}"
    return Row(name, f"{statistics.median(floor):,.0f}",
               f"{statistics.median(server):,.0f}", f"x {ratio:.3f}",
               spread, f"x {limit:.2f}" if limit else "",
               ratio <= limit if limit else None)


def difference_row(name, floor, server, limit, digits=0):
    difference = server - floor
    return Row(name, f"{floor:,.{digits}f}", f"{server:,.{digits}f}",
               f"{difference:+,.{digits}f}", "",
               f"+{limit:,}" if limit else "",
               difference <= limit if limit else None)


def show(cells):
    name, *rest = cells
    print(f"{name:36}" + "".join(
        f"{cell:>{width}}" for cell, width in
        zip(rest, (13, 13, 11, 16, 10, 10))).rstrip(), flush=True)
