# SPDX-License-Identifier: MIT
"""Programs of Debian packages that are unpacked and never installed: a second
MTA beside the machine's own would affect that machine's mail.

./dev unpacks them (its list is `unpacked_packages`); a test uses them through:

  exim = unpacked.Package("exim4-daemon-light")
  subprocess.Popen([exim.path("usr/sbin/exim4"), ...],
                   env=exim.env(users=["Debian-exim"]))

Environment:
  SMTPTLS_UNPACKED  the folder (default build-unpacked in the source tree)
"""

import glob
import os
import pathlib
import sys

import harness

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("SMTPTLS_UNPACKED")
                      or TOP / "build-unpacked")
FIRST_ID = 60100                # first id of the made-up users


def is_there(name):
    return (FOLDER / name).is_dir()


class Package:
    """An unpacked package; if it is missing, the test is skipped."""

    def __init__(self, name):
        self.root = FOLDER / name
        if not is_there(name):
            print(f"skip: {name} is not unpacked in {FOLDER}"
                  " (./dev check does that on Debian)")
            sys.exit(1 if harness.in_ci() else harness.SKIPPED)

    def path(self, name):
        """A file of it, for example "usr/sbin/exim4"."""
        path = self.root / name
        if not path.exists():
            raise harness.Fault(f"{path} is missing")
        return str(path)

    def env(self, users=(), **more):
        """The environment with its libraries and Python modules; for the
        program, `users` and groups of the same names exist, though not on the
        machine."""
        libraries = glob.glob(f"{self.root}/usr/lib/*-linux-gnu*") \
            + glob.glob(f"{self.root}/lib/*-linux-gnu*") \
            + glob.glob(f"{self.root}/usr/lib/postfix")
        modules = glob.glob(f"{self.root}/usr/lib/python3/dist-packages")
        env = dict(os.environ)
        for variable, paths in (("LD_LIBRARY_PATH", libraries),
                                ("PYTHONPATH", modules)):
            paths += [env[variable]] if env.get(variable) else []
            if paths:
                env[variable] = ":".join(paths)
        if users:
            env.update(with_users(users))
        return dict(env, **more)


def with_users(names):
    """Variables that make a program find users that the machine does not
    have."""
    wrapper = Package("libnss-wrapper").root
    path, = glob.glob(f"{wrapper}/usr/lib/*/libnss_wrapper.so")
    files = {}
    for kind in ("passwd", "group"):
        text = pathlib.Path("/etc", kind).read_text(encoding="utf-8")
        for number, name in enumerate(names, FIRST_ID):
            text += f"{name}:x:{number}:{number}::/:/bin/false\n" \
                if kind == "passwd" else f"{name}:x:{number}:\n"
        files[kind] = harness.scratch() / kind
        files[kind].write_text(text, encoding="utf-8")
        # readable after root privileges are dropped
        files[kind].parent.chmod(0o755)
    return {"LD_PRELOAD": path, "NSS_WRAPPER_PASSWD": str(files["passwd"]),
            "NSS_WRAPPER_GROUP": str(files["group"])}
