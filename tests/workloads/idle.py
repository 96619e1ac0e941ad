"""A program that sleeps all the time.

A correct profile has no active sample and says so, in every format; with
idle threads it shows `oversleep` alone.
"""
import time

from workload import cpu_seconds, finish, options, ready, thread_id


def oversleep(seconds):
    time.sleep(seconds)


def main():
    args = options(__doc__, ("seconds", 3.0, "how long to sleep, 0 for ever"))
    ready()
    before = cpu_seconds(thread_id())
    oversleep(args.seconds or 1e8)
    used = cpu_seconds(thread_id()) - before
    finish(used < 0.01,
           "slept, and used %.3f ms of CPU" % (1000 * used))


if __name__ == "__main__":
    main()
