"""How the tests run cprof and its targets, and read what it wrote."""
import collections
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = os.path.join(TOP, "tests")
WORKLOADS = os.path.join(TESTS, "workloads")
CPROF = os.path.abspath(os.environ.get("CPROF")
                        or os.path.join(TOP, "build", "cprof"))
SAN = os.path.join(TOP, "build", "address-undefined", "cprof")
LONG = bool(os.environ.get("CPROF_LONG"))
GUARD = 120  # seconds after which something hangs; never a verdict on speed
IS_ROOT = os.geteuid() == 0

_running = []

# a shell's background jobs ignore these; what we start must not inherit that
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGQUIT) == signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def workload(name):
    return os.path.join(WORKLOADS, name)


def _environment(env):
    """Ours without what would change how cprof or Python behave."""
    clean = {key: value for key, value in os.environ.items()
             if not key.startswith(("PYTHON", "CPROF_TEST", "SUDO_"))}
    clean["PYTHONDONTWRITEBYTECODE"] = "1"
    clean.update({key: value for key, value in (env or {}).items()
                  if value is not None})
    return clean


def _popen(words, env=None, lasting=False, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    # a group of its own, to be killed as one; not a session, in which Ctrl-Z
    # would stop nobody
    if sys.version_info >= (3, 11):
        more["process_group"] = 0
    else:
        more["preexec_fn"] = os.setpgrp
    child = subprocess.Popen(words, env=_environment(env), **more)
    if not lasting:
        _running.append(child)
    return child


def end_all():
    """Kill everything that still runs, each with its whole group.

    First all, then wait: a tracer that stands keeps its dead target.
    """
    for child in _running:
        _kill(child)
    while _running:
        _end(_running.pop())


def _kill(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except OSError:
        pass


def _end(child):
    _kill(child)
    child.wait(GUARD)
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream:
            stream.close()


Done = collections.namedtuple("Done", "status out err pid")


def run(words, env=None, guard=GUARD, text=None, **more):
    """Run to its end: Done(status, out, err, pid). Killed when it hangs."""
    if text is not None:
        more["stdin"] = subprocess.PIPE
    child = _popen(words, env=env, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE, **more)
    try:
        out, err = child.communicate(text, timeout=guard)
    except subprocess.TimeoutExpired:
        _end(child)
        raise AssertionError("hangs: %s" % " ".join(words))
    finally:
        _running.remove(child)
    return Done(child.returncode, decode(out), decode(err), child.pid)


class OnOtherCpu:
    """What is started meanwhile runs on another CPU than pid, if there is one.

    On the CPU of its target a profiler has preempted it: torn stacks hide.
    """

    def __init__(self, pid):
        self.pid, self.all = pid, os.sched_getaffinity(0)

    def __enter__(self):
        cpus = sorted(self.all)
        os.sched_setaffinity(self.pid, cpus[:1])
        os.sched_setaffinity(0, cpus[1:] or cpus)

    def __exit__(self, *_):
        os.sched_setaffinity(0, self.all)


class OnOneCpu:
    """What is started meanwhile shares one CPU.

    A profiler that runs there has preempted its target: it need not stop it.
    """

    def __enter__(self):
        self.all = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(self.all)})

    def __exit__(self, *_):
        os.sched_setaffinity(0, self.all)


def decode(data):
    return data.decode("utf-8", "surrogateescape")


def cprof(*words, **more):
    """Run cprof to its end."""
    return run([more.pop("binary", CPROF)] + [str(word) for word in words],
               **more)


def cprof_begin(*words, **more):
    """Start cprof; its stderr goes to a file that Begun reads."""
    return Begun([more.pop("binary", CPROF)] + [str(word) for word in words],
                 **more)


class Lines:
    """The lines of a stream, read by a thread so that waits have an end."""

    def __init__(self, stream):
        self.queue, self.seen, self.stream = queue.Queue(), [], stream
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.stream:
            self.queue.put(decode(line).rstrip("\n"))
        self.queue.put(None)

    def next(self, guard=GUARD):
        line = self.queue.get(timeout=guard)
        if line is not None:
            self.seen.append(line)
        return line

    def until(self, prefix, guard=GUARD):
        """The first line that starts so."""
        while True:
            line = self.next(guard)
            assert line is not None, "ended before %r, said:\n%s" % (
                prefix, "\n".join(self.seen))
            if line.startswith(prefix):
                return line

    def rest(self, guard=GUARD):
        while True:
            line = self.next(guard)
            if line is None:
                return self.seen


class Process:
    """A child whose output is read line by line."""

    def __init__(self, words, **more):
        self.child = _popen(words, stdout=subprocess.PIPE, **more)
        self.pid = self.child.pid
        self.lines = Lines(self.child.stdout)

    def wait(self, guard=GUARD):
        try:
            return self.child.wait(guard)
        except subprocess.TimeoutExpired:
            raise AssertionError("hangs: %s" % self.child.args)

    def signal(self, number):
        os.kill(self.pid, number)

    def alive(self):
        return self.child.poll() is None

    def close_input(self):
        if self.child.stdin:
            self.child.stdin.close()
            self.child.stdin = None

    def end(self):
        if self.child in _running:
            _running.remove(self.child)
        _end(self.child)
        self.lines.thread.join(GUARD)


class Target(Process):
    """A program to be sampled: says `ready...` when it is."""

    def __init__(self, words, ready="ready", stderr=subprocess.DEVNULL,
                 **more):
        super().__init__(words, stderr=stderr, **more)
        self.ready = self.lines.until(ready) if ready else None

    def terminate(self):
        """SIGTERM until it ends: if the main thread stands or starts to
        wait just then, another thread takes the signal, and the handler in
        Python runs only when the main thread wakes."""
        end = time.monotonic() + GUARD
        while self.alive() and time.monotonic() < end:
            self.signal(signal.SIGTERM)
            try:
                self.child.wait(1)
            except subprocess.TimeoutExpired:
                pass

    def last_line(self):
        """Wait for its end; the last line that it said."""
        lines = self.lines.rest()
        self.wait()
        return lines[-1] if lines else ""

    def json_line(self):
        """The last line that it said which is JSON."""
        for line in reversed(self.lines.rest()):
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError("no JSON line in %s" % self.lines.seen)


class Begun(Process):
    """A cprof that runs."""

    def __init__(self, words, **more):
        self.messages = os.memfd_create("stderr")
        super().__init__(words, stderr=self.messages, **more)

    @property
    def err(self):
        return decode(os.pread(self.messages, 1 << 24, 0))

    def done(self, guard=GUARD):
        status = self.wait(guard)
        return Done(status, "\n".join(self.lines.rest()), self.err, self.pid)

    def wait_for_start(self, pid, guard=GUARD):
        """Until it has the target's memory: it read its list of threads."""
        end = time.monotonic() + guard
        while time.monotonic() < end and self.alive():
            for fd in _descriptors(self.pid):
                if fd.startswith("/proc/%d/task" % pid):
                    return
            time.sleep(0.005)

    def end(self):
        super().end()
        if self.messages >= 0:
            os.close(self.messages)
            self.messages = -1


def _descriptors(pid):
    folder = "/proc/%d/fd" % pid
    try:
        return [os.readlink("%s/%s" % (folder, fd)) for fd in
                os.listdir(folder)]
    except OSError:
        return []


# --- what /proc says of a process


def status_field(pid, field, tid=None):
    path = "/proc/%d/task/%d/status" % (pid, tid or pid)
    with open(path) as status:
        for line in status:
            if line.startswith(field + ":"):
                return line.split(":", 1)[1].strip()
    return None


def threads(pid):
    return [int(tid) for tid in os.listdir("/proc/%d/task" % pid)]


def states(pid):
    """{tid: (state letter, pid of its tracer)}"""
    result = {}
    for tid in threads(pid):
        try:
            result[tid] = (status_field(pid, "State", tid)[0],
                           int(status_field(pid, "TracerPid", tid)))
        except (OSError, TypeError):
            pass  # it ended meanwhile
    return result


def stands(pid):
    """The threads that are stopped or traced."""
    return {tid: state for tid, state in states(pid).items()
            if state[0] in "Tt" or state[1]}


def settles(question, guard=20):
    """Until question() is false; what it is at the end."""
    end = time.monotonic() + guard
    while True:
        answer = question()
        if not answer or time.monotonic() > end:
            return answer
        time.sleep(0.01)


def wait_till_asleep(pid):
    """Until five looks in a row find that no thread has run."""
    before, same, end = None, 0, time.monotonic() + GUARD
    while same < 5:
        assert time.monotonic() < end, "never sleeps, or ended"
        time.sleep(0.005)
        here = {tid: (states(pid)[tid][0], schedstat(pid, tid))
                for tid in threads(pid)}
        asleep = all(state == "S" for state, _ in here.values())
        same = same + 1 if asleep and here == before else 0
        before = here


def wait_for_threads(pid, count):
    """Until it has so many, and none of them is new any more."""
    assert not settles(lambda: len(threads(pid)) < count)
    time.sleep(0.1)


def schedstat(pid, tid):
    """CPU ns, ns runnable without a CPU."""
    with open("/proc/%d/task/%d/schedstat" % (pid, tid)) as stat:
        cpu, wait, _ = stat.read().split()
    return int(cpu), int(wait)


def stolen_ticks():
    """CPU time that the host had for others, in clock ticks (proc(5))."""
    with open("/proc/stat") as stat:
        return int(stat.readline().split()[8])


# --- what cprof wrote


FRAME = re.compile(r"(?P<name>.*) \((?P<file>.*?)(?::(?P<line>\d+))?\)$",
                   re.DOTALL)
MORE = re.compile(r"\[(\d+) more frames?\]$")
Frame = collections.namedtuple("Frame", "name file line")


def frame_of(text):
    """`name (file:line)` taken apart; a note has no file."""
    match = FRAME.match(text)
    if not match:
        return Frame(text, None, None)
    line = match.group("line")
    return Frame(match.group("name"), match.group("file"),
                 int(line) if line else None)


def folded(text):
    """[(frames as text, root first; count)]"""
    stacks = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue  # a remark, as folded files may have
        stack, count = line.rsplit(" ", 1)
        stacks.append((stack.split(";"), int(count)))
    return stacks


def read(path):
    with open(path, "rb") as file:
        return decode(file.read())


def read_folded(path):
    return folded(read(path))


def count_with(stacks, wanted):
    """Samples whose stack has a frame of a function with that name."""
    return sum(count for stack, count in stacks
               if any(frame_of(text).name == wanted for text in stack))


def total(stacks):
    return sum(count for _, count in stacks)


def number_before(word, text):
    match = re.search(r"([\d,]+) %s\b" % word, text)
    return int(match.group(1).replace(",", "")) if match else None


def messages(err):
    """The lines of stderr; each must be one of cprof's."""
    lines = [line for line in err.splitlines() if line]
    foreign = [line for line in lines if not line.startswith("cprof: ")]
    assert not foreign, "not cprof's lines: %s" % foreign
    return lines


def check_no_crash(done):
    """It ended by itself and no sanitizer spoke."""
    assert done.status >= 0, "killed by signal %d\n%s" % (-done.status,
                                                          done.err)
    assert done.status not in (134, 136, 139), done.err
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, \
        done.err
