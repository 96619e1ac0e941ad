"""Five bad days, found by a chain of generators.

A sensor is read once an hour; on five days it goes wrong at noon. `read`
yields lines, `parse` pairs of day and value, `by_day` lists of a day, and
`anomalous` the days with a value far from their mean.

A correct profile shows the whole chain that is being resumed: `read` only
under `parse`, that only under `by_day` (itertools stands between them, and
no frame of its own), that only under `anomalous`. No chain begins in the
middle.
"""
import itertools

from workload import COUNTER, Run, finish, map_counters, options

BAD_DAYS = 5


def read(days, bad):
    """A line for each hour: noise, by Lehmer's generator, and five leaps."""
    noise = 1
    for day in range(days):
        for hour in range(24):
            noise = noise * 48271 % 2147483647
            leap = 900 if day in bad and hour == 12 else 0
            yield "%d %d" % (day, 1000 + noise % 100 + leap)


def parse(lines):
    for line in lines:
        day, value = line.split()
        yield int(day), int(value)


def by_day(pairs):
    for day, group in itertools.groupby(pairs, first):
        yield day, [value for _, value in group]


def first(pair):
    return pair[0]


def spread(values):
    """Mean and standard deviation."""
    mean = sum(values) / float(len(values))
    return mean, (sum((value - mean) ** 2 for value in values)
                  / len(values)) ** 0.5


def anomalous(days):
    """The days with a value more than four deviations from the mean."""
    for day, values in days:
        mean, deviation = spread(values)
        if max(values) > mean + 4 * deviation:
            yield day


def main():
    args = options(
        __doc__,
        ("days", 500, "how many are read in each round"),
        ("--counter", "", "file with the count of rounds"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    bad = [args.days * (2 * place + 1) // (2 * BAD_DAYS)
           for place in range(BAD_DAYS)]

    counters = map_counters(args.counter, 1)
    run, rounds, right = Run(args.seconds), 0, True
    while run.goes_on():
        found = list(anomalous(by_day(parse(read(args.days, bad)))))
        right = right and found == bad
        rounds += 1
        COUNTER.pack_into(counters, 0, rounds)
    finish(right, "%d rounds of %d days, bad ones %s" % (
        rounds, args.days, bad))


if __name__ == "__main__":
    main()
