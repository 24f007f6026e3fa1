#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes suite_table.inc from suites.tsv.

    suite_table.py [--check] suites.tsv suite_table.inc

The result is kept in the repository, so that building the library needs no
Python; with --check nothing is written, and a difference is exit status 1.
Rows keep the order of suites.tsv, which for the suites of the cipher list
language is OpenSSL's initial order.
"""

import csv
import sys

VERSIONS = {"-": "0", "SSLv3": "STLS_SSL3", "TLSv1": "STLS_TLS1_0",
            "TLSv1.2": "STLS_TLS1_2", "TLSv1.3": "STLS_TLS1_3",
            "TLS1.0": "STLS_TLS1_0", "TLS1.2": "STLS_TLS1_2",
            "TLS1.3": "STLS_TLS1_3"}
KX = {"-": "0", "any": "0", "RSA": "STLS_KX_RSA", "DH": "STLS_KX_DHE",
      "ECDH": "STLS_KX_ECDHE", "PSK": "STLS_KX_PSK",
      "RSAPSK": "STLS_KX_RSAPSK", "DHEPSK": "STLS_KX_DHEPSK",
      "ECDHEPSK": "STLS_KX_ECDHEPSK", "SRP": "STLS_KX_SRP"}
AU = {"-": "0", "any": "0", "RSA": "STLS_AU_RSA", "DSS": "STLS_AU_DSS",
      "None": "STLS_AU_NULL", "ECDSA": "STLS_AU_ECDSA",
      "PSK": "STLS_AU_PSK", "SRP": "STLS_AU_SRP"}
ENC = {"-": "0", "None": "STLS_ENC_NULL",
       "CHACHA20/POLY1305(256)": "STLS_ENC_CHACHA20"}
for bits in ("128", "256"):
    ENC["AES(%s)" % bits] = "STLS_ENC_AES" + bits
    ENC["AESGCM(%s)" % bits] = "STLS_ENC_AES" + bits + "GCM"
    ENC["AESCCM(%s)" % bits] = "STLS_ENC_AES" + bits + "CCM"
    ENC["AESCCM8(%s)" % bits] = "STLS_ENC_AES" + bits + "CCM8"
    ENC["ARIAGCM(%s)" % bits] = "STLS_ENC_ARIA" + bits + "GCM"
    ENC["Camellia(%s)" % bits] = "STLS_ENC_CAMELLIA" + bits
TAGS = {"-": [], "HIGH": ["STLS_TAG_HIGH"], "NONE": ["STLS_TAG_NONE"]}


def tags(row):
    found = list(TAGS[row["class"]])
    if row["fips"] == "1":
        found.append("STLS_TAG_FIPS")
    if row["not_default"] == "1":
        found.append("STLS_TAG_NOT_DEFAULT")
    return " | ".join(found) or "0"


def mac(row):
    return "0" if row["mac"] == "-" else "STLS_MAC_" + row["mac"]


def strength(row):
    return "0" if row["strength_bits"] == "-" else row["strength_bits"]


def name(row, column):
    return '"%s"' % ("" if row[column] == "-" else row[column])


def pack(fields):
    """One initialiser, its fields unbroken on lines of 80 columns."""
    line = "\t{ " + fields[0]
    for field in fields[1:]:
        if len(line.expandtabs()) + len(field) + 3 > 76:
            yield line + ","
            line = "\t  " + field
        else:
            line += ", " + field
    yield line + " },"


def table(rows):
    for row in rows:
        fields = [(".code", row["code"]),
                  (".min_version", VERSIONS[row["min_version"]]),
                  (".gnutls_min_version", VERSIONS[row["gnutls_min_version"]]),
                  (".enc", ENC[row["enc"]]), (".strength_bits", strength(row)),
                  (".kx", KX[row["kx"]]), (".au", AU[row["au"]]),
                  (".mac", mac(row)), (".tags", tags(row))]
        fields += [("." + column, name(row, column))
                   for column in ("openssl", "iana", "gnutls", "gnutls_kx",
                                  "gnutls_cipher", "gnutls_mac")]
        yield from pack(["%s = %s" % field for field in fields
                         if field[1] not in ("0", '""')])


def index(rows, column):
    """The rows that have a name, in strcmp's order of their names."""
    order = sorted((row[column], i) for i, row in enumerate(rows)
                   if row[column] != "-")
    if len({key for key, _ in order}) != len(order):
        sys.exit("a name stands twice in column " + column)
    numbers = [i for _, i in order]
    for start in range(0, len(numbers), 12):
        yield "\t" + " ".join("%d," % i for i in numbers[start:start + 12])


def generate(rows):
    yield "/* SPDX-License-Identifier: MIT */"
    yield "/* Made by suite_table.py from suites.tsv: do not edit. */"
    yield "/* clang-format off */"
    yield "const struct stls_suite stls_suites[STLS_SUITES] = {"
    yield from table(rows)
    yield "};"
    for column in ("openssl", "iana", "gnutls", "code"):
        yield ""
        yield "static const uint8_t by_%s[] = {" % column
        yield from index(rows, column)
        yield "};"
    yield "/* clang-format on */"


def main(arguments):
    check = arguments[:1] == ["--check"]
    if check:
        arguments = arguments[1:]
    if len(arguments) != 2:
        sys.exit("usage: suite_table.py [--check] suites.tsv suite_table.inc")
    with open(arguments[0], encoding="ascii", newline="") as source:
        rows = list(csv.DictReader(source, delimiter="\t"))
    for row in rows:
        row["code"] = row["code"].lower()
    made = "".join(line + "\n" for line in generate(rows))
    if not check:
        with open(arguments[1], "w", encoding="ascii") as result:
            result.write(made)
        return
    with open(arguments[1], encoding="ascii") as kept:
        if kept.read() != made:
            sys.exit("%s is not what suite_table.py makes of %s"
                     % (arguments[1], arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
