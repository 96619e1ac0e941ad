"""Threads that let go of the GIL all the time.

One packs with zlib, one hashes with SHA-256, one takes short naps.

A correct profile shows `pack` and `digest` active at once, each near a whole
CPU where there are two, and hardly ever with the GIL; `nap` idle. With -g
next to nothing is left.
"""
import hashlib
import threading
import time
import zlib

from workload import (COUNTER, Run, finish, map_counters, options, report,
                      thread_id, thread_time)

DATA = " ".join(str(n * n) for n in range(40000)).encode("ascii")
SMALL = 4096  # the GIL is let go from 2 KiB on


def pack(data):
    return len(zlib.compress(data, 6))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def nap(_):
    time.sleep(0.001)


def repeat(run, call, data, row, counters, place):
    """Call again and again: the answer must stay the same."""
    before, answers, rounds = thread_time(), set(), 0
    while run.goes_on() or not rounds:  # 2.7 lets a thread starve
        answers.add(call(data))
        rounds += 1
        COUNTER.pack_into(counters, COUNTER.size * place, rounds)
    row.update(tid=thread_id(), rounds=rounds, right=len(answers) == 1,
               cpu_seconds=thread_time() - before)


def main():
    args = options(
        __doc__,
        ("threads", 1, "of each kind"),
        ("--small", False, "short calls: the GIL goes to and fro"),
        ("--counter", "", "file with each thread's count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    data = DATA[:SMALL] if args.small else DATA
    right = zlib.decompress(zlib.compress(data, 6)) == data
    counters = map_counters(args.counter, 3 * args.threads)
    run, rows, threads = Run(args.seconds), {}, []
    for number in range(args.threads):
        for call in (pack, digest, nap):
            name = "%s-%d" % (call.__name__, number)
            rows[name] = {}
            threads.append(threading.Thread(target=repeat, name=name,
                                            args=(run, call, data, rows[name],
                                                  counters, len(threads))))
            threads[-1].start()
    run.sleep()
    for thread in threads:
        thread.join()

    report(threads=rows)
    finish(right and all(row["right"] for row in rows.values()),
           "%d rounds in %d threads" % (
               sum(row["rounds"] for row in rows.values()), len(rows)))


if __name__ == "__main__":
    main()
