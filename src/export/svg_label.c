/* svg_label.c - the distinct texts of a tree's frames
 *
 * A tree of 400,000 nodes has a few thousand different frames; what belongs to
 * a frame (text, file, colour) is kept and written once and nodes refer to it.
 */
#include <stdlib.h>
#include <string.h>

#include "svg.h"

static bool starts_with(const struct string *text, const struct string *name)
{
	return text->len >= name->len &&
	       memcmp(text->text, name->text, name->len) == 0;
}

static void fill(struct label *l, const struct tree *t, const struct defs *d,
		 const struct tree_node *n)
{
	const struct code *code = def_code(d, def_frame(d, n->frame)->code);
	const struct string *text = def_string(&t->strings, n->text);
	const struct string *name = def_string(d, code->name);

	l->text = n->text;
	l->name_len = text->len;
	l->paint = PAINT_GREY;
	if (!n->frame)
		return;

	l->file = code->file;
	l->paint = paint_code(d, code);
	if (name->len && starts_with(text, name))
		l->name_len = name->len;
}

static int add_node(struct labels *l, struct map *index, const struct tree *t,
		    const struct defs *d, uint32_t i)
{
	const struct tree_node *n = &t->nodes.items[i];
	const struct code *code = def_code(d, def_frame(d, n->frame)->code);
	uint32_t *slot = map_slot(index, (uint64_t)n->text << 32 | code->file);
	struct label *label;

	if (!slot)
		return ERR_NOMEM;
	if (!*slot) {
		label = vec_push(&l->items);
		if (!label)
			return ERR_NOMEM;
		fill(label, t, d, n);
		*slot = l->items.count;
	}
	l->of_node[i] = *slot - 1;
	return 0;
}

int labels_build(struct labels *l, const struct tree *t, const struct defs *d)
{
	struct map index;
	int err = 0;

	memset(l, 0, sizeof(*l));
	l->of_node = calloc(t->nodes.count + 1, sizeof(*l->of_node));
	if (!l->of_node)
		return ERR_NOMEM;
	map_init(&index);
	for (uint32_t i = 0; i < t->nodes.count && !err; i++)
		err = add_node(l, &index, t, d, i);
	map_release(&index);
	return err;
}

void labels_release(struct labels *l)
{
	vec_release(&l->items);
	free(l->of_node);
	l->of_node = NULL;
}

void label_text(const struct label *l, const struct tree *t, struct buf *name,
		struct buf *place)
{
	const struct string *text = def_string(&t->strings, l->text);
	uint32_t skip = l->name_len;

	text_terminal(name, text->text, l->name_len);
	if (skip < text->len && text->text[skip] == ' ')
		skip++;
	text_terminal(place, text->text + skip, text->len - skip);
}
