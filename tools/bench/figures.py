"""Medians, and how sure they are without assuming a distribution."""
import math

WANTED = 0.95


def median(values):
    values = sorted(values)
    if not values:
        return None
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    return (values[middle - 1] + values[middle]) / 2


def mean(values):
    return sum(values) / len(values) if values else None


def rank(count):
    """(k, coverage): the median lies between the k-th least and the k-th
    greatest of count values with that probability, 95 % or a little more;
    less only when so few values cannot give it.

    The number of values below the median is binomial with one half.
    """
    tail, best = 0.0, (1, 1 - 2 * 0.5 ** count)
    for k in range(1, count // 2 + 1):
        tail += math.comb(count, k - 1) * 0.5 ** count
        if 1 - 2 * tail < WANTED:
            break
        best = k, 1 - 2 * tail
    return best


class Interval:
    """A median and the interval that holds the true one."""

    def __init__(self, values):
        values = sorted(values)
        k, self.coverage = rank(len(values))
        self.median = median(values)
        self.low, self.high = values[k - 1], values[-k]

    @property
    def sure(self):
        return self.coverage >= WANTED

    def text(self, digits):
        return "%.*f [%.*f, %.*f]" % (digits, self.median, digits, self.low,
                                      digits, self.high)
