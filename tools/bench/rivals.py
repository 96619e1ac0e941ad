"""The rivals: named, on PATH, or installed into a folder of our own."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile

from profilers import Austin, PySpy

PYSPY, AUSTIN = "0.4.3", "4.0.0"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FOLDER = os.path.join(tempfile.gettempdir(), "cprof-bench-%d" % os.geteuid())


def find_pyspy(named):
    """(PySpy or None, why not)"""
    path, why_not = find(named or os.environ.get("PYSPY"), "py-spy",
                         "py-spy==" + PYSPY)
    return path and PySpy("py-spy", "py-spy", path), why_not


def find_austin(named):
    """(Austin or None, why not); with a C library of its own if need be."""
    path, why_not = find(named or os.environ.get("AUSTIN"), "austin",
                         "austin-dist==" + AUSTIN)
    if not path or run_quietly(path, "--version"):
        return path and Austin("austin", "Austin", path), why_not
    loader = newer_libc()
    if loader and run_quietly(*(loader + [path, "--version"])):
        return Austin("austin", "Austin", path, loader), None
    return None, "it needs a newer C library, and none can be unpacked here"


def find(named, program, package):
    """(path or None, why not)"""
    if named == "none":
        return None, "not asked for"
    if named:
        path = shutil.which(named)
        if not path:
            raise SystemExit("bench: no program %s" % named)
        return path, None
    path = on_path(program) or install(program, package)
    return path, None if path else "none on PATH, and pip cannot install it"


def is_program(path):
    """No script: a version manager's takes longer to start than py-spy."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF" and os.access(path, os.X_OK)
    except OSError:
        return False


def on_path(name):
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if is_program(path):
            return path
    return None


def install(program, package):
    """Its path in a virtual environment, or None."""
    path = os.path.join(FOLDER, "bin", program)
    if not make_private(FOLDER):
        return None
    if not is_program(path):
        print("installing %s into %s" % (package, FOLDER), flush=True)
        run_quietly(sys.executable, "-m", "venv", FOLDER)
        run_quietly(os.path.join(FOLDER, "bin", "python"), "-m", "pip",
                    "install", "--only-binary", ":all:", package)
    return path if is_program(path) else None


def newer_libc():
    """Debian's newest, unpacked beside this one: words that start a program
    with it, or None."""
    folder = os.path.join(FOLDER, "libc")
    loader = os.path.join(folder, "root", "usr", "lib64",
                          "ld-linux-x86-64.so.2")
    if not make_private(FOLDER):
        return None
    if not os.path.exists(loader):
        print("unpacking a C library into %s" % folder, flush=True)
        run_quietly(os.path.join(TOP, "tools", "unpack-python"), folder,
                    "sid", "libc6")
    libraries = os.path.join(folder, "root", "usr", "lib", "x86_64-linux-gnu")
    if not os.path.exists(os.path.join(libraries, "libc.so.6")):
        return None
    return [loader, "--library-path", libraries]


def make_private(folder):
    """Others can write where it lies: it must be a folder, and ours alone."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError:
        return False
    here = os.lstat(folder)
    return (stat.S_ISDIR(here.st_mode) and here.st_uid == os.geteuid()
            and not here.st_mode & 0o077)


def run_quietly(*words):
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=300,
                              ).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
