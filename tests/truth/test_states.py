"""What each thread was doing, against what the kernel and the program say.

Would fail if who is ready to run and has no CPU counted as running, if CPU time
got lost or came twice, or if garbage collection were not seen or seen always.
"""
import json
import os
import re
import threading

import harness
import pytest

pytestmark = pytest.mark.counts
RATE = 500
SECONDS = 10 if harness.LONG else 1
UNKNOWN = "does not tell who has a CPU"


def record(out, *words, rate=RATE):
    done = harness.cprof("record", "-r", rate, "-d", SECONDS, "-f", "raw",
                         "-o", out, *words, guard=60 + 3 * SECONDS)
    assert done.status == 0, done.err
    return harness.read_folded(out), done


def cpu_seconds(pid):
    return sum(harness.schedstat(pid, tid)[0]
               for tid in harness.threads(pid)) / 1e9


def test_two_programs_share_one_cpu(python, start, tmp_path):
    """Each has the samples of its own CPU time, not those of its waits."""
    with harness.OnOneCpu():
        targets = [start(python, harness.workload("busy.py"), "--seconds",
                         "0") for _ in range(2)]
    before = [cpu_seconds(target.pid) for target in targets]
    stacks, done = record(str(tmp_path / "out.folded"), "-v", "-p",
                          ",".join(str(target.pid) for target in targets))
    if UNKNOWN in done.err:
        pytest.skip("the kernel does not tell who has a CPU")
    used = [cpu_seconds(target.pid) - then
            for target, then in zip(targets, before)]
    found = [sum(count for texts, count in stacks
                 if texts[0].startswith("process %d:" % target.pid))
             for target in targets]
    for mine, seconds in zip(found, used):
        mean = RATE * seconds
        # a slice of some milliseconds is some samples in a row
        assert abs(mine - mean) <= 0.1 * mean + 8 * mean ** 0.5, (found, used)
    assert sum(found) <= 1.1 * RATE * SECONDS


def test_cpu_time_is_exact_in_sums(python, start, tmp_path):
    target = start(python, harness.workload("release.py"), "--seconds", "0")
    harness.wait_for_threads(target.pid, 4)
    before = cpu_seconds(target.pid)
    stacks, done = record(str(tmp_path / "out.folded"), "--cpu", "-v", "-p",
                          target.pid)
    used = cpu_seconds(target.pid) - before
    shown = re.search(r"threads used ([\d.]+) (m?)s of CPU, ([\d.]+) (m?)s",
                      done.err)
    assert shown, done.err
    # what came before the first tick and after the last one is not ours
    total = harness.total(stacks) / 1e6
    assert 0.6 * used <= total <= used + 0.005, (total, used)
    everything, sampled = (
        float(shown.group(k)) / (1000 if shown.group(k + 1) else 1)
        for k in (1, 3))
    assert total == pytest.approx(sampled, rel=0.02, abs=0.002)
    assert 0.9 * everything <= sampled <= 1.001 * everything


def test_wall_counts_all_threads_all_the_time(any_python, start, tmp_path):
    target = start(any_python, harness.workload("sleepers.py"), "--seconds",
                   "0")
    harness.wait_for_threads(target.pid, 10)
    stacks, done = record(str(tmp_path / "out.folded"), "--wall", "-t", "-p",
                          target.pid)
    by_thread = {}
    for texts, count in stacks:
        by_thread[texts[0]] = by_thread.get(texts[0], 0) + count / 1e6
    most = max(by_thread.values())  # less where cprof itself had no CPU
    assert len(by_thread) >= 10
    assert SECONDS / 4 <= most <= 1.05 * SECONDS, (by_thread, done.err)
    for thread, seconds in by_thread.items():
        assert 0.95 * most <= seconds, (thread, by_thread)


GARBAGE = """
import gc
gc.disable()
kept = [[n] for n in range(200000)]
def collect():
    gc.collect()
def work():
    for n in range(300000): pass
print("ready", flush=True)
while True:
    collect()
    work()
"""


def test_garbage_collection_is_seen(python, start, program, tmp_path):
    """In the very samples that stand in the function that calls it."""
    target = start(python, program("garbage.py", GARBAGE))
    stacks, done = record(str(tmp_path / "out.folded"), "-p", target.pid)
    share = harness.count_with(stacks, "collect") / harness.total(stacks)
    found = re.search(r"garbage collection >?(\d+) % of Python's", done.err)
    assert found, done.err
    # the call itself and its return are not yet, and no longer, collecting
    assert abs(int(found.group(1)) / 100 - share) <= 0.03, (share, done.err)


def test_nothing_is_collected_where_nothing_is(any_python, start, tmp_path):
    target = start(any_python, harness.workload("busy.py"), "--seconds", "0")
    _, done = record(str(tmp_path / "out.folded"), "-p", target.pid)
    assert "garbage" not in done.err


def test_a_stopped_process_is_said_to_be(any_python, start):
    target = start(any_python, harness.workload("busy.py"), "--seconds", "0")

    def said():
        rows = json.loads(harness.cprof("dump", "-j", "-p", target.pid).out)
        return {row["stopped"] for row in rows}

    assert said() == {False}
    target.signal(harness.signal.SIGSTOP)
    harness.settles(lambda: harness.states(target.pid)[target.pid][0] != "T")
    assert said() == {True}
    target.signal(harness.signal.SIGCONT)
    assert os.path.exists("/proc/%d" % target.pid)
    harness.settles(lambda: harness.states(target.pid)[target.pid][0] == "T")
    assert said() == {False}


def test_a_stop_in_the_middle_is_said(any_python, start, tmp_path):
    """The thread has a CPU when it is stopped: nothing else tells of it."""
    target = start(any_python, harness.workload("busy.py"), "--seconds", "0")
    stopper = threading.Timer(0.6, target.signal, [harness.signal.SIGSTOP])
    stopper.start()
    done = harness.cprof("record", "-d", "2", "-f", "raw", "-o",
                         tmp_path / "out", "-p", target.pid)
    stopper.join()
    target.signal(harness.signal.SIGCONT)
    assert re.search(r"stopped for \d+ % of it", done.err), done.err
