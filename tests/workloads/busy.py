"""The bench load: busy threads, sleeping threads, and a counter to watch.

Every busy thread stands so many frames deep and makes small units of work,
each a few calls. With --counter FILE it stores the number of its units there
after each one, 8 bytes in the machine's order (little-endian) per busy
thread: whoever maps the file can read the speed at any time. (One that is
just being stored reads as zero.)
The first busy thread is the main thread.

A correct profile shows the busy threads in `work` and below, the named number
of frames under it, in equal parts, and no sample of a sleeping thread.
"""
import os
import threading
import time

from workload import (COUNTER, Run, descend, finish, lehmer_after,
                      map_counters, options, report, thread_time)

STEPS = 60


def mix(state):
    steps = STEPS // 3
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def stir(state):
    return mix(mix(state))


def unit(state):
    return mix(stir(state))


def work(run, counters, place, results):
    """Count units of work until the run ends."""
    before, state, units = thread_time(), 1, 0
    while run.goes_on():
        state = unit(state)
        units += 1
        COUNTER.pack_into(counters, COUNTER.size * place, units)
    results[place] = (units, state, thread_time() - before)


def doze():
    time.sleep(86400)


def start(frames, leaf, *arguments):
    thread = threading.Thread(target=descend,
                              args=(frames, leaf) + arguments)
    thread.daemon = True
    thread.start()
    return thread


def main():
    args = options(
        __doc__,
        ("--threads", 1, "busy ones, the main thread among them"),
        ("--frames", 23, "how deep every thread stands"),
        ("--asleep", 0, "threads that sleep for ever"),
        ("--counter", "", "file with the count of units"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    counters = map_counters(args.counter, args.threads)
    results = {}

    for _ in range(args.asleep):
        start(args.frames, doze)
    run = Run(args.seconds)
    others = [start(args.frames, work, run, counters, place, results)
              for place in range(1, args.threads)]
    descend(args.frames, work, run, counters, 0, results)
    for thread in others:
        thread.join()

    units = [results[place][0] for place in range(args.threads)]
    right = all(
        results[place][1] == lehmer_after(STEPS * units[place])
        and COUNTER.unpack_from(counters, COUNTER.size * place)[0]
        == units[place] for place in range(args.threads))
    report(pid=os.getpid(), units=units,
           cpu_seconds=[results[place][2] for place in range(args.threads)])
    finish(right, "%d units in %d threads, %d asleep" % (
        sum(units), args.threads, args.asleep))


if __name__ == "__main__":
    main()
