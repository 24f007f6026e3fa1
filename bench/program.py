# SPDX-License-Identifier: MIT
"""The measured programs: started, watched and ended.

Everything runs on the loopback interface and in a directory of the caller's;
what cannot be done raises a Failure, whose text is a sentence.
"""

import os
import pathlib
import re
import resource
import select
import signal
import subprocess
import time

START_SECONDS = 60
STOP_SECONDS = 30

SERVER_OPTIONS = ("--max-connections 16384 --idle-timeout 600 "
                  "--max-size 1000000000")


class Failure(Exception):
    """Something could not be measured; the text is a sentence."""


def real_program(path):
    """The program and its environment, behind libtool's wrapper.

    The wrapper is a shell script: /proc and valgrind would see the shell, or
    nothing.
    """
    path = pathlib.Path(path).resolve()
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is not a program")
    env = dict(os.environ)
    text = path.read_bytes()
    if not (text.startswith(b"#!") and b"libtool" in text):
        return str(path), env
    program = path.parent / ".libs" / path.name
    if not os.access(program, os.X_OK):
        raise Failure(f"{path} is a libtool wrapper without {program}")
    found = re.search(rb'^\s*LD_LIBRARY_PATH="([^"$]+)', text, re.MULTILINE)
    if found:
        paths = [os.fsdecode(found[1]).strip(":"), env.get("LD_LIBRARY_PATH")]
        env["LD_LIBRARY_PATH"] = ":".join(filter(None, paths))
    return str(program), env


def cpus():
    """One processor for the servers and, if possible, another for the load."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def prepare(cpu):
    """What a child does before it executes a program."""
    def run():
        os.sched_setaffinity(0, {cpu})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return run


def read_line(process, what):
    """A line of the child's standard output, within a time limit."""
    deadline = time.monotonic() + START_SECONDS
    line = b""
    while not line.endswith(b"\n"):
        left = max(0, deadline - time.monotonic())
        if not select.select([process.stdout], [], [], left)[0]:
            raise Failure(f"{what} did not report within {START_SECONDS} s")
        byte = os.read(process.stdout.fileno(), 1)
        if not byte:
            raise Failure(f"{what} ended before it was ready")
        line += byte
    return line.decode()


class Server:
    """A server process, ended when the with block is left."""

    def __init__(self, bench, role, pair, prefix=()):
        self.name = role.name
        self.log = bench.directory / f"{role.name}.log"
        command = [*prefix, role.program, *role.arguments(pair)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, env=role.env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log,
                preexec_fn=prepare(cpus()[0]))
        try:
            line = read_line(self.process, f"the {self.name}")
            found = re.fullmatch(r"listening starttls 127\.0\.0\.1:(\d+)\n",
                                 line)
            if not found:
                raise Failure(f"the {self.name} said {line!r}")
        except BaseException as error:
            self.kill()
            if isinstance(error, Failure):
                raise Failure(f"{error}{self.last_words()}") from None
            raise
        self.port = found[1]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    def last_words(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return "; its log ends: " + " | ".join(lines[-3:]) if lines else ""

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"the {self.name} did not end at SIGTERM") from None
        finally:
            self.kill()
        if status not in (0, -signal.SIGTERM):
            raise Failure(f"the {self.name} ended with status {status}"
                          f"{self.last_words()}")

    def cpu(self):
        """Seconds of CPU time so far, user and system."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self):
        """Bytes that only this process has, and that it has written.

        Clean private pages do not count: a library's page becomes shared, and
        private again, as other programs with that library start and end.
        """
        text = pathlib.Path(
            f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"Private_Dirty:\s+(\d+) kB", text)[1]) * 1024


class Role:
    """A program under comparison."""

    def __init__(self, name, path, options):
        self.name = name
        self.program, self.env = real_program(path)
        self.options = options

    def arguments(self, pair):
        return ["--listen", "127.0.0.1:0", "--cert", str(pair[0]), "--key",
                str(pair[1]), *self.options]


def run_quietly(command, directory, env=None, seconds=START_SECONDS):
    done = subprocess.run(command, cwd=directory, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds,
                          check=False)
    if done.returncode:
        text = done.stdout.decode(errors="replace").strip()
        raise Failure(f"{command[0]} ended with status {done.returncode}: "
                      f"{text}")


def make_pair(directory, cert_program, rsa):
    """A certificate and its key, as two paths."""
    directory.mkdir()
    if not cert_program:
        kind = (["rsa:2048"] if rsa else
                ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        run_quietly(["openssl", "req", "-x509", "-newkey", *kind, "-nodes",
                     "-subj", "/CN=localhost", "-days", "2", "-addext",
                     "subjectAltName=DNS:localhost", "-keyout", "server.key",
                     "-out", "server.crt"], directory)
        return directory / "server.crt", directory / "server.key"
    program, env = real_program(cert_program)
    run_quietly([program, "--dir", str(directory), "--name", "localhost",
                 *(["--rsa"] if rsa else [])], directory, env)
    pair = (directory / "smtptls-server.crt", directory / "smtptls-server.key")
    if not all(path.exists() for path in pair):
        raise Failure(f"{cert_program} left no smtptls-server.crt and .key")
    return pair
