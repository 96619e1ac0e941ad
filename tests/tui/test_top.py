"""cprof top on a real terminal: tmux types the keys and reads the screen."""
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

import harness
import pytest

GUARD = 30
COLOUR = re.compile(r"\x1b\[[0-9;]*?(?:3|4|9|10)[0-7][0-9;]*m")


class Screen:
    """A terminal of some size in which a shell runs one command."""

    numbers = itertools.count()

    def __init__(self, words, folder, width=80, height=24, term="xterm", **env):
        self.socket = str(folder / ("tmux-%d" % next(self.numbers)))
        self.log = str(folder / "stderr")
        self.shell = ["env", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=" + term]
        self.shell += ["%s=%s" % item for item in env.items()]
        self.shell += ["sh", "-c", self.script(words)]
        self.tmux("new-session", "-d", "-x", width, "-y", height,
                  " ".join(shlex.quote(word) for word in self.shell))

    def script(self, words):
        command = " ".join(shlex.quote(str(word)) for word in words)
        return ("echo before; stty -g >&2; %s; s=$?; stty -g >&2;"
                "echo status $s; exec sleep 1000"
                % command).replace(">&2", ">>" + shlex.quote(self.log))

    def tmux(self, *words):
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null"]
            + [str(word) for word in words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return harness.decode(done.stdout)

    def end(self):
        try:
            self.tmux("kill-server")
        except AssertionError:
            pass

    def text(self, *words):
        return self.tmux("capture-pane", "-p", *words)

    def lines(self):
        return self.text().split("\n")[:-1]

    def see(self, *wanted):
        """Wait until all of it is there at once; the screen as it was then."""
        end = time.monotonic() + GUARD
        while True:
            text = self.text()
            if all(re.search(part, text, re.M) for part in wanted):
                return text
            assert time.monotonic() < end, "no %r in\n%s" % (wanted, text)
            time.sleep(0.05)

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def mouse(self, button, x, y):
        """Press it in column x and line y, counted from 1; let it go."""
        for end in "Mm":
            self.tmux("send-keys", "-l", "\x1b[<%d;%d;%d%s"
                      % (button, x, y, end))

    def line_of(self, wanted):
        for number, line in enumerate(self.lines(), 1):
            if re.search(wanted, line):
                return number
        raise AssertionError("no %r in\n%s" % (wanted, self.text()))

    def pid(self):
        """Of the cprof that runs in it."""
        shell = int(self.tmux("display-message", "-p", "#{pane_pid}"))
        with open("/proc/%d/task/%d/children" % (shell, shell)) as children:
            return int(children.read().split()[0])

    def modes_are_restored(self):
        modes = harness.read(self.log).split()
        return len(modes) == 2 and modes[0] == modes[1]


@pytest.fixture
def screen(tmp_path):
    if not shutil.which("tmux"):
        pytest.skip("tmux is missing")
    screens = []

    def open_screen(words, **more):
        screens.append(Screen(words, tmp_path, **more))
        return screens[-1]

    yield open_screen
    for opened in screens:
        opened.end()


@pytest.fixture
def server(start, any_python):
    return start(any_python, harness.workload("server.py"))


@pytest.fixture
def top(screen, server):
    """top(option..., width=...) -> the screen of a top on the server."""
    def open_top(*words, **more):
        opened = screen([harness.CPROF, "top", "-p", server.pid] + list(words),
                        **more)
        opened.see(r"is_prime \(ser")
        return opened

    return open_top


def left(opened, status=0):
    """It ended: what was there before it is, and the terminal's modes."""
    opened.see(r"^before$", r"^status %d$" % status)
    assert opened.modes_are_restored()


# --- the screen


def test_table(top):
    text = top().see(r"PID \d+", r"Samples +[\d,]+ active ", r"Lost", r"GIL +\[",
                     r"Active +\[", r"Waiting +\[", r"Own CPU +\d",
                     r"Threads +\d+, \d+ run, 1 proc",
                     r"last \d.* since start$",
                     r"%Own  %Total   OwnTime TotalTime  Function \(file\)$")
    assert re.search(r"^ +\d+\.\d% +\d+\.\d% +\d+\.\d+s +\d+\.\d+s  "
                     r"is_prime \(server.py\)$", text, re.M)


@pytest.mark.parametrize("size", ["40x10", "80x24", "200x50"])
def test_sizes(top, size):
    width, height = (int(part) for part in size.split("x"))
    opened = top(width=width, height=height)
    lines = opened.lines()
    assert len(lines) == height
    assert lines[0].strip().startswith(("PID", "cprof"))
    assert "qQuit" in lines[-1]
    assert any("Function (file)" in line for line in lines)


def test_resized_while_it_runs(top):
    opened = top()
    for width, height in ((40, 10), (132, 43), (10, 3), (80, 24)):
        opened.tmux("resize-window", "-x", width, "-y", height)
        opened.see(r"\?Help" if width >= 40 else r"PID|cprof")
        assert len(opened.lines()) == height
    opened.see(r"is_prime \(server.py", r"^\?Help.*qQuit$")
    opened.keys("q")
    left(opened)


@pytest.mark.parametrize("term", ["xterm-256color", "screen", "linux",
                                  "vt100"])
def test_terminals(top, term):
    # curses asks a library for the console's mouse, and that one leaks
    opened = top(term=term, NCURSES_GPM_TERMS="")
    opened.keys("Down", "t")
    opened.see("%Active", "MainThread")
    opened.keys("q")
    opened.see(r"Function \(file\)")
    opened.keys("q")
    opened.see(r"^status 0$")  # not all of these have a second screen
    assert opened.modes_are_restored()


def test_colours(top):
    assert COLOUR.search(top().text("-e"))


def test_no_color(top):
    assert not COLOUR.search(top(NO_COLOR="1").text("-e"))


# --- keys


def test_keys(top):
    opened = top()
    opened.keys("L")
    opened.see(r"Function \(file:line\)", r"is_prime \(server.py:\d+\)")
    opened.keys("L", "4")
    opened.see(r"^ +\S+ +\S+ +\S+ +\S+  Thread\._bootstrap")
    opened.keys("?")
    opened.see("sort by that column")
    opened.keys("Escape")
    opened.keys("/", "is_prime", "Enter", "Enter")
    opened.see(r"is_prime \(server.py:\d+\)", "Called by",
               "count_primes", r"\d+  +while divisor \* divisor <= number:")
    opened.keys("q")
    opened.see(r"Function \(file\)")
    opened.keys("f", "words", "Enter")
    text = opened.see("filter: words")
    assert "is_prime" not in text
    opened.keys("Escape")
    opened.see("is_prime")
    opened.keys("Space")
    frozen = opened.see("Frozen")
    time.sleep(1.5)
    assert opened.text() == frozen
    opened.keys("F10")
    left(opened)


def test_source_that_is_not_the_targets(screen, start, any_python, program):
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    secret = program("secret.py", "\n\n\nthe secret\n")
    os.chmod(secret, 0o600)
    path = program("nobody.py", "import os\n"
                   "os.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
                   "names = {}\n"
                   "exec(compile('\\n\\n\\ndef spin():\\n while 1: pass\\n',\n"
                   "             %r, 'exec'), names)\n"
                   "print('ready', flush=True)\n"
                   "names['spin']()\n" % secret)
    target = start(any_python, path)
    opened = screen([harness.CPROF, "top", "-p", target.pid])
    opened.see(r"spin \(")
    opened.keys("/", "spin", "Enter", "Enter")
    opened.see("Called by", r"line \d+")
    assert "the secret" not in opened.text()


def test_threads(top):
    opened = top(width=120)
    opened.keys("t")
    opened.see(r"%Active +%GIL +%Wait", r"MainThread", r"client", r"server")
    opened.keys("/", "MainThread", "Enter", "Enter")
    opened.see(r"Thread \d+ MainThread: idle", r"<module> \(server.py:\d+\)")


def test_processes(top):
    opened = top(width=100)
    opened.keys("p")
    opened.see(r"%Active +%GIL +%Wait +Threads +PID  Command",
               r"\d +\d+  \S*python\S* ")
    opened.keys("Enter")
    opened.see(r"of PID \d+", r"MainThread", r"client")
    opened.keys("Escape")
    opened.see(r"Threads +PID  Command")
    opened.keys("p")
    opened.see(r"Function \(file\)")


def test_mouse(top):
    opened = top(term="xterm-256color")
    opened.mouse(0, 14, opened.line_of("%Own"))
    opened.see(r"_bootstrap")
    opened.mouse(0, 32, opened.line_of("%Own"))  # TotalTime: rows keep still
    opened.see(r"TotalTime.*\n.*_bootstrap")
    for _ in range(2):
        opened.mouse(0, 40, opened.line_of("TotalTime") + 2)
        time.sleep(0.3)
    opened.see("Called by", "Calls")
    opened.mouse(0, 1, opened.line_of("EscBack"))
    opened.see(r"Function \(file\)", "qQuit")
    opened.mouse(0, opened.lines()[-1].index("qQuit") + 1, 24)
    left(opened)


def test_any_mouse_event_is_survived(top):
    opened = top(term="xterm-256color")
    for button in (1, 2, 3, 32, 35, 64, 65, 66, 67, 68, 99, 128):
        opened.mouse(button, 20, 10)
    opened.keys("-l", "\x1b[<0;2")  # and half of one
    before = opened.see(r"Samples +([\d,]+)")
    time.sleep(2)
    assert opened.text() != before  # it goes on by itself


def save(opened, path):
    opened.keys("s")
    opened.see(r"Save as: .*\.svg")
    opened.keys("C-u")
    opened.keys("-l", str(path))
    opened.keys("Enter")
    opened.see("saved .*" + path.name)


def test_save(top, tmp_path):
    opened = top(width=200)
    path = tmp_path / "so-far.folded"
    save(opened, path)
    stacks = harness.read_folded(str(path))
    assert harness.count_with(stacks, "is_prime") > 0
    path = tmp_path / "so-far.json"
    save(opened, path)
    scope = json.loads(harness.read(str(path)))
    assert "is_prime" in [f["name"] for f in scope["shared"]["frames"]]
    assert any(p["samples"] for p in scope["profiles"])


# --- ends


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"])
def test_signals(top, server, name):
    opened = top()
    os.kill(opened.pid(), getattr(signal, name))
    opened.see(r"^status \d+$", "^before$")
    assert opened.modes_are_restored()
    assert server.alive()
    assert not harness.settles(lambda: harness.stands(server.pid))


def test_stop_and_go_on(screen, server):
    opened = screen(["bash", "--norc", "-i"])
    opened.see(r"^bash")
    opened.keys("-l", "%s top -p %d\n" % (harness.CPROF, server.pid))
    opened.see(r"is_prime \(server.py")
    opened.keys("C-z")
    opened.see("Stopped")
    opened.keys("-l", "echo $((6 * 7))\n")
    opened.see("^42$")
    opened.keys("-l", "fg\n")
    opened.see(r"is_prime \(server.py", "qQuit")
    opened.keys("q")
    opened.see("^42$")


def test_target_ends(top, server):
    opened = top()
    server.signal(signal.SIGKILL)
    opened.see("The target ended after", r"all \d")
    opened.keys("L")  # what was found can still be looked at
    opened.see(r"Function \(file:line\)")
    opened.keys("q")
    left(opened)


def test_launched_command(screen, any_python, program):
    path = program("spin.py", "print('hello', flush=True)\n"
                              "def spin():\n"
                              "    while True:\n"
                              "        pass\n"
                              "spin()\n")
    opened = screen([harness.CPROF, "top", "--", any_python.path, path])
    opened.see(r"spin \(.*spin.py\)")
    opened.keys("o")
    opened.see("Output of PID", "^hello$")
    opened.keys("q")
    opened.see("End PID")
    opened.keys("Escape")
    opened.see("qQuit")
    opened.keys("q", "y")
    opened.see(r"^status \d+$", "is in ")
    assert opened.modes_are_restored()


def test_hostile_names(screen, start, any_python):
    target = start(any_python, harness.workload("hostile.py"))
    opened = screen([harness.CPROF, "top", "-i", "-p", target.pid])
    opened.see("OwnTime", r"Samples +\d")
    time.sleep(1.5)
    assert re.match(r"cprof .*PID", opened.lines()[0])
    assert "qQuit" in opened.lines()[-1]


# --- without a terminal


def test_no_terminal(server):
    done = harness.cprof("top", "-p", server.pid)
    assert done.status == 1
    assert "top -b" in done.err
    assert done.out == ""


def test_unknown_terminal(screen, server):
    opened = screen([harness.CPROF, "top", "-p", server.pid], term="dumb")
    opened.see("top -b", "^status 1$")


def test_batch(server):
    done = harness.cprof("top", "-b", "--count", 2, "--delay", 0.5, "-p",
                         server.pid)
    assert done.status == 0
    assert done.err == ""
    assert done.out.count("%Own  %Total    OwnTime  TotalTime") == 2
    assert re.search(r"^ +\d+\.\d% .* is_prime \(server.py\)$", done.out, re.M)


def test_batch_until_the_target_ends(start, any_python, program):
    path = program("spin.py", "import time\nprint('ready', flush=True)\n"
                              "end = time.time() + 1.3\n"
                              "while time.time() < end:\n    pass\n")
    target = start(any_python, path)
    done = harness.cprof("top", "-b", "--delay", 1, "-p", target.pid)
    assert done.status == 0
    assert done.out.count("Function (file)") == 2
    assert "<module> (spin.py)" in done.out


def test_batch_ends_when_its_reader_does(server):
    done = harness.run(["sh", "-c", "%s top -b --delay 0.1 -p %d | head -1"
                        % (harness.CPROF, server.pid)])
    assert done.out.startswith("cprof ")
    assert done.err == ""


def test_batch_is_interrupted(server):
    begun = harness.cprof_begin("top", "-b", "--delay", 0.2, "-p", server.pid)
    begun.lines.until("cprof ")
    begun.signal(signal.SIGINT)
    done = begun.done()
    assert done.status in (0, 130)
    assert server.alive()
