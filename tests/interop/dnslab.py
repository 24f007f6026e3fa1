# SPDX-License-Identifier: MIT
"""A private DNS with DNSSEC: nsd serves zones, signed, unsigned, bogus and
lame, and a validating unbound answers on 127.0.0.1:53. All of it is in a
network namespace, so ports are free and nothing leaves the machine.

  dnslab.enter()                  # restarts the program in the namespace
  with dnslab.Lab({"signed.test": ("signed", body), ...}) as lab:
      ...

A zone is a child of "test", whose delegations are written here; its body has
neither SOA nor NS. How it is served:

  signed          with a DS record in test: answers are secure
  unsigned        without one: insecure
  bogus TYPE...   signed, with broken signatures over these types
  broken NAME...  signed, with broken signatures over records at these names
  lame            delegated to an address where nobody answers

It needs root, unshare(1), ip(8) and ldns-signzone(1); nsd and unbound are
unpacked (unpacked.py).
"""

import atexit
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

import harness
from unpacked import Package

INSIDE = "SMTPTLS_DNSLAB"
TOP = "test"
SOA = ("$ORIGIN {0}.\n$TTL 60\n@ SOA ns.test. hostmaster.test. 1 3600 600"
       " 86400 60\n@ NS ns.test.\n")
NSD = """\
server:
  ip-address: 127.0.0.1@5300
  username: ""
  chroot: ""
  zonesdir: "{lab}"
  pidfile: "{lab}/nsd.pid"
  xfrdfile: ""
  database: ""
  zonelistfile: "{lab}/zones"
  server-count: 1
remote-control:
  control-enable: no
"""
UNBOUND = """\
server:
  interface: 127.0.0.1
  port: 53
  username: ""
  chroot: ""
  directory: "{lab}"
  pidfile: "{lab}/unbound.pid"
  do-daemonize: no
  use-syslog: no
  logfile: "{lab}/unbound.log"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  trust-anchor-file: "{lab}/anchor.key"
  module-config: "validator iterator"
stub-zone:
  name: "test."
  stub-addr: 127.0.0.1@5300
remote-control:
  control-enable: no
"""
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def skip(why):
    print(f"skip: {why}")
    sys.exit(1 if harness.in_ci() else harness.SKIPPED)


def enter():
    """Restart this program in a network and mount namespace."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        skip("a network namespace of its own needs root")
    for name in ("unshare", "ip", "ldns-keygen", "ldns-signzone"):
        if not shutil.which(name, path=PATH):
            skip(f"{name} is missing")
    for name in ("nsd", "unbound"):
        Package(name)
    probe = subprocess.run(["unshare", "-n", "-m", "true"],
                           capture_output=True, text=True, check=False)
    if probe.returncode:
        skip(f"no namespace is to be had: {probe.stderr.strip()}")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, *sys.argv])


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, PATH=PATH),
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise harness.Fault(f"{command[0]}: {done.stdout.strip()}")
    return done.stdout


class Lab:
    """The zones and their servers: with Lab(...) as lab: ..."""

    def __init__(self, zones):
        self.dir = harness.scratch()
        self.zones, self.started = zones, []
        self.anchor = self.dir / "anchor.key"

    # --- zones ---

    def _sign(self, name):
        """Sign NAME.zone with a new key; returns (the key's file, DS)."""
        key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name,
                  cwd=self.dir).split()[-1]
        run("ldns-signzone", "-o", name, "-f", f"{name}.served",
            f"{name}.zone", key, cwd=self.dir)
        text = (self.dir / f"{key}.ds").read_text()
        return key, text.split("DS", 1)[1].split(";")[0].strip()

    def _spoil(self, name, owners, types):
        """Change a character of each signature over these."""
        path = self.dir / f"{name}.served"
        lines = path.read_text().split("\n")
        for i, line in enumerate(lines):
            match = re.match(r"(\S+)\s+\d+\s+IN\s+RRSIG\s+(\S+)\s.*\s(\S+)\s*$",
                             line)
            if match and (match[2] in types
                          or match[1].removesuffix(f".{name}.") in owners):
                at = match.start(3) + 8
                swap = "B" if line[at] == "A" else "A"
                lines[i] = line[:at] + swap + line[at + 1:]
        path.write_text("\n".join(lines))

    def _write(self, name, mode, body):
        """Write a zone; returns its delegation."""
        label = name.removesuffix(f".{TOP}")
        if mode[0] == "lame":
            return f"{label} NS nowhere.test.\n"
        path = self.dir / f"{name}.zone"
        path.write_text(SOA.format(name) + body)
        if mode[0] == "unsigned":
            path.rename(self.dir / f"{name}.served")
            return f"{label} NS ns.test.\n"
        _, ds = self._sign(name)
        self._spoil(name, mode[1:] if mode[0] == "broken" else (),
                    mode[1:] if mode[0] == "bogus" else ())
        return f"{label} NS ns.test.\n{label} DS {ds}\n"

    def _write_all(self):
        parent = "ns A 127.0.0.1\nnowhere A 127.0.0.99\n"
        for name, (mode, body) in self.zones.items():
            parent += self._write(name, mode.split(), body)
        (self.dir / f"{TOP}.zone").write_text(SOA.format(TOP) + parent)
        key, _ = self._sign(TOP)
        (self.dir / f"{key}.key").rename(self.anchor)
        served = [name for name, (mode, _) in self.zones.items()
                  if mode != "lame"]
        (self.dir / "nsd.conf").write_text(
            NSD.format(lab=self.dir)
            + "".join(f"zone:\n  name: {name}\n  zonefile: {name}.served\n"
                      for name in served + [TOP]))
        (self.dir / "unbound.conf").write_text(UNBOUND.format(lab=self.dir))
        (self.dir / "resolv.conf").write_text(
            "nameserver 127.0.0.1\noptions trust-ad edns0\n")

    # --- servers ---

    def _start(self, name, *options):
        package = Package(name)
        with open(self.dir / f"{name}.err", "wb") as log:
            self.started.append(subprocess.Popen(
                [package.path(f"usr/sbin/{name}"), *options], cwd=self.dir,
                env=package.env(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log))

    def _wait(self):
        """Until the resolver reports the SOA of the top zone as secure."""
        query = struct.pack(">HHHHHH", 1, 0x0120, 1, 0, 0, 0) \
            + b"\4test\0" + struct.pack(">HH", 6, 1)
        for _ in range(100):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(1)
                try:
                    udp.sendto(query, ("127.0.0.1", 53))
                    answer = udp.recv(4096)
                    if answer[3] & 0x0f == 0 and answer[3] & 0x20:
                        return
                except OSError:
                    pass
            time.sleep(0.1)
        raise harness.Fault("no secure answer: " + "".join(
            path.read_text() for path in self.dir.glob("*.err")))

    def stop(self):
        for process in reversed(self.started):
            process.terminate()
            process.wait()
        self.started.clear()

    def __enter__(self):
        atexit.register(self.stop)
        run("ip", "link", "set", "lo", "up", cwd=self.dir)
        self._write_all()
        run("mount", "--bind", self.dir / "resolv.conf", "/etc/resolv.conf",
            cwd=self.dir)
        self._start("nsd", "-d", "-c", "nsd.conf")
        self._start("unbound", "-c", "unbound.conf")
        self._wait()
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
