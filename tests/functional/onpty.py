#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
"""onpty.py [OPTION...] COMMAND...: a command on a terminal of its own.

What the terminal shows goes to standard output as it comes; the exit status is
the command's, 128 and more for a signal, as a shell has it.

  --answer TEXT   types TEXT and a newline when the command asks ("Type ...");
                  ^C and ^D are the keys
  --after FILE    not before FILE can be read to its end: a FIFO
  --columns N     the width of the window
"""

import argparse
import fcntl
import os
import pty
import signal
import struct
import sys
import termios

KEYS = {"^C": b"\x03", "^D": b"\x04"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--answer")
    parser.add_argument("--after")
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def start(args):
    """The command behind a pipe, so that the window has its width before."""
    ready, go = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        os.close(ready)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(args.command[0], args.command)
    os.close(ready)
    size = struct.pack("HHHH", 24, args.columns, 0, 0)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, size)
    os.close(go)
    return pid, fd


def answer(args, fd):
    if args.after is not None:
        with open(args.after, encoding="utf-8") as f:
            f.read()
    os.write(fd, KEYS.get(args.answer, args.answer.encode() + b"\n"))


def main():
    args = arguments()
    pid, fd = start(args)
    text = b""
    is_answered = args.answer is None
    try:
        while more := os.read(fd, 4096):
            os.write(1, more)
            text += more
            if not is_answered and b"Type " in text:
                is_answered = True
                answer(args, fd)
    except OSError:
        pass  # its end, on Linux
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
