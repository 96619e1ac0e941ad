"""Record which function calls which, from which line: the oracle's facts.

usage: edges.py OUT PROGRAM [ARGUMENT...]

Runs the program as __main__ under sys.setprofile and threading.setprofile and
writes as JSON:
  edges       [caller's file, name, line, callee's file, name]
  roots       [file, name] of frames that nobody called
  generators  [file, name, line]: a call of such a function pushes its frame for
              a moment, at this line, without any profile event
Names are qualified. A profiler's stack with another edge is impossible.
"""
import atexit
import dis
import json
import sys
import threading

GENERATOR = 0x20 | 0x80 | 0x200  # generator, coroutine, async generator
HERE = __file__


class Recorder:
    def __init__(self):
        self.keys = set()
        self.codes = {}  # by id, which keeps them alive: ids stay unique
        self.roots = set()

    def hook(self, frame, event, _):
        if event == "call":
            self.walk(frame)

    def walk(self, frame):
        """Keep the edges from here outwards, until one that is known."""
        while True:
            caller = frame.f_back
            code = frame.f_code
            if caller is None or caller.f_code.co_filename == HERE:
                self.codes[id(code)] = code
                self.roots.add(id(code))
                return
            key = id(caller.f_code), caller.f_lineno, id(code)
            if key in self.keys:
                return
            self.keys.add(key)
            self.codes[id(code)] = code
            self.codes[id(caller.f_code)] = caller.f_code
            frame = caller

    def place(self, ident):
        code = self.codes[ident]
        return [code.co_filename, code.co_qualname]

    def write(self, path):
        sys.setprofile(None)
        threading.setprofile(None)
        facts = {
            "edges": [self.place(caller) + [line] + self.place(callee)
                      for caller, line, callee in list(self.keys)],
            "roots": [self.place(root) for root in list(self.roots)],
            "generators": [
                [code.co_filename, code.co_qualname, line]
                for code in list(self.codes.values())
                if code.co_flags & GENERATOR for line in birth_lines(code)]}
        with open(path, "w") as out:
            json.dump(facts, out)


def birth_lines(code):
    """Lines of the instructions up to RETURN_GENERATOR."""
    lines = {code.co_firstlineno}
    starts = dict(dis.findlinestarts(code))
    for instruction in dis.get_instructions(code):
        lines.add(starts.get(instruction.offset) or code.co_firstlineno)
        if instruction.opname == "RETURN_GENERATOR":
            break
    return sorted(lines)


def main():
    out, program = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    sys.path[0] = program.rpartition("/")[0]
    with open(program) as source:
        code = compile(source.read(), program, "exec")
    module = type(sys)("__main__")
    module.__file__ = program
    sys.modules["__main__"] = module

    recorder = Recorder()
    atexit.register(recorder.write, out)
    threading.setprofile(recorder.hook)
    sys.setprofile(recorder.hook)
    exec(code, module.__dict__)


if __name__ == "__main__":
    main()
