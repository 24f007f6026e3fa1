#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule: what is made by a script and kept is what the script makes.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
cd lib/openssl && python3 suite_table.py --check suites.tsv suite_table.inc
