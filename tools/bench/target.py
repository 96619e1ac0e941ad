"""The program that is sampled: one of tests/workloads, with its counters."""
import mmap
import os
import signal
import subprocess
import time

import machine
from failed import Failed, Skipped

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WORKLOADS = os.path.join(TOP, "tests", "workloads")
WARM_UP_S = 1.0
START_S = 20
TORN_S = 5


class Target:
    """Runs until the end of a with statement, or limit_s at the longest."""

    def __init__(self, python, load, folder, limit_s):
        path = os.path.join(folder, "counters-%d" % time.monotonic_ns())
        self.load, self.log = load, path + ".log"
        words = [python, os.path.join(WORKLOADS, load.program)]
        words += load.words + ("--seconds", str(limit_s), "--counter", path)
        words += ["--log", self.log] if load.log else []
        self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE)
        try:
            self.pid = self.read_pid()
            self.map_counters(path)
            self.wait_until_warm()
            self.pids = machine.family(self.pid) if load.tree else [self.pid]
        except BaseException:
            self.child.terminate()  # it may have children to end
            self.end()
            raise

    def read_pid(self):
        line = self.child.stdout.readline().decode()
        if line.startswith("skipped: "):
            raise Skipped(line[len("skipped: "):].strip())
        if not line.startswith("ready: pid "):
            raise Failed("%s said %r" % (self.load.program, line))
        return int(line.split()[2].rstrip(","))

    def map_counters(self, path):
        """8-byte numbers, each stored by one thread and in one piece."""
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.counters = memoryview(memory).cast("Q")
        self.last = [0] * len(self.counters)

    def wait_until_warm(self):
        end = time.monotonic() + START_S
        while not all(self.counters):
            if time.monotonic() > end:
                raise Failed("no work in %s" % self.load.program)
            time.sleep(0.01)
        time.sleep(WARM_UP_S)
        self.work()

    @property
    def threads(self):
        return self.load.threads

    def work(self):
        """The sum of the counters, none of them caught at nought."""
        self.last = [self.counter(place, least)
                     for place, least in enumerate(self.last)]
        return sum(self.last)

    def counter(self, place, least):
        """pack_into() clears the number before it stores the new one; a
        thread that lost its CPU in between leaves it so for a while."""
        end, number = time.monotonic() + TORN_S, self.counters[place]
        while number < least:
            if time.monotonic() > end:
                raise Failed("a counter of %s goes back" % self.load.program)
            time.sleep(0.0002)
            number = self.counters[place]
        return number

    def cpu_seconds(self):
        """Of all its processes, those that it has waited for, too."""
        return sum(machine.cpu_seconds(pid) for pid in self.pids) + \
            machine.waited_seconds(self.pid)

    def stops(self):
        """How often the main thread let go of its CPU by itself.

        It is busy and makes no system call, so it does that only when it is
        stopped; and for the GIL, where other threads are busy.
        """
        return machine.status(self.pid, "voluntary_ctxt_switches")

    def end(self):
        """What it said, in whatever way it ended."""
        try:
            return self.child.communicate(timeout=60)[0].decode()
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.communicate()
            return ""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Its own check of its result must hold."""
        self.child.send_signal(signal.SIGTERM)
        last = self.end().strip().rsplit("\n", 1)[-1]
        if kind is None and not last.startswith("ok: "):
            raise Failed("the target's result is wrong: %r, status %s" % (
                last, self.child.returncode))
