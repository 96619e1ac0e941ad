"""A command that cprof starts: as if it had been started without."""
import os
import signal
import stat
import subprocess

import harness
import pytest

BUSY = "import time\nend = time.time() + %s\nwhile time.time() < end: pass\n"


@pytest.fixture
def launch(tmp_path):
    """launch(command..., options=()) -> Done; the file is x.folded."""
    def run(*command, options=(), **more):
        return harness.cprof("record", "-r", "200", "-o", "x.folded",
                             *options, "--", *command, cwd=str(tmp_path),
                             **more)

    return run


def samples(tmp_path):
    return harness.total(harness.read_folded(str(tmp_path / "x.folded")))


def script(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("status", (0, 1, 7, 200))
def test_its_exit_status_is_ours(any_python, launch, tmp_path, status):
    done = launch(any_python.path, "-c", BUSY % 0.3 +
                  "raise SystemExit(%d)" % status)
    assert done.status == status, done.err
    assert samples(tmp_path) > 0


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL,
                                    signal.SIGSEGV))
def test_a_signal_is_128_more(any_python, launch, tmp_path, number):
    done = launch(any_python.path, "-c", BUSY % 0.3 +
                  "import os; os.kill(os.getpid(), %d)" % number)
    assert done.status == 128 + number, done.err
    assert samples(tmp_path) > 0


@pytest.mark.quick
def test_a_command_that_is_not_there(launch, tmp_path):
    for command in ("no-such-command", "./no-such-command", "/no/such/file"):
        done = launch(command)
        assert done.status == 127, done
        assert command in harness.messages(done.err)[0]
        assert os.listdir(str(tmp_path)) == []


@pytest.mark.quick
def test_a_command_that_cannot_be_run(launch, tmp_path):
    (tmp_path / "data").write_text("text")
    (tmp_path / "folder").mkdir()
    for command in ("./data", "./folder"):
        done = launch(command)
        assert done.status == 126, done
        assert len(harness.messages(done.err)) <= 2
        assert sorted(os.listdir(str(tmp_path))) == ["data", "folder"]


def test_a_script_with_an_interpreter_line(python, launch, tmp_path):
    if python.is_script:
        pytest.skip("a script cannot be an interpreter")
    path = script(tmp_path / "tool", "#!%s\n%s" % (python.path, BUSY % 0.5))
    done = launch(path)
    assert done.status == 0, done.err
    assert samples(tmp_path) > 2


def test_a_script_found_by_env(any_python, launch, tmp_path):
    os.symlink(any_python.path, str(tmp_path / "some-python"))
    script(tmp_path / "tool", "#!/usr/bin/env some-python\n" + BUSY % 0.5)
    done = launch("tool", env={
        "PATH": "%s:%s" % (tmp_path, os.environ["PATH"])})
    assert done.status == 0, done.err
    assert samples(tmp_path) > 2


def test_a_shell_that_execs_python(python, launch, tmp_path):
    done = launch("sh", "-c", 'sleep 0.2; exec "$0" -c "$1"', python.path,
                  BUSY % 0.5 + "raise SystemExit(3)")
    assert done.status == 3, done.err
    stacks = harness.read_folded(str(tmp_path / "x.folded"))
    assert harness.count_with(stacks, "<module>") > 2


def test_from_the_first_moment_on(python, launch, tmp_path, program):
    """What runs at once is seen, also in a program that is soon gone."""
    path = program("early.py", "def early():\n" + "".join(
        "    %s\n" % line for line in (BUSY % 0.3).splitlines()[1:])
        .replace("time.time", "__import__('time').time") + "early()\n")
    done = launch(python.path, path, options=("-r", "500"))
    assert done.status == 0, done.err
    stacks = harness.read_folded(str(tmp_path / "x.folded"))
    assert harness.count_with(stacks, "early") > 5, done.err


def test_a_program_that_ends_at_once(python, launch, tmp_path):
    done = launch(python.path, "-c", "pass")
    assert done.status == 0, done.err
    samples(tmp_path)


def test_a_command_that_is_no_python(launch, tmp_path):
    """It runs to its end; that nothing was recorded is our failure."""
    done = launch("sh", "-c", "sleep 0.3; echo ran")
    assert done.out == "ran\n"
    assert done.status == 125, done
    assert len(harness.messages(done.err)) <= 2
    done = launch("sh", "-c", "sleep 0.3; exit 9")
    assert done.status == 9, done


def test_input_output_and_environment_are_its_own(any_python, launch,
                                                  tmp_path):
    code = ("import os, sys; sys.stderr.write('to stderr\\n'); "
            "print(sys.stdin.read() + os.environ['MINE'], end=''); " +
            "print(os.getpgrp() == os.getpgid(os.getppid()))")
    done = launch(any_python.path, "-c", code, text=b"input ",
                  env={"MINE": "value "})
    assert done.out == "input value True\n"
    assert "to stderr\n" in done.err
    assert done.status == 0


def test_no_descriptor_of_ours_is_left_to_it(any_python, launch):
    done = launch(any_python.path, "-c",
                  "import os; print(sorted(os.listdir('/proc/self/fd')))")
    # 3 is the folder that it lists
    assert done.out == "['0', '1', '2', '3']\n", done


def test_signals_are_as_they_were(any_python, launch):
    code = ("print(''.join(line for line in open('/proc/self/status') "
            "if line.startswith(('SigBlk', 'SigIgn'))))")
    plain = harness.run([any_python.path, "-c", code])
    assert launch(any_python.path, "-c", code).out == plain.out


def test_without_the_dashes(any_python, tmp_path):
    done = harness.cprof("record", "-o", "x.folded", any_python.path, "-c",
                         BUSY % 0.3, "-r", "nonsense", cwd=str(tmp_path))
    assert done.status == 0, done.err
    assert samples(tmp_path) > 0


def test_it_is_not_killed_when_time_is_over(any_python, tmp_path):
    out = str(tmp_path / "x.folded")
    begun = harness.cprof_begin(
        "record", "-d", "0.5", "-o", out, "--", any_python.path, "-c",
        "print('ready', flush=True)\n" + BUSY % 1.5 +
        "print('done', flush=True)\nraise SystemExit(4)")
    begun.lines.until("ready")
    assert not harness.settles(lambda: "waiting for PID" not in begun.err)
    assert "--kill ends it" in begun.err
    # written before the command ends, and never again
    assert harness.total(harness.read_folded(out)) > 0
    done = begun.done()
    assert done.status == 4 and done.out.endswith("done")


@pytest.mark.parametrize("word, number", [
    ("--kill", signal.SIGTERM), ("--kill=INT", signal.SIGINT),
    ("--kill=SIGUSR1", signal.SIGUSR1), ("--kill=9", signal.SIGKILL)])
def test_kill_ends_it(any_python, tmp_path, word, number):
    code = ("import signal, sys\n"
            "for n in (2, 10, 15): signal.signal(n, lambda n, f: "
            "(print('got', n, flush=True), sys.exit(5)))\n"
            "print('ready', flush=True)\n"
            "while True: pass")
    done = harness.cprof("record", "-d", "0.5", word, "-o",
                         str(tmp_path / "x.folded"), "--", any_python.path,
                         "-c", code)
    assert done.status == 0, done
    said = "got %d" % number in done.out
    assert said or number == signal.SIGKILL
    assert samples(tmp_path) > 0


def test_ctrl_c_is_the_commands_to_decide(any_python, tmp_path):
    """A terminal sends SIGINT to both; the command goes on a little."""
    code = ("import signal, sys, time\n"
            "def end(*_):\n"
            "    time.sleep(0.3)\n"
            "    print('ended itself', flush=True)\n"
            "    sys.exit(6)\n"
            "signal.signal(signal.SIGINT, end)\n"
            "print('ready', flush=True)\n"
            "while True: pass")
    begun = harness.cprof_begin("record", "-o", str(tmp_path / "x.folded"),
                                "--", any_python.path, "-c", code)
    begun.lines.until("ready")
    harness.time.sleep(0.3)
    os.killpg(begun.pid, signal.SIGINT)
    done = begun.done()
    assert done.out.endswith("ended itself")
    assert done.status == 6, done
    assert samples(tmp_path) > 0


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGQUIT))
def test_a_second_ctrl_c_ends_cprof_at_once(any_python, tmp_path, number):
    code = ("import signal\n"
            "signal.signal(%d, signal.SIG_IGN)\n"
            "print('ready', flush=True)\n"
            "while True: pass" % number)
    begun = harness.cprof_begin("record", "-o", str(tmp_path / "x.folded"),
                                "--", any_python.path, "-c", code)
    begun.lines.until("ready")
    harness.time.sleep(0.3)
    os.killpg(begun.pid, number)
    harness.time.sleep(0.3)
    assert begun.alive()
    os.killpg(begun.pid, number)
    assert begun.wait() == 128 + number
    assert samples(tmp_path) > 0


def test_sudo_runs_it_as_the_caller(tmp_path):
    if not harness.IS_ROOT:
        pytest.skip("needs root")
    os.chmod(str(tmp_path), 0o777)
    done = harness.cprof(
        "record", "-o", "x.folded", "--", "sh", "-c",
        "id -u; id -g; id -G; sleep 0.2", cwd=str(tmp_path),
        env={"SUDO_UID": "65534", "SUDO_GID": "65534",
             "SUDO_USER": "nobody"})
    assert done.out.split()[:2] == ["65534", "65534"], done
    assert "0" not in done.out.split()[2:], done


def test_top_launches_too(any_python, tmp_path):
    done = harness.cprof("top", "-b", "--count", "1", "--delay", "0.3", "--",
                         any_python.path, "-c", BUSY % 0.8,
                         cwd=str(tmp_path))
    assert done.status == 0, done.err
    assert "<module>" in done.out
