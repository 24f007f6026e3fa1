#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule: a generated file in the tree is what its script generates.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
cd lib/openssl && python3 suite_table.py --check suites.tsv suite_table.inc
