#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual pages against the headers and the compiler.

Reads man/*, include/smtptls/*.h and lib/base/error.c below $srcdir (by default
the current directory). What must hold:

- Each block ".Bd -literal" in an EXAMPLES section of section 3 is a complete
  translation unit, with its own #include lines, and $CC (cc) compiles it as C99
  without a warning. Of roff's escapes, only \\e is supported in them. Each page
  of section 3 has at least one.
- Each function that a header declares with SMTPTLS_API has exactly one page
  whose NAME lists it, and that page's SYNOPSIS has it too.
- An error in the list of a function's comment (" *   SMTPTLS_E_...") occurs in
  a list for that function in ERRORS. Such a list belongs to the functions that
  .Fn names since the previous list. Any other error that is named since the
  previous function, in a comment or in an enum, occurs somewhere in the page.
  SMTPTLS_E_CERT_ without a name after it means that group.
- Conversely, ERRORS lists nothing that the headers do not mention.
- The tables of smtptls_error.3 match the enum and the library's own table.
- Quotes (.Dq, .Ql, .Sq) hold one thing: they extend to the end of the line, so
  another macro, even No or An as a word, or text after a comma, would be inside
  them.

Exit status: 0, 1, or 77 if there is no compiler and all else holds.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SRCDIR = pathlib.Path(os.environ.get("srcdir", "."))
CC = shlex.split(os.environ.get("CC", "cc"))
CFLAGS = ["-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
TIMEOUT = 60

ERROR = re.compile(r"\bSMTPTLS_E_[A-Z_]+")
ERROR_ITEM = re.compile(r"^ \* {3}(SMTPTLS_E_[A-Z_]+)", re.M)
DECLARATION = re.compile(r"^SMTPTLS_API\s[^;]*?\b(smtptls_\w+)\s*\([^;]*;",
                         re.M | re.S)
LITERAL = re.compile(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", re.M | re.S)
FUNCTION = re.compile(r"^\.(?:It )?F[no] (smtptls_\w+)|Fn (smtptls_\w+)", re.M)

QUOTES = re.compile(r"^\.(?:.*? )??(?:Dq|Ql|Sq) (.*)$", re.M)
INSIDE = re.compile(r"(?<!\S)(?:An|Ar|At|Cm|D[qv]|E[mv]|F[aln]|I[cn]|Li|N[mos]"
                    r"|P[aq]|Ql|S[qxy]|V[at]|Xr)(?!\S)| [,:;] +[^ ,.:;]")

failures = []


def fail(where, what):
    failures.append(f"{where}: {what}")


def section(page, name):
    found = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", page, re.M | re.S)
    return found.group(1) if found else ""


def check_quotes(pages):
    for path, text in pages.items():
        for quotes in QUOTES.finditer(text):
            if INSIDE.search(quotes[1]):
                line = text.count("\n", 0, quotes.start()) + 1
                fail(f"{path}:{line}", f"quotes around all of {quotes[1]}")


def functions(text):
    return {a or b for a, b in FUNCTION.findall(text)}


def check_examples(pages):
    for path, text in pages.items():
        if path.suffix != ".3":
            continue
        examples = section(text, "EXAMPLES")
        blocks = list(LITERAL.finditer(examples))
        if not blocks:
            fail(path, "no example")
        start = text.index(examples) if examples else 0
        for block in blocks:
            line = text.count("\n", 0, start + block.start(1)) + 1
            check_example(f"{path}:{line}", block.group(1))


def check_example(where, code):
    if re.search(r"\\[^e]|^[.']", code, re.M):
        fail(where, "an escape or a request that is not known here")
    code = code.replace("\\e", "\\")
    command = [*CC, *CFLAGS, f"-I{SRCDIR / 'include'}",
               *shlex.split(os.environ.get("GNUTLS_CFLAGS", "")),
               "-x", "c", "-"]
    done = subprocess.run(command, input=code, text=True, timeout=TIMEOUT,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        fail(where, f"the example does not compile\n{done.stderr}")


def declarations(header):
    """Yield (function, text since the previous one, errors in its list)."""
    end = 0
    for found in DECLARATION.finditer(header):
        before = header[end:found.start()]
        own = before[before.rfind("/*"):]
        attached = own.endswith("*/\n")
        yield (found.group(1), before,
               set(ERROR_ITEM.findall(own)) if attached else set())
        end = found.end()


def errors_by_function(page):
    """The lists of ERRORS: {function: errors}, and all errors in them."""
    by_function, everything = {}, set()
    for part in re.split(r"^\.El$", section(page, "ERRORS"), flags=re.M):
        head, _, items = part.partition("\n.Bl ")
        found = set(re.findall(r"^\.It Dv (SMTPTLS_E_\w+)", items, re.M))
        everything |= found
        for function in functions(head):
            by_function.setdefault(function, set()).update(found)
    return by_function, everything


def check_headers(pages, headers):
    spoken_of = {path: set() for path in pages}
    count = 0
    for header, text in headers.items():
        for function, before, own in declarations(text):
            count += 1
            where = [path for path, page in pages.items()
                     if re.search(rf"^\.Nm {function}\b(?!_)",
                                  section(page, "NAME"), re.M)]
            if len(where) != 1:
                fail(header, f"{function} is in {len(where)} pages")
                continue
            page = pages[where[0]]
            spoken_of[where[0]] |= set(ERROR.findall(before))
            check_function(where[0], page, function, before, own)
    if count == 0:
        fail(SRCDIR, "no declaration found")
    for path, page in pages.items():
        for error in sorted(errors_by_function(page)[1] - spoken_of[path]):
            fail(path, f"ERRORS has {error}, the header does not")


def check_function(path, page, function, before, own):
    if function not in functions(section(page, "SYNOPSIS")):
        fail(path, f"SYNOPSIS lacks {function}")
    listed = errors_by_function(page)[0].get(function, set())
    for error in sorted(own - listed):
        fail(path, f"ERRORS lacks {error} of {function}")
    named = set(ERROR.findall(page))
    for error in sorted(set(ERROR.findall(before)) - named):
        if not (error == "SMTPTLS_E_CERT_"
                and any(name.startswith(error) for name in named)):
            fail(path, f"{error} is not named, see {function}")


def check_error_tables(pages, headers):
    path = SRCDIR / "man" / "smtptls_error.3"
    page = pages[path]
    enum = re.findall(r"^\t(SMTPTLS_E_\w+) = (-\d+)",
                      headers[SRCDIR / "include/smtptls/error.h"], re.M)
    numbers = re.findall(r"^\.It Dv (SMTPTLS_E_\w+) Ta (-\d+) Ta ", page, re.M)
    if not enum or enum != numbers:
        fail(path, "the numbers are not those of enum smtptls_error")

    source = (SRCDIR / "lib/base/error.c").read_text(encoding="utf-8")
    table = []
    for name, kind, report, status, retry, harmless in re.findall(
            r'\bERROR\(\s*(SMTPTLS_E_\w+),\s*"[^"]*",\s*SMTPTLS_CLASS_(\w+),'
            r"\s*(\S+),\s*(\S+),\s*([01]),\s*([01])\)", source):
        flags = "R" * int(retry) + "H" * int(harmless)
        table.append((name, kind,
                      "-" if report == "NULL" else report.strip('"'),
                      "-" if status == "NULL" else status.strip('"'),
                      flags or "-"))
    rows = re.findall(r"^\.It Dv (SMTPTLS_E_\w+) Ta ([A-Z]+) Ta (\S+) Ta (\S+)"
                      r" Ta (\S+)$", page, re.M)
    if len(table) != len(enum):
        fail("lib/base/error.c", "its table is not understood here")
    for row in sorted(set(table) ^ set(rows)):
        fail(path, f"only in the page or only in lib/base/error.c: {row}")


def main():
    pages = {path: path.read_text(encoding="utf-8")
             for path in sorted((SRCDIR / "man").glob("*.[1-9]"))}
    headers = {path: path.read_text(encoding="utf-8")
               for path in sorted((SRCDIR / "include/smtptls").glob("*.h"))}
    compiler = shutil.which(CC[0])

    check_headers(pages, headers)
    check_error_tables(pages, headers)
    check_quotes(pages)
    if compiler:
        check_examples(pages)

    for failure in failures:
        print(failure, file=sys.stderr)
    if failures:
        return 1
    if not compiler:
        print(f"skip: no compiler {CC[0]}; the rest holds")
        return 77
    print(f"{len(pages)} pages hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
