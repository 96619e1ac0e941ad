"""Every option of record, dump and top does what it says."""
import json
import re

import harness
import pytest

THREADS = harness.workload("threads.py")


@pytest.fixture(scope="module")
def target(any_python):
    """One thread works, two sleep, the main thread waits."""
    target = harness.Target(
        [any_python.path, THREADS, "--threads", "3", "--busy", "1",
         "--frames", "8", "--seconds", "0"], lasting=True)
    yield target
    target.end()


@pytest.fixture
def record(target, tmp_path):
    """record(words...) -> (stacks, Done) of half a second."""
    def run(*words, **more):
        out = str(tmp_path / "out.folded")
        done = harness.cprof("record", "-d", "0.5", "-f", "raw", "-o", out,
                             *words, "-p", target.pid, **more)
        assert done.status == 0, done.err
        assert done.out == ""
        return harness.read_folded(out), done

    return run


def frames(stacks):
    return [harness.frame_of(text) for texts, _ in stacks for text in texts]


def names(stacks):
    return {frame.name for frame in frames(stacks)}


def test_by_default_only_those_that_run(record):
    stacks, _ = record()
    assert "toil" in names(stacks) and "wait_for_work" not in names(stacks)
    assert harness.total(stacks) > 2
    for texts, count in stacks:
        assert count > 0
        for frame in map(harness.frame_of, texts):
            assert frame.line and frame.file, texts
    assert [";".join(texts) for texts, _ in stacks] == sorted(
        ";".join(texts) for texts, _ in stacks)


def test_idle(record):
    for flag in ("-i", "--idle"):
        stacks, _ = record(flag)
        assert {"toil", "wait_for_work"} <= names(stacks)


def test_threads_are_roots(record, target):
    for flag in ("-t", "--threads"):
        stacks, _ = record(flag, "-i")
        roots = {texts[0] for texts, _ in stacks}
        assert len(roots) == 4
        for root in roots:
            tid, name = re.match(r"thread \((\d+)\): (.+)$", root).groups()
            assert int(tid) in harness.threads(target.pid)
            assert name in ("MainThread", "worker-0", "sleeper-0",
                            "sleeper-1")


def held_ns(err):
    """What the summary says: `target held for 0 ns (...)`."""
    return re.search(r"target held for (\S+ \S+)", err).group(1)


def test_thread_by_name(record, target):
    """The main thread and worker-0 hold the GIL; nobody asked for them."""
    stacks, done = record("-t", "-i", "--thread", "^sleeper-[01]$")
    assert {re.match(r"thread \(\d+\): (.+)$", texts[0]).group(1)
            for texts, _ in stacks} == {"sleeper-0", "sleeper-1"}
    assert names(stacks) >= {"wait_for_work"} and "toil" not in names(stacks)
    assert held_ns(done.err) == "0 ns", done.err
    stacks, _ = record("--thread", "worker")
    assert "toil" in names(stacks) and "wait_for_work" not in names(stacks)


def test_no_thread_has_the_name(record):
    stacks, done = record("-i", "--thread", "no-such-thread")
    assert stacks == [] and " 0 samples of 0 threads" in done.err
    assert "no thread's name matches no-such-thread;" in done.err


def test_dump_by_name(target):
    for pattern, count in (("sleeper", 2), ("worker-0|Main", 2), ("", 4)):
        words = ("--thread", pattern) if pattern else ()
        done = harness.cprof("dump", "-p", target.pid, *words)
        assert done.status == 0, done.err
        assert done.out.count("\nThread ") == count, done.out
        assert len(re.findall('"(%s).*"$' % (pattern or ".*"), done.out,
                              re.MULTILINE)) == count
    done = harness.cprof("dump", "-p", target.pid, "--thread", "nosuch")
    assert done.status == 0 and "no thread's name matches" in done.err


def test_gil(record):
    for flag in ("-g", "--gil"):
        stacks, _ = record(flag)
        assert "toil" in names(stacks)
        assert "wait_for_work" not in names(stacks)


def test_function_gives_first_lines(record):
    source = harness.read(THREADS).splitlines()
    for flag in ("-F", "--function"):
        stacks, _ = record(flag)
        toil, = {frame.line for frame in frames(stacks)
                 if frame.name == "toil"}
        assert source[toil - 1].startswith("def toil(")


def test_nolineno(record):
    stacks, _ = record("--nolineno")
    assert names(stacks) and all(
        frame.line is None and frame.file for frame in frames(stacks))


def test_full_filenames(record):
    stacks, _ = record("--full-filenames")
    assert THREADS in {frame.file for frame in frames(stacks)}
    short, _ = record()
    files = {frame.file for frame in frames(short)}
    assert "threads.py" in files and "threading.py" in files


@pytest.mark.parametrize("words", [
    ("--capture",), ("--hideprogress",), ("--blocking",), ("-v",),
    ("--verbose",), ("-vv",), ("-r", "50"), ("-r50",), ("-r=50",),
    ("--rate=50",), ("--rate", "50.5"), ("-ig",), ("-tr", "200")],
    ids=" ".join)
def test_accepted(record, words):
    stacks, done = record(*words)
    assert "toil" in names(stacks)
    harness.messages(done.err)


def test_rate_counts(record):
    """Ten times the rate: not the same number of samples."""
    slow, _ = record("-r", "20")
    fast, _ = record("-r", "1000")
    assert harness.total(fast) > 4 * harness.total(slow) > 0


def test_a_rate_below_one(target, tmp_path):
    out = str(tmp_path / "out.folded")
    done = harness.cprof("record", "-r", "0.5", "-d", "0.4", "-o", out, "-p",
                         target.pid)
    assert done.status == 0, done.err
    assert harness.total(harness.read_folded(out)) <= 1


def test_cpu_and_wall_count_microseconds(record):
    for flag in ("--cpu", "--wall"):
        stacks, done = record(flag)
        samples = harness.number_before("samples of", done.err)
        assert harness.total(stacks) > 1000 * samples, done.err
        waits = "wait_for_work" in names(stacks)
        assert waits == (flag == "--wall") and "toil" in names(stacks)


def test_a_limit_lowers_the_rate(record):
    stacks, done = record("-r", "20000", "--max-cpu", "0.5%")
    samples = harness.number_before("samples of", done.err)
    assert harness.total(stacks) > 10 * samples, done.err  # microseconds
    assert re.search(r"down to [\d.,]+ Hz", done.err), done.err
    _, done = record("-r", "2", "--max-cpu", "90", "--max-slowdown", "90")
    assert "down to" not in done.err


SHORT = """
import threading, time
def toil():
    end = time.perf_counter() + 0.005
    while time.perf_counter() < end:
        pass
for number in range(60):
    thread = threading.Thread(target=toil, name="short-%d" % number)
    thread.start()
    thread.join()
"""


def test_short_threads_have_their_names(any_python, tmp_path):
    """--thread takes none of which the name is not known yet."""
    out = str(tmp_path / "out.folded")
    words = "record", "-r", "1000", "-t", "-f", "raw", "-o", out
    program = any_python.path, "-c", SHORT
    done = harness.cprof(*words, "--thread", "^nobody$", "--", *program)
    assert done.status == 0 and not harness.total(harness.read_folded(out))
    done = harness.cprof(*words, "--", *program)
    named = unnamed = 0
    for texts, count in harness.read_folded(out):
        if harness.frame_of(texts[-1]).name == "toil":
            named += count * (": short-" in texts[0])
            unnamed += count * (": short-" not in texts[0])
    assert named > 4 * unnamed, done.err


def test_a_thread_id_means_its_process(target, tmp_path):
    thread = max(harness.threads(target.pid))
    out = str(tmp_path / "out.folded")
    done = harness.cprof("record", "-d", "0.3", "-f", "raw", "-o", out,
                         "-p", "%d,%d" % (thread, target.pid))
    assert done.status == 0, done.err
    assert "cprof: %d is a thread of PID %d" % (thread, target.pid) in done.err
    stacks = harness.read_folded(out)
    assert "toil" in names(stacks)
    assert not any(texts[0].startswith("process ") for texts, _ in stacks)


def test_quiet_says_nothing(record):
    for flag in ("-q", "--quiet"):
        assert record(flag)[1].err == ""


def test_the_end_says_what_was_found(record):
    _, done = record()
    assert harness.number_before("samples", done.err) > 2
    assert harness.number_before("lost", done.err) is not None
    assert "out.folded" in done.err
    assert "lehmer" in done.err
    assert "\x1b" not in done.err and "\r" not in done.err


def test_pid_in_hexadecimal(target, tmp_path):
    for flag in ("-p", "--pid"):
        done = harness.cprof("dump", flag, hex(target.pid))
        assert done.status == 0
        assert done.out.startswith("Process %d: " % target.pid)


FORMATS = [("raw", "x"), ("RAW", "x"), ("folded", "x"), ("collapsed", "x"),
           (None, "x.folded"), (None, "x.collapsed"), (None, "x.txt"),
           ("flamegraph", "x"), ("svg", "x"), ("FlameGraph", "x.txt"),
           (None, "x.svg"), ("speedscope", "x"), (None, "x.json"),
           (None, "x.speedscope.json"), ("raw", "x.svg")]


@pytest.mark.parametrize("name, file", FORMATS)
def test_the_name_or_else_the_suffix_decides(target, tmp_path, name, file):
    out = str(tmp_path / file)
    done = harness.cprof("record", "-d", "0.2", *["-f", name] if name else [],
                         "-o", out, "-p", target.pid)
    assert done.status == 0, done.err
    text = harness.read(out)
    kind = (name or file.rpartition(".")[2]).lower()
    if kind in ("flamegraph", "svg"):
        assert "<svg" in text[:1000]
    elif kind in ("speedscope", "json"):
        assert json.loads(text)["shared"]["frames"]
    else:
        assert harness.total(harness.folded(text)) > 0


def test_speedscope_has_a_profile_for_each_thread(target, tmp_path):
    out = str(tmp_path / "x.json")
    done = harness.cprof("record", "-i", "-d", "0.5", "-f", "speedscope",
                         "-o", out, "-p", target.pid)
    assert done.status == 0, done.err
    with open(out) as file:
        profile = json.load(file)
    assert len(profile["profiles"]) == 4
    frames_there = len(profile["shared"]["frames"])
    for one in profile["profiles"]:
        assert one["type"] == "sampled"
        assert len(one["samples"]) == len(one["weights"]) > 0
        assert all(0 <= frame < frames_there
                   for stack in one["samples"] for frame in stack)
        assert 0 < sum(one["weights"]) <= one["endValue"] * 1.01
    frame = [frame for frame in profile["shared"]["frames"]
             if frame["name"] == "toil"][0]
    assert frame["file"] == THREADS and frame["line"] > 0


# --- dump


def test_dump_json_has_py_spys_fields(target):
    for flag in ("-j", "--json"):
        rows = json.loads(harness.cprof("dump", flag, "-p", target.pid).out)
        assert len(rows) == 4
        for row in rows:
            assert {"pid", "thread_id", "thread_name", "os_thread_id",
                    "active", "owns_gil", "frames"} <= set(row)
            assert row["pid"] == target.pid
            for frame in row["frames"]:
                assert {"name", "filename", "module", "short_filename",
                        "line", "locals"} <= set(frame)
    busy, = [row for row in rows if row["thread_name"] == "worker-0"]
    assert busy["active"] is True
    assert busy["frames"][0]["name"] in ("toil", "lehmer", "Run.goes_on")
    assert busy["frames"][-1]["short_filename"] == "threading.py"
    assert {row["os_thread_id"] for row in rows} == set(
        harness.threads(target.pid))


def test_dump_text(target):
    done = harness.cprof("dump", "-p", target.pid)
    lines = done.out.splitlines()
    assert done.status == 0 and done.err == ""
    assert lines[0].startswith("Process %d: " % target.pid)
    assert re.match(r"Python v3\.\d+\.\d+ \(/.+\)$", lines[1])
    assert lines[2] == ""
    heads = [line for line in lines if line.startswith("Thread ")]
    assert len(heads) == 4
    for head in heads:
        assert re.match(r'Thread \d+ \((active\+gil|active|waiting for gil'
                        r'|idle[^)]*)\): "[^"]+"$', head), head
    frames_there = [line for line in lines if line.startswith("    ")]
    assert len(frames_there) > 15
    for line in frames_there:
        assert re.match(r"    \S.* \(\S+:\d+\)$", line), line
    full = harness.cprof("dump", "--full-filenames", "-p", target.pid)
    assert "(%s:" % THREADS in full.out and "(%s:" % THREADS not in done.out


# --- top in plain text


def test_top_in_batch(target):
    done = harness.cprof("top", "-b", "--count", "2", "--delay", "0.3", "-p",
                         target.pid)
    assert done.status == 0, done.err
    heads = [line for line in done.out.splitlines() if "%Own" in line]
    assert len(heads) == 2
    for word in ("%Total", "OwnTime", "TotalTime", "Function"):
        assert word in heads[0]
    assert "toil" in done.out or "lehmer" in done.out
    assert "wait_for_work" not in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize("column", ("own%", "total%", "own", "total"))
def test_top_sorts(target, column):
    done = harness.cprof("top", "--batch", "--count", "1", "--delay", "0.3",
                         "--sort", column, "-p", target.pid)
    assert done.status == 0, done.err
    rows = [line.split() for line in done.out.splitlines()
            if re.match(r"\s*\d+(\.\d+)?\s*%", line)]
    place = {"own%": 0, "total%": 1}.get(column, None)
    assert rows, done.out
    if place is not None:
        numbers = [float(row[place].rstrip("%")) for row in rows]
        assert numbers == sorted(numbers, reverse=True)


def test_top_idle_and_gil(target):
    idle = harness.cprof("top", "-b", "--count", "1", "--delay", "0.3", "-i",
                         "-p", target.pid)
    assert idle.status == 0 and "wait_for_work" in idle.out
    gil = harness.cprof("top", "-b", "--count", "1", "--delay", "0.3", "-g",
                        "-p", target.pid)
    assert gil.status == 0 and "wait_for_work" not in gil.out


def test_top_without_a_terminal_says_so(target):
    done = harness.cprof("top", "-p", target.pid)
    assert done.status in (1, 2)
    line, = harness.messages(done.err)
    assert "-b" in line


# --- ps


def test_ps_lists_what_runs(target, any_python):
    done = harness.cprof("ps")
    assert done.status == 0, done.err
    row, = [line for line in done.out.splitlines()
            if str(target.pid) in line.split()]
    assert any_python.full in row
    assert "4" in row.split()
    assert "threads.py" in row
