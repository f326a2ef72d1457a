#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""clang-format 14 would change nothing.

Another major version formats differently, so it is an error, not a skip.
"""

import re
import shutil
import subprocess

import common

MAJOR = 14


def program():
    for name in ("clang-format-%d" % MAJOR, "clang-format"):
        if not shutil.which(name):
            continue
        run = subprocess.run([name, "--version"], stdout=subprocess.PIPE,
                             text=True, check=False)
        if re.search(r"version %d\." % MAJOR, run.stdout):
            return name
    return None


def check(root):
    todo = common.c_files(root)
    if not todo:
        return [], []
    name = program()
    if not name:
        return ["clang-format %d is not installed" % MAJOR], []
    run = subprocess.run([name, "--dry-run", "-Werror", "--style=file"]
                         + todo, cwd=root, stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.STDOUT, check=False)
    if run.returncode == 0:
        return [], []
    bad = re.findall(r"^(\S+?):(\d+):\d+: error: code should be",
                     run.stdout, re.MULTILINE)
    first = {}
    for path, line in bad:
        first.setdefault(path, line)
    errors = ["%s:%s: run %s -i on it" % (p, l, name)
              for p, l in sorted(first.items())]
    return errors or [run.stdout.strip()], []


if __name__ == "__main__":
    common.main(check, __doc__)
