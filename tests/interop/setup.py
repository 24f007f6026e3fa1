# SPDX-License-Identifier: MIT
"""A server's set-up as its administrator has it, and changes made to it
exactly as proposed: what smtptls-server --log-changes logs, word by word.

Nothing here knows OpenSSL's languages, except where a word begins and ends.
"""

import pathlib
import threading

from harness import Authority, Fault, Server, openssl
from reason_case import unescaped

LISTS = "protocols", "ciphers", "ciphersuites", "groups", "sigalgs"
HOST = "mx.example.org"
CA = "basicConstraints=critical,CA:true\n" \
    "keyUsage=critical,keyCertSign,cRLSign\n"


class Certs:
    """Certificates made on request, by a CA with one below it."""

    KINDS = {"RSA": "rsa:{bits}", "RSA-PSS": "rsa-pss",
             "ECDSA P-256": "P-256", "ECDSA P-384": "P-384",
             "ECDSA P-521": "P-521", "Ed25519": "ed25519", "Ed448": "ed448"}

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.root = Authority(self.dir / "root", "Root CA")
        self.issuing = Authority(self.dir / "issuing", "Issuing CA",
                                 self.root.issue("Issuing CA", extensions=CA))
        self.clients = Authority(self.dir / "clients", "Clients CA")
        self.by_name = {"Root CA": self.root, "Issuing CA": self.issuing,
                        "Clients CA": self.clients}
        self.made, self.lock = 0, threading.Lock()

    def newkey(self, kind, bits):
        word = self.KINDS[kind].format(bits=bits)
        if word.startswith("P-"):
            return "ec", "-pkeyopt", f"ec_paramgen_curve:{word}"
        if word == "rsa-pss":
            return word, "-pkeyopt", f"rsa_keygen_bits:{bits}"
        return (word,)

    def dh(self, bits):
        """A file of parameters, for "3072 bits" for instance (RFC 7919)."""
        path = self.dir / f"dh-{bits.split()[0]}.pem"
        path.write_text(openssl(
            "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
            f"group:ffdhe{bits.split()[0]}"))
        return path

    def revoke(self, crt, authority):
        """The authority's list of revoked certificates, including this one."""
        ca, path = self.by_name[authority], self.dir / "revoked.crl"
        config = crt.with_suffix(".cnf")
        for what in (["-revoke", crt],
                     ["-gencrl", "-crldays", "30", "-out", path]):
            openssl("ca", "-batch", "-config", config, "-cert", ca.crt,
                    "-keyfile", ca.key, *what)
        return path

    def client(self, name, authority, kind="RSA", bits=2048,
               purpose="clientAuth", end="20991231235959Z"):
        """A client certificate and its key."""
        with self.lock:
            return self.by_name[authority].issue(
                name, kind=self.newkey(kind, bits), usage=purpose, names=(),
                address=None, end=end)

    def issue(self, cert):
        """The files of a Cert: chain and key."""
        with self.lock:         # for the authority's database
            self.made += 1
            name = f"{self.made}-{cert.kind.replace(' ', '-')}"
            crt, key = self.issuing.issue(
                name, kind=self.newkey(cert.kind, cert.bits),
                start=cert.start, end=cert.end,
                extensions="basicConstraints=CA:false\n"
                f"keyUsage=critical,{cert.usage}\n"
                f"extendedKeyUsage={cert.purpose}\n"
                f"subjectAltName=DNS:{cert.name}\n{cert.more}")
        if cert.chain:
            crt.write_text("".join(
                path.read_text() for path in
                [crt] + [self.by_name[one].crt for one in cert.chain]))
        return crt, key


class Cert:
    """The properties of a server's own certificate."""

    START, END = "20200101000000Z", "20991231235959Z"

    def __init__(self, kind, name=HOST, bits=2048,
                 usage="digitalSignature,keyEncipherment",
                 purpose="serverAuth", chain=("Issuing CA",), start=START,
                 end=END, more=""):
        """`more`: further extensions, as lines for openssl."""
        self.kind, self.name, self.bits, self.usage = kind, name, bits, usage
        self.purpose, self.chain = purpose, list(chain)
        self.start, self.end, self.more = start, end, more


def ends(byte):
    return not byte or byte in ":,; \t\n\v\f\r!@"


def replaced(text, word, new):
    """The list with `new` for each `word`; when a word is removed, one of the
    separators around it goes too."""
    result, at, count = "", 0, 0
    while at < len(text):
        behind = text[at + len(word):at + len(word) + 1]
        begins = at == 0 or ends(text[at - 1]) or word[0] in "!@-+<>"
        if not begins or not text.startswith(word, at) or not ends(behind):
            result += text[at]
            at += 1
            continue
        count += 1
        result += new
        at += len(word)
        if not new and behind and behind not in "!@" and ends(result[-1:]):
            at += 1
    if not count:
        raise Fault(f"{word} is not in {text}")
    if not new and result and ends(result[-1]):
        result = result[:-1]
    return result


class Setup:
    """Options as they were written, and certificates."""

    def __init__(self, *flags, certs=None, ca=None, system=None, **lists):
        """`system`: the lines in [overrides] of GnuTLS's file."""
        self.flags = list(flags)
        self.certs = certs or [Cert("RSA")]
        self.ca, self.system = list(ca or []), list(system or [])
        self.lists = {name: str(value) for name, value in lists.items()}

    def server(self, files):
        options = [*self.flags, "--log-changes"]
        for name, value in self.lists.items():
            if name == "dhparam":
                value = str(files.dh(value))
            options += [f"--{name.replace('_', '-')}", value]
        if self.ca:
            path = files.dir / f"ca-{id(self)}.pem"
            path.write_text("".join(files.by_name[name].crt.read_text()
                                    for name in self.ca))
            options += ["--ca", str(path)]
        env = {}
        if self.system:
            path = files.dir / f"gnutls-{id(self)}.conf"
            path.write_text("\n".join(["[overrides]", *self.system, ""]))
            env["GNUTLS_SYSTEM_PRIORITY_FILE"] = str(path)
        return Server(files, *options,
                      pairs=[files.issue(cert) for cert in self.certs],
                      env=env)

    # --- following a proposal

    def change(self, client, change):
        setting, action = change["change"], change["action"]
        word, new = change["word"], change["with"]
        if setting in LISTS:
            self._change_list(setting, action, word, new)
        elif setting in ("seclevel", "client-purpose"):
            assert action == "set", change
            self.lists[setting.replace("-", "_")] = new
        elif setting == "cert" and action == "add":
            self._add_cert(word, new)
        elif setting == "cert":
            self._replace_cert(word, new)
        elif setting == "chain":
            for cert in self.certs:
                cert.chain.append(authority(word))
        elif setting == "ca":
            self.ca.append(authority(word) if word else "Clients CA")
        elif setting == "dhparam":
            assert action == "set", change
            self.lists["dhparam"] = new
        elif setting == "system-policy" and action == "remove":
            self.system.remove(word)
        elif setting == "system-policy":
            self.system.append(word)
        elif setting == "peer":
            client.change(action, word, new)
        else:
            raise Fault(f"nobody knows what to do: {change}")

    def _change_list(self, setting, action, word, new):
        if action == "set":
            self.lists[setting] = new
            return
        old = self.lists.get(setting)
        if old is None:
            raise Fault(f"{setting} is not set")
        self.lists[setting] = old + new + word if action == "add" else \
            replaced(old, word, new if action == "replace" else "")

    def _add_cert(self, kind, new):
        wanted = dict(bits=2048, name=self.certs[0].name)
        for what in new.split(", ") if new else []:
            if what.endswith(" bits"):
                wanted["bits"] = int(what.split()[0])
            else:
                wanted["name"] = what
        self.certs.append(Cert(kind, **wanted))

    def _replace_cert(self, kind, new):
        found = [cert for cert in self.certs if cert.kind == kind]
        if not found:
            raise Fault(f"there is no {kind} certificate")
        for cert in found:
            if new.endswith(" bits"):
                cert.bits = int(new.split()[0])
            elif new in ("digitalSignature", "keyEncipherment"):
                cert.usage = f"{cert.usage},{new}"
            elif new in ("serverAuth", "clientAuth"):
                cert.purpose = f"{cert.purpose},{new}"
            elif new == "notAfter":
                cert.end = Cert.END
            elif new == "notBefore":
                cert.start = Cert.START
            else:
                raise Fault(f"nobody knows how to issue it with {new}")


def authority(word):
    """The name of an authority, whose file is found by its subject."""
    return word.removeprefix("CN=")


def changes_of(server, peer):
    """The changes that the server has logged for this session, in order."""
    found = []
    for fields in server.lines("change="):
        if fields["peer"] == peer:
            found.append({name: "" if value == "-" else unescaped(value)
                          for name, value in fields.items()})
    return found
