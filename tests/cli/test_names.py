"""Names that attack: every format reads back, nothing runs, nothing clears.

The workload `hostile` runs through functions, files and a thread with names
like markup, escape sequences and lines of a profile.
"""
import json
import re
import unicodedata
import xml.etree.ElementTree as xml

import harness
import pytest

HOSTILE = harness.workload("hostile.py")
FIRST = 5  # frames above the chain: bootstrap to keep_calling, then `through`


def import_names():
    """The list NAMES of the workload, without running it."""
    source = harness.read(HOSTILE)
    names = {"TEXT": True}
    start = source.index("NAMES = [")
    exec(source[start:source.index("STEPS = ")], names)
    return names["NAMES"]


NAMES = import_names()


@pytest.fixture(scope="module")
def recorded(any_python, tmp_path_factory):
    """{format: text} of one target, and {how: text} of its dumps."""
    folder, texts = tmp_path_factory.mktemp("hostile"), {}
    target = harness.Target([any_python.path, HOSTILE, "--seconds", "0"],
                            lasting=True)
    try:
        for name in ("raw", "flamegraph", "speedscope"):
            out = str(folder / name)
            done = harness.cprof("record", "-t", "-r", "200", "-d", "0.5",
                                 "--full-filenames", "-f", name, "-o", out,
                                 "-p", target.pid)
            assert done.status == 0, done.err
            texts[name] = harness.read(out)
            texts["messages"] = texts.get("messages", "") + done.err
        texts["dump"] = harness.cprof("dump", "-p", target.pid).out
        texts["json"] = harness.cprof("dump", "-j", "-p", target.pid).out
        texts["top"] = harness.cprof("top", "-b", "--count", "1", "--delay",
                                     "0.3", "-p", target.pid).out
    finally:
        target.end()
    return texts


def letters(text):
    """What of a name every escaping must leave as it is."""
    text = re.sub(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}", "", text)
    return re.sub(r"[^A-Za-z0-9<>/&]", "", text)


def safe(name):
    """Without what is not UTF-8: it may be shown in other ways."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def wanted(name):
    """What the frame must begin with. No file has a path as long as that."""
    if len(name) > 4000:
        return letters("Class.%s (/no/such/%s" % (name, name[:4000]))
    return letters("Class.%s (/no/such/%s.py" % (name, name))


def test_raw_splits_back(recorded):
    whole = 0
    for texts, count in harness.folded(recorded["raw"]):
        assert count > 0
        if harness.frame_of(texts[-1]).name != "lehmer":
            continue
        chain = [text for text in texts if letters(text).startswith("Class")]
        assert len(chain) == len(NAMES), texts
        assert len(texts) == len(NAMES) + FIRST + 2, texts
        for text, name in zip(chain, NAMES):
            if safe(name):
                assert letters(text).startswith(wanted(name)), (text, name)
        whole += count
    assert whole > 5
    for line in recorded["raw"].split("\n"):
        assert not line or line.rsplit(" ", 1)[1].isdigit(), line[:200]


def elements(text):
    """(tag, attributes) of every element."""
    return [(item.tag.rpartition("}")[2], item.attrib)
            for item in xml.fromstring(text.encode("utf-8")).iter()]


def test_svg_is_well_formed_and_inert(recorded, any_python, start, tmp_path):
    plain = str(tmp_path / "plain.svg")
    target = start(any_python, harness.workload("chains.py"), "--seconds",
                   "0")
    done = harness.cprof("record", "-t", "-r", "200", "-d", "0.5", "-o",
                         plain, "-p", target.pid)
    assert done.status == 0, done.err
    usual = elements(harness.read(plain))
    hostile = elements(recorded["flamegraph"])

    assert {tag for tag, _ in hostile} <= {tag for tag, _ in usual}
    assert count(hostile, "script") == count(usual, "script")
    assert count(hostile, "svg") == count(usual, "svg") == 1
    known = {key for _, attributes in usual for key in attributes}
    for tag, attributes in hostile:
        new = set(attributes) - known
        assert not any(key.startswith("on") for key in new), (tag, new)
        for key in ("href", "{http://www.w3.org/1999/xlink}href"):
            assert not attributes.get(key, "").startswith("javascript"), tag
    for text in ("<script>alert(1)", "<svg onload", "]]>&amp;--><svg"):
        assert text not in recorded["flamegraph"]


def count(rows, tag):
    return sum(1 for row in rows if row[0] == tag)


def test_svg_keeps_the_names(recorded):
    root = xml.fromstring(recorded["flamegraph"].encode("utf-8"))
    text = letters("".join(root.itertext()) + "".join(
        value for item in root.iter() for value in item.attrib.values()))
    for name in ("<script>alert(1)</script>", "semi;colon", "größe"):
        assert letters(name) in text


def test_speedscope_keeps_the_names(recorded):
    profile = json.loads(recorded["speedscope"])
    there = {frame["name"] for frame in profile["shared"]["frames"]}
    for name in NAMES:
        if safe(name):
            assert "Class." + name in there, name[:100]


def check_clean(text):
    foreign = {char for char in text
               if unicodedata.category(char) == "Cc" and char != "\n"}
    assert not foreign, foreign
    text.encode("utf-8")  # and nothing that is no text


@pytest.mark.parametrize("what", ("dump", "top", "messages"))
def test_the_terminal_stays_clean(recorded, what):
    assert recorded[what]
    check_clean(recorded[what])


def test_a_dump_keeps_its_lines(recorded):
    """No name begins a line of its own."""
    lines = recorded["dump"].split("\n")
    assert lines[0].startswith("Process ")
    for line in lines[2:]:
        assert not line or line.startswith(("Thread ", "    ")), line[:100]


def test_dump_json_keeps_the_names(recorded):
    rows = json.loads(recorded["json"])
    row, = [row for row in rows if row["thread_name"] == "<b>;\n\x1b[31m"]
    frames = [frame for frame in reversed(row["frames"])
              if frame["name"].startswith("Class.")]
    for frame, name in zip(frames, NAMES):
        if safe(name):
            assert frame["name"] == "Class." + name
            path = "/no/such/%s.py" % name
            assert frame["filename"] == path or len(path) > 4096 and \
                frame["filename"].startswith(path[:4000])


def test_a_hostile_command_line(any_python, start, program):
    path = program("sleeper.py", "print('ready', flush=True)\n"
                   "import time; time.sleep(999)")
    target = start(any_python, path, "\x1b]0;title\x07\n\x9b31mred; rm -rf")
    for words in (("dump", "-p", target.pid), ("ps",), ()):
        done = harness.cprof(*words)
        assert done.status == 0
        check_clean(done.out)
        lines = [line for line in done.out.split("\n")
                 if str(target.pid) in line]
        assert len(lines) >= 1
