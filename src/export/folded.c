/* folded.c - one line per distinct stack: root;...;leaf COUNT
 *
 * The tree has merged stacks that read the same and sorted siblings, so a walk
 * in its order writes every line once and the lines sorted.  One buffer holds
 * the path to the current node; ends[] remembers its length at every depth, so
 * that a step to a sibling cuts instead of writing the path anew: stacks of
 * 50,000 frames are written in time linear in their nodes.
 */
#include <stdlib.h>
#include <string.h>

#include "cprof/model.h"

#include "formats.h"

struct folded {
	const struct tree *tree;
	struct buf path;
	VEC(size_t) ends; /* of the path, by depth; [0] is the root: empty */
};

/* Node 0 is "all", which is no frame: it leaves no trace in the path. */
static int enter(struct folded *f, const struct tree_node *n)
{
	const struct string *text = def_string(&f->tree->strings, n->text);
	size_t *end;

	if (n->depth < f->ends.count)
		f->ends.count = n->depth;
	f->path.len = n->depth ? f->ends.items[n->depth - 1] : 0;
	if (f->path.len)
		buf_putc(&f->path, ';');
	if (n->depth)
		text_folded(&f->path, text->text, text->len);

	end = vec_push(&f->ends);
	if (!end || f->path.failed)
		return ERR_NOMEM;
	*end = f->path.len;
	return 0;
}

static int write_tree(const struct tree *tree, struct out *out)
{
	struct folded f = { .tree = tree };
	int err = 0;

	buf_init(&f.path);
	for (uint32_t i = 0; i < tree->nodes.count && !err; i++) {
		const struct tree_node *n = &tree->nodes.items[i];

		err = enter(&f, n);
		if (err || !n->self)
			continue;
		out_write(out, f.path.data, f.path.len);
		out_printf(out, " %llu\n", (unsigned long long)n->self);
	}
	vec_release(&f.ends);
	buf_release(&f.path);
	return err;
}

/* A comment that no reader takes for a stack: it does not end in a number. */
static int write_why(const struct profile *p, struct out *out)
{
	struct buf why, line;
	bool ok;

	buf_init(&why);
	buf_init(&line);
	tally_sentence(p->tally, p->defs, p->stats->elapsed_ns, &why);
	text_folded(&line, why.data, why.len);
	out_puts(out, "# no samples (");
	out_write(out, line.data, line.len);
	out_puts(out, ")\n");
	ok = !why.failed && !line.failed;
	buf_release(&line);
	buf_release(&why);
	return ok ? 0 : ERR_NOMEM;
}

int folded_write(const struct profile *p, struct out *out)
{
	struct tree tree;
	int err;

	if (!p->fold->count)
		return write_why(p, out);
	err = tree_build(&tree, p->fold, p->defs);
	if (err)
		return err;
	err = write_tree(&tree, out);
	tree_release(&tree);
	return err;
}
