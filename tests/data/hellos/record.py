#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Record the ClientHellos of this directory anew: TLS records as a client
sends them to a listener on the loopback, in hexadecimal.

  record.py [NAME...]             all, or those of these names

Packages change, and with them what they send: what is recorded by others than
those of Debian 12 may need other expectations in the tests. A client that is
not installed is named, and its files stay as they are; then the status is 1.
"""

import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
NAME = "mx.example.org"
LIMIT = 20                      # seconds for a client to say its hello
RECORD = 50                     # bytes, of a hello that is cut

PYTHON = """import socket, ssl, sys
ssl.create_default_context().wrap_socket(
    socket.create_connection(("127.0.0.1", int(sys.argv[1]))),
    server_hostname=sys.argv[2])"""
NODE = """const [port, name, version] = process.argv.slice(1);
require("tls").connect(Object.assign(
    { host: "127.0.0.1", port: Number(port), servername: name },
    version ? { minVersion: version, maxVersion: version } : {}))
    .on("error", () => process.exit(1));"""


def s_client(*options):
    return "openssl", "s_client", "-connect", "127.0.0.1:{port}", *options


def old_s_client(*options):
    return s_client("-noservername", *options)


def gnutls_cli(*options):
    return ("gnutls-cli", "--insecure", "--disable-sni", "--port", "{port}",
            *options, "127.0.0.1")


CLIENTS = {
    # as packaged
    "openssl": s_client("-servername", NAME),
    "gnutls": gnutls_cli(),
    "python": ("/usr/bin/python3", "-c", PYTHON, "{port}", NAME),
    "curl": ("curl", "-s", "--connect-to", f"{NAME}::127.0.0.1:{{port}}",
             f"https://{NAME}:{{port}}/"),
    "java": ("java", str(HERE / "Client.java"), "{port}", NAME),
    "node": ("node", "-e", NODE, "{port}", NAME),
    # old ones, and narrow ones, imitated
    "openssl-tls12": old_s_client("-tls1_2"),
    "openssl-tls10": old_s_client("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
    "openssl-fallback": old_s_client("-tls1_1", "-fallback_scsv", "-cipher",
                                     "ALL:@SECLEVEL=0"),
    "openssl-rsa-only": old_s_client("-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"),
    "openssl-sha1-only": old_s_client("-tls1_2", "-sigalgs", "RSA+SHA1",
                                      "-cipher", "ALL:@SECLEVEL=0"),
    "openssl-p521": old_s_client("-tls1_3", "-groups", "P-521"),
    "openssl-ffdhe": old_s_client("-tls1_2", "-cipher", "kEDH"),
    "gnutls-legacy": gnutls_cli("--priority", "LEGACY:-VERS-ALL:+VERS-TLS1.0"),
    "gnutls-suiteb": gnutls_cli("--priority", "SUITEB192"),
    "java-tls10": ("java", str(HERE / "Client.java"), "{port}", NAME,
                   "TLSv1"),
    "node-tls12": ("node", "-e", NODE, "{port}", NAME, "TLSv1.2"),
}

# Nothing that is packaged sends these any more.
MADE = {
    "sslv2": bytes.fromhex("8022 010301 0009 0000 0010 00002f 000035 00000a"
                           "000102030405060708090a0b0c0d0e0f"),
    "sslv3": bytes.fromhex("160300002f 0100002b 0300") + bytes(33)
             + bytes.fromhex("0004 0035000a 0100"),
}


def take(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the client has closed before its hello was whole")
    return data


def hello_from(stream):
    """The records up to the end of the first handshake message."""
    records, message = b"", b""
    while len(message) < 4 or \
            len(message) < 4 + int.from_bytes(message[1:4], "big"):
        header = take(stream, 5)
        if header[0] != 22:
            raise ValueError(f"no handshake record: {header.hex()}")
        fragment = take(stream, int.from_bytes(header[3:], "big"))
        records, message = records + header + fragment, message + fragment
    return records


def record(command):
    """What a client says at first."""
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            tempfile.TemporaryFile() as said:
        listener.settimeout(LIMIT)
        port = str(listener.getsockname()[1])
        client = subprocess.Popen(
            [word.replace("{port}", port) for word in command],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            connection = listener.accept()[0]
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(LIMIT)
                return hello_from(stream)
        finally:
            client.kill()
            client.wait()


def cut(hello):
    """The same hello in short records."""
    body = hello[5:]
    pieces = [body[i:i + RECORD] for i in range(0, len(body), RECORD)]
    return b"".join(hello[:3] + len(piece).to_bytes(2, "big") + piece
                    for piece in pieces)


def store(name, hello):
    text = hello.hex()
    (HERE / name).write_text("".join(
        text[i:i + 64] + "\n" for i in range(0, len(text), 64)))


def main():
    names = sys.argv[1:] or [*CLIENTS, *MADE]
    missing = []
    for name in names:
        if name in MADE:
            store(name, MADE[name])
        elif shutil.which(CLIENTS[name][0]):
            hello = record(CLIENTS[name])
            store(name, hello)
            if name == "openssl":
                store("openssl-records", cut(hello))
        else:
            missing.append(name)
            print(f"{name}: {CLIENTS[name][0]} is missing")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
