"""cprof is killed, stopped and continued at any moment, at 1 kHz.

The target is never left stopped, and its own result is right.
"""
import random
import signal

import harness
import pytest

KILLS = 200 if harness.LONG else 8
STOPS = 100 if harness.LONG else 12
dice = random.Random(7)


def check_free(target):
    """No thread stands, nobody traces; the kernel needs a moment."""
    left = harness.settles(lambda: harness.stands(target.pid))
    assert not left, "left stopped or traced: %s" % left


def check_result(target):
    target.terminate()
    assert target.last_line().startswith("ok"), target.lines.seen


def makes_progress(target):
    """Its CPU time grows."""
    before = harness.schedstat(target.pid, target.pid)[0]
    return not harness.settles(
        lambda: harness.schedstat(target.pid, target.pid)[0] == before)


PROGRAMS = {"one thread": ("chains.py",), "four for the GIL":
            ("gilfight.py", "4")}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_killed_at_random(python, start, tmp_path, name):
    program = PROGRAMS[name]
    target = start(python, harness.workload(program[0]), *program[1:],
                   "--seconds", "0")
    for _ in range(KILLS):
        begun = harness.cprof_begin("record", "-r", "1000", "-o",
                                    str(tmp_path / "x.folded"), "-p",
                                    target.pid)
        begun.wait_for_start(target.pid)
        harness.time.sleep(dice.random() * 0.05)
        begun.signal(signal.SIGKILL)
        begun.done()
        check_free(target)
    check_result(target)


@pytest.mark.parametrize("number", (signal.SIGSTOP, signal.SIGTSTP))
def test_stopped_and_continued_at_random(python, start, tmp_path, number):
    target = start(python, harness.workload("chains.py"), "--seconds", "0")
    out = str(tmp_path / "x.folded")
    begun = harness.cprof_begin("record", "-r", "1000", "-o", out, "-p",
                                target.pid)
    begun.wait_for_start(target.pid)
    for _ in range(STOPS):
        harness.time.sleep(dice.random() * 0.03)
        begun.signal(number)
        harness.settles(lambda: harness.states(begun.pid)
                        [begun.pid][0] != "T", guard=2)
        begun.signal(signal.SIGCONT)
        assert makes_progress(target)
    assert begun.alive()
    begun.signal(signal.SIGINT)
    done = begun.done()
    assert done.status == 0, done
    assert harness.total(harness.read_folded(out)) > 0
    check_free(target)
    check_result(target)


def test_a_stopped_cprof_that_is_killed(python, start, tmp_path):
    target = start(python, harness.workload("chains.py"), "--seconds", "0")
    for _ in range(STOPS // 4):
        begun = harness.cprof_begin("record", "-r", "1000", "-o",
                                    str(tmp_path / "x.folded"), "-p",
                                    target.pid)
        begun.wait_for_start(target.pid)
        harness.time.sleep(dice.random() * 0.03)
        begun.signal(signal.SIGSTOP)
        begun.signal(signal.SIGKILL)
        begun.done()
        check_free(target)
        assert makes_progress(target)
    check_result(target)


def test_ctrl_z_stops_cprof_and_not_the_target(any_python, start, tmp_path):
    """SIGTSTP takes effect between two ticks, so nothing stands."""
    target = start(any_python, harness.workload("chains.py"), "--seconds",
                   "0")
    begun = harness.cprof_begin("record", "-r", "1000", "-o",
                                str(tmp_path / "x.folded"), "-p", target.pid)
    begun.wait_for_start(target.pid)
    for _ in range(STOPS):
        harness.time.sleep(dice.random() * 0.03)
        begun.signal(signal.SIGTSTP)
        stopped = not harness.settles(lambda: harness.states(begun.pid)
                                      [begun.pid][0] != "T", guard=10)
        assert stopped, "Ctrl-Z does not stop cprof"
        check_free(target)
        assert makes_progress(target)
        begun.signal(signal.SIGCONT)
    begun.signal(signal.SIGINT)
    assert begun.done().status == 0
    check_result(target)


def test_the_launched_command_outlives_a_killed_cprof(any_python, tmp_path):
    begun = harness.cprof_begin(
        "record", "-r", "1000", "-o", str(tmp_path / "x.folded"), "--",
        any_python.path, harness.workload("chains.py"), "--seconds", "1")
    pid = int(begun.lines.until("ready: pid").split()[-1])
    harness.time.sleep(0.2)
    begun.signal(signal.SIGKILL)
    begun.wait()
    assert not harness.settles(lambda: harness.stands(pid))
    assert begun.lines.rest()[-1].startswith("ok"), begun.lines.seen
