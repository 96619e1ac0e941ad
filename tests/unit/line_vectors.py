#!/usr/bin/env python3
"""line_vectors - what CPython itself says of lines, for test_lines.c

usage: for p in python3.11 python3.12 python3.13 python3.14; do
           $p tests/unit/line_vectors.py; done > tests/unit/line_vectors.inc

Prints VECTOR(name, first_line, table, len, runs) for some code objects: each
run is where it ends, in bytes, and its line, 0 for none; and LONG(...) for a
function of 5,000 lines, whose table repeats itself.
"""

import sys
import types

SOURCE = '''
def plain(a):
    b = a + 1
    return b

def call_over_lines(f, x):
    return f(
        x,
        x +
        x[
            0
        ],
        key=f(x)
    )

def back_and_forth(a, b):
    return (a
            + b.c(
                a) +
            b
            )

def finally_and_with(f):
    with f() as g:
        try:
            g()
        except ValueError as e:
            raise KeyError from e
        finally:
            f.close()

def loops(n):
    for i in range(n):
        while i:
            i -= 1
            if i == 5: continue
            else: break
    return [j
            for j in range(n)
            if j]

def generator(n):
    x = yield n
    yield from x

async def coroutine(n):
    async for i in n:
        await i
    async with n: pass

@plain
@plain
class Body:
    """Doc"""
    a = 1
    def method(self): return self.a

def one_line(x): y = x; return lambda: y

def far_apart(x):
    x()
%s
    x(
%s
      x)
    return x()

def wide(x):
    return {"%s": x, "b": x(
       1)}
    ; x = 1
''' % ("\n" * 300, "\n" * 5000, "a" * 200)


def runs(code):
    """Ends and lines; 3.11 has neighbours of the same line."""
    found = []
    for _, end, line in code.co_lines():
        line = max(line or 0, 0)
        if found and found[-1][1] == line:
            found.pop()
        found.append((end, line))
    return found


def escape(data):
    return '"' + "".join("\\x%02x" % b for b in data) + '"'


def show(name, code):
    print("VECTOR(\"%d.%d %s\", %d,\n\t%s, %d,\n\t%s)" % (
        *sys.version_info[:2], name, code.co_firstlineno,
        escape(code.co_linetable), len(code.co_linetable),
        " ".join("RUN(%d, %d)" % r for r in runs(code))))


def walk(code):
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield const
            yield from walk(const)


def show_made(name, first_line, table):
    """A table made by hand, as CPython reads it."""
    units = sum((b & 7) + 1 for b in table if b & 0x80)
    nop = bytes([9, 0])
    show(name, (lambda: 0).__code__.replace(
        co_code=nop * units, co_linetable=bytes(table),
        co_firstlineno=first_line))


def show_long(count=5000):
    """A function of which each line has the same table entries."""
    source = "def f():\n" + "    x = 1\n" * count
    code = next(walk(compile(source, "long", "exec")))
    ends = runs(code)
    start, size = ends[0][0], ends[1][0] - ends[0][0]
    for i, (end, line) in enumerate(ends[:-1]):
        assert (end, line) == (start + i * size, 1 + i)
    table = code.co_linetable
    entries = [i for i, b in enumerate(table) if b & 0x80]
    steps = [i for i in entries if table[i] >> 3 & 15 == 11]  # next line
    head, unit = table[:steps[0]], table[steps[0]:steps[1]]
    middle = unit * (count - 1)
    assert table.startswith(head + middle)
    tail = table[len(head + middle):]
    print("LONG(\"%d.%d\", %s, %d, %s, %d, %s, %d, %d, %d, %d)" % (
        *sys.version_info[:2], escape(head), len(head), escape(unit),
        len(unit), escape(tail), len(tail), count - 1, start, size))


def main():
    source = SOURCE.replace("\n    ; x = 1", "; x = 1")
    print("/* CPython %d.%d.%d; made by line_vectors.py */"
          % sys.version_info[:3])
    module = compile(source, "vectors", "exec")
    show("module", module)
    for code in walk(module):
        show(code.co_qualname, code)
    if sys.version_info[:2] != (3, 13):
        show_long()
        return
    show_made("deltas", 1000, [
        0xe8, 0x7f, 0x0f, 0xe9, 0x01, 0xeb, 0x40 | 2, 0x3f, 0xf8, 0xef, 0,
        0xf0, 0x43, 0x01, 0x42, 0x02, 0x41, 0x01, 0x05, 0xd8, 0, 0, 0xe0, 1,
        2, 0xd0, 3, 4, 0x87, 9, 0xcf, 9])
    show_made("below line 0", 1, [0xe8, 0x07, 0xd8, 0, 0, 0xe8, 0x08])
    show_made("line 0", 0, [0x80, 0, 0xd8, 0, 0])
    show_made("no lines", 7, [0xf8, 0xff, 0xfb])
    show_long()


main()
