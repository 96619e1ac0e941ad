"""Threads that sleep in every way there is.

Each kind waits in a function of its own, `in_<kind>`. Left alone they never
wake. With --wake MS a `waker` thread rouses each of them that often, and each
reports its own CPU clock. With --spin one more thread spins.

A correct profile without idle threads has no sample of one that never wakes,
and of one that does no more than its own share of CPU; with --spin all that
is left is `spin`. With idle threads every kind shows its own wait.
"""
import os
import select
import signal
import socket
import subprocess
import threading
import time

from workload import (Run, cpu_seconds, finish, options, report,
                      thread_id, thread_time)

try:
    import queue
except ImportError:
    import Queue as queue

FOREVER = 86400
KINDS = []
CHILDREN = []


def kind(make):
    """A kind of sleep: make() gives a wait and what ends it."""
    KINDS.append(make)
    return make


def pipe():
    """The reading end of a pipe, how to empty it and how to fill it."""
    reader, writer = os.pipe()
    return (reader, lambda: os.read(reader, 1),
            lambda: os.write(writer, b"."))


@kind
def sleep(pause):
    def in_sleep():
        time.sleep(pause)
    return in_sleep, None  # wakes by itself


@kind
def select_(_):
    reader, drain, wake = pipe()

    def in_select():
        select.select([reader], [], [])
        drain()
    return in_select, wake


@kind
def poll(_):
    reader, drain, wake = pipe()
    poller = select.poll()
    poller.register(reader, select.POLLIN)

    def in_poll():
        poller.poll()
        drain()
    return in_poll, wake


@kind
def epoll(_):
    reader, drain, wake = pipe()
    poller = select.epoll()
    poller.register(reader, select.EPOLLIN)

    def in_epoll():
        poller.poll()
        drain()
    return in_epoll, wake


@kind
def recv(_):
    ours, theirs = socket.socketpair()

    def in_recv():
        ours.recv(1)
    return in_recv, lambda: theirs.send(b".")


@kind
def accept(_):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(5)

    def in_accept():
        server.accept()[0].close()

    def wake():
        client = socket.socket()
        client.connect(server.getsockname())
        client.close()
    return in_accept, wake


@kind
def lock(_):
    gate = threading.Lock()
    gate.acquire()

    def in_lock():
        gate.acquire()

    def wake():
        if gate.locked():
            gate.release()
    return in_lock, wake


@kind
def condition(_):
    change = threading.Condition()

    def in_condition():
        with change:
            change.wait()

    def wake():
        with change:
            change.notify()
    return in_condition, wake


@kind
def event(_):
    flag = threading.Event()

    def in_event():
        flag.wait()
        flag.clear()
    return in_event, flag.set


@kind
def get(_):
    items = queue.Queue()

    def in_get():
        items.get()
    return in_get, lambda: items.put(None)


@kind
def waitpid(_):
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=True)
    CHILDREN.append(child)
    turns = [signal.SIGSTOP, signal.SIGCONT]

    def in_waitpid():
        os.waitpid(child.pid, os.WUNTRACED | os.WCONTINUED)

    def wake():
        child.send_signal(turns[0])
        turns.reverse()
    return in_waitpid, wake


@kind
def read(_):
    _, drain, wake = pipe()

    def in_read():
        drain()
    return in_read, wake


def start(name, function, *arguments):
    thread = threading.Thread(target=function, name=name, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


def doze(wait, row):
    """Wait again and again, and keep the score."""
    before = thread_time()
    row["tid"] = thread_id()
    while True:
        wait()
        row["rounds"] += 1
        row["own_seconds"] = thread_time() - before


def rouse(run, wakes, pause):
    while run.goes_on():
        time.sleep(pause)
        for wake in wakes:
            wake()


def spin():
    state = 1
    while True:
        state = state * 48271 % 2147483647


def main():
    args = options(
        __doc__,
        ("--seconds", 3.0, "how long to run, 0 for ever"),
        ("--wake", 0.0, "milliseconds between wake-ups, 0 for never"),
        ("--spin", False, "and one thread that spins"))
    pause = args.wake / 1000 or FOREVER
    rows, wakes = {}, []

    for make in KINDS:
        wait, wake = make(pause)
        row = rows[wait.__name__] = {"rounds": 0, "own_seconds": 0.0}
        start(wait.__name__, doze, wait, row)
        wakes += [wake] if wake else []
    while not all("tid" in row for row in rows.values()):
        time.sleep(0.01)
    time.sleep(0.1)  # for the last one to reach its wait
    run = Run(args.seconds)
    if args.wake:
        waker = start("waker", rouse, run, wakes, pause)
    if args.spin:
        start("spinner", spin)
    run.sleep()

    if args.wake:
        waker.join()
    for child in CHILDREN:  # it may stand stopped, and would for ever
        child.send_signal(signal.SIGCONT)
    for row in rows.values():
        row["cpu_seconds"] = cpu_seconds(row["tid"])
    report(sleepers=rows)
    right = all(bool(row["rounds"]) == bool(args.wake)
                for row in rows.values())
    finish(right, "%d kinds of sleepers woke %d times" % (
        len(rows), sum(row["rounds"] for row in rows.values())))


if __name__ == "__main__":
    main()
