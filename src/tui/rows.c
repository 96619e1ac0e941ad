/* rows.c - a view: its head and the rows of its list that are in sight */
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

static void draw_row(struct app *a, const struct box *box, uint32_t position)
{
	struct list *l = app_list(a);
	int y = (int)(position - l->top);
	struct box line = { box->x, box->y + y, box->width, 1 };
	struct pen p = pen_at(&a->canvas, box, y);

	app_view(a)->row(a, l->order.items[position], &p);
	if (position == l->cursor)
		canvas_style(&a->canvas, line, STYLE_SELECTED);
	mark_match(a, &line);
	canvas_zone(&a->canvas, (struct zone){ .x = box->x,
					       .y = line.y,
					       .width = box->width,
					       .command = CMD_SELECT,
					       .arg = (int)position });
}

static void draw_rows(struct app *a, const struct box *box)
{
	struct list *l = app_list(a);
	uint32_t i;

	l->height = (uint32_t)MAX(box->height, 0);
	list_fit(l);
	for (i = l->top; i < l->order.count && i < l->top + l->height; i++)
		draw_row(a, box, i);
}

void app_draw_view(struct app *a, const struct box *box)
{
	const struct view_ops *view = app_view(a);
	struct box rows = box_below(box, view->head_lines);
	struct pen p = pen_at(&a->canvas, &rows, 1);

	if (view->head)
		view->head(a, box);
	draw_rows(a, &rows);
	p.style = STYLE_DIM;
	if (view->empty && !app_list(a)->order.count)
		view->empty(a, &p);
}
