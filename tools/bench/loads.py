"""What is measured, and the bars that cprof has to keep.

Bars hold for cprof as root with SCHED_FIFO. "all" ticks are 99.5 %: at the
ends of a recording one tick more or less is chance.
"""
import collections

ALL = 99.5

Load = collections.namedtuple("Load", "key title busy asleep frames bars")

# measure -> bar, by rate; a measure that is missing is printed, not judged
LOADS = (
    Load("busy1", "1 busy thread, 23 frames", 1, 0, 23, {
        100: {"slowdown": 0.5, "held": 0.2, "own CPU": 0.8},
        1000: {"slowdown": 2.5, "held": 1.2, "own CPU": 4,
               "pause p99": 20}}),
    Load("busy2", "2 busy threads", 2, 0, 23, {
        100: {"slowdown": 1},
        1000: {"slowdown": 3, "pause p99": 25}}),
    Load("sleepers", "4 busy + 60 asleep", 4, 60, 23, {
        100: {"slowdown": 1, "ticks": ALL},
        1000: {"slowdown": 4, "ticks": 98}}),
    Load("many", "200 threads x 23 frames, 2 busy", 2, 198, 23, {
        100: {"slowdown": 2, "ticks": ALL, "own CPU": 8}}),
)
BY_KEY = {load.key: load for load in LOADS}

# dump: spawn to exit, of a process with 20 threads
DUMPED = Load("dump", "dump of 20 threads x 10 frames", 1, 19, 10, {})

ATTACH_MS, DUMP_MS = 10, 10
RSS_MB, FLAT_MB = 12, 0.5
RSS_LOADS = ("busy1", "many")

PARTS = tuple(load.key for load in LOADS) + ("attach", "dump", "rss")
