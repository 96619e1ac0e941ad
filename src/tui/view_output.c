/* view_output.c - what a launched command printed, on the whole screen */
#include "app.h"

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },
	{ "/", "Search", CMD_SEARCH },
	{ "f", "Filter", CMD_FILTER },
	{ "End", "Newest", CMD_END },
	{ "?", "Help", CMD_HELP },
	{ "F10", "Quit", CMD_LEAVE },
	{ 0 },
};

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	const struct tail_line *line = &a->tail.lines.items[item];

	buf_add(out, a->tail.text.data + line->start, line->len);
}

static uint64_t key(const struct app *a, uint32_t item)
{
	(void)a;
	return (uint64_t)item << 1 | 1;
}

static void build(struct app *a)
{
	uint32_t i;

	tail_read(&a->tail, a->options->command_output);
	for (i = 0; i < a->tail.lines.count; i++)
		app_offer(a, i);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	const struct tail_line *line = &a->tail.lines.items[item];

	p->skip = (int)app_list(a)->shift;
	pen_name(p, a->tail.text.data + line->start, line->len);
}

static void draw_head(struct app *a, const struct box *box)
{
	struct pen p = pen_at(&a->canvas, box, 0);

	p.style = STYLE_HEAD;
	pen_printf(&p, " Output of PID %d, as in %s", (int)a->options->command,
		   a->options->command_output);
	pen_fill(&p);
}

const struct view_ops view_output = {
	.name = "output",
	.from_end = true,
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.head_lines = 1,
	.head = draw_head,
	.row = draw_row,
};
