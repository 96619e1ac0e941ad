/* svg_picture.c - the frames without scripts: one path for each colour
 *
 * A frame is a sub-path of its colour's path, 20 bytes instead of the 100 of a
 * <rect> with its attributes, and a browser draws 40 paths faster than 60,000
 * elements.  Edges are rounded, not widths: a child's edges are among its
 * parent's and rounding keeps order, so a parent always covers its children and
 * frames too narrow for the grid leave no holes.  Coordinates are tenths of a
 * pixel in integers: printf's decimal point is the locale's.
 */
#include <stdlib.h>

#include "svg.h"

#define GRID 2 /* tenths; finer costs bytes and cannot be seen */
#define PADDING 40 /* tenths, on either side of a name */
#define COLUMN 66.3 /* tenths, of 11 px monospaced fonts at the widest */

struct picture {
	const struct svg *svg;
	struct buf paths[PAINT_COUNT];
	struct buf edges; /* lines between neighbours */
	struct buf names;
	struct buf name, place; /* of the current frame */
	VEC(uint64_t) starts; /* samples left of the next node, by depth */
	double scale; /* tenths of a pixel per sample */
};

/* Where node n begins, in samples; children begin where it does. */
static int place_node(struct picture *p, const struct tree_node *n,
		      uint64_t *start)
{
	uint64_t *next;

	while (p->starts.count <= n->depth + 1) {
		next = vec_push(&p->starts);
		if (!next)
			return ERR_NOMEM;
	}
	*start = p->starts.items[n->depth];
	p->starts.items[n->depth] += n->total;
	p->starts.items[n->depth + 1] = *start;
	return 0;
}

/* Tenths of a pixel from the left end of the graph. */
static unsigned int edge(const struct picture *p, uint64_t samples)
{
	return (unsigned int)((double)samples * p->scale / GRID + 0.5) * GRID;
}

static void add_tenths(struct buf *b, unsigned int tenths)
{
	buf_printf(b, "%u", tenths / 10);
	if (tenths % 10)
		buf_printf(b, ".%u", tenths % 10);
}

static void draw_box(struct picture *p, int paint, unsigned int left,
		     unsigned int width, unsigned int top)
{
	struct buf *path = &p->paths[paint];

	buf_putc(path, 'M');
	add_tenths(path, left);
	buf_printf(path, " %uh", top);
	add_tenths(path, width);
	buf_printf(path, "v%dh-", SVG_ROW - 1);
	add_tenths(path, width);
	buf_putc(path, 'z');
	if (width <= 20)
		return;

	buf_putc(&p->edges, 'M');
	add_tenths(&p->edges, left);
	buf_printf(&p->edges, " %uv%d", top, SVG_ROW - 1);
}

void svg_cut(struct buf *out, const struct buf *b, int columns)
{
	size_t len = 0;
	int32_t cp;

	if (text_columns(b->data, b->len) <= columns) {
		text_xml(out, b->data, b->len);
		return;
	}
	for (size_t next = 0; next < b->len;) {
		next += text_decode(b->data + next, b->len - next, &cp);
		if (text_columns(b->data, next) >= columns)
			break;
		len = next;
	}
	text_xml(out, b->data, len);
	buf_puts(out, "\xe2\x80\xa6");
}

/* The name with its place, the name alone, a part of it, or nothing. */
static void draw_name(struct picture *p, const struct label *l,
		      unsigned int left, unsigned int width, unsigned int top)
{
	int room = (int)(((int)width - 2 * PADDING) / COLUMN);

	if (room < 3)
		return;
	buf_reset(&p->name);
	buf_reset(&p->place);
	label_text(l, &p->svg->tree, &p->name, &p->place);
	buf_puts(&p->names, paint_is_quiet(l->paint) ?
				    "<text class=\"quiet\" x=\"" :
				    "<text x=\"");
	add_tenths(&p->names, left + PADDING);
	buf_printf(&p->names, "\" y=\"%u\">", top + 13);
	svg_cut(&p->names, &p->name, room);
	room -= text_columns(p->name.data, p->name.len) + 1;
	if (p->place.len && room >= text_columns(p->place.data, p->place.len)) {
		buf_puts(&p->names, "<tspan> ");
		text_xml(&p->names, p->place.data, p->place.len);
		buf_puts(&p->names, "</tspan>");
	}
	buf_puts(&p->names, "</text>\n");
}

static int draw_node(struct picture *p, uint32_t i)
{
	const struct tree_node *n = &p->svg->tree.nodes.items[i];
	const struct labels *labels = &p->svg->labels;
	const struct label *l = &labels->items.items[labels->of_node[i]];
	unsigned int left, width, top = SVG_TOP + n->depth * SVG_ROW;
	uint64_t start;
	int err;

	err = place_node(p, n, &start);
	if (err || n->depth >= p->svg->rows)
		return err;
	left = edge(p, start);
	width = edge(p, start + n->total) - left;
	if (!width)
		return 0;

	left += SVG_MARGIN * 10;
	draw_box(p, l->paint, left, width, top);
	draw_name(p, l, left, width, top);
	return 0;
}

static int draw_tree(struct picture *p)
{
	const struct tree *t = &p->svg->tree;
	int err = 0;

	p->scale = 10.0 * (SVG_WIDTH - 2 * SVG_MARGIN) /
		   (double)t->nodes.items[0].total;
	for (uint32_t i = 0; i < t->nodes.count && !err; i++)
		err = draw_node(p, i);

	return err;
}

static bool write_path(struct out *out, const char *class, const struct buf *b)
{
	if (b->len) {
		out_printf(out, "<path class=\"%s\" d=\"", class);
		out_write(out, b->data, b->len);
		out_puts(out, "\"/>\n");
	}
	return !b->failed;
}

static int write_picture(const struct picture *p, struct out *out)
{
	char class[16];
	bool ok = true;

	out_puts(out, "<g id=\"boxes\">\n");
	for (int i = 0; i < PAINT_COUNT; i++)
		ok &= write_path(out, paint_name(i, class), &p->paths[i]);
	ok &= write_path(out, "edge", &p->edges);
	out_puts(out, "</g>\n<g id=\"names\">\n");
	out_write(out, p->names.data, p->names.len);
	out_puts(out, "</g>\n");

	return ok && !p->names.failed && !p->name.failed ? 0 : ERR_NOMEM;
}

int svg_picture(const struct svg *s, struct out *out)
{
	struct picture p = { .svg = s };
	int err;

	for (int i = 0; i < PAINT_COUNT; i++)
		buf_init(&p.paths[i]);
	buf_init(&p.edges);
	buf_init(&p.names);
	buf_init(&p.name);
	buf_init(&p.place);

	err = draw_tree(&p);
	if (!err)
		err = write_picture(&p, out);

	vec_release(&p.starts);
	buf_release(&p.place);
	buf_release(&p.name);
	buf_release(&p.names);
	buf_release(&p.edges);
	for (int i = 0; i < PAINT_COUNT; i++)
		buf_release(&p.paths[i]);
	return err;
}
