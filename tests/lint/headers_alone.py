#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Each header compiles alone; the public ones as C99, C17 and C++ too.

With gcc, and with clang where it is installed.
"""

import concurrent.futures
import os
import shutil
import subprocess

import common

WARN = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
PRIVATE = ["-std=c17", "-D_GNU_SOURCE", "-DRPMEM_VERSION=\"0\""]
PUBLIC = (("c", "-std=c99"), ("c", "-std=c17"), ("c++", "-std=c++11"))
LIBS = ("libfabric", "gnutls", "uuid", "libxxhash", "jansson", "libpmem",
        "libpmemobj", "cmocka")


def pkg_flags():
    flags = []
    if not shutil.which("pkg-config"):
        return flags
    for lib in LIBS:
        run = subprocess.run(["pkg-config", "--cflags-only-I", lib],
                             stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL, check=False)
        flags += run.stdout.split()
    return flags


def compile_header(root, cc, header, language, flags):
    """None, or the compiler's first words."""
    full = os.path.join(root, header)
    cmd = [cc, "-x", language] + WARN + flags + ["-"]
    # twice: the guard works, too
    source = '#include "%s"\n#include "%s"\n' % (full, full)
    run = subprocess.run(cmd, input=source, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         check=False)
    if run.returncode == 0:
        return None
    errors = [l for l in run.stdout.splitlines() if "error" in l]
    return (errors or run.stdout.splitlines() or ["failed"])[0].strip()


def jobs(root, compilers, extra):
    private = PRIVATE + extra + ["-I" + os.path.join(root, d)
                                 for d in ("src", "tests", "utils")]
    for header in common.c_files(root):
        if not header.endswith(".h"):
            continue
        for cc in compilers:
            if header.startswith("src/include/"):
                for language, std in PUBLIC:
                    yield header, cc, language, [std, "-pedantic"]
            else:
                yield header, cc, "c", private


def check(root):
    compilers = [cc for cc in ("gcc", "clang") if shutil.which(cc)]
    if not compilers:
        return ["no gcc and no clang: nothing could be checked"], []
    errors = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = [(h, cc, flags[0], pool.submit(compile_header, root, cc, h,
                                              language, flags))
                for h, cc, language, flags
                in jobs(root, compilers, pkg_flags())]
        for header, cc, std, future in work:
            why = future.result()
            if why:
                errors.append("%s:1: %s %s: %s" % (header, cc, std, why))
    return errors, []


if __name__ == "__main__":
    common.main(check, __doc__)
