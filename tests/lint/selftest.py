#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Each lint finds what it is there for, and leaves good files alone.

A case is a small tree and a piece of the finding it must give; None: it must
give none.
"""

import importlib
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

SPDX = "SPDX-License-Identifier: BSD-3-Clause"
C_TOP = "/* %s */\n/* Copyright 2026, the rpmem authors */\n" % SPDX
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def body(lines):
    return "int\nf(void)\n{\n" + "\tg();\n" * (lines - 3) + "}\n"


def nested(depth):
    return ("int\nf(int a)\n{\n" + "\tif (a)\n" * depth
            + "\treturn 1;\n\treturn 0;\n}\n")


PAGE = "# %s\n\n=head1 NAME\n\nNAME_ - x\n\n" % SPDX + "".join(
    "=head1 %s\n\nB<EINVAL>\n\n" % s for s in (
        "SYNOPSIS", "DESCRIPTION", "DURABILITY", "RETURN VALUE", "ERRORS",
        "THREAD SAFETY", "EXAMPLE", "SEE ALSO"))
MAP = "L {\n\tglobal:\n\t\trpmem_one;\n\tlocal:\n\t\t*;\n};\n"
OPTIONS = ("static const struct argp_option table[] = {\n"
           "\t{\"alpha\", 'a', \"N\", 0, \"see --beta\", 0},\n\t{0},\n};\n")
ITEMS = "=head1 NAME\n\nrpmemd - x\n\n=over 4\n\n%s=back\n"
MAN = {
    "src/librpmem/librpmem.map": MAP,
    "src/include/librpmem.h": "int rpmem_one(int a);\n",
    "doc/rpmem_one.3.pod": PAGE.replace("NAME_", "rpmem_one"),
    "src/replica/libpmemreplica.map": MAP.replace(
        "rpmem_one;", "pmemreplica_a;\n\t\tpmemreplica_b;"),
    "src/include/libpmemreplica.h":
        "int pmemreplica_a(int a);\nint pmemreplica_b(int a);\n",
    "doc/pmemreplica_a.3.pod": PAGE.replace(
        "NAME_", "pmemreplica_a, pmemreplica_b"),
    "src/rpmemd/options.c": OPTIONS,
    "doc/rpmemd.1.pod": ITEMS % "=item B<--alpha> I<N>\n\nx\n\n",
}


def man(**changes):
    tree = dict(MAN)
    for name, text in changes.items():
        path = {"map": "src/librpmem/librpmem.map",
                "header": "src/include/librpmem.h",
                "page": "doc/rpmem_one.3.pod",
                "other": "doc/rpmem_two.3.pod",
                "two": "doc/pmemreplica_a.3.pod",
                "daemon": "doc/rpmemd.1.pod"}[name]
        if text is None:
            del tree[path]
        else:
            tree[path] = text
    return tree


CASES = {
    "layers": (
        ({"src/base/a.c": '#include "poolset/b.h"\n'}, "may not include"),
        ({"src/rpmemd/a.c": '#include "librpmem/b.h"\n'}, "may not include"),
        ({"src/poolset/a.c": '#include "wire/b.h"\n'}, "may not include"),
        ({"src/rpmemd/a.c": "#include <rdma/fabric.h>\n"}, "src/fabric"),
        ({"src/rpmemd/a.c": "#include <libpmem.h>\n"}, "src/pool"),
        ({"src/fabric/a.c": "#include <gnutls/gnutls.h>\n"}, "src/oob"),
        ({"src/rpmemd/a.c": "#include <librpmem.h>\n"}, "public"),
        ({"src/pool/a.c": "#include <libpmemreplica.h>\n"}, "public"),
        ({"src/rpmemd/a.c": '#include "../base/b.h"\n'}, "module/file.h"),
        ({"src/rpmemd/a.c": '#include "b.h"\n'}, "not beside"),
        ({"src/novel/a.c": "int a;\n"}, "no row"),
        ({"src/rpmemd/a.c": '#include "base/b.h"\n#include "wire/c.h"\n'
          '#include <stdio.h>\n/* #include "librpmem/b.h" */\n',
          "src/fabric/a.c": "#include <rdma/fabric.h>\n",
          "src/pool/a.c": "#include <libpmem.h>\n",
          "src/librpmem/a.c": "#include <librpmem.h>\n",
          "tests/unit/a.c": "#include <libpmem.h>\n"}, None),
    ),
    "budgets": (
        ({"src/base/a.c": "int a;\n" * 601}, "lines of the file"),
        ({"src/base/a.h": "int a;\n" * 201}, "lines of the file"),
        ({"src/base/a.c": body(61)}, "f: lines"),
        ({"src/base/a.c": body(61).replace("void)", "void) REQUIRES(l)")},
         "f: lines: 61"),
        ({"src/base/a.c": "int\nf(int a, int b, int c, int d, int e, int f,"
          "\n\tint g)\n{\n}\n"}, "f: parameters: 7"),
        ({"src/base/a.h": "int f(int a, int b, int c, int d, int e, int f,"
          "\n\tint g);\n"}, "f: parameters: 7"),
        ({"src/base/a.c": nested(5)}, "f: nesting: 5"),
        ({"src/base/a.c": "void\nf(int a)\n{\n\tfor (;;) {\n\twhile (a) {\n"
          "\tswitch (a) {\n\tcase 1:\n\t\tdo {\n\tif (a)\n\tg();\n"
          "\t} while (a);\n\t}\n\t}\n\t}\n}\n"}, "f: nesting: 5"),
        ({"src/base/a.c": body(60) + nested(4) + "static const int t[] = {\n"
          + "\t1,\n" * 100 + "};\n" + "void\nh(int (*cb)(int, int), int b)"
          "\n{\n\tif (b)\n\t\tg();\n" + "\telse if (b)\n\t\tg();\n" * 9
          + "\tstruct s x = {.a = {1}};\n\tuse((struct s){1});\n}\n"}, None),
    ),
    "headers_alone": (
        ({"src/base/a.h": "static inline size_t f(void) { return 0; }\n"},
         "src/base/a.h"),
        ({"src/base/a.h": "struct s { int a; };\n"}, "redefinition"),
        ({"src/include/a.h": "#ifndef A\n#define A\nint new;\n#endif\n"},
         "-std=c++11"),
        ({"src/include/a.h": "#ifndef A\n#define A\n_Static_assert(1, \"\");"
          "\n#endif\n"}, "-std=c99"),
        ({"src/include/a.h": "#ifndef A\n#define A\nint f(int a);\n"
          "#endif\n"}, None),
    ),
    "manpages": (
        (man(), None),
        (man(page=None), "has no page"),
        (man(other=PAGE.replace("NAME_", "rpmem_two")), "is not in"),
        (man(two=PAGE.replace("NAME_", "pmemreplica_a")),
         "pmemreplica_b has no page"),
        (man(two=PAGE.replace("NAME_", "pmemreplica_a, pmemreplica_b, c")),
         "c is not in"),
        (man(page=PAGE.replace("NAME_", "rpmem_one")
             + "B<pmemreplica_b>(3), B<pmemreplica_c>(3)\n"),
         "refers to pmemreplica_c(3)"),
        (man(header="int rpmem_none(int a);\n"), "only in one of"),
        (man(page=PAGE.replace("=head1 ERRORS", "=head1 FAULTS")),
         "section ERRORS is missing"),
        (man(page=PAGE.replace("EINVAL", "EWRONG")), "is no errno"),
        (man(page=PAGE + "B<rpmem_gone>(3)\n"), "is not there"),
        (man(page=PAGE + "=over 4\n\nopen\n"), "ERROR"),
        (man(daemon=None), "no such page"),
        (man(daemon=ITEMS % "=item x\n\nB<--alpha>\n\n"), "not an item"),
        (man(daemon=ITEMS % "=item B<--alpha>\n\nx\n\n=item B<--beta>\n\n"
             "x\n\n"), "--beta is not in the code"),
    ),
    "spdx": (
        ({"src/base/a.c": "int a;\n"}, "no line"),
        ({"tests/a.py": "\n" * 9 + "# " + SPDX + "\n"}, "no line"),
        ({"utils/tool": "#!/bin/sh\n"}, "no line"),
        ({"doc/a.3.pod": "=head1 NAME\n"}, "no line"),
        ({"CMakeLists.txt": "project(x)\n"}, "no line"),
        ({"poolsets/a.set": "# x\nPMEMPOOLSET\n"}, "PMEMPOOLSET"),
        ({"poolsets/invalid/glued.set": "pool\n"}, "PMEMPOOLSET"),
        ({"src/base/a.c": C_TOP, "utils/a.sh": "#!/bin/sh\n# %s\n" % SPDX,
          "CMakePresets.json": "{}\n", "tests/unit/x/golden/a": "\1\2",
          "tests/fuzz/corpus/x/a.c": "x", "poolsets/a.set": "PMEMPOOLSET\n",
          "poolsets/invalid/first-line.set": "pool\n"}, None),
    ),
    "forbidden": tuple(
        ({"src/base/a.c": "int x = %s(y);\n" % call}, call) for call in (
            "strcpy", "sprintf", "strtok", "atoi", "gethostbyname",
            "alloca", "htonl", "ntohl")) + (
        ({"src/base/a.c": "/* TODO: later */\n"}, "issue number"),
        ({"doc/a.md": "TODO\n"}, "issue number"),
        ({"src/base/a.c": "/* XXX why? */\n"}, "say what"),
        ({"utils/a.sh": "cd /work/x\n"}, "one machine"),
        ({"doc/a.md": "in /home/me\n"}, "one machine"),
        ({"doc/a.md": "in `/root`\n"}, "one machine"),
        ({"src/base/a.c": "/* strcpy(a, b); TODO #12 */\n"
          "const char *s = \"atoi(x)\";\nint n = snprintf(b, 1, \"\");\n"
          "char t[] = \"/tmp/a.XXXXXX\";\na.sin_addr.s_addr = htonl(b);\n"
          "const char *p = \"$HOME/home\";\nint strtok_r(void);\n",
          "src/base/byteorder.h": "int a = htonl(b);\n"}, None),
    ),
    "shell": (
        ({"utils/a.sh": "#!/bin/sh\nrm $1\n"}, "SC2086"),
        ({"utils/tool": "#!/usr/bin/env bash\ncd x\nls\n"}, "SC2164"),
        ({"utils/a.sh": "#!/bin/sh\nrm \"$1\"\n",
          "utils/lib.sh": "# shellcheck shell=sh\nport=1\n"}, None),
    ),
    "layout": (
        ({"src/base/a.c": "int f(void) { return 1; }\n"}, "a.c:1"),
        ({"src/base/a.c": "int\nf(void)\n{\n    return 1;\n}\n"}, "a.c:3"),
        ({"src/base/a.c": "int\nf(void)\n{\n\treturn 1;\n}\n"}, None),
    ),
}


class Lint(unittest.TestCase):
    def run_case(self, name, tree, expected):
        with tempfile.TemporaryDirectory() as root:
            shutil.copy(os.path.join(TOP, ".clang-format"), root)
            for path, text in tree.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as f:
                    f.write(text)
            errors, _ = importlib.import_module(name).check(root)
        if expected is None:
            self.assertEqual(errors, [])
        else:
            self.assertTrue([e for e in errors if expected in e],
                            "no %r in %r" % (expected, errors))


def add(name, number, tree, expected):
    def test(self):
        self.run_case(name, tree, expected)
    setattr(Lint, "test_%s_%02d" % (name, number), test)


for lint, cases in CASES.items():
    for i, (tree_, expected_) in enumerate(cases):
        add(lint, i, tree_, expected_)

if __name__ == "__main__":
    unittest.main()
