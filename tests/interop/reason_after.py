# SPDX-License-Identifier: MIT
"""Clients that refuse the server's certificate, and clients whose own is
refused: for reasons.py. Each set-up is broken and the log's sentence is
compared; then exactly what it says is done, and the same client gets in.

Clients judge a certificate at different moments and report it differently, or
not at all: the sentence is the same as far as the certificate is concerned.
node and java may be missing, since the test's packages do not include them.
"""

import json
import shutil
import smtplib
import socket
import ssl
import subprocess

from harness import Authority, Server, openssl
from reason_case import LIMIT, STARTTLS, TLS, Absent, Case, connected, \
    unescaped
from wire import Wire, client_context

MESSAGE = "Subject: x\n\nx\n"


# --- clients: function(server, implicit, version, ca, name, pair) -> success


def port_of(server, implicit):
    return (server.tls if implicit else server.starttls)[1]


def call(command, text=""):
    if not shutil.which(command[0]):
        raise Absent(f"{command[0]} is not installed")
    done = subprocess.run(command, input=text, text=True, check=False,
                          capture_output=True, timeout=LIMIT)
    return done.returncode == 0


def curl(server, implicit, version, ca, name, pair):
    port = port_of(server, implicit)
    command = ["curl", "-sS", "--crlf", "--ssl-reqd", "--cacert", str(ca),
               f"--tlsv{version}", "--tls-max", version, "--noproxy", "*",
               "--connect-to", f"{name}:{port}:127.0.0.1:{port}",
               "--mail-from", "a@example.org", "--mail-rcpt", "b@example.org",
               "--upload-file", "-",
               f"{'smtps' if implicit else 'smtp'}://{name}:{port}/x"]
    if pair:
        command += ["--cert", str(pair[0]), "--key", str(pair[1])]
    return call(command, MESSAGE)


def msmtp(server, implicit, version, ca, name, pair):
    command = ["msmtp", "--host=127.0.0.1",
               f"--port={port_of(server, implicit)}", "--auth=off",
               "--tls=on", f"--tls-starttls={'off' if implicit else 'on'}",
               f"--tls-trust-file={ca}", f"--tls-host-override={name}",
               f"--tls-priorities=NORMAL:-VERS-ALL:+VERS-TLS{version}",
               "--from=a@example.org", "b@example.org"]
    if pair:
        command[1:1] = [f"--tls-cert-file={pair[0]}",
                        f"--tls-key-file={pair[1]}"]
    return call(command, MESSAGE)


NODE = """
const net = require("net"), tls = require("tls"), fs = require("fs");
const o = JSON.parse(process.argv[1]);
const end = (code) => process.exit(code);
function secure(socket) {
  const s = tls.connect({ socket, host: "127.0.0.1", port: o.port,
    servername: o.name, ca: fs.readFileSync(o.ca), minVersion: o.version,
    maxVersion: o.version }, () => s.write("EHLO x\\r\\nQUIT\\r\\n"));
  s.on("error", () => setTimeout(end, 100, 1));
  s.on("data", (d) => { if (/^221 /m.test(d)) end(0); });
}
if (o.implicit) secure(undefined);
else {
  const c = net.connect(o.port, "127.0.0.1");
  let n = 0;
  c.on("data", () => {
    if (++n === 1) c.write("STARTTLS\\r\\n");
    else { c.removeAllListeners("data"); secure(c); }
  });
}
"""


def node(server, implicit, version, ca, name, _pair):
    return call(["node", "-e", NODE, json.dumps({
        "port": port_of(server, implicit), "implicit": implicit,
        "version": f"TLSv{version}", "ca": str(ca), "name": name})])


JAVA = """
import java.io.*; import java.net.*; import java.security.*;
import java.security.cert.*; import javax.net.ssl.*;
public class Main {
  public static void main(String[] a) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = new FileInputStream(a[1])) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
        .generateCertificate(in));
    }
    TrustManagerFactory f = TrustManagerFactory.getInstance(
      TrustManagerFactory.getDefaultAlgorithm());
    f.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, f.getTrustManagers(), null);
    Socket plain = new Socket("127.0.0.1", Integer.parseInt(a[0]));
    BufferedReader r = new BufferedReader(
      new InputStreamReader(plain.getInputStream()));
    if (a[4].equals("starttls")) {
      r.readLine();
      plain.getOutputStream().write("STARTTLS\\r\\n".getBytes());
      r.readLine();
    }
    SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(
      plain, a[2], Integer.parseInt(a[0]), true);
    s.setEnabledProtocols(new String[] { "TLSv" + a[3] });
    SSLParameters p = s.getSSLParameters();
    p.setEndpointIdentificationAlgorithm("HTTPS");
    s.setSSLParameters(p);
    s.startHandshake();
    s.getOutputStream().write("EHLO x\\r\\nQUIT\\r\\n".getBytes());
    BufferedReader t = new BufferedReader(
      new InputStreamReader(s.getInputStream()));
    for (String l; (l = t.readLine()) != null; )
      if (l.startsWith("221 ")) System.exit(0);
    System.exit(1);
  }
}
"""


def java(server, implicit, version, ca, name, _pair):
    return call(["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                 str(server.scratch), "Main", str(port_of(server, implicit)),
                 str(ca), name, version, "tls" if implicit else "starttls"])


def compile_java(directory):
    """Once, since it takes longer than everything that uses it."""
    source = directory / "Main.java"
    source.write_text(JAVA)
    subprocess.run(["javac", "-d", str(directory), str(source)], check=True,
                   timeout=6 * LIMIT)


def python(server, implicit, version, ca, name, pair):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = getattr(
        ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
    if pair:
        context.load_cert_chain(*pair)
    try:
        if implicit:
            # SMTP_SSL only knows the address as a name.
            address = "127.0.0.1", port_of(server, implicit)
            with socket.create_connection(address, LIMIT) as plain, \
                    context.wrap_socket(plain, server_hostname=name) as tls:
                smtp = smtplib.SMTP()
                smtp.sock = tls
                smtp.getreply()
                smtp.quit()
        else:
            with smtplib.SMTP("127.0.0.1", port_of(server, implicit),
                              timeout=LIMIT) as smtp:
                smtp._host = name
                smtp.starttls(context=context)
                smtp.noop()
        return True
    except (OSError, smtplib.SMTPException):
        return False


def s_client(server, implicit, version, ca, name, pair):
    begin = [] if implicit else ["-starttls", "smtp"]
    shown = ["-cert", str(pair[0]), "-key", str(pair[1])] if pair else []
    return call(["openssl", "s_client", "-quiet", "-crlf", "-connect",
                 f"127.0.0.1:{port_of(server, implicit)}", "-CAfile", str(ca),
                 "-verify_return_error", "-verify_hostname", name,
                 "-servername", name, f"-tls{version.replace('.', '_')}",
                 *begin, *shown], "QUIT\n")


def gnutls_cli(server, implicit, version, ca, name, pair):
    begin = [] if implicit else ["--starttls-proto=smtp"]
    shown = ["--x509certfile", str(pair[0]), "--x509keyfile",
             str(pair[1])] if pair else []
    return call(["gnutls-cli", "--port", str(port_of(server, implicit)),
                 "--x509cafile", str(ca), "--verify-hostname", name,
                 "--sni-hostname", name, "--priority",
                 f"NORMAL:-VERS-ALL:+VERS-TLS{version}", *begin, *shown,
                 "127.0.0.1"], "QUIT\r\n")


def weak(client):
    """OpenSSL's client at security level 0, for what it would not use
    otherwise."""
    def lowered(server, implicit, version, ca, name, pair):
        begin = [] if implicit else ["-starttls", "smtp"]
        return call(["openssl", "s_client", "-quiet", "-crlf", "-connect",
                     f"127.0.0.1:{port_of(server, implicit)}", "-cipher",
                     "DEFAULT:@SECLEVEL=0", *begin,
                     f"-tls{version.replace('.', '_')}", "-cert",
                     str(pair[0]), "-key", str(pair[1]), *client], "QUIT\n")
    return lowered


# Not in the test's packages: left out if missing.
NODE_JS = [node] if shutil.which("node") else []
FOREIGN = NODE_JS + ([java] if shutil.which("javac") else [])


# --- a set-up, and the changes that its sentence asks for


class Repair:
    """`broken` and `mended` are (pairs, options, ca, pair): the server's
    certificates and options, the client's authority and certificate."""

    def __init__(self, files, name, sentence, clients, broken, mended,
                 host="localhost"):
        self.files, self.names, self.sentence = files, name.split(), sentence
        self.clients, self.broken, self.mended = clients, broken, mended
        self.host, self.name = host, self.names[0]

    def title(self):
        return f"{self.name}: {self.sentence[:60]}"

    def said(self):
        """The end of the field "reason" in the log, unescaped."""
        return self.sentence

    def meet(self, setup, client, implicit, version):
        pairs, options, ca, pair = setup
        with Server(self.files, *map(str, options), pairs=pairs) as server:
            server.scratch = self.files.dir
            success = client(server, implicit, version, ca, self.host, pair)
            return success, server.session(0)

    def run(self, _files):
        for client, implicit, version in self.clients:
            what = f"{client.__name__}, TLS {version}, implicit {implicit}"
            success, fields = self.meet(self.broken, client, implicit, version)
            said = unescaped(fields["reason"])
            assert not success, f"{what}: {said}"
            assert said.endswith(self.sentence), \
                f"{what}:\n  said   {said}\n  wanted {self.sentence}"
            assert len(said.partition("SMTPTLS_E_")[2].partition(": ")[2]
                       or said) < 256, said
            assert fields["reason_id"] in self.names, fields
            success, fields = self.meet(self.mended, client, implicit, version)
            assert success and fields["tls_enabled"] == "1" \
                and fields["reason_id"] == "-", f"{what}, again: {fields}"


def every(*clients, versions=("1.2", "1.3")):
    """Each of them once with each version, alternating between the ports."""
    return [(client, number % 2 == 0, version)
            for number, client in enumerate(clients) for version in versions]


# --- this side's certificate is refused


class More:
    """Certificates, each with one fault."""

    def __init__(self, files):
        self.dir = files.dir / "after"
        self.root = Authority(self.dir, "root")
        self.ca = self.root.crt
        issue = self.root.issue
        self.good, self.other = issue("good"), issue("other", names=(
            "other.example", "localhost"))
        self.rsa = issue("rsa", rsa=True)
        self.old = issue("old", end="20210101000000Z")
        self.clients_only = issue("clients-only", usage="clientAuth")
        self.nameless = issue("nameless", names=(), address="")
        self.alone = self._below("alone")
        self.whole = self.joined("whole", self.alone, self.dir / "sub.crt")
        self.status = self._signed("status",
                                   "1.3.6.1.5.5.7.1.24=DER:3003020105")
        self.short = self._signed("short", "", "rsa:1024")
        self.sha1 = self._signed("sha1", "", "ec", "-sha1")
        self.self_signed = self._by_itself("self")
        self.deaf = self._signed("deaf", "keyUsage=critical,keyAgreement",
                                 usage="clientAuth")
        self.client = issue("client", usage="clientAuth")
        self.below_client = self._below("below-client", usage="clientAuth")
        self.short_client = self._signed("short-client", "", "rsa:1024",
                                         usage="clientAuth")
        self.sha1_client = self._signed("sha1-client", "", "ec", "-sha1",
                                        usage="clientAuth")

    def _kind(self, kind):
        return [kind, "-pkeyopt", "ec_paramgen_curve:P-256"] \
            if kind == "ec" else [kind]

    def _pair(self, name):
        return self.dir / f"{name}.crt", self.dir / f"{name}.key"

    def _signed(self, name, extension, kind="ec", digest="-sha256",
                issuer="root", usage="serverAuth"):
        """By an authority in this directory, with an additional extension."""
        crt, key = self._pair(name)
        file = self.dir / f"{name}.ext"
        file.write_text(f"subjectAltName=DNS:localhost,IP:127.0.0.1\n"
                        f"extendedKeyUsage={usage}\n"
                        + ("keyUsage=critical,digitalSignature\n"
                           if "keyUsage" not in extension else "")
                        + f"{extension}\n")
        request = openssl("req", "-new", "-newkey", *self._kind(kind),
                          "-nodes", "-keyout", key, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-days", "30", digest, "-extfile", file,
                "-CA", self.dir / f"{issuer}.crt", "-CAkey",
                self.dir / f"{issuer}.key", "-out", crt, text=request)
        return crt, key

    def _below(self, name, usage="serverAuth"):
        """Signed by "sub", which the root has signed."""
        crt, key = self._pair("sub")
        if not crt.exists():
            file = self.dir / "sub.ext"
            file.write_text("basicConstraints=critical,CA:true\n"
                            "keyUsage=critical,keyCertSign,cRLSign\n")
            request = openssl("req", "-new", "-newkey", *self._kind("ec"),
                              "-nodes", "-keyout", key, "-subj", "/CN=sub")
            openssl("x509", "-req", "-days", "30", "-extfile", file, "-CA",
                    self.root.crt, "-CAkey", self.root.key, "-out", crt,
                    text=request)
        return self._signed(name, "", issuer="sub", usage=usage)

    def joined(self, name, pair, issuer):
        crt = self.dir / f"{name}.crt"
        crt.write_text(pair[0].read_text() + issuer.read_text())
        return crt, pair[1]

    def _by_itself(self, name):
        crt, key = self._pair(name)
        openssl("req", "-x509", "-newkey", *self._kind("ec"), "-nodes",
                "-days", "30", "-keyout", key, "-out", crt, "-subj",
                "/CN=self", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return crt, key

    def joined_ca(self, name, *authorities):
        path = self.dir / f"{name}.pem"
        path.write_text("".join(one.read_text() for one in authorities))
        return path


REFUSED = "peer-alert left-after-handshake closed"


def own_certificates(files, more):
    """Clients that refuse the server's certificate, however they report it."""
    def repair(sentence, clients, broken, mended, ca=more.ca, mended_ca=None,
               host="localhost", options=()):
        return Repair(files, REFUSED, sentence, clients,
                      ([broken], options, ca, None),
                      (mended, [], mended_ca or ca, None), host)

    # So that the server knows that the issuer is a root, which is not sent.
    known = "--ca", more.ca
    return [
        repair("it asked for \"other.example\", which the certificate lacks: "
               "add one with that name",
               every(curl, msmtp, python, s_client, gnutls_cli, *FOREIGN),
               more.good, [more.good, more.other], host="other.example",
               options=known),
        repair("the certificate was sent without its issuer \"CN=sub\": add "
               "that after it or, if a root, have the peer trust it",
               every(curl, msmtp, python, s_client, gnutls_cli, *FOREIGN),
               more.alone, [more.whole]),
        repair("the certificate expired on 2021-01-01: renew it",
               every(curl, msmtp, python, s_client, gnutls_cli, *NODE_JS),
               more.old, [more.good], options=known),
        repair("the certificate expired on 2021-01-01: renew it; it was sent "
               "without its issuer \"CN=root\": add that after it or, if a "
               "root, have the peer trust it",
               every(s_client), more.old, [more.good]),
        repair("the certificate is self-signed: have an authority sign it, "
               "or the peer trust it",
               every(curl, msmtp, s_client, *NODE_JS),
               more.self_signed, [more.good]),
        repair("the certificate is self-signed: have an authority sign it, "
               "or the peer trust it",
               every(curl, python, s_client), more.self_signed,
               [more.self_signed], mended_ca=more.self_signed[0]),
        repair("the certificate was sent without its issuer \"CN=root\": add "
               "that after it or, if a root, have the peer trust it",
               every(curl, msmtp, python, s_client, gnutls_cli, *NODE_JS),
               more.good, [more.good], ca=files.stranger.crt,
               mended_ca=more.ca),
        repair("the certificate is for TLS clients only: have it issued with "
               "the purpose serverAuth",
               every(curl, python, s_client, *NODE_JS),
               more.clients_only, [more.good], options=known),
        repair("it asked for \"localhost\", which the certificate lacks: add "
               "one with that name; it has no host name in its SAN: have it "
               "issued with one",
               every(curl, s_client), more.nameless, [more.good],
               options=known),
        repair("the certificate demands an OCSP status (must-staple), which "
               "is not sent: have it issued without that",
               every(msmtp, gnutls_cli), more.status, [more.good],
               options=known),
        repair("the certificate has a key of 1024 bits: make one of 2048",
               every(curl, python, s_client), more.short, [more.rsa],
               options=("--seclevel", "1", *known)),
        repair("the certificate, or one above it, is signed with SHA-1: have "
               "it signed with SHA-256",
               every(curl, python, s_client), more.sha1, [more.good],
               options=("--seclevel", "0", *known)),
    ]


# --- a client's certificate is refused


def client_certificates(files, more):
    def repair(name, sentence, clients, pair, mended, ca=(more.ca,),
               mended_ca=None, options=(), mended_options=()):
        mended_ca = ca if mended_ca is None else mended_ca

        def verify(authorities):
            if not authorities:
                return []
            return ["--verify", "require", "--ca", more.joined_ca(
                "-".join(one.stem for one in authorities), *authorities)]
        return Repair(files, name, sentence, clients,
                      ([files.ecdsa], verify(ca) + list(options), files.ca,
                       pair),
                      ([files.ecdsa], verify(mended_ca)
                       + list(mended_options), files.ca, mended))

    sent = "no trusted authority has signed the peer's certificate: its " \
        "issuer \"CN=sub\" was not sent and is not known here: have it " \
        "sent, if it is an intermediate, or add it to the CA file"
    short = "peer's certificate has a key of 1024 bits (RSA, 80 bits of " \
        "security), and security level 2 asks for 112: have it issued with " \
        "a stronger key, or "
    sha1 = "peer's certificate is signed with SHA1 (64 bits of security), " \
        "and security level 2 asks for 112: have it signed with a stronger " \
        "hash, or "
    level = "HIGH:!aNULL:@SECLEVEL="
    sub = more.dir / "sub.crt"
    usage = "peer's certificate has a keyUsage without digitalSignature, and " \
        "so must not sign: have it issued with that"
    return [
        # GnuTLS obeys the list of authorities that the server sends.
        *(repair("cert-missing", "peer presented no certificate from the "
                 "authorities asked for, \"CN=clients\": install one there, "
                 "add the authority of the one that it has to the CA file, or "
                 "demand none", every(msmtp), more.client, mended,
                 ca=(files.clients.crt,), mended_ca=authorities)
          for mended, authorities in (
              (files.clients.issue("due", usage="clientAuth"), None),
              (more.client, (files.clients.crt, more.ca)),
              (more.client, ()))),
        repair("cert-trust", sent, every(weak(()), s_client),
               more.below_client, more.below_client,
               mended_ca=(more.ca, sub)),
        repair("cert-trust", sent, every(python), more.below_client,
               more.joined("below-whole", more.below_client, sub)),
        repair("cert-trust", "no trusted authority has signed the peer's "
               "certificate: its issuer \"CN=stranger\" was not sent and is "
               "not known here: have it sent, if it is an intermediate, or "
               "add it to the CA file",
               every(s_client), files.mallory, files.mallory,
               mended_ca=(more.ca, files.stranger.crt)),
        repair("cert-weak", short + "set the security level to 1",
               every(weak(())), more.short_client, more.short_client,
               mended_options=("--seclevel", "1")),
        repair("cert-weak", short + "replace @SECLEVEL=2 by @SECLEVEL=1 in "
               "the ciphers", every(weak(())), more.short_client,
               more.short_client, options=("--ciphers", level + "2"),
               mended_options=("--ciphers", level + "1")),
        repair("cert-weak", sha1 + "set the security level to 0",
               every(weak(())), more.sha1_client, more.sha1_client,
               mended_options=("--seclevel", "0")),
        repair("cert-weak", sha1 + "set the security level to 0",
               every(weak(())), more.sha1_client, more.client),
        repair("cert-weak", short + "set the security level to 1",
               every(weak(())), more.short_client, more.client),
        repair("cert-key-usage", usage, every(weak(())), more.deaf,
               more.client),
    ]


# --- DHE parameters


def parameters(files, more):
    def group(name):
        path = more.dir / f"{name}.pem"
        path.write_text(openssl(
            "dhparam", "-in", "-", text=openssl(
                "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                f"group:{name}")))
        return path

    def strict(server, implicit, _version, _ca, _name, _pair):
        begin = [] if implicit else ["-starttls", "smtp"]
        return call(["openssl", "s_client", "-quiet", "-crlf", "-tls1_2",
                     "-cipher", "DHE:@SECLEVEL=3", "-connect",
                     f"127.0.0.1:{port_of(server, implicit)}", *begin],
                    "QUIT\n")

    crt, key = more.dir / "rsa3072.crt", more.dir / "rsa3072.key"
    openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-days", "30",
            "-keyout", key, "-out", crt, "-subj", "/CN=localhost")
    ciphers = "--ciphers", "ECDHE+AESGCM:DHE+AESGCM"
    return [Repair(
        files, "dh-parameters", "peer does not accept Diffie-Hellman "
        "parameters of 2048 bits (alert 40, handshake_failure): use 4096-bit "
        "ones from RFC 7919",
        [(strict, True, "1.2"), (strict, False, "1.2")],
        ([(crt, key)], [*ciphers, "--dhparam", group("ffdhe2048")], None,
         None),
        ([(crt, key)], [*ciphers, "--dhparam", group("ffdhe4096")], None,
         None))]


# --- clients that leave, and a server's own dialogue


def leaves_at_once(how, version):
    """Under TLS, without an alert, whatever the certificate is."""
    def client(server, starttls):
        with connected(server, starttls) as wire:
            wire.handshake(client_context(version=version))
            if how == "close_notify":
                try:
                    wire.tls.unwrap()
                except ssl.SSLWantReadError:
                    pass
                wire.send_raw(wire.outgoing.read())
            if how == "ECONNRESET":
                wire.reset()
                return
            wire.shut()
            wire.until_closed()
    return client


def leavers(files):
    def case(how, version, error):
        return Case("left-after-handshake", "peer left after the handshake "
                    f"without a command ({how}): it may not trust the "
                    f"certificate's authority \"{files.authority}\", or be a "
                    "probe; else its own log says why",
                    leaves_at_once(how, version), error=error, enabled="1")

    return [case("close_notify", "1.2", None),
            case("close_notify", "1.3", None),
            case("no close_notify", "1.2", "SMTPTLS_E_TRUNCATED"),
            case("no close_notify", "1.3", "SMTPTLS_E_TRUNCATED"),
            case("ECONNRESET", "1.2", "SMTPTLS_E_IO")]


def says(*lines, tls):
    """Sends commands in plaintext, or under TLS, and then waits."""
    def client(server, starttls):
        wire = connected(server, starttls) if tls else Wire(server.starttls)
        with wire:
            if tls:
                wire.handshake(client_context())
            wire.reply()
            wire.send(b"".join(lines))
            wire.until_closed()
    return client


def dialogue():
    def case(name, sentence, *lines, **more):
        return [Case(name, sentence, says(*lines, tls=tls), error=None,
                     ports=ports, enabled=str(int(tls)), **more)
                for tls, ports in ((True, TLS), (False, STARTTLS))]

    ending = "peer sent a command with a CR or LF that is not in a CRLF, or " \
        "with a NUL: it must end lines with CRLF"
    return [
        *case("line-ending", ending, b"EHLO x\n"),
        *case("line-ending", ending, b"EHLO\0x\r\n"),
        *case("line-too-long", "peer sent a command of more than 2048 bytes, "
              "where 512 are allowed: it must be fixed, or does not speak "
              "SMTP",
              b"EHLO " + b"x" * 3000 + b"\r\n"),
        *case("too-many-errors", "peer sent more than 20 commands that were "
              "refused: its own log has the replies, or it is only probing",
              b"EHLO x\r\n", b"NONSENSE\r\n" * 30),
        *case("command", "peer sent BDAT, which is not offered, and what "
              "follows it is not a command: it must use DATA",
              b"EHLO x\r\n", b"BDAT 3 LAST\r\n"),
        *case("http", "peer speaks HTTP: it uses the wrong port",
              b"GET / HTTP/1.1\r\n"),
        Case("tls-required", "peer did not start TLS, which is required "
             "(530): switch STARTTLS on there, or run without --require-tls",
             says(b"EHLO x\r\nMAIL FROM:<a@b>\r\nQUIT\r\n", tls=False),
             "--require-tls", error=None, ports=STARTTLS),
    ]


def cases(files):
    more = More(files)
    if java in FOREIGN:
        compile_java(files.dir)
    return own_certificates(files, more) + client_certificates(files, more) \
        + parameters(files, more) + leavers(files) + dialogue()
