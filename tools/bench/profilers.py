"""cprof and its rivals: how each is started, stopped and understood."""
import os
import re
import signal
import subprocess
import tempfile
import time

from failed import Failed

END_S, KILL_S = 120, 10
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
        done = subprocess.run(self.before + [self.binary, "--version"],
                              stdout=subprocess.PIPE)
        return done.stdout.decode().split("\n")[0].strip()


class Cprof(Profiler):
    more = ["-v"]
    PLACES = {
        "samples": r": ([\d,]+) samples of",
        "elapsed": r"samples of \d+ threads? in ([\d.]+ \w+)",
        "reached": r"rate reached ([\d.,]+) of",
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
            r"([\d,]+) ([^,]+)", kinds.group(1) if kinds else "")
            if not kind.startswith("ended"))


class PySpy(Profiler):
    more = []

    def understand(self, text):
        match = re.search(r"Samples: (\d+) Errors: (\d+)", text)
        if not match:
            raise Failed("py-spy does not say its samples:\n" + text)
        return {"samples": int(match.group(1)), "lost": int(match.group(2)),
                "errors": int(match.group(2))}


class Austin(Profiler):
    """Stops nothing; counts stacks, one of each thread at each tick."""

    stops = False

    def record_words(self, pid, rate, output):
        return self.before + [self.binary, "-i", str(int(1e6 / rate)), "-o",
                              output, "-p", str(pid)]

    def dump_words(self, pid):
        return self.before + [self.binary, "-w", str(pid)]

    def understand(self, text):
        text = re.sub(r"\x1b\[[\d;]*m", "", text)
        rate = re.search(r"Average sampling rate[ .]*([\d.]+) (k?)Hz", text)
        errors = re.search(r"Error rate[ .]*(\d+)/(\d+)", text)
        if not rate or not errors:
            raise Failed("Austin does not say its rate:\n" + text)
        lost, all_of_it = int(errors.group(1)), int(errors.group(2))
        return {"samples": all_of_it - lost, "lost": lost,
                "stacks": float(rate.group(1)) * (
                    1000 if rate.group(2) else 1)}


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
        try:
            self.child.wait(END_S)
        except subprocess.TimeoutExpired:
            raise Failed("%s does not end" % self.profiler.title) from None
        return self.profiler.understand(self.said())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(KILL_S)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.messages.close()
