#!/bin/sh
# SPDX-License-Identifier: MIT
#
# smtptls-cert against openssl, and certtool if available: the contents of the
# certificates, and what happens to the files.
#
# SMTPTLS_CERT is the program; the default is ./smtptls-cert or
# examples/smtptls-cert. Exits with 0; with 1 after a line for each failed
# check; or with 77 if a program is missing. Writes only into a temporary
# directory, and uses no network.

set -u
unset CDPATH
failed=0

skip()
{
	echo "SKIP: $1"
	exit 77
}

bad()
{
	echo "FAIL: $1"
	failed=1
}

# check DESCRIPTION COMMAND...: the command must succeed.
check()
{
	description=$1
	shift
	"$@" >"$tmp/log" 2>&1 || bad "$description ($(tail -n 1 "$tmp/log"))"
}

# has DESCRIPTION TEXT PATTERN
has()
{
	printf '%s\n' "$2" | grep -Eq -- "$3" || bad "$1"
}

hasnt()
{
	printf '%s\n' "$2" | grep -Eq -- "$3" && bad "$1"
}

# refuse STATUS DESCRIPTION PATTERN ARGUMENT...: this status, one line on
# standard error that matches, and nothing on standard output.
refuse()
{
	status=$1 description=$2 pattern=$3
	shift 3
	"$cert" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq "$status" ] ||
		bad "$description: status $got instead of $status"
	[ "$(wc -l <"$tmp/err")" -eq 1 ] ||
		bad "$description: not one line on standard error"
	grep -Eq -- "$pattern" "$tmp/err" ||
		bad "$description: says '$(cat "$tmp/err")'"
	[ ! -s "$tmp/out" ] || bad "$description: claims to have written files"
}

text()
{
	openssl x509 -in "$1" -noout -text
}

sum()
{
	cksum <"$1"
}

sums()
{
	(cd "$1" && cksum ./* 2>/dev/null)
}

# value LABEL: the line after the extension's name, in $info.
value()
{
	printf '%s\n' "$info" | grep -A 1 "X509v3 $1" | tail -n 1 |
		sed 's/^ *//; s/^keyid://; s/ *$//'
}

is()
{
	[ "$2" = "$3" ] || bad "$1: '$2' instead of '$3'"
}

# same_key CRT KEY, called through check
# shellcheck disable=SC2317
same_key()
{
	[ "$(openssl x509 -in "$1" -noout -pubkey)" = \
		"$(openssl pkey -in "$2" -pubout)" ]
}

modes()
{
	(
		cd "$1" || exit 1
		for f in *; do
			stat -c '%a %n' "$f"
		done
	)
}

verify_server() # CA CRT NAME
{
	openssl verify -x509_strict -auth_level 2 -purpose sslserver \
		-verify_hostname "$3" -CAfile "$1" "$2"
}

for p in openssl stat cksum mktemp timeout; do
	command -v "$p" >/dev/null || skip "$p is not installed"
done
cert=${SMTPTLS_CERT-}
for p in ./smtptls-cert examples/smtptls-cert; do
	[ -z "$cert" ] && [ -x "$p" ] && cert=$p
done
[ -n "$cert" ] || skip 'no smtptls-cert; set SMTPTLS_CERT'
[ -x "$cert" ] || skip "$cert is not a program"
case $cert in
/*) ;;
*) cert=$PWD/$cert ;;
esac

tmp=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
has_certtool=$(command -v certtool)

### the defaults, under a umask that forbids access and one that allows all

(umask 0 && "$cert" --name mx.example.org --name mail.example.org \
	--name 192.0.2.7 --name 2001:db8::7) >out 2>err
is 'a first run: status' $? 0
is 'a first run: standard output' "$(cat out)" "ssl/smtptls-ca.crt
ssl/smtptls-ca.key
ssl/smtptls-server.crt
ssl/smtptls-server.key"
is 'a first run: standard error' "$(cat err)" ''
is 'modes with umask 0' "$(modes ssl)" '644 smtptls-ca.crt
600 smtptls-ca.key
644 smtptls-server.crt
600 smtptls-server.key'
(umask 0777 && mkdir -m 0755 strict && "$cert" --dir strict) >/dev/null
is 'modes with umask 0777' "$(modes strict)" "$(modes ssl)"

info=$(text ssl/smtptls-ca.crt)
has 'CA: version' "$info" 'Version: 3 '
has 'CA: key' "$info" 'NIST CURVE: P-256'
has 'CA: signature' "$info" 'ecdsa-with-SHA256'
has 'CA: constraints are critical' "$info" 'Basic Constraints: critical'
is 'CA: constraints' "$(value 'Basic Constraints: critical')" \
	'CA:TRUE, pathlen:0'
is 'CA: key usage' "$(value 'Key Usage: critical')" 'Certificate Sign, CRL Sign'
ca_id=$(value 'Subject Key Identifier')
has 'CA: key identifier' "$ca_id" '^([0-9A-F]{2}:)+[0-9A-F]{2}$'
hasnt 'CA: no names' "$info" 'Alternative Name'
check 'CA: valid in 3650 days' openssl x509 -in ssl/smtptls-ca.crt -noout \
	-checkend $((3650 * 86400))
check 'CA: its key' same_key ssl/smtptls-ca.crt ssl/smtptls-ca.key

info=$(text ssl/smtptls-server.crt)
has 'server: version' "$info" 'Version: 3 '
has 'server: key' "$info" 'NIST CURVE: P-256'
has 'server: signature' "$info" 'ecdsa-with-SHA256'
has 'server: subject' "$info" 'Subject: CN *= *mx.example.org$'
is 'server: constraints' "$(value 'Basic Constraints: critical')" 'CA:FALSE'
is 'server: key usage' "$(value 'Key Usage: critical')" 'Digital Signature'
is 'server: purpose' "$(value 'Extended Key Usage')" \
	'TLS Web Server Authentication'
is 'server: names' "$(value 'Subject Alternative Name')" \
	'DNS:mx.example.org, DNS:mail.example.org, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7'
is 'server: authority' "$(value 'Authority Key Identifier')" "$ca_id"
has 'server: key identifier' "$(value 'Subject Key Identifier')" \
	'^([0-9A-F]{2}:)+[0-9A-F]{2}$'
is 'server: one certificate in the file' \
	"$(grep -c BEGIN ssl/smtptls-server.crt)" 1
check 'server: valid now, and in 396 days' openssl x509 \
	-in ssl/smtptls-server.crt -noout -checkend $((396 * 86400))
openssl x509 -in ssl/smtptls-server.crt -noout -checkend $((397 * 86400)) \
	>/dev/null && bad 'server: valid for more than 397 days'
check 'server: its key' same_key ssl/smtptls-server.crt ssl/smtptls-server.key
has 'server: key as PKCS #8' "$(cat ssl/smtptls-server.key)" \
	'BEGIN PRIVATE KEY'
serial=$(openssl x509 -in ssl/smtptls-server.crt -noout -serial)
has 'server: serial of 64 bits and more, positive' "$serial" \
	'^serial=[0-7][0-9A-F]{15,39}$'
[ "$serial" != "$(openssl x509 -in ssl/smtptls-ca.crt -noout -serial)" ] ||
	bad 'serials are not random'
for name in mx.example.org mail.example.org; do
	check "openssl verifies $name" verify_server ssl/smtptls-ca.crt \
		ssl/smtptls-server.crt $name
done
for address in 192.0.2.7 2001:db8::7; do
	check "openssl verifies $address" openssl verify -x509_strict \
		-auth_level 2 -purpose sslserver -verify_ip $address \
		-CAfile ssl/smtptls-ca.crt ssl/smtptls-server.crt
done
verify_server ssl/smtptls-ca.crt ssl/smtptls-server.crt other.example.org \
	>/dev/null 2>&1 && bad 'openssl verifies a name that is not there'
openssl verify -purpose sslclient -CAfile ssl/smtptls-ca.crt \
	ssl/smtptls-server.crt >/dev/null 2>&1 &&
	bad 'a server certificate is good for a client'
if [ -n "$has_certtool" ]; then
	check 'certtool verifies' certtool --verify --verify-purpose \
		1.3.6.1.5.5.7.3.1 --verify-hostname mx.example.org \
		--load-ca-certificate ssl/smtptls-ca.crt \
		--infile ssl/smtptls-server.crt
	check 'certtool reads the key' certtool --key-info \
		--infile ssl/smtptls-server.key
fi

### names

"$cert" --dir default >/dev/null || bad 'without --name'
has 'the host'\''s name by default' "$(text default/smtptls-server.crt)" \
	"DNS:$(uname -n | sed 's/\..*//')(,|\$|\\.)"
long=$(printf '%063d' 0 | tr 0 a).example.org
"$cert" --dir long --name "$long" --name short.example.org >/dev/null ||
	bad 'a name of 75 bytes'
info=$(text long/smtptls-server.crt)
has 'a long name is no subject' "$info" 'Subject: CN *= *short.example.org$'
has 'a long name is a name' "$info" "DNS:$long, DNS:short.example.org"
"$cert" --dir longer --name "$long" >/dev/null || bad 'only a long name'
has 'only a long name: the subject' "$(text longer/smtptls-server.crt)" \
	'Subject: CN *= *smtptls server$'
check 'only a long name: openssl verifies' verify_server \
	longer/smtptls-ca.crt longer/smtptls-server.crt "$long"
"$cert" --dir wild --name '*.example.org' >/dev/null || bad 'a wildcard'
check 'a wildcard: openssl verifies' verify_server wild/smtptls-ca.crt \
	wild/smtptls-server.crt mx.example.org

for name in '' . .example.org example.org. a..b -a a- 'a b' a_b a/b a@b.org \
	'a*b.org' 'x.*.org' 1.2.3 1.2.3.400 ::g '[::1]' 'fe80::1%lo' \
	"$(printf 'a\nb')" "$(printf 'a\033b')" "$(printf 'b\303\274.org')" \
	"a$long" "$(printf '%0127d' 0 | sed 's/0/a./g')a"; do
	refuse 2 "--name '$name'" 'not a host name' --dir none --name "$name"
done
for name in '' . .. .a ../a a/b /a -a 'a b' "$(printf 'a\nb')" smtptls-server \
	SMTPTLS-CA "$(printf 'a\177')" "$(printf '%065d' 0)"; do
	refuse 2 "--client '$name'" 'file name' --dir none "--client=$name"
done
refuse 2 'two clients' 'given before' --dir none --client a --client b
refuse 2 '--rsa and --both' 'exclude' --dir none --rsa --both
refuse 2 'an argument' 'unexpected' --dir none mx.example.org
refuse 2 'an unknown option' 'nonesuch' --dir none --nonesuch
[ ! -e none ] || bad 'wrong options make a directory'

### overwriting

before=$(sums ssl)
refuse 1 'a second run' 'ssl/smtptls-server.crt: exists' --name a.example.org
refuse 1 '--new-ca without --force' 'ssl/smtptls-ca.crt: exists' --new-ca
mkdir half && : >half/smtptls-server.crt
refuse 1 'only a certificate is there' 'half/smtptls-server.crt: exists' \
	--dir half
is 'only a certificate is there: nothing is made' "$(ls -A half)" \
	smtptls-server.crt
ln -s elsewhere half/alice.key
refuse 1 'a dangling link is there' 'half/alice.key: exists' --dir half \
	--client alice
[ ! -e half/elsewhere ] || bad 'a dangling link is followed'
mkdir half/smtptls-dhparam.pem
refuse 1 'a directory is there' 'half/smtptls-dhparam.pem: not a regular' \
	--dir half --dhparam --force
is 'refused runs change nothing' "$(sums ssl)" "$before"

ca=$(sum ssl/smtptls-ca.crt) key=$(sum ssl/smtptls-server.key)
out=$("$cert" --force --name b.example.org) || bad '--force'
is '--force: what it writes' "$out" 'ssl/smtptls-server.crt
ssl/smtptls-server.key'
is '--force: the CA stays' "$(sum ssl/smtptls-ca.crt)" "$ca"
[ "$(sum ssl/smtptls-server.key)" != "$key" ] || bad '--force: the old key'
check '--force: openssl verifies' verify_server ssl/smtptls-ca.crt \
	ssl/smtptls-server.crt b.example.org
check '--force: its key' same_key ssl/smtptls-server.crt ssl/smtptls-server.key

cp ssl/smtptls-ca.crt old.crt
"$cert" --force --new-ca --name b.example.org >/dev/null || bad '--new-ca'
[ "$(sum ssl/smtptls-ca.crt)" != "$ca" ] || bad '--new-ca: the old CA'
check '--new-ca: openssl verifies' verify_server ssl/smtptls-ca.crt \
	ssl/smtptls-server.crt b.example.org
verify_server old.crt ssl/smtptls-server.crt b.example.org >/dev/null 2>&1 &&
	bad '--new-ca: the old CA verifies'
[ "$(openssl x509 -in old.crt -noout -subject)" != \
	"$(openssl x509 -in ssl/smtptls-ca.crt -noout -subject)" ] ||
	bad 'two CAs have the same name'
is 'modes after --force' "$(modes ssl)" "$(modes strict)"

### RSA

"$cert" --dir rsa --rsa --name r.example.org >/dev/null || bad '--rsa'
info=$(text rsa/smtptls-server.crt)
has '--rsa: key' "$info" 'Public-Key: \(2048 bit\)'
has '--rsa: signature' "$info" 'sha256WithRSAEncryption'
is '--rsa: key usage' "$(value 'Key Usage: critical')" \
	'Digital Signature, Key Encipherment'
has '--rsa: the CA'\''s key' "$(text rsa/smtptls-ca.crt)" \
	'Public-Key: \(3072 bit\)'
check '--rsa: openssl verifies' verify_server rsa/smtptls-ca.crt \
	rsa/smtptls-server.crt r.example.org

"$cert" --dir both --both --name c.example.org >/dev/null || bad '--both'
for f in smtptls-server smtptls-server-rsa; do
	check "--both: openssl verifies $f" verify_server both/smtptls-ca.crt \
		both/$f.crt c.example.org
	check "--both: key of $f" same_key both/$f.crt both/$f.key
	[ -z "$has_certtool" ] || check "--both: certtool verifies $f" \
		certtool --verify --verify-hostname c.example.org \
		--load-ca-certificate both/smtptls-ca.crt --infile both/$f.crt
done
has '--both: P-256' "$(text both/smtptls-server.crt)" 'P-256'
has '--both: RSA' "$(text both/smtptls-server-rsa.crt)" '\(2048 bit\)'

### clients

before=$(sums ssl)
out=$("$cert" --client alice@example.org) || bad '--client'
is '--client: what it writes' "$out" 'ssl/alice@example.org.crt
ssl/alice@example.org.key'
is '--client: nothing else changes' "$(sums ssl | grep -v alice)" "$before"
is '--client: modes' "$(modes ssl | grep alice)" '644 alice@example.org.crt
600 alice@example.org.key'
info=$(text ssl/alice@example.org.crt)
has '--client: subject' "$info" 'Subject: CN *= *alice@example.org$'
is '--client: purpose' "$(value 'Extended Key Usage')" \
	'TLS Web Client Authentication'
is '--client: constraints' "$(value 'Basic Constraints: critical')" 'CA:FALSE'
is '--client: names' "$(value 'Subject Alternative Name')" \
	'email:alice@example.org'
check '--client: openssl verifies' openssl verify -x509_strict -auth_level 2 \
	-purpose sslclient -CAfile ssl/smtptls-ca.crt ssl/alice@example.org.crt
openssl verify -purpose sslserver -CAfile ssl/smtptls-ca.crt \
	ssl/alice@example.org.crt >/dev/null 2>&1 &&
	bad 'a client certificate is good for a server'
[ -z "$has_certtool" ] || check '--client: certtool verifies' certtool \
	--verify --verify-purpose 1.3.6.1.5.5.7.3.2 \
	--load-ca-certificate ssl/smtptls-ca.crt \
	--infile ssl/alice@example.org.crt
refuse 1 'a client again' 'ssl/alice@example.org.crt: exists' \
	--client alice@example.org
check 'a client whose name has no type' "$cert" --client bob_b --rsa
info=$(text ssl/bob_b.crt)
hasnt 'a client whose name has no type: names' "$info" 'Alternative Name'
has 'a client with --rsa' "$info" '\(2048 bit\)'

### the CA on its own

mkdir ca && cp ssl/smtptls-ca.* ca
mv ca/smtptls-ca.key ca/away
refuse 1 'a CA without its key' 'ca/smtptls-ca.key: missing' --dir ca --force
cp both/smtptls-ca.key ca
refuse 1 'a CA with another key' 'ca/smtptls-ca.key: not the key' --dir ca
mv ca/away ca/smtptls-ca.key
cp ssl/smtptls-server.crt ca/smtptls-ca.crt
cp ssl/smtptls-server.key ca/smtptls-ca.key
refuse 1 'a CA that is none' 'ca/smtptls-ca.crt: not the cert' --dir ca
: >ca/smtptls-ca.crt
refuse 1 'an empty CA' 'ca/smtptls-ca.crt: ' --dir ca
is 'no files from a CA that does not do' "$(ls -A ca)" 'smtptls-ca.crt
smtptls-ca.key'
openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=own CA' -days 30 \
	-addext keyUsage=critical,keyCertSign -keyout ca/smtptls-ca.key \
	-out ca/smtptls-ca.crt 2>/dev/null
check 'a CA made by openssl' "$cert" --dir ca --name d.example.org
check 'a CA made by openssl verifies' verify_server ca/smtptls-ca.crt \
	ca/smtptls-server.crt d.example.org
is 'a certificate ends with its CA' \
	"$(openssl x509 -in ca/smtptls-server.crt -noout -enddate)" \
	"$(openssl x509 -in ca/smtptls-ca.crt -noout -enddate)"
# By dates if openssl accepts them; such versions refuse negative days.
for ended in '-not_before 20200101000000Z -not_after 20200102000000Z' \
	'-days -1'; do
	# shellcheck disable=SC2086 # an option and its value
	openssl x509 -in ca/smtptls-ca.crt -signkey ca/smtptls-ca.key $ended \
		-out ca/expired 2>/dev/null && break
done
mv ca/expired ca/smtptls-ca.crt
refuse 1 'an expired CA' 'ca/smtptls-ca.crt: expired' --dir ca --force

### Diffie-Hellman parameters

out=$("$cert" --dhparam) || bad '--dhparam'
is '--dhparam: what it writes' "$out" 'ssl/smtptls-dhparam.pem'
check '--dhparam: openssl reads and checks' openssl dhparam \
	-in ssl/smtptls-dhparam.pem -check -noout
openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 2>/dev/null |
	openssl pkeyparam -text -noout >group.txt 2>/dev/null
openssl pkeyparam -in ssl/smtptls-dhparam.pem -text -noout >ours.txt \
	2>/dev/null
has '--dhparam: 2048 bits' "$(cat ours.txt)" '\(2048 bit\)'
has '--dhparam: openssl knows the group' "$(cat ours.txt)" \
	"$(grep GROUP: group.txt || echo 'no group')"
refuse 1 '--dhparam again' 'ssl/smtptls-dhparam.pem: exists' --dhparam
is '--dhparam first makes the rest too' \
	"$("$cert" --dir first --dhparam --name e.example.org | wc -l)" 5

### failures

# A directory where nobody may write; root could, except in /proc.
if [ "$(id -u)" -eq 0 ]; then
	refuse 1 'an unwritable directory' '^smtptls-cert: /proc' --dir /proc
else
	mkdir -m 0555 readonly
	refuse 1 'an unwritable directory' '^smtptls-cert: readonly/' \
		--dir readonly
	is 'an unwritable directory stays empty' "$(ls -A readonly)" ''
fi
refuse 1 'a parent is missing' '^smtptls-cert: no/dir: ' --dir no/dir
refuse 1 'a file in place of the directory' '^smtptls-cert: out: ' --dir out
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 ssl/smtptls-ca.key
	refuse 1 'an unreadable CA key' 'ssl/smtptls-ca.key: ' --client carol
	chmod 0600 ssl/smtptls-ca.key
fi

# A file may not grow at all: the first write fails. Output goes through a
# pipe, since the limit applies to this shell's files too.
before=$(sums ssl)
out=$( (
	ulimit -f 0
	"$cert" --force --new-ca --both --dhparam
	echo "status $?"
) 2>&1 | cat)
has 'no room: a message' "$out" '^smtptls-cert: ssl/smtptls-ca.crt: '
has 'no room: status 1' "$out" '^status 1$'
is 'no room: nothing has changed' "$(sums ssl)" "$before"
if [ -w /dev/full ]; then
	"$cert" --dir full >/dev/full 2>err
	is 'standard output is full: status' $? 1
	has 'standard output is full: message' "$(cat err)" 'standard output'
fi

# Of many concurrent runs one wins, and leaves a CA and a server that match.
i=0 pids=
while [ $i -lt 5 ]; do
	timeout 60 "$cert" --dir race --name race.example.org \
		>race.$i 2>&1 &
	pids="$pids $!" i=$((i + 1))
done
won=0
for pid in $pids; do
	wait "$pid" && won=$((won + 1))
done
is 'several at once: how many write' $won 1
check 'several at once: openssl verifies' verify_server race/smtptls-ca.crt \
	race/smtptls-server.crt race.example.org
check 'several at once: its key' same_key race/smtptls-server.crt \
	race/smtptls-server.key

is 'temporary files that are left' "$(find . -name '.smtptls-*')" ''

exit $failed
