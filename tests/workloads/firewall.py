"""A packet that must slip past the scanners of a firewall.

A scanner of height h sweeps its column up and down, one step per tick; the
packet enters after a delay, moves one column per tick, and is caught where
the scanner stands at the top. What is the least delay that gets through?

The firewall is built around its answer T: for the periods 2, 4, 8 and twice
each odd prime up to 17, one scanner catches every delay of a residue other
than T's. Only T (modulo 2,042,040) is left.

A correct profile of --slow shows copying to be the cost: `duplicate` with
`copy` below it before `tick` with `advance`, all under `least_delay`. --fast
asks each scanner for its period instead: same answer, a hundredth of the
time, nearly all of it in `caught`.
"""
from workload import finish, options

PERIODS = (2, 4, 8, 6, 10, 14, 22, 26, 34)
LIMIT = 2042040


class Scanner(object):
    """One column: where its scanner stands, and which way it goes."""

    def __init__(self, height, position=0, step=1):
        self.height = height
        self.position = position
        self.step = step

    def copy(self):
        return Scanner(self.height, self.position, self.step)

    def advance(self):
        if not 0 <= self.position + self.step < self.height:
            self.step = -self.step
        self.position += self.step


def build_firewall(answer):
    """Heights by column, such that the answer is the least delay."""
    heights = {}
    for period in PERIODS:
        parent = period // 2 if period in (4, 8) else 2
        for residue in range(period):
            if residue == answer % period:
                continue
            if period > 2 and residue % parent != answer % parent:
                continue  # an earlier scanner catches it
            column = -residue % period
            while column in heights:
                column += period
            heights[column] = period // 2 + 1
    return heights


def duplicate(firewall):
    return {column: scanner.copy() for column, scanner in firewall.items()}


def tick(firewall):
    for scanner in firewall.values():
        scanner.advance()


def crosses(firewall, columns):
    """Move the packet and the scanners: does it get through?"""
    for column in range(columns):
        if column in firewall and firewall[column].position == 0:
            return False
        tick(firewall)
    return True


def least_delay(heights):
    """Try every delay on a copy, and keep the time on another."""
    firewall = {column: Scanner(h) for column, h in heights.items()}
    columns, delay = max(heights) + 1, 0
    while not crosses(duplicate(firewall), columns):
        firewall = duplicate(firewall)
        tick(firewall)
        delay += 1
    return delay


def caught(scanners, delay):
    for column, period in scanners:
        if (delay + column) % period == 0:
            return True
    return False


def least_delay_by_period(heights):
    """A scanner is at the top once in 2 (h - 1) ticks: no need to move."""
    scanners = sorted(((column, 2 * (height - 1))
                       for column, height in heights.items()),
                      key=lambda scanner: scanner[1])
    delay = 0
    while caught(scanners, delay):
        delay += 1
    return delay


def main():
    args = options(
        __doc__,
        ("answer", 234567, "the least delay, below 2042040: the size"),
        ("--slow", False, "move and copy the scanners (the default)"),
        ("--fast", False, "use their periods"))
    heights = build_firewall(args.answer)
    search = least_delay_by_period if args.fast else least_delay
    delay = search(heights)
    finish(delay == args.answer % LIMIT,
           "%d scanners let the packet through after a delay of %d" % (
               len(heights), delay))


if __name__ == "__main__":
    main()
