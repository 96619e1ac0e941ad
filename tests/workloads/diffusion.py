"""Heat spreads over a square whose edges meet.

Each sweep adds to every cell a tenth of what its four neighbours have more
than it. The start is cold but for a square; the total never changes.

A correct profile shows nearly all in `sweep`: its two lines of neighbours
first and about equal, then the store and the inner `for`. Without --swap,
`make_grid` takes about a tenth (W11); with it the two grids change places
and that tenth is gone (W12).
"""
from workload import finish, options

SPREAD = 0.1
HEAT = 0.005
HOTTEST = {(64, 100): 0.00161073230544, (64, 1000): 0.00019119876854,
           (64, 3000): 0.00007355989294, (128, 100): 0.00365335320541}


def make_grid(size):
    return [[0.0] * size for _ in range(size)]


def heated_grid(size):
    grid = make_grid(size)
    square = range(int(size * 0.4), int(size * 0.5))
    for y in square:
        for x in square:
            grid[y][x] = HEAT
    return grid


def sweep(grid, new):
    size = len(grid)
    for y in range(size):
        for x in range(size):
            here = grid[y][x]
            dy = grid[(y + 1) % size][x] + grid[(y - 1) % size][x] - 2 * here
            dx = grid[y][(x + 1) % size] + grid[y][(x - 1) % size] - 2 * here
            new[y][x] = here + SPREAD * (dy + dx)


def spread(grid, sweeps):
    """A new grid for each sweep."""
    for _ in range(sweeps):
        new = make_grid(len(grid))
        sweep(grid, new)
        grid = new
    return grid


def spread_and_swap(grid, sweeps):
    """Two grids that change places."""
    new = make_grid(len(grid))
    for _ in range(sweeps):
        sweep(grid, new)
        grid, new = new, grid
    return grid


def check(grid, sweeps):
    """Is the total kept, and the hottest cell right where it is known?"""
    size = len(grid)
    total = (int(size * 0.5) - int(size * 0.4)) ** 2 * HEAT
    hottest = max(map(max, grid))
    known = HOTTEST.get((size, sweeps), hottest)
    return (abs(sum(map(sum, grid)) - total) < 1e-9
            and abs(hottest - known) < 1e-13)


def main():
    args = options(
        __doc__,
        ("size", 64, "cells along each side"),
        ("--sweeps", 3000, "how many"),
        ("--swap", False, "use two grids in turn"))
    run = spread_and_swap if args.swap else spread
    grid = run(heated_grid(args.size), args.sweeps)
    finish(check(grid, args.sweeps), "total %.6f, hottest %.14f" % (
        sum(map(sum, grid)), max(map(max, grid))))


if __name__ == "__main__":
    main()
