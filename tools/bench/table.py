"""What was measured as tables: for the terminal, and for the README."""
import collections

from figures import Interval, mean, median
from loads import ATTACH_MS, DUMP_MS, FLAT_MB, RSS_MB

# bar: its text; fails: None where there is none, or too little to judge
Row = collections.namedtuple("Row", "name bar fails values")
Section = collections.namedtuple("Section", "title rate rows")
JUDGED = "cprof"  # the key of the profiler for which bars are
FIRST, BAR, VERDICT, CELL = 22, 9, 6, 24


# --- rows


def plain_row(name, values, digits, bar=None, least=False):
    """Numbers known exactly; the bar is the most they may be, or the least."""
    value, fails, sign = values.get(JUDGED), None, ">=" if least else "<="
    if bar is not None and value is not None:
        fails = value < bar if least else value > bar
    return Row(name, bar_text(sign, bar), fails, {
        key: "-" if value is None else "%.*f" % (digits, value)
        for key, value in values.items()})


def sure_row(name, lists, digits, bar=None):
    """Medians; the bar is missed when the whole interval lies above it."""
    intervals = {key: Interval(values) for key, values in lists.items()}
    own, fails = intervals.get(JUDGED), None
    if bar is not None and own and own.sure:
        fails = own.low > bar
    return Row(name, bar_text("<=", bar), fails, {
        key: each.text(digits) for key, each in intervals.items()})


def bar_text(sign, bar):
    return "" if bar is None else "%s %g" % (sign, bar)


def cost_section(load, rate, cells):
    bars = load.bars.get(rate, {})

    def exact(name, digits, value, key=None, least=False):
        return plain_row(name, {key: value(cell) for key, cell in
                                cells.items()},
                         digits, bars.get(key), least)

    def said(what, merge):
        return lambda cell: merge(cell.column(what) or [0]) \
            if cell.column(what) else None

    return Section(load.title, rate, [
        sure_row("slowdown, %", {key: cell.slowdown for key, cell in
                                 cells.items()}, 2, bars.get("slowdown")),
        exact("held, %", 3, said("held", mean), "held"),
        exact("CPU withheld, %", 2, lambda cell: median(cell.withheld)),
        exact("ticks, %", 2, lambda cell: cell.ticks, "ticks", least=True),
        exact("deadlines missed", 0, said("missed", sum)),
        exact("own CPU, %", 2, lambda cell: mean(cell.own), "own CPU"),
        exact("pause p50, us", 1, said("p50", median)),
        exact("pause p99, us", 1, said("p99", median), "pause p99"),
        exact("longest pause, us", 1, said("longest", max)),
        exact("calls disturbed", 0, said("disturbed", sum)),
        exact("other work, %", 1, lambda cell: median(cell.foreign)),
    ])


def once_section(attach, dump):
    rows = []
    if attach:
        rows.append(sure_row("first sample, ms", attach, 2, ATTACH_MS))
    if dump:
        rows.append(sure_row("dump 20 threads, ms", dump, 2, DUMP_MS))
    return Section("spawn to first sample; spawn to exit", None, rows)


def rss_section(load, rate, found, early_s, late_s):
    grown = {key: late - early for key, (early, late) in found.items()}
    return Section("memory, " + load.title, rate, [
        plain_row("RSS after %g s, MB" % late_s,
                  {key: late for key, (_, late) in found.items()}, 2, RSS_MB),
        plain_row("since %g s, MB" % early_s, grown, 2, FLAT_MB),
    ])


# --- the terminal


def verdict(row):
    if not row.bar:
        return ""
    return {None: "?", True: "FAILS", False: "ok"}[row.fails]


def text(section, profilers):
    """One section; the verdict is that of cprof's column."""
    title = section.title
    if section.rate:
        title += ", %d Hz" % section.rate
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
        cells = [rows[name].values.get(profiler.key, "-") +
                 (" (bar %g)" % float(rows[name].bar[3:])
                  if rows[name].fails and profiler.key == JUDGED else "")
                 for name, _ in SHORT]
        lines.append(markdown_line(place + [profiler.title] + cells))
        place = ["", ""]
    return lines


def markdown_rest(section, profilers):
    what = section.title.replace("memory, ", "") + ", %d Hz: " % section.rate \
        if section.rate else ""
    return [markdown_line([what + row.name, row.bar] + [
        row.values.get(each.key, "-") for each in profilers])
        for row in section.rows]
