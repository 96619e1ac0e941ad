"""A program that faults pages in all the time.

Each round maps so many MiB of fresh memory, writes one number into every
page, reads them back, and unmaps it: nearly all of its time is the kernel's.

A correct profile shows `touch` and `gather`, at their loops; the speed is as
without a profiler.
"""
import mmap

from workload import COUNTER, Run, finish, map_counters, options

PAGE = mmap.PAGESIZE


def touch(memory, pages):
    """Write into every page: one fault for each."""
    page = 0
    while page < pages:
        memory[page * PAGE:page * PAGE + 1] = b"\x01"
        page += 1


def gather(memory, pages):
    total, page = 0, 0
    while page < pages:
        total += len(memory[page * PAGE:page * PAGE + 2].strip(b"\x00"))
        page += 1
    return total


def one_round(pages):
    memory = mmap.mmap(-1, pages * PAGE)
    touch(memory, pages)
    total = gather(memory, pages)
    memory.close()
    return total == pages


def main():
    args = options(
        __doc__,
        ("size", 16, "MiB of each round"),
        ("--counter", "", "file with the count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    counters = map_counters(args.counter, 1)
    pages, rounds, right = (args.size << 20) // PAGE, 0, True

    run = Run(args.seconds)
    while not rounds or run.goes_on():
        right = one_round(pages) and right
        rounds += 1
        COUNTER.pack_into(counters, 0, rounds)
    finish(rounds and right, "%d rounds of %d pages" % (rounds, pages))


if __name__ == "__main__":
    main()
