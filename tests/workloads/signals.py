"""A program that is full of signals, and counts them.

An interval timer sends SIGALRM every 5 ms; a thread sends SIGUSR1 and waits
for it to be handled before it sends the next. Meanwhile the main thread
works, and says how fast.

A correct profiler loses none of them and leaves the speed as it was:
handled equals sent, `steps_per_second` is within the noise of a run alone.
A profile shows `work`, with `count_alarm` and `count_user` above it at times.
"""
import os
import signal
import threading
import time

from workload import (COUNTER, Run, finish, lehmer, lehmer_after,
                      map_counters, now, options, report)

SLICE = 1000


class Post(object):
    """What was sent, and what came."""

    def __init__(self):
        self.alarms = self.users = self.sent = self.lost = 0

    def count_alarm(self, *_):
        self.alarms += 1

    def count_user(self, *_):
        self.users += 1

    def send(self, run, interval):
        """One after the other: signals of a kind do not queue."""
        while run.goes_on():
            os.kill(os.getpid(), signal.SIGUSR1)
            self.sent += 1
            patience = now() + 2
            while self.users + self.lost < self.sent:
                time.sleep(interval / 10)
                if now() > patience:
                    self.lost += 1
            time.sleep(interval)


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
        ("--interval", 5.0, "milliseconds between two signals of a kind"),
        ("--counter", "", "file with the count of slices of work"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    interval, post = args.interval / 1000, Post()
    counters = map_counters(args.counter, 1)
    run = Run(args.seconds)
    signal.signal(signal.SIGALRM, post.count_alarm)
    signal.signal(signal.SIGUSR1, post.count_user)
    sender = threading.Thread(target=post.send, args=(run, interval))
    start = now()
    signal.setitimer(signal.ITIMER_REAL, interval, interval)
    sender.start()
    slices, right = work(run, counters)
    signal.setitimer(signal.ITIMER_REAL, 0)
    elapsed = now() - start
    sender.join()

    due = int(elapsed / interval)
    report(users={"sent": post.sent, "handled": post.users},
           alarms={"due": due, "handled": post.alarms},
           steps_per_second=SLICE * slices / elapsed)
    finish(right and not post.lost and 0.8 * due <= post.alarms <= due + 1,
           "%d of %d signals, %d of %d alarms, %.1f million steps/s" % (
               post.users, post.sent, post.alarms, due,
               SLICE * slices / elapsed / 1e6))


if __name__ == "__main__":
    main()
