"""One function that calls itself, as deep as asked.

Each round goes down, works at the bottom and comes back. With --parked the
bottom sleeps to the end of the run instead.

A correct profile shows `dive` depth + 1 times in a row with `work` (or
`rest`) at the end, or a stack cut with a frame that says how many frames are
missing; on the way down and up it shows fewer, but always rooted.
"""
import sys
import threading

from workload import Run, finish, lehmer, lehmer_after, options

STEPS = 200000


def work(_):
    return lehmer(1, STEPS)


def rest(run):
    run.sleep()
    return lehmer_after(STEPS)


def dive(left, bottom, run):
    """The work of the bottom, plus one for each level."""
    if not left:
        return bottom(run)
    return dive(left - 1, bottom, run) + 1


def dive_again(run, depth, bottom, results):
    while True:
        results.append(dive(depth, bottom, run))
        if not run.goes_on():
            break


def main():
    args = options(
        __doc__,
        ("depth", 900, "how many calls deep"),
        ("--seconds", 3.0, "how long to run, 0 for ever"),
        ("--parked", False, "sleep at the bottom"))
    sys.setrecursionlimit(args.depth + 200)
    # up to 3.10 every call is one more round of the interpreter in C
    threading.stack_size(max(1 << 24, args.depth << 12))
    bottom = rest if args.parked else work

    run, results = Run(args.seconds), []
    diver = threading.Thread(target=dive_again, name="diver",
                             args=(run, args.depth, bottom, results))
    diver.start()
    run.sleep()
    diver.join()
    finish(set(results) == {lehmer_after(STEPS) + args.depth},
           "%d dives of %d calls" % (len(results), args.depth))


if __name__ == "__main__":
    main()
