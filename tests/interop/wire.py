# SPDX-License-Identifier: MIT
"""One SMTP connection under byte-level control.

A Wire sends exactly the segments it is told to, in plaintext or under TLS. TLS
is Python's, run over memory, so that its output can be held back, cut,
swapped, repeated or mixed with plaintext before it is sent. Reading never
mixes the two: plaintext that arrives where TLS records are due is kept in
`raw` and is never taken for a reply.
"""

import re
import select
import socket
import ssl
import struct
import time

from harness import SCALE, Fault

TIMEOUT = 4 * SCALE
QUIET = 0.3                     # seconds to wait to conclude silence
REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n")

PORTS = set()                   # of the wires so far
replies_seen = []               # every reply of the run, for one check on all


class Reply:
    def __init__(self, raw):
        self.raw = raw
        self.code = int(raw[-len(raw.splitlines(True)[-1]):][:3])
        self.lines = [line[4:].rstrip(b"\r\n")
                      for line in raw.splitlines(True)]

    def __repr__(self):
        return repr(self.raw)


def client_context(ca=None, version=None, ciphers=None, cert=None, alpn=None,
                   keylog=None):
    """A client's settings; without `ca` it accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python sets this option: then a FIN would look like a close_notify.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ca:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if version:
        context.minimum_version = context.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3,
        }[version]
    if ciphers:
        context.set_ciphers(ciphers)
    if cert:
        context.load_cert_chain(*cert)
    if alpn:
        context.set_alpn_protocols(alpn)
    if keylog:
        context.keylog_filename = keylog
    return context


def socket_of_its_own():
    """On a port that no wire has used, so that it identifies one log line."""
    while True:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        if port not in PORTS:
            PORTS.add(port)
            return sock
        sock.close()


class Wire:
    def __init__(self, address, receive_buffer=None):
        self.sock = socket_of_its_own()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 receive_buffer)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.sock.getsockname()[1]
        self.text = b""         # to be parsed as replies
        self.raw = b""          # all input since TLS began
        self.ended = False      # the peer's FIN or RST was seen
        self.close_notify = False
        self.tls = None         # the SSLObject, once started
        self.up = False         # the handshake is done on the client's side
        self.records_out = 0    # application records sent since then

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.sock.close()

    # --- sending

    def send_raw(self, *segments, pause=0.0):
        """Each segment in a separate send; False once the peer is gone."""
        try:
            for number, segment in enumerate(segments):
                if number and pause:
                    time.sleep(pause)
                self.sock.sendall(segment)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def seal(self, data):
        """Records that carry data under TLS, not sent."""
        self.tls.write(data)
        self.records_out += 1
        return self.outgoing.read()

    def send(self, data):
        return self.send_raw(self.seal(data) if self.up else data)

    def send_bytes(self, data):
        return self.send_raw(*(data[i:i + 1] for i in range(len(data))))

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def shut(self):
        """Send FIN, and nothing before it."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    # --- receiving

    def _receive(self, timeout):
        """Receive what comes within timeout; False when no more will come."""
        if self.ended:
            return False
        if not select.select([self.sock], [], [], max(timeout, 0))[0]:
            return True
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
        if not self.tls:
            self.text += data
            return not self.ended
        self.raw += data
        if data:
            self.incoming.write(data)
        elif self.up:
            self.incoming.write_eof()
        if self.up:
            self._decrypt()
        return not self.ended

    def _decrypt(self):
        try:
            while True:
                data = self.tls.read(65536)
                if not data:
                    self.close_notify = True
                    return
                self.text += data
        except ssl.SSLZeroReturnError:
            self.close_notify = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.tls_error = error

    tls_error = None

    def _take(self):
        match = REPLY.match(self.text)
        if not match:
            return None
        self.text = self.text[match.end():]
        reply = Reply(match[0])
        replies_seen.append(reply)
        return reply

    def reply(self, timeout=TIMEOUT):
        """The next reply; EOFError if the connection ended instead."""
        end = time.monotonic() + timeout
        while True:
            reply = self._take()
            if reply:
                return reply
            if self.ended:
                raise EOFError(f"closed instead of a reply, {self.text!r}")
            if time.monotonic() >= end:
                raise Fault(f"no reply within {timeout} s, {self.text!r}")
            self._receive(end - time.monotonic())

    def reply_or_end(self):
        try:
            return self.reply()
        except EOFError:
            return None

    def listen(self, seconds):
        """Receive for `seconds`; stops at the end of input."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._receive(
                end - time.monotonic()):
            pass

    def quiet(self, seconds=QUIET):
        """The same; the input is returned, and not kept for replies."""
        self.listen(seconds)
        said, self.text = self.text, b""
        return said

    def until_closed(self, timeout=TIMEOUT):
        """All input until the peer closes; Fault if it does not."""
        end = time.monotonic() + timeout
        while self._receive(end - time.monotonic()):
            if time.monotonic() >= end:
                raise Fault(f"still open after {timeout} s, {self.text!r}")
        return self.text

    def replies_until_closed(self, timeout=TIMEOUT):
        self.until_closed(timeout)
        return self.replies()

    def replies(self):
        """The replies that have arrived."""
        return list(iter(self._take, None))

    # --- TLS

    def begin(self, context, name="localhost"):
        """Start TLS on this side; returns the ClientHello, not sent."""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_hostname=name)
        if self.text:           # input after the 220 belongs to TLS
            self.raw, self.text = self.text, b""
            self.incoming.write(self.raw)
        self._step()
        self.hello = self.outgoing.read()
        return self.hello

    def _step(self):
        try:
            self.tls.do_handshake()
            self.up = True
        except ssl.SSLWantReadError:
            pass

    def flight(self):
        """Read until this side can finish; returns its last flight, not
        sent."""
        end = time.monotonic() + TIMEOUT
        while True:
            self._step()
            out = self.outgoing.read()
            # The ClientHello has been sent: the next output is the last
            # flight, unless it answers a HelloRetryRequest.
            if out and (self.up or out[5] != 1):
                return out
            if out:
                self.send_raw(out)
            if self.ended:
                raise EOFError("closed in the handshake")
            if time.monotonic() >= end:
                raise Fault("the handshake hangs")
            self._receive(end - time.monotonic())

    def finish(self):
        """Read until the handshake is done on this side."""
        end = time.monotonic() + TIMEOUT
        while not self.up:
            self._step()
            self.send_raw(self.outgoing.read())
            if self.up:
                break
            if self.ended:
                raise EOFError("closed in the handshake")
            if time.monotonic() >= end:
                raise Fault("the handshake hangs")
            self._receive(end - time.monotonic())
        self._decrypt()

    def handshake(self, context=None, segments=None, name="localhost"):
        """A complete handshake; `segments` splits the ClientHello."""
        hello = self.begin(context or client_context(), name)
        self.send_raw(*(segments(hello) if segments else [hello]))
        self.finish()
        return self

    def notify_close(self):
        """Our close_notify, not sent."""
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        return self.outgoing.read()

    def only_records(self):
        """True if all input since TLS began is TLS records."""
        rest = self.raw
        while rest:
            if rest[0] not in (20, 21, 22, 23):
                return False
            if len(rest) < 5:
                return True
            if rest[1] != 3 or rest[2] > 4:
                return False
            rest = rest[5 + int.from_bytes(rest[3:5], "big"):]
        return True

    def handshake_fails(self, context=None):
        """Try a handshake; True if the server does not complete it."""
        try:
            self.handshake(context)
            self.send(b"NOOP\r\n")
            return self.reply_or_end() is None
        except (ssl.SSLError, EOFError):
            return True


def opened(address, ehlo=b"client.example"):
    """A connection that has received its greeting, and sent EHLO unless
    None."""
    wire = Wire(address)
    expect(wire.reply(), 220)
    if ehlo is not None:
        expect(wire.command(b"EHLO " + ehlo), 250)
    return wire


def started(address, context=None, ehlo=b"client.example", **options):
    """A connection on which STARTTLS and the handshake are done."""
    wire = opened(address, ehlo)
    expect(wire.command(b"STARTTLS"), 220)
    return wire.handshake(context, **options)


def secured(address, context=None, ehlo=b"tls.example"):
    """The same, with EHLO sent again."""
    wire = started(address, context)
    expect(wire.command(b"EHLO " + ehlo), 250)
    return wire


def served(address):
    """The certificate that is served there now."""
    with started(address) as wire:
        return wire.tls.getpeercert(True)


def expect(reply, *codes):
    """Fail unless the reply has one of the codes; 5 stands for 5xx."""
    code = reply.code if reply else None
    if code not in codes and (code or 0) // 100 not in codes:
        raise AssertionError(f"got {reply}, wanted {codes}")
    return reply


def envelope(wire, sender=b"a@b.example", recipient=b"b@c.example"):
    """A sender and a recipient; EHLO must have been sent."""
    expect(wire.command(b"MAIL FROM:<" + sender + b">"), 250)
    expect(wire.command(b"RCPT TO:<" + recipient + b">"), 250)


def begin_message(wire, token, body=b""):
    """The same, and a message up to its final dot."""
    envelope(wire)
    expect(wire.command(b"DATA"), 354)
    wire.send(b"Subject: " + token + b"\r\n\r\n" + body)


def deliver(wire, token, body=b""):
    """Send one message; returns the reply to its final dot."""
    begin_message(wire, token, body)
    return wire.command(b".")
