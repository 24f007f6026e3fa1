# SPDX-License-Identifier: MIT
"""Mail servers for a dnslab.Lab, each at its own address, port 25, with a
certificate that is right or has one fault; and TLSA records for them.

  servers = lab_mail.Servers()    # certificates; nothing listens yet
  with servers: ...
"""

import hashlib
import socket
import socketserver
import subprocess
import threading

import harness
import mail_server

# server -> its address
ADDRESS = {name: f"127.0.1.{number}" for number, name in enumerate(
    ("good", "leaf-only", "expired", "other-name", "domain-name",
     "self-signed", "stranger", "no-starttls", "refused", "nobody",
     "greeting-421", "greeting-554", "ehlo-421", "mail-451", "rcpt-451",
     "data-gone", "text-gone", "masked",
     "requiretls", "stalls"), 1)}
# replies that differ from an honest server's
SPOKEN = {"greeting-421": {"greeting": b"421 4.3.2 not now\r\n"},
          "greeting-554": {"greeting": b"554 5.7.1 not you\r\n"},
          "ehlo-421": {"TLS EHLO": b"421 4.3.2 not now\r\n"},
          "mail-451": {"MAIL": b"451 4.3.0 not now\r\n"},
          "rcpt-451": {"RCPT": b"451 4.2.0 not him\r\n"},
          "data-gone": {"DATA": lambda peer: peer.close(notify=False)},
          "text-gone": {".": lambda peer: peer.close(notify=False)},
          # after more keywords than a report of it has room for
          "requiretls": {"TLS EHLO": b"250-mx\r\n" + b"".join(
              b"250-X-%d %b\r\n" % (i, b"x" * 100) for i in range(20))
              + b"250 RequireTLS\r\n"},
          "stalls": {"STARTTLS": lambda peer: (peer.send(b"220 go\r\n"),
                                               peer.listen(60))}}
NAMES = ["*.signed.test", "*.unsigned.test", "*.half.test"]


def der(path, key=False):
    """A certificate, or its key, in DER."""
    command = f"openssl x509 -in {path} " + (
        "-pubkey -noout | openssl pkey -pubin -outform DER" if key
        else "-outform DER")
    return subprocess.run(command, shell=True, check=True,
                          capture_output=True).stdout


class Speaker(socketserver.StreamRequestHandler):
    """SMTP without TLS: not offered, or refused with 454, or with the offer
    masked."""

    def handle(self):
        try:
            self.wfile.write(b"220 mx.test ESMTP\r\n")
            for line in self.rfile:
                verb = line.split()[:1]
                if verb == [b"EHLO"] and self.server.offers:
                    self.wfile.write(b"250-mx.test\r\n250 %b\r\n"
                                     % self.server.offers)
                elif verb == [b"STARTTLS"]:
                    self.wfile.write(b"454 4.7.0 TLS not available\r\n")
                elif verb == [b"DATA"]:
                    self.wfile.write(b"354 go\r\n")
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    self.wfile.write(b"250 kept\r\n")
                elif verb == [b"QUIT"]:
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 mx.test\r\n")
        except OSError:
            pass


class Plain(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, address, offers):
        super().__init__((address, 25), Speaker)
        self.offers = offers


class Babbler(socketserver.ThreadingTCPServer):
    """ADDRESS:25, where each connection gets the next of these byte strings."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address, words):
        super().__init__((address, 25), self.babble)
        self.words = iter(words)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def babble(self, client, _address, _server):
        try:
            client.sendall(next(self.words))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except (OSError, StopIteration):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Relay(socketserver.ThreadingTCPServer):
    """ADDRESS:25, for a server that listens elsewhere."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address, port):
        super().__init__((address, 25), self.relay)
        self.port = port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def relay(self, client, _address, _server):
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=self.copy, args=(server, client))
            back.start()
            self.copy(client, server)
            back.join()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Spoken(mail_server.MailServer):
    """ADDRESS:25, an honest server except for the given replies; see
    mail_server.session()."""

    def __init__(self, address, pair, **replies):
        super().__init__(mail_server.session(
            mail_server.server_context(pair), **replies))
        self.relay = Relay(address, self.port)

    def __exit__(self, *how):
        self.relay.__exit__(*how)
        super().__exit__(*how)


class Servers:
    def __init__(self):
        place = harness.scratch()
        place.chmod(0o755)          # servers drop root privileges
        self.ca = harness.Authority(place / "ca", "lab-ca")
        other = harness.Authority(place / "other", "other-ca")
        self.pairs, self.der, self.started, self.plain = {}, {}, [], []
        expired = "20240101000000Z"
        for name, names, end in (("good", NAMES, "20991231235959Z"),
                                 ("expired", NAMES, expired),
                                 ("other-name", ["mx.elsewhere.test"],
                                  "20991231235959Z"),
                                 ("domain-name", ["domain-name.signed.test"],
                                  "20991231235959Z")):
            crt, key = self.ca.issue(name, names=names, address=None, end=end)
            self._add(name, crt, key, self.ca.crt)
        self._add("leaf-only", self.ca.dir / "good.crt", self.ca.dir / "good.key")
        crt, key = other.issue("stranger", names=NAMES, address=None)
        self._add("stranger", crt, key, other.crt)
        alone = place / "self.crt"
        harness.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-keyout", place / "self.key", "-out", alone,
                        "-subj", "/CN=self", "-addext",
                        "subjectAltName=DNS:*.signed.test")
        self._add("self-signed", alone, place / "self.key")
        self._note("ca", self.ca.crt)
        self._note("other-ca", other.crt)

    def _note(self, name, crt):
        self.der[name] = [der(crt), der(crt, key=True)]

    def _add(self, name, crt, key, *behind):
        self._note(name, crt)
        chain = crt.parent / f"{name}.pem"
        chain.write_text("".join(path.read_text() for path in (crt, *behind)))
        key.chmod(0o644)
        self.pairs[name] = chain, key

    def tlsa(self, usage, selector, matching, of, short=False):
        """A record for a server's certificate, or for an authority's."""
        data = self.der[of][selector & 1]
        if matching == 1:
            data = hashlib.sha256(data).digest()
        elif matching == 2:
            data = hashlib.sha512(data).digest()
        text = (data[:-1] if short else data).hex()
        return f"{usage} {selector} {matching} {text}"

    def listen(self, name, address, *options):
        """Start one more server, with the certificate `name`."""
        server = harness.Server(self, "--listen", f"{address}:25", *options,
                                starttls=0, tls=0, pairs=[self.pairs[name]])
        self.started.append(server.__enter__())

    def __enter__(self):
        for name in self.pairs:
            self.listen(name, ADDRESS[name], *(
                ("--listen-tls", f"{ADDRESS[name]}:465") if name == "good"
                else ()))
        for name, replies in SPOKEN.items():
            self.started.append(Spoken(ADDRESS[name], self.pairs["good"],
                                       **replies).__enter__())
        for name, offers in (("no-starttls", None), ("refused", b"STARTTLS"),
                             ("masked", b"XXXXXXXA")):
            server = Plain(ADDRESS[name], offers)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.plain.append(server)
        return self

    def __exit__(self, kind, value, trace):
        for server in self.plain:
            server.shutdown()
            server.server_close()
        for server in self.started:
            server.__exit__(kind, value, trace)
