"""Where the file goes: named, refused at once, whole or not there."""
import os
import re
import signal
import stat
import threading

import harness
import pytest


@pytest.fixture(scope="module")
def target(any_python):
    target = harness.Target([any_python.path, harness.workload("busy.py"),
                             "--seconds", "0"], lasting=True)
    yield target
    target.end()


@pytest.fixture
def record(target, tmp_path):
    def run(*words, **more):
        return harness.cprof("record", "-d", "0.2", *words, "-p", target.pid,
                             cwd=str(tmp_path), **more)

    return run


def files(folder):
    return sorted(os.listdir(str(folder)))


@pytest.mark.parametrize("words, suffix", [
    ((), "svg"), (("-f", "raw"), "folded"),
    (("-f", "speedscope"), "speedscope.json")])
def test_a_file_named_by_program_pid_and_time(record, target, tmp_path, words,
                                              suffix):
    done = record(*words)
    assert done.status == 0, done.err
    name, = files(tmp_path)
    assert re.match(r".+-%d-\d{8}-\d{6}\.%s$" % (target.pid,
                                                 re.escape(suffix)), name)
    assert name in done.err


@pytest.fixture
def three(record):
    """Three recordings of one target at once: [Done]."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        record("-f", "raw"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_at_once_do_not_overwrite_each_other(three, tmp_path):
    written = [done for done in three if "samples of" in done.err]
    assert len(files(tmp_path)) == len(written) > 0
    for name in files(tmp_path):
        harness.read_folded(str(tmp_path / name))


def test_two_recordings_of_one_target(three, tmp_path):
    """Each stops it for a moment only: none may take that for a refusal."""
    assert [done.status for done in three] == [0, 0, 0], three
    for name in files(tmp_path):
        assert harness.total(harness.read_folded(str(tmp_path / name))) > 8


def test_placeholders(record, target, tmp_path):
    done = record("-o", "a-%n-%p-%t-%h.folded")
    assert done.status == 0, done.err
    name, = files(tmp_path)
    assert re.match(r"a-.+-%d-\d{8}-\d{6}-%s\.folded$" % (
        target.pid, re.escape(os.uname().nodename)), name)


def test_standard_output_has_only_the_file(record, tmp_path):
    done = record("-f", "raw", "-o", "-")
    assert done.status == 0, done.err
    assert harness.total(harness.folded(done.out)) > 0
    assert all(line.rsplit(" ", 1)[1].isdigit()
               for line in done.out.splitlines())
    assert files(tmp_path) == []
    svg = record("-o", "-").out
    assert svg.lstrip().startswith("<") and svg.rstrip().endswith("</svg>")


def test_an_old_file_is_replaced(record, tmp_path):
    old = tmp_path / "x.folded"
    old.write_text("old\n" * 100000)
    assert record("-o", "x.folded").status == 0
    assert files(tmp_path) == ["x.folded"]
    assert "old" not in old.read_text()


def test_a_symlink_is_written_through(record, tmp_path):
    (tmp_path / "real").write_text("old")
    os.symlink("real", str(tmp_path / "x.folded"))
    assert record("-o", "x.folded").status == 0
    assert os.path.islink(str(tmp_path / "x.folded"))
    assert harness.total(harness.read_folded(str(tmp_path / "real"))) > 0


def test_devices_and_pipes_are_written_in_place(record, tmp_path):
    assert record("-f", "raw", "-o", "/dev/null").status == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)

    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    text = []
    reader = threading.Thread(target=lambda: text.append(harness.read(fifo)))
    reader.start()
    done = record("-f", "raw", "-o", fifo)
    reader.join(harness.GUARD)
    assert done.status == 0, done.err
    assert harness.total(harness.folded(text[0])) > 0
    assert stat.S_ISFIFO(os.stat(fifo).st_mode)


@pytest.mark.parametrize("name", ("raw", "flamegraph", "speedscope"))
def test_a_full_disk_is_an_error(record, tmp_path, name):
    done = record("-f", name, "-o", "/dev/full")
    assert done.status == 1
    assert "/dev/full" in done.err
    harness.messages(done.err)
    assert files(tmp_path) == []


UNWRITABLE = ("no/such/folder/x.svg", ".", "/proc/x.svg", "x.svg/")


@pytest.mark.quick
@pytest.mark.parametrize("out", UNWRITABLE)
def test_unwritable_is_refused_before_the_first_sample(any_python, record,
                                                       tmp_path, out):
    done = record("-f", "raw", "-o", out)
    assert done.status == 1, done
    assert len(harness.messages(done.err)) <= 2
    assert files(tmp_path) == []
    launched = harness.cprof("record", "-o", out, "--", any_python.path, "-c",
                             "open('started', 'w')", cwd=str(tmp_path))
    assert launched.status in (1, 125), launched
    assert files(tmp_path) == []


def test_unwritable_to_another_user(record, target, tmp_path):
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    os.chmod(str(tmp_path), 0o755)
    done = harness.run(["setpriv", "--reuid", "65534", "--clear-groups",
                        harness.CPROF, "record", "-d", "0.2", "-o",
                        str(tmp_path / "x.svg"), "-p", str(target.pid)])
    assert done.status in (1, 3, 126), done
    assert files(tmp_path) == []


@pytest.mark.parametrize("number", (
    "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM",
    "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGIO", "SIGPWR", "SIGRTMIN"))
def test_a_signal_ends_it_with_the_file_written(target, tmp_path, number):
    out = str(tmp_path / "x.folded")
    begun = harness.cprof_begin("record", "-r", "200", "-o", out, "-p",
                                target.pid)
    begun.wait_for_start(target.pid)
    harness.time.sleep(0.3)
    begun.signal(getattr(signal, number))
    done = begun.done()
    assert done.status == 0, done
    assert harness.total(harness.read_folded(out)) > 0
    assert files(tmp_path) == ["x.folded"]
    assert target.alive() and not harness.settles(
        lambda: harness.stands(target.pid))


@pytest.mark.parametrize("number", ("SIGPIPE", "SIGXFSZ"))
def test_a_signal_of_writing_ends_nothing(target, tmp_path, number):
    out = str(tmp_path / "x.folded")
    begun = harness.cprof_begin("record", "-d", "0.7", "-o", out, "-p",
                                target.pid)
    begun.wait_for_start(target.pid)
    begun.signal(getattr(signal, number))
    assert begun.done().status == 0
    assert files(tmp_path) == ["x.folded"]


@pytest.mark.parametrize("number", ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE",
                                    "SIGILL", "SIGTRAP", "SIGSYS"))
def test_a_crash_leaves_no_unfinished_file(target, tmp_path, number):
    number = getattr(signal, number)
    old = tmp_path / "x.folded"
    old.write_text("old 1\n")
    plain = "handle_%s=0:" * 5 % ("segv", "sigbus", "sigfpe", "sigill",
                                  "sigtrap")
    begun = harness.cprof_begin("record", "-o", str(old), "-p", target.pid,
                                env={"ASAN_OPTIONS": plain})
    # its second thread samples: all is set up
    assert not harness.settles(lambda: len(harness.threads(begun.pid)) < 2)
    assert len(files(tmp_path)) == 2
    begun.signal(number)
    assert begun.done().status == -number
    assert files(tmp_path) == ["x.folded"]
    assert old.read_text() == "old 1\n"
    assert not harness.settles(lambda: harness.stands(target.pid))


def test_a_file_that_may_not_grow_is_an_error(target, tmp_path):
    words = ("ulimit -f 4 && exec %s record -d 0.3 -o x.svg -p %d"
             % (harness.CPROF, target.pid))
    done = harness.run(["sh", "-c", words], cwd=str(tmp_path))
    assert done.status == 1, done
    assert "cannot write" in done.err and "too large" in done.err, done.err


def test_killed_it_leaves_the_old_file_alone(target, tmp_path):
    out = tmp_path / "x.folded"
    out.write_text("old 1\n")
    begun = harness.cprof_begin("record", "-o", str(out), "-p", target.pid)
    begun.wait_for_start(target.pid)
    begun.signal(signal.SIGKILL)
    begun.done()
    assert out.read_text() == "old 1\n"


def test_under_sudo_the_file_is_the_callers(record, tmp_path):
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    done = record("-f", "raw", "-o", "x.folded",
                  env={"SUDO_UID": "65534", "SUDO_GID": "65534",
                       "SUDO_USER": "nobody"})
    assert done.status == 0, done.err
    info = os.stat(str(tmp_path / "x.folded"))
    assert (info.st_uid, info.st_gid) == (65534, 65534)
