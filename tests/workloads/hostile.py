# coding: utf-8
"""Functions and files whose names are an attack.

A chain of calls through functions named like markup, escape sequences, lines
of a profile, or nothing at all; each in a file named as badly, in a thread
with such a name too. The names are printed as JSON before the last line.

A correct profile shows the whole chain, in order, and every format still
reads back: raw splits into as many frames as were called, an SVG stays
well-formed and inert, a terminal keeps its colours and its title.
"""
import threading
import types

from workload import Run, finish, lehmer, lehmer_after, options, report

TEXT = str is not bytes
NAMES = [
    "semi;colon", "new\nline", "carriage\rreturn\ttab", "\"quoted\" 'twice'",
    "<script>alert(1)</script>", "]]>&amp;--><svg onload=alert(1)>",
    "red \x1b[31m text", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x9b31m",
    "nul\0byte", "", " ", "name (file.py:1)", "root;leaf 42", "%s%n%p",
    "{\"json\": [1]}", "back\\slash", "../../etc/passwd", "long" * 2500]
if TEXT:
    NAMES += ["größe 漢字 🐍", "\u202eright to left\u202c", "\u2028line",
              "a\u0301" * 20, "lone \ud800 surrogate", "\udcff\udcfe"]
else:
    NAMES += ["gr\xc3\xb6\xc3\x9fe", "not UTF-8 \xff\xfe\x80"]

STEPS = 20000


def through(chain, state):
    """The body of them all: on to the next one, or work."""
    if chain:
        return chain[0](chain[1:], state)
    return lehmer(state, STEPS)


def renamed(function, name):
    """The same function under another name, from a file of that name."""
    code, path = function.__code__, "/no/such/" + name + ".py"
    if hasattr(code, "replace"):
        names = {"co_name": name, "co_filename": path}
        if hasattr(code, "co_qualname"):
            names["co_qualname"] = "Class." + name
        code = code.replace(**names)
    else:
        code = old_code(code, name, path)
    return types.FunctionType(code, function.__globals__)


def old_code(code, name, path):
    """code.replace(), before 3.8."""
    arguments = [code.co_argcount, code.co_nlocals, code.co_stacksize,
                 code.co_flags, code.co_code, code.co_consts, code.co_names,
                 code.co_varnames, path, name, code.co_firstlineno,
                 code.co_lnotab]
    if TEXT:
        arguments.insert(1, code.co_kwonlyargcount)
    return types.CodeType(*arguments)


def keep_calling(run, chain, states):
    while run.goes_on():
        states.append(through(chain, 1))


def printable(name):
    return name if TEXT else name.decode("latin-1")


def main():
    args = options(
        __doc__,
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    chain = [renamed(through, name) for name in NAMES]
    run, states = Run(args.seconds), []
    thread = threading.Thread(target=keep_calling, name="<b>;\n\x1b[31m",
                              args=(run, chain, states))
    thread.start()
    run.sleep()
    thread.join()

    report(names=[printable(name) for name in NAMES], thread=thread.name)
    finish(set(states) == {lehmer_after(STEPS)},
           "%d calls through %d names" % (len(states), len(NAMES)))


if __name__ == "__main__":
    main()
