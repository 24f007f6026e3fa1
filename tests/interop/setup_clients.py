# SPDX-License-Identifier: MIT
"""Clients that people use, as they are set up: each leaves with QUIT under
TLS, or is refused.

What the peer is told to offer is added to the lists that openssl s_client is
given; other clients cannot be changed.
"""

import pathlib
import shutil
import smtplib
import ssl
import subprocess

from reason_case import LIMIT, Absent

VERSIONS = "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"


def run(command, text="", shown=None):
    if not shutil.which(command[0]):
        raise Absent(f"{command[0]} is not installed")
    done = subprocess.run(
        [str(one) for one in command], input=text, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=4 * LIMIT,
        errors="replace", env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
                               "OPENSSL_CONF": "/dev/null"})
    if shown is not None:
        shown.append(done.stdout)


class Client:
    """Its output is kept for the analysis of failures."""

    def __init__(self):
        self.said = []

    def change(self, action, word, new):
        raise AssertionError(f"the peer is to {action} {word} {new}")


class OpenSSL(Client):
    """openssl s_client, with the given lists."""

    def __init__(self, *versions, ciphers="ALL", suites=None, groups=None,
                 sigalgs=None, options=(), implicit=False):
        super().__init__()
        self.versions = list(versions)
        self.lists = {"-cipher": ciphers, "-ciphersuites": suites,
                      "-groups": groups, "-sigalgs": sigalgs}
        self.options, self.implicit = list(options), implicit

    def run(self, server):
        where = server.tls if self.implicit else server.starttls
        order = sorted(self.versions or VERSIONS[2:], key=VERSIONS.index)
        command = ["openssl", "s_client", "-quiet", "-crlf", "-connect",
                   f"127.0.0.1:{where[1]}", "-min_protocol", order[0],
                   "-max_protocol", order[-1], *self.options]
        if not self.implicit:
            command += ["-starttls", "smtp"]
        for option, value in self.lists.items():
            if option == "-cipher":
                value += ":@SECLEVEL=0"
            if value:
                command += [option, value]
        run(command, "EHLO client.example\nQUIT\n", self.said)

    def change(self, action, word, new):
        if action != "add":
            super().change(action, word, new)
        if word == "smtp":      # for ALPN
            at = self.options.index("-alpn") + 1
            self.options[at] += f",{word}"
            return
        if word in VERSIONS:
            self.versions.append(word)
            return
        option = "-ciphersuites" if word.startswith("TLS_") else \
            "-cipher" if "-" in word else \
            "-sigalgs" if "_" in word or word.startswith("ed") else "-groups"
        old = self.lists[option]
        self.lists[option] = f"{old}:{word}" if old else word


class GnuTLS(Client):
    """gnutls-cli, with a priority string."""

    def __init__(self, priority, *options):
        super().__init__()
        self.priority, self.options = priority, options

    def run(self, server):
        run(["gnutls-cli", "--starttls-proto", "smtp", "--priority",
             self.priority, "--port", server.starttls[1],
             *(self.options or ("--insecure",)), "127.0.0.1"],
            "EHLO client.example\r\nQUIT\r\n", self.said)


class Curl(Client):
    def __init__(self, *options, name="127.0.0.1", scheme="smtp"):
        super().__init__()
        self.options, self.name, self.scheme = options, name, scheme

    def change(self, action, word, new):
        if (action, new) != ("set", "STARTTLS"):
            super().change(action, word, new)
        self.scheme = "smtp"

    def run(self, server):
        port = server.starttls[1]
        run(["curl", "-sS", "--ssl-reqd", "--resolve",
             f"{self.name}:{port}:127.0.0.1", "--mail-from", "a@example.org",
             "--mail-rcpt", "b@example.org", "-T", "-",
             *(self.options if "--cacert" in self.options
               else ("-k", *self.options)),
             f"{self.scheme}://{self.name}:{port}/client.example"],
            "Subject: test\r\n\r\nA line.\r\n", self.said)


class Swaks(Client):
    def __init__(self, *options):
        super().__init__()
        self.options = options

    def run(self, server):
        run(["swaks", "--server", "127.0.0.1", "--port", server.starttls[1],
             "--tls", "--helo", "client.example", "--from", "a@example.org",
             "--to", "b@example.org", "--timeout", "10", *self.options],
            shown=self.said)


class Msmtp(Client):
    def __init__(self, *options):
        super().__init__()
        self.options = options

    def run(self, server):
        run(["msmtp", "--host=127.0.0.1", f"--port={server.starttls[1]}",
             "--tls=on", "--tls-starttls=on", "--from=a@example.org",
             *(self.options if any("trust" in one for one in self.options)
               else ("--tls-certcheck=off", *self.options)),
             "b@example.org"], "Subject: test\n\nA line.\n", self.said)


class Python(Client):
    """smtplib, as a current program uses it."""

    def __init__(self, lowest=None, highest=None, ciphers=None, ca=None,
                 name="127.0.0.1"):
        super().__init__()
        self.lowest, self.highest, self.ciphers = lowest, highest, ciphers
        self.ca, self.name = ca, name

    def context(self):
        context = ssl.create_default_context(cafile=self.ca)
        if not self.ca:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.ciphers:
            context.set_ciphers(self.ciphers)
        if self.lowest:
            context.minimum_version = self.lowest
        if self.highest:
            context.maximum_version = self.highest
        return context

    def run(self, server):
        try:
            with smtplib.SMTP(*server.starttls, timeout=LIMIT) as smtp:
                smtp._host = self.name  # the name that it verifies
                smtp.starttls(context=self.context())
                smtp.ehlo("client.example")
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            self.said.append(str(error))


class Program(Client):
    """A Java or Node program in setup_clients/, by its source."""

    def __init__(self, command, source, *options):
        super().__init__()
        self.command, self.options = command, options
        self.source = pathlib.Path(__file__).with_name(source)

    def run(self, server):
        run([self.command, self.source, server.starttls[1], *self.options],
            shown=self.said)
