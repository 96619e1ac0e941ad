"""System calls straight through ctypes: they see every EINTR.

Python repeats a call that a signal, or a tracer's stop, has cut short; C
programs often do not. Here epoll_wait, poll, nanosleep, futex and accept with
a timeout are called as C does, and every EINTR is counted. Each call waits
for a millisecond, so that --call NAME enters about a thousand a second (the
kernel rounds accept's up); with --sleep-only there are five long ones in all.
--held keeps the GIL meanwhile.

A correct profiler causes no EINTR with --sleep-only (any is a failure), and
without it no more than it owns up to. A profile shows `enter` idle in each.
"""
import ctypes
import errno
import platform
import select
import socket
import struct

from workload import Run, finish, options, report, skip

FUTEX = {"x86_64": 202, "aarch64": 98}
FUTEX_WAIT = 0
SECOND = 1000000000


class Timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


class Calls(object):
    """Five ways to wait for a time, none of which will see anything else."""

    def __init__(self, libc, wait_ns):
        self.libc = libc
        self.milliseconds = wait_ns // 1000000
        self.timespec = Timespec(wait_ns // SECOND, wait_ns % SECOND)
        self.poller = select.epoll()
        self.events = ctypes.create_string_buffer(64)
        self.word = ctypes.c_int(0)
        self.server = socket.socket()
        self.server.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO,
            struct.pack("ll", wait_ns // SECOND, wait_ns % SECOND // 1000))
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(1)

    def epoll_wait(self):
        return self.libc.epoll_wait(self.poller.fileno(), self.events, 1,
                                    self.milliseconds)

    def poll(self):
        return self.libc.poll(None, 0, self.milliseconds)

    def nanosleep(self):
        return self.libc.nanosleep(ctypes.byref(self.timespec), None)

    def futex(self):
        return self.libc.syscall(
            FUTEX[platform.machine()], ctypes.byref(self.word), FUTEX_WAIT,
            0, ctypes.byref(self.timespec), None, 0)

    def accept(self):
        return self.libc.accept(self.server.fileno(), None, None)


NAMES = ("epoll_wait", "poll", "nanosleep", "futex", "accept")
TIMED_OUT = (errno.ETIMEDOUT, errno.EAGAIN)


def enter(call):
    """Make the call: 0 or its errno."""
    ctypes.set_errno(0)
    return ctypes.get_errno() if call() < 0 else 0


def main():
    args = options(
        __doc__,
        ("--call", ("all",) + NAMES, "which"),
        ("--held", False, "keep the GIL during the call"),
        ("--sleep-only", False, "each call once, to sleep"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    if platform.machine() not in FUTEX:
        skip("no number for futex on %s" % platform.machine())
    names = NAMES if args.call == "all" else (args.call,)
    libc = (ctypes.PyDLL if args.held else ctypes.CDLL)(None, use_errno=True)
    wait_ns = 1000000
    if args.sleep_only:
        wait_ns = int((args.seconds or 86400) * SECOND / len(names))
    calls = Calls(libc, wait_ns)
    made, interrupted = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    others = []

    run = Run(args.seconds)
    while run.goes_on():
        for name in names:
            error = enter(getattr(calls, name))
            if run.stopped:  # the signal that did it is no fault
                break
            made[name] += 1
            if error == errno.EINTR:
                interrupted[name] += 1
            elif error and error not in TIMED_OUT:
                others.append((name, errno.errorcode[error]))
        if args.sleep_only:
            break

    total = sum(interrupted.values())
    report(calls=made, eintr=interrupted)
    finish(not others and not (args.sleep_only and total),
           "%d calls, %d EINTR%s" % (sum(made.values()), total,
                                     "".join(", %s: %s" % o for o in others)))


if __name__ == "__main__":
    main()
