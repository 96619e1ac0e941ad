"""The machine: what it is, and how busy it is with other work."""
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_CORES = 0.05  # more than this of other work is worth a warning
QUIET_STEAL = 0.005  # of a core, taken by the host: more spoils a window


def cpu_seconds(pid):
    """CPU time of all threads of a process, those that ended too.

    The kernel's name of a process's clock is its inverted pid and a kind, as
    clock_getcpuclockid() has it; 2 is the scheduler's sum in nanoseconds.
    """
    try:
        return time.clock_gettime_ns((~pid << 3) | 2) * 1e-9
    except OSError:
        return 0.0


def waited_seconds(pid):
    """CPU time of the children that a process has waited for."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            words = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[13]) + int(words[14])) / TICKS


def family(pid):
    """A process and those that descend from it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = status(int(name), "PPid")
            except (OSError, KeyError):
                pass  # it ended
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found


def read_stat():
    with open("/proc/stat") as stat:
        return [int(word) / TICKS for word in stat.readline().split()[1:9]]


def busy_seconds():
    """CPU time that the whole machine spent, and what a host took away."""
    user, nice, system, _, _, irq, softirq, steal = read_stat()
    return user + nice + system + irq + softirq + steal


def steal_seconds():
    """What a host took away: a pause of milliseconds is nearly always that."""
    return read_stat()[7]


def wait_for_host(limit_s=60):
    """Until a second in which the host took hardly any CPU away."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        before = steal_seconds()
        time.sleep(1)
        if steal_seconds() - before <= 2 * QUIET_STEAL:
            return


def foreign_cores(seconds=1.0):
    """How many cores are busy while we only wait."""
    begin, before = time.monotonic(), busy_seconds()
    time.sleep(seconds)
    return (busy_seconds() - before) / (time.monotonic() - begin)


def cpu_model():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def facts():
    system = os.uname()
    return "%d cores, %s, %s %s; load average %.2f %.2f %.2f" % (
        (len(os.sched_getaffinity(0)), cpu_model(), system.sysname,
         system.release) + os.getloadavg())


def warning():
    """What other work there is, if it is too much to measure beside."""
    cores = foreign_cores()
    if cores <= QUIET_CORES:
        return None
    return ("other processes use %.2f of a core: the figures below are not to "
            "be trusted" % cores)


def rss_mb(pid):
    return status(pid, "VmRSS") / 1024


def status(pid, field):
    """A number of /proc/PID/status."""
    with open("/proc/%d/status" % pid) as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    raise KeyError(field)


def is_real_time(pid):
    """Has one of its threads SCHED_FIFO?"""
    policies = set()
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            policies.add(os.sched_getscheduler(int(tid)))
        except OSError:
            pass  # it ended
    reset = getattr(os, "SCHED_RESET_ON_FORK", 0)
    return os.SCHED_FIFO in {policy & ~reset for policy in policies}
