"""A server that waits for work nearly all the time.

So many threads wait, each for a queue of its own. On a fixed beat one of
them, in turn, gets a request, works for about a millisecond and answers.

A correct profile shows `answer` for 1 % of the time at the default beat, and
nothing else; with idle threads each `worker-N` in `serve`. A profiler should
need next to nothing beside it.
"""
import threading
import time

from workload import (COUNTER, Run, cpu_seconds, finish, lehmer, lehmer_after,
                      map_counters, now, options, report, thread_id)

try:
    import queue
except ImportError:
    import Queue as queue

STEPS = 10000  # about a millisecond


def answer(steps):
    return lehmer(1, steps)


def serve(requests, answers):
    while True:
        answers.put(answer(requests.get()))


def start(number, answers):
    requests = queue.Queue()
    thread = threading.Thread(target=serve, name="worker-%d" % number,
                              args=(requests, answers))
    thread.daemon = True
    thread.start()
    return requests


def main():
    args = options(
        __doc__,
        ("threads", 100, "how many wait"),
        ("--beat", 100.0, "milliseconds between two requests"),
        ("--counter", "", "file with the count of answers"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    counters = map_counters(args.counter, 1)
    answers = queue.Queue()
    workers = [start(number, answers) for number in range(args.threads)]
    expected, asked, wrong = lehmer_after(STEPS), 0, 0

    run = Run(args.seconds)
    due = now()
    while not asked or run.goes_on():
        workers[asked % len(workers)].put(STEPS)
        wrong += answers.get() != expected
        asked += 1
        COUNTER.pack_into(counters, 0, asked)
        due = max(due + args.beat / 1000, now())
        time.sleep(max(0, due - now()))

    report(tid=thread_id(), own_seconds=cpu_seconds(thread_id()))
    finish(asked and not wrong, "%d answers of %d threads, %d wrong" % (
        asked, args.threads, wrong))


if __name__ == "__main__":
    main()
