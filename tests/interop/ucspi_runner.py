# SPDX-License-Identifier: MIT
"""ucspitls, as tests run it; SMTPTLS_UCSPITLS names it where it is not the one
of the build tree."""

import os
import pathlib
import re
import signal
import subprocess
import sys

from harness import REPORT, SKIPPED, WRAPPER, Fault, built, in_ci, scratch, \
    wait_for


def runner_program():
    program = built("SMTPTLS_UCSPITLS", "examples/ucspitls")
    if not program:
        print("skip: ucspitls is not built")
        sys.exit(1 if in_ci() else SKIPPED)
    return str(pathlib.Path(program).absolute())


class Runner:
    """ucspitls with its own port: with Runner(...) as runner: ..."""

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
        # with those that serve a client still
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        log = self.log.read_text(errors="replace")
        # leaks are not looked for where there is no /proc, as in a chroot
        if re.search(REPORT.pattern, re.sub(
                "(?m)^.*LeakSanitizer has encountered.*$", "", log), re.M):
            raise Fault(log)

    def said(self, text):
        try:
            wait_for(lambda: text in self.log.read_text(), 10, text)
        except Fault as fault:
            raise Fault(f"{fault}: {self.log.read_text()}") from None
