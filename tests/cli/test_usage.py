"""Wrong usage: exit 2 at once, one line, nothing started, nothing written."""
import os

import harness
import pytest

pytestmark = pytest.mark.quick

# PID is a Python that runs; what is behind -- would leave a mark
LAUNCH = ("--", "touch", "started")
WRONG = {
    "record": [
        (), ("-r", "10"), ("--",), ("-p",), ("-p", "12x"), ("-p", ""),
        ("-p", "-5"), ("-p", "0"), ("-p", "1.5"), ("-p", "0xzz"),
        ("-p", "99999999999999999999"), ("-p", "+"), ("-p", "PID "),
        ("-p", "PID", "-r", "0"), ("-p", "PID", "-r", "nan"),
        ("-p", "PID", "-r", "inf"), ("-p", "PID", "-r", "-1"),
        ("-p", "PID", "-r", "ten"), ("-p", "PID", "-r", ""),
        ("-p", "PID", "-r", "1e12"), ("-p", "PID", "-r", "10Hz"),
        ("-p", "PID", "-d", "-3"), ("-p", "PID", "-d", "nan"),
        ("-p", "PID", "-d", "x"), ("-p", "PID", "-d", ""),
        ("-p", "PID", "-d", "1 "), ("-p", "PID", "-f", "nosuch"),
        ("-p", "PID", "-f", ""), ("-p", "PID", "-o", ""),
        ("-p", "PID", "-F", "--nolineno"),
        ("-p", "PID", "-n", "--nonblocking"), ("-p", "PID", "--nosuch"),
        ("-p", "PID", "-Z"), ("-p", "PID", "-r"), ("-p", "PID", "--rate"),
        ("-p", "PID", "--rate="), ("-p", "PID", "--idle=1"),
        ("-p", "PID", "-j"), ("-p", "PID", "--kill"),
        ("-p", "PID") + LAUNCH, ("-r", "0") + LAUNCH,
        ("-f", "nosuch") + LAUNCH, ("--nosuch",) + LAUNCH,
        ("--kill=NOSUCH",) + LAUNCH, ("-d", "0x") + LAUNCH,
        ("-F", "--nolineno") + LAUNCH,
        ("-p", "PID,"), ("-p", ",PID"), ("-p", "PID,,PID"),
        ("-p", "PID,x"), ("-p", "PID", "--match", "x"),
        ("--match", "x") + LAUNCH, ("--match", ""), ("--match", "("),
        ("--all",), ("-p", "PID", "--all"),
        ("-p", "PID", "--thread", "("), ("-p", "PID", "--thread", ""),
        ("--thread", "[") + LAUNCH,
    ],
    "top": [
        (), ("-p", "12x"), ("-p", "PID", "-r", "0"),
        ("-p", "PID", "--delay", "-1"), ("-p", "PID", "--delay", "nan"),
        ("-p", "PID", "-b", "--count", "0"), ("-p", "PID", "-b", "--count",
                                              "x"),
        ("-p", "PID", "--count", "3"), ("-p", "PID", "-b", "--sort",
                                        "nosuch"),
        ("-p", "PID", "-o", "file"), ("-p", "PID") + LAUNCH,
    ],
    "dump": [
        (), ("-p", "12x"), ("-p", "-1"), ("-j",), ("PID",),
        ("-p", "PID", "-r", "10"), ("-p", "PID", "--nosuch"),
        ("-p", "PID") + LAUNCH, LAUNCH,
    ],
    "ps": [("-p", "PID"), ("--nosuch",), ("word",)],
}
LATER = {
    "record": [("-n",), ("--native",),
               ("-f", "chrometrace"), ("-f", "pprof"), ("-f", "firefox"),
               ("-f", "callgrind"), ("-f", "pstats"), ("-f", "html"),
               ("-f", "cprof"), ("-o", "x.pb.gz"), ("-o", "x.cprof"),
               ("-o", "x.html")],
    "top": [("-n",)],
    "dump": [("-n",), ("-l",), ("--locals",), ("-ll",)],
}


def rows(table):
    return [pytest.param(command, words,
                         id=(command + " " + " ".join(words)).strip())
            for command in sorted(table) for words in table[command]]


@pytest.fixture(scope="module")
def pid(any_python):
    target = harness.Target([any_python.path, harness.workload("idle.py"),
                             "0"], lasting=True)
    yield target.pid
    target.end()


def check_refused(done, folder):
    assert done.status == 2, done
    assert done.out == ""
    assert 1 <= len(harness.messages(done.err)) <= 2, done.err
    assert os.listdir(str(folder)) == []


@pytest.mark.parametrize("command, words", rows(WRONG))
def test_wrong_usage(pid, tmp_path, command, words):
    words = [word.replace("PID", str(pid)) for word in words]
    check_refused(harness.cprof(command, *words, cwd=str(tmp_path)), tmp_path)


@pytest.mark.parametrize("command, words", rows(LATER))
def test_what_comes_later_is_refused_by_name(pid, tmp_path, command, words):
    """Never accepted and ignored."""
    done = harness.cprof(command, "-p", pid, *words, cwd=str(tmp_path))
    check_refused(done, tmp_path)
    assert "later" in done.err or words[0] in ("-f", "-o"), done.err
    if words[0].startswith("-") and words[0] not in ("-p", "-o"):
        assert words[-1].lstrip("-")[0] in done.err, done.err


@pytest.mark.parametrize("words", [
    ("nosuch",), ("re",), ("report", "x.cprof"), ("diff", "a", "b"),
    ("daemon",), ("doctor",), ("-p", "1"), ("--rate", "3"), ("--nosuch",),
    ("x.py",), ("python3", "x.py"), ("help", "nosuch"),
    ("help", "record", "extra")], ids=" ".join)
def test_no_such_command(tmp_path, words):
    check_refused(harness.cprof(*words, cwd=str(tmp_path)), tmp_path)


def test_all_without_match_is_one_line(tmp_path):
    for words in (("--all",), ("--all", "-p", "1")):
        done = harness.cprof("dump", *words, cwd=str(tmp_path))
        check_refused(done, tmp_path)
        line, = harness.messages(done.err)
        assert "--match" in line, line


def test_a_script_that_is_no_program_names_the_command(tmp_path):
    (tmp_path / "script.py").write_text("open('started', 'w')")
    for word in ("script.py", "./script.py"):
        done = harness.cprof("record", word, cwd=str(tmp_path))
        assert done.status == 2
        assert "did you mean: cprof record -- python3 %s" % word in done.err
        assert os.listdir(str(tmp_path)) == ["script.py"]


HELP = {
    "record": ("--pid", "--rate", "--duration", "--output", "--format",
               "--function", "--nolineno", "--threads", "--gil", "--idle",
               "--full-filenames", "--capture", "--hideprogress", "--quiet",
               "--verbose", "--version", "--blocking", "--kill", "--match",
               "--all", "--subprocesses", "--thread", "--cpu", "--wall",
               "--max-cpu", "--max-slowdown", "--nonblocking", "--help"),
    "top": ("--pid", "--rate", "--gil", "--idle", "--delay", "--batch",
            "--count", "--sort", "--full-filenames", "--quiet", "--verbose",
            "--version", "--match", "--all", "--subprocesses",
            "--thread", "--cpu", "--wall", "--max-cpu", "--max-slowdown",
            "--help"),
    "dump": ("--pid", "--json", "--full-filenames", "--quiet", "--verbose",
             "--version", "--match", "--all", "--subprocesses",
             "--thread", "--help"),
    "ps": ("--quiet", "--verbose", "--version", "--help"),
}


@pytest.mark.parametrize("command", sorted(HELP))
def test_help_lists_every_option_in_80_columns(command):
    for flag in ("-h", "--help"):
        done = harness.cprof(command, flag)
        assert done.status == 0 and done.err == ""
        assert all(option in done.out for option in HELP[command])
        assert max(len(line) for line in done.out.splitlines()) <= 80


@pytest.mark.parametrize("word, command", [
    ("r", "record"), ("rec", "record"), ("t", "top"), ("to", "top"),
    ("d", "dump"), ("du", "dump"), ("ps", "ps")])
def test_commands_may_be_shortened(word, command):
    done = harness.cprof(word, "-h")
    assert done.status == 0
    assert done.out == harness.cprof(command, "-h").out


def test_version():
    for words in (("-V",), ("--version",), ("record", "-V"),
                  ("dump", "--version")):
        done = harness.cprof(*words)
        assert done.status == 0 and done.out.startswith("cprof "), words


def test_cprof_alone_prints_examples_and_what_runs(pid):
    done = harness.cprof()
    lines = done.out.splitlines()
    assert done.status == 0 and done.err == ""
    assert sum(line.startswith("cprof ") for line in lines) == 5
    assert any(str(pid) in line.split() for line in lines)


def test_stdout_that_is_closed(pid, tmp_path):
    """No file of ours may take its place, nor the command's."""
    for words in ("dump -p %d" % pid, "-V",
                  "record -q -f raw -o - -d 0.1 -p %d" % pid):
        done = harness.run(["sh", "-c", '"$0" %s >&-' % words,
                            harness.CPROF], cwd=str(tmp_path))
        assert done.status == 1 and "Bad file descriptor" in done.err, done
    assert os.listdir(str(tmp_path)) == []


def test_a_command_keeps_what_is_closed(any_python, tmp_path):
    text = ("import os; raise SystemExit(sum(2 ** n for n in range(3) "
            "if not os.path.exists('/proc/self/fd/%d' % n)))")
    done = harness.run(
        ["sh", "-c", '"$0" record -q -o x.svg -- "$1" -c "$2" >&- <&-',
         harness.CPROF, any_python.path, text], cwd=str(tmp_path))
    assert done.status == 3, done


def test_stdout_that_is_full():
    with open("/dev/full", "w") as full:
        child = harness._popen([harness.CPROF, "-V"], stdout=full,
                               stderr=harness.subprocess.PIPE)
        err = child.communicate(timeout=harness.GUARD)[1].decode()
    assert child.returncode == 1
    assert len(harness.messages(err)) == 1
