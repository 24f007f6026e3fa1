# SPDX-License-Identifier: MIT
"""ucspitls, as tests run it; SMTPTLS_UCSPITLS names it if it is not the one in
the build tree."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

from harness import REPORT, SCALE, SKIPPED, WRAPPER, Fault, built, in_ci, \
    scratch, wait_for
from wire import Wire, client_context


def runner_program():
    program = built("SMTPTLS_UCSPITLS", "examples/ucspitls")
    if not program:
        print("skip: ucspitls is not built")
        sys.exit(1 if in_ci() else SKIPPED)
    return str(pathlib.Path(program).absolute())


# How a shell passes on its standard input.
PLAIN = 'exec "$@"'
SYSTEMD = 'exec 3<&0 </dev/null >/dev/null; LISTEN_PID=$$ LISTEN_FDS=1; ' \
    'export LISTEN_PID LISTEN_FDS; exec "$@"'


class Runner:
    """ucspitls on its own port: with Runner(...) as runner: ..."""

    def __init__(self, certs, *program, options=(), env=None,
                 address="127.0.0.1:0"):
        cert, key = certs.ecdsa
        self.command = WRAPPER + [
            runner_program(), "-l", address, *options, str(cert), str(key),
            *program]
        self.env = dict(os.environ, **env or {})

    def __enter__(self):
        self.log = scratch() / "log"
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, env=self.env,
            stderr=open(self.log, "wb"), start_new_session=True)
        words = self.process.stdout.readline().split()
        if not words:
            raise Fault(self.log.read_text())
        host, _, port = words[-1].decode().rpartition(":")
        self.address = host.strip("[]"), int(port)
        return self

    def __exit__(self, *unused):
        # together with processes that still serve a client
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        log = self.log.read_text(errors="replace")
        # leak checks cannot run without /proc, as in a chroot
        if re.search(REPORT.pattern, re.sub(
                "(?m)^.*LeakSanitizer has encountered.*$", "", log), re.M):
            raise Fault(log)

    def said(self, text):
        try:
            wait_for(lambda: text in self.log.read_text(), 10, text)
        except Fault as fault:
            raise Fault(f"{fault}: {self.log.read_text()}") from None


class Inherited:
    """ucspitls -i on an inherited socket with a small buffer."""

    running = set()

    def __init__(self, certs, script, size=4096):
        cert, key = certs.ecdsa
        self.sock, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        self.log = scratch() / "log"
        with theirs, open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                WRAPPER + [runner_program(), "-i", str(cert), str(key),
                           "/bin/sh", "-c", script], stdin=theirs,
                stdout=theirs, stderr=log, start_new_session=True)
        Inherited.running.add(self)
        self.tls = client_context().wrap_socket(self.sock)

    def has_ended(self):
        """Its status and CPU time, program included; or None."""
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            Inherited.running.discard(self)
        return (self.process.returncode, usage.ru_utime + usage.ru_stime) \
            if pid else None

    def end(self):
        """Its status and messages, once it has ended without delay."""
        status, cpu = wait_for(self.has_ended, 15, "end of the session")
        said = self.log.read_text()
        assert cpu < 0.4 * SCALE, f"{cpu} s of CPU: {said}"
        assert not REPORT.search(said), said
        return status, said

    @classmethod
    def stop(cls):
        for session in list(cls.running):
            os.killpg(session.process.pid, signal.SIGKILL)
            session.process.wait()
            cls.running.discard(session)


class Inetd:
    """A client, and ucspitls started only for it: by inetd(8), which makes the
    socket its standard error too, or by systemd."""

    def __init__(self, *arguments, how=PLAIN, stderr=None,
                 env=None):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.wire = Wire(listener.getsockname())
            accepted = listener.accept()[0]
        with accepted:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", how, "sh", *WRAPPER, runner_program(),
                 *map(str, arguments)], stdin=accepted, stdout=accepted,
                stderr=stderr or accepted, start_new_session=True,
                env=dict(os.environ, **env or {}))

    def __enter__(self):
        return self.wire

    def __exit__(self, *unused):
        try:
            self.wire.sock.close()
            self.status = self.process.wait(10 * SCALE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


def cpu_of(pid):
    """Seconds of CPU time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")
