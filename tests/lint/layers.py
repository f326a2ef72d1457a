#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Who may include whom.

MAY is the table of ARCHITECTURE.md: a module's files include their own
module's headers and those of the modules listed.  EXTERNAL names the outside
headers that belong to one module.  A new module needs a row here.
"""

import os
import re

import common

MAY = {
    "src/include": (),
    "src/base": (),
    "src/poolset": ("base",),
    "src/lineage": ("base",),
    "src/wire": ("base",),
    "src/oob": ("wire", "base"),
    "src/fabric": ("base",),
    "src/pool": ("poolset", "lineage", "base"),
    "src/librpmem": ("wire", "oob", "fabric", "pool", "lineage", "base",
                     "include"),
    "src/rpmemd": ("wire", "oob", "fabric", "pool", "poolset", "lineage",
                   "base"),
    "src/replica": ("poolset", "pool", "base", "include"),
    "utils": ("librpmem", "rpmemd", "oob", "fabric", "pool", "poolset",
              "lineage", "wire", "base", "include"),
    "examples": ("include",),
}

# outside header -> the only modules that include it; tests may too
EXTERNAL = (
    (re.compile(r"^rdma/"), ("src/fabric",)),
    (re.compile(r"^libpmem\.h$"), ("src/pool", "src/replica")),
    (re.compile(r"^gnutls/"), ("src/oob",)),
)

PUBLIC = ("librpmem.h", "libpmemreplica.h")
# stock libraries' headers, which examples use as any program does
STOCK = re.compile(r"^libpmem(obj|pool)?(\.h$|/)")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]',
                     re.MULTILINE)


def module_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "src" else parts[0]


def judge(path, module, quote, name, root):
    """What is wrong with one include, or None."""
    for pattern, owners in EXTERNAL:
        if pattern.match(name) and module not in owners:
            if module == "examples" and STOCK.match(name):
                return None
            return "only %s includes <%s>" % (", ".join(owners), name)
    if name in PUBLIC:
        if module == "src/include" or "include" in MAY[module]:
            return None
        return "%s may not include the public %s" % (module, name)
    if quote == "<":
        return None
    if "/" not in name:
        if os.path.exists(os.path.join(root, os.path.dirname(path), name)):
            return None
        return '"%s" is not beside the file; say "module/file.h"' % name
    if ".." in name.split("/"):
        return '"%s": say "module/file.h"' % name
    used = name.split("/")[0]
    if "src/" + used == module or used in MAY[module]:
        return None
    return "%s may not include %s (%s)" % (module, used, name)


def check(root):
    errors = []
    for path in common.c_files(root):
        module = module_of(path)
        if module == "tests":
            continue
        if module not in MAY:
            errors.append("%s:1: no row for module %s in layers.py"
                          % (path, module))
            continue
        text = common.strip_c(common.read_text(root, path) or "", False)
        for m in INCLUDE.finditer(text):
            why = judge(path, module, m.group(1), m.group(2), root)
            if why:
                errors.append("%s:%d: %s" % (
                    path, common.line_of(text, m.start(1)), why))
    return errors, []


if __name__ == "__main__":
    common.main(check, __doc__)
