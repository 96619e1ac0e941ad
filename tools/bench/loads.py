"""What is measured, and the bars that cprof has to keep: sets of rows.

A row is a program of tests/workloads with its words and, for each rate, the
bars. Bars hold for cprof as root with SCHED_FIFO, unless the row judges
another profiler. "all" ticks are 99.5 %: at the ends of a recording one tick
more or less is chance.
"""
import collections

ALL = 99.5

# bars: measure -> bar, by rate; what has none is printed, not judged
# rates: () are those with bars; threads: None where they come and go
# profilers: () are those of the set; judged: the key of one of them
# options: more words for record; examine: what is read out of its file
Load = collections.namedtuple(
    "Load", "key title program words threads bars rates profilers judged "
    "options examine beside log tree",
    defaults=((), (), "cprof", (), None, None, False, False))

# of cprof after early_s and late_s: at the end at most mb, of them flat_mb new
Memory = collections.namedtuple("Memory", "keys rates early_s late_s mb "
                                "flat_mb")
Set = collections.namedtuple("Set", "loads profilers attach_ms dump_ms memory")


def busy(key, title, threads, asleep, frames, bars, **more):
    """tests/workloads/busy.py"""
    return Load(key, title, "busy.py", (
        "--threads", str(threads), "--asleep", str(asleep),
        "--frames", str(frames)), threads + asleep, bars, **more)


BOTH = (100, 1000)
PROBE = busy("probe", "1 busy thread, 23 frames", 1, 0, 23, {})
# dump: spawn to exit, of a process with 20 threads
DUMPED = busy("dump", "dump of 20 threads x 10 frames", 1, 19, 10, {})

MAIN = Set(
    loads=(
        busy("busy1", "1 busy thread, 23 frames", 1, 0, 23, {
            100: {"slowdown": 0.5, "held": 0.2, "own CPU": 0.8},
            1000: {"slowdown": 2.5, "held": 1.2, "own CPU": 4,
                   "pause p99": 20}}, rates=BOTH),
        busy("busy2", "2 busy threads", 2, 0, 23, {
            100: {"slowdown": 1},
            1000: {"slowdown": 3, "pause p99": 25}}, rates=BOTH),
        busy("sleepers", "4 busy + 60 asleep", 4, 60, 23, {
            100: {"slowdown": 1, "ticks": ALL},
            1000: {"slowdown": 4, "ticks": 98}}, rates=BOTH),
        busy("many", "200 threads x 23 frames, 2 busy", 2, 198, 23, {
            100: {"slowdown": 2, "ticks": ALL, "own CPU": 8}}, rates=BOTH),
    ),
    profilers=("cprof", "plain", "py-spy"),
    attach_ms=10, dump_ms=10,
    memory=Memory(("busy1", "many"), BOTH, 10, 60, mb=12, flat_mb=0.5))

SETS = {"main": MAIN}


def parts(chosen):
    """The names by which --only knows what a set measures."""
    return tuple(load.key for load in chosen.loads) + ("attach", "dump",
                                                       "rss")


def find(chosen, key):
    return {load.key: load for load in chosen.loads}[key]
