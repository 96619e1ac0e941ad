"""The n-th read of the target's memory fails, for every n.

CPROF_TEST=fail-read=N makes it so. Never a crash, never a hang, always a
documented exit status; a dump that says it worked is whole.
"""
import json
import os

import harness
import pytest

PARKED = harness.workload("threads.py")
STATUSES = (0, 1, 3, 4, 5)


@pytest.fixture
def target(python, start):
    target = start(python, PARKED, "--threads", "6", "--frames", "12",
                   "--seconds", "0")
    harness.wait_for_threads(target.pid, 7)
    return target


def numbers(last):
    """1 to last; in a short run the first ones and a sample of the rest."""
    if harness.LONG:
        return list(range(1, last + 1))
    return sorted(set(range(1, 13)) | set(range(13, last + 1, 7)) | {last})


def failing(number):
    return {"CPROF_TEST": "fail-read=%d" % number}


def check(done):
    harness.check_no_crash(done)
    assert done.status in STATUSES, done
    lines = harness.messages(done.err)
    assert done.status == 0 or lines, done
    return lines


@pytest.mark.parametrize("binary", ("plain", "sanitized"))
def test_dump(target, binary):
    path = harness.SAN if binary == "sanitized" else harness.CPROF
    if not os.path.exists(path):
        pytest.skip("no build with SAN=address,undefined")
    whole = harness.cprof("dump", "-j", "-p", target.pid, binary=path)
    assert whole.status == 0, whole.err
    good = failed = 0
    for number in numbers(400 if harness.LONG else 60):
        done = harness.cprof("dump", "-j", "-p", target.pid, binary=path,
                             env=failing(number))
        lines = check(done)
        if done.status:
            failed += 1
            assert done.out == "" and len(lines) <= 2, done
            continue
        good += 1
        rows = json.loads(done.out)
        assert rows or lines
        for row in rows:
            names = [frame["name"] for frame in row["frames"]]
            # what was lost is left out or named, never made up
            assert not names or names[-1] in (
                "Thread._bootstrap", "<module>") or any(
                    "more frames]" in name for name in names), names
    assert failed > 0, "the switch fail-read does nothing"
    assert good > 0


def test_record(target, tmp_path):
    out = str(tmp_path / "x.folded")
    for number in numbers(300 if harness.LONG else 25):
        done = harness.cprof("record", "-r", "500", "-d", "0.1", "-i", "-o",
                             out, "-p", target.pid, env=failing(number))
        check(done)
        assert done.status or os.path.exists(out)
        for texts, _ in harness.read_folded(out) if not done.status else ():
            names = [harness.frame_of(text).name for text in texts]
            assert names[0] in ("Thread._bootstrap", "<module>") or any(
                "more frames]" in name for name in names), names
        if os.path.exists(out):
            os.unlink(out)
    assert target.alive() and not harness.settles(
        lambda: harness.stands(target.pid))
