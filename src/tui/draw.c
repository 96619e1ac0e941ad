/* draw.c - the screen's parts: header, a view, the output's pane, last line */
#include "app.h"

#include <string.h>

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
	body = box_below(&box, header_height(c->width, c->height));
	draw_header(a, &box);
	part = box_below(&box, c->height - 1);
	draw_footer(a, &part);
	body.height = MAX(body.height - 1, 0);
	pane = pane_height(a, body.height);
	part = box_below(&body, body.height - pane);
	if (pane)
		draw_pane(a, &part);
	body.height -= pane;
	app_draw_view(a, &body);
	a->dirty = false;
}
