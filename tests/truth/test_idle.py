"""Who sleeps is not sampled, who runs is; and whose GIL it is.

Would fail if the profiler woke a sleeper by its own stop, took a name or a
state letter for a proof, or gave the GIL to the wrong thread.
"""
import json
import math

import harness
import pytest

pytestmark = pytest.mark.counts
SLEEPERS = harness.workload("sleepers.py")
SECONDS = 30 if harness.LONG else 1.5
KINDS = ("sleep", "select", "poll", "epoll", "recv", "accept", "lock",
         "condition", "event", "get", "waitpid", "read")
IDLE_LINE = "cprof: idle for all of "


def record(pid, out, *more, seconds=SECONDS, rate=100):
    done = harness.cprof("record", "-r", rate, "-d", seconds, "-f", "raw",
                         "-o", out, *more, "-p", pid,
                         guard=60 + 3 * seconds)
    assert done.status == 0, done.err
    return harness.read_folded(out), done


def has(stacks, name):
    """Samples with that function, whatever it is nested in."""
    return sum(count for texts, count in stacks if any(
        harness.frame_of(text).name.rpartition(".")[2] == name
        for text in texts))


@pytest.mark.parametrize("rate", (100, 1000))
def test_sleepers_beside_a_spinner(python, start, tmp_path, rate):
    target = start(python, SLEEPERS, "--seconds", "0", "--spin")
    harness.wait_for_threads(target.pid, len(KINDS) + 2)
    stacks, done = record(target.pid, str(tmp_path / "out.folded"), rate=rate)
    assert {kind: has(stacks, "in_" + kind) for kind in KINDS
            if has(stacks, "in_" + kind)} == {}
    assert has(stacks, "spin") == harness.total(stacks) > 5, done.err


def test_all_of_them_with_idle(python, start, tmp_path):
    target = start(python, SLEEPERS, "--seconds", "0", "--spin")
    harness.wait_for_threads(target.pid, len(KINDS) + 2)
    stacks, _ = record(target.pid, str(tmp_path / "out.folded"), "-i",
                       seconds=1)
    counts = {kind: has(stacks, "in_" + kind) for kind in KINDS}
    spun = has(stacks, "spin")
    assert spun > 10
    # every tick has every thread; a lost one is lost for a kind only
    assert all(0.9 * spun <= count <= 1.1 * spun + 2
               for count in counts.values()), (spun, counts)


def test_those_that_wake_have_their_own_share(python, start, tmp_path):
    """Samples at 100 Hz, against what the scheduler says they used."""
    target = start(python, SLEEPERS, "--seconds", "0", "--wake", "5")
    harness.wait_for_threads(target.pid, len(KINDS) + 2)
    names = named_threads(python, target.pid)
    before = {name: harness.schedstat(target.pid, tid)
              for name, tid in names.items()}
    stacks, _ = record(target.pid, str(tmp_path / "out.folded"), "-t",
                       rate=500)
    for name, tid in names.items():
        used = sum(after - old for after, old in zip(
            harness.schedstat(target.pid, tid), before[name])) / 1e9
        mean = 500 * used  # samples that stand for it
        found = sum(count for texts, count in stacks
                    if texts[0] == "thread (%d): %s" % (tid, name))
        assert found <= mean + 4 * math.sqrt(mean) + 3, (name, found, mean)


def named_threads(python, pid):
    """{name: tid} of the sleepers, asked of a dump."""
    done = harness.cprof("dump", "-j", "-p", pid)
    assert done.status == 0, done.err
    return {row["thread_name"]: row["os_thread_id"]
            for row in json.loads(done.out)
            if row["thread_name"].startswith("in_")}


def test_the_gil_is_shared_by_two_spinners(python, start, tmp_path):
    """By their own clocks: the machine may treat them differently."""
    rate = 1000
    target = start(python, harness.workload("gilfight.py"), "2",
                   "--seconds", "0")
    harness.wait_for_threads(target.pid, 3)
    stacks, done = record(target.pid, str(tmp_path / "out.folded"), "-g",
                          rate=rate)
    target.terminate()
    rows = target.json_line()["threads"]

    samples = harness.total(stacks)
    assert samples > 20, done.err
    everything = sum(row["cpu_seconds"] for row in rows)
    for row in rows:
        found = has(stacks, row["function"]) / samples
        share = row["cpu_seconds"] / everything
        # the GIL is handed over every 5 ms: 5 samples are one
        slack = 4 * math.sqrt(share * (1 - share) / (samples / 5))
        assert abs(found - share) <= max(0.03, slack), (row, found, share)
        if harness.LONG:
            assert abs(found - 0.5) <= 0.03, (row, found)


def test_at_most_one_thread_has_the_gil(python, start):
    target = start(python, harness.workload("gilfight.py"), "4",
                   "--seconds", "0")
    harness.wait_for_threads(target.pid, 5)
    owners = waiting = 0
    for _ in range(30):
        rows = json.loads(harness.cprof("dump", "-j", "-p", target.pid).out)
        having = [row for row in rows if row["owns_gil"]]
        assert len(having) <= 1
        owners += len(having)
        text = harness.cprof("dump", "-p", target.pid).out
        waiting += text.count("(waiting for gil")
    # pure Python all the time: nearly always one has it and three wait
    assert owners > 5
    assert waiting > 5


def test_zlib_without_the_gil_is_active(python, start, tmp_path):
    target = start(python, harness.workload("release.py"), "--seconds", "0")
    harness.wait_for_threads(target.pid, 4)
    active, gil = 0, 0
    for _ in range(20):
        rows = json.loads(harness.cprof("dump", "-j", "-p", target.pid).out)
        row, = [row for row in rows if row["thread_name"] == "pack-0"]
        active += row["active"]
        gil += row["owns_gil"]
    assert active >= 15 and gil <= 5, (active, gil)

    before = harness.schedstat(target.pid, row["os_thread_id"])
    all_of_it, _ = record(target.pid, str(tmp_path / "all.folded"), "-t",
                          seconds=1)
    after = harness.schedstat(target.pid, row["os_thread_id"])
    of_gil, _ = record(target.pid, str(tmp_path / "gil.folded"), "-g",
                       seconds=1)
    packed = has(all_of_it, "pack")
    mean = 100 * (after[0] - before[0]) / 1e9
    assert packed > 0.9 * mean - 4 * math.sqrt(mean) and packed > 5
    assert has(of_gil, "pack") < 0.2 * packed


# --- a target that sleeps all the time


def check_svg(path):
    import xml.etree.ElementTree as xml
    assert xml.parse(path).getroot().tag.endswith("svg")
    return harness.read(path)


def check_raw(path):
    text = harness.read(path)
    assert harness.total(harness.folded(text)) == 0
    return "idle"  # a folded file has no place for a remark


def check_speedscope(path):
    with open(path) as file:
        profile = json.load(file)
    assert profile["$schema"].endswith("speedscope.app/file-format-schema.json")
    for one in profile["profiles"]:
        assert len(one["samples"]) == len(one["weights"])
    return json.dumps(profile)


FORMATS = {"flamegraph": ("out.svg", check_svg),
           "raw": ("out.folded", check_raw),
           "speedscope": ("out.speedscope.json", check_speedscope)}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_target_that_only_sleeps(python, start, tmp_path, name):
    file, check = FORMATS[name]
    target = start(python, harness.workload("idle.py"), "0")
    out = str(tmp_path / file)
    done = harness.cprof("record", "-d", "0.5", "-f", name, "-o", out,
                         "-p", target.pid)
    assert done.status == 0, done.err
    line, = [line for line in harness.messages(done.err)
             if line.startswith(IDLE_LINE)]
    assert "100 %" in line and "oversleep (idle.py:" in line, line
    assert line.endswith("; -i shows idle threads"), line
    text = check(out)
    assert "idle" in text.lower() or "no active" in text.lower()


def test_with_idle_it_shows_where_it_sleeps(python, start, tmp_path):
    target = start(python, harness.workload("idle.py"), "0")
    stacks, done = record(target.pid, str(tmp_path / "out.folded"), "-i",
                          seconds=0.5)
    leaves = {harness.frame_of(texts[-1]).name for texts, _ in stacks}
    assert leaves <= {"oversleep", "Run.sleep"} and leaves
    assert IDLE_LINE not in done.err or "-i shows" not in done.err
