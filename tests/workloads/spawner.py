"""A loop that starts a child, waits for it and looks at its answer.

With --how fork the child is a fork of this process, which ends with a number
as its status; with vfork it is /bin/sh, started by posix_spawn(), of which
the C library makes a vfork; with subprocess by that module.

A correct profiler changes neither the statuses nor the speed, and misses
nothing. A profile shows `start_child`, and below `work` what is done between.
"""
import os
import subprocess

from workload import (COUNTER, Run, finish, lehmer, lehmer_after,
                      map_counters, options, skip)

STEPS = 10000


def end_with(status):
    return ["/bin/sh", "-c", "exit %d" % status]


def fork(status):
    pid = os.fork()
    if not pid:
        os._exit(status)
    return exit_status(pid)


def exit_status(pid):
    while True:
        try:
            _, state = os.waitpid(pid, 0)
            break
        except OSError as error:  # EINTR, before 3.5
            if error.errno != 4:
                raise
    return os.WEXITSTATUS(state) if os.WIFEXITED(state) else -1


def vfork(status):
    words = end_with(status)
    return exit_status(os.posix_spawn(words[0], words, os.environ))


def with_subprocess(status):
    return subprocess.call(end_with(status))


WAYS = {"fork": fork, "vfork": vfork, "subprocess": with_subprocess}


def start_child(how, status):
    return WAYS[how](status)


def work(size):
    return lehmer(1, STEPS * size) == lehmer_after(STEPS * size)


def main():
    args = options(
        __doc__,
        ("size", 1, "ten thousand steps of work between two children"),
        ("--how", ("fork", "vfork", "subprocess"), "to start a child"),
        ("--counter", "", "file with the count of children"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    if args.how == "vfork" and not hasattr(os, "posix_spawn"):
        skip("os.posix_spawn came with Python 3.8")
    counters = map_counters(args.counter, 1)
    children, wrong = 0, 0

    run = Run(args.seconds)
    while not children or run.goes_on():
        status = children % 100
        wrong += start_child(args.how, status) != status
        wrong += not work(args.size)
        children += 1
        COUNTER.pack_into(counters, 0, children)
    finish(children and not wrong, "%d children by %s, %d wrong" % (
        children, args.how, wrong))


if __name__ == "__main__":
    main()
