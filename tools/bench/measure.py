"""The measurements: pairs of windows, first samples, dumps and memory.

A pair is two windows side by side, one in which the target runs alone and one
in which it is sampled; every second pair has them in the other order (ABBA),
and the profilers take turns. So a host whose speed drifts pulls both ways.
"""
import collections
import os
import subprocess
import time

import examine
import machine
from examine import Span
from failed import Failed
from profilers import Recording

Reading = collections.namedtuple(
    "Reading", "time work target own beside machine steal")
FIRST_SAMPLE_S = 5
TRIES = 3  # of a pair that the host spoils; then it counts all the same


class Cell:
    """What was found of one profiler at one load and rate."""

    def __init__(self):
        self.slowdown, self.withheld = [], []  # per pair, %
        self.per_cpu = []  # per pair, %: less work for each CPU second
        self.own, self.foreign = [], []  # per window, % of a core
        self.steal = []  # per sampled window, ms
        self.again = 0  # pairs thrown away, as the host took its CPUs back
        self.said = []  # per window: what it says of itself
        self.ticks = None  # % of those asked for

    def column(self, what):
        return [said[what] for said in self.said if what in said]


class Bench:
    """How long and how often, and where to put files."""

    def __init__(self, options, folder, progress):
        self.pairs, self.window = options.pairs, options.window
        self.rival_pairs = min(options.rival_pairs, options.pairs)
        self.settle, self.folder = options.settle, folder
        self.progress = progress

    # --- pairs of windows

    def compare(self, target, profilers, rate, beside=None):
        """{key: Cell}; those that are not judged take part in fewer rounds."""
        profilers = list(profilers)
        cells = {profiler.key: Cell() for profiler in profilers}
        pairs, rival_pairs = self.pairs_of(target.load)
        for number in range(pairs):
            turn = number % len(profilers)
            for profiler in profilers[turn:] + profilers[:turn]:
                if profiler.key != target.load.judged and not due(
                        number, rival_pairs, pairs):
                    continue
                self.progress("%s, %d Hz: pair %d of %d, %s" % (
                    target.load.title, rate, number + 1, pairs,
                    profiler.title))
                try:
                    self.pair(target, profiler, rate, cells[profiler.key],
                              beside)
                except Failed as error:
                    self.give_up(target, profiler, rate, error)
                    profilers.remove(profiler)
                    del cells[profiler.key]
        for profiler in profilers:
            cell = cells[profiler.key]
            cell.ticks = self.ticks(target, profiler, rate, cell)
        return cells

    def give_up(self, target, profiler, rate, error):
        """A rival that cannot do it must not cost the row."""
        if profiler.key == target.load.judged:
            raise error
        self.progress("")
        print("skipped: %s, %d Hz: %s: %s" % (
            target.load.title, rate, profiler.title,
            str(error).strip().replace("\n", " / ")), flush=True)

    def pairs_of(self, load):
        """For the judged one, and for each of the others."""
        pairs = min(self.pairs, load.pairs or self.pairs)
        return pairs, -(-self.rival_pairs * pairs // self.pairs)

    def pair(self, target, profiler, rate, cell, beside):
        """A host that takes its CPUs back spoils whatever is measured then.
        """
        turned = len(cell.slowdown) % 2
        for tries in range(TRIES):
            cell.again += tries > 0
            machine.wait_for_host()
            alone, sampled, said = self.windows(target, profiler, rate,
                                                beside, turned)
            if max(alone.steal, sampled.steal) <= machine.QUIET_STEAL:
                break
        if not alone.work:
            raise Failed("no work in a window of %g s" % self.window)
        cell.said.append(said)
        cell.slowdown.append(loss(alone.work, sampled.work))
        cell.withheld.append(loss(alone.target, sampled.target))
        cell.per_cpu.append(loss(ratio(alone.work, alone.target),
                                 ratio(sampled.work, sampled.target)))
        cell.own.append(100 * sampled.own)
        cell.steal.append(1000 * sampled.steal * self.window)
        cell.foreign += [100 * foreign(alone), 100 * foreign(sampled)]

    def windows(self, target, profiler, rate, beside, turned):
        """The two of a pair, and what the profiler says."""
        if not turned:
            alone = self.watch(target, beside)
        sampled, said = self.sample(target, profiler, rate, beside)
        if turned:
            alone = self.watch(target, beside)
        return alone, sampled, said

    def sample(self, target, profiler, rate, beside):
        begin = time.monotonic()
        with Recording(profiler, target, rate, self.folder,
                       target.load.options) as recording:
            result = self.watch(target, beside, recording.pid)
            span = Span(begin, time.monotonic(), self.settle, rate)
            said = recording.end()
        if target.load.examine:
            try:
                said.update(examine.BY_NAME[target.load.examine](
                    recording.output, target, span, said))
            except (OSError, ValueError) as error:
                raise Failed("%s's file: %s" % (profiler.title, error))
        return result, said

    def watch(self, target, beside, pid=0):
        """Everything per second of one window."""
        time.sleep(self.settle)
        before = read(target, beside, pid)
        time.sleep(self.window)
        after = read(target, beside, pid)
        seconds = after.time - before.time
        return Reading(*[(late - early) / seconds
                         for early, late in zip(before, after)])

    def ticks(self, target, profiler, rate, cell):
        """% of the ticks asked for.

        cprof says its rate, Austin how many stacks it read a second. py-spy
        counts stacks, of active threads: a run of its own with idle ones
        gives as many to each tick as there are threads.
        """
        if cell.column("reached"):
            return 100 * sum(cell.column("reached")) / len(cell.said) / rate
        if not target.threads:
            return None
        if cell.column("stacks"):
            return 100 * sum(cell.column("stacks")) / len(cell.said) / \
                target.threads / rate
        with Recording(profiler, target, rate, self.folder,
                       ["-i"]) as recording:
            recording.wait_for("Sampling")
            begin = time.monotonic()
            time.sleep(self.window)
            seconds = time.monotonic() - begin
            said = recording.end()
        return 100 * said["samples"] / target.threads / seconds / rate

    # --- from spawn to ...

    def attach(self, target, profilers, count):
        """{key: [ms from spawn until the target is stopped]}"""
        times = {profiler.key: [] for profiler in profilers}
        for number in range(count):
            self.progress("attach %d of %d" % (number + 1, count))
            for profiler in alternate(profilers, number):
                times[profiler.key].append(
                    1000 * self.first_stop(target, profiler))
        return times

    def first_stop(self, target, profiler):
        """The target's own count says when it was stopped; it is asked often
        enough, yet seldom enough to leave the profiler its CPU."""
        before, begin = target.stops(), time.perf_counter()
        with Recording(profiler, target, 1000, self.folder) as recording:
            while target.stops() == before:
                if time.perf_counter() - begin > FIRST_SAMPLE_S:
                    raise Failed("%s does not stop its target: %s" % (
                        profiler.title, recording.said()))
                time.sleep(0.0001)
            seconds = time.perf_counter() - begin
            time.sleep(0.05)  # until it is ready for a signal
        return seconds

    def dump(self, target, profilers, count):
        """{key: [ms from spawn to exit]}"""
        times = {profiler.key: [] for profiler in profilers}
        for number in range(count):
            self.progress("dump %d of %d" % (number + 1, count))
            for profiler in alternate(profilers, number):
                times[profiler.key].append(
                    1000 * seconds_of(profiler.dump_words(target.pid)))
        return times

    # --- memory

    def rss(self, targets, profilers, rate, early_s, late_s):
        """{key: (MB early, MB late)}; each profiler has a target of its own,
        so all of them grow at the same time."""
        recordings = []
        try:
            for target, profiler in zip(targets, profilers):
                recordings.append(
                    Recording(profiler, target, rate, self.folder))
            self.progress("RSS of %s, %d Hz: %d s" % (
                targets[0].load.title, rate, late_s))
            time.sleep(early_s)
            early = [machine.rss_mb(each.pid) for each in recordings]
            time.sleep(late_s - early_s)
            late = [machine.rss_mb(each.pid) for each in recordings]
        finally:
            for recording in recordings:
                recording.__exit__()
        return {profiler.key: pair for profiler, pair in
                zip(profilers, zip(early, late))}


def read(target, beside, pid):
    """All that is counted, now; beside is a busy neighbour, or None."""
    return Reading(time.perf_counter(), target.work(), target.cpu_seconds(),
                   machine.cpu_seconds(pid) if pid else 0.0,
                   beside.cpu_seconds() if beside else 0.0,
                   machine.busy_seconds(), machine.steal_seconds())


def due(number, few, many):
    """So few of so many, evenly."""
    return number * few // many != (number + 1) * few // many


def ratio(work, seconds):
    return work / seconds if seconds else 0.0


def loss(alone, sampled):
    return 100 * (1 - sampled / alone) if alone else 0.0


def foreign(rates):
    """Cores used by nothing that was started here, steal among them."""
    return max(0.0, rates.machine - rates.target - rates.own - rates.beside)


def alternate(profilers, number):
    return profilers[::-1] if number % 2 else profilers


def seconds_of(words):
    """From spawn to exit, with nothing of a shell or a pipe in it."""
    nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0)
               for fd in range(3)]
    begin = time.perf_counter()
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=nowhere)
    _, status = os.waitpid(pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        said = subprocess.run(words, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE).stderr.decode()
        raise Failed("%s failed:\n%s" % (" ".join(words), said))
    return seconds
