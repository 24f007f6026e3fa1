#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""OpenSSL's strings on the running server: `openssl s_client` gets in or is
refused as the policy says, and the session's log line agrees; a string that is
wrong, or too weak for the level, ends the program; and a qpsmtpd's directory
works as it is.

  policy.py [NAME...]             the checks whose name contains NAME

See harness.py for the environment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import types

from config_errors import ends
from harness import (SCALE, Authority, Certificates, Checks, Server, openssl,
                     scratch, server_program, wait_for, wanted)

LIMIT = 10 * SCALE
CERTS = PLACE = None            # set in main
VERSIONS = {"1.0": ("-tls1", "TLSv1"), "1.1": ("-tls1_1", "TLSv1.1"),
            "1.2": ("-tls1_2", "TLSv1.2"), "1.3": ("-tls1_3", "TLSv1.3")}
OLD, NEW = {"1.0", "1.1"}, {"1.2", "1.3"}
ANYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
OWN = "the certificate's "      # in lines about the server's own
LISTEN = ["--listen", "127.0.0.1:0"]
RSA128 = "ECDHE-RSA-AES128-GCM-SHA256"
RSA256 = "ECDHE-RSA-AES256-GCM-SHA384"
CHACHA = "ECDHE-RSA-CHACHA20-POLY1305"


class Service:
    """A server, and what its clients and its log report on each session."""

    def __init__(self, *options, **choice):
        self.server = Server(CERTS, *options, **choice)
        self.dialled = 0

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *what):
        self.server.__exit__(*what)

    def warnings(self):
        return [line for line in self.server.log if ": warning: " in line]

    def attempt(self, version, options, cipher=ANYTHING, starttls=False):
        """openssl s_client's status and output, and the log's fields."""
        where = self.server.starttls if starttls else self.server.tls
        command = ["openssl", "s_client", "-brief", "-connect",
                   f"127.0.0.1:{where[1]}", "-cipher", cipher,
                   VERSIONS[version][0], *options]
        if starttls:
            command += ["-starttls", "smtp"]
        done = subprocess.run(
            command, env=dict(os.environ, OPENSSL_CONF="/dev/null"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
        fields = self.server.session(self.dialled)
        self.dialled += 1
        return done.returncode, done.stdout, fields

    def dial(self, version, *options, **how):
        """What openssl s_client negotiated, None if it was refused; both sides
        agree."""
        status, text, fields = self.attempt(version, options, **how)
        if "CONNECTION ESTABLISHED" not in text:
            assert status != 0, text
            # A version of the server's below the client's own is refused by
            # the client.
            assert re.search("alert|unsupported protocol", text), text
            assert fields["tls_enabled"] == "0", fields
            assert fields["outcome"] == "failed", fields
            return None
        assert status == 0, text
        said = dict(line.split(": ", 1) for line in text.splitlines()
                    if ": " in line)
        assert said["Protocol version"] == VERSIONS[version][1], said
        assert fields["tls_enabled"] == "1", fields
        assert fields["protocol"] == VERSIONS[version][1], fields
        assert fields["cipher"] == said["Ciphersuite"], \
            f"{fields} for {said['Ciphersuite']}"
        # "Server" up to OpenSSL 3.1
        key = said.get("Peer Temp Key") or said.get("Server Temp Key") or ""
        return types.SimpleNamespace(
            cipher=said["Ciphersuite"],
            group=key.removeprefix("ECDH, ").split(",")[0],
            sign=said.get("Signature type"))

    def shadow(self, version, **how):
        """The shadow reason and sentence in the log of a session that
        succeeds."""
        status, text, fields = self.attempt(version, [], **how)
        assert status == 0 and "CONNECTION ESTABLISHED" in text, text
        assert fields["tls_enabled"] == "1", fields
        return fields.get("shadow_id"), fields.get("shadow")

    def has(self, versions):
        """These versions get in, the others of the four do not."""
        for number, version in enumerate(VERSIONS):
            found = self.dial(version, starttls=number % 2 == 1)
            assert (found is not None) == (version in versions), \
                f"TLS {version}: {found}"


# --- versions


def versions():
    everything, all0 = OLD | NEW, ["--ciphers", "ALL:@SECLEVEL=0"]
    seed = "SSLv23:!SSLv2:!SSLv3:!TLSv1"
    # options, versions, and what is warned about, if anything
    cases = (
        ([], NEW, None),
        (["--protocols", "TLSv1.2"], {"1.2"}, None),
        (["--protocols", "TLSv1.3"], {"1.3"}, None),
        (["--protocols", "TLSv1_2"], {"1.2"}, None),
        (["--protocols", ">=TLSv1"], NEW, "@SECLEVEL=0"),
        (["--protocols", seed], NEW, "TLSv1.1 .*@SECLEVEL=0"),
        (["--protocols", seed] + all0, NEW | {"1.1"}, None),
        (["--protocols", ">=TLSv1"] + all0, everything, None),
        (["--protocols", "!SSLv2, !SSLv3", "--seclevel", "0", "--ciphers",
          "ALL"], everything, None),
        (["--protocols", "!SSLv2 !SSLv3 !TLSv1 !TLSv1.1"] + all0, NEW, None),
        (["--protocols", ">=TLSv1.1, <=TLSv1.2"] + all0, {"1.1", "1.2"},
         None),
        (["--protocols", "ALL -TLSv1.3"] + all0, OLD | {"1.2"}, None),
        # Holes.
        (["--protocols", "TLSv1 TLSv1.2"] + all0, {"1.0", "1.2"}, "between"),
        (["--protocols", "TLSv1.1 TLSv1.3"] + all0, {"1.1"}, "TLSv1.3 is off"),
        # A list for TLS 1.2 and below does not affect 1.3; 1.3's own list
        # does.
        (["--ciphers", RSA128], NEW, None),
        (["--ciphersuites", ""], {"1.2"}, None),
        (["--ciphersuites", "TLS_AES_128_GCM_SHA256"], NEW, None))

    def check(options, expected, warned):
        with Service(*options) as service:
            service.has(expected)
            said = service.warnings()
        assert bool(said) == bool(warned), said
        assert not warned or any(re.search(warned, line) for line in said), \
            said

    for options, expected, warned in cases:
        yield f"versions {' '.join(options)}", check, \
            (options, expected, warned)


# --- suites


def cipher_list():
    """Only suites in the list; a client with others is refused."""
    with Service("--ciphers", f"{RSA256}:{CHACHA}",
                 "--protocols", "TLSv1.2") as service:
        for name in RSA256, CHACHA:
            assert service.dial("1.2", cipher=name).cipher == name
        for name in (RSA128, "ECDHE-ECDSA-AES256-GCM-SHA384", "AES256-SHA",
                     "DHE-RSA-AES256-GCM-SHA384", "kRSA", "CAMELLIA"):
            assert service.dial("1.2", cipher=f"{name}:@SECLEVEL=0",
                                starttls=True) is None, name
        assert service.dial("1.2").cipher == RSA256


def every_key_exchange():
    """A list with one suite serves that suite and nothing else."""
    for name in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA",
                 "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305",
                 "AES128-GCM-SHA256", "AES256-SHA256",
                 "ECDHE-RSA-CAMELLIA128-SHA256", "AES256-CCM8"):
        with Service("--ciphers", f"{name}:@SECLEVEL=0",
                     "--protocols", "TLSv1.2") as service:
            assert service.dial("1.2").cipher == name
            assert service.dial(
                "1.2", cipher=f"ALL:!{name}:@SECLEVEL=0") is None, name


def skipped_words():
    """A word that OpenSSL skips is reported, and the server serves."""
    with Service("--ciphers", f"{RSA128}:nonsense", "--ciphersuites",
                 "TLS_AES_128_GCM_SHA256:nonsense") as service:
        said = service.warnings()
        assert len(said) == 2, said
        assert all('"nonsense" at byte ' in line for line in said), said
        assert service.dial("1.2").cipher == RSA128
        assert service.dial("1.3").cipher == "TLS_AES_128_GCM_SHA256"


def ciphersuites():
    one, two = "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"
    with Service("--ciphersuites", f"{two}:{one}") as service:
        assert service.dial("1.3", "-ciphersuites", one).cipher == one
        assert service.dial("1.3", "-ciphersuites",
                            "TLS_AES_256_GCM_SHA384") is None
        assert service.dial("1.3").cipher == two


def server_preference():
    """The server's order counts, whatever the client's order is."""
    for order in ((RSA128, CHACHA, RSA256), (CHACHA, RSA256, RSA128),
                  (RSA256, RSA128, CHACHA)):
        # TLS 1.2 only: GnuTLS has one order of ciphers for all versions.
        with Service("--ciphers", ":".join(order), "--protocols",
                     "TLSv1.2") as service:
            for theirs in order, order[::-1]:
                found = service.dial("1.2", cipher=":".join(theirs))
                assert found.cipher == order[0], f"{order}: {found}"
            found = service.dial("1.2", cipher=":".join(order[:0:-1]))
            assert found.cipher == order[1], f"{order}: {found}"
    order = ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
             "TLS_AES_256_GCM_SHA384")
    for ours in order, order[::-1]:
        with Service("--ciphersuites", ":".join(ours)) as service:
            for theirs in ours, ours[::-1]:
                found = service.dial("1.3", "-ciphersuites",
                                     ":".join(theirs))
                assert found.cipher == ours[0], f"{ours}: {found}"


# --- groups

GROUPS = {"X25519": "X25519", "X448": "X448", "P-256": "prime256v1",
          "P-384": "secp384r1", "P-521": "secp521r1"}


def groups():
    """A group in the list is used, another is not, in both versions."""
    for name in GROUPS:
        others = ":".join(set(GROUPS) - {name})
        with Service("--groups", name) as service:
            for version in sorted(NEW):
                # RSA, since an ECDSA certificate needs its group too; and not
                # DHE, for which OpenSSL accepts parameters whatever the groups
                # are.
                found = service.dial(version, "-groups", f"{others}:{name}",
                                     cipher="aRSA+ECDHE")
                assert found and found.group == GROUPS[name], \
                    f"{name}: {found}"
                assert service.dial(version, "-groups", others,
                                    cipher="aRSA+ECDHE") is None, name


def group_preference():
    """In TLS 1.2, the server's first group that the client has."""
    with Service("--groups", "P-521:X25519:P-384", "--ciphers",
                 "aRSA+ECDHE") as service:
        for theirs, first in (("X25519:P-384:P-521", "P-521"),
                              ("P-384:X25519", "X25519"),
                              ("P-256:P-384", "P-384")):
            found = service.dial("1.2", "-groups", theirs, cipher="aRSA")
            assert found.group == GROUPS[first], f"{theirs}: {found}"
        # In TLS 1.3, a group of both, possibly by a second ClientHello.
        found = service.dial("1.3", "-groups", "P-256:P-384")
        assert found.group == GROUPS["P-384"], found


def absent_group():
    """A group that GnuTLS lacks is reported, and the others serve."""
    with Service("--groups", "brainpoolP256r1:P-256") as service:
        said = service.warnings()
        assert len(said) == 1 and "brainpoolP256r1" in said[0], said
        assert service.dial("1.3", "-groups", "P-256").group == "prime256v1"


# --- the shadow policy


def shadow():
    """Sessions that would be lost are logged, with the reason, and are
    served."""
    none = None, None
    lost = ("version", "peer offers up to TLS 1.2, but this side has TLS "
            "1.3: add TLSv1.2 to the protocols")
    home, write = qpsmtpd_dir("shadow", True, RSA256, "TLSv1.2 TLSv1.3")
    for options in ([], ["--priority", "NORMAL"],
                    ["--config-dir", str(home)]):
        with Service("--shadow-protocols", "TLSv1.3", *options) as service:
            assert not service.warnings(), service.warnings()
            assert service.shadow("1.2") == lost
            assert service.shadow("1.2", starttls=True) == lost
            assert service.shadow("1.3") == none
    # Shadow settings not given are those in force, even from a file.
    with Service("--shadow-protocols", "TLSv1.2", "--config-dir", str(home),
                 pairs=[]) as service:
        assert service.shadow("1.2") == none
        write("tls_ciphers", f"{RSA256}:{RSA128}")
        service.server.signal(signal.SIGHUP)
        wait_for(lambda: "smtptls-server: reloaded" in service.server.log, 10,
                 "reloaded")
        assert service.shadow("1.2", cipher=RSA128) == none
        assert service.shadow("1.3")[0] == "version"
    with Service("--ciphers", f"{RSA256}:{RSA128}", "--shadow-ciphers",
                 f"{RSA256}:nonsense:@SECLEVEL=4") as service:
        said = service.warnings()
        assert len(said) == 2, said
        assert all(": warning: shadow policy: " in line for line in said), \
            said
        assert service.shadow("1.2") == none
        assert service.shadow("1.2", cipher=RSA128)[0] == "suites-excluded"
        # A session that is refused anyway is not reported.
        fields = service.attempt("1.2", [], cipher=CHACHA)[2]
        assert fields["tls_enabled"] == "0", fields
        assert "shadow" not in fields, fields
    with Service() as service:
        assert service.shadow("1.2") == none


# --- the security level


def made(name, *key, digest="-sha256"):
    """A self-signed pair."""
    crt, key_file = PLACE.dir / f"{name}.crt", PLACE.dir / f"{name}.key"
    openssl("req", "-x509", "-newkey", *key, "-nodes", "-days", "30", digest,
            "-keyout", key_file, "-out", crt, "-subj", "/CN=localhost")
    return crt, key_file


def curve(name):
    return "ec", "-pkeyopt", f"ec_paramgen_curve:{name}"


def strength(pair, highest):
    """The server's own certificate loads up to this level, as with OpenSSL."""
    files = ["--cert", str(pair[0]), "--key", str(pair[1])]
    for level in highest, highest + 1:
        for options in (["--seclevel", str(level)],
                        ["--ciphers", f"ALL:@SECLEVEL={level}"]):
            if level == highest:
                with Service(*options, pairs=[pair]) as service:
                    assert service.dial("1.3", starttls=True), level
            else:
                ends(PLACE, LISTEN + files + options, OWN, f"level {level}")


def strengths():
    for name, key, highest in (("rsa1024", ["rsa:1024"], 1),
                               ("rsa2048", ["rsa:2048"], 2),
                               ("p256", curve("P-256"), 3),
                               ("p384", curve("P-384"), 4)):
        yield f"strength {name}", \
            lambda name, key, highest: strength(made(name, *key), highest), \
            (name, key, highest)


def default_level():
    """It is 2: RSA-1024 is refused by default."""
    pair = made("weak", "rsa:1024")
    ends(PLACE, LISTEN + ["--cert", str(pair[0]), "--key", str(pair[1])],
         OWN, "level 2")
    # The second pair is checked as well.
    ends(PLACE, LISTEN + PLACE.pair + ["--cert", str(pair[0]), "--key",
                                       str(pair[1])], OWN, "level 2")


def weak_signature():
    """SHA-1 in the server's own chain, where an issuer has signed it."""
    issuer = Authority(PLACE.dir / "issuer", "issuer")
    crt, key = PLACE.dir / "sha1.crt", PLACE.dir / "sha1.key"
    request = PLACE.dir / "sha1.csr"
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
            request, "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", request, "-CA", issuer.crt, "-CAkey",
            issuer.key, "-set_serial", "7", "-sha1", "-days", "30", "-out",
            crt)
    files = ["--cert", str(crt), "--key", str(key)]
    for level in "1", "2":
        ends(PLACE, LISTEN + files + ["--seclevel", level], OWN,
             f"level {level}")
    with Service("--seclevel", "0", pairs=[(crt, key)]) as service:
        assert service.dial("1.2") and service.dial("1.3")


# --- what is refused


def malformed():
    cases = (
        ("ciphers", "", '"" at byte 1 '),
        ("ciphers", "ALL:_", '"_" at byte 5 '),
        ("ciphers", "HIGH:@SECLEVEL=6", "SECLEVEL=6.* at byte"),
        ("ciphers", "nonsense", "no cipher suite"),
        ("ciphers", "ALL:\x01!", r'"\\x01" at byte 5 '),
        ("ciphers", "ALL:\x1b[31m", r'"\\x1b" at byte 5 '),
        ("ciphers", "ALL:" * (1 << 14) + ":", "64 KiB"),
        ("ciphers", "@" * (1 << 16), " at byte "),
        ("ciphersuites", "nonsense", '"nonsense" at byte 1 '),
        ("protocols", "", '"" at byte 1 '),
        ("protocols", "nonsense", '"nonsense" at byte 1 '),
        ("protocols", "SSLv3", '"SSLv3" at byte 1 .*SSLv3'),
        ("protocols", "TLSv1_1:TLSv1_2", '"TLSv1_2" at byte 9 '),
        ("protocols", ">=TLSv1.3, <=TLSv1.2", " at byte "),
        ("groups", "", '"" at byte 1 '),
        ("groups", "X25519:nonsense", '"nonsense" at byte 8 '),
        ("groups", "P-256:P-256", '"P-256" at byte 7 '))
    for kind, string, says in cases:
        if len(string) > 1000:
            name = f"{len(string)} bytes"
        else:
            name = ascii(string)
        yield f"{kind} {name}", ends, \
            (PLACE, LISTEN + PLACE.pair + ["--" + kind, string], kind, says)
    for kind, string, says in (("ciphers", "ALL:_", '"_" at byte 5 '),
                               ("protocols", "SSLv3", "SSLv3")):
        yield f"shadow {kind} {ascii(string)}", ends, \
            (PLACE, LISTEN + PLACE.pair + ["--shadow-" + kind, string],
             f"shadow policy: {kind}", says)
    for options, says in (
            (["--protocols", "TLSv1.2", "--ciphers", "PSK"], "pre-shared"),
            (["--protocols", "TLSv1.2", "--ciphers", "ARIA"], "GnuTLS"),
            (["--protocols", "TLSv1.1"], "@SECLEVEL=0"),
            (["--protocols", "TLSv1.3", "--ciphersuites", ""], "version")):
        yield f"refused {' '.join(options)}", ends, \
            (PLACE, LISTEN + PLACE.pair + options, "settings", says)


# --- a qpsmtpd's directory


def qpsmtpd_dir(name, inner=False, ciphers=None, protocols=None):
    """As an administrator has it; returns the directory and a function to
    write a file."""
    home = PLACE.dir / name
    (home / "ssl").mkdir(parents=True)
    (home / "config").mkdir()
    for suffix, path in zip(("crt", "key"), CERTS.rsa):
        shutil.copy(path, home / "ssl" / f"qpsmtpd-server.{suffix}")
    shutil.copy(CERTS.ca, home / "ssl" / "qpsmtpd-ca.crt")
    place = home / "config" if inner else home

    def write(file, text):
        (place / file).write_bytes(text if isinstance(text, bytes)
                                   else text.encode())

    if ciphers is not None:
        write("tls_ciphers", ciphers)
    if protocols is not None:
        write("tls_protocols", protocols)
    return home, write


def directory_serves():
    """The first line that is not a comment, in either place; the defaults if
    there is no file; and nothing outside the directory."""
    ciphers = f"# Ours.\n\n   \n#HIGH\n{RSA256}:{CHACHA}\n{RSA128}\n"
    protocols = "\n# no old ones\n\nSSLv23:!SSLv2:!SSLv3:!TLSv1_3\n"
    for inner in False, True:
        home, _ = qpsmtpd_dir(f"home{inner}", inner, ciphers, protocols)
        with Service("--config-dir", str(home), pairs=[]) as service:
            assert all("@SECLEVEL=0" in line
                       for line in service.warnings()), service.warnings()
            service.has({"1.2"})
            assert service.dial("1.2").cipher == RSA256
            assert service.dial("1.2", cipher=RSA128) is None
    for name, text in (("absent", None), ("comments", "# one\n\n#two\n")):
        home, _ = qpsmtpd_dir(name, True, text, text)
        with Service("--config-dir", str(home), pairs=[]) as service:
            assert not service.warnings(), service.warnings()
            service.has(NEW)


def directory_spelling():
    """qpsmtpd's notion of a line: white space around it and before a comment's
    # does not matter, nor does a missing or a DOS line end."""

    def check(ciphers, protocols):
        home, _ = qpsmtpd_dir(f"spelling {ascii(ciphers)}", True, ciphers,
                              protocols)
        with Service("--config-dir", str(home), pairs=[]) as service:
            assert not service.warnings(), service.warnings()
            assert service.dial("1.3") is None
            assert service.dial("1.2").cipher == RSA128
            assert service.dial("1.2", cipher=RSA256) is None

    for ciphers, protocols in (
            (f"{RSA128}", "TLSv1_2"), (f"{RSA128}\r\n", "TLSv1_2\r\n"),
            (f"  {RSA128}  \n", "  TLSv1_2  \n"),
            (f"\t{RSA128}\t\n", "\tTLSv1_2\t\n"),
            (f" \t# HIGH\n{RSA128}\n", "TLSv1_2\n"),
            (f"{RSA128}\n", "  #SSLv3\nTLSv1_2\n")):
        yield f"spelling {ciphers!r} {protocols!r}", check, \
            (ciphers, protocols)


def directory_and_options():
    """An option overrides its file, and leaves the others in force."""
    home, _ = qpsmtpd_dir("options", True, RSA256, "TLSv1_2")
    where = ["--config-dir", str(home)]
    with Service(*where, "--ciphers", CHACHA, pairs=[]) as service:
        service.has({"1.2"})
        assert service.dial("1.2").cipher == CHACHA
    with Service("--protocols", "TLSv1.2 TLSv1.3", *where,
                 pairs=[]) as service:
        service.has(NEW)
        assert service.dial("1.2").cipher == RSA256
    # A certificate of its own, ECDSA: the directory's is RSA.
    with Service(*where, "--ciphers", "ALL", pairs=[CERTS.ecdsa]) as service:
        sign = service.dial("1.2").sign
        assert sign.upper().startswith("ECDSA"), sign
        assert service.dial("1.2", cipher="aRSA") is None


def directory_files():
    """Each of the four files is the one that is used."""
    home, _ = qpsmtpd_dir("files")
    where = ["--config-dir", str(home)]
    with Service(*where, "--verify", "require", pairs=[]) as service:
        alice = ["-cert", str(CERTS.alice[0]), "-key", str(CERTS.alice[1])]
        assert service.dial("1.2", *alice)
        # The client may have ended before it receives the alert.
        fields = service.attempt("1.2", [])[2]
        assert fields["tls_enabled"] == "0", fields
        assert fields["outcome"] == "failed", fields
    for name, cause in (("qpsmtpd-server.crt", "."), ("qpsmtpd-ca.crt", "."),
                        ("qpsmtpd-server.key", "."),
                        ("qpsmtpd-dhparam.pem", ".")):
        path = home / "ssl" / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(b"garbage\n")
        ends(PLACE, LISTEN + where, path, cause)
        path.unlink()
        if name.startswith("qpsmtpd-server"):
            ends(PLACE, LISTEN + where, path, "[Nn]o such file")
        if before is not None:
            path.write_bytes(before)
    with Service(*where, pairs=[]) as service:
        assert service.dial("1.2")


def directory_fault(home, names, says):
    ends(PLACE, LISTEN + ["--config-dir", str(home)], names, says)


def directory_faults():
    """Bad strings, and files that cannot be read as one, end the program."""
    for number, (file, text, names, says) in enumerate((
            ("tls_ciphers", "ALL:_\n", "ciphers", '"_" at byte 5 '),
            ("tls_ciphers", "#x\nnonsense\n", "ciphers", "no cipher suite"),
            ("tls_protocols", "SSLv3\n", "protocols", "SSLv3"),
            ("tls_protocols", "TLSv1_1:TLSv1_2\n", "protocols", "byte 9"),
            # Never only a part of the text, and never a comment.
            ("tls_ciphers", b"HIGH\0:!aNULL:!kRSA\n", "ciphers", "NUL"),
            ("tls_ciphers", "HIGH:" * 14000 + "!kRSA\n", "ciphers",
             "long|64 KiB"),
            ("tls_protocols", "#" + "x" * 70000 + "\nSSLv3\n", "protocols",
             '"SSLv3"'))):
        home, write = qpsmtpd_dir(f"faults{number}", number % 2 == 1)
        write(file, text)
        yield f"directory fault {ascii(text[:24])}", \
            directory_fault, (home, names, says)
    home, _ = qpsmtpd_dir("faults")
    (home / "tls_ciphers").mkdir()
    yield "directory fault directory", directory_fault, \
        (home, "tls_ciphers", "directory")
    absent = PLACE.dir / "nowhere"
    yield "directory fault absent", directory_fault, \
        (absent, absent, ".")


def reload():
    """SIGHUP reads the files again; a bad string keeps the configuration in
    use."""
    home, write = qpsmtpd_dir("reload", True, RSA256, "TLSv1_2")
    with Service("--config-dir", str(home), pairs=[]) as service:

        def hang_up(word):
            lines = len(service.server.log)
            service.server.signal(signal.SIGHUP)
            return wait_for(lambda: [
                line for line in service.server.log[lines:]
                if line.startswith(f"smtptls-server: {word}")], 10,
                f"line '{word}'")

        def old():
            service.has({"1.2"})
            assert service.dial("1.2").cipher == RSA256
            assert service.dial("1.2", cipher=CHACHA) is None

        old()
        for file, text, says in (
                ("tls_ciphers", "ALL:_", '"_" at byte 5 '),
                ("tls_ciphers", "PSK", "pre-shared"),
                ("tls_protocols", "TLSv1_1:TLSv1_2", "at byte 9 ")):
            write(file, text)
            said = hang_up("reload failed")
            assert len(said) == 1 and says in said[0], said
            old()
            write("tls_ciphers", RSA256)
            write("tls_protocols", "TLSv1_2")
        write("tls_ciphers", f"# new\n{CHACHA}:nonsense\n")
        write("tls_protocols", "TLSv1.2 TLSv1.3\n")
        assert hang_up("warning"), service.server.log
        wait_for(lambda: "smtptls-server: reloaded" in service.server.log, 10,
                 "reloaded")
        service.has(NEW)
        assert service.dial("1.2").cipher == CHACHA
        # A certificate too weak for the level is no better than a bad string.
        for suffix, path in zip(("crt", "key"), made("new", "rsa:1024")):
            shutil.copy(path, home / "ssl" / f"qpsmtpd-server.{suffix}")
        assert "level 2" in hang_up("reload failed")[0]
        assert service.dial("1.2").cipher == CHACHA


def main():
    global CERTS, PLACE  # pylint: disable=global-statement
    server_program()
    checks = Checks("policy")
    CERTS = Certificates()
    PLACE = types.SimpleNamespace(
        dir=scratch(), pair=["--cert", str(CERTS.ecdsa[0]), "--key",
                             str(CERTS.ecdsa[1])])
    if not openssl("version").startswith("OpenSSL 3."):
        checks.skip("openssl is not 3")
        checks.finish()
    every = [(check.__name__, check, ()) for check in (
        cipher_list, every_key_exchange, skipped_words, ciphersuites,
        server_preference, groups, group_preference, absent_group,
        shadow, default_level, weak_signature, directory_serves,
        directory_and_options, directory_files, reload)]
    for family in (versions, strengths, malformed, directory_spelling,
                   directory_faults):
        every += family()
    for name, check, arguments in every:
        if wanted(name, sys.argv[1:]):
            checks.run(name, check, *arguments)
    checks.finish()


if __name__ == "__main__":
    main()
