# SPDX-License-Identifier: MIT
"""Rows about a busy server: its system calls, how long honest clients wait
beside others, and a new configuration ten times a second.
"""

import contextlib
import re
import signal
import threading
import time

from program import Failure, Server
from table import Row, difference_row, ratio_row

# 19 per session when the floor made 17.6.
CALLS_LIMIT = 1.4
TRACE_SECONDS = 30

P99_LIMIT = 2.0
STALLED = IDLE = 1000

RELOAD_SECONDS = 0.1


def system_calls(bench, role, count):
    """The number in a whole run of this many sessions, one after the other."""
    out = bench.directory / "strace"
    # -D: the server is the process started, and strace a child that ends with
    # it
    prefix = ("strace", "-D", "-f", "-c", "-o", str(out))
    with Server(bench, role, bench.pairs["P-256"], prefix) as server:
        bench.run_load(server, "full", count)
    deadline = time.monotonic() + TRACE_SECONDS
    while time.monotonic() < deadline:
        found = out.exists() and re.search(
            r"^100\.00\s+[\d.]+\s+(?:\d+\s+)?(\d+)\s+(?:\d+\s+)?total$",
            out.read_text(), re.MULTILINE)
        if found:
            out.unlink()
            return int(found[1])
        time.sleep(0.05)
    raise Failure(f"strace counted nothing of the {role.name}")


def calls_row(bench):
    few, many = (20, 120) if bench.quick else (50, 450)
    floor, server = (
        (system_calls(bench, role, many) - system_calls(bench, role, few)) /
        (many - few) for role in bench.roles)
    return difference_row("system calls, full session", floor, server,
                          CALLS_LIMIT, digits=1)


def percentile(bench, server, count):
    load = bench.start_load(server, "full", count)
    out = bench.end_load(load, server)
    return int(re.search(r"p99_us=(\d+)", out)[1])


@contextlib.contextmanager
def crowd(bench, server):
    """Connections that stall and others that are idle, while the context is
    open."""
    with contextlib.ExitStack() as stack:
        for mode, count in ("stalled", STALLED), ("idle-tls", IDLE):
            stack.enter_context(bench.held(server, mode, count))
        yield


def p99_row(bench):
    """A session's time beside the crowd, and without it, alternately."""
    count, rounds = (200, 3) if bench.quick else (1000, 5)
    alone, beside = [], []
    with Server(bench, bench.roles[1], bench.pairs["P-256"]) as server:
        percentile(bench, server, count // 10)
        for _ in range(rounds):
            alone.append(percentile(bench, server, count))
            with crowd(bench, server):
                beside.append(percentile(bench, server, count))
    return ratio_row("p99 us, beside 2000 others", alone, beside, P99_LIMIT)


@contextlib.contextmanager
def reloads(server):
    """SIGHUP again and again, while the context is open."""
    over = threading.Event()

    def ask():
        while not over.wait(RELOAD_SECONDS):
            server.process.send_signal(signal.SIGHUP)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def reload_row(bench):
    """The load ends at its first failed session, and so counts at most one."""
    count = 1000 if bench.quick else 5000
    failed = 0
    with Server(bench, bench.roles[1], bench.pairs["P-256"]) as server:
        with reloads(server):
            try:
                bench.run_load(server, "full", count, 8)
            except Failure as failure:
                print(failure)
                failed = 1
        done = len(re.findall("^smtptls-server: reloaded$",
                              server.log.read_text(), re.MULTILINE))
    if done < 3:
        raise Failure(f"the server has reloaded {done} times only")
    return Row("failed sessions, SIGHUP each 100 ms", "", f"{failed}",
               f"of {count}", f"{done} reloads", "0",
               "EXCEEDED" if failed else "holds")
