"""Pairs of threads that hand the GIL to each other all the time.

Each pair plays ping-pong: with --through pipe a byte goes to and fro, a
system call and a change of the GIL for each; with --through lock all threads
fight for one lock, hold it for a few lines, and let it go.

A correct profile shows `serve` and `reply` (or `hold`), mostly in their read
or acquire, and loses next to nothing though the GIL is never where it was.
"""
import os
import threading

from workload import COUNTER, Run, finish, map_counters, options


def serve(run, ball, back, place, counters, results):
    """Send the number of the round, and expect it back."""
    rounds, wrong = 0, 0
    while run.goes_on() or not rounds:
        byte = bytearray([rounds % 251])
        os.write(ball, byte)
        wrong += os.read(back, 1) != byte
        rounds += 1
        COUNTER.pack_into(counters, COUNTER.size * place, rounds)
    os.close(ball)
    results[place] = rounds, wrong


def reply(ball, back):
    while True:
        byte = os.read(ball, 1)
        if not byte:
            break
        os.write(back, byte)


def through_pipe(run, pairs, counters, results):
    threads = []
    for place in range(pairs):
        there, here = os.pipe(), os.pipe()
        threads += [
            threading.Thread(target=serve, name="serve-%d" % place, args=(
                run, there[1], here[0], place, counters, results)),
            threading.Thread(target=reply, name="reply-%d" % place,
                             args=(there[0], here[1]))]
    return threads


def hold(run, lock, total, place, counters, results):
    """Only the lock keeps the two numbers equal."""
    rounds, wrong = 0, 0
    while run.goes_on() or not rounds:
        with lock:
            wrong += total[0] != total[1]
            total[0] += 1
            total[1] = total[0]
        rounds += 1
        COUNTER.pack_into(counters, COUNTER.size * place, rounds)
    results[place] = rounds, wrong


def through_lock(run, pairs, counters, results):
    lock, total = threading.Lock(), [0, 0]
    return [threading.Thread(target=hold, name="hold-%d" % number, args=(
        run, lock, total, number, counters, results))
        for number in range(2 * pairs)]


def main():
    args = options(
        __doc__,
        ("pairs", 1, "of threads: the size"),
        ("--through", ("pipe", "lock"), "which way"),
        ("--counter", "", "file with each thread's count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    ways = {"pipe": (through_pipe, args.pairs),
            "lock": (through_lock, 2 * args.pairs)}
    start, places = ways[args.through]
    counters, results = map_counters(args.counter, places), {}
    run = Run(args.seconds)
    threads = start(run, args.pairs, counters, results)
    for thread in threads:
        thread.start()
    run.sleep()
    for thread in threads:
        thread.join()

    wrong = sum(result[1] for result in results.values())
    finish(len(results) == places and not wrong, "%d rounds, %d wrong" % (
        sum(result[0] for result in results.values()), wrong))


if __name__ == "__main__":
    main()
