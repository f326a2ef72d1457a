#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Each source, script, build file and page names its licence at the top.

JSON has no comments, corpora and golden files are bytes; a pool set's first
line must be its signature (the one in poolsets/invalid that is wrong about
just that says so in its name).
"""

import re

import common

LINE = "SPDX-License-Identifier: BSD-3-Clause"
WITHIN = 5
NAMES = re.compile(
    r"(\.(c|h|py|sh|cmake|pod|map|in|pc|supp|yml|yaml)|(^|/)CMakeLists\.txt"
    r"|(^|/)\.(clang-format|clang-tidy|editorconfig))$")
EXEMPT = re.compile(r"(^|/)(corpus|golden)/")


def needs_line(root, path):
    if EXEMPT.search(path):
        return False
    if NAMES.search(path):
        return True
    return common.read(root, path)[:2] == b"#!"


def check(root):
    errors = []
    for path in common.files(root):
        if path.endswith(".set") and path.startswith("poolsets/"):
            first = common.read(root, path).split(b"\n")[0].rstrip(b"\r")
            if first != b"PMEMPOOLSET" and "/invalid/first-line" not in path:
                errors.append("%s:1: does not start with PMEMPOOLSET" % path)
        elif needs_line(root, path):
            head = common.read(root, path).decode("utf-8", "replace")
            if LINE not in "\n".join(head.splitlines()[:WITHIN]):
                errors.append("%s:1: no line \"%s\" in the first %d"
                              % (path, LINE, WITHIN))
    return errors, []


if __name__ == "__main__":
    common.main(check, __doc__)
