"""A process and so many children, each busy for a while and idle for longer.

The children are forks. Each works about a millisecond in every 40, in
`child_work`, and sleeps between, in `child_rest`; the parent only waits.

A correct profile of the tree shows each child, with --idle in every tick;
all of them together use about one and a half CPUs if there are 50.
"""
import os
import signal
import time

from workload import (COUNTER, Run, finish, lehmer, lehmer_after,
                      map_counters, now, options)

STEPS = 8000


def child_work():
    return lehmer(1, STEPS) == lehmer_after(STEPS)


def child_rest(seconds):
    time.sleep(seconds)


def live(run, parent, place, counters, beat):
    """The status is 0 when every round was right; no child is an orphan."""
    right, rounds = True, 0
    while not rounds or run.goes_on() and os.getppid() == parent:
        begin = now()
        right = child_work() and right
        rounds += 1
        COUNTER.pack_into(counters, COUNTER.size * place, rounds)
        child_rest(max(0.0, begin + beat - now()))
    return 0 if right and rounds else 1


def start(run, place, counters, beat):
    parent, pid = os.getpid(), os.fork()
    if pid:
        return pid
    status = 2
    try:
        run.reader, run.writer = os.pipe()  # its own, not the parent's
        status = live(run, parent, place, counters, beat)
    finally:
        os._exit(status)


def main():
    args = options(
        __doc__,
        ("processes", 50, "how many children"),
        ("--beat", 40.0, "milliseconds from one round to the next"),
        ("--counter", "", "file with each child's count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    counters = map_counters(args.counter, args.processes)
    run = Run(args.seconds)
    children = [start(run, place, counters, args.beat / 1000)
                for place in range(args.processes)]
    run.sleep()
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    rounds = sum(COUNTER.unpack_from(counters, COUNTER.size * place)[0]
                 for place in range(args.processes))
    finish(not any(statuses), "%d rounds in %d processes" % (
        rounds, args.processes))


if __name__ == "__main__":
    main()
