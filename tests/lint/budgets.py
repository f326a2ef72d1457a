#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Size budgets: files, functions, parameters, nesting.

Above the first figure is a warning, above the second an error.  Tables do
not count as functions.  A public header holds the whole interface with its
contracts, so it may be as long as a source file.
"""

import common
import cparse

C_LINES = (400, 600)
H_LINES = (120, 200)
FUNCTION_LINES = (40, 60)
PARAMS = (5, 6)
NESTING = (3, 4)

# The historical interface has functions of six parameters, which the
# figures allow, and cannot change.
PUBLIC = "src/include/"
# a header that is one table of wire messages or contracts of a whole module
H_LINES_LONG = (200, 300)
LONG_HEADERS = ("src/wire/oob.h",)


class Report:
    def __init__(self):
        self.errors = []
        self.warnings = []

    def judge(self, where, what, value, limits):
        line = "%s: %s: %d (budget %d, limit %d)" % (
            where, what, value, limits[0], limits[1])
        if value > limits[1]:
            self.errors.append(line)
        elif value > limits[0]:
            self.warnings.append(line)


def file_limits(path):
    # a header of tests/ is a fixture: functions that several tests share
    if path.endswith(".c") or path.startswith((PUBLIC, "tests/")):
        return C_LINES
    return H_LINES_LONG if path in LONG_HEADERS else H_LINES


def check(root):
    report = Report()
    for path in common.c_files(root):
        text = common.read_text(root, path)
        if text is None:
            report.errors.append("%s:1: not UTF-8 text" % path)
            continue
        report.judge(path + ":1", "lines of the file",
                     len(text.splitlines()), file_limits(path))
        for f in cparse.functions(text):
            where = "%s:%d" % (path, f.line)
            report.judge(where, f.name + ": lines", f.length, FUNCTION_LINES)
            report.judge(where, f.name + ": parameters", f.params, PARAMS)
            report.judge(where, f.name + ": nesting", f.nesting, NESTING)
        for name, line, params in cparse.prototypes(text):
            report.judge("%s:%d" % (path, line), name + ": parameters",
                         params, PARAMS)
    return report.errors, report.warnings


if __name__ == "__main__":
    common.main(check, __doc__)
