"""Threads of pure Python that fight for the GIL.

A correct profile with -g, by the GIL, gives each thread the same share to
within 3 %, `spin_left` and `spin_right` in turn, and 100 % in sum; without -g
every thread is active or waits for the GIL all the time.
"""
import threading

from workload import (Run, finish, lehmer_after, options, report, thread_id,
                      thread_time)

SLICE = 1000


def spin_left(state):
    steps = SLICE
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def spin_right(state):
    steps = SLICE
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def fight(run, spin, row):
    before, state, slices = thread_time(), 1, 0
    while run.goes_on():
        state = spin(state)
        slices += 1
    row.update(tid=thread_id(), function=spin.__name__, slices=slices,
               cpu_seconds=thread_time() - before,
               right=state == lehmer_after(SLICE * slices))


def main():
    args = options(
        __doc__,
        ("threads", 2, "how many"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    run, rows, threads = Run(args.seconds), [], []
    for number in range(args.threads):
        rows.append({})
        spin = (spin_left, spin_right)[number % 2]
        threads.append(threading.Thread(
            target=fight, name="fighter-%d" % number,
            args=(run, spin, rows[-1])))
        threads[-1].start()
    run.sleep()
    for thread in threads:
        thread.join()

    report(threads=rows)
    total = sum(row["cpu_seconds"] for row in rows)
    finish(all(row["right"] for row in rows),
           "%.2f CPU seconds in shares of %s %%" % (total, " / ".join(
               "%.1f" % (100 * row["cpu_seconds"] / total) for row in rows)))


if __name__ == "__main__":
    main()
