"""Find the interpreter in a process whatever it is called and wherever it is.

And refuse, with one clear line and the documented status, what is none.
"""
import ctypes
import glob
import json
import os
import shutil
import signal
import subprocess

import harness
import pytest
import pythons

PARKED = """
import sys, time

def known_place():
    print("ready", flush=True)
    time.sleep(999)

known_place()
"""


@pytest.fixture
def parked(program):
    return program("parked_here.py", PARKED)


def check_dump(pid, version=None):
    harness.wait_till_asleep(pid)
    done = harness.cprof("dump", "-p", pid)
    assert done.status == 0, done.err
    assert "    known_place (parked_here.py:6)" in done.out, done.out
    if version:
        assert "Python v%s " % version in done.out
    return done


def check_refused(done, statuses):
    assert done.status in statuses, done
    assert done.out == ""
    assert 1 <= len(harness.messages(done.err)) <= 2


def test_every_build(any_build, start, parked):
    check_dump(start(any_build, parked).pid, any_build.full)


def copied(python, folder, name):
    """A copy of the interpreter under another name, and how to start it."""
    if python.is_script:
        pytest.skip("started by a script")
    path = str(folder / name)
    shutil.copy(os.path.realpath(python.path), path)
    home = harness.run([python.path, "-c", "import sys; "
                        "print(sys.base_prefix)"]).out.strip()
    return path, {"PYTHONHOME": home}


def test_under_another_name(any_build, start, parked, tmp_path):
    path, env = copied(any_build, tmp_path, "worker daemon (1)")
    check_dump(start(path, parked, env=env).pid, any_build.full)


def test_deleted_from_disk(any_build, start, parked, tmp_path):
    path, env = copied(any_build, tmp_path, "python")
    target = start(path, parked, env=env)
    os.unlink(path)
    check_dump(target.pid, any_build.full)
    out = str(tmp_path / "x.folded")
    done = harness.cprof("record", "-i", "-d", "0.3", "-o", out, "-p",
                         target.pid)
    assert done.status == 0, done.err
    assert harness.count_with(harness.read_folded(out), "known_place") > 0


def mapped(pid, word):
    with open("/proc/%d/maps" % pid) as maps:
        return {line.split(None, 5)[5].strip() for line in maps
                if word in line}


def test_a_library_deleted_from_disk(any_build, start, parked, tmp_path):
    if not any_build.shared:
        pytest.skip("no shared libpython")
    path, env = copied(any_build, tmp_path, "python")
    target = start(path, parked, env=env)
    library, = mapped(target.pid, "libpython")
    target.end()
    copy = str(tmp_path / os.path.basename(library))
    shutil.copy(library, copy)
    env["LD_LIBRARY_PATH"] = str(tmp_path)
    target = start(path, parked, env=env)
    if copy not in mapped(target.pid, "libpython"):
        pytest.skip("the library is found by a fixed path")
    os.unlink(copy)
    check_dump(target.pid, any_build.full)


def static_build():
    for python in pythons.builds():
        if not python.is_script and not python.shared:
            return python
    return pytest.skip("no interpreter without a shared libpython")


def test_in_another_mount_namespace(start, parked, tmp_path):
    """Its file has a path that leads nowhere from here."""
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    python = static_build()
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    path, env = copied(python, tmp_path, "copy")
    target = start("unshare", "--mount", "--propagation", "private", "sh",
                   "-c", 'mount -t tmpfs none "$1" && cp "$2" "$1/python" && '
                   'exec "$1/python" "$3"', "sh", hidden, path, parked,
                   env=env)
    assert not os.path.exists(str(hidden / "python"))
    check_dump(target.pid, python.full)


def child_of(pid):
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            return int(stat.split("/")[2])
    raise AssertionError("no child of %d" % pid)


@pytest.mark.parametrize("wait", ("sleeps", "spins"))
def test_in_another_pid_namespace(python, start, program, tmp_path, wait):
    """Thread ids are ours, not the ones that it knows itself by."""
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    path = program("parked_here.py", PARKED if wait == "sleeps" else
                   PARKED.replace("time.sleep(999)", "\n    while 1: pass"))
    outer = start("unshare", "--pid", "--fork", "--mount-proc", python.path,
                  path)
    pid = child_of(outer.pid)
    if wait == "sleeps":
        harness.wait_till_asleep(pid)
    rows = json.loads(harness.cprof("dump", "-j", "-p", pid).out)
    assert [row["os_thread_id"] for row in rows] == [pid]
    assert rows[0]["pid"] == pid
    assert rows[0]["active"] is (wait == "spins")
    assert rows[0]["owns_gil"] is (wait == "spins")
    if wait == "spins":
        out = str(tmp_path / "x.folded")
        done = harness.cprof("record", "-d", "0.5", "-o", out, "-p", pid)
        assert done.status == 0, done.err
        assert harness.count_with(harness.read_folded(out),
                                  "known_place") > 20


# --- what cannot be read


def test_an_unsupported_python_is_named(old_python, start, program,
                                        tmp_path):
    path = program("old.py", "import sys, time\nprint('ready')\n"
                   "sys.stdout.flush()\ntime.sleep(999)\n")
    target = start(old_python, path)
    for words in (("dump",), ("record", "-d", "1", "-o",
                              str(tmp_path / "x.svg")), ("top", "-b")):
        done = harness.cprof(*words, "-p", target.pid)
        check_refused(done, (5,))
        assert "%d.%d" % old_python.minor in done.err, done.err
    assert os.listdir(str(tmp_path)) == ["old.py"]


@pytest.mark.quick
@pytest.mark.parametrize("command", ("dump", "record", "top"))
def test_not_python(start, tmp_path, command):
    target = start("sleep", "999", ready=None)
    more = {"record": ["-o", str(tmp_path / "x.svg")], "top": ["-b"]}
    done = harness.cprof(command, *more.get(command, []), "-p", target.pid)
    check_refused(done, (5,))
    assert os.listdir(str(tmp_path)) == []
    assert target.alive() and not harness.stands(target.pid)


@pytest.mark.quick
@pytest.mark.parametrize("command", ("dump", "record", "top"))
def test_no_such_process(tmp_path, command):
    child = subprocess.Popen(["true"])
    child.wait()
    more = {"record": ["-o", str(tmp_path / "x.svg")], "top": ["-b"]}
    for pid in (child.pid, 0x7ffffffe):
        done = harness.cprof(command, *more.get(command, []), "-p", pid)
        check_refused(done, (4,))
        assert str(pid) in done.err
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.quick
def test_a_zombie(tmp_path):
    child = subprocess.Popen(["true"])
    while harness.states(child.pid).get(child.pid, ("",))[0] != "Z":
        harness.time.sleep(0.01)
    check_refused(harness.cprof("dump", "-p", child.pid), (4, 5))
    child.wait()


@pytest.mark.quick
def test_a_kernel_thread(tmp_path):
    for stat in glob.glob("/proc/[0-9]*/status"):
        with open(stat) as file:
            text = file.read()
        if "Kthread:\t1" in text or (
                "VmSize" not in text and "PPid:\t2\n" in text):
            pid = stat.split("/")[2]
            break
    else:
        pytest.skip("no kernel thread to be seen")
    check_refused(harness.cprof("dump", "-p", pid), (3, 5))
    done = harness.cprof("record", "-o", str(tmp_path / "x.svg"), "-p", pid)
    check_refused(done, (3, 5))
    assert os.listdir(str(tmp_path)) == []


# --- a target in a special state


def test_a_stopped_target_stays_stopped(python, start, program):
    path = program("parked_here.py", PARKED.replace(
        "time.sleep(999)", "\n    while 1: pass"))
    target = start(python, path)
    target.signal(signal.SIGSTOP)
    harness.settles(lambda: harness.states(target.pid)[target.pid][0] != "T")
    for _ in range(3):
        done = harness.cprof("dump", "-p", target.pid)
        assert done.status == 0, done.err
        assert "known_place" in done.out
        line, = harness.messages(done.err)
        assert ("PID %d is stopped" % target.pid in line
                and "kill -CONT %d" % target.pid in line), line
        assert harness.states(target.pid)[target.pid] == ("T", 0)
    target.signal(signal.SIGCONT)
    assert not harness.settles(lambda: harness.stands(target.pid))


THREE = """
import threading
def spin():
    while True: pass
for _ in range(2):
    threading.Thread(target=spin, daemon=True).start()
""" + PARKED


@pytest.mark.parametrize("text", (PARKED, THREE), ids=("one", "three"))
def test_a_stopped_target_is_recorded(any_python, start, program, tmp_path,
                                      text):
    path = program("parked_here.py", text.replace(
        "time.sleep(999)", "\n    while 1: pass"))
    target = start(any_python, path)
    target.signal(signal.SIGSTOP)
    harness.settles(lambda: harness.states(target.pid)[target.pid][0] != "T")
    out = str(tmp_path / "x.folded")
    done = harness.cprof("record", "-d", "0.5", "-r", "200", "-o", out, "-p",
                         target.pid)
    assert done.status == 0, done.err
    assert harness.states(target.pid)[target.pid] == ("T", 0)
    # a stopped thread does not run
    assert harness.total(harness.read_folded(out)) == 0
    line = harness.messages(done.err)[0]
    assert line.startswith("cprof: idle for all of "), line
    assert "as it was stopped" in line and harness.read(out).startswith(
        "# no samples (idle for all of "), line
    assert line.endswith("kill -CONT %d lets it run" % target.pid), line


def test_stopped_ones_of_several(any_python, start, program, tmp_path):
    path = program("parked_here.py", THREE.replace(
        "time.sleep(999)", "\n    while 1: pass"))
    targets = [start(any_python, path) for _ in range(2)]
    for target in targets:
        target.signal(signal.SIGSTOP)
        harness.settles(
            lambda pid=target.pid: harness.states(pid)[pid][0] != "T")
    pids = ",".join(str(target.pid) for target in targets)
    done = harness.cprof("record", "-d", "0.5", "-r", "200", "-o",
                         str(tmp_path / "x.folded"), "-p", pids)
    assert done.status == 0, done.err
    assert "as it was stopped" in harness.messages(done.err)[0], done.err
    done = harness.cprof("top", "-b", "--count", "1", "--delay", "0.3", "-p",
                         targets[0].pid)
    assert "Stopped: kill -CONT %d" % targets[0].pid in done.out, done


def test_a_target_that_is_continued_was_not_stopped(any_python, start, parked,
                                                    tmp_path):
    target = start(any_python, parked)
    target.signal(signal.SIGSTOP)
    harness.settles(lambda: harness.states(target.pid)[target.pid][0] != "T")
    begun = harness.cprof_begin("record", "-o", str(tmp_path / "x.folded"),
                                "-p", target.pid)
    begun.wait_for_start(target.pid)
    target.signal(signal.SIGCONT)
    harness.time.sleep(0.5)
    begun.signal(signal.SIGINT)
    done = begun.done()
    assert done.status == 0 and "idle for all of " in done.err, done
    assert "stopped" not in done.err, done.err


def test_before_its_interpreter_is_there(any_python, start, tmp_path):
    """Attached to a shell that becomes Python only later: refused."""
    target = start("sh", "-c", "echo ready; read line; exec \"$0\" -c pass",
                   any_python.path, stdin=subprocess.PIPE)
    check_refused(harness.cprof("dump", "-p", target.pid), (5,))


def test_nothing_is_written_to_the_target(python, start, tmp_path):
    """Its code and data are what they were, word for word."""
    target = start(python, harness.workload("idle.py"), "0")
    harness.wait_till_asleep(target.pid)
    before = writable_memory(target.pid)
    for words in (("dump",), ("record", "-i", "-d", "0.3", "-r", "500", "-o",
                              str(tmp_path / "x.svg"))):
        done = harness.cprof(*words, "-p", target.pid)
        assert done.status == 0, done.err
    assert writable_memory(target.pid) == before


def writable_memory(pid):
    """Hash of each private mapping that can be written, stacks left out."""
    import hashlib
    hashes = {}
    with open("/proc/%d/maps" % pid) as maps, \
            open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps:
            fields = line.split(None, 5)
            if not fields[1].startswith("rw") or "[" in line:
                continue
            start, end = (int(word, 16) for word in fields[0].split("-"))
            memory.seek(start)
            try:
                hashes[fields[0]] = hashlib.sha1(
                    memory.read(end - start)).hexdigest()
            except OSError:
                pass
    return hashes


def test_a_tracer_that_is_there_already(any_python, start, program):
    """Either read without stopping, or refused with the tracer named."""
    path = program("parked_here.py", PARKED)
    target = start(any_python, path)
    libc = ctypes.CDLL(None, use_errno=True)
    seize = 0x4206
    if libc.ptrace(seize, target.pid, None, None):
        pytest.skip("ptrace is refused: errno %d" % ctypes.get_errno())
    done = harness.cprof("dump", "-p", target.pid)
    if done.status == 0:
        assert "known_place" in done.out
    else:
        check_refused(done, (3,))
        assert str(os.getpid()) in done.err
    libc.ptrace(17, target.pid, None, None)  # detach: fails while it runs
