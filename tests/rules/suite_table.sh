#!/bin/sh
# SPDX-License-Identifier: MIT
# The suite table in the repository is what its script makes of its source.
set -eu
top=${srcdir:-$(dirname "$0")/../..}
exec /usr/bin/python3 "$top/lib/openssl/suite_table.py" --check \
	"$top/lib/openssl/suites.tsv" "$top/lib/openssl/suite_table.inc"
