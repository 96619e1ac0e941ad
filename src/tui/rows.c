/* rows.c - the rows of a list that are in sight */
#include "app.h"

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
