"""What every test may use: the program, the interpreters, clean ends."""
import signal

import harness
import pytest
import pythons
from _pytest.runner import runtestprotocol

TEST_SECONDS = 1800 if harness.LONG else 300  # a guard against hanging


def pytest_generate_tests(metafunc):
    """A test that asks for `python` runs on each supported version."""
    if "python" in metafunc.fixturenames:
        rows = pythons.supported()
        metafunc.parametrize("python", [row[1] for row in rows], indirect=True,
                             ids=[row[0] for row in rows])
    if "old_python" in metafunc.fixturenames:
        rows = pythons.refused()
        metafunc.parametrize("old_python", rows,
                             ids=[python.name for python in rows])
    if "any_build" in metafunc.fixturenames:
        rows = pythons.builds()
        metafunc.parametrize("any_build", rows, ids=[
            python.name + ("-shared" if python.shared else "")
            + ("-script" if python.is_script else "") for python in rows])


def pytest_collection_modifyitems(items):
    for item in items:
        if "long" in item.keywords and not harness.LONG:
            item.add_marker(pytest.mark.skip(reason="only with CPROF_LONG=1"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """What counts samples is done again where the host took CPU time away.

    Twice at most, and never when the host took none: what is wrong stays so.
    """
    if not item.get_closest_marker("counts"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid,
                                       location=item.location)
    for tries_left in (2, 1, 0):
        before = harness.stolen_ticks()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = any(report.failed for report in reports)
        if not (failed and tries_left and harness.stolen_ticks() > before):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid,
                                        location=item.location)
    return True


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("interpreters")
    for line in pythons.summary():
        terminalreporter.write_line(line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    def stuck(*_):
        raise TimeoutError("%s hangs" % item.nodeid)

    before = signal.signal(signal.SIGALRM, stuck)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def python(request):
    """An interpreter that cprof reads."""
    if request.param is None:
        pytest.skip("no Python %s here"
                    % request.node.callspec.id.split("-")[0])
    return request.param


@pytest.fixture(scope="session")
def any_python():
    """The first supported interpreter, for what does not depend on it."""
    for _, python in pythons.supported():
        if python:
            return python
    return pytest.skip("no Python that cprof reads")


@pytest.fixture
def start():
    """start(python, program, args...) -> Target; ended after the test."""
    def start_target(python, *words, **more):
        path = getattr(python, "path", python)
        return harness.Target([path] + [str(word) for word in words], **more)

    return start_target


@pytest.fixture
def program(tmp_path):
    """program(name, text) -> path of a Python file with that text."""
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(autouse=True)
def no_leftovers():
    """Whatever a test started through the harness ends with it."""
    yield
    harness.end_all()
