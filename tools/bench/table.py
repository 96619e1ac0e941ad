"""What was measured as tables: for the terminal, and for the README."""
import collections

from figures import Interval, mean, median

# bar: its text; fails: None where there is none, or too little to judge
Row = collections.namedtuple("Row", "name bar fails values")
# judged: the key of the profiler for which its bars are
Section = collections.namedtuple("Section", "title rate judged rows")
JUDGED = "cprof"
FIRST, BAR, VERDICT, CELL = 22, 9, 6, 24


# --- rows


def plain_row(name, values, digits, bar=None, least=False, judged=JUDGED):
    """Numbers known exactly; the bar is the most they may be, or the least."""
    value, fails, sign = values.get(judged), None, ">=" if least else "<="
    if bar is not None and value is not None:
        fails = value < bar if least else value > bar
    return Row(name, bar_text(sign, bar), fails, {
        key: "-" if value is None else "%.*f" % (digits, value)
        for key, value in values.items()})


def sure_row(name, lists, digits, bar=None, judged=JUDGED, sign="<="):
    """Medians; the bar is missed when the whole interval lies above it.

    That is so for the sign "<="; with "~" it is missed when the median lies
    above it and the interval above nought: no noise explains it.
    """
    intervals = {key: Interval(values) for key, values in lists.items()}
    own, fails = intervals.get(judged), None
    if bar is not None and own and own.sure:
        fails = own.low > bar
        if sign == "~":
            fails = own.low > 0 and own.median > bar
    return Row(name, bar_text(sign, bar), fails, {
        key: each.text(digits) for key, each in intervals.items()})


def bar_text(sign, bar):
    return "" if bar is None else "%s %g" % (sign, bar)


def share(part, rest):
    """% of all; None where there is nothing at all."""
    return 100 * part / (part + rest) if part + rest else None


def lost_of(cell):
    if not cell.column("samples"):
        return None
    return share(sum(cell.column("lost")), sum(cell.column("samples")))


class Costs:
    """The rows of one load at one rate."""

    def __init__(self, load, rate, cells):
        self.load, self.cells = load, cells
        self.bars = load.bars.get(rate, {})

    def sure(self, name, digits, values, key):
        """With a bar "~ key", noise excuses what lies above it."""
        sign = "~" if "~ " + key in self.bars else "<="
        bar = self.bars.get("~ " + key, self.bars.get(key))
        return sure_row(name, {each: values(cell) for each, cell in
                               self.cells.items()},
                        digits, bar, self.load.judged, sign)

    def exact(self, name, digits, value, key=None, least=False):
        return plain_row(name, {each: value(cell) for each, cell in
                                self.cells.items()},
                         digits, self.bars.get(key), least, self.load.judged)

    def said(self, name, digits, what, merge, key=None, least=False):
        def value(cell):
            column = cell.column(what)
            return merge(column) if column else None
        return self.exact(name, digits, value, key, least)


def cost_section(load, rate, cells):
    costs = Costs(load, rate, cells)
    sure, exact, said = costs.sure, costs.exact, costs.said
    return Section(load.title, rate, load.judged, [
        sure("slowdown, %", 2, lambda cell: cell.slowdown, "slowdown"),
        sure("per CPU second, %", 2, lambda cell: cell.per_cpu, "per CPU"),
        said("held, %", 3, "held", mean, "held"),
        exact("CPU withheld, %", 2, lambda cell: median(cell.withheld)),
        exact("ticks, %", 2, lambda cell: cell.ticks, "ticks", least=True),
        said("deadlines missed", 0, "missed", sum),
        exact("lost samples, %", 3, lost_of, "lost"),
        exact("own CPU, %", 2, lambda cell: mean(cell.own), "own CPU"),
        said("pause p50, us", 1, "p50", median, "pause p50"),
        said("pause p99, us", 1, "p99", median, "pause p99"),
        said("longest pause, us", 1, "longest", max),
        said("calls disturbed", 0, "disturbed", sum),
    ] + examined(load, said) + [
        exact("other work, %", 1, lambda cell: median(cell.foreign)),
        exact("steal meanwhile, ms", 0, lambda cell: sum(cell.steal)),
        exact("pairs", 0, lambda cell: len(cell.slowdown)),
        exact("pairs thrown away", 0, lambda cell: cell.again),
    ])


def examined(load, said):
    """What only some loads are asked for."""
    if load.examine == "threads":
        return [said("threads that lived", 0, "living", sum),
                said("of them not seen", 0, "unseen", sum, "unseen"),
                said("lost, not \"ended\"", 0, "errors", sum, "errors")]
    if load.examine == "processes":
        return [said("least of a process, %", 2, "least", min, "least",
                     least=True)]
    return []


def once_section(chosen, attach, dump):
    rows = []
    if attach:
        rows += [sure_row("first sample, ms", attach, 2, chosen.attach_ms),
                 count_row("attaches", attach)]
    if dump:
        rows += [sure_row("dump 20 threads, ms", dump, 2, chosen.dump_ms),
                 count_row("dumps", dump)]
    return Section("spawn to first sample; spawn to exit", None, JUDGED, rows)


def count_row(name, lists):
    return plain_row(name, {key: len(values) for key, values in
                            lists.items()}, 0)


def rss_section(load, rate, memory, found, early_s, late_s):
    grown = {key: late - early for key, (early, late) in found.items()}
    return Section("memory, " + load.title, rate, JUDGED, [
        plain_row("RSS after %g s, MB" % late_s,
                  {key: late for key, (_, late) in found.items()}, 2,
                  memory.mb),
        plain_row("since %g s, MB" % early_s, grown, 2, memory.flat_mb),
    ])


# --- the terminal


def verdict(row):
    if not row.bar:
        return ""
    return {None: "?", True: "FAILS", False: "ok"}[row.fails]


def text(section, profilers, steal_s):
    """One section; the verdict is that of the judged one's column."""
    title, seen = section.title, set().union(*[
        row.values for row in section.rows])
    profilers = [each for each in profilers if each.key in seen]
    if section.rate:
        title += ", %d Hz" % section.rate
    if section.judged != JUDGED:
        title += ", judged: " + section.judged
    title += " (steal: %.0f ms in all of it)" % (1000 * steal_s)
    lines = [title, "  %-*s %-*s %-*s %s" % (
        FIRST, "", BAR, "bar", VERDICT, "",
        " ".join("%*s" % (CELL, each.title) for each in profilers))]
    for row in section.rows:
        lines.append("  %-*s %-*s %-*s %s" % (
            FIRST, row.name, BAR, row.bar, VERDICT, verdict(row),
            " ".join("%*s" % (CELL, row.values.get(each.key, "-"))
                     for each in profilers)))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def judged(sections):
    """(bars kept, bars missed, bars that cannot be judged)"""
    rows = [row for section in sections for row in section.rows if row.bar]
    return tuple(sum(row.fails is fails for row in rows)
                 for fails in (False, True, None))


# --- the README

SHORT = (("slowdown, %", "slowdown, %"), ("held, %", "held, %"),
         ("ticks, %", "ticks, %"), ("own CPU, %", "own CPU, %"),
         ("pause p50, us", "p50, µs"), ("pause p99, us", "p99, µs"),
         ("longest pause, us", "longest, µs"))


def markdown(sections, profilers):
    """Costs, a line for each load, rate and profiler; then all the rest."""
    costs = [each for each in sections if each.rows[0].name == SHORT[0][0]]
    rest = [each for each in sections if each not in costs]
    lines = []
    if costs:
        lines += markdown_head(["load", "Hz", ""],
                               [new for _, new in SHORT])
    for section in costs:
        lines += markdown_costs(section, profilers)
    if rest:
        lines += [""] + markdown_head(
            ["", "bar"], [each.title for each in profilers])
    for section in rest:
        lines += markdown_rest(section, profilers)
    return "\n".join(lines)


def markdown_head(words, numbers):
    return [markdown_line(words + numbers),
            markdown_line(["---"] * len(words) + ["--:"] * len(numbers))]


def markdown_line(cells):
    return "| %s |" % " | ".join(cells)


def markdown_costs(section, profilers):
    rows = {row.name: row for row in section.rows}
    lines, place = [], [section.title, str(section.rate)]
    for profiler in profilers:
        if profiler.key not in rows["pairs"].values:
            continue
        cells = [rows[name].values.get(profiler.key, "-") +
                 (" (bar %s)" % rows[name].bar.split()[-1]
                  if rows[name].fails and profiler.key == section.judged
                  else "") for name, _ in SHORT]
        lines.append(markdown_line(place + [profiler.title] + cells))
        place = ["", ""]
    return lines


def markdown_rest(section, profilers):
    what = section.title.replace("memory, ", "") + ", %d Hz: " % section.rate \
        if section.rate else ""
    return [markdown_line([what + row.name, row.bar] + [
        row.values.get(each.key, "-") for each in profilers])
        for row in section.rows]
