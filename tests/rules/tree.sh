#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule: what is in the tree, according to git, so that files not yet added
# count and ignored ones do not.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
# a tarball unpacked inside another repository does not belong to it
if ! up=$(git rev-parse --show-cdup 2>&1) || [ -n "$up" ]; then
	echo "skip: no git repository"
	exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
files=$scratch/files
git ls-files --cached --others --exclude-standard | while read -r file; do
	[ ! -f "$file" ] || printf '%s\n' "$file"
done >"$files"
# what people write; recorded inputs are left as they are
grep -Ev '^tests/(data|fuzz/corpus)/' "$files" >"$scratch/code"
grep -Ev '(^|/)(LICENSE|NEWS|README\.md|\.gitignore|\.clang-format)$|\.tsv$' \
	"$scratch/code" >"$scratch/sources"

# look LIST GREP-OPTIONS: grep in the files of a list
look() {
	tr '\n' '\0' <"$1" >"$scratch/zero"
	shift
	xargs -0 grep "$@" <"$scratch/zero"
}

# complain WHAT: every line of the input is a complaint
complain() {
	sed "s/^/$1: /" | tee -a "$scratch/complaints"
}

look "$scratch/sources" -L 'SPDX-License-Identifier: MIT' |
	complain 'no SPDX line'
look "$scratch/code" -lI "$(printf '\r')" | complain 'CR'
look "$scratch/code" -nIE '[[:blank:]]+$' | complain 'blanks at the end'
look "$scratch/code" -nIwE 'TO''DO|FIX''ME|X''XX' | complain 'left open'
look "$files" -lE '^-----BEGIN ([A-Z]+ )*(PRIVATE KEY|CERTIFICATE)-----' |
	complain 'a key or certificate'
grep -E '^(Makefile(\.in)?|configure|libtool|config\.(h|log|status))$' \
	"$files" |
	complain 'generated'
grep -E '\.(o|lo|la|a|so|m4|pem|crt|key|csr|pc|pyc|gz|xz)$' "$files" |
	complain 'generated'
grep -E '^lib/.*\.[ch]$' "$files" | while read -r file; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 600 ] || echo "$file ($lines)"
done | complain 'longer than 600 lines'

echo "$(wc -l <"$files") files, $(wc -l <"$scratch/complaints") complaints"
[ -s "$files" ] && [ ! -s "$scratch/complaints" ]
