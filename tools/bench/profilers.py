"""cprof and py-spy: how each is started, stopped and understood."""
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from failed import Failed

RIVAL_VERSION = "0.4.3"
END_S = 120
# what cprof cannot ask the scheduler for: SCHED_FIFO
WITHOUT_NICE = ["setpriv", "--bounding-set", "-sys_nice",
                "--inh-caps", "-sys_nice"]


class Profiler:
    """A way to sample: its words, and what its messages mean."""

    stops = True  # the target, so its first sample can be told

    def __init__(self, key, title, binary, before=()):
        self.key, self.title, self.binary = key, title, binary
        self.before = list(before)

    def record_words(self, pid, rate, output):
        return self.before + [
            self.binary, "record", "-r", str(rate), "-f", "raw", "-o", output,
            "-p", str(pid)] + self.more

    def dump_words(self, pid):
        return [self.binary, "dump", "-p", str(pid)]

    def version(self):
        done = subprocess.run([self.binary, "--version"],
                              stdout=subprocess.PIPE)
        return done.stdout.decode().split("\n")[0].strip()


class Cprof(Profiler):
    more = ["-v"]
    PLACES = {
        "samples": r": ([\d,]+) samples of",
        "elapsed": r"samples of \d+ threads? in ([\d.]+ \w+)",
        "reached": r"rate reached ([\d.e+]+) of",
        "lost": r" ([\d,]+) lost",
        "missed": r", ([\d,]+) missed",
        "disturbed": r", ([\d,]+) disturbed calls",
        "held": r"held for .*? \(([\d.]+) %\)",
        "p50": r"pause p50 ([\d.]+ \w+)",
        "p99": r"p99 ([\d.]+ \w+)",
        "longest": r"longest(?: stop)? ([\d.]+ \w+)",
    }

    def understand(self, text):
        """{what: number} of its last messages; pauses in microseconds."""
        found = {"missed": 0.0}
        for what, pattern in self.PLACES.items():
            match = re.search(pattern, text)
            if match:
                found[what] = number(match.group(1))
        if "reached" not in found:
            raise Failed("cprof does not say its rate:\n" + text)
        found["errors"] = self.errors(text)
        return found

    @staticmethod
    def errors(text):
        """Lost samples, but for those of threads that just ended."""
        kinds = re.search(r"\d lost \((.*?)\)", text)
        return sum(number(count) for count, kind in re.findall(
            r"([\d,]+) ([^,]+)", kind.group(1) if kinds else "")
            if not kind.startswith("ended"))


class PySpy(Profiler):
    more = []

    def understand(self, text):
        match = re.search(r"Samples: (\d+) Errors: (\d+)", text)
        if not match:
            raise Failed("py-spy does not say its samples:\n" + text)
        return {"samples": int(match.group(1)), "lost": int(match.group(2)),
                "errors": int(match.group(2))}


UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


def number(text):
    """A plain number, or a time in microseconds."""
    words = text.replace(",", "").split()
    return float(words[0]) * (UNITS[words[1]] if len(words) > 1 else 1)


class Recording:
    """A profiler that samples until the end of a with statement."""

    def __init__(self, profiler, target, rate, folder, more=()):
        self.profiler = profiler
        self.messages = tempfile.TemporaryFile(dir=folder)
        self.output = os.path.join(folder, profiler.key)
        words = profiler.record_words(target.pid, rate, self.output)
        self.child = subprocess.Popen(
            words + list(more), stdin=subprocess.DEVNULL,
            stdout=self.messages, stderr=self.messages)
        self.pid = self.child.pid

    def said(self):
        size = os.fstat(self.messages.fileno()).st_size
        return os.pread(self.messages.fileno(), size, 0).decode()

    def wait_for(self, text, limit_s=10):
        end = time.monotonic() + limit_s
        while text not in self.said():
            self.check()
            if time.monotonic() > end:
                raise Failed("no %r in: %s" % (text, self.said()))
            time.sleep(0.002)

    def check(self):
        if self.child.poll() is not None:
            raise Failed("%s ended with status %d:\n%s" % (
                self.profiler.title, self.child.returncode, self.said()))

    def end(self):
        """Stop it as Ctrl-C does; what it says of itself."""
        self.check()
        self.child.send_signal(signal.SIGINT)
        self.child.wait(END_S)
        return self.profiler.understand(self.said())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(END_S)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.messages.close()


# --- the rival: named, on PATH, or installed into a folder of our own


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


def find_rival(named):
    """(PySpy or None, why not)"""
    named = named or os.environ.get("PYSPY")
    if named == "none":
        return None, "not asked for"
    if named:
        path = shutil.which(named)
        if not path:
            raise SystemExit("bench: no program %s" % named)
    else:
        path = on_path("py-spy") or install_rival()
    if not path:
        return None, ("none on PATH and pip cannot install it: name one with "
                      "--rival or $PYSPY")
    return PySpy("py-spy", "py-spy", path), None


def install_rival():
    """Its path in a virtual environment, or None."""
    folder = os.path.join(tempfile.gettempdir(),
                          "cprof-bench-%d" % os.geteuid())
    path = os.path.join(folder, "bin", "py-spy")
    if not make_private(folder):
        return None
    if not is_program(path):
        print("installing py-spy %s into %s" % (RIVAL_VERSION, folder),
              flush=True)
        run_quietly(sys.executable, "-m", "venv", folder)
        run_quietly(os.path.join(folder, "bin", "python"), "-m", "pip",
                    "install", "--only-binary", ":all:",
                    "py-spy==" + RIVAL_VERSION)
    return path if is_program(path) else None


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
