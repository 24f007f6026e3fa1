# SPDX-License-Identifier: MIT
"""The lines of the table, and how they are printed."""

import math
import statistics


class Row:
    """A line of the table; its verdict is "" if there is no limit."""

    def __init__(self, name, floor, server, result, interval="", limit="",
                 verdict=""):
        self.cells = (name, floor, server, result, interval, limit, verdict)
        self.name = name
        self.verdict = verdict


def median_interval(figures):
    """The figures between which the true median lies, in 95 of 100 cases.

    Each figure is as likely to be above it as below it, whatever their
    distribution; with few figures, the interval is from the smallest to the
    largest, which is then less certain.
    """
    figures = sorted(figures)
    count, left_out, chance = len(figures), 0, 1
    while True:
        chance += math.comb(count, left_out + 1)
        if chance / 2 ** count > 0.025:
            return figures[left_out], figures[-1 - left_out]
        left_out += 1


def ratio_row(name, floor, server, limit):
    """One line from the figures of rounds in which both were measured.

    A limit is exceeded if the median is above it by more than the noise.
    """
    ratios = [s / f for f, s in zip(floor, server)]
    ratio = statistics.median(ratios)
    low, high = median_interval(ratios)
    verdict = ("" if not limit else "holds" if ratio <= limit else
               "near" if low <= limit else "EXCEEDED")
    return Row(name, f"{statistics.median(floor):,.0f}",
               f"{statistics.median(server):,.0f}", f"x {ratio:.3f}",
               f"{low:.3f}..{high:.3f}" if len(ratios) > 1 else "",
               f"x {limit:g}" if limit else "", verdict)


def difference_row(name, floor, server, limit, digits=0):
    difference = server - floor
    return Row(name, f"{floor:,.{digits}f}", f"{server:,.{digits}f}",
               f"{difference:+,.{digits}f}", "",
               f"+{limit:,}" if limit else "",
               "" if not limit else
               "holds" if difference <= limit else "EXCEEDED")


def show(cells):
    name, *rest = cells
    print(f"{name:36}" + "".join(
        f"{cell:>{width}}" for cell, width in
        zip(rest, (13, 13, 11, 16, 10, 10))).rstrip(), flush=True)
