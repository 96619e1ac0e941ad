"""Many threads, some of which end and are made anew all the time.

Each thread works a little, sleeps its life out and ends; as many a second as
--rate says end, and are made again. With --log FILE a line `born TID TIME`
or `died TID TIME` says when, by the monotonic clock.

A correct profile with idle threads has every thread that lived for more than
a few ticks, each `thread-N` in `live`; nothing is lost but what just ended.
"""
import os
import threading
import time

from workload import (COUNTER, Run, finish, lehmer, lehmer_after,
                      map_counters, now, options, thread_id)

STEPS = 100


class Crowd(object):
    """Those that live, and what became of the others."""

    def __init__(self, log):
        self.ended = self.wrong = self.made = 0
        self.lock = threading.Lock()
        self.log = os.open(log or os.devnull,
                           os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what, tid):
        os.write(self.log, ("%s %d %.6f\n" % (what, tid, now())).encode())

    def live(self, seconds):
        tid = thread_id()
        self.note("born", tid)
        right = lehmer(1, STEPS) == lehmer_after(STEPS)
        time.sleep(seconds)
        with self.lock:
            self.ended += 1
            self.wrong += not right
        self.note("died", tid)

    def add(self, seconds):
        thread = threading.Thread(target=self.live, args=(seconds,),
                                  name="thread-%d" % self.made)
        thread.daemon = True
        thread.start()
        self.made += 1


def main():
    args = options(
        __doc__,
        ("threads", 1000, "that live at any time"),
        ("--rate", 300.0, "that end and are made in a second"),
        ("--log", "", "file with the births and deaths"),
        ("--counter", "", "file with the count of threads that ended"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    counters = map_counters(args.counter, 1)
    crowd, life = Crowd(args.log), args.threads / args.rate
    threading.stack_size(1 << 18)
    for number in range(args.threads):
        crowd.add(life * (number + 1) / args.threads)

    run = Run(args.seconds)
    while run.goes_on():
        while crowd.made - crowd.ended < args.threads:
            crowd.add(life)
        COUNTER.pack_into(counters, 0, crowd.ended)
        time.sleep(0.005)
    finish(not crowd.wrong and crowd.ended, "%d threads made, %d ended" % (
        crowd.made, crowd.ended))


if __name__ == "__main__":
    main()
