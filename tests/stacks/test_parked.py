"""Programs that stand still: a dump equals what they say of themselves.

Every frame's name, file and line, every thread's name and state, in each
scenario of the workload `parked`. Would fail if a dump lost or added a frame,
took a line from the wrong instruction, or mixed up two threads.
"""
import json
import subprocess

import harness
import pytest

PARKED = harness.workload("parked.py")
SCENARIOS = ("sleep", "nested", "lines", "generators", "comprehensions",
             "lambdas", "decorators", "classes", "callbacks", "exceptions",
             "handler", "finalizer", "deep", "threads", "crowd", "delegates",
             "awaits", "loop", "unicode")
QUICK = ("nested", "threads")

SLEEP = {"clock_nanosleep", "nanosleep", "select", "pselect6"}
SELECT = {"select", "pselect6"}
POLL = {"poll", "ppoll"}
WAITS = {  # thread of the scenario `threads` -> the calls it may be in
    "in_sleep": SLEEP, "join": SLEEP, "in_select": SELECT, "in_poll": POLL,
    "in_epoll": {"epoll_wait", "epoll_pwait"},
    "in_recv": {"recvfrom", "read", "recvmsg"} | POLL,
    "in_accept": {"accept", "accept4"} | POLL,
    "in_lock": {"futex"}, "in_condition": {"futex"}, "in_event": {"futex"},
    "in_get": {"futex"}, "MainThread": {"futex"},
    "in_waitpid": {"wait4", "waitid"}, "in_read": {"read"},
}


class Fleet:
    """All scenarios of one interpreter, started a few at a time."""

    def __init__(self, python):
        self.python, self.left = python, list(SCENARIOS)
        self.targets, self.reports = {}, {}

    def get(self, scenario):
        """A parked process and its own report."""
        if scenario not in self.targets:
            self.launch(scenario)
        target = self.targets[scenario]
        line = self.reports.get(scenario) or target.lines.next()
        while line and not line.startswith(("{", "skipped")):
            line = target.lines.next()
        assert line, "%s ended without a report" % scenario
        self.reports[scenario] = line
        if line.startswith("skipped"):
            pytest.skip(line)
        harness.wait_till_asleep(target.pid)
        return target, json.loads(line)

    def launch(self, scenario):
        """Start it and the next two: they need half a second each."""
        self.left.remove(scenario)
        for name in [scenario] + self.left[:2]:
            if name in self.left:
                self.left.remove(name)
            self.targets[name] = harness.Target(
                [self.python.path, PARKED, name], ready=None, lasting=True,
                stdin=subprocess.PIPE)

    def end(self):
        for target in self.targets.values():
            target.end()


@pytest.fixture(scope="module")
def fleets():
    """{interpreter: Fleet}; only the last one lives."""
    fleets = {}
    yield fleets
    for fleet in fleets.values():
        fleet.end()


def parked(fleets, python, scenario):
    if python not in fleets:
        for old in list(fleets):
            fleets.pop(old).end()
        fleets[python] = Fleet(python)
    return fleets[python].get(scenario)


def dump(pid):
    done = harness.cprof("dump", "-j", "-p", pid)
    assert done.status == 0, done.err
    assert harness.messages(done.err) == []
    return json.loads(done.out)


def told(frames):
    return [(frame["qualname"], frame["file"], frame["line"])
            for frame in frames]


def dumped(frames):
    return [(frame["name"], frame["filename"], frame["line"])
            for frame in frames]


def scenarios(names):
    return pytest.mark.parametrize("scenario", [
        pytest.param(name, marks=pytest.mark.quick if name in QUICK else ())
        for name in names])


@scenarios(SCENARIOS)
def test_dump_equals_the_programs_own_report(python, fleets, scenario):
    target, report = parked(fleets, python, scenario)
    rows = {row["os_thread_id"]: row for row in dump(target.pid)}

    assert sorted(rows) == sorted(row["tid"] for row in report["threads"])
    for thread in report["threads"]:
        row = rows[thread["tid"]]
        assert dumped(row["frames"]) == told(thread["frames"])
        assert row["thread_name"] == thread["name"]
        assert row["thread_id"] == thread["ident"]
        assert row["pid"] == target.pid
        assert row["active"] is False and row["owns_gil"] is False


def parse_text(text):
    """(head lines, [(tid as text, state, name, frames)])"""
    head, threads = [], []
    for line in text.splitlines():
        if line.startswith("Thread "):
            ident, rest = line[len("Thread "):].split(" (", 1)
            state, _, name = rest.partition(")")
            threads.append((ident, state, name, []))
        elif line.startswith("    ") and threads:
            threads[-1][3].append(harness.frame_of(line[4:]))
        elif line:
            head.append(line)
    return head, threads


@scenarios(("nested", "threads"))
def test_text_says_the_same_as_json(python, fleets, scenario):
    target, report = parked(fleets, python, scenario)
    done = harness.cprof("dump", "-p", target.pid)
    head, threads = parse_text(done.out)

    assert done.status == 0 and not done.err
    assert head[0].startswith("Process %d: " % target.pid)
    assert "parked.py %s" % scenario in head[0]
    assert head[1].startswith("Python v%s (" % python.full)
    by_name = {name: (state, frames) for _, state, name, frames in threads}
    for thread in report["threads"]:
        state, frames = by_name[': "%s"' % thread["name"]]
        assert state.startswith("idle")
        assert [(frame.name, frame.line) for frame in frames] == [
            (frame["qualname"], frame["line"]) for frame in thread["frames"]]
        for frame, own in zip(frames, thread["frames"]):
            assert own["file"].endswith(frame.file)


def test_each_wait_names_its_system_call(python, fleets):
    target, _ = parked(fleets, python, "threads")
    _, threads = parse_text(harness.cprof("dump", "-p", target.pid).out)
    found = {name[3:-1]: state for _, state, name, _ in threads}
    for name, calls in WAITS.items():
        assert any(call in found[name] for call in calls), (name, found[name])


@pytest.mark.parametrize("how", ("attach", "launch"))
def test_recorded_stacks_equal_the_report(python, start, tmp_path, how):
    """All of them at one go: the scenario with every kind of frame."""
    out = str(tmp_path / "out.folded")
    words = ["-r", "200", "-i", "-t", "-f", "raw", "--full-filenames",
             "-o", out]
    command = [python.path, PARKED, "callbacks"]
    if how == "launch":
        begun = harness.cprof_begin("record", *words, "--", *command,
                                    stdin=subprocess.PIPE)
        report = json.loads(begun.lines.until("{"))
        harness.time.sleep(0.3)  # some samples of it as it stands
        begun.close_input()
        done = begun.done()
    else:
        target = start(python, *command[1:], ready="{",
                       stdin=subprocess.PIPE)
        report = json.loads(target.ready)
        harness.wait_till_asleep(target.pid)
        done = harness.cprof("record", "-d", "0.3", *words, "-p", target.pid)

    assert done.status == 0, done.err
    stacks = dict((tuple(stack), count)
                  for stack, count in harness.read_folded(out))
    for thread in report["threads"]:
        root = "thread (%d): %s" % (thread["tid"], thread["name"])
        own = tuple([root] + ["%s (%s:%d)" % row for row
                              in reversed(told(thread["frames"]))])
        assert own in stacks, "%s\nis not in\n%s" % (own, stacks)
        if how == "attach":
            assert [key for key in stacks if key[0] == root] == [own]
