# SPDX-License-Identifier: MIT
"""What every black-box test of smtptls-server needs: the program itself,
certificates for it, and a count of what passed.

Environment:
  SMTPTLS_SERVER   the server (default examples/smtptls-server below the
                   current directory or $top_builddir)
  SMTPTLS_CERT     the certificate maker (default examples/smtptls-cert;
                   without either, openssl is used)
  SMTPTLS_WRAPPER  a command to put before the server, for example
                   "libtool --mode=execute valgrind -q --error-exitcode=99"
  CI               true: a check that would be skipped fails

A server started here never outlives the test: it is stopped by pid when its
`with` block ends, and otherwise by atexit.
"""

import atexit
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

WRAPPER = shlex.split(os.environ.get("SMTPTLS_WRAPPER", ""))
# Factor for all waiting times; larger in a slow run.
SCALE = 12 if WRAPPER else 3
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior"
                    r"|runtime error:|^==\d+==")
SKIPPED = 77


class Fault(Exception):
    """The server, or what was built around it, misbehaved."""


def in_ci():
    return os.environ.get("CI") == "true"


def built(variable, path):
    """One of our programs: from the environment, otherwise from the build
    tree."""
    if os.environ.get(variable):
        return os.environ[variable]
    for top in (".", os.environ.get("top_builddir", ".")):
        if os.access(os.path.join(top, path), os.X_OK):
            return os.path.join(top, path)
    return None


def server_program():
    program = built("SMTPTLS_SERVER", "examples/smtptls-server")
    if not program or not os.access(program, os.X_OK):
        print("skip: smtptls-server is not built"
              f" (SMTPTLS_SERVER={program or ''})")
        sys.exit(1 if in_ci() else SKIPPED)
    return program


def wait_for(condition, seconds, what):
    """Poll until condition() returns something true, and return that."""
    end = time.monotonic() + seconds * SCALE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Fault(f"no {what} within {seconds * SCALE} s")


def scratch():
    """A directory that is removed when the test ends."""
    path = tempfile.mkdtemp(prefix="smtptls-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return pathlib.Path(path)


# --- the server ----------------------------------------------------------


class Server:
    """A running smtptls-server: with Server(...) as server: ..."""

    running = set()

    def __init__(self, certs, *options, starttls=1, tls=1, pairs=None,
                 cwd=None, env=None):
        self.options = list(options)
        for cert, key in certs.server_pairs if pairs is None else pairs:
            self.options += ["--cert", str(cert), "--key", str(key)]
        self.options += ["--listen", "127.0.0.1:0"] * starttls
        self.options += ["--listen-tls", "127.0.0.1:0"] * tls
        self.cwd, self.env = cwd, dict(os.environ, **env or {})
        self.out, self.log = [], []
        self.starttls_ports, self.tls_ports = [], []
        self.process = None

    def start(self):
        command = WRAPPER + [os.path.abspath(server_program())]
        self.process = subprocess.Popen(
            command + self.options, cwd=self.cwd, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        Server.running.add(self.process)
        self.reader = threading.Thread(target=self._gather, daemon=True)
        self.reader.start()
        # Ports are not known beforehand; the number of listeners is.
        expected = self.options.count("--listen") \
            + self.options.count("--listen-tls") or 2
        wait_for(lambda: len(self.out) >= expected
                 or self.process.poll() is not None, 10, "listening lines")
        for line in self.out:
            word, kind, address = line.split()
            if word != "listening" or kind not in ("starttls", "tls"):
                raise Fault(f"unexpected line on stdout: {line}")
            ports = self.starttls_ports if kind == "starttls" \
                else self.tls_ports
            ports.append(("127.0.0.1", int(address.rpartition(":")[2])))
        if len(self.out) != expected:
            raise Fault(f"the server ended while starting: {self.log}")
        return self

    def _gather(self):
        """Output before it listens is in the log by then: both use one pipe."""
        for line in self.process.stdout:
            text = line.decode("utf-8", "backslashreplace").rstrip("\n")
            lines = self.out if text.startswith("listening ") else self.log
            lines.append(text)

    @property
    def starttls(self):
        return self.starttls_ports[0]

    @property
    def tls(self):
        return self.tls_ports[0]

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def lines(self, field):
        """The lines so far that have this field, each as a dictionary."""
        return [dict(session_fields(line)) for line in list(self.log)
                if field in line]

    def sessions(self):
        """The session lines so far, each as a dictionary."""
        return self.lines("tls_enabled=")

    def session(self, number):
        """The line of session `number`, counted from 0; waits for it."""
        return wait_for(lambda: self.sessions()[number:number + 1], 10,
                        f"log line of session {number}")[0]

    def session_of(self, port):
        """The line of the session whose client had this port."""
        def look():
            return [fields for fields in self.sessions()
                    if fields.get("peer", "").endswith(f":{port}")]
        return wait_for(look, 10, f"log line of the peer with port {port}")[0]

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def instrumented(self):
        """Memory figures are not the program's own: valgrind, or a
        sanitizer."""
        return bool(WRAPPER) or b"__asan_init" in \
            pathlib.Path(f"/proc/{self.pid}/exe").read_bytes()

    def grew(self, before, limit, field="VmRSS"):
        """Fail if its memory is more than `limit` above `before`."""
        grown = self.memory(field) - before
        if grown > limit and not self.instrumented():
            raise Fault(f"{grown} bytes more memory, limit {limit}")

    def memory(self, field="VmRSS"):
        """VmRSS or VmHWM (the peak) in bytes."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(re.search(rf"{field}:\s+(\d+)", status)[1])

    def wait(self, seconds=10):
        """Wait for the end of the program; returns its status."""
        status = self.process.wait(seconds * SCALE)
        Server.running.discard(self.process)
        self.reader.join(5)
        return status

    def stop(self):
        """Send SIGTERM; returns the complaints about how it ended."""
        if self.alive():
            self.signal(signal.SIGTERM)
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            return ["the server did not end after SIGTERM"]
        complaints = self.reports()
        if status != 0:
            complaints.insert(0, f"the server ended with status {status}")
        return complaints

    def reports(self):
        """Lines of a sanitizer or of valgrind, from the first on, and the
        lines of sessions that failed without a reason."""
        lines = list(self.log)
        for number, line in enumerate(lines):
            if REPORT.search(line):
                return lines[number:]
        return [line for line in lines if "reason_id=-" in line
                and re.search("outcome=(failed|refused|timeout|shutdown)",
                              line)]

    def kill(self):
        self.process.kill()
        self.process.wait()
        Server.running.discard(self.process)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            if self.process:
                self.kill()
            raise

    def __exit__(self, kind, value, trace):
        if self.process.returncode is not None and kind is None:
            complaints = self.reports()
        else:
            complaints = self.stop()
        if complaints and kind is None:
            raise Fault("\n".join(complaints))
        for line in complaints:
            print(line, file=sys.stderr)


def session_fields(line):
    for name, quoted, bare in re.findall(
            r'([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', line):
        yield name, quoted or bare


@atexit.register
def _stop_all():
    for process in list(Server.running):
        process.kill()


def _told_to_end(number, _frame):
    _stop_all()                 # threads that wait for a server then end too
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, _told_to_end)


# --- certificates --------------------------------------------------------


def openssl(*arguments, text=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=text,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Fault(f"openssl {arguments[0]}: {done.stderr}")
    return done.stdout


class Authority:
    """A private CA, for what our certificate maker rightly refuses to make:
    strangers, expired certificates, ten thousand names."""

    def __init__(self, directory, name, pair=None):
        """`pair`: an existing certificate and key, for instance of another
        authority."""
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.crt, self.key = self.dir / f"{name}.crt", self.dir / f"{name}.key"
        if pair:
            self.crt, self.key = pair
        else:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-keyout", self.key, "-out", self.crt, "-subj",
                    f"/CN={name}", "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign")
        (self.dir / "index.txt").touch()
        (self.dir / "index.txt.attr").write_text("unique_subject = no\n")
        (self.dir / "serial").write_text("1000\n")

    def issue(self, name, rsa=False, usage="serverAuth", names=("localhost",),
              address="127.0.0.1", start="20200101000000Z",
              end="20991231235959Z", common_name=None, extensions=None,
              kind=None):
        """A certificate and its key; `end` in the past: an expired one. `rsa`
        can be a number of bits, `kind` the arguments of openssl's -newkey;
        `extensions`, lines for openssl, replace the default ones."""
        crt, key = self.dir / f"{name}.crt", self.dir / f"{name}.key"
        config, request = self.dir / f"{name}.cnf", self.dir / f"{name}.csr"
        san = ",".join([f"DNS:{one}" for one in names]
                       + [f"IP:{address}"] * bool(address)) or "email:a@b.test"
        extensions = extensions or "basicConstraints=CA:false\n" \
            "keyUsage=critical,digitalSignature,keyEncipherment\n" \
            f"extendedKeyUsage={usage}\nsubjectAltName={san}\n"
        config.write_text(
            "[ca]\ndefault_ca=x\n[x]\n"
            f"database={self.dir}/index.txt\nserial={self.dir}/serial\n"
            f"new_certs_dir={self.dir}\ndefault_md=sha256\npolicy=p\n"
            f"[p]\ncommonName=supplied\n[e]\n{extensions}"
            "[req]\ndistinguished_name=d\n[d]\n")
        if not kind:
            kind = [f"rsa:{2048 if rsa is True else rsa}"] if rsa else \
                ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", "-config", config, "-newkey", *kind, "-nodes",
                "-keyout", key, "-out", request, "-subj",
                f"/CN={common_name or name}")
        openssl("ca", "-batch", "-notext", "-config", config, "-in", request,
                "-out", crt, "-cert", self.crt, "-keyfile", self.key,
                "-extensions", "e", "-startdate", start,
                "-enddate", end)
        return crt, key


class Certificates:
    """The files of smtptls-cert --both --client alice, by name."""

    def __init__(self, directory=None):
        self.dir = pathlib.Path(directory or scratch())
        program = built("SMTPTLS_CERT", "examples/smtptls-cert")
        if program:
            self._by_our_program(program)
        else:
            self._by_openssl()
        self.ca = self.dir / "smtptls-ca.crt"
        self.ecdsa = self._pair("smtptls-server")
        self.rsa = self._pair("smtptls-server-rsa")
        self.alice = self._pair("alice")
        self.server_pairs = [self.ecdsa, self.rsa]
        # A certificate without its issuer's causes a warning.
        for crt, _ in self.server_pairs:
            crt.write_text(crt.read_text() + self.ca.read_text())
        self.stranger = Authority(self.dir / "stranger", "stranger")
        self.mallory = self.stranger.issue("mallory", usage="clientAuth")

    def _pair(self, name):
        return self.dir / f"{name}.crt", self.dir / f"{name}.key"

    def _by_our_program(self, program):
        subprocess.run(
            [program, "--dir", str(self.dir), "--name", "localhost", "--name",
             "127.0.0.1", "--both", "--client", "alice"], check=True,
            stdout=subprocess.DEVNULL)

    def _by_openssl(self):
        ours = Authority(self.dir, "smtptls-ca")
        ours.issue("smtptls-server")
        ours.issue("smtptls-server-rsa", rsa=True)
        ours.issue("alice", usage="clientAuth")


def install(pair, files):
    """Write a certificate and its key over the files in use."""
    for source, target in zip(pair, files):
        target.write_bytes(source.read_bytes())


# --- counting ------------------------------------------------------------


def wanted(name, words):
    """Whether a check of this name was requested; without words all are."""
    return not words or any(word in name for word in words)


class Checks:
    """Counts results; prints only what did not pass, and a summary."""

    def __init__(self, title):
        self.title, self.passed, self.failed = title, 0, 0
        self.skips = []
        self.lock = threading.Lock()

    def run(self, name, function, *arguments):
        """One check: it passes if `function` returns."""
        try:
            function(*arguments)
        except Exception as error:  # pylint: disable=broad-except
            self.fail(name, f"{type(error).__name__}: {error}")
        else:
            with self.lock:
                self.passed += 1

    def fail(self, name, why):
        with self.lock:
            self.failed += 1
            print(f"FAIL {name}: {why}", flush=True)

    def skip(self, what):
        with self.lock:
            if what not in self.skips:
                self.skips.append(what)
                print(f"skip: {what}", flush=True)

    def finish(self):
        print(f"{self.title}: {self.passed} passed, {self.failed} failed, "
              f"{len(self.skips)} skipped")
        if self.failed or (self.skips and in_ci()):
            sys.exit(1)
        sys.exit(SKIPPED if self.skips else 0)
