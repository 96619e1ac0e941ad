/* tree.c - folded stacks merged by what their frames say
 *
 * Two stacks that differ by an instruction read the same once lines are shown,
 * so stacks are merged by text. Nodes are first made in the order in which they
 * are met, a parent always before its children; then sizes are summed from the
 * back, siblings sorted, and each node gets its place in depth-first order from
 * its parent's. No step recurses: a stack may be 100,000 frames deep. A frame's
 * text is made once, and so is the path to each stack.
 */
#include "cprof/model.h"

#include <string.h>

#define MOST_PROCESSES 32

struct raw_node {
	string_id text;
	frame_id frame;
	uint32_t parent; /* a smaller index */
	uint32_t depth;
	uint32_t size;
	uint32_t place; /* in depth-first order */
	uint64_t self, total;
};

struct builder {
	const struct defs *defs;
	const struct fold *fold;
	struct defs *strings;
	struct buf text;
	VEC(struct raw_node) nodes;
	struct map children; /* (parent, text) -> node */
	struct map stacks; /* (root, stack) -> node */
	string_id *frame_texts; /* by frame; 0: not yet made */
	VEC(stack_id) path;
};

/* ---- nodes in the order in which they are met ------------------------- */

static int add_node(struct builder *b, uint32_t parent, string_id text,
		    frame_id frame, uint32_t *node)
{
	struct raw_node *n = vec_push(&b->nodes);

	if (!n)
		return ERR_NOMEM;
	*node = b->nodes.count - 1;
	n->parent = parent;
	n->text = text;
	n->frame = frame;
	n->depth = *node ? b->nodes.items[parent].depth + 1 : 0;
	return 0;
}

static int child(struct builder *b, uint32_t parent, string_id text,
		 frame_id frame, uint32_t *node)
{
	uint32_t *place;
	int err;

	if (!text)
		return ERR_NOMEM;
	place = map_slot(&b->children, (uint64_t)parent << 32 | text);
	if (!place)
		return ERR_NOMEM;
	if (!*place) {
		err = add_node(b, parent, text, frame, place);
		if (err)
			return err;
	}
	*node = *place;
	return 0;
}

/* What b->text holds, as a string of the tree; 0 without memory. */
static string_id take_text(struct builder *b)
{
	string_id id = 0;

	if (!b->text.failed)
		id = defs_string(b->strings, b->text.data, b->text.len);
	buf_reset(&b->text);
	return id;
}

static string_id frame_text(struct builder *b, frame_id frame)
{
	if (frame > b->defs->frames.count)
		frame = 0;
	if (!b->frame_texts[frame]) {
		view_frame(&b->fold->view, b->defs, frame, &b->text);
		b->frame_texts[frame] = take_text(b);
	}
	return b->frame_texts[frame];
}

static int descend_processes(struct builder *b, process_id process,
			     uint32_t *node)
{
	process_id line[MOST_PROCESSES];
	size_t n, i;
	int err = 0;

	n = process_ancestors(b->defs, process, line, ARRAY_SIZE(line));
	for (i = 0; i < n && !err; i++) {
		view_process(b->defs, line[i], &b->text);
		err = child(b, *node, take_text(b), 0, node);
	}
	return err;
}

/* The node under which a thread's stacks hang. */
static int descend_thread(struct builder *b, thread_id thread, uint32_t *node)
{
	const struct view *v = &b->fold->view;
	int err = 0;

	*node = 0;
	if (v->processes)
		err = descend_processes(b, def_thread(b->defs, thread)->process,
					node);
	if (err || !v->threads)
		return err;
	view_thread(b->defs, thread, &b->text);
	return child(b, *node, take_text(b), 0, node);
}

/* Walk outwards to a stack that has a node, or to the root. */
static int find_known(struct builder *b, uint32_t root, stack_id stack,
		      uint32_t *node)
{
	const uint32_t *known;
	stack_id *step;

	b->path.count = 0;
	for (; stack; stack = def_stack(b->defs, stack)->parent) {
		known = map_find(&b->stacks, (uint64_t)root << 32 | stack);
		if (known) {
			*node = *known;
			return 0;
		}
		step = vec_push(&b->path);
		if (!step)
			return ERR_NOMEM;
		*step = stack;
	}
	*node = root;
	return 0;
}

static int descend_stack(struct builder *b, uint32_t root, stack_id stack,
			 uint32_t *node)
{
	int err = find_known(b, root, stack, node);
	uint32_t i, *place;
	frame_id frame;

	for (i = b->path.count; i-- > 0 && !err;) {
		stack = b->path.items[i];
		frame = def_stack(b->defs, stack)->frame;
		err = child(b, *node, frame_text(b, frame), frame, node);
		place = map_slot(&b->stacks, (uint64_t)root << 32 | stack);
		if (!place)
			return ERR_NOMEM;
		*place = *node;
	}
	return err;
}

/* What was seen at all is never nothing. */
static uint64_t value_of(const struct builder *b, const struct fold_entry *e)
{
	if (!view_is_timed(&b->fold->view))
		return e->count;
	return MAX((e->weight_ns + 500) / 1000, 1ull);
}

static int add_entry(struct builder *b, const struct fold_entry *e)
{
	uint32_t node;
	int err;

	err = descend_thread(b, e->thread, &node);
	if (err)
		return err;
	if (e->stack) {
		err = descend_stack(b, node, e->stack, &node);
	} else {
		buf_puts(&b->text, "[no Python frame]");
		err = child(b, node, take_text(b), 0, &node);
	}
	if (!err)
		b->nodes.items[node].self += value_of(b, e);
	return err;
}

/* ---- in depth-first order --------------------------------------------- */

static void sum_up(struct builder *b)
{
	struct raw_node *nodes = b->nodes.items, *n;
	uint32_t i;

	for (i = 0; i < b->nodes.count; i++) {
		nodes[i].size = 1;
		nodes[i].total = nodes[i].self;
	}
	for (i = b->nodes.count; i-- > 1;) {
		n = &nodes[i];
		nodes[n->parent].size += n->size;
		nodes[n->parent].total += n->total;
	}
}

static int compare_siblings(const void *a, const void *b, void *arg)
{
	const struct builder *builder = arg;
	const struct raw_node *x = &builder->nodes.items[*(const uint32_t *)a];
	const struct raw_node *y = &builder->nodes.items[*(const uint32_t *)b];
	const struct string *s, *t;
	int order;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	s = def_string(builder->strings, x->text);
	t = def_string(builder->strings, y->text);
	order = memcmp(s->text, t->text, MIN(s->len, t->len));
	if (order)
		return order;
	return s->len < t->len ? -1 : s->len > t->len;
}

/* Parents come first in `order`, so a node's place is known before its
 * children need it. */
static void give_places(struct builder *b, const uint32_t *order,
			uint32_t *next_child)
{
	struct raw_node *nodes = b->nodes.items, *n;
	uint32_t i;

	next_child[0] = 1;
	for (i = 1; i < b->nodes.count; i++) {
		n = &nodes[order[i]];
		n->place = next_child[n->parent];
		next_child[n->parent] += n->size;
		next_child[order[i]] = n->place + 1;
	}
}

static int sort_nodes(struct builder *b)
{
	uint32_t count = b->nodes.count, i;
	uint32_t *order = calloc(count, 2 * sizeof(*order));

	if (!order)
		return ERR_NOMEM;
	for (i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order + 1, count - 1, sizeof(*order), compare_siblings, b);
	give_places(b, order, order + count);
	free(order);
	return 0;
}

static int write_nodes(const struct builder *b, struct tree *t)
{
	const struct raw_node *n = b->nodes.items;
	uint32_t count = b->nodes.count, i;

	t->nodes.items = calloc(count, sizeof(*t->nodes.items));
	if (!t->nodes.items)
		return ERR_NOMEM;
	t->nodes.count = t->nodes.room = count;
	for (i = 0; i < count; i++, n++)
		t->nodes.items[n->place] = (struct tree_node){
			.text = n->text,
			.frame = n->frame,
			.depth = n->depth,
			.size = n->size,
			.self = n->self,
			.total = n->total,
		};
	return 0;
}

/* ---- all of it -------------------------------------------------------- */

static int add_all(struct builder *b)
{
	uint32_t i, root;
	string_id all = defs_string(b->strings, "all", strlen("all"));
	int err;

	b->frame_texts =
		calloc(b->defs->frames.count + 1ull, sizeof(*b->frame_texts));
	if (!b->frame_texts || !all)
		return ERR_NOMEM;
	err = add_node(b, 0, all, 0, &root);
	for (i = 0; i < b->fold->entries.count && !err; i++)
		err = add_entry(b, &b->fold->entries.items[i]);
	return err;
}

static void builder_release(struct builder *b)
{
	buf_release(&b->text);
	vec_release(&b->nodes);
	map_release(&b->children);
	map_release(&b->stacks);
	free(b->frame_texts);
	vec_release(&b->path);
}

int tree_build(struct tree *t, const struct fold *f, const struct defs *d)
{
	struct builder b = { .defs = d, .fold = f, .strings = &t->strings };
	int err;

	*t = (struct tree){ 0 };
	defs_init(&t->strings);
	buf_init(&b.text);
	err = add_all(&b);
	if (err)
		goto out;
	sum_up(&b);
	err = sort_nodes(&b);
	if (!err)
		err = write_nodes(&b, t);
out:
	builder_release(&b);
	if (err)
		tree_release(t);
	return err;
}

void tree_release(struct tree *t)
{
	vec_release(&t->nodes);
	defs_release(&t->strings);
}
