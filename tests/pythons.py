"""The interpreters to test with.

Every python3.N on PATH and under ~/.pyenv/versions, and those named in
CPROF_TEST_PYTHONS (paths with ':' between; a path may be a script that execs
an interpreter). Each is asked what it is. The tests run on one of each minor
version that cprof supports; what is missing is a counted skip.
"""
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))

ASK = """
import json, platform, sys
try:
    from sysconfig import get_config_var as var
except ImportError:
    var = lambda name: None
print(json.dumps([list(sys.version_info[:3]), platform.python_implementation(),
                  bool(var("Py_GIL_DISABLED")), bool(var("Py_DEBUG")),
                  "/libpython" in open("/proc/self/maps").read(),
                  sys.executable]))
"""


class Python:
    """One interpreter: how to start it and what it is."""

    def __init__(self, path, answer):
        self.path = path
        self.version = tuple(answer[0])
        self.implementation = answer[1]
        self.kind = ("t" if answer[2] else "") + ("d" if answer[3] else "")
        self.shared = answer[4]
        self.executable = answer[5] or path
        self.minor = self.version[:2]
        self.name = "%d.%d%s" % (self.minor + (self.kind,))
        self.full = "%d.%d.%d" % self.version

    @property
    def is_script(self):
        """Started by a script, so it cannot be copied or renamed."""
        with open(self.path, "rb") as file:
            return file.read(2) == b"#!"

    def __str__(self):
        return "%s%s%s: %s" % (self.full, self.kind,
                               " shared" if self.shared else "", self.path)


def ask(path):
    """What the interpreter at path is; None when it does not answer."""
    try:
        done = subprocess.run([path, "-c", ASK], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=60,
                              stderr=subprocess.DEVNULL)
        return Python(path, json.loads(done.stdout.decode()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def candidates():
    """Paths, the ones to prefer first."""
    named = os.environ.get("CPROF_TEST_PYTHONS", "").split(":")
    pyenv = os.path.expanduser("~/.pyenv/versions")
    versions = sorted(os.listdir(pyenv)) if os.path.isdir(pyenv) else []
    folders = [os.path.join(pyenv, version, "bin") for version in versions]
    folders += os.environ.get("PATH", "").split(os.pathsep)

    paths = [path for path in named if path]
    for folder in folders:
        if folder.endswith("/shims") or not os.path.isdir(folder):
            continue  # a shim is a script that looks for one of the others
        paths += [os.path.join(folder, name)
                  for name in sorted(os.listdir(folder), reverse=True)
                  if re.match(r"python[23](\.\d+[td]?)?$", name)]

    seen, result = set(), []
    for path in paths:
        real = os.path.realpath(path)
        if real not in seen and os.access(path, os.X_OK):
            seen.add(real)
            result.append(path)
    return result


def find():
    with ThreadPoolExecutor(4) as pool:
        found = [python for python in pool.map(ask, candidates()) if python]
    return [python for python in found if python.implementation == "CPython"]


EVERY = find()


def one_of_each(pythons):
    """The first of each version and kind, by version."""
    chosen = {}
    for python in pythons:
        chosen.setdefault((python.minor, python.kind), python)
    return [chosen[key] for key in sorted(chosen)]


def supported():
    """[(name, Python or None)]: one for each version that cprof reads."""
    rows = []
    for minor in SUPPORTED:
        here = [python for python in one_of_each(EVERY)
                if python.minor == minor and "t" not in python.kind]
        rows += [(python.name, python) for python in here]
        if not here:
            rows.append(("%d.%d" % minor, None))
    return rows


def refused():
    """Those that cprof must name and refuse."""
    return [python for python in one_of_each(EVERY)
            if python.minor not in SUPPORTED]


def builds():
    """Every build of a supported version: shared and static ones."""
    chosen = {}
    for python in EVERY:
        if python.minor in SUPPORTED and "t" not in python.kind:
            key = python.minor, python.kind, python.shared, python.is_script
            chosen.setdefault(key, python)
    return [chosen[key] for key in sorted(chosen)]


def summary():
    """Lines that say what is tested with."""
    lines = []
    for name, python in supported():
        lines.append(str(python) if python else "%s: none here" % name)
    lines += ["%s (must be refused)" % python for python in refused()]
    lines += ["%s (free-threaded: not tested)" % python
              for python in one_of_each(EVERY) if "t" in python.kind]
    return lines
