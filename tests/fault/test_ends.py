"""The target ends, becomes another program, or loses threads at any moment.

Always a clean end, a file that can be read, and the documented exit status.
"""
import os
import random
import signal
import subprocess

import harness
import pytest
import pythons

ROUNDS = 25 if harness.LONG else 4
dice = random.Random(11)  # the moments differ by run, not by choice


@pytest.fixture
def recording(tmp_path):
    """recording(pid) -> Begun, at 1 kHz into x.folded."""
    def begin(pid, *words):
        out = tmp_path / "x.folded"
        if out.exists():
            out.unlink()
        return harness.cprof_begin("record", "-r", "1000", "-i", "-o",
                                   str(out), *words, "-p", pid)

    return begin


def check_ended(begun, tmp_path, statuses=(0,)):
    done = begun.done()
    harness.check_no_crash(done)
    assert done.status in statuses, done
    harness.messages(done.err)
    if done.status == 0:
        harness.read_folded(str(tmp_path / "x.folded"))
    assert [name for name in os.listdir(str(tmp_path))
            if name not in ("x.folded", "program.py")] == []
    return done


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM))
def test_killed(python, start, recording, tmp_path, number):
    """Also in the moment of attaching: the sleep may be none."""
    for round_ in range(ROUNDS):
        target = start(python, harness.workload("threads.py"), "--threads",
                       "20", "--seconds", "0")
        begun = recording(target.pid)
        if round_:
            begun.wait_for_start(target.pid)
        harness.time.sleep(dice.random() * 0.1 * round_)
        if number == signal.SIGTERM:
            target.terminate()
        else:
            target.signal(number)
        # so early that nothing was to be found any more: 4 or 5
        check_ended(begun, tmp_path, (0,) if round_ > 1 else (0, 4, 5))
        target.wait()


def test_exits_by_itself(python, start, recording, tmp_path):
    target = start(python, harness.workload("chains.py"), "--seconds", "0.7")
    done = check_ended(recording(target.pid), tmp_path)
    assert target.last_line().startswith("ok"), target.lines.seen
    assert "the target ended" in done.err
    assert harness.total(harness.read_folded(
        str(tmp_path / "x.folded"))) > 0


EXECS = """
import os, sys, threading, time
def burn():
    end = time.time() + 0.3
    while time.time() < end: pass
print("ready", flush=True)
threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
burn()
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("into", ("sleep", "python"))
def test_execs_another_program(python, start, recording, program, tmp_path,
                               into):
    path = program("program.py", EXECS)
    words = ["/bin/sleep", "1"]
    if into == "python":
        others = [other for _, other in pythons.supported()
                  if other and other is not python]
        if not others:
            pytest.skip("one Python only")
        words = [others[0].path, "-c", "import time\n"
                 "end = time.time() + 1\nwhile time.time() < end: pass"]
    target = start(python, path, *words)
    done = check_ended(recording(target.pid), tmp_path)
    assert "1 exec of the target" in done.err, done.err
    stacks = harness.read_folded(str(tmp_path / "x.folded"))
    assert harness.count_with(stacks, "burn") > 2
    assert target.wait() == 0, "the target did not survive"


CHURN = """
import sys, threading, time
def step(n):
    return sum(range(n))
def short(n):
    for _ in range(20): step(n)
print("ready", flush=True)
end, rounds = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    threads = [threading.Thread(target=short, args=(50 * n,))
               for n in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    rounds += 1
print("ok: %d rounds" % rounds)
"""


@pytest.mark.counts
def test_threads_come_and_go(python, start, recording, program, tmp_path):
    path = program("program.py", CHURN)
    target = start(python, path, "10" if harness.LONG else "1")
    done = check_ended(recording(target.pid), tmp_path)
    assert target.last_line().startswith("ok: ")
    stacks = harness.read_folded(str(tmp_path / "x.folded"))
    assert harness.total(stacks) > 200, done.err
    # a thread that begins or ends has no frame; at the very end the
    # interpreter itself calls _shutdown
    for texts, _ in stacks:
        assert texts == ["[no Python frame]"] or harness.frame_of(
            texts[0]).name in ("Thread._bootstrap", "<module>",
                               "_shutdown"), texts


FORKS = """
import os, subprocess, sys, time
print("ready", flush=True)
end, rounds = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    assert subprocess.call(["true"]) == 0
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    rounds += 1
print("ok: %d rounds" % rounds)
"""


def test_children_come_and_go(python, start, recording, program, tmp_path):
    path = program("program.py", FORKS)
    target = start(python, path, "10" if harness.LONG else "1")
    check_ended(recording(target.pid), tmp_path)
    assert target.last_line().startswith("ok: ")


def test_dump_while_it_dies(python, start):
    for _ in range(2 * ROUNDS):
        target = start(python, harness.workload("threads.py"), "--threads",
                       "50", "--seconds", "0")
        begun = harness.cprof_begin("dump", "-j", "-p", target.pid)
        harness.time.sleep(dice.random() * 0.01)
        target.signal(signal.SIGKILL)
        done = begun.done()
        harness.check_no_crash(done)
        assert done.status in (0, 1, 4, 5), done
        assert len(harness.messages(done.err)) <= 2
        assert done.status or harness.json.loads(done.out)


def test_a_launched_command_is_killed(python, tmp_path):
    begun = harness.cprof_begin(
        "record", "-r", "1000", "-o", str(tmp_path / "x.folded"), "--",
        python.path, harness.workload("chains.py"), "--seconds", "0")
    pid = int(begun.lines.until("ready: pid").split()[-1])
    harness.time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    done = check_ended(begun, tmp_path, (128 + signal.SIGKILL,))
    assert harness.total(harness.read_folded(
        str(tmp_path / "x.folded"))) > 0, done.err


def test_the_end_of_top(python, start):
    target = start(python, harness.workload("chains.py"), "--seconds", "0")
    begun = harness.cprof_begin("top", "-b", "--delay", "0.2", "-p",
                                target.pid)
    begun.lines.next()
    target.signal(signal.SIGKILL)
    done = begun.done()
    harness.check_no_crash(done)
    assert done.status == 0, done


def test_the_reader_of_standard_output_goes_away(any_python, start):
    target = start(any_python, harness.workload("threads.py"), "--seconds",
                   "0")
    for words in (("dump",), ("top", "-b", "--delay", "0.1"),
                  ("record", "-d", "0.3", "-f", "raw", "-o", "-")):
        child = harness._popen(
            ["sh", "-c", '"$@" | true; :', "sh", harness.CPROF, *words, "-p",
             str(target.pid)], stderr=subprocess.PIPE)
        err = harness.decode(child.communicate(timeout=harness.GUARD)[1])
        assert child.returncode == 0
        assert "Sanitizer" not in err
    assert target.alive() and not harness.settles(
        lambda: harness.stands(target.pid))
