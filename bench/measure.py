#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measure a STARTTLS server against the floor, and check its limits.

    measure.py --floor PATH --server PATH --load PATH --client PATH [OPTION]...

Both servers run at the same time, with the same certificates and options, and
are loaded in short turns, so that a disturbance of the machine affects both;
only the ratio within a round counts. CPU time and memory are the kernel's
figures for the server process alone. Instructions are counted by callgrind in
runs of two lengths, so that the difference excludes start and end; dhat tells
the library's share of the heap. Two kinds of client, one using GnuTLS directly
and one using the library, are counted in the same way, with the floor as their
server.

Prints a table. Status 0: no limit is exceeded; 1: one is; 2: something could
not be measured, with a sentence. Everything started is ended in each case; all
traffic stays on the loopback interface, all files in a temporary directory.
"""

import argparse
import contextlib
import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import other_programs
import under_load
from program import (SERVER_OPTIONS, Failure, Role, Server, cpus, make_pair,
                     prepare, read_line, real_program, run_quietly)
from table import difference_row, ratio_row, show

LOAD_SECONDS = 330
MAX_ROUNDS = 100
MIB = 1 << 20

INSTRUCTIONS_LIMIT = 1.015
CLIENT_LIMIT = 1.03
CPU_LIMIT = 1.06
RESUMED_CPU_LIMIT = 1.08
DATA_LIMIT = 1.10
IDLE_TLS_LIMIT = 2560
LIBRARY_HEAP_LIMIT = 1024

# Plaintext connections are so small that it takes thousands to fill a new page
# of the heap.
IDLE_TLS = (1000, 10000)
IDLE_TLS_QUICK = (200, 1000)
IDLE_PLAIN = (1000, 3000)
HEAP = (50, 150)

STRINGS_LIMIT = 1.02
ATTACHED_LIMIT = 1.02

# The priority of a server without OpenSSL's strings, and 20 suites in
# OpenSSL's words.
PRIORITY = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
TWENTY_SUITES = ":".join(
    f"{kx}-{cipher}" for kx, ciphers in (
        ("ECDHE-ECDSA", ("CHACHA20-POLY1305", "AES128-GCM-SHA256",
                         "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM",
                         "AES128-SHA256", "AES256-SHA384", "AES128-SHA")),
        ("ECDHE-RSA", ("CHACHA20-POLY1305", "AES128-GCM-SHA256",
                       "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA384",
                       "AES128-SHA", "AES256-SHA")),
        ("DHE-RSA", ("CHACHA20-POLY1305", "AES128-GCM-SHA256",
                     "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM")))
    for cipher in ciphers)


class Bench:
    """The measurements; each yields one row."""

    def __init__(self, args, directory):
        self.directory = directory
        self.load_program, self.load_env = real_program(args.load)
        self.client_program, self.client_env = real_program(args.client)
        self.roles = (Role("floor", args.floor, []),
                      Role("server", args.server,
                           shlex.split(args.server_options)))
        self.strings = tuple(
            Role("server", args.server,
                 [*shlex.split(args.server_options), option, value])
            for option, value in (("--priority", PRIORITY),
                                  ("--ciphers", TWENTY_SUITES)))
        self.attached = (self.roles[0],
                         Role("attached", args.attached, [])) \
            if args.attached else None
        self.rounds = args.rounds or (9 if args.quick else 45)
        self.quick = args.quick
        self.pairs = {
            "P-256": make_pair(directory / "p256", args.cert_program, False),
            "RSA-2048": make_pair(directory / "rsa", args.cert_program, True),
        }

    def start_load(self, server, mode, count, threads=1, more=()):
        return subprocess.Popen(
            [self.load_program, mode, "--port", server.port, "--count",
             str(count), "--threads", str(threads), *more], env=self.load_env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=prepare(cpus()[1]))

    def end_load(self, process, server):
        """Waits for the load; returns the figures that it prints."""
        try:
            out, err = process.communicate(timeout=LOAD_SECONDS)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        if process.returncode:
            what = err.decode(errors="replace").strip().splitlines()
            raise Failure(f"{what[-1] if what else 'the load died'} "
                          f"(against the {server.name}"
                          f"{server.last_words()})")
        return out.decode()

    def run_load(self, server, mode, count, threads=1, more=()):
        """The amount of work, in the unit of the mode: sessions, or MiB."""
        out = self.end_load(
            self.start_load(server, mode, count, threads, more), server)
        size = int(re.search(r"bytes=(\d+)", out)[1])
        return size / MIB if mode == "data" else count

    @contextlib.contextmanager
    def held(self, server, mode, count):
        """Holds this many connections while the context is open."""
        load = self.start_load(server, mode, count)
        try:
            try:
                read_line(load, "the load")
            except Failure:
                self.end_load(load, server)
                raise
            yield
            self.end_load(load, server)
        finally:
            load.kill()
            load.wait()

    def cpu_round(self, mode, key, count, threads, order):
        """CPU seconds per session, or per MiB, of the two roles.

        Fresh processes, because a process's location in memory affects its
        speed; turns in the order 0 1 1 0, so that a machine that gets slower
        or faster affects both equally.
        """
        spent, done = [0, 0], [0, 0]
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(Server(self, role, self.pairs[key]))
                       for role in self.roles]
            for server in servers:
                self.run_load(server, mode, max(count // 10, 1), threads)
            for i in order:
                before = servers[i].cpu()
                done[i] += self.run_load(servers[i], mode, count, threads)
                spent[i] += servers[i].cpu() - before
        return [s / d for s, d in zip(spent, done)]

    def cpu(self, mode, key, count, threads):
        """Microseconds of each role, one figure per round."""
        orders = ((0, 1, 1, 0), (1, 0, 0, 1))
        rounds = [self.cpu_round(mode, key, count, threads, orders[n % 2])
                  for n in range(self.rounds)]
        return [[figure * 1e6 for figure in figures]
                for figures in zip(*rounds)]

    def cpu_row(self, name, mode, key, count, threads, limit):
        return ratio_row(f"CPU us, {name}",
                         *self.cpu(mode, key, count, threads), limit)

    def valgrind(self, role, key, tool, run):
        """The tool's output about each process of a server for which `run` was
        called, and what `run` returned."""
        prefix = ("valgrind", "--quiet", f"--tool={tool}",
                  f"--{tool}-out-file={self.directory / tool}.%p")
        with Server(self, role, self.pairs[key], prefix) as server:
            done = run(server)
        texts = []
        for out in self.directory.glob(f"{tool}.*"):
            texts.append(out.read_text())
            out.unlink()
        return texts, done

    def callgrind_counts(self, role, mode, count, key="P-256", more=()):
        """Instructions of a whole run, for each process."""
        texts, _ = self.valgrind(
            role, key, "callgrind",
            lambda server: self.run_load(server, mode, count, more=more))
        found = [re.search(r"^summary: (\d+)", text, re.MULTILINE)
                 for text in texts]
        if not found or not all(found):
            raise Failure(f"callgrind counted nothing of the {role.name}")
        return [int(one[1]) for one in found]

    def session_instructions(self, mode, role=None, more=()):
        """Instructions per session, of the server or another role."""
        few, many = (3, 8) if self.quick else (5, 25)
        less, greater = (
            sum(self.callgrind_counts(role or self.roles[1], mode, count,
                                      more=more))
            for count in (few, many))
        return (greater - less) / (many - few)

    def instructions(self, role, mode, key, count):
        """Instructions of a whole run, and its work: sessions, or MiB."""
        texts, done = self.valgrind(
            role, key, "callgrind",
            lambda server: self.run_load(server, mode, count))
        found = re.search(r"^summary: (\d+)", texts[0], re.MULTILINE)
        if not found:
            raise Failure(f"callgrind counted nothing of the {role.name}")
        return int(found[1]), done

    def instructions_row(self, name, mode, key, limit, roles=None):
        figures = []
        for role in roles or self.roles:
            (less, few), (more, many) = (
                self.instructions(role, mode, key, count)
                for count in ((3, 8) if self.quick else (5, 25)))
            figures.append([(more - less) / (many - few)])
        return ratio_row(f"instructions, {name}", *figures, limit)

    def client_instructions(self, server, kind, mode, count):
        """Instructions of a whole run of a client, including loading
        authorities."""
        out = self.directory / "callgrind"
        authority = self.directory / "p256" / "smtptls-ca.crt"
        if not authority.exists():  # it is self-signed
            authority = self.pairs["P-256"][0]
        run_quietly(["valgrind", "--quiet", "--tool=callgrind",
                     f"--callgrind-out-file={out}", self.client_program, kind,
                     mode, "--port", server.port, "--count", str(count),
                     "--ca", str(authority)],
                    self.directory, self.client_env, LOAD_SECONDS)
        found = re.search(r"^summary: (\d+)", out.read_text(), re.MULTILINE)
        out.unlink()
        if not found:
            raise Failure(f"callgrind counted nothing of the {kind} client")
        return int(found[1])

    def client_row(self, mode, limit):
        few, many = (3, 8) if self.quick else (5, 25)
        figures = []
        with Server(self, self.roles[0], self.pairs["P-256"]) as server:
            for kind in ("gnutls", "smtptls"):
                less, more = (self.client_instructions(server, kind, mode,
                                                       count)
                              for count in (few, many))
                figures.append([(more - less) / (many - few)])
        return ratio_row(f"instructions, {mode} client session", *figures,
                         limit)

    def hold(self, server, mode, counts):
        """Opens one lot after the other; returns the memory after each."""
        sizes = []
        with contextlib.ExitStack() as stack:
            for count in counts:
                stack.enter_context(self.held(server, mode, count))
                sizes.append(server.memory())
        return sizes

    def idle(self, role, mode, counts):
        """Bytes per connection: what the second lot adds to the first, which
        fills the holes that the start has left in the heap."""
        with Server(self, role, self.pairs["P-256"]) as server:
            self.run_load(server, "full", 20)
            first, second = self.hold(server, mode, counts)
        return (second - first) / counts[1]

    def library_heap(self, role, mode, count):
        """Bytes requested by the library, or by what it called, at the heap's
        peak."""
        texts, _ = self.valgrind(
            role, "P-256", "dhat",
            lambda server: self.hold(server, mode, (count,)))
        profile = json.loads(texts[0])
        frames = [bool(re.search("smtptls_|libsmtptls", frame))
                  for frame in profile["ftbl"]]
        return sum(point["gb"] for point in profile["pps"]
                   if any(frames[i] for i in point["fs"]))

    def library_heap_row(self, mode, limit):
        few, many = HEAP
        floor, server = (
            (self.library_heap(role, mode, many) -
             self.library_heap(role, mode, few)) / (many - few)
            for role in self.roles)
        return difference_row(f"library heap bytes, {mode}", floor, server,
                              limit)

    def idle_row(self, mode, counts, limit):
        floor, server = (self.idle(role, mode, counts) for role in self.roles)
        return difference_row(f"bytes, {mode} connection", floor, server,
                              limit)

    def rows(self):
        for name, mode, key, count, threads, instructions, cpu in (
                ("full session, P-256", "full", "P-256", 200, 8,
                 INSTRUCTIONS_LIMIT, CPU_LIMIT),
                ("full session, RSA-2048", "full", "RSA-2048", 60, 8,
                 INSTRUCTIONS_LIMIT, CPU_LIMIT),
                ("resumed session, P-256", "resumed", "P-256", 200, 8,
                 None, RESUMED_CPU_LIMIT),
                ("MiB of DATA", "data", "P-256", 200, 1, None, DATA_LIMIT)):
            yield self.instructions_row(name, mode, key, instructions)
            yield self.cpu_row(name, mode, key, count, threads, cpu)
        for mode in ("full", "resumed"):
            yield self.client_row(mode, CLIENT_LIMIT)
        yield self.instructions_row("strings", "full", "P-256", STRINGS_LIMIT,
                                    self.strings)
        if self.attached:
            yield self.instructions_row("attached", "full", "P-256",
                                        ATTACHED_LIMIT, self.attached)
        yield other_programs.runner_row(self)
        yield other_programs.sni_row(self)
        yield under_load.calls_row(self)
        yield under_load.p99_row(self)
        yield under_load.reload_row(self)
        yield from other_programs.names_rows(self)
        yield self.idle_row("idle-tls",
                            IDLE_TLS_QUICK if self.quick else IDLE_TLS,
                            IDLE_TLS_LIMIT)
        yield self.idle_row("idle-plain", IDLE_PLAIN, None)
        yield self.library_heap_row("idle-plain", LIBRARY_HEAP_LIMIT)


def measure(args):
    for tool in ("valgrind", "openssl", "strace"):
        if not shutil.which(tool):
            raise Failure(f"{tool} is not installed")
    exceeded = []
    with tempfile.TemporaryDirectory(prefix="smtptls-bench-") as directory:
        bench = Bench(args, pathlib.Path(directory))
        show(("", "floor", "server", "server is", "interval", "limit", ""))
        for row in bench.rows():
            show(row.cells)
            if row.verdict == "EXCEEDED":
                exceeded.append(row.name)
    if exceeded:
        print("exceeded: " + "; ".join(exceeded))
    return 1 if exceeded else 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Measure a STARTTLS server against the floor.")
    parser.add_argument("--floor", required=True, metavar="PATH")
    parser.add_argument("--server", required=True, metavar="PATH")
    parser.add_argument("--load", required=True, metavar="PATH")
    parser.add_argument("--client", required=True, metavar="PATH")
    parser.add_argument("--attached", metavar="PATH",
                        help="the floor with a policy on its sessions")
    parser.add_argument("--cert-program", metavar="PATH",
                        help="makes the certificates instead of openssl")
    parser.add_argument("--server-options", default=SERVER_OPTIONS,
                        metavar="TEXT", help="more arguments of the server "
                        "(default: %(default)s)")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="of each CPU figure (default 45, quick 9)")
    parser.add_argument("--quick", action="store_true",
                        help="fewer rounds, shorter callgrind runs")
    args = parser.parse_args()
    if args.rounds is not None and not 1 <= args.rounds <= MAX_ROUNDS:
        parser.error(f"--rounds is a number from 1 to {MAX_ROUNDS}")
    return args


def interrupted(number, _):
    """Turns a signal into an exception, so that everything is ended on the way
    out."""
    sys.exit(128 + number)


def main():
    args = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupted)
    try:
        return measure(args)
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"measure.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
