"""Shares of samples equal shares of CPU, by the program's own clock.

Two-sided and not corrected for lost samples: a sampler that loses, or adds,
samples at some places more than at others fails.
"""
import json
import math

import harness
import pytest

pytestmark = pytest.mark.counts
SAMPLES = {100: 10000, 1000: 10000} if harness.LONG else {100: 300,
                                                          1000: 2000}
FUNCTIONS = ("hot", "warm", "mild", "cool", "measure")
SLICE_NS = 4e6  # how long a thread without a CPU stands at one place


def leaf_counts(stacks, below):
    """Samples by the innermost function, of stacks through `below`."""
    counts = {}
    for texts, count in stacks:
        names = [harness.frame_of(text).name for text in texts]
        if below in names:
            counts[names[-1]] = counts.get(names[-1], 0) + count
    return counts


class Waited:
    """Share of its time that a thread wanted a CPU and had none.

    Samples of such a stretch are all the same one, so they count for less:
    this machine's load must not decide about a test.
    """

    def __init__(self, pid):
        self.pid, self.before = pid, harness.schedstat(pid, pid)

    def effective(self, samples, rate):
        cpu, wait = [after - before for after, before in zip(
            harness.schedstat(self.pid, self.pid), self.before)]
        share = wait / max(1, cpu + wait)
        alike = max(1, rate * SLICE_NS / 1e9)
        return samples / (1 + 2 * share * (alike - 1))


def check_program(said):
    """Its own clock is the truth: it must agree with what it was made for."""
    if "FAILED: " in said:
        pytest.skip("the host took so much CPU time away that the program's "
                    "own shares are off")
    assert "ok: " in said, said


def check_share(found, samples, share, effective, what):
    sigma = math.sqrt(share * (1 - share) / effective)
    assert abs(found / samples - share) <= 4 * sigma + 0.5 / samples, (
        "%s: %.2f %% of %d samples (worth %d), its own clock says %.2f %%"
        % (what, 100 * found / samples, samples, effective, 100 * share))


@pytest.mark.parametrize("rate", sorted(SAMPLES))
def test_calibrated_shares(python, start, tmp_path, rate):
    out, facts = str(tmp_path / "out.folded"), str(tmp_path / "facts.json")
    target = start(python, harness.workload("calibrated.py"), "--seconds",
                   "0", "--json", facts)
    waited = Waited(target.pid)
    seconds = SAMPLES[rate] / rate
    done = harness.cprof("record", "-r", rate, "-d", seconds, "-f", "raw",
                         "-o", out, "-p", target.pid,
                         guard=60 + 3 * seconds)
    counts = leaf_counts(harness.read_folded(out), "measure")
    samples = sum(counts.values())
    effective = waited.effective(samples, rate)
    target.terminate()
    check_program(target.last_line())
    with open(facts) as file:
        truth = json.load(file)

    assert done.status == 0, done.err
    assert samples > 30, done.err
    for name in FUNCTIONS:
        share = truth["cpu_seconds"][name] / truth["total"]
        check_share(counts.get(name, 0), samples, share, effective, name)


def test_calibrated_shares_of_a_launched_program(python, tmp_path):
    out, facts = str(tmp_path / "out.folded"), str(tmp_path / "facts.json")
    done = harness.cprof("record", "-r", "200", "-f", "raw", "-o", out, "--",
                         python.path, harness.workload("calibrated.py"),
                         "--seconds", "1.5", "--json", facts)
    check_program(done.out)
    assert done.status == 0, done.err
    counts = leaf_counts(harness.read_folded(out), "measure")
    samples = sum(counts.values())
    with open(facts) as file:
        truth = json.load(file)
    assert samples > 20, done.err
    for name in FUNCTIONS:
        share = truth["cpu_seconds"][name] / truth["total"]
        check_share(counts.get(name, 0), samples, share, samples / 2, name)


def is_work(texts, program):
    """Below its main(), but not in argparse and what that imports."""
    frames = [harness.frame_of(text) for text in texts]
    return (any(frame[:2] == ("main", program) for frame in frames)
            and not any(frame.name == "options" for frame in frames))


def record_whole_run(python, tmp_path, program, *arguments, rate=200):
    out = str(tmp_path / "out.folded")
    done = harness.cprof("record", "-r", rate, "-f", "raw", "-o", out, "--",
                         python.path, harness.workload(program), *arguments,
                         guard=600)
    assert done.status == 0 and "ok: " in done.out, done
    stacks = harness.read_folded(out)
    return stacks, sum(count for texts, count in stacks
                       if is_work(texts, program))


def test_julia(python, tmp_path):
    """One function with 95 % of it, three lines in the known order."""
    width, rate = ("1000", 200) if harness.LONG else ("300", 1000)
    stacks, samples = record_whole_run(python, tmp_path, "julia.py", width,
                                       rate=rate)
    draw = harness.count_with(stacks, "draw")
    share = harness.count_with(stacks, "count_rounds") / draw
    slack = 0.01 if harness.LONG else 0.04
    assert abs(share - 0.95) <= slack, (share, draw)

    lines = {}
    for texts, count in stacks:
        leaf = harness.frame_of(texts[-1])
        if leaf.name == "count_rounds":
            lines[leaf.line] = lines.get(leaf.line, 0) + count
    source = harness.read(harness.workload("julia.py")).splitlines()
    ranked = [source[line - 1].strip() for line in
              sorted(lines, key=lines.get, reverse=True)]
    assert len(ranked) >= 3 and ranked[0].startswith("while ") or (
        not harness.LONG), ranked
    assert {line.split(" ")[0] for line in ranked[:3]} == {"while", "z",
                                                           "n"}, ranked


def test_firewall_slow_and_fast(python, tmp_path):
    slow, samples = record_whole_run(python, tmp_path, "firewall.py",
                                     "10000", "--slow", rate=1000)
    below = {name: harness.count_with(slow, name) for name in
             ("least_delay", "duplicate", "Scanner.copy", "tick",
              "Scanner.advance")}
    assert samples > 10
    chance = 4 * samples ** 0.5
    assert below["least_delay"] > 0.9 * samples - chance
    assert below["duplicate"] > below["tick"] - chance
    assert below["duplicate"] > 0 and below["tick"] > 0
    assert below["duplicate"] >= below["Scanner.copy"] > 0
    assert below["tick"] >= below["Scanner.advance"] > 0

    fast, samples = record_whole_run(python, tmp_path, "firewall.py",
                                     "400000", "--fast", rate=1000)
    assert harness.count_with(fast, "duplicate") == 0
    if not samples:
        pytest.skip("the host gave no CPU while the fast version ran")
    assert harness.count_with(fast, "caught") > max(
        0, 0.5 * samples - 4 * samples ** 0.5)
