#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule: an external program compiles with pkg-config and runs, against the
# shared library, against libsmtptls.a with a shared GnuTLS, and against the
# build tree with the uninstalled .pc file.
set -u
build=${top_builddir:-build}
prefix=${prefix:-/usr/local}
libdir=${libdir:-$prefix/lib}
pkgconfigdir=${pkgconfigdir:-$libdir/pkgconfig}
pkg_config=${PKG_CONFIG:-pkg-config}
[ -f "$build/Makefile" ] || {
	echo "skip: nothing is built in $build"
	exit 77
}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
status=0
count=0

cat >"$scratch/outside.c" <<'END'
#include <smtptls.h>
#include <smtptls/gnutls.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct smtptls_config *config;
	struct smtptls_conn *conn;

	if (strcmp(smtptls_version(), SMTPTLS_VERSION) != 0 ||
	    smtptls_config_new(&config) < 0 ||
	    smtptls_config_freeze(config) < 0 ||
	    smtptls_conn_new(&conn, config, SMTPTLS_SERVER) < 0 ||
	    smtptls_conn_gnutls(conn) != NULL)
		return 1;
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
	return puts(smtptls_version()) < 0;
}
END

# try WHAT FLAGS...: compile with the flags after the source, and run
try() {
	what=$1
	shift
	count=$((count + 1))
	# shellcheck disable=SC2086
	if ${CC:-cc} ${CFLAGS-} -o "$scratch/outside" "$scratch/outside.c" \
		"$@" >"$scratch/log" 2>&1 &&
		LD_LIBRARY_PATH=$run_path "$scratch/outside" \
			>"$scratch/log" 2>&1; then
		echo "$what: $(cat "$scratch/log")"
	else
		echo "$what: failed with $*"
		cat "$scratch/log"
		status=1
	fi
}

# links WANTED LIBRARY: 1 if the program must use this shared library
links() {
	LD_LIBRARY_PATH=$run_path ldd "$scratch/outside" >"$scratch/log"
	[ "$(grep -c "$2" "$scratch/log")" = "$1" ] && return
	echo "$what: $2 is to be there $1 times"
	cat "$scratch/log"
	status=1
}

# a separate make, not part of the one that runs this test
if ! env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS "${MAKE:-make}" -C "$build" \
	install DESTDIR="$root" >"$scratch/log" 2>&1; then
	cat "$scratch/log"
	exit 1
fi
# as if the package had been unpacked in $root$prefix
sed -i "s|^prefix=.*|prefix=$root$prefix|" "$root$pkgconfigdir/smtptls.pc"
lib=$root$libdir

PKG_CONFIG_PATH=$root$pkgconfigdir
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
if [ -f "$lib/libsmtptls.so" ]; then
	run_path=$lib
	try shared $($pkg_config --cflags --libs smtptls)
	links 1 "$lib/libsmtptls.so"
fi
# shellcheck disable=SC2046
if [ -f "$lib/libsmtptls.a" ]; then
	run_path=
	rm -f "$lib"/libsmtptls.so*
	# --static would request static libraries of GnuTLS's own, too
	try archive $($pkg_config --cflags --libs smtptls \
		$($pkg_config --print-requires-private smtptls |
			sed 's/ .*//'))
	links 0 libsmtptls
	links 1 libgnutls
fi

PKG_CONFIG_PATH=$build/pkgconfig
# shellcheck disable=SC2046
if [ -f "$build/lib/.libs/libsmtptls.so" ]; then
	run_path=$build/lib/.libs
	try uninstalled $($pkg_config --cflags --libs smtptls)
	links 1 "$build/lib/.libs/libsmtptls.so"
fi
echo "$count programs"
[ "$count" -gt 0 ] || status=1
exit "$status"
