"""Several processes make one profile, each under its own root."""
import json
import re

import harness
import pytest

TOIL = """
import sys, time
def %(name)s():
    print("ready", flush=True)
    while True:
        for _ in range(1000):
            pass
%(name)s()
"""
ROOT = re.compile(r'process (\d+):"(.*)"$', re.DOTALL)


@pytest.fixture(scope="module")
def pair(any_python):
    """Two that run, each in a function of its own name."""
    targets = [harness.Target([any_python.path, "-c", TOIL % {"name": name},
                               "the-pair"], lasting=True)
               for name in ("one", "other")]
    yield targets
    for target in targets:
        target.end()


def names(texts):
    return {harness.frame_of(text).name for text in texts}


def check_apart(stacks, pair):
    """Each stack hangs below its process, and both were seen."""
    seen = {}
    for texts, _ in stacks:
        pid = int(ROOT.match(texts[0]).group(1))
        assert not any(ROOT.match(text) for text in texts[1:])
        seen.setdefault(pid, set()).update(names(texts[1:]))
    assert set(seen) == {target.pid for target in pair}
    assert "one" in seen[pair[0].pid] and "other" not in seen[pair[0].pid]
    assert "other" in seen[pair[1].pid] and "one" not in seen[pair[1].pid]


@pytest.mark.parametrize("how", ["list", "twice", "match"])
def test_record(pair, tmp_path, how):
    one, other = (target.pid for target in pair)
    words = {"list": ("-p", "%d,%s" % (one, hex(other))),
             "twice": ("-p", one, "-p", "%d,%d" % (other, one)),
             "match": ("--match", "the-pair$", "--all")}[how]
    out = str(tmp_path / "x.folded")
    done = harness.cprof("record", "-d", "1", "-r", "200", "-o", out, *words)
    assert done.status == 0, done.err
    assert " of 2 processes in " in done.err
    check_apart(harness.read_folded(out), pair)


def test_one_process_has_no_root(pair, tmp_path):
    out = str(tmp_path / "x.folded")
    pid = pair[0].pid
    done = harness.cprof("record", "-d", "0.3", "-o", out, "-p",
                         "%d,%d" % (pid, pid))
    assert done.status == 0 and "processes" not in done.err, done.err
    assert not any(ROOT.match(texts[0])
                   for texts, _ in harness.read_folded(out))


def test_speedscope_names_both(pair, tmp_path):
    out = str(tmp_path / "x.speedscope.json")
    done = harness.cprof("record", "-d", "1", "-o", out, "--match",
                         "the-pair", "--all")
    assert done.status == 0, done.err
    assert {profile["name"] for profile in
            json.loads(harness.read(out))["profiles"]} == {
                'Process %d Thread %d "MainThread"' % (target.pid, target.pid)
                for target in pair}


def test_dump(pair):
    done = harness.cprof("dump", "-p", pair[0].pid, "-p", pair[1].pid)
    assert done.status == 0 and done.err == "", done.err
    first, second = done.out.split("\n\nProcess ")
    assert first.startswith("Process %d: " % pair[0].pid)
    assert second.startswith("%d: " % pair[1].pid)
    assert " one (" in first and " other (" in second
    done = harness.cprof("dump", "-j", "--match", "the-pair", "--all")
    assert [(thread["pid"], thread["frames"][0]["name"])
            for thread in json.loads(done.out)] == sorted(
                [(pair[0].pid, "one"), (pair[1].pid, "other")])


def test_top(pair):
    done = harness.cprof("top", "-b", "--count", "1", "--delay", "1", "-p",
                         "%d,%d" % (pair[0].pid, pair[1].pid))
    assert done.status == 0, done.err
    assert "processes 2" in done.out
    assert " one (" in done.out and " other (" in done.out


def test_match_of_several_lists_them(pair):
    done = harness.cprof("dump", "--match", "the-pair")
    assert done.status == 2 and done.out == ""
    lines = harness.messages(done.err)
    assert "--all" in lines[0]
    for target, line in zip(sorted(pair, key=lambda x: x.pid), lines[1:]):
        assert "PID %d" % target.pid in line and " % CPU" in line


def test_match_of_none():
    done = harness.cprof("dump", "--match", "no-such-word-anywhere")
    assert done.status == 4 and done.out == ""


def test_one_that_cannot_be_had_is_left_out(pair, start, tmp_path):
    other = start("sh", "-c", "echo ready; read line",
                  stdin=harness.subprocess.PIPE)
    gone = start("true", ready=None)
    gone.wait()
    done = harness.cprof("dump", "-p", "%d,%d,%d" % (gone.pid, pair[0].pid,
                                                     other.pid))
    assert done.status == 0, done
    assert len(harness.messages(done.err)) == 2
    for pid in (other.pid, gone.pid):
        assert "PID %d is left out" % pid in done.err
    assert "Process %d: " % pair[0].pid in done.out
    done = harness.cprof("record", "-o", str(tmp_path / "x.svg"), "-p",
                         "%d,%d" % (other.pid, gone.pid))
    assert done.status == 5, done
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize("number", [harness.signal.SIGKILL,
                                    harness.signal.SIGTERM])
def test_one_that_is_killed_leaves_the_other(any_python, start, tmp_path,
                                             number):
    pair = [start(any_python, "-c", TOIL % {"name": name})
            for name in ("one", "other")]
    out = str(tmp_path / "x.folded")
    begun = harness.cprof_begin("record", "-r", "200", "-o", out, "-p",
                                "%d,%d" % (pair[0].pid, pair[1].pid))
    for target in pair:
        begun.wait_for_start(target.pid)
    harness.time.sleep(0.5)
    pair[0].signal(number)
    pair[0].wait()
    harness.time.sleep(0.5)
    assert begun.alive()
    pair[1].signal(number)
    done = begun.done()
    assert done.status == 0, done
    assert "then the last target ended" in done.err
    check_apart(harness.read_folded(out), pair)
