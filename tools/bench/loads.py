"""What is measured, and the bars that cprof has to keep: sets of rows.

A row is a program of tests/workloads with its words and, for each rate, the
bars. Bars hold for cprof as root with SCHED_FIFO, unless the row judges
another profiler. "all" ticks are 99.5 %: at the ends of a recording one tick
more or less is chance.
"""
import collections

ALL = 99.5

# bars: measure -> bar, by rate; what has none is printed, not judged;
# "~" before it: missed only when noise does not explain it
# rates: () are those with bars; threads: None where they come and go
# profilers: () are those of the set; judged: the key of one of them
# options: more words for record; examine: what is read out of its file
# pairs: at most so many, where cprof says itself what is judged; 0: as asked
Load = collections.namedtuple(
    "Load", "key title program words threads bars rates profilers judged "
    "options examine beside log tree pairs",
    defaults=((), (), "cprof", (), None, None, False, False, 0))

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

# --- the engine: what the sampling itself can stand

RIVALS = ("cprof", "py-spy", "austin")
STOPPERS = ("cprof", "py-spy")
FEW = 8
# as fast as alone, or no more than 2 % slower; the program itself says
# whether every signal and every child was what it should be
UNDISTURBED = {rate: {"~ slowdown": 2} for rate in BOTH}


def program(key, title, name, words, threads, bars, **more):
    return Load(key, title, name, tuple(words.split()), threads, bars, **more)


ENGINE = Set(
    loads=(
        busy("busy1", "1 busy thread, 23 frames", 1, 0, 23, {
            1000: {"slowdown": 2},
            10000: {"slowdown": 11}}),
        busy("fastest", "the highest rate, 1 busy thread", 1, 0, 23, {
            50000: {"slowdown": 50, "ticks": 90}}, pairs=FEW),
        busy("busy2", "2 busy threads", 2, 0, 23, {
            1000: {"slowdown": 2, "pause p99": 15}}),
        busy("busy16", "16 busy threads", 16, 0, 23, {
            1000: {"slowdown": 4, "pause p99": 50}}),
        busy("many", "200 threads x 23 frames, 2 busy", 2, 198, 23, {
            1000: {"ticks": 98, "pause p99": 20, "own CPU": 20,
                   "slowdown": 10, "per CPU": 1}}),
        program("quiet", "a server of 100 threads, idle for 99 %",
                "quiet.py", "100", 101, {100: {"own CPU": 0.5}}, pairs=FEW),
        program("natives", "160 native threads without Python state",
                "natives.py", "160", 1, {
                    100: {"slowdown": 0.5, "own CPU": 1.5}}),
        program("release", "GIL let go: zlib, hashlib, short sleeps",
                "release.py", "1 --small", 4, {1000: {"lost": 0.3}},
                pairs=FEW),
        program("pipe", "GIL let go: ping-pong through pipes",
                "pingpong.py", "2 --through pipe", 5,
                {1000: {"lost": 0.3}}, pairs=FEW),
        program("lock", "GIL let go: one lock", "pingpong.py",
                "2 --through lock", 5, {1000: {"lost": 0.3}}, pairs=FEW),
        program("asyncio", "coroutines", "tasks.py", "50", 1, {
            1000: {"lost": 0}, 10000: {"lost": 0.5}}, pairs=FEW),
        program("generators", "generators", "generators.py", "50", 1, {
            1000: {"lost": 0}, 10000: {"lost": 0.5}}, pairs=FEW),
        program("timer", "an interval timer of 2 ms", "signals.py",
                "--interval 2", 2, UNDISTURBED, profilers=STOPPERS),
        program("spawn", "a loop of subprocesses", "spawner.py",
                "1 --how subprocess", 1, UNDISTURBED, profilers=STOPPERS),
        program("fork", "a loop of forks", "spawner.py", "1 --how fork", 1,
                UNDISTURBED, profilers=STOPPERS),
        program("vfork", "a loop of posix_spawn(), a vfork", "spawner.py",
                "1 --how vfork", 1, UNDISTURBED, profilers=STOPPERS),
        program("faults", "page faults", "faults.py", "16", 1, UNDISTURBED,
                profilers=STOPPERS),
        busy("nonice", "without CAP_SYS_NICE, both cores busy", 1, 0, 23, {
            1000: {"pause p50": 20}}, beside=PROBE, judged="plain",
             pairs=FEW, profilers=("cprof", "plain", "py-spy")),
        program("churn", "1,000 threads, 300 a second come and go",
                "churn.py", "1000 --rate 300", None, {
                    100: {"unseen": 0, "errors": 0}}, log=True,
                pairs=FEW, options=("-i", "-t"), examine="threads",
                profilers=STOPPERS),
        program("tree", "a tree of 50 processes", "family.py", "50", None, {
            100: {"least": ALL, "own CPU": 15}}, tree=True,
                pairs=FEW, options=("-s", "-i"), examine="processes",
                profilers=STOPPERS),
    ),
    profilers=RIVALS, attach_ms=5, dump_ms=3,
    memory=Memory(("busy1",), (1000,), 60, 600, mb=12, flat_mb=0.5))

SETS = {"main": MAIN, "engine": ENGINE}


def parts(chosen):
    """The names by which --only knows what a set measures."""
    return tuple(load.key for load in chosen.loads) + ("attach", "dump",
                                                       "rss")


def find(chosen, key):
    return {load.key: load for load in chosen.loads}[key]
