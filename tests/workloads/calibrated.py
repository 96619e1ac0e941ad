"""Functions that burn chosen shares of the CPU, and measure them.

Four functions do the same work in frames of their own, in slices of 0.5 to
1.5 ms which are shuffled, so that no sampler's clock keeps step with them.
Each slice is timed with the thread's own CPU clock.

A correct profile shows `hot`, `warm`, `mild` and `cool` with the shares of
the JSON line before the last one (50, 30, 15 and 5 % unless told otherwise),
and next to nothing for `measure`, the harness.
"""
import json
import random
from functools import reduce

from workload import (Run, finish, lehmer_after, options, report, thread_time)

try:
    from math import gcd
except ImportError:
    from fractions import gcd


def hot(state, steps):
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def warm(state, steps):
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def mild(state, steps):
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


def cool(state, steps):
    while steps:
        state = state * 48271 % 2147483647
        steps -= 1
    return state


BURNERS = (hot, warm, mild, cool)


def deck_of(shares):
    """The fewest cards that hold every function by its share."""
    unit = reduce(gcd, shares)
    return [burner for burner, share in zip(BURNERS, shares)
            for _ in range(share // unit)]


def steps_per_slice():
    """How many steps take a millisecond here."""
    before = thread_time()
    cool(1, 20000)
    return int(20000 * 0.001 / (thread_time() - before))


def measure(run, deck, steps):
    """Deal the deck until the run ends; CPU by function, steps, state."""
    cpu = dict.fromkeys(BURNERS, 0.0)
    dice = random.Random(1)
    made, state = 0, 1
    while run.goes_on():
        dice.shuffle(deck)
        for burner in deck:
            count = int(steps * (0.5 + dice.random()))
            before = thread_time()
            state = burner(state, count)
            cpu[burner] += thread_time() - before
            made += count
    return cpu, made, state


def main():
    args = options(
        __doc__,
        ("--seconds", 4.0, "how long to run, 0 for ever"),
        ("--shares", "50,30,15,5", "of hot, warm, mild and cool"),
        ("--json", "", "write the JSON line to this file instead"))
    shares = [int(share) for share in args.shares.split(",")]
    deck, steps = deck_of(shares), steps_per_slice()

    run = Run(args.seconds)
    before = thread_time()
    cpu, made, state = measure(run, deck, steps)
    total = thread_time() - before

    seconds = {burner.__name__: cpu[burner] for burner in BURNERS}
    seconds["measure"] = total - sum(cpu.values())
    facts = {"cpu_seconds": seconds, "total": total}
    if args.json:
        with open(args.json, "w") as out:
            json.dump(facts, out)
    else:
        report(**facts)

    found = [100 * cpu[burner] / total for burner in BURNERS]
    wanted = [100.0 * share / sum(shares) for share in shares]
    near = all(abs(f - w) < 3 for f, w in zip(found, wanted))
    finish(state == lehmer_after(made) and near,
           "%s %% of %.2f CPU seconds in %d steps, harness %.2f %%" % (
               " / ".join("%.2f" % share for share in found), total, made,
               100 * seconds["measure"] / total))


if __name__ == "__main__":
    main()
