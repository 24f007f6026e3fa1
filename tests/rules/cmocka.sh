#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands for the unit tests where cmocka is missing.
echo "skip: the unit tests need cmocka"
exit 77
