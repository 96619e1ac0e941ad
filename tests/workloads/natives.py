"""Threads that Python knows nothing of, as a library of C would have them.

So many are made by pthread_create() itself, each in pause() for ever. The main thread works all the time.

A correct profile shows `work` and nothing else: no native thread has a
Python frame, and none may cost the main thread anything.
"""
import ctypes
import os
import threading

from workload import (COUNTER, Run, finish, lehmer, lehmer_after,
                      map_counters, options, report, skip)

SLICE = 1000


def create(libc, count):
    """Threads that are in pause() for ever; 0 or the number of failures.

    They inherit a mask that blocks all: every signal comes to Python's.
    """
    full, old = (ctypes.c_ulong * 16)(), (ctypes.c_ulong * 16)()
    libc.sigfillset(full)
    libc.pthread_sigmask(0, full, old)  # SIG_BLOCK
    try:
        return sum(libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None,
                                       libc.pause, None) != 0
                   for _ in range(count))
    finally:
        libc.pthread_sigmask(2, old, None)  # SIG_SETMASK


def kernel_threads():
    return len(os.listdir("/proc/self/task"))


def work(run, counters):
    state, slices = 1, 0
    while run.goes_on():
        state = lehmer(state, SLICE)
        slices += 1
        COUNTER.pack_into(counters, 0, slices)
    return slices, state == lehmer_after(SLICE * slices)


def main():
    args = options(
        __doc__,
        ("threads", 160, "how many native ones"),
        ("--counter", "", "file with the count of slices of work"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "pthread_create"):
        skip("no pthread_create in this C library")
    counters, before = map_counters(args.counter, 1), kernel_threads()
    errors = create(libc, args.threads)

    run = Run(args.seconds)
    slices, right = work(run, counters)
    alive = kernel_threads() - before
    report(pid=os.getpid(), native=alive, python=threading.active_count())
    finish(right and not errors and alive == args.threads,
           "%d slices beside %d native threads" % (slices, alive))


if __name__ == "__main__":
    main()
