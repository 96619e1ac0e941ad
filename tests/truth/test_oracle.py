"""The oracle itself: it must let right stacks pass and catch torn ones."""
import harness
import oracle
import pytest

PROGRAM = '''
def leaf():
    return 1

def left():
    return leaf()

def right():
    return leaf() + items()

def items():
    return sum(numbers())

def numbers():
    yield leaf()

def main():
    left()
    right()

main()
'''

RIGHT = ("<module>:21;main:19;right:9;leaf:3",
         "<module>:21;main:18;left:6;leaf:3",
         "<module>:21;main:19;right:9;items:12;numbers:15;leaf:3",
         "<module>:21;main:19;right:9;items:12;numbers:14",
         "<module>:21;main:19",
         "<module>:1")
WRONG = ("main:19;right:9;leaf:3",  # not rooted
         "leaf:3",
         "<module>:21;main:18;right:9;leaf:3",  # a line that calls another
         "<module>:21;right:9;leaf:3",  # a frame is missing
         "<module>:21;main:19;left:6;leaf:3",
         "<module>:21;main:19;right:9;numbers:15",
         "<module>:21;main:18;left:6;leaf:3;leaf:3")


@pytest.fixture(scope="module")
def facts(tmp_path_factory, any_python):
    folder = tmp_path_factory.mktemp("oracle")
    path = folder / "small.py"
    path.write_text(PROGRAM)
    return str(path), oracle.learn(any_python, folder / "edges.json",
                                   str(path))


def stacks(path, texts):
    def full(text):
        name, line = text.split(":")
        return "%s (%s:%s)" % (name, path, line)

    return [([full(frame) for frame in text.split(";")], 1) for text in texts]


@pytest.mark.quick
def test_right_stacks_pass(facts):
    path, judge = facts
    counts, why = judge.judge(stacks(path, RIGHT))
    assert not why and counts["good"] == len(RIGHT)


@pytest.mark.quick
@pytest.mark.parametrize("text", WRONG)
def test_torn_stacks_do_not(facts, text):
    path, judge = facts
    counts, _ = judge.judge(stacks(path, [text]))
    assert counts["wrong"] == 1


@pytest.mark.quick
def test_folded_lines_split_into_frames():
    text = "a (x.py:1);b <c> (<f>:22);[7 more frames];d (w) 12\n"
    (frames, count), = harness.folded(text)
    assert count == 12
    assert [harness.frame_of(frame) for frame in frames] == [
        ("a", "x.py", 1), ("b <c>", "<f>", 22),
        ("[7 more frames]", None, None), ("d", "w", None)]
