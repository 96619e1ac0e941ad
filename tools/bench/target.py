"""The program that is sampled: tests/workloads/busy.py with its counters."""
import mmap
import os
import signal
import subprocess
import time

import machine
from failed import Failed

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUSY = os.path.join(TOP, "tests", "workloads", "busy.py")
WARM_UP_S = 1.0
START_S = 20


class Target:
    """Runs until the end of a with statement, or limit_s at the longest."""

    def __init__(self, python, load, folder, limit_s):
        path = os.path.join(folder, "counters-%d" % time.monotonic_ns())
        self.load = load
        self.child = subprocess.Popen(
            [python, BUSY, "--threads", str(load.busy), "--asleep",
             str(load.asleep), "--frames", str(load.frames), "--seconds",
             str(limit_s), "--counter", path],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            self.pid = self.read_pid()
            self.map_counters(path)
            self.wait_until_warm()
        except BaseException:
            self.child.kill()
            raise

    def read_pid(self):
        line = self.child.stdout.readline().decode()
        if not line.startswith("ready: pid "):
            raise Failed("%s said %r" % (BUSY, line))
        return int(line.split()[2])

    def map_counters(self, path):
        """One 8-byte number for each busy thread, each read in one piece."""
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.counters = memoryview(memory).cast("Q")

    def wait_until_warm(self):
        end = time.monotonic() + START_S
        while not all(self.counters):
            if time.monotonic() > end:
                raise Failed("no work in %s" % BUSY)
            time.sleep(0.01)
        time.sleep(WARM_UP_S)

    @property
    def threads(self):
        return self.load.busy + self.load.asleep

    def work(self):
        return sum(self.counters)

    def stops(self):
        """How often the main thread let go of its CPU by itself.

        It is busy and makes no system call, so it does that only when it is
        stopped; and for the GIL, where other threads are busy.
        """
        return machine.status(self.pid, "voluntary_ctxt_switches")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Its own check of its result must hold."""
        self.child.send_signal(signal.SIGTERM)
        try:
            said, _ = self.child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            said = b""
        last = said.decode().strip().rsplit("\n", 1)[-1]
        if kind is None and not last.startswith("ok: "):
            raise Failed("the target's result is wrong: %r, status %d" % (
                last, self.child.returncode))
