# SPDX-License-Identifier: MIT
"""TLS by hand: ClientHellos that no library would send, the answers to them,
and records sealed with a real session's keys.

Keys come from Python's key log; the AEAD is libcrypto's, through ctypes.
Nothing here decides what is right.
"""

import ctypes
import ctypes.util
import hashlib
import hmac
import os
import re
import struct

CCS, ALERT, HANDSHAKE, DATA, HEARTBEAT = 20, 21, 22, 23, 24
HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_TICKET = 0, 1, 2, 4
KEY_EXCHANGE, HELLO_DONE, FINISHED, KEY_UPDATE = 12, 14, 20, 24

MODERN_12 = (0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8)
MODERN_13 = (0x1301, 0x1302, 0x1303)


def u8(data):
    return struct.pack("!B", len(data)) + data


def u16(data):
    return struct.pack("!H", len(data)) + data


def record(kind, data, version=0x0301):
    return struct.pack("!BH", kind, version) + u16(data)


def message(kind, data, length=None):
    length = len(data) if length is None else length
    return struct.pack("!I", kind << 24 | length) + data


def cut_records(hello, size):
    """The ClientHello in `hello`, in TLS records of `size` bytes."""
    body = hello[5:]
    return b"".join(record(HANDSHAKE, body[i:i + size])
                    for i in range(0, len(body), size))


def sni(name):
    return 0, u16(b"\0" + u16(name))


def padding(size):
    return 21, bytes(size)


ALPN_HTTP = (16, u16(u8(b"http/1.1")))
EMS = (23, b"")
RENEGOTIATION = (0xff01, u8(b""))


def client_hello(version=0x0303, suites=MODERN_12, extra=(), tls13=False,
                 without=(), compression=b"\0", body_only=False):
    """A ClientHello in one record; `extra` replaces or adds extensions."""
    extensions = dict([
        sni(b"localhost"),
        (10, u16(struct.pack("!3H", 29, 23, 24))),
        (11, u8(b"\0")),
        (13, u16(bytes.fromhex("0403080404010503080505010806060102030201"))),
        EMS, RENEGOTIATION])
    if tls13:
        suites = tuple(MODERN_13) + tuple(suites)
        extensions[43] = u8(b"\x03\x04\x03\x03")
        extensions[51] = u16(struct.pack("!H", 29) + u16(os.urandom(32)))
        extensions[45] = u8(b"\1")
    extensions.update(extra)
    for number in without:
        extensions.pop(number, None)
    body = struct.pack("!H", version) + os.urandom(32) + u8(os.urandom(32)) \
        + u16(b"".join(struct.pack("!H", one) for one in suites)) \
        + u8(compression)
    if version > 0x0300:
        body += u16(b"".join(struct.pack("!H", number) + u16(data)
                             for number, data in extensions.items()))
    hello = message(CLIENT_HELLO, body)
    if body_only:
        return hello
    pieces = [hello[i:i + 16000] for i in range(0, len(hello), 16000)]
    return b"".join(record(HANDSHAKE, piece, min(version, 0x0301))
                    for piece in pieces)


def sslv2_hello():
    ciphers = bytes.fromhex("0700c0" "010080" "00c02f" "00009c")
    return u16(b"\x01\x03\x03" + struct.pack("!3H", len(ciphers), 0, 16)
               + ciphers + os.urandom(16)).replace(b"\0", b"\x80", 1)


class Answer:
    """A server's answer to a ClientHello, as far as it is in plaintext."""

    def __init__(self, raw):
        self.alert = self.version = self.suite = self.prime_bits = None
        self.extensions, self.random = {}, b""
        handshake = b""
        while len(raw) >= 5:
            size = int.from_bytes(raw[3:5], "big")
            if raw[0] == HANDSHAKE:
                handshake += raw[5:5 + size]
            elif raw[0] == ALERT and size == 2:
                self.alert = raw[6]
            raw = raw[5 + size:]
        self.kinds = []
        while len(handshake) >= 4:
            kind, size = handshake[0], int.from_bytes(handshake[1:4], "big")
            body, handshake = handshake[4:4 + size], handshake[4 + size:]
            self.kinds.append(kind)
            if kind == SERVER_HELLO:
                self._server_hello(body)
            elif kind == KEY_EXCHANGE and self.suite in DHE:
                self.prime_bits = 8 * int.from_bytes(body[:2], "big")

    def _server_hello(self, body):
        self.version = int.from_bytes(body[:2], "big")
        self.random = body[2:34]
        rest = body[35 + body[34]:]
        self.suite = int.from_bytes(rest[:2], "big")
        self.compression = rest[2]
        rest = rest[5:]
        while len(rest) >= 4:
            number, size = struct.unpack("!HH", rest[:4])
            self.extensions[number] = rest[4:4 + size]
            rest = rest[4 + size:]
        if 43 in self.extensions:
            self.version = int.from_bytes(self.extensions[43], "big")

    @property
    def accepted(self):
        return SERVER_HELLO in self.kinds

    def complete(self):
        """Nothing more comes before the client's next message."""
        return self.alert is not None or HELLO_DONE in self.kinds \
            or self.version == 0x0304

    def __repr__(self):
        if self.accepted:
            return f"ServerHello version {self.version:04x} " \
                   f"suite {self.suite:04x}"
        return f"alert {self.alert}" if self.alert is not None else "closed"


DHE = (0x0033, 0x0039, 0x0067, 0x006b, 0x009e, 0x009f, 0xccaa)

# --- keys ----------------------------------------------------------------


def _libcrypto():
    name = ctypes.util.find_library("crypto")
    if not name:
        return None
    lib = ctypes.CDLL(name)
    for function in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm",
                     "EVP_aes_256_gcm"):
        getattr(lib, function).restype = ctypes.c_void_p
        getattr(lib, function).argtypes = []
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    lib.EVP_CipherInit_ex.argtypes = [pointer, pointer, pointer, text, text,
                                      number]
    lib.EVP_CipherUpdate.argtypes = [pointer, pointer,
                                     ctypes.POINTER(number), text, number]
    lib.EVP_CipherFinal_ex.argtypes = [pointer, pointer,
                                       ctypes.POINTER(number)]
    lib.EVP_CIPHER_CTX_ctrl.argtypes = [pointer, number, number, pointer]
    lib.EVP_CIPHER_CTX_free.argtypes = [pointer]
    return lib


LIBCRYPTO = _libcrypto()


def gcm(key, nonce, aad, text, tag=None):
    """AES-GCM: returns ciphertext and tag; with a tag to verify, decrypts."""
    lib, size = LIBCRYPTO, ctypes.c_int()
    cipher = lib.EVP_aes_128_gcm if len(key) == 16 else lib.EVP_aes_256_gcm
    context = lib.EVP_CIPHER_CTX_new()
    out, made = ctypes.create_string_buffer(len(text) + 16), \
        ctypes.create_string_buffer(tag or b"", 16)
    try:
        lib.EVP_CipherInit_ex(context, cipher(), None, key, nonce,
                              0 if tag else 1)
        lib.EVP_CipherUpdate(context, None, ctypes.byref(size), aad, len(aad))
        lib.EVP_CipherUpdate(context, out, ctypes.byref(size), text,
                             len(text))
        if tag:
            lib.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, made)
        if lib.EVP_CipherFinal_ex(context, None, ctypes.byref(size)) != 1:
            raise ValueError("the record does not open: wrong keys")
        if not tag:
            lib.EVP_CIPHER_CTX_ctrl(context, 0x10, 16, made)
    finally:
        lib.EVP_CIPHER_CTX_free(context)
    text = out.raw[:len(text)]
    return text if tag else text + made.raw


def expand_label(secret, label, size, hash_name):
    info = struct.pack("!H", size) + u8(b"tls13 " + label) + u8(b"")
    return hmac.new(secret, info + b"\1", hash_name).digest()[:size]


def prf(secret, seed, size, hash_name):
    out, a = b"", seed
    while len(out) < size:
        a = hmac.new(secret, a, hash_name).digest()
        out += hmac.new(secret, a + seed, hash_name).digest()
    return out[:size]


class Keys:
    """The client's write keys of one epoch; the caller keeps `sequence`."""

    def __init__(self, wire, keylog, epoch="CLIENT_TRAFFIC_SECRET_0"):
        suite, version, _bits = wire.tls.cipher()
        self.hash = "sha384" if suite.endswith("384") else "sha256"
        self.size = 32 if "256" in suite.replace("SHA256", "") else 16
        self.modern = version == "TLSv1.3"
        wanted = epoch if self.modern else "CLIENT_RANDOM"
        with open(keylog, encoding="ascii") as log:
            secret = bytes.fromhex(re.search(
                rf"^{wanted} {wire.hello[11:43].hex()} (\w+)", log.read(),
                re.MULTILINE)[1])
        if self.modern:
            self._set_13(secret)
        else:
            block = prf(secret, b"key expansion" + Answer(wire.raw).random
                        + wire.hello[11:43], 2 * self.size + 8, self.hash)
            self.key = block[:self.size]
            self.iv = block[2 * self.size:2 * self.size + 4]

    def _set_13(self, secret):
        self.secret = secret
        self.key = expand_label(secret, b"key", self.size, self.hash)
        self.iv = expand_label(secret, b"iv", 12, self.hash)

    def next(self):
        """The key change of a KeyUpdate."""
        self._set_13(expand_label(self.secret, b"traffic upd",
                                  hashlib.new(self.hash).digest_size,
                                  self.hash))

    def _nonce(self, sequence):
        counter = struct.pack("!Q", sequence)
        if not self.modern:
            return self.iv + counter
        return bytes(a ^ b for a, b in zip(self.iv, bytes(4) + counter))

    def seal(self, sequence, kind, text):
        if self.modern:
            text += bytes([kind])
            head = struct.pack("!BHH", DATA, 0x0303, len(text) + 16)
            return head + gcm(self.key, self._nonce(sequence), head, text)
        counter = struct.pack("!Q", sequence)
        aad = counter + struct.pack("!BHH", kind, 0x0303, len(text))
        return record(kind, counter + gcm(self.key, self._nonce(sequence),
                                          aad, text), 0x0303)

    def open(self, sequence, sealed):
        """The plaintext of a record that the client itself sealed."""
        head, body = sealed[:5], sealed[5:]
        if self.modern:
            return gcm(self.key, self._nonce(sequence), head, body[:-16],
                       body[-16:])[:-1]
        nonce, body = self.iv + body[:8], body[8:]
        aad = struct.pack("!Q", sequence) + head[:3] \
            + struct.pack("!H", len(body) - 16)
        return gcm(self.key, nonce, aad, body[:-16], body[-16:])


def split_records(data):
    found = []
    while data:
        size = 5 + int.from_bytes(data[3:5], "big")
        found.append(data[:size])
        data = data[size:]
    return found
