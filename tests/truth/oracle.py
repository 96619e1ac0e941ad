"""Judge recorded stacks by the edges that a program really has."""
import collections
import json

import harness

# called at any line, when the last reference goes
ANYWHERE = ("_weakrefset.py", "weakref.py")


class Oracle:
    """The facts of one program under one interpreter (see edges.py)."""

    def __init__(self, facts):
        self.edges = {tuple(edge) for edge in facts["edges"]}
        self.roots = {tuple(root) for root in facts["roots"]}
        self.births = {tuple(birth) for birth in facts["generators"]}

    def fault(self, frames):
        """Why these frames, root first, cannot be a stack; None if right."""
        root = frames[0]
        if (root.file, root.name) not in self.roots:
            return "not rooted: %s (%s)" % (root.name, root.file)
        for caller, callee in zip(frames, frames[1:]):
            edge = (caller.file, caller.name, caller.line,
                    callee.file, callee.name)
            if edge in self.edges:
                continue
            if callee is frames[-1] and tuple(
                    (callee.file, callee.name, callee.line)) in self.births:
                continue
            if callee.file and callee.file.endswith(ANYWHERE):
                continue
            return "%s:%s does not call %s" % (caller.name, caller.line,
                                               callee.name)
        return None

    def judge(self, stacks, wanted=None):
        """Counter: `good`, `wrong`, `skipped`; and the wrong ones, by why.

        With `wanted`, names of functions, stacks without any of them are not
        judged: those of a program that starts or ends.
        """
        counts, why = collections.Counter(), collections.Counter()
        for texts, count in stacks:
            frames = [harness.frame_of(text) for text in texts]
            if wanted and not any(frame.name in wanted for frame in frames):
                counts["skipped"] += count
                continue
            fault = self.fault(frames)
            counts["wrong" if fault else "good"] += count
            if fault:
                why["%s\n    in %s" % (fault, ";".join(texts))] += count
        return counts, why


def learn(python, out, program, *arguments):
    """Run the program once under the hooks."""
    runner = harness.os.path.join(harness.TESTS, "truth", "edges.py")
    done = harness.run([python.path, runner, str(out), program]
                       + [str(word) for word in arguments])
    assert done.status == 0, done.err
    with open(str(out)) as facts:
        return Oracle(json.load(facts))


def report(why):
    """The wrong stacks, the most frequent first."""
    return "\n".join("%6d %s" % (count, text)
                     for text, count in why.most_common(20))
