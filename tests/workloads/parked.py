"""Programs that stand still at a known place and say where that is.

One scenario per argument, `--list` names them. When every thread stands, the
program prints, as one line of JSON, its own stacks: for each thread the
frames from the leaf to the root, with name, qualified name (where code
objects have one, 3.11 on), file and line. It then stays as it is until its
standard input closes or a signal ends it.

A correct dump equals that line: every thread, every frame, every line.
"""
import functools
import json
import os
import signal
import sys
import threading
import time

import sleepers
from workload import finish, options, skip, thread_id

SCENARIOS = []
ROWS = {}  # the kernel's thread id, by Python's
DEPTH = 1000


def scenario(function):
    SCENARIOS.append(function)
    return function


def park():
    time.sleep(86400)


@scenario
def sleep():
    park()


@scenario
def nested():
    def outer(first, *rest):
        def inner(**named):
            park()
        inner(first=first, rest=rest)
    outer(1, 2, 3)


@scenario
def lines():
    """Calls and functions whose lines are easy to get wrong."""
    def spread(*arguments):
        return (len(arguments) +
                later(1,
                      2)
                + 3)

    def later(one,
              two):

        # the call of park() is not the first line of its statement
        return [one, two,
                park()]

    far = "\n" * 70000 + "def far(call):\n    x = 1" + "\n" * 300 + \
        "    call()\n" + "\n" * 5 + "    return x\n"
    names = {}
    exec(compile(far, "far.py", "exec"), names)
    names["far"](lambda: spread(
        1,
        2))


@scenario
def generators():
    def source():
        yield 1
        park()

    def double(items):
        for item in items:
            yield 2 * item

    def keep(items):
        return (item for item in items if item)

    sum(keep(double(source())))


@scenario
def comprehensions():
    def third(_):
        park()

    def second(_):
        return {key: third(key) for key in range(3)}

    def first(_):
        return {second(item) for item in range(3)}

    [first(item) for item in range(3) for _ in [
        item]]


@scenario
def lambdas():
    call = lambda f: f()  # noqa: E731
    (lambda x: call(lambda: call(
        lambda: park())))(1)


@scenario
def decorators():
    def traced(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper

    def times(count):
        def decorate(function):
            def repeat(*args):
                for _ in range(count):
                    function(*args)
            return repeat
        return decorate

    @traced
    @times(2)
    @traced
    def decorated(_):
        park()

    decorated(1)


@scenario
def classes():
    class Meta(type):
        def __call__(cls, *args):
            return super(Meta, cls).__call__(*args)

    Base = Meta("Base", (object,), {})

    class Thing(Base):
        def __init__(self, size):
            self.size = size
            self.grow()

        def grow(self):
            return self[self.size]

        def __getitem__(self, _):
            return self.area

        @property
        def area(self):
            return self.measure(self)

        @classmethod
        def measure(cls, thing):
            return cls.weigh(thing)

        @staticmethod
        def weigh(thing):
            with thing:
                pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return getattr(self, "absent")

        def __getattr__(self, _):
            class Inner(object):
                park()

    Thing(1)


@scenario
def callbacks():
    """Python, C, Python, C: the interpreter loop entered again."""
    def key(_):
        return functools.reduce(combine, [1, 2])

    def combine(_, item):
        return list(map(functools.partial(last, item), [1]))

    def last(*_):
        return eval("park()")

    sorted([2, 1], key=key)


@scenario
def exceptions():
    def fail():
        raise ValueError

    def clean():
        try:
            fail()
        except ValueError:
            try:
                fail()
            finally:
                park()

    clean()


@scenario
def handler():
    """A signal handler, above the code it interrupted."""
    def handle(_signal, _frame):
        park()

    def interrupted():
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(86400)

    interrupted()


@scenario
def finalizer():
    class Last(object):
        def __del__(self):
            park()

    def drop():
        last = Last()
        del last

    drop()


@scenario
def deep():
    """As many frames as --depth says."""
    def descend(left):
        if left:
            return descend(left - 1)
        park()

    descend(DEPTH)


@scenario
def threads():
    """A thread in each kind of wait, the main thread in a join."""
    kinds = [make(sleepers.FOREVER) for make in sleepers.KINDS]
    for wait, _wake in kinds:  # a wake that is dropped would close its end
        start(wait.__name__, wait)
    start("join", park).join()


@scenario
def crowd():
    """Fifty threads at different depths, some of one name."""
    def descend(left):
        if left:
            descend(left - 1)
        else:
            park()

    for number in range(50):
        start("crowd-%d" % (number % 40), functools.partial(descend, number))
    park()


def modern(name):
    """A scenario that needs the grammar of Python 3."""
    def run():
        if sys.version_info < (3, 6):
            skip("%s needs Python 3.6" % name)
        from modern import stands
        getattr(stands, name)(park)
    run.__name__ = name
    return run


SCENARIOS += [modern(name) for name in (
    "delegates", "awaits", "loop", "unicode")]


def start(name, function):
    def enrol():
        ROWS[threading.current_thread().ident] = thread_id()
        function()

    thread = threading.Thread(target=enrol, name=name)
    thread.daemon = True
    thread.start()
    return thread


def asleep(tid):
    with open("/proc/self/task/%d/stat" % tid) as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def places():
    """Where each thread but the caller's is, to the instruction."""
    mine = threading.current_thread().ident
    return {ident: (id(frame), frame.f_lasti)
            for ident, frame in sys._current_frames().items()
            if ident != mine}


def wait_till_all_stand():
    """Until ten looks in a row find every thread asleep where it was."""
    before, same = None, 0
    while same < 10:
        time.sleep(0.02)
        here = places()
        still = all(ident in ROWS and asleep(ROWS[ident]) for ident in here)
        same = same + 1 if still and here == before else 0
        before = here


def describe(frame):
    rows = []
    while frame:
        code = frame.f_code
        rows.append({"name": code.co_name,
                     "qualname": getattr(code, "co_qualname", None),
                     "file": code.co_filename,
                     "line": frame.f_lineno})
        frame = frame.f_back
    return rows


def stacks(chosen):
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    mine = threading.current_thread().ident
    return {
        "scenario": chosen.__name__, "pid": os.getpid(),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "threads": [{"name": names[ident], "ident": ident,
                     "tid": ROWS[ident], "frames": describe(frame)}
                    for ident, frame in sys._current_frames().items()
                    if ident != mine]}


def watch(pipe, scribe):
    """Pass the report on, once its writer is gone; end with stdin.

    Both are read in the same line, so that this thread stands at the same
    place before and after its own report.
    """
    text = b""
    for source in (pipe, 0):
        piece = b"."
        while piece:
            piece = os.read(source, 1 << 16)
            text += piece
        if source == pipe:
            publish(scribe, text)
    print("ok: parked till the input closed")
    sys.stdout.flush()
    os._exit(0)


def publish(scribe, text):
    scribe[0].join()
    while os.path.exists("/proc/self/task/%d" % scribe[1]):
        time.sleep(0.001)
    sys.stdout.write(text.decode("ascii"))
    sys.stdout.flush()


def take_down(chosen, pipe, scribe):
    """Write all stacks into the pipe, and be gone."""
    scribe += [threading.current_thread(), thread_id()]
    wait_till_all_stand()
    with os.fdopen(pipe, "wb") as out:
        out.write((json.dumps(stacks(chosen)) + "\n").encode("ascii"))


def main():
    global DEPTH
    args = options(
        __doc__,
        ("scenario", "sleep", "which one"),
        ("--depth", DEPTH, "of the scenario `deep`: the size"),
        ("--list", False, "name the scenarios"))
    if args.list:
        print("\n".join(chosen.__name__ for chosen in SCENARIOS))
        finish(SCENARIOS, "%d scenarios" % len(SCENARIOS))
    DEPTH = args.depth
    sys.setrecursionlimit(max(1000, DEPTH + 200))
    chosen = {one.__name__: one for one in SCENARIOS}[args.scenario]

    ROWS[threading.current_thread().ident] = os.getpid()
    reader, writer = os.pipe()
    scribe = []
    start("watch", functools.partial(watch, reader, scribe))
    thread = threading.Thread(target=take_down,
                              args=(chosen, writer, scribe), name="scribe")
    thread.daemon = True
    thread.start()
    if chosen is deep:
        threading.stack_size(max(1 << 24, DEPTH << 12))
        start("deep", deep).join()
    else:
        chosen()


if __name__ == "__main__":
    main()
