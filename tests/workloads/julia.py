"""The Julia set of c = -0.62772 - 0.42193i, as a list of escape times.

The square [-1.8, 1.8)^2 is walked in steps of 3.6 / width; each cell counts
the rounds of z <- z^2 + c with |z| < 2, up to 300.

  lists    two lists of complex numbers first, then the loop (W01)
  opened   the loop's condition spread over four lines (W02)
  swapped  the cheap half of the condition first (W03)
  lean     no lists, results appended (W04)

A correct profile shows 95 % +- 1 of `lists` in `count_rounds`, whose lines
rank: the `while` test, z = z * z + c, n += 1, and all others far behind.
"""
from workload import finish, options

C = -0.62772 - 0.42193j
LIMIT = 300
SUMS = {50: 83654, 100: 334236, 200: 1329666, 300: 3004102, 500: 8306884,
        1000: 33219980}


def axes(width):
    """The coordinates, by repeated addition: y downwards, x upwards."""
    step = 3.6 / width
    ys, y = [], 1.8
    while y > -1.8:
        ys.append(y)
        y -= step
    xs, x = [], -1.8
    while x < 1.8:
        xs.append(x)
        x += step
    return ys, xs


def make_cells(width):
    ys, xs = axes(width)
    zs, cs = [], []
    for y in ys:
        for x in xs:
            zs.append(complex(x, y))
            cs.append(C)
    return zs, cs


def count_rounds(zs, cs):
    output = [0] * len(zs)
    for i in range(len(zs)):
        n = 0
        z = zs[i]
        c = cs[i]
        while abs(z) < 2 and n < LIMIT:
            z = z * z + c
            n += 1
        output[i] = n
    return output


def count_rounds_opened(zs, cs):
    output = [0] * len(zs)
    for i in range(len(zs)):
        n = 0
        z = zs[i]
        c = cs[i]
        while True:
            inside = abs(z) < 2
            early = n < LIMIT
            if not (inside and early):
                break
            z = z * z + c
            n += 1
        output[i] = n
    return output


def count_rounds_swapped(zs, cs):
    output = [0] * len(zs)
    for i in range(len(zs)):
        n = 0
        z = zs[i]
        c = cs[i]
        while n < LIMIT and abs(z) < 2:
            z = z * z + c
            n += 1
        output[i] = n
    return output


def count_rounds_lean(width):
    ys, xs = axes(width)
    output = []
    for y in ys:
        for x in xs:
            z = complex(x, y)
            n = 0
            while n < LIMIT and abs(z) < 2:
                z = z * z + C
                n += 1
            output.append(n)
    return output


COUNTERS = {"lists": count_rounds, "opened": count_rounds_opened,
            "swapped": count_rounds_swapped}


def draw(variant, width):
    if variant == "lean":
        return count_rounds_lean(width)
    zs, cs = make_cells(width)
    return COUNTERS[variant](zs, cs)


def main():
    args = options(
        __doc__,
        ("width", 1000, "cells along each side: %s" % sorted(SUMS)),
        ("--variant", ("lists", "opened", "swapped", "lean"), "which loop"))
    cells = draw(args.variant, args.width)
    finish(sum(cells) == SUMS.get(args.width),
           "%s of %d cells, sum %d" % (args.variant, len(cells), sum(cells)))


if __name__ == "__main__":
    main()
