#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule: each public header compiles by itself, as C99, as C11 and as C++.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
cflags=${GNUTLS_CFLAGS-$(${PKG_CONFIG:-pkg-config} --cflags gnutls)}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0
count=0

# compile FILE COMPILER...: the options in $cflags must be split
compile() {
	file=$1
	shift
	# shellcheck disable=SC2086
	if ! "$@" -pedantic -Wall -Wextra -Wundef -Werror -fsyntax-only \
		-I"$top/include" $cflags "$scratch/$file" 2>"$scratch/log"; then
		echo "$name: $*"
		cat "$scratch/log"
		status=1
	fi
	count=$((count + 1))
}

cxx=$(command -v "${CXX:-c++}")
for header in "$top"/include/smtptls.h "$top"/include/smtptls/*.h; do
	name=${header#"$top"/include/}
	printf '#include <%s>\n#include <%s>\n' "$name" "$name" \
		>"$scratch/unit.c"
	cp "$scratch/unit.c" "$scratch/unit.cc"
	for standard in c99 c11; do
		# CC may carry options
		# shellcheck disable=SC2086
		compile unit.c ${CC:-cc} -std=$standard
	done
	[ -z "$cxx" ] || compile unit.cc "$cxx" -std=c++11
done
echo "$count compilations"
[ "$count" -gt 0 ] || status=1
if [ "$status" = 0 ] && [ -z "$cxx" ]; then
	echo "skip: there is no C++ compiler"
	exit 77
fi
exit "$status"
