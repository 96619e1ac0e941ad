"""A Python loop around C: the heat of diffusion.py, in an extension.

The extension is built with the C compiler ($CC, else cc) at every start, into
a folder of its own that goes when the program ends. Two threads call it: with
the GIL held they take turns, with --release both run at once.

A correct profile of Python frames has all in `keep_evolving`, at the line of
the call; with native frames `sweep` below `evolve` below that. With --release
the threads are active without the GIL.
"""
import array
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from diffusion import HEAT, HOTTEST  # noqa: E402
from workload import (Run, finish, options, report, skip,  # noqa: E402
                      thread_id, thread_time)


def build(folder):
    """Compile the extension there and import it, or skip the program."""
    headers = sysconfig.get_paths()["include"]
    if not os.path.exists(os.path.join(headers, "Python.h")):
        skip("no Python.h for this interpreter")
    target = os.path.join(folder, "evolve.so")
    try:
        code = subprocess.call(
            os.environ.get("CC", "cc").split()
            + ["-O2", "-g", "-fPIC", "-shared", "-I" + headers,
               os.path.join(HERE, "evolve.c"), "-o", target])
    except OSError:
        skip("no C compiler")
    if code:
        finish(False, "the extension does not compile")
    sys.path.insert(0, folder)
    import evolve
    return evolve


def heated_grid(size):
    grid = array.array("d", [0.0]) * (size * size)
    square = range(int(size * 0.4), int(size * 0.5))
    for y in square:
        for x in square:
            grid[y * size + x] = HEAT
    return grid


def keep_evolving(run, module, args, row):
    """Round after round from the same start: the same end each time."""
    before, ends, rounds = thread_time(), set(), 0
    while run.goes_on() or not rounds:  # 2.7 lets a thread starve
        grid = heated_grid(args.size)
        new = array.array("d", grid)
        module.evolve(grid, new, args.size, args.sweeps, args.release)
        ends.add((round(max(grid), 14), round(sum(grid), 9)))
        rounds += 1
    row.update(tid=thread_id(), rounds=rounds, ends=sorted(ends),
               cpu_seconds=thread_time() - before)


def main():
    args = options(
        __doc__,
        ("size", 64, "cells along each side"),
        ("--sweeps", 1000, "in a round; an even number"),
        ("--threads", 2, "how many"),
        ("--release", False, "let go of the GIL"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    folder = tempfile.mkdtemp(prefix="evolve-")
    try:
        measure(build(folder), args)
    finally:
        shutil.rmtree(folder)


def measure(module, args):
    run = Run(args.seconds)
    rows = [{} for _ in range(args.threads)]
    threads = [threading.Thread(target=keep_evolving, name="evolver-%d" % n,
                                args=(run, module, args, row))
               for n, row in enumerate(rows)]
    for thread in threads:
        thread.start()
    run.sleep()
    for thread in threads:
        thread.join()

    report(threads=rows)
    total = (int(args.size * 0.5) - int(args.size * 0.4)) ** 2 * HEAT
    hottest = rows[0]["ends"][0][0]
    known = HOTTEST.get((args.size, args.sweeps), hottest)
    finish(all(row["ends"] == rows[0]["ends"] and len(row["ends"]) == 1
               for row in rows)
           and abs(rows[0]["ends"][0][1] - total) < 1e-8
           and abs(hottest - known) < 1e-13,
           "%d rounds, total %.6f, hottest %.14f" % (
               sum(row["rounds"] for row in rows), total, hottest))


if __name__ == "__main__":
    main()
