/* svg_data.c - the tree as the script reads it
 *
 * JSON as the text of a <metadata> element: data that no viewer runs or shows.
 * `frames` holds each distinct frame once, [name, place, colour, file].
 * `nodes` is the tree in depth-first order, one list of small numbers: a
 * frame's place in `frames`; after it, when the node has samples of its own or
 * no children, ~(that number of samples) and the number of levels that end
 * here.  400,000 nodes are 2 MB and are read in milliseconds.
 */
#include <string.h>

#include "svg.h"

struct data {
	const struct svg *svg;
	struct json json;
	struct buf text; /* JSON */
	struct buf xml; /* the same for XML */
	struct buf name, place;
	struct map files; /* string id -> place in `files` + 1 */
};

static void flush(struct data *d, struct out *out)
{
	buf_reset(&d->xml);
	text_xml(&d->xml, d->text.data, d->text.len);
	out_write(out, d->xml.data, d->xml.len);
	d->text.len = 0;
}

static void write_string(struct data *d, const char *key, const char *s)
{
	json_key(&d->json, key);
	buf_reset(&d->name);
	text_terminal(&d->name, s, strlen(s));
	json_string_len(&d->json, d->name.data, d->name.len);
}

static void write_head(struct data *d)
{
	const struct svg *s = d->svg;

	write_string(d, "command", s->profile->meta->command);
	write_string(d, "sentence", s->sentence.data);
	write_string(d, "unit",
		     view_is_timed(s->profile->view) ? "us" : "samples");
	json_key(&d->json, "facts");
	json_begin(&d->json, '[');
	for (int i = 0; i < SVG_FACTS; i++)
		json_string_len(&d->json, s->facts[i].data, s->facts[i].len);
	json_end(&d->json, ']');
}

static int write_file(struct data *d, string_id file, uint32_t *count)
{
	uint32_t *slot = map_slot(&d->files, file);
	const struct string *path;

	if (!slot)
		return ERR_NOMEM;
	if (*slot)
		return 0;
	*slot = ++*count;
	path = def_string(d->svg->profile->defs, file);
	buf_reset(&d->name);
	text_terminal(&d->name, path->text, path->len);
	json_string_len(&d->json, d->name.data, d->name.len);
	return 0;
}

static int write_files(struct data *d)
{
	const struct labels *l = &d->svg->labels;
	uint32_t count = 0;
	int err = 0;

	json_key(&d->json, "files");
	json_begin(&d->json, '[');
	for (uint32_t i = 0; i < l->items.count && !err; i++)
		err = write_file(d, l->items.items[i].file, &count);
	json_end(&d->json, ']');
	return err;
}

static void write_frame(struct data *d, const struct label *l)
{
	char paint[16];

	buf_reset(&d->name);
	buf_reset(&d->place);
	label_text(l, &d->svg->tree, &d->name, &d->place);
	json_begin(&d->json, '[');
	json_string_len(&d->json, d->name.data, d->name.len);
	json_string_len(&d->json, d->place.data, d->place.len);
	json_string(&d->json, paint_name(l->paint, paint));
	json_int(&d->json, *map_find(&d->files, l->file) - 1);
	json_end(&d->json, ']');
}

static void write_frames(struct data *d, struct out *out)
{
	const struct labels *l = &d->svg->labels;

	json_key(&d->json, "frames");
	json_begin(&d->json, '[');
	for (uint32_t i = 0; i < l->items.count; i++) {
		write_frame(d, &l->items.items[i]);
		flush(d, out);
	}
	json_end(&d->json, ']');
}

/* Levels to go up from node i to the parent of the next one; 0 when the next
 * one is its child. */
static uint32_t levels_up(const struct tree *t, uint32_t i)
{
	const struct tree_node *n = &t->nodes.items[i];

	if (i + 1 >= t->nodes.count)
		return n->depth + 1;
	return n->depth + 1 - n[1].depth;
}

static void write_nodes(struct data *d, struct out *out)
{
	const struct tree *t = &d->svg->tree;

	json_key(&d->json, "nodes");
	json_begin(&d->json, '[');
	for (uint32_t i = 0; i < t->nodes.count; i++) {
		const struct tree_node *n = &t->nodes.items[i];

		json_int(&d->json, d->svg->labels.of_node[i]);
		if (n->self || n->size == 1) {
			json_int(&d->json, ~(int64_t)n->self);
			json_int(&d->json, levels_up(t, i));
		}
		if (d->text.len > 4096)
			flush(d, out);
	}
	json_end(&d->json, ']');
}

static int write_all(struct data *d, struct out *out)
{
	int err;

	json_begin(&d->json, '{');
	write_head(d);
	err = write_files(d);
	if (err)
		return err;
	write_frames(d, out);
	write_nodes(d, out);
	json_end(&d->json, '}');
	flush(d, out);
	if (d->text.failed || d->xml.failed || d->name.failed)
		return ERR_NOMEM;

	return 0;
}

int svg_data(const struct svg *s, struct out *out)
{
	struct data d = { .svg = s };
	int err;

	buf_init(&d.text);
	buf_init(&d.xml);
	buf_init(&d.name);
	buf_init(&d.place);
	map_init(&d.files);
	json_init(&d.json, &d.text);

	err = write_all(&d, out);

	map_release(&d.files);
	buf_release(&d.place);
	buf_release(&d.name);
	buf_release(&d.xml);
	buf_release(&d.text);
	return err;
}
