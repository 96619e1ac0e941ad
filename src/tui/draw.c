/* draw.c - the screen's parts: header, a view, the output's pane, last line */
#include "app.h"

#include <string.h>

struct box box_below(const struct box *box, int taken)
{
	struct box b = *box;

	taken = MIN(taken, b.height);
	b.y += taken;
	b.height -= taken;
	return b;
}

static void mark_match(struct app *a, const struct box *row)
{
	struct buf *line = &a->canvas.scratch;
	struct box at = *row;
	size_t found;

	if (!a->search.len)
		return;
	buf_reset(line);
	canvas_line(&a->canvas, row->y, line);
	found = text_find(line, &a->search);
	if (found == NOT_FOUND)
		return;
	at.x = text_columns(line->data, found);
	at.width = text_columns(line->data + found, a->search.len);
	canvas_style(&a->canvas, at, STYLE_MATCH);
}

static void draw_row(struct app *a, const struct box *box, uint32_t position,
		     row_fn row)
{
	struct list *l = app_list(a);
	int y = (int)(position - l->top);
	struct box line = { box->x, box->y + y, box->width, 1 };
	struct pen p = pen_at(&a->canvas, box, y);

	row(a, l->order.items[position], &p);
	if (position == l->cursor)
		canvas_style(&a->canvas, line, STYLE_SELECTED);
	mark_match(a, &line);
	canvas_zone(&a->canvas, (struct zone){ .x = box->x,
					       .y = line.y,
					       .width = box->width,
					       .command = CMD_SELECT,
					       .arg = (int)position });
}

void app_draw_list(struct app *a, const struct box *box, row_fn row)
{
	struct list *l = app_list(a);
	uint32_t i;

	l->height = (uint32_t)MAX(box->height, 0);
	list_fit(l);
	for (i = l->top; i < l->order.count && i < l->top + l->height; i++)
		draw_row(a, box, i, row);
}

/* The newest lines of a launched command, under the table. */
static void draw_pane(struct app *a, const struct box *box)
{
	const struct tail_line *line;
	struct pen p = pen_at(&a->canvas, box, 0);
	uint32_t shown = (uint32_t)MAX(box->height - 1, 0), i, first;

	p.style = STYLE_HEAD;
	pen_printf(&p, " Output of PID %d", (int)a->options->command);
	pen_fill(&p);
	first = a->tail.lines.count > shown ? a->tail.lines.count - shown : 0;
	for (i = first; i < a->tail.lines.count; i++) {
		line = &a->tail.lines.items[i];
		p = pen_at(&a->canvas, box, (int)(i - first) + 1);
		pen_name(&p, a->tail.text.data + line->start, line->len);
	}
}

static int pane_height(const struct app *a, int height)
{
	if (!a->tail_open || a->view == VIEW_OUTPUT || height < 14)
		return 0;
	return height / 3;
}

void app_draw(struct app *a)
{
	struct canvas *c = &a->canvas;
	struct box box = { 0, 0, c->width, c->height }, body, part;
	int pane;

	canvas_clear(c);
	body = box_below(&box, header_height(a, c->width, c->height));
	draw_header(a, &box);
	part = box_below(&box, c->height - 1);
	draw_footer(a, &part);
	body.height = MAX(body.height - 1, 0);
	pane = pane_height(a, body.height);
	part = box_below(&body, body.height - pane);
	if (pane)
		draw_pane(a, &part);
	body.height -= pane;
	app_view(a)->draw(a, &body);
	a->dirty = false;
}
