#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""examples/ucspi/: TLS for programs that have none, here a shell script.

  ucspi.py [NAME...]              the checks whose name contains NAME

See harness.py for the environment.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

from completion import COMPLETE, TOP
from harness import SCALE, WRAPPER, Certificates, Checks, Fault, scratch, \
    wait_for, wanted
from ucspi_runner import PLAIN, SYSTEMD, Inetd, Inherited, Runner, cpu_of, \
    runner_program
from wire import Wire, client_context, expect, opened, secured

CERTS = None                    # set in main

# It reads byte by byte, as shells do, and so nothing past a line.
SCRIPT = r"""
say() { printf '%s\r\n' "$1"; }
say '220 sh ESMTP'
while IFS= read -r line; do
	case $line in
	EHLO*)	say '250-sh'; say '250 STARTTLS' ;;
	STARTTLS*)
		say '220 go'
		printf "$ask" >&$SSLCTLFD
		vars=$(tr '\000' '|' <&$SSLCTLFD)
		exec <&$SSLREADFD >&$SSLWRITEFD ;;
	TWICE*)	(printf yyyy >&$SSLCTLFD) 2>/dev/null; say '250 asked' ;;
	VARS*)	say "250 $vars" ;;
	DIE*)	kill -9 $$ ;;
	QUIT*)	say '221 bye'; exit 7 ;;
	*)	say '502 what' ;;
	esac
done
exit 8
"""


def shell(ask="Y", **options):
    return Runner(CERTS, "/bin/sh", "-c", SCRIPT, env={"ask": ask}, **options)


def starttls():
    for version in "1.2", "1.3":
        for ask in "y", "Y":
            with shell(ask) as runner:
                with secured(runner.address,
                             client_context(version=version)) as wire:
                    expect(wire.command(b"FROB"), 502)
                    said = wire.command(b"VARS").lines[0].decode()
                    expected = [f"SSL_PROTOCOL=TLSv{version}",
                                "SSL_TLS_SNI_SERVERNAME=localhost",
                                "SSL_CIPHER=", "SSL_CIPHER_USEKEYSIZE="]
                    assert [word in said for word in expected] \
                        == [ask == "Y"] * 4, said
                    assert not said or ask == "y" or said.endswith("||")
                    expect(wire.command(b"QUIT"), 221)
                    wire.until_closed()
                    assert wire.close_notify, "cut off"
                runner.said(f"ucspitls: TLSv{version} ")


def in_the_clear():
    """A child that never requests TLS, and one that dies."""
    with shell() as runner:
        with opened(runner.address) as wire:
            expect(wire.command(b"FROB"), 502)
            expect(wire.command(b"QUIT"), 221)
            wire.until_closed()
        with opened(runner.address) as wire:
            wire.send(b"DIE\r\n")
            wire.until_closed()
        with secured(runner.address) as wire:
            wire.send(b"DIE\r\n")
            wire.until_closed()
            assert wire.close_notify, "cut off"
        with secured(runner.address) as wire:
            expect(wire.command(b"TWICE"), 250)
            expect(wire.command(b"QUIT"), 221)
        assert runner.process.poll() is None


def injection():
    """Input after STARTTLS is never answered under TLS."""
    with shell() as runner:
        with opened(runner.address) as wire:
            wire.send_raw(b"STARTTLS\r\nEHLO x\r\nQUIT\r\n")
            wire.until_closed()
            assert b"250" not in wire.raw and b"221" not in wire.raw, wire.raw
        runner.said("it must start TLS after the 220 to STARTTLS")
        with opened(runner.address) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.send_raw(b"GET / HTTP/1.1\r\n\r\n")
            wire.until_closed()
        runner.said("HTTP")


def handshake_timeout():
    with shell(options=("-t", "1")) as runner:
        with opened(runner.address) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.until_closed()
        runner.said("silent for too long (1 s) after this side's 220, "
                    "before its ClientHello")


def implicit():
    """TLS from the first byte; the variables are in the environment."""
    with Runner(CERTS, "/bin/sh", "-c",
                'printf "220 $SSL_PROTOCOL $TLS_SNI\\r\\n"; exec cat',
                options=("-i",)) as runner:
        with Wire(runner.address).handshake() as wire:
            reply = expect(wire.reply(), 220)
            assert reply.lines[0] == b"TLSv1.3 localhost", reply
            # Both directions at once, more than any buffer holds.
            text = b"".join(b"250 %06d " % number + b"x" * 80 + b"\r\n"
                            for number in range(20000))
            for at in range(0, len(text), 65536):
                wire.send(text[at:at + 65536])
            for number in range(20000):
                reply = expect(wire.reply(), 250)
                assert reply.lines[0].startswith(b"%06d " % number), reply
        # a client that never reads does not delay others
        with Wire(runner.address).handshake() as silent, \
                Wire(runner.address).handshake() as wire:
            expect(silent.reply(), 220)
            expect(wire.reply(), 220)
            expect(wire.command(b"250 echo"), 250)


def inherited():
    """The socket is standard input; the exit status is the program's."""
    cert, key = CERTS.ecdsa
    for last, status in (b"QUIT\r\n", 7), (b"", 8):
        ours, theirs = socket.socketpair()
        with ours:
            process = subprocess.Popen(
                WRAPPER + [runner_program(), str(cert), str(key), "/bin/sh",
                           "-c", SCRIPT], stdin=theirs, stdout=theirs,
                stderr=subprocess.DEVNULL)
            theirs.close()
            ours.sendall(last)
            ours.shutdown(socket.SHUT_WR)
            assert process.wait(10 * SCALE) == status, process.returncode


def talk(tls):
    """Send commands until the connection ends."""
    while True:
        try:
            tls.send(b"NOOP\r\n")
        except TimeoutError:
            pass
        except OSError:
            return
        time.sleep(0.01)


def stalled():
    """A client that reads nothing keeps its place as long as the program runs,
    and a moment longer for remaining output; a slow one gets all of it."""
    try:
        endless = "exec timeout 1 cat /dev/zero"
        silent, talking = (Inherited(CERTS, endless) for _ in range(2))
        # it has ended, with less output than is buffered here
        short = Inherited(CERTS, "exec head -c 40000 /dev/zero")
        # the client has sent its close_notify
        over = Inherited(CERTS, "exec cat /dev/zero")
        wait_for(lambda: over.tls.recv(1), 1, "zero")
        over.tls.settimeout(0.1)
        try:
            over.tls.unwrap()
        except (ssl.SSLError, TimeoutError):
            pass
        # more than is buffered here, so that some of it waits in the pipe
        slow = Inherited(CERTS, "exec head -c 130000 /dev/zero")
        talking.tls.settimeout(0.01)
        # in a thread: OpenSSL reports a failure to the thread's next call
        threading.Thread(target=talk, args=(talking.tls,), daemon=True).start()
        got, next_read = 0, 0.0

        def rest():
            """Read a little at a time, which takes longer than a stall."""
            nonlocal got, next_read
            if time.monotonic() < next_read:
                return False
            next_read = time.monotonic() + 0.25
            data = slow.tls.recv(4096)
            got += len(data)
            return not data
        wait_for(rest, 15, "end of what was said slowly")
        assert got == 130000, (got, slow.log.read_text())
        ended, said = slow.end()
        assert ended == 0 and "too long" not in said, (ended, said)
        for session, status in ((silent, 124), (talking, 124), (short, 0),
                                (over, 111)):
            ended, said = session.end()
            assert ended == status, (ended, said)
            assert "TLSv1.3 " in said \
                and "read nothing for too long" in said, said
    finally:
        Inherited.stop()


def small_records():
    """A client that requests small records gets all output, too."""
    cert, key = CERTS.ecdsa
    place = str(scratch() / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        process = subprocess.Popen(
            WRAPPER + [runner_program(), "-i", str(cert), str(key), "seq",
                       "200000"], stdin=listener, stderr=subprocess.DEVNULL,
            start_new_session=True)
    try:
        with subprocess.Popen(
                ["openssl", "s_client", "-unix", place, "-maxfraglen", "512",
                 "-quiet", "-no_ign_eof"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
            time.sleep(1)       # until every buffer is full
            said = client.stdout.read()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    expected = b"".join(b"%d\n" % number for number in range(1, 200001))
    assert said == expected, (len(said), len(expected))


def places():
    """The place of a client that reads nothing is eventually free again."""
    with Runner(CERTS, "/bin/sh", "-c", "exec timeout 1 cat /dev/zero",
                options=("-i", "-c", "1")) as runner:
        with Wire(runner.address, receive_buffer=4096).handshake():
            runner.said("peer read nothing for too long")
            Wire(runner.address).handshake().sock.close()


def flood(wire):
    """Send more than all buffers on the way hold."""
    wire.sock.settimeout(0.5)
    try:
        for _ in range(1000):
            wire.sock.sendall(wire.seal(b"NOOP\r\n" * 1000))
    except TimeoutError:
        return
    raise Fault("it takes everything")


def reset():
    """A client that disappears while the program does not read uses no CPU
    time, and the program reads what came, and then the end."""
    script = r"""printf '220 %s\r\n' $PPID; sleep 4; wc -c >"$counted" """
    counted = scratch() / "counted"
    with Runner(CERTS, "/bin/sh", "-c", script, options=("-i",),
                env={"counted": str(counted)}) as runner:
        with Wire(runner.address).handshake() as wire:
            pid = int(expect(wire.reply(), 220).lines[0])
            flood(wire)
            wire.reset()
        before, end = cpu_of(pid), time.monotonic() + 2
        while time.monotonic() < end:
            took = cpu_of(pid) - before
            assert took < 0.2, f"{took} s of CPU for a client that is gone"
            time.sleep(0.1)
        wait_for(lambda: counted.exists() and counted.read_text(), 10, "end")
        assert int(counted.read_text()) > 100000, counted.read_text()
        runner.said("ucspitls: TLSv1.3 ")


def deaf():
    """A program that has closed its input blocks neither a client, nor the end
    of one."""
    with Runner(CERTS, "/bin/sh", "-c", "exec <&-; printf '220 x\\r\\n'; "
                "exec sleep 60", options=("-i",)) as runner:
        with Wire(runner.address).handshake() as wire:
            expect(wire.reply(), 220)
            wire.send_raw(b"".join(wire.seal(b"NOOP\r\n")
                                   for _ in range(200)))
            wire.reset()
        runner.said("ucspitls: TLSv1.3 ")
        with Wire(runner.address).handshake() as wire:
            expect(wire.reply(), 220)
            for _ in range(500):
                assert wire.send(b"NOOP\r\n" * 1000)


def addresses():
    """IPv6 too; the variables of tcpserver(1) about the client, and about
    itself."""
    for where, proto in (("127.0.0.1:0", "TCP"), ("[::1]:0", "TCP6"),
                         ("[::ffff:127.0.0.1]:0", "TCP")):
        with Runner(CERTS, "/bin/sh", "-c", 'printf "220 %s\\r\\n" "$PROTO '
                    f'${proto}REMOTEIP ${proto}REMOTEPORT ${proto}LOCALIP '
                    f'${proto}LOCALPORT"; cat', options=("-i",),
                    address=where) as runner:
            host, port = runner.address
            if proto == "TCP":
                host = "127.0.0.1"
            with socket.create_connection((host, port)) as sock, \
                    client_context().wrap_socket(sock) as tls:
                own = tls.getsockname()[1]
                said = tls.recv(1000).decode().split()[1:]
                assert said == [proto, host, str(own), host, str(port)], said
    for where in "localhost:25", "25", "::1:25", "[::1]", "127.0.0.1:":
        refused = Runner(CERTS, "/bin/true", address=where)
        done = subprocess.run(refused.command, capture_output=True,
                              check=False, timeout=10 * SCALE)
        assert done.returncode == 111 and b"ucspitls: " in done.stderr, done


def handed_over():
    """A listening socket, passed by inetd(8) as standard input, or by
    systemd."""
    cert, key = CERTS.ecdsa
    command = WRAPPER + [runner_program(), "-i", str(cert), str(key),
                         "/bin/sh", "-c",
                         'printf "220 x$LISTEN_PID$LISTEN_FDS\\r\\n"; cat']
    # with a wrapper, the process is another one
    for how in [PLAIN] + [SYSTEMD] * (not WRAPPER):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            process = subprocess.Popen(["/bin/sh", "-c", how, "sh", *command],
                                       stdin=listener, start_new_session=True,
                                       stderr=subprocess.DEVNULL)
            address = listener.getsockname()
        try:
            for _ in range(2):
                with Wire(address).handshake() as wire:
                    reply = expect(wire.reply(), 220)
                    assert reply.lines[0] == b"x", reply
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    environment = dict(os.environ, LISTEN_FDS="2")
    done = subprocess.run(
        ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *command],
        env=environment, capture_output=True, check=False,
        timeout=10 * SCALE)
    assert WRAPPER or b"one socket" in done.stderr, done


def nothing_besides():
    """If standard error is the client's socket, nothing is written to it; if
    it is another socket, messages are."""
    cert, key = CERTS.ecdsa
    # a program that complains, in plaintext and under TLS
    script = SCRIPT.replace("*)	say '502", "*)	echo oops >&2; say '502")
    for how in [PLAIN] + [SYSTEMD] * (not WRAPPER):
        with Inetd(cert, key, "/bin/sh", "-c", script, how=how,
                   env={"ask": "y"}) as wire:
            expect(wire.reply(), 220)
            expect(wire.command(b"FROB"), 502)
            expect(wire.command(b"STARTTLS"), 220)
            wire.handshake()
            expect(wire.command(b"FROB"), 502)
            expect(wire.command(b"QUIT"), 221)
            wire.until_closed()
            assert wire.only_records() and wire.close_notify, wire.raw
        # a handshake that fails
        with Inetd("-i", cert, key, "/bin/cat", how=how) as wire:
            wire.begin(client_context())
            wire.send_raw(b"EHLO x\r\n")
            wire.until_closed()
            assert wire.raw and wire.only_records(), wire.raw
        # failures before there is a client
        for wrong in (("-i", cert / "none", key, "/bin/cat"), ("-i", cert),
                      ("--frob",), (cert, key, "/no/such")):
            done = Inetd(*wrong, how=how)
            with done as wire:
                assert wire.until_closed() == b"", (wrong, wire.text)
            assert done.status == 111, (wrong, done.status)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Inetd("-i", cert, key, "/bin/cat", stderr=theirs) as wire:
            wire.send_raw(b"EHLO x\r\n")
            wire.until_closed()
        ours.settimeout(10 * SCALE)
        assert b"ucspitls: " in ours.recv(1000)


def limit():
    """A client above the limit waits for another to leave."""
    with shell(options=("-c", "1")) as runner:
        with opened(runner.address) as first:
            with Wire(runner.address) as second:
                second.quiet()
                expect(first.command(b"QUIT"), 221)
                expect(second.reply(), 220)
                expect(second.command(b"QUIT"), 221)


def dies_asking():
    """It requests TLS, and dies before TLS is on: the client sees an end."""
    script = 'printf "220 go\\r\\n"; printf y >&3; kill -9 $$'
    with Runner(CERTS, "/bin/sh", "-c", script) as runner:
        for _ in range(2):
            with Wire(runner.address) as wire:
                expect(wire.reply(), 220)
                wire.handshake()
                wire.until_closed()
                assert wire.close_notify, "cut off"
    # anything else is not a request, and it continues in plaintext
    script = 'printf n >&3; printf "220 go\\r\\n"; exec cat'
    with Runner(CERTS, "/bin/sh", "-c", script) as runner:
        with Wire(runner.address) as wire:
            expect(wire.reply(), 220)
            expect(wire.command(b"250 echo"), 250)


def command_line():
    """Help, version, and messages about a wrong command line."""
    def run(*words, stdout=subprocess.PIPE):
        done = subprocess.run(
            WRAPPER + [runner_program(), *words], stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.PIPE, text=True, check=False,
            timeout=10 * SCALE)
        return done.returncode, done.stdout, done.stderr
    status, shown, said = run("-h")
    assert (status, said) == (0, ""), (status, said)
    assert shown.startswith("usage: ucspitls ") and all(
        len(line) < 80 for line in shown.splitlines()), shown
    assert re.findall("^  -([a-zA-Z])", shown, re.MULTILINE) \
        == list("ilctruhV"), shown
    version = run("-V")
    assert version[0] == 0 and version[2] == "" and re.fullmatch(
        r"ucspitls \d+\.\d+\.\d+\S*\n", version[1]), version
    for words, expected in ((["--help"], shown), (["-ih", "-x"], shown),
                            (["-r", "--x", "-h"], shown),
                            (["--version"], version[1])):
        assert run(*words) == (0, expected, ""), words
    for words, cause in (
            ([], "CERT is missing"), (["cert"], "KEY is missing"),
            (["-i", "cert", "key"], "PROGRAM is missing"),
            # after the first operand nothing is an option
            (["cert", "-h"], "PROGRAM is missing"),
            (["-x", "-h"], "-x: no such option"),
            (["-ixh"], "-x: no such option"),
            (["--frob"], "--frob: no such option"),
            (["--hel"], "--hel: no such option"),
            (["--help=x"], "--help=x: takes no value"),
            (["-r"], "-r: a value is missing"),
            (["-il"], "-l: a value is missing"),
            *(([f"-{option}", value], f"-{option} {value}: not a number from "
               "1 to 1000000") for option in "ct"
              for value in ("0", "-1", "", "x", "5x", "1000001", "9" * 30))):
        found = run(*words)
        assert found == (111, "", f"ucspitls: {cause}; "
                         "try 'ucspitls --help'\n"), (words, found)
    for option in "-h", "-V":
        with open("/dev/full", "w", encoding="utf-8") as full:
            status, _, said = run(option, stdout=full)
        assert status == 111 and "ucspitls: standard output: " in said, said


def completed():
    """What bash offers at each place of the command line."""
    if not shutil.which("bash"):
        return
    place = scratch()
    (place / "folder").mkdir()
    (place / "file").touch()
    source = TOP / "examples/ucspi/ucspitls.bash"
    options = {f"-{letter}" for letter in "ilctruhV"}
    options |= {"--help", "--version"}
    for words, expected in (
            (["-"], options), (["-i", "-t", "5", "-"], options),
            (["--"], {"--help", "--version"}), (["-h", "fi"], {"file"}),
            (["-i", "-r", ""], {"folder"}), (["-u", "roo"], {"root"}),
            (["-l", ""], set()), (["-i", "f"], {"file", "folder"}),
            (["-i", "cert", "fi"], {"file"}),
            (["cert", "key", "mkfif"], {"mkfifo"}),
            (["cert", "key", "cat", "-"], set())):
        done = subprocess.run(
            ["bash", "--norc", "-c", COMPLETE, "bash", str(source), "ucspitls",
             *words], cwd=place, text=True, capture_output=True, check=False,
            timeout=10 * SCALE)
        assert done.returncode == 0 and set(done.stdout.split()) == expected, \
            (words, done)


def copy_shell(root):
    """Copy /bin/sh, and the libraries that it needs."""
    libraries = subprocess.run(["ldd", "/bin/sh"], capture_output=True,
                               text=True, check=True).stdout
    for path in ["/bin/sh", *re.findall(r"(/\S+) \(", libraries)]:
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(path), target)
    for folder in root, *root.rglob("*"):
        folder.chmod(0o755)


def another_root(user="nobody"):
    """The program is found in the new root, and sees nothing else; the keys
    are outside, and were read before."""
    root = scratch()
    copy_shell(root)
    (root / "mark").write_text("inside\n")
    script = r"""
	while IFS= read -r line; do case $line in
	STARTTLS*) printf '220 go\r\n'; printf y >&3; exec <&4 >&5;;
	WHERE*)	read -r mark </mark
		[ -e /etc ] && mark="$mark outside"
		[ -w / ] && mark="$mark root"
		printf '250 %s\r\n' "$mark" ;;
	*)	printf '220 sh\r\n' ;;
	esac; done
	"""
    with Runner(CERTS, "/bin/sh", "-c", script,
                options=("-r", str(root), "-u", user)) as runner:
        with Wire(runner.address) as wire:
            expect(wire.command(b"STARTTLS"), 220)
            wire.handshake()
            reply = expect(wire.command(b"WHERE"), 250)
            assert reply.lines[0] == b"inside", reply


def another_user():
    """The key is read before the user changes, and the program could not read
    it."""
    with Runner(CERTS, "/bin/sh", "-c",
                'printf "250 %s\\r\\n" "$(id -u) $(id -G)"; '
                '[ -r /proc/$PPID/mem ] && echo readable; '
                f'cat {CERTS.ecdsa[1]} 2>&1; echo end',
                options=("-i", "-u", "nobody")) as runner:
        with Wire(runner.address).handshake() as wire:
            reply = expect(wire.reply(), 250)
            user = pwd.getpwnam("nobody")
            assert reply.lines[0].decode() \
                == f"{user.pw_uid} {user.pw_gid}", reply
            wire.until_closed()
            assert wire.text.endswith(b"end\n"), wire.text
            assert b"PRIVATE" not in wire.text and \
                b"readable" not in wire.text, wire.text
    refused = Runner(CERTS, "/bin/true", options=("-u", "no such"))
    done = subprocess.run(refused.command, capture_output=True, check=False,
                          timeout=10 * SCALE)
    assert done.returncode == 111 and b"no such user" in done.stderr, done


CHECKS = (starttls, in_the_clear, injection, handshake_timeout, implicit,
          inherited, stalled, small_records, places, reset, deaf, addresses, handed_over,
          nothing_besides, limit, dies_asking, command_line, completed)
AS_ROOT = (another_root, another_user)


def main(names):
    global CERTS
    runner_program()
    CERTS, checks = Certificates(), Checks("ucspi")
    for check in CHECKS:
        if wanted(check.__name__, names):
            checks.run(check.__name__, check)
    for check in AS_ROOT:
        if wanted(check.__name__, names) and os.getuid() != 0:
            checks.skip(f"{check.__name__}: it is for root")
        elif wanted(check.__name__, names):
            checks.run(check.__name__, check)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
