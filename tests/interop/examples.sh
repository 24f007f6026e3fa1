#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The small examples against openssl s_client: inetd and epoll with a session
# by STARTTLS, plaintext refusals, and injected plaintext; attach with a client
# that its policy serves and with one that it refuses; sni_directory with more
# names than it keeps.
#
# Environment: SMTPTLS_EXAMPLES, the directory of the programs (default
# examples/ below the current directory). With CI=true a skip is a failure.

set -u

skip() {
	echo "skip: $1"
	[ "${CI:-}" = true ] && exit 1
	exit 77
}

examples=${SMTPTLS_EXAMPLES:-${top_builddir:-.}/examples}
examples=$(cd "$examples" 2>/dev/null && pwd) || skip "no $examples"
for program in inetd epoll attach sni_directory; do
	[ -x "$examples/$program" ] || skip "$program is not built"
done
for tool in openssl python3; do
	command -v $tool >/dev/null || skip "$tool is not installed"
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/smtptls-XXXXXX") || exit 1
server=
stop() {
	[ -n "$server" ] && kill "$server" && wait "$server"
	server=
} 2>/dev/null
clean_up() {
	stop
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null || exit 1

# As inetd(8) does: each connection is a process's input and output.
cat >"$dir/super.py" <<'END'
import socketserver
import subprocess
import sys


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        subprocess.run(sys.argv[1:], stdin=self.request, stdout=self.request,
                       timeout=60, check=True)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    print("listening starttls 127.0.0.1:%d" % server.server_address[1],
          flush=True)
    server.serve_forever()
END

# A plaintext dialogue: segments from the arguments; prints all replies.
cat >"$dir/say.py" <<'END'
import socket
import sys

with socket.create_connection(sys.argv[1].split(":"), 20) as sock:
    sock.recv(512)
    sock.sendall(sys.argv[2].encode().decode("unicode_escape").encode())
    sock.settimeout(20)
    said = b""
    while True:
        try:
            data = sock.recv(4096)
        except ConnectionResetError:
            break
        if not data:
            break
        said += data
    sys.stdout.write(said.decode("ascii", "backslashreplace"))
END

passed=0 failed=0
check() { # name, wanted exit status of grep, pattern, file
	grep -q "$3" "$4"
	if [ $? -eq "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $1: $3"
		cat "$4"
	fi
}

start() { # command: sets server and address
	: >"$dir/out"
	"$@" >"$dir/out" 2>"$dir/err" &
	server=$!
	tries=0
	until address=$(sed -n 's/^listening starttls //p' "$dir/out") &&
		[ -n "$address" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ]; then
			echo "FAIL $1 does not listen"
			cat "$dir/err"
			exit 1
		fi
		sleep 0.1
	done
}

try() { # name
	for version in tls1_2 tls1_3; do
		printf 'EHLO x\r\nFROB\r\nSTARTTLS\r\nQUIT\r\n' |
			timeout 30 openssl s_client -starttls smtp -quiet \
				-$version -connect "$address" \
				-CAfile "$dir/cert.pem" -verify_return_error \
				-servername localhost >"$dir/tls" 2>&1
		check "$1 $version" 0 '^250 localhost' "$dir/tls"
		check "$1 $version" 0 '^502 5.5.1' "$dir/tls"
		check "$1 $version" 0 '^503 ' "$dir/tls"
		check "$1 $version" 0 '^221 2.0.0' "$dir/tls"
		check "$1 $version" 1 '^250-' "$dir/tls"
	done
	python3 "$dir/say.py" "$address" \
		'EHLO x\r\nSTARTTLS now\r\nFROB\r\nQUIT\r\n' >"$dir/clear"
	for reply in '^250 STARTTLS' '^501 ' '^502 ' '^221 '; do
		check "$1 in the clear" 0 "$reply" "$dir/clear"
	done
	python3 "$dir/say.py" "$address" 'STARTTLS\r\nQUIT\r\n' >"$dir/inject"
	check "$1 injection" 1 '2[02]' "$dir/inject"
	python3 "$dir/say.py" "$address" 'NOOP\nQUIT\r\n' >"$dir/lf"
	check "$1 bare LF" 0 '^500 ' "$dir/lf"
	check "$1 bare LF" 1 '^221 ' "$dir/lf"
}

start "$examples/epoll" "$dir/cert.pem" "$dir/key.pem"
try epoll
stop
start python3 "$dir/super.py" "$examples/inetd" "$dir/cert.pem" "$dir/key.pem"
try inetd
stop

# The policy's first suite is neither the client's first nor GnuTLS's.
aes128=ECDHE-ECDSA-AES128-GCM-SHA256
aes256=ECDHE-ECDSA-AES256-GCM-SHA384
chacha=ECDHE-ECDSA-CHACHA20-POLY1305
start python3 "$dir/super.py" "$examples/attach" "$dir/cert.pem" \
	"$dir/key.pem" "$aes128:$aes256"
attach() { # arguments for s_client
	printf 'QUIT\r\n' | timeout 30 openssl s_client -connect "$address" \
		-CAfile "$dir/cert.pem" -verify_return_error \
		-servername localhost -ign_eof "$@" >"$dir/tls" 2>&1
}
attach -tls1_2 -cipher "$aes256:$aes128"
check "attach suite" 0 "Cipher is $aes128\$" "$dir/tls"
check "attach suite" 0 '^221 2.0.0' "$dir/tls"
attach -tls1_3
check "attach tls1_3" 0 '^221 2.0.0' "$dir/tls"
check "attach quiet" 1 'attach:' "$dir/err"
attach -tls1_2 -cipher "$chacha"
check "attach refusal" 0 'alert handshake failure' "$dir/tls"
check "attach refusal" 1 '^2' "$dir/tls"
check "attach reason" 0 "attach: refused, suites-excluded: peer offers TLS \
1.2 with $chacha, which the ciphers do not name: add $chacha to the ciphers" "$dir/err"

stop

# Two of three names are kept, the two used last.
mkdir "$dir/names"
issue() { # name, time: a young file is read twice
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj "/CN=$1.example" \
		-addext "subjectAltName=DNS:$1.example" -keyout "$dir/new.key" \
		-out "$dir/new.crt" 2>/dev/null &&
		cat "$dir/new.crt" "$dir/new.key" >"$dir/new.pem" &&
		chmod 600 "$dir/new.pem" &&
		touch -d "$2" "$dir/new.pem"
}
for name in default a b c; do
	issue $name "2 hours ago" || exit 1
	case $name in
	default) mv "$dir/new.pem" "$dir/names/$name.pem" ;;
	*) mv "$dir/new.pem" "$dir/names/$name.example.pem" ;;
	esac
done
start "$examples/sni_directory" "$dir/names" 2
ask() { # name, whose certificate is shown, and the last log line
	printf 'QUIT\r\n' | timeout 30 openssl s_client -starttls smtp \
		-connect "$address" -servername "$1" -ign_eof >"$dir/tls" 2>&1
	check "sni_directory $1" 0 "^subject=CN *= *$2.example" "$dir/tls"
	check "sni_directory $1" 0 '^221 2.0.0' "$dir/tls"
	tail -n 1 "$dir/err" >"$dir/last"
	check "sni_directory $1" 0 "^$3\$" "$dir/last"
}
ask a.example a 'loaded a.example'
ask b.example b 'loaded b.example'
ask A.example. a 'loaded b.example'
ask c.example c 'loaded c.example'
ask a.example a 'loaded c.example'
ask b.example b 'loaded b.example'
ask other.example default 'loaded b.example'
# default.pem cannot be requested by accident, as a host name
ask default default 'loaded default'
ask .default default 'loaded default'
rm "$dir/names/b.example.pem"
ask a.example a 'loaded a.example'
# a renewed one is loaded: a check is due now, or within a second
issue a "1 hour ago" && mv "$dir/new.pem" "$dir/names/a.example.pem"
tries=0
until grep -q '^reloaded a.example$' "$dir/err" || [ $tries -gt 50 ]; do
	ask a.example a '.*loaded a.example'
	tries=$((tries + 1))
	sleep 0.1
done
check "sni_directory renewed" 0 '^reloaded a.example$' "$dir/err"

echo "examples: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
