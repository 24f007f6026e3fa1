# SPDX-License-Identifier: MIT
"""Other projects' mail servers, unpacked and never installed (unpacked.py),
each with one listener for every way of connecting.

With Postfix(listeners) as mta: mta.ports[name] is a listener's port, and
mta.messages() what has been stored so far. A program is stopped by its pid
when the block ends, and also if the test itself is stopped.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys

import unpacked
from harness import SCALE, Fault, scratch, wait_for

RECIPIENT_DOMAIN = "example.net"
VERSIONS = {None: (">=TLSv1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3"),
            "TLSv1.2": ("TLSv1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
            "TLSv1.3": ("TLSv1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3")}


class Listener:
    """`fault` is "absent", without STARTTLS, or "454", where it is refused;
    `clients` are the authorities that a client's certificate must be issued
    by; `priority` is GnuTLS's, instead of `version`, for Exim."""

    def __init__(self, pair, implicit=False, version=None, clients=None,
                 fault=None, priority=None):
        self.crt, self.key = pair
        self.implicit, self.version = implicit, version
        self.clients, self.fault = clients, fault
        self.priority = priority or VERSIONS[version][1]


HELD = []


def free_port():
    """For programs that cannot be given port 0. It stays bound, so that nobody
    else gets it, and does not listen, so that the program can."""
    sock = socket.socket()
    HELD.append(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Mta:
    running = set()
    packages = ()

    @classmethod
    def missing(cls):
        """Why it cannot run here, or None."""
        for name in cls.packages:
            if not unpacked.is_there(name):
                return f"{name} is not unpacked (./dev check does that)"
        return None

    def __init__(self, listeners):
        self.listeners, self.dir = listeners, scratch()
        self.dir.chmod(0o755)           # they drop root privileges
        self.ports = {}
        self.process = None

    def __enter__(self):
        command, env = self.prepare()
        with open(self.dir / "out", "wb") as out:
            # its own process group: what it has started ends with it
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True)
        Mta.running.add(self.process)
        try:
            wait_for(lambda: self.ready() or self.process.poll() is not None,
                     10, f"{type(self).__name__} that listens")
            if self.process.poll() is not None:
                raise Fault("it ended while starting")
        except Fault as error:
            self.stop()
            raise Fault(f"{error}: {self.log()}") from error
        return self

    def ready(self):
        return all(accepts(port) for port in self.ports.values())

    def log(self):
        return "".join(path.read_text(errors="replace")[-1500:]
                       for name in ("out", "log", "spool/mainlog")
                       for path in [self.dir / name] if path.exists())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5 * SCALE)
        except subprocess.TimeoutExpired:
            pass
        end(self.process)

    def __exit__(self, *unused):
        self.stop()


def end(process):
    """Stop it, and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    Mta.running.discard(process)


@atexit.register
def _end_all():
    for process in list(Mta.running):
        end(process)


# --- Postfix

POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {daemons}
command_directory = {commands}
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH LD_PRELOAD
  NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
mail_owner = postfix
setgid_group = postdrop
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
alias_maps =
local_recipient_maps =
mynetworks =
notify_classes =
smtpd_client_connection_rate_limit = 0
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = example.net
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
smtpd_tls_security_level = may
"""
POSTFIX_MASTER = """\
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
"""


class Postfix(Mta):
    """Its master runs as root, which it insists on; the rest of it runs as a
    user that libnss-wrapper makes up."""

    packages = "postfix", "libnss-wrapper"

    @classmethod
    def missing(cls):
        if os.geteuid() != 0:
            return "Postfix has to be started by root"
        return super().missing()

    def prepare(self):
        package = unpacked.Package("postfix")
        env = package.env(users=["postfix", "postdrop"])
        uid, gid = unpacked.FIRST_ID, unpacked.FIRST_ID + 1
        for name, mode, owner in (
                ("etc", 0o755, None), ("data", 0o700, uid),
                ("mail", 0o700, uid), ("queue", 0o755, None),
                ("queue/pid", 0o755, None), ("queue/public", 0o710, uid),
                ("queue/maildrop", 0o730, uid),
                *((f"queue/{name}", 0o700, uid) for name in (
                    "active", "bounce", "corrupt", "defer", "deferred",
                    "flush", "hold", "incoming", "private", "saved",
                    "trace"))):
            path = self.dir / name
            path.mkdir()
            if owner is not None:
                os.chown(path, owner, gid)
            path.chmod(mode)
        (self.dir / "etc/main.cf").write_text(POSTFIX_MAIN.format(
            dir=self.dir, uid=uid, commands=package.path("usr/sbin"),
            daemons=package.path("usr/lib/postfix/sbin")))
        (self.dir / "etc/master.cf").write_text(
            "".join(map(self.service, self.listeners)) + POSTFIX_MASTER)
        return [package.path("usr/lib/postfix/sbin/master"), "-d", "-c",
                str(self.dir / "etc")], env

    def service(self, name):
        listener = self.listeners[name]
        version = VERSIONS[listener.version][0]
        level = "encrypt" if listener.clients else "may"
        options = {
            "tls_cert_file": "/nowhere" if listener.fault == "454"
            else listener.crt,
            "tls_key_file": listener.key,
            "tls_wrappermode": "yes" if listener.implicit else "no",
            "tls_security_level": "none" if listener.fault == "absent"
            else level,
            "tls_protocols": version, "tls_mandatory_protocols": version}
        if listener.clients:
            options.update(tls_req_ccert="yes", tls_CAfile=listener.clients)
        self.ports[name] = free_port()
        return f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n" \
            + "".join(f"  -o smtpd_{option}={value}\n"
                      for option, value in options.items())

    def messages(self):
        return [path.read_bytes() for path in
                (self.dir / "mail/box/new").glob("*")]


# --- Exim

EXIM = """\
exim_path = {program}
spool_directory = {dir}/spool
log_file_path = {dir}/spool/%slog
pid_file_path = {dir}/pid
primary_hostname = mx.example.net
local_interfaces = 127.0.0.1
daemon_smtp_ports = {ports}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = {advertise}
tls_certificate = {crt}
tls_privatekey = {key}
tls_require_ciphers = {priority}
tls_verify_certificates = {clients}
tls_verify_hosts = {demand}
tls_resumption_hosts = *
log_selector = +all
host_lookup =
rfc1413_hosts =
keep_environment =
queue_only
never_users =
acl_smtp_rcpt = all
acl_smtp_starttls = starttls
begin acl
all:
  accept
starttls:
  defer message = 454 4.7.0 TLS not available
    condition = ${{if eq{{{fault}}}{{454}}}}
  accept
"""


class Exim(Mta):
    """It keeps accepted messages in its queue."""

    packages = "exim4-daemon-light", "libnss-wrapper"

    def by_port(self, value):
        """A setting that depends on the listener."""
        pairs = "".join(f' p{self.ports[name]}="{value(listener)}"'
                        for name, listener in self.listeners.items())
        return "${extract{p$received_port}{" + pairs + "}}"

    def prepare(self):
        package = unpacked.Package("exim4-daemon-light")
        program = package.path("usr/sbin/exim4")
        env = package.env(users=["Debian-exim"])
        self.ports = {name: free_port() for name in self.listeners}
        (self.dir / "spool").mkdir()
        (self.dir / "spool").chmod(0o777)
        ports = ":".join(map(str, self.ports.values()))
        implicit = ":".join(str(self.ports[name]) for name, listener
                            in self.listeners.items() if listener.implicit)
        config = self.dir / "exim.conf"
        config.write_text(EXIM.format(
            program=program, dir=self.dir, ports=ports, implicit=implicit,
            advertise=self.by_port(
                lambda one: "" if one.fault == "absent" else "*"),
            fault=self.by_port(lambda one: one.fault or "none"),
            crt=self.by_port(lambda one: one.crt),
            key=self.by_port(lambda one: one.key),
            priority=self.by_port(lambda one: one.priority),
            clients=self.by_port(lambda one: one.clients or "/dev/null"),
            demand=self.by_port(lambda one: "*" if one.clients else "")))
        return [program, "-C", str(config), "-bdf"], env

    def messages(self):
        return [path.read_bytes() for path in
                (self.dir / "spool/input").glob("**/*-D")]


# --- aiosmtpd

AIOSMTPD = '''
import json, socket, ssl, sys, threading
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax

class Refusing(SMTP):
    @syntax("STARTTLS")
    async def smtp_STARTTLS(self, arg):
        await self.push("454 4.7.0 TLS not available")

class Keeping:
    lock = threading.Lock()
    async def handle_DATA(self, server, session, envelope):
        with self.lock, open(sys.argv[1], "ab") as kept:
            kept.write(envelope.content + bytes(1))
        return "250 2.0.0 kept"

class Listening(Controller):
    def __init__(self, one):
        context = None
        if one["fault"] != "absent":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(one["crt"], one["key"])
            if one["version"]:
                context.minimum_version = context.maximum_version = getattr(
                    ssl.TLSVersion, one["version"].replace(".", "_"))
            if one["clients"]:
                context.load_verify_locations(one["clients"])
                context.verify_mode = ssl.CERT_REQUIRED
        self.kind = Refusing if one["fault"] == "454" else SMTP
        self.starttls = None if one["implicit"] else context
        super().__init__(Keeping(), "127.0.0.1", 0,
                         ssl_context=context if one["implicit"] else None)
    def factory(self):
        return self.kind(self.handler, hostname="mx.example.net",
                         tls_context=self.starttls)
    def _trigger_server(self):          # not at the port 0
        where = self.server.sockets[0].getsockname()
        socket.create_connection(where, 5).close()

for name, one in json.loads(sys.argv[2]).items():
    listening = Listening(one)
    listening.start()
    print(name, listening.server.sockets[0].getsockname()[1], flush=True)
threading.Event().wait()
'''


class Aiosmtpd(Mta):
    packages = "python3-aiosmtpd",

    def prepare(self):
        package = unpacked.Package("python3-aiosmtpd")
        script = self.dir / "serve.py"
        script.write_text(AIOSMTPD)
        return [sys.executable, str(script), str(self.dir / "kept"),
                json.dumps({name: vars(listener) for name, listener
                            in self.listeners.items()}, default=str)], \
            package.env(PYTHONDONTWRITEBYTECODE="1")

    def ready(self):
        lines = (self.dir / "out").read_text().splitlines()
        told = (line.rpartition(" ") for line in lines)
        self.ports = {name: int(port) for name, _, port in told
                      if name in self.listeners}
        return len(self.ports) == len(self.listeners)

    def messages(self):
        kept = self.dir / "kept"
        return kept.read_bytes().split(b"\0")[:-1] if kept.exists() else []
