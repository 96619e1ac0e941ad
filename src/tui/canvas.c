/* canvas.c - a screen in memory */
#include "canvas.h"

#include <stdlib.h>
#include <string.h>

struct box box_below(const struct box *box, int taken)
{
	struct box b = *box;

	taken = MIN(taken, b.height);
	b.y += taken;
	b.height -= taken;
	return b;
}

void canvas_init(struct canvas *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->scratch);
}

void canvas_release(struct canvas *c)
{
	free(c->cells);
	vec_release(&c->zones);
	buf_release(&c->scratch);
	memset(c, 0, sizeof(*c));
}

int canvas_resize(struct canvas *c, int width, int height)
{
	struct cell *cells;

	width = MAX(width, 1);
	height = MAX(height, 1);
	cells = calloc((size_t)width * (size_t)height, sizeof(*cells));
	if (!cells)
		return ERR_NOMEM;
	free(c->cells);
	c->cells = cells;
	c->width = width;
	c->height = height;
	canvas_clear(c);
	return 0;
}

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
	return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

static bool is_inside(const struct canvas *c, int x, int y)
{
	return x >= 0 && y >= 0 && x < c->width && y < c->height;
}

static void blank(struct cell *cell, enum style style)
{
	memset(cell, 0, sizeof(*cell));
	cell->ch[0] = ' ';
	cell->style = (uint8_t)style;
}

void canvas_clear(struct canvas *c)
{
	int x, y;

	for (y = 0; y < c->height; y++)
		for (x = 0; x < c->width; x++)
			blank(cell_at(c, x, y), STYLE_PLAIN);
	c->zones.count = 0;
}

const struct cell *canvas_cell(const struct canvas *c, int x, int y)
{
	return cell_at(c, x, y);
}

void canvas_style(struct canvas *c, struct box box, enum style style)
{
	int x, y;

	for (y = box.y; y < box.y + box.height; y++)
		for (x = box.x; x < box.x + box.width; x++)
			if (is_inside(c, x, y))
				cell_at(c, x, y)->style = (uint8_t)style;
}

void canvas_zone(struct canvas *c, struct zone zone)
{
	struct zone *z = vec_push(&c->zones);

	if (z) /* without memory a click there does nothing */
		*z = zone;
}

const struct zone *canvas_zone_at(const struct canvas *c, int x, int y)
{
	const struct zone *z;
	uint32_t i;

	for (i = c->zones.count; i-- > 0;) {
		z = &c->zones.items[i];
		if (z->y == y && x >= z->x && x < z->x + z->width)
			return z;
	}
	return NULL;
}

void canvas_line(const struct canvas *c, int y, struct buf *out)
{
	const struct cell *cell;
	size_t end = out->len;
	int x, i;

	for (x = 0; x < c->width; x++) {
		cell = cell_at(c, x, y);
		for (i = 0; i < (int)ARRAY_SIZE(cell->ch) && cell->ch[i]; i++)
			text_encode(out, cell->ch[i]);
		if (cell->ch[0] != ' ')
			end = out->len;
	}
	out->len = MIN(end, out->len);
	if (out->room)
		out->data[out->len] = '\0';
}

/* ---- the pen ---------------------------------------------------------- */

struct pen pen_at(struct canvas *c, const struct box *box, int y)
{
	struct pen p = { .canvas = c, .x = box->x, .y = box->y + y };

	p.start = p.x;
	p.end = MIN(box->x + box->width, c->width);
	if (y >= box->height || !is_inside(c, p.x, p.y))
		p.end = p.x; /* writes nothing */
	return p;
}

/* Half of a wide character is worth nothing: what it loses becomes blank. */
static void split_wide(struct pen *p, int x)
{
	struct cell *cell = cell_at(p->canvas, x, p->y);

	if (cell->ch[0] == 0 && x > 0)
		blank(cell - 1, (enum style)cell->style);
	if (x + 1 < p->canvas->width && cell[1].ch[0] == 0)
		blank(cell + 1, (enum style)cell->style);
}

static void add_mark(struct pen *p, uint32_t mark)
{
	struct cell *cell;
	int x = p->x - 1;

	if (x < 0 || x >= p->end || p->skip > 0)
		return;
	cell = cell_at(p->canvas, x, p->y);
	if (cell->ch[0] == 0 && x > 0)
		cell--;
	if (cell->ch[1] == 0)
		cell->ch[1] = mark;
	else if (cell->ch[2] == 0)
		cell->ch[2] = mark;
}

static void put_character(struct pen *p, uint32_t ch, int columns)
{
	struct cell *cell;
	int i;

	for (i = 0; i < columns; i++) {
		split_wide(p, p->x + i);
		cell = cell_at(p->canvas, p->x + i, p->y);
		blank(cell, p->style);
		cell->ch[0] = i ? 0 : ch;
	}
	p->x += columns;
}

/* Half of a name is another name, if nothing says that it goes on. */
static void mark_cut(struct pen *p)
{
	if (p->end <= p->start)
		return;
	p->x = p->end - 1;
	put_character(p, '~', 1);
}

static void add_character(struct pen *p, uint32_t ch, int columns)
{

	if (p->skip > 0) {
		p->skip -= columns;
		if (p->skip < 0) /* its right half is in sight */
			add_character(p, ' ', 1);
		return;
	}
	if (p->x + columns > p->end) {
		pen_fill(p); /* and nothing after what did not fit */
		mark_cut(p);
		return;
	}
	put_character(p, ch, columns);
}

/* Blanks and marks on what is there are no loss. */
static bool has_more(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && s[i] == ' '; i++)
		;
	return text_columns(s + i, len - i) > 0;
}

void pen_text(struct pen *p, const char *s, size_t len)
{
	int32_t cp;
	size_t n;
	int columns;

	for (; len && p->x < p->end; s += n, len -= n) {
		n = text_decode(s, len, &cp);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
			add_character(p, '?', 1);
			continue;
		}
		columns = text_columns(s, n);
		if (columns > 0)
			add_character(p, (uint32_t)cp, columns);
		else
			add_mark(p, (uint32_t)cp);
	}
	if (has_more(s, len))
		mark_cut(p);
}

void pen_puts(struct pen *p, const char *s)
{
	pen_text(p, s, strlen(s));
}

void pen_printf(struct pen *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pen_puts(p, text);
}

void pen_styled(struct pen *p, enum style style, const char *s)
{
	enum style before = p->style;

	p->style = style;
	pen_puts(p, s);
	p->style = before;
}

void pen_name(struct pen *p, const char *s, size_t len)
{
	struct buf *b = &p->canvas->scratch;

	buf_reset(b);
	text_terminal(b, s, len);
	pen_text(p, b->data, b->len);
}

void pen_fill(struct pen *p)
{
	p->skip = 0;
	while (p->x < p->end)
		add_character(p, ' ', 1);
}
