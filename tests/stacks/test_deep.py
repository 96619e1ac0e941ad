"""Deep stacks are whole, or say exactly how much of them is missing."""
import json
import subprocess

import harness
import pytest

DEPTHS = (900, 5000, 50000)


def depth_of(names):
    """Frames that the stack stands for: a note counts for its number."""
    notes = [harness.MORE.match(name) for name in names]
    assert sum(1 for note in notes if note) <= 1, names
    return sum(int(note.group(1)) if note else 1 for note in notes)


@pytest.mark.parametrize("depth", DEPTHS)
def test_dump_of_a_deep_stack(python, start, depth):
    target = start(python, harness.workload("parked.py"), "deep", "--depth",
                   depth, ready="{", stdin=subprocess.PIPE)
    report = json.loads(target.ready)
    harness.wait_till_asleep(target.pid)
    done = harness.cprof("dump", "-j", "-p", target.pid)
    assert done.status == 0, done.err
    rows = {row["os_thread_id"]: row["frames"]
            for row in json.loads(done.out)}
    for thread in report["threads"]:
        own = [(frame["qualname"], frame["line"])
               for frame in thread["frames"]]
        found = [(frame["name"], frame["line"])
                 for frame in rows[thread["tid"]]]
        check_cut(own, found)


def check_cut(own, found):
    """The same from both ends up to the note, which counts the rest."""
    assert depth_of([name for name, _ in found]) == len(own)
    notes = [place for place, (name, _) in enumerate(found)
             if harness.MORE.match(name)]
    cut = notes[0] if notes else len(found)
    after = len(found) - cut - 1 if notes else 0
    assert found[:cut] == own[:cut]
    assert after == 0 or found[-after:] == own[-after:]


@pytest.mark.parametrize("depth", DEPTHS)
def test_record_of_a_deep_stack(python, start, tmp_path, depth):
    out = str(tmp_path / "out.folded")
    target = start(python, harness.workload("recursion.py"), depth,
                   "--seconds", "0")
    done = harness.cprof("record", "-r", "100", "-d", "1", "-f", "raw", "-o",
                         out, "-p", target.pid)
    assert done.status == 0, done.err
    bottom = 0
    for texts, count in harness.read_folded(out):
        names = [harness.frame_of(text).name for text in texts]
        # rooted, whether cut or not
        assert names[0] in ("Thread._bootstrap", "<module>"), names[0]
        if "work" in names:
            calls = depth_of([name for name in names if name == "dive"
                              or harness.MORE.match(name)])
            noted = any(harness.MORE.match(name) for name in names)
            # a note may also stand for frames around the dives
            assert calls == depth + 1 or (noted and depth + 1 <= calls
                                          <= depth + 5), (calls, depth)
            bottom += count
    assert bottom > 0, done.err
