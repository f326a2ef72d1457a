#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""shellcheck on every shell script.

A script that is not installed cannot pass: utils/test.sh installs shellcheck.
Off are SC1091 (a sourced file was not followed), SC2317 (takes functions that
only a trap calls for dead code), and, in files without a first line "#!",
which others source, SC2034 (a variable nobody uses).
"""

import re
import shutil
import subprocess

import common

SHEBANG = re.compile(rb"^#!.*\b(ba|da)?sh\b")


def scripts(root):
    found = []
    for path in common.files(root):
        if path.endswith(".sh") or SHEBANG.match(common.read(root, path)):
            found.append(path)
    return found


def run(root, paths, off):
    if not paths:
        return []
    cmd = ["shellcheck", "-x", "-P", "SCRIPTDIR", "-f", "gcc", "-S", "info",
           "-e", off]
    done = subprocess.run(cmd + paths, cwd=root, stdout=subprocess.PIPE,
                          text=True, stderr=subprocess.STDOUT, check=False)
    errors = done.stdout.splitlines()
    if done.returncode and not errors:
        errors = ["shellcheck failed with status %d" % done.returncode]
    return errors


def check(root):
    todo = scripts(root)
    if not todo:
        return [], []
    if not shutil.which("shellcheck"):
        return ["shellcheck is not installed"], []
    whole = [p for p in todo if SHEBANG.match(common.read(root, p))]
    sourced = [p for p in todo if p not in whole]
    return (run(root, whole, "SC1091,SC2317")
            + run(root, sourced, "SC1091,SC2317,SC2034")), []


if __name__ == "__main__":
    common.main(check, __doc__)
