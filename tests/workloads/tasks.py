"""Coroutines that call and await each other without end (3.7 on).

Five producers and five consumers share a queue; every item passes through a
chain of awaits, an asynchronous generator and an asynchronous context.

A correct profile shows the chain of awaits below `produce` and `consume`,
each under `Handle._run`, `_run_once`, `run_forever`; never a coroutine at
the root.
"""
import sys

from workload import finish, map_counters, options, skip


def main():
    args = options(
        __doc__,
        ("items", 2000, "from each producer in a round: the size"),
        ("--counter", "", "file with the count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    if sys.version_info < (3, 7):
        skip("asyncio.run came with Python 3.7")
    from modern import relay
    right, rounds = relay.run(args.items, args.seconds,
                              map_counters(args.counter, 1))
    finish(right, "%d rounds of %d items" % (
        rounds, relay.PAIRS * args.items))


if __name__ == "__main__":
    main()
