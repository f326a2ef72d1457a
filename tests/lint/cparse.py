# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""Just enough of C to find functions, their parameters and their nesting.

Works on text without comments and directives.  A function is a brace at
depth 0 whose declaration holds "name(...)" and no "=" at its own level, so
tables (initialisers) are not functions.  Nesting counts control statements,
with or without braces; "else if" goes on at the level of its "if".
"""

import re

import common

_TOKEN = re.compile(r"[A-Za-z_]\w*|\"[^\"\n]*\"|'[^'\n]*'|\d[\w.]*|\S")
_CONTROL = {"for", "while", "switch"}
_NO_NAME = {"if", "for", "while", "switch", "sizeof", "static_assert",
            "_Static_assert", "_Alignas", "_Atomic", "typeof"}
_OPEN = {"(": ")", "[": "]", "{": "}"}


class Function:
    def __init__(self, name, line, end, params, nesting):
        self.name = name
        self.line = line      # of the name
        self.end = end        # of the closing brace
        self.params = params
        self.nesting = nesting

    @property
    def length(self):
        return self.end - self.line + 1


def _tokens(text):
    return [(m.group(0), m.start()) for m in _TOKEN.finditer(text)]


def _skip(toks, i):
    """Index behind the bracket that closes the one at i."""
    depth = 0
    while i < len(toks):
        t = toks[i][0]
        if t in _OPEN:
            depth += 1
        elif t in ")]}":
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return i


class _Nesting:
    """Walks the statements of a body; .max is the deepest level."""

    def __init__(self, toks):
        self.toks = toks
        self.max = 0

    def peek(self, i):
        return self.toks[i][0] if i < len(self.toks) else ""

    def body(self, i, level):
        self.max = max(self.max, level)
        return self.statement(i, level)

    def block(self, i, level):
        i += 1
        while i < len(self.toks) and self.peek(i) != "}":
            i = self.statement(i, level)
        return i + 1

    def statement(self, i, level):
        t = self.peek(i)
        if t == "{":
            return self.block(i, level)
        if t == "if":
            return self.if_chain(i, level)
        if t in _CONTROL:
            return self.body(_skip(self.toks, i + 1), level + 1)
        if t == "do":
            i = self.body(i + 1, level + 1)
            return _skip(self.toks, i + 1) + 1    # while (...) ;
        if t in ("case", "default"):
            while self.peek(i) not in (":", ""):
                i += 1
            return i + 1
        return self.simple(i, level)

    def if_chain(self, i, level):
        i = self.body(_skip(self.toks, i + 1), level + 1)
        if self.peek(i) != "else":
            return i
        if self.peek(i + 1) == "if":
            return self.statement(i + 1, level)
        return self.body(i + 1, level + 1)

    def simple(self, i, level):
        first = i
        while i < len(self.toks):
            t = self.peek(i)
            if t == ";":
                return i + 1
            if t == "}":
                return i
            if t == ":" and i == first + 1:      # a label
                return i + 1
            if t == "{" and i > first and self.peek(i - 1) == ")" \
                    and self.loop_macro(first, i):
                return self.body(i, level + 1)
            i = _skip(self.toks, i) if t in _OPEN else i + 1
        return i

    def loop_macro(self, first, i):
        """NAME(...) { is a loop of queue.h's kind, not an initialiser."""
        return self.peek(first + 1) == "(" and _skip(
            self.toks, first + 1) == i


def _declarator(toks):
    """(index of name, index behind its parameters) or None."""
    for i in range(len(toks) - 1):
        t = toks[i][0]
        if not re.match(r"[A-Za-z_]\w*$", t) or toks[i + 1][0] != "(":
            continue
        if t.isupper() or t.startswith("__") or t in _NO_NAME:
            continue
        return i, _skip(toks, i + 1)
    return None


def _count_params(toks):
    inner = toks[1:-1]
    if not inner or [t for t, _ in inner] == ["void"]:
        return 0
    count, i = 1, 0
    while i < len(inner):
        t = inner[i][0]
        if t == ",":
            count += 1
        i = _skip(inner, i) if t in _OPEN else i + 1
    return count


def _is_table(decl):
    i = 0
    while i < len(decl):
        if decl[i][0] == "=":
            return True
        i = _skip(decl, i) if decl[i][0] in _OPEN else i + 1
    return False


def functions(text):
    text = common.strip_c(text)
    text = re.sub(r'extern\s*"[^"]*"\s*\{',
                  lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)
    text = common.strip_preprocessor(text)
    toks = _tokens(text)
    found, start, i = [], 0, 0
    while i < len(toks):
        t = toks[i][0]
        if t in ";}":
            start = i = i + 1
        elif t == "{":
            end = _skip(toks, i)
            decl = toks[start:i]
            d = None if _is_table(decl) else _declarator(decl)
            if d:
                walk = _Nesting(toks[i:end])
                walk.block(0, 0)
                found.append(Function(
                    decl[d[0]][0], common.line_of(text, decl[d[0]][1]),
                    common.line_of(text, toks[end - 1][1]),
                    _count_params(decl[d[0] + 1:d[1]]), walk.max))
                start = end
            i = end
        else:
            i = _skip(toks, i) if t in "([" else i + 1
    return found


def prototypes(text):
    """(name, line, number of parameters) of each declared function."""
    text = common.strip_c(text)
    text = re.sub(r'extern\s*"[^"]*"\s*\{',
                  lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)
    text = common.strip_preprocessor(text)
    toks = _tokens(text)
    found, start, i = [], 0, 0
    while i < len(toks):
        t = toks[i][0]
        if t == ";":
            decl = toks[start:i]
            d = None
            if decl and decl[0][0] != "typedef" and not _is_table(decl) \
                    and "{" not in [x for x, _ in decl]:
                d = _declarator(decl)
            if d:
                found.append((decl[d[0]][0],
                              common.line_of(text, decl[d[0]][1]),
                              _count_params(decl[d[0] + 1:d[1]])))
            start = i = i + 1
        elif t == "}":
            start = i = i + 1
        elif t in _OPEN:
            end = _skip(toks, i)
            if t == "{" and end < len(toks) and toks[end][0] != ";":
                start = end
            i = end
        else:
            i += 1
    return found
