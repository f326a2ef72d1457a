#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""fits.py SCHEMA FILE...: is each JSON value in the files as the schema says?

Stricter than the schema: a member that it does not name is an error, since it
is not documented.  A file may hold several values, one behind the other.
"""

import json
import sys

import jsonschema


def close(schema):
    """No members but those that are named."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def values(text):
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    close(schema)
    validator = jsonschema.Draft7Validator(schema)
    bad = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as f:
            text = f.read().strip()
        found = list(values(text))
        if not found:
            print("%s: there is no JSON in it" % path)
            bad += 1
        for value in found:
            for e in validator.iter_errors(value):
                print("%s: %s: %s" % (path, "/".join(map(str, e.path)),
                                      e.message[:600]))
                bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
