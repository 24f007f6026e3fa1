# SPDX-License-Identifier: MIT
"""A mail server that sends exactly what it is told to, for testing clients.

A Peer is one accepted connection under byte-level control: the caller decides
what it sends, in which segments, and whether in plaintext or under TLS. TLS is
Python's, run over memory. session() is an honest session in which single
replies are replaced.
"""

import select
import socket
import ssl
import threading
import time

from harness import SCALE

TIMEOUT = 6 * SCALE             # without input from the client
ALERT_FAILURE = bytes.fromhex("15030300020228")


class Left(Exception):
    """The client has closed the connection."""


def server_context(pair, version=None, ciphers=None, clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version:
        lowest, highest = version
        context.minimum_version, context.maximum_version = lowest, highest
    if ciphers:
        context.set_ciphers(ciphers)    # including the security level for keys
    context.load_cert_chain(*pair)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Peer:
    """Input is kept separately: `clear` before TLS, `raw` since then, and
    `commands`, each with whether it came under TLS."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clear, self.raw, self.heard = b"", b"", b""
        self.commands, self.messages = [], []
        self.tls, self.up = None, False
        self.ended = self.close_notify = False

    # --- sending

    def send_raw(self, *segments, pause=0.0):
        for number, segment in enumerate(segments):
            if number and pause:
                time.sleep(pause)
            try:
                self.sock.sendall(segment)
            except OSError as error:
                raise Left from error

    def seal(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def send(self, data):
        self.send_raw(self.seal(data) if self.up else data)

    def send_bytes(self, data, pause=0.0):
        """One segment per byte."""
        self.send_raw(*(data[i:i + 1] for i in range(len(data))), pause=pause)

    def notify_close(self):
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass                        # the client's is still to come
        self.send_raw(self.outgoing.read())

    def close(self, notify=True):
        """FIN, under TLS after a close_notify."""
        if self.up and notify:
            self.notify_close()
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    # --- receiving

    def receive(self, timeout):
        """Receive what comes within timeout; False when no more will come."""
        if self.ended or not select.select([self.sock], [], [],
                                           max(timeout, 0))[0]:
            return not self.ended
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        self.ended = not data
        if not self.tls:
            self.clear += data
            self.heard += data
            return not self.ended
        self.raw += data
        self.incoming.write(data)
        if self.up:
            self.decrypt()
        return not self.ended

    def decrypt(self):
        try:
            while True:
                data = self.tls.read(65536)
                if not data:
                    break
                self.heard += data
            self.close_notify = True
        except ssl.SSLZeroReturnError:
            self.close_notify = True
        except ssl.SSLError:
            pass

    def until(self, ending):
        """Input up to and including `ending`."""
        end = time.monotonic() + TIMEOUT
        while ending not in self.heard:
            if time.monotonic() > end or not self.receive(
                    end - time.monotonic()):
                raise Left
        size = self.heard.index(ending) + len(ending)
        text, self.heard = self.heard[:size], self.heard[size:]
        return text

    def command(self):
        line = self.until(b"\r\n")[:-2]
        self.commands.append((self.up, line))
        return line

    def listen(self, seconds):
        """Receive whatever comes in that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.receive(
                end - time.monotonic()):
            pass

    def wait_for_hello(self):
        """Wait until there is something where a ClientHello is due."""
        end = time.monotonic() + TIMEOUT
        while not self.heard and time.monotonic() < end:
            if not self.receive(end - time.monotonic()):
                raise Left

    # --- TLS

    def handshake(self, context, cut=None, before=b""):
        """The server's part of it; `cut` divides its output into segments, and
        `before` is sent before its first flight."""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_side=True)
        if self.heard[:1] == b"\x16":
            self.clear = self.clear[:-len(self.heard)]
        self.raw, self.heard = self.heard, b""
        self.incoming.write(self.raw)
        end = time.monotonic() + TIMEOUT
        while not self.up:
            try:
                self.tls.do_handshake()
                self.up = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                self.flush(cut, b"")
                raise Left(str(error)) from error
            before = self.flush(cut, before)
            if not self.up and (time.monotonic() > end or not self.receive(
                    end - time.monotonic())):
                raise Left
        self.decrypt()

    def flush(self, cut, before):
        out = self.outgoing.read()
        if not out:
            return before
        self.send_raw(*cut(before + out) if cut else [before + out])
        return b""


# --- sessions

HONEST = {
    "greeting": b"220 mx.example ESMTP\r\n",
    "EHLO": b"250-mx.example\r\n250-SIZE 1000000\r\n250 STARTTLS\r\n",
    "HELO": b"250 mx.example\r\n",
    "STARTTLS": b"220 go ahead\r\n",
    "TLS EHLO": b"250-mx.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
    "AUTH": b"235 welcome\r\n",
    "MAIL": b"250 sender ok\r\n",
    "RCPT": b"250 recipient ok\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 queued\r\n",
    "QUIT": b"221 bye\r\n",
}


def answer(peer, reply):
    """A reply is bytes, or a function that does what is required."""
    if callable(reply):
        reply(peer)
    else:
        peer.send(reply)


def session(context, implicit=False, **replies):
    """A function that serves one connection. Replies under TLS have a name
    with "TLS " before the verb. Everything is accepted in plaintext as well:
    what a client does there is its own fault."""
    replies = {**HONEST, **{name.replace("_", " "): reply
                            for name, reply in replies.items()}}

    def reply_to(peer, verb):
        name = f"TLS {verb}" if peer.up else verb
        return replies.get(name, replies.get(verb, b"500 what\r\n"))

    def serve(peer):
        if implicit:
            peer.handshake(context)
        answer(peer, replies["greeting"])
        while True:
            verb = peer.command().split(b" ")[0].upper().decode("latin-1")
            reply = reply_to(peer, verb)
            answer(peer, reply)
            code = b"" if callable(reply) else reply[:3]
            if verb == "STARTTLS" and code == b"220":
                peer.handshake(context)
            elif verb == "DATA" and code == b"354":
                # the end of the command line precedes the first line
                peer.heard = b"\r\n" + peer.heard
                text = peer.until(b"\r\n.\r\n")[2:]
                answer(peer, reply_to(peer, "."))
                peer.messages.append((peer.up, text))
            elif verb == "QUIT":
                peer.close()
                return
    return serve


class MailServer:
    """Serves each connection with the next of the sessions, and further ones
    with the last: with MailServer(session) as server: ..."""

    def __init__(self, *sessions):
        self.sessions, self.peers, self.threads = sessions, [], []
        self.errors = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]

    def __enter__(self):
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()
        return self

    def _accept(self):
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            peer = Peer(sock)
            serve = self.sessions[min(len(self.peers),
                                      len(self.sessions) - 1)]
            self.peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(serve, peer),
                                      daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, serve, peer):
        try:
            serve(peer)
            peer.close(notify=False)
            peer.listen(TIMEOUT)        # until the client closes, too
        except Left:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
        finally:
            peer.sock.close()

    def __exit__(self, kind, value, trace):
        # this wakes accept(2), which close(2) does not
        self.sock.shutdown(socket.SHUT_RDWR)
        self.acceptor.join(TIMEOUT)
        self.sock.close()
        for thread in self.threads:
            thread.join(TIMEOUT)
        if self.errors and kind is None:
            raise self.errors[0]
