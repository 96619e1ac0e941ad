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

from workload import Run, finish, options, report, thread_id, thread_time

DATA = " ".join(str(n * n) for n in range(40000)).encode("ascii")


def pack():
    return len(zlib.compress(DATA, 6))


def digest():
    return hashlib.sha256(DATA).hexdigest()


def nap():
    time.sleep(0.001)


def repeat(run, call, row):
    """Call again and again: the answer must stay the same."""
    before, answers, rounds = thread_time(), set(), 0
    while run.goes_on() or not rounds:  # 2.7 lets a thread starve
        answers.add(call())
        rounds += 1
    row.update(tid=thread_id(), rounds=rounds, right=len(answers) == 1,
               cpu_seconds=thread_time() - before)


def main():
    args = options(
        __doc__,
        ("threads", 1, "of each kind"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    right = zlib.decompress(zlib.compress(DATA, 6)) == DATA
    run, rows, threads = Run(args.seconds), {}, []
    for number in range(args.threads):
        for call in (pack, digest, nap):
            name = "%s-%d" % (call.__name__, number)
            rows[name] = {}
            threads.append(threading.Thread(target=repeat, name=name,
                                            args=(run, call, rows[name])))
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
