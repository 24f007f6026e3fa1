# SPDX-License-Identifier: MIT
"""Rule: what `make install` installs is complete, and `make uninstall` removes
it.

Each exported function has a page of section 3 below DESTDIR, which leads, by
".so" if need be, to the page that describes it; man(1), if there is one, finds
them all. README, NEWS and LICENSE are there, and a page and a completion for
each program.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get(
    "top_srcdir", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("top_builddir", TOP / "build"))
LIMIT = 300

complaints = []


def make(target, root):
    # a separate make, not part of the one that runs this test
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        [os.environ.get("MAKE", "make"), "-C", str(BUILD), target,
         f"DESTDIR={root}"], env=environment, text=True, timeout=LIMIT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"make {target}: {done.stdout}")


def functions():
    text = (TOP / "lib/libsmtptls.map").read_text(encoding="utf-8")
    return re.findall(r"^\s*(smtptls_\w+);$", text, re.M)


def page_of(mandir, function):
    """The text of the page that a function's page leads to, or None."""
    page = mandir / "man3" / f"{function}.3"
    if not page.is_file():
        return None
    text = page.read_text(encoding="utf-8")
    other = re.fullmatch(r"\.so (man3/\S+)\n", text)
    if other and (mandir / other[1]).is_file():
        text = (mandir / other[1]).read_text(encoding="utf-8")
    if page.stat().st_mode & 0o777 != 0o644:
        complaints.append(f"{page.name}: mode {page.stat().st_mode:o}")
    return text


def check_functions(mandir, names):
    for name in names:
        text = page_of(mandir, name)
        if text is None:
            complaints.append(f"{name}: no page")
        elif not re.search(rf"^\.Nm {name}(?!\w)", text, re.M):
            complaints.append(f"{name}: its page is not about it")
    if not shutil.which("man"):
        return
    for name in names:
        found = subprocess.run(
            ["man", "-M", str(mandir), "-w", "3", name], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
            check=False)
        # the path of the page, or of the page that it includes
        if found.returncode != 0 or str(mandir) not in found.stdout:
            complaints.append(f"man {name}: {found.stdout}")


def only(root, name):
    """The one file or folder with this name, or the root and a complaint."""
    found = list(root.rglob(name))
    if len(found) != 1:
        complaints.append(f"{name}: {len(found)} times")
    return found[0] if found else root


def check_rest(root, mandir):
    folders = {only(root, name).parent
               for name in ("README.md", "NEWS", "LICENSE")}
    if len(folders) != 1:
        complaints.append(f"documents in {folders}")
    for program in root.rglob("bin/*"):
        if not (mandir / "man1" / f"{program.name}.1").is_file():
            complaints.append(f"{program.name}: no page")
        only(root, f"{program.name}.bash")
    examples = only(root, "README.md").parent / "examples"
    for page in mandir.rglob("*.[0-9]"):
        for name in re.findall(r"^\.Pa examples/(\S+)", page.read_text(),
                               re.M):
            if not (examples / name).exists():
                complaints.append(f"{page.name}: examples/{name} is not there")


def main():
    if not (BUILD / "Makefile").is_file():
        print(f"skip: nothing is built in {BUILD}")
        sys.exit(77)
    names = functions()
    if len(names) < 10:
        complaints.append(f"{len(names)} names in libsmtptls.map")
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch, "root")
        make("install", root)
        mandir = only(root, "man3").parent
        check_functions(mandir, names)
        check_rest(root, mandir)
        make("uninstall", root)
        for path in root.rglob("*"):
            if not path.is_dir():
                complaints.append(f"{path.name} is left")
    for complaint in complaints:
        print(complaint)
    print(f"{len(names)} functions, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
