# SPDX-License-Identifier: MIT
"""Rule: one list of exported names, in five places.

The functions marked SMTPTLS_API in include/, the names in lib/libsmtptls.map,
the exports of the shared library, the names of the pages of section 3 (.Nm)
and the declarations in their synopses (.Fn, .Fo) are the same; so are the
versions in the headers, in configure.ac and in the library itself.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("top_builddir", TOP / "build"))
NM = os.environ.get("NM", "nm").split()

complaints = []


def read(path):
    return path.read_text(encoding="utf-8")


def one(pattern, path):
    return re.search(pattern, read(path), re.M)[1]


def of_headers():
    names = set()
    for path in (TOP / "include").rglob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", read(path), flags=re.S)
        # a macro's definition is not a declaration
        text = re.sub(r"^[ \t]*#.*(\\\n.*)*", "", text, flags=re.M)
        marked = re.findall(r"\bSMTPTLS_API\b", text)
        found = re.findall(r"\bSMTPTLS_API\b[^;{(]*?(\w+)\s*\(", text)
        if len(found) != len(marked):
            complaints.append(f"{path.name}: {len(marked)} marks, but "
                              f"{len(found)} functions")
        declared = set(re.findall(r"\b(smtptls_\w+)\s*\(", text))
        for name in sorted(declared - set(found)):
            complaints.append(f"{path.name}: {name} is not marked SMTPTLS_API")
        names.update(found)
    return names


def of_map():
    text = re.sub(r"/\*.*?\*/", "", read(TOP / "lib/libsmtptls.map"),
                  flags=re.S)
    if re.search(r"smtptls\w*[*?\[]", text):
        complaints.append("libsmtptls.map: names are to be spelled out")
    names = re.findall(r"^\s*(\w+);$", text, re.M)
    if len(names) != len(set(names)):
        complaints.append("libsmtptls.map: a name is there twice")
    return set(names)


def of_library(path):
    names = set()
    lines = subprocess.run([*NM, "-D", "--defined-only", str(path)],
                           check=True, capture_output=True,
                           text=True).stdout.splitlines()
    for line in lines:
        kind, name = line.split()[-2:]
        if kind != "A":                     # the version node itself
            names.add(name.split("@")[0])
    return names


def of_manual():
    named, declared = set(), set()
    for path in (TOP / "man").glob("*.3"):
        text = read(path)
        name = re.search(r"^\.Sh NAME\n(.*?)^\.Nd", text, re.M | re.S)[1]
        named.update(re.findall(r"^\.Nm\s+(\S+)", name, re.M))
        synopsis = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh", text,
                             re.M | re.S)[1]
        declared.update(re.findall(r'^\.F[no]\s+"?(\w+)', synopsis, re.M))
    return named, declared


def compare(what, names, headers):
    for name in sorted(names - headers):
        complaints.append(f"{what}: {name} is in no header")
    for name in sorted(headers - names):
        complaints.append(f"{what}: {name} is missing")


def main():
    headers = of_headers()
    if not headers:
        complaints.append("the headers declare nothing")
    compare("libsmtptls.map", of_map(), headers)
    named, declared = of_manual()
    compare("man, NAME", named, headers)
    compare("man, SYNOPSIS", declared, headers)
    version = one(r"^AC_INIT\(\[libsmtptls\], \[([^]]+)\]",
                  TOP / "configure.ac")
    header = one(r'^#define SMTPTLS_VERSION "([^"]+)"',
                 TOP / "include/smtptls/error.h")
    if header != version:
        complaints.append(f"SMTPTLS_VERSION is {header}, configure's "
                          f"{version}")
    library = BUILD / "lib/.libs/libsmtptls.so"
    plain = os.environ.get("PLAIN_BUILD", "yes") == "yes"
    if library.exists() and plain:
        compare("libsmtptls.so", of_library(library), headers)
        ask = getattr(ctypes.CDLL(str(library)), "smtptls_version", None)
        if ask:
            ask.restype = ctypes.c_char_p
        if ask and ask().decode() != version:
            complaints.append(f"smtptls_version() is {ask().decode()}, "
                              f"configure's {version}")
    for complaint in complaints:
        print(complaint)
    print(f"{len(headers)} names, {len(complaints)} complaints")
    if not complaints and not (library.exists() and plain):
        print("skip: no plain shared library is built")
        sys.exit(77)
    sys.exit(1 if complaints else 0)


main()
