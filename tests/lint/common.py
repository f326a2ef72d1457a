# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""What the lints share: the list of files, C text without comments, main().

A lint is a module with check(root) that returns (errors, warnings), two
lists of lines "path:line: what is wrong".  selftest.py feeds each of them a
small tree with known faults.
"""

import argparse
import os
import re
import sys

TOP_DIRS = ("src", "utils", "tests", "examples", "doc", "cmake", "poolsets",
            ".ci", "bench")
SKIP_DIRS = {".git", "build", "__pycache__", ".cache"}


def files(root, dirs=TOP_DIRS, top=True):
    """Paths relative to root, sorted: the project's own files."""
    found = []
    if top:
        found += [n for n in os.listdir(root)
                  if os.path.isfile(os.path.join(root, n))]
    for d in dirs:
        for base, subs, names in os.walk(os.path.join(root, d)):
            subs[:] = [s for s in subs if s not in SKIP_DIRS]
            found += [os.path.relpath(os.path.join(base, n), root)
                      for n in names]
    return sorted(found)


def c_files(root):
    return [f for f in files(root, top=False) if f.endswith((".c", ".h"))]


def read(root, path):
    with open(os.path.join(root, path), "rb") as f:
        return f.read()


def read_text(root, path):
    """The text of a file, or None if it is not UTF-8 text."""
    data = read(root, path)
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


_C_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def strip_c(text, strings=True):
    """Blank out comments (and what string literals hold), keep the lines."""
    def repl(m):
        t = m.group(0)
        if t.startswith("/"):
            return _blank(t)
        if not strings:
            return t
        return t[0] + _blank(t[1:-1]) + t[-1]
    return _C_TOKEN.sub(repl, text)


def strip_preprocessor(text):
    """Blank out directives with their continuation lines."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
                  lambda m: _blank(m.group(0)), text, flags=re.MULTILINE)


def line_of(text, pos):
    return text.count("\n", 0, pos) + 1


def main(check, doc):
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("root", help="top of the source tree")
    args = parser.parse_args()
    errors, warnings = check(os.path.abspath(args.root))
    for w in warnings:
        print("warning: " + w)
    for e in errors:
        print("error: " + e)
    if errors:
        print("%d errors" % len(errors))
        sys.exit(1)
