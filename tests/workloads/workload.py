"""workload.py - what every workload shares

Its clocks, its options, its first line (`ready: pid N`) and its last one
(`ok: ...`, `FAILED: ...` or `skipped: ...`, with the exit status to match).

The work that most of them do is Lehmer's generator, x <- 48271 x modulo the
prime 2^31 - 1: plain integer arithmetic, in one frame, whose state after any
number of steps is known without making them.
"""
from __future__ import print_function

import argparse
import json
import mmap
import os
import select
import signal
import struct
import sys
import tempfile
import threading
import time

now = getattr(time, "monotonic", time.time)


COUNTER = struct.Struct("Q")


def map_counters(name, count):
    """Map the file, or a nameless one, as so many counters of zero.

    Whoever maps the file, too, can read the speed at any time. To store one:
    COUNTER.pack_into(counters, COUNTER.size * place, number).
    """
    with open(name, "w+b") if name else tempfile.TemporaryFile() as out:
        out.write(bytearray(COUNTER.size * count))
        out.flush()
        return mmap.mmap(out.fileno(), 0)


def lehmer(state, steps):
    """Make so many steps of the generator."""
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def lehmer_after(steps):
    """The state which so many steps from 1 must reach."""
    return pow(48271, steps, 2147483647)


def _thread_clock():
    """The CPU clock of the calling thread; Python before 3.7 hides it."""
    if hasattr(time, "thread_time"):
        return time.thread_time
    if hasattr(time, "clock_gettime"):
        return lambda: time.clock_gettime(3)  # CLOCK_THREAD_CPUTIME_ID

    import ctypes

    class Timespec(ctypes.Structure):
        _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]

    libc = ctypes.PyDLL(None)  # keeps the GIL: a clock must not hand it over

    def thread_time():
        spec = Timespec()
        libc.clock_gettime(3, ctypes.byref(spec))
        return spec.sec + spec.nsec * 1e-9

    return thread_time


thread_time = _thread_clock()


def thread_id():
    """The kernel's id of the calling thread."""
    return int(os.path.basename(os.readlink("/proc/thread-self")))


def cpu_seconds(tid):
    """The CPU time of any thread of this process, by the scheduler."""
    with open("/proc/self/task/%d/schedstat" % tid) as schedstat:
        return int(schedstat.read().split()[0]) * 1e-9


def options(doc, *specs):
    """Parse the command line; a spec is (flag, default, help)."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    for flag, default, text in specs:
        if isinstance(default, bool):
            parser.add_argument(flag, action="store_true", help=text)
            continue
        more = {} if flag.startswith("-") else {"nargs": "?"}
        if isinstance(default, tuple):  # a choice; the first is the default
            more["choices"], default = default, default[0]
        parser.add_argument(flag, default=default, type=type(default),
                            help="%s (%s)" % (text, default or "none"), **more)
    return parser.parse_args()


class Run(object):
    """A run that ends after some seconds (0: never), SIGTERM or SIGINT."""

    def __init__(self, seconds, facts=""):
        self.seconds, self.stopped = seconds, False
        self.reader, self.writer = os.pipe()
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        self.start = now()
        ready(facts)

    def stop(self, *_):
        self.stopped = True
        os.write(self.writer, b".")

    def goes_on(self):
        return not self.stopped and (
            not self.seconds or now() - self.start < self.seconds)

    def sleep(self):
        """Sleep to the end of the run, in one piece."""
        while self.goes_on():
            left = None
            if self.seconds:
                left = max(0, self.start + self.seconds - now())
            try:
                select.select([self.reader], [], [], left)
            except select.error:  # EINTR, before 3.5
                pass


def descend(frames, leaf, *arguments):
    """Call the leaf as the frame of that number, the root being 1."""
    return stairs(frames - depth(sys._getframe()), leaf, arguments)


def depth(frame):
    count = 0
    while frame:
        count, frame = count + 1, frame.f_back
    return count


def stairs(frames, leaf, arguments):
    if frames <= 2:
        return leaf(*arguments)
    return landing(frames - 1, leaf, arguments)


def landing(frames, leaf, arguments):
    if frames <= 2:
        return leaf(*arguments)
    return stairs(frames - 1, leaf, arguments)


def ready(facts=""):
    say("ready: pid %d%s" % (os.getpid(), facts))


def say(text):
    print(text)
    sys.stdout.flush()


def report(**facts):
    """The program's own truth, as one line of JSON."""
    say(json.dumps(facts, sort_keys=True))


def finish(right, text):
    say("%s: %s" % ("ok" if right else "FAILED", text))
    status = 0 if right else 1
    if threading.active_count() > 1:  # daemons would have the last word
        os._exit(status)
    sys.exit(status)


def skip(why):
    say("skipped: %s" % why)
    sys.exit(0)
