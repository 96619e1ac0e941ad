"""Two hundred threads, of which two are busy.

A correct profile shows the busy threads, `worker-N`, half the samples each,
with all their frames; with idle threads the others too, `sleeper-N`, in
`wait_for_work` as deep. The time to take a sample must not grow with them.
"""
import threading

from workload import (Run, descend, finish, lehmer, lehmer_after, options,
                      report, thread_id, thread_time)

SLICE = 1000


def toil(run, results):
    """Work until the run ends."""
    name, before = threading.current_thread().name, thread_time()
    state, slices = 1, 0
    while run.goes_on():
        state = lehmer(state, SLICE)
        slices += 1
    results[name] = {"tid": thread_id(), "slices": slices,
                     "cpu_seconds": thread_time() - before,
                     "right": state == lehmer_after(SLICE * slices)}


def wait_for_work(gate):
    gate.acquire()


def start(name, frames, leaf, *arguments):
    thread = threading.Thread(target=descend, name=name,
                              args=(frames, leaf) + arguments)
    thread.daemon = True
    thread.start()
    return thread


def main():
    args = options(
        __doc__,
        ("--threads", 200, "how many, beside the main thread"),
        ("--frames", 23, "how deep every thread stands"),
        ("--busy", 2, "how many of them work"),
        ("--seconds", 3.0, "how long to run, 0 for ever"))
    gate, results = threading.Lock(), {}
    gate.acquire()  # and nobody releases it

    for number in range(args.threads - args.busy):
        start("sleeper-%d" % number, args.frames, wait_for_work, gate)
    run = Run(args.seconds)
    workers = [start("worker-%d" % number, args.frames, toil, run, results)
               for number in range(args.busy)]
    run.sleep()
    for worker in workers:
        worker.join()

    report(threads=results)
    finish(len(results) == args.busy
           and all(result["right"] for result in results.values()),
           "%d slices in %d of %d threads" % (
               sum(result["slices"] for result in results.values()),
               args.busy, args.threads))


if __name__ == "__main__":
    main()
