"""The build with sanitizers: the ordinary things, and no complaint.

Made by `make SAN=address,undefined`; where it is not there, that is counted.
"""
import os

import harness
import pytest

pytestmark = pytest.mark.skipif(
    not os.path.exists(harness.SAN),
    reason="no build with SAN=address,undefined")
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS":
           "print_stacktrace=1"}


def san(*words, **more):
    done = harness.cprof(*words, binary=harness.SAN, env=OPTIONS, **more)
    harness.check_no_crash(done)
    return done


@pytest.mark.parametrize("name, arguments", [
    ("chains.py", ()), ("tasks.py", ("200",)), ("gilfight.py", ("4",)),
    ("sleepers.py", ("--spin",)), ("hostile.py", ()),
    ("recursion.py", ("5000",))])
def test_record_and_dump(python, start, tmp_path, name, arguments):
    target = start(python, harness.workload(name), *arguments, "--seconds",
                   "0")
    for form in ("raw", "flamegraph", "speedscope"):
        done = san("record", "-i", "-t", "-r", "500", "-d", "0.3", "-f",
                   form, "-o", str(tmp_path / form), "-p", target.pid)
        assert done.status == 0, done.err
    for words in (("dump",), ("dump", "-j"), ("top", "-b", "--count", "1",
                                              "--delay", "0.2")):
        assert san(*words, "-p", target.pid).status == 0


def test_launch(python, tmp_path):
    done = san("record", "-r", "500", "-o", str(tmp_path / "x.svg"), "--",
               python.path, harness.workload("chains.py"), "--seconds", "0.5")
    assert done.status == 0, done.err


def test_what_goes_wrong(any_python, start, tmp_path):
    target = start("sleep", "99", ready=None)
    assert san("dump", "-p", target.pid).status == 5
    assert san("dump", "-p", "2147483646").status == 4
    assert san("record", "-r", "0", "-p", "1").status == 2
    assert san("record", "--", "./no-such").status == 127
    assert san("ps").status == 0
    assert san("record", "-h").status == 0
    assert san().status == 0
