"""What is read out of a recording's file, where a row asks for it."""
import collections
import re

# when it was started and stopped, seconds until it was ready, and its rate
Span = collections.namedtuple("Span", "begin end settle rate")
SURE_TICKS = 5  # a thread that lived for so many must have been seen


def stacks(path):
    """(frames as text, count) of a file of folded stacks."""
    with open(path, errors="surrogateescape") as lines:
        for line in lines:
            if line.startswith("# "):  # that there is none
                continue
            text, _, count = line.rstrip("\n").rpartition(" ")
            if not count.isdigit():
                raise ValueError("no count in %r" % line)
            yield text, int(count)


def threads(path, target, span, _):
    """How many threads lived long enough, and how many have no sample."""
    seen = {int(match.group(1)) for match in (
        re.match(r"thread \((\d+)\)", text) for text, _ in stacks(path))
        if match}
    begin, least = span.begin + span.settle, SURE_TICKS / span.rate
    lived = [tid for tid, born, died in lives(target.log)
             if min(died, span.end) - max(born, begin) >= least]
    return {"living": len(lived), "unseen": len(set(lived) - seen)}


def lives(log):
    """(tid, born, died) of lines `born TID TIME` and `died TID TIME`."""
    born = {}
    with open(log) as lines:
        for line in lines:
            what, tid, when = line.split()
            if what == "born":
                born[tid] = float(when)
            else:
                yield int(tid), born.pop(tid), float(when)
    for tid, when in born.items():
        yield int(tid), when, float("inf")


def processes(path, target, span, said):
    """Ticks of the process that has the fewest, % of those asked for."""
    counts = collections.Counter({pid: 0 for pid in target.pids[1:]})
    for text, count in stacks(path):
        pids = re.findall(r"(?:^|;)process (\d+)", text)
        if pids and int(pids[-1]) in counts:
            counts[int(pids[-1])] += count
    seconds = said.get("elapsed", 1e6 * (span.end - span.begin)) / 1e6
    least = min(counts.values(), default=0)
    return {"least": 100 * least / seconds / span.rate}


BY_NAME = {"threads": threads, "processes": processes}
