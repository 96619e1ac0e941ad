"""-s: all that descends from the target, each below its ancestors."""
import re

import harness
import pytest

ROOT = re.compile(r'process (\d+):"(.*)"$', re.DOTALL)
TOIL = """
import sys, time
def toil(seconds=%s):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
"""
# children that say who they are, on one line each
CHILD = TOIL % 0.3 + """
import os
os.write(1, b"child %d of %d\\n" % (os.getpid(), os.getppid()))
toil()
"""
MULTI = TOIL % 0.3 + """
import multiprocessing, os, sys
def child_work():
    os.write(1, b"child %d of %d\\n" % (os.getpid(), os.getppid()))
    toil()
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    context.set_executable(sys.argv[2])  # a script starts some interpreters
    children = [context.Process(target=child_work) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""
WAYS = {"told": None, "polling": {"CPROF_TEST": "poll"}}


@pytest.fixture(params=sorted(WAYS))
def way(request):
    return WAYS[request.param]


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "script.py"
        path.write_text(text)
        return str(path)

    return write


def line_of(texts):
    """The pids that a stack hangs below."""
    pids = []
    for text in texts:
        match = ROOT.match(text)
        if not match:
            break
        pids.append(int(match.group(1)))
    return tuple(pids)


def record(tmp_path, *words, status=0, **more):
    """({line of pids: names of functions}, [(child, its parent)], Done)"""
    out = str(tmp_path / "x.folded")
    done = harness.cprof("record", "-s", "-r", "200", "-o", out, *words,
                         **more)
    assert done.status == status, done.err
    lines = {}
    for texts, _ in harness.read_folded(out):
        pids = line_of(texts)
        lines.setdefault(pids, set()).update(
            harness.frame_of(text).name for text in texts[len(pids):])
    children = [(int(child), int(parent)) for child, parent in
                re.findall(r"child (\d+) of (\d+)", done.out)]
    return lines, children, done


def check_children(lines, children, count):
    """Each child was seen at its work, below its own parent."""
    assert len(children) == count
    for child, parent in children:
        below = [pids for pids in lines if pids[-1] == child]
        assert below, (child, lines)
        for pids in below:
            assert pids[-2:-1] in ((), (parent,))
            assert pids[-2:-1] or parent not in {p[-1] for p in lines}
        assert "toil" in set().union(*(lines[pids] for pids in below))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(python, script, tmp_path, method):
    lines, children, done = record(tmp_path, "--", python.path,
                                   script(MULTI), method, python.path)
    check_children(lines, children, 3)
    pids = {pids[-1] for pids in lines}
    assert re.search(r" of %d processes in " % len(pids), done.err), done.err
    assert {pids[0] for pids in lines} == {min(lines, key=len)[0]}


def test_polling_finds_them_too(any_python, script, tmp_path):
    lines, children, done = record(tmp_path, "-v", "--", any_python.path,
                                   script(MULTI), "fork", any_python.path,
                                   env={"CPROF_TEST": "poll"})
    assert "polling" in done.err
    check_children(lines, children, 3)


def test_verbose_says_how(any_python, tmp_path):
    _, _, done = record(tmp_path, "-v", "--", any_python.path, "-c",
                        TOIL % 0.2 + "toil()")
    line, = [line for line in harness.messages(done.err)
             if "descendants are found by" in line]


def test_a_shell_between(any_python, script, tmp_path, way):
    child = script(CHILD)
    lines, children, _ = record(
        tmp_path, "--", "sh", "-c", '"$0" "$1" & "$0" "$1" & wait; exit 7',
        any_python.path, child, env=way, status=7)
    assert len(children) == 2
    assert {pids for pids in lines} == {(child,) for child, _ in children}


def test_a_shell_between_two_pythons(any_python, script, tmp_path, way):
    """The nearest Python is the ancestor that is shown."""
    lines, children, done = record(
        tmp_path, "--", any_python.path, "-c", "import subprocess, sys\n"
        "subprocess.run(['sh', '-c', '\"$0\" \"$1\"; true'] + sys.argv[1:])",
        any_python.path, script(CHILD), env=way)
    (child, _), = children
    below, = [pids for pids in lines if pids[-1] == child]
    assert len(below) == 2 and (below[0],) in lines


def test_exec_into_another_version(tmp_path, script):
    import pythons
    found = [python for _, python in pythons.supported() if python]
    if len(found) < 2:
        pytest.skip("only one version here")
    old, new = found[:2]
    lines, children, done = record(
        tmp_path, "--", old.path, "-c", TOIL % 0.3 +
        "toil()\nimport os; os.execv(sys.argv[1], sys.argv[1:])",
        new.executable, script(CHILD))
    assert len(children) == 1
    commands = {text for texts, _ in
                harness.read_folded(str(tmp_path / "x.folded"))
                for text in texts[:1]}
    assert len(commands) >= 2, commands
    assert "exec of the target" in done.err


def test_children_that_end_and_others_that_are_killed(any_python, tmp_path,
                                                      script):
    program = TOIL % 0.3 + """
import os, signal
pids = []
for n in range(4):
    pid = os.fork()
    if not pid:
        toil()
        if n % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(0)
    os.write(1, b"child %d of %d\\n" % (pid, os.getpid()))
for _ in range(4):
    os.wait()
toil()
"""
    lines, children, _ = record(tmp_path, "--", any_python.path,
                                script(program))
    check_children(lines, children, 4)


def test_an_orphan_is_sampled_to_its_end(any_python, tmp_path, script):
    """It outlives its parent and the target."""
    program = TOIL % 0.5 + """
import os
if os.fork():
    toil(0.2)
    os._exit(0)
os.write(1, b"child %d of %d\\n" % (os.getpid(), os.getppid()))
toil(1)
"""
    lines, children, done = record(tmp_path, "--", any_python.path,
                                   script(program))
    assert done.status == 0
    (child, _), = children
    assert any(pids[-1] == child for pids in lines)


def test_thirty_children(any_python, tmp_path, script):
    program = """
import subprocess, sys
children = [subprocess.Popen([sys.executable, sys.argv[1]])
            for _ in range(30)]
for child in children:
    child.wait()
"""
    lines, children, _ = record(tmp_path, "--", any_python.path, "-c",
                                program, script(CHILD))
    check_children(lines, children, 30)


def test_what_was_too_short_is_named(any_python, tmp_path):
    """Shells and programs that are no Python are no loss; a name is said."""
    program = TOIL % 0.3 + """
import os
for _ in range(20):
    if not os.fork():
        os._exit(0)
    os.wait()
toil()
"""
    lines, _, done = record(tmp_path, "-r", "1", "--", any_python.path, "-c",
                            program, env=None)
    seen = {pids[-1] for pids in lines}
    named = [line for line in harness.messages(done.err)
             if "ended before a first sample" in line]
    assert named or len(seen) > 20, done.err


def test_attached_to_a_tree(any_python, start, script, tmp_path):
    """What runs already and what comes later."""
    child = script(CHILD.replace("toil()\n", "toil(1)\n"))
    target = start(
        "sh", "-c", '"$0" "$1" & echo ready; read line; "$0" "$1"; wait',
        any_python.path, child, stdin=harness.subprocess.PIPE)
    target.lines.until("child")
    dump = harness.cprof("dump", "-s", "-p", target.pid)
    assert dump.status == 0 and dump.out.count("Process ") == 1, dump
    begun = harness.cprof_begin("record", "-s", "-o",
                                str(tmp_path / "x.folded"), "-p", target.pid)
    harness.time.sleep(0.3)
    target.close_input()
    done = begun.done()
    assert done.status == 0, done.err
    stacks = harness.read_folded(str(tmp_path / "x.folded"))
    assert len({line_of(texts) for texts, _ in stacks}) == 2


def test_no_python_in_it(start, tmp_path):
    target = start("sh", "-c", "echo ready; sleep 1000")
    for words in (("dump",), ("record", "-d", "0.3", "-o",
                              str(tmp_path / "x.svg"))):
        done = harness.cprof(*words, "-s", "-p", target.pid)
        assert done.status == 5, done
    assert not (tmp_path / "x.svg").exists()


def test_top(any_python, script, tmp_path):
    done = harness.cprof("top", "-s", "-b", "--count", "1", "--delay", "0.5",
                         "--", any_python.path, script(MULTI), "fork",
                         any_python.path)
    assert " toil (" in done.out, done
