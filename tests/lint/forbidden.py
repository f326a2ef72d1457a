#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Calls and words that have no place here.

Calls without a bound or without error reporting; byte order outside of
base/byteorder.h (socket addresses are in network order by definition, so
<arpa/inet.h>'s calls on sin_addr are allowed); notes to self without an issue
number; paths of one person's machine.
"""

import re

import common

CALLS = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets"
                   r"|gethostbyname|alloca)\s*\(")
ORDER = re.compile(r"\b(htonl|ntohl)\s*\(")
ADDRESS = re.compile(r"sin_addr|INADDR_")
ORDER_ALLOWED = ("src/base/byteorder.h",)

# written in pieces, so that this file passes its own test
NOTE = re.compile(r"\bT" r"ODO\b(?!\s*\(?#\d+)")
MARK = re.compile(r"(?<![\w.])X" r"XX(?!\w)")
PATHS = re.compile(r"(?<![\w.$}~/-])/(wo" r"rk|ho" r"me|ro" r"ot)(/|\b(?!\w))")

EXEMPT = re.compile(r"(^|/)(corpus|golden)/")
WORDS_IN = ("tests/lint/selftest.py",)


def lines(errors, path, text, pattern, why):
    for m in pattern.finditer(text):
        errors.append("%s:%d: %s: %s" % (
            path, common.line_of(text, m.start()), why,
            m.group(0).strip("( ")))


def check_c(errors, path, text):
    code = common.strip_c(text)
    lines(errors, path, code, CALLS, "forbidden call")
    if path in ORDER_ALLOWED:
        return
    for m in ORDER.finditer(code):
        line = code[code.rfind("\n", 0, m.start()) + 1:].split("\n")[0]
        if not ADDRESS.search(line):
            errors.append("%s:%d: byte order outside base/byteorder.h: %s"
                          % (path, common.line_of(code, m.start()),
                             m.group(1)))


def check(root):
    errors = []
    for path in common.files(root):
        if EXEMPT.search(path) or path in WORDS_IN:
            continue
        text = common.read_text(root, path)
        if text is None:
            continue
        if path.endswith((".c", ".h")):
            check_c(errors, path, text)
        lines(errors, path, text, NOTE, "no issue number")
        lines(errors, path, text, MARK, "say what is wrong instead")
        lines(errors, path, text, PATHS, "path of one machine")
    return errors, []


if __name__ == "__main__":
    common.main(check, __doc__)
