#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Manual pages agree with the code.

Each symbol of a library's map has a prototype in its header and a page: the
pages doc/NAME.3.pod are for the symbols in their NAME line, NAME among them,
and for no others.  A page has the agreed sections, its error codes exist and
so do the pages it refers to.  Each long option of rpmemd is an item of its
page and vice versa (functional/conventions asks the rpmem command itself).
podchecker finds nothing.
"""

import errno
import os
import re
import shutil
import subprocess

import common
import cparse

LIBRARIES = (("src/librpmem/librpmem.map", "src/include/librpmem.h"),
             ("src/replica/libpmemreplica.map",
              "src/include/libpmemreplica.h"))
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "DURABILITY", "RETURN VALUE",
            "ERRORS", "THREAD SAFETY", "EXAMPLE", "SEE ALSO")
# nothing of the pool's memory is written, or nothing can fail
WITHOUT = {"rpmem_check_version": ("DURABILITY", "ERRORS"),
           "rpmem_errormsg": ("DURABILITY", "ERRORS"),
           "pmemreplica_addr": ("DURABILITY", "ERRORS"),
           "pmemreplica_errormsg": ("DURABILITY", "ERRORS"),
           "rpmem_read": ("DURABILITY",),
           "rpmem_remove": ("DURABILITY",)}
# argp adds these by itself
BUILT_IN = {"help", "usage", "version"}

_OPTION = re.compile(r'\{\s*"([a-z][a-z0-9-]*)"\s*,')
_TABLE = re.compile(r"struct argp_option \w+\[\][^=]*=\s*\{(.*?)\n\};",
                    re.DOTALL)
_ITEM = re.compile(r"^=item .*$", re.MULTILINE)
_LONG = re.compile(r"--([a-z][a-z0-9-]*)")


def map_symbols(text):
    text = re.sub(r"#[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    names = re.findall(r"^\s*([a-z_]\w*);", text, re.MULTILINE)
    return set(names)


def heads(text):
    return re.findall(r"^=head1 (.*?)\s*$", text, re.MULTILINE)


def section(text, name):
    m = re.search(r"^=head1 %s\s*$(.*?)(?=^=head1|\Z)" % re.escape(name),
                  text, re.MULTILINE | re.DOTALL)
    return m.group(1) if m else ""


def check_page(path, text):
    errors = []
    have = heads(text)
    want = [s for s in have if s in SECTIONS]
    without = WITHOUT.get(path[4:-6], ())
    for s in SECTIONS:
        if s not in have and s not in without:
            errors.append("%s:1: section %s is missing" % (path, s))
    if want != [s for s in SECTIONS if s in want]:
        errors.append("%s:1: sections are not in the order %s"
                      % (path, ", ".join(SECTIONS)))
    for code in re.findall(r"\bE[A-Z0-9]{2,}\b", section(text, "ERRORS")):
        if not hasattr(errno, code):
            errors.append("%s:1: %s is no errno" % (path, code))
    return errors


def page_names(path, text):
    """What a page documents: the words before the dash in its NAME."""
    words = section(text, "NAME").split(" - ")[0]
    return set(re.findall(r"\w+", words)) | {path[4:-6]}


def check_library(root, map_path, header, documented):
    errors = []
    symbols = map_symbols(common.read_text(root, map_path))
    protos = {n for n, _, _ in
              cparse.prototypes(common.read_text(root, header))}
    for s in sorted(symbols - documented):
        errors.append("%s:1: %s has no page doc/*.3.pod" % (map_path, s))
    for s in sorted(symbols ^ protos):
        errors.append("%s:1: %s is only in one of %s and the map"
                      % (header, s, header))
    return symbols, errors


def check_symbols(root, pods):
    errors = []
    symbols = set()
    names = {p: page_names(p, common.read_text(root, p))
             for p in pods if p.endswith(".3.pod")}
    documented = set().union(*names.values())
    for map_path, header in LIBRARIES:
        found, wrong = check_library(root, map_path, header, documented)
        symbols |= found
        errors += wrong
    for p, of_page in sorted(names.items()):
        for s in sorted(of_page - symbols):
            errors.append("%s:1: %s is not in any map" % (p, s))
        errors += check_page(p, common.read_text(root, p))
    return errors


def check_links(root, pods):
    have = {os.path.basename(p)[:-4] for p in pods}
    for p in pods:
        if p.endswith(".3.pod"):
            have |= {"%s.3" % n
                     for n in page_names(p, common.read_text(root, p))}
    errors = []
    for p in pods:
        text = common.read_text(root, p)
        refs = re.findall(r"(?:[BL]<)((?:pmemreplica|libpmemreplica|rpmem"
                          r"|librpmem)[\w-]*)>?\((\d)\)", text)
        for name, sec in sorted(set(refs)):
            if "%s.%s" % (name, sec) not in have:
                errors.append("%s:1: refers to %s(%s), which is not there"
                              % (p, name, sec))
    return errors


def code_options(root, sources):
    names = set()
    for path in sources:
        text = common.strip_c(common.read_text(root, path), False)
        for table in _TABLE.findall(text):
            names |= set(_OPTION.findall(table))
    return names - BUILT_IN


def check_options(root, page, sources):
    if not sources:
        return []
    if not os.path.exists(os.path.join(root, page)):
        return ["%s:1: there is no such page" % page]
    documented = set()
    for item in _ITEM.findall(common.read_text(root, page)):
        documented |= set(_LONG.findall(item))
    documented -= BUILT_IN
    code = code_options(root, sources)
    return (["%s:1: option --%s is not an item" % (page, o)
             for o in sorted(code - documented)]
            + ["%s:1: option --%s is not in the code" % (page, o)
               for o in sorted(documented - code)])


def check_syntax(root, pods):
    if not shutil.which("podchecker"):
        return ["podchecker is not installed"]
    errors = []
    for p in pods:
        run = subprocess.run(["podchecker", "-warnings", p], cwd=root,
                             stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, check=False)
        bad = [l for l in run.stdout.splitlines()
               if "ERROR:" in l or "WARNING:" in l]
        if run.returncode and not bad:
            bad = [run.stdout.strip()]
        errors += ["%s:1: %s" % (p, b) for b in bad]
    return errors


def check(root):
    all_files = common.files(root)
    pods = [f for f in all_files if re.match(r"doc/[^/]+\.\d\.pod$", f)]
    daemon = [f for f in all_files if f == "src/rpmemd/options.c"]
    errors = check_symbols(root, pods)
    errors += check_links(root, pods)
    errors += check_options(root, "doc/rpmemd.1.pod", daemon)
    errors += check_syntax(root, pods)
    return errors, []


if __name__ == "__main__":
    common.main(check, __doc__)
