"""Not permitted: exit 3, and one fix for the place it is in."""
import ctypes
import os
import subprocess

import harness
import pytest

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534",
          "--clear-groups"]
WITHOUT = ["setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps",
           "-sys_ptrace"]


@pytest.fixture
def target(any_python, start):
    return start(any_python, harness.workload("idle.py"), "0")


@pytest.fixture
def program(tmp_path):
    """A copy of cprof that everybody may run."""
    import shutil
    path = "/tmp/cprof-test-%d" % os.getpid()
    shutil.copy(harness.CPROF, path)
    os.chmod(path, 0o755)
    yield path
    os.unlink(path)


def check_refused(done, *words):
    assert done.status == 3, done
    assert done.out == ""
    lines = harness.messages(done.err)
    assert 1 <= len(lines) <= 2, lines
    assert any(word in done.err for word in words), done.err


def needs_root():
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    if subprocess.call(WITHOUT + ["true"], stderr=subprocess.DEVNULL):
        pytest.skip("setpriv cannot take a capability away")


@pytest.mark.parametrize("command", ("dump", "record", "top"))
def test_another_users_process(target, program, command, tmp_path):
    needs_root()
    more = {"record": ["-o", "/tmp/never-written.svg"], "top": ["-b"]}
    done = harness.run(NOBODY + [program, command] + more.get(command, []) +
                       ["-p", str(target.pid)])
    check_refused(done, "sudo %s %s" % (program, command))
    assert not os.path.exists("/tmp/never-written.svg")
    assert target.alive() and not harness.stands(target.pid)


def test_root_without_the_capability(target):
    needs_root()
    done = harness.run(WITHOUT + [harness.CPROF, "dump", "-p",
                                  str(target.pid)])
    check_refused(done, "SYS_PTRACE")
    out = "/tmp/never-written.svg"
    done = harness.run(WITHOUT + [harness.CPROF, "record", "-o", out, "-p",
                                  str(target.pid)])
    check_refused(done, "SYS_PTRACE")
    assert not os.path.exists(out)


def test_a_process_of_init_as_an_ordinary_user():
    if harness.IS_ROOT:
        pytest.skip("needs not to be root")
    check_refused(harness.cprof("dump", "-p", "1"), "sudo")


HIDDEN = """
import ctypes, time
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
print("ready", flush=True)
time.sleep(99)
"""


def test_a_process_that_is_not_dumpable(program, tmp_path):
    """The same user, but it forbids it."""
    needs_root()
    python = next((path for path in ("/usr/bin/python3",
                                     "/usr/local/bin/python3")
                   if os.path.exists(path)), None)
    if not python:
        pytest.skip("no python3 that everybody may run")
    target = harness.Target(NOBODY + [python, "-c", HIDDEN])
    done = harness.run(NOBODY + [program, "dump", "-p", str(target.pid)])
    check_refused(done, "dumpable", "sudo")
    # root may
    assert harness.cprof("dump", "-p", target.pid).status in (0, 5)


def test_an_ordinary_user_may_read_its_own(program):
    needs_root()
    python = next((path for path in ("/usr/bin/python3",
                                     "/usr/local/bin/python3")
                   if os.path.exists(path)), None)
    if not python:
        pytest.skip("no python3 that everybody may run")
    target = harness.Target(NOBODY + [python, "-c", HIDDEN.replace(
        "prctl(4, 0, 0, 0, 0)", "prctl(0x59616d61, -1, 0, 0, 0)")])
    done = harness.run(NOBODY + [program, "dump", "-p", str(target.pid)])
    if done.status == 5:
        pytest.skip("its version is not one that cprof reads")
    assert done.status == 0, done.err
    assert "<module>" in done.out


def test_a_busy_target_that_another_one_traces(any_python, start):
    """Named, and left as it was."""
    target = start(any_python, harness.workload("busy.py"), "--seconds", "0")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, target.pid, None, None):  # seize
        pytest.skip("ptrace is refused")
    done = harness.cprof("dump", "-p", target.pid)
    assert done.status in (0, 3), done
    if done.status == 3:
        check_refused(done, "traces")
        assert str(os.getpid()) in done.err
    assert harness.status_field(target.pid, "TracerPid") == str(os.getpid())


def test_a_target_that_another_one_traces_is_recorded(any_python, start,
                                                      tmp_path):
    """Without a stop, from its own CPU."""
    out = str(tmp_path / "out.folded")
    target = start(any_python, harness.workload("chains.py"), "--seconds", "0")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, target.pid, None, None):  # seize
        pytest.skip("ptrace is refused")
    done = harness.cprof("record", "-r", "200", "-d", "1", "-f", "raw", "-o",
                         out, "-p", target.pid)
    if done.status == 3:
        pytest.skip("this C library does not say where a thread runs")
    assert done.status == 0, done.err
    assert harness.count_with(harness.read_folded(out), "main") > 20, done.err
    assert harness.status_field(target.pid, "TracerPid") == str(os.getpid())
