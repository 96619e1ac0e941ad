"""What the target does with the kernel stays as it was.

Every signal arrives; a system call that sleeps is not cut short, and where
one was, cprof owns up to it.
"""
import os
import signal

import harness
import pytest

SECONDS = "20" if harness.LONG else "1"
RAW = harness.workload("rawcalls.py")


def record(pid, tmp_path, rate=1000):
    done = harness.cprof("record", "-r", rate, "-o",
                         str(tmp_path / "x.folded"), "-p", pid, guard=300)
    assert done.status == 0, done.err
    return done


@pytest.mark.parametrize("rate", (100, 1000))
def test_every_signal_is_delivered(python, start, tmp_path, rate):
    target = start(python, harness.workload("signals.py"), "--seconds",
                   SECONDS)
    record(target.pid, tmp_path, rate)
    facts = target.json_line()
    assert facts["users"]["handled"] == facts["users"]["sent"] > 0
    assert facts["alarms"]["handled"] > 0
    assert not target.lines.seen[-1].startswith("FAILED") or \
        "alarms" in target.lines.seen[-1]


QUEUED = """
import os, signal, sys
reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
signal.signal(signal.SIGRTMIN, lambda *_: None)
wanted, got, state = int(sys.argv[1]), 0, 1
os.set_blocking(reader, False)
print("ready", flush=True)
while got < wanted:
    for _ in range(1000):
        state = state * 48271 % 2147483647
    try:
        got += len(os.read(reader, 65536))
    except BlockingIOError:
        pass
print("ok: all", flush=True)
"""


def test_queued_signals_are_counted_one_by_one(python, start, program,
                                               tmp_path):
    """Real-time signals queue: the handler in C sees each of them."""
    wanted = 20000 if harness.LONG else 2000
    target = start(python, program("queued.py", QUEUED), wanted)
    begun = harness.cprof_begin("record", "-r", "1000", "-o",
                                str(tmp_path / "x.folded"), "-p", target.pid)
    begun.wait_for_start(target.pid)
    for number in range(wanted):
        os.kill(target.pid, signal.SIGRTMIN)
        if number % 10 == 0:
            harness.time.sleep(0.001)
    assert target.last_line() == "ok: all"
    done = begun.done()
    assert done.status == 0, done.err


CALLS = ("accept", "epoll_wait", "futex", "nanosleep", "poll")


@pytest.mark.parametrize("held", (False, True), ids=("released", "held"))
def test_calls_that_sleep_see_no_eintr(python, start, tmp_path, held):
    """All of them at once, each asleep in its only call before we look."""
    targets = [start(python, RAW, "--sleep-only", "--call", call,
                     *["--held"] if held else [], "--seconds", "0") for call in CALLS]
    for target in targets:
        harness.wait_till_asleep(target.pid)
    begun = [harness.cprof_begin("record", "-r", "1000", "-d", SECONDS, "-o",
                                 str(tmp_path / call), "-p", target.pid)
             for call, target in zip(CALLS, targets)]
    ends = [one.done() for one in begun]
    for call, target, done in zip(CALLS, targets, ends):
        assert done.status == 0, done.err
        target.terminate()  # which it does not count
        facts = target.json_line()
        assert facts["eintr"][call] == 0, (facts, done.err)
        assert harness.number_before("disturbed", done.err) == 0
        assert target.lines.seen[-1].startswith("ok"), target.lines.seen


@pytest.mark.parametrize("held", (False, True), ids=("released", "held"))
def test_every_eintr_is_owned_up_to(python, start, tmp_path, held):
    """A call entered between the look and the stop: counted as disturbed."""
    target = start(python, RAW, *["--held"] if held else [], "--seconds",
                   SECONDS)
    done = record(target.pid, tmp_path)
    facts = target.json_line()
    assert sum(facts["calls"].values()) > 10
    disturbed = harness.number_before("disturbed", done.err)
    assert disturbed is not None, done.err
    assert sum(facts["eintr"].values()) <= disturbed, (facts, done.err)
    assert target.lines.seen[-1].startswith("ok"), target.lines.seen


def test_a_timer_and_a_wait_for_a_child(python, start, program, tmp_path):
    """An ignored SIGCHLD stops a traced thread, too: it must go on."""
    path = program("children.py", """
import signal, subprocess, sys, time
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
print("ready", flush=True)
end, rounds = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    assert subprocess.call(["true"]) == 0
    rounds += 1
print("ok: %d" % rounds)
""")
    target = start(python, path, SECONDS)
    record(target.pid, tmp_path)
    assert target.last_line().startswith("ok: ")


def test_a_slow_tracer_is_none(any_python, start, tmp_path):
    """Between two ticks nothing is traced: seen from outside, at 1 Hz."""
    target = start(any_python, harness.workload("chains.py"), "--seconds",
                   "0")
    begun = harness.cprof_begin("record", "-r", "2", "-o",
                                str(tmp_path / "x.folded"), "-p", target.pid)
    begun.wait_for_start(target.pid)
    traced = 0
    for _ in range(300):
        traced += harness.status_field(target.pid, "TracerPid") != "0"
        harness.time.sleep(0.003)
    begun.signal(signal.SIGINT)
    assert begun.done().status == 0
    assert traced < 30, traced
