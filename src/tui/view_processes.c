/* view_processes.c - the processes that are alive, the busiest first */
#include "app.h"

#define NARROW 60 /* columns from which on there is a place for all numbers */

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },
	{ "Enter", "Threads", CMD_OPEN },
	{ "/", "Search", CMD_SEARCH },
	{ "f", "Filter", CMD_FILTER },
	{ "Space", "Freeze", CMD_FREEZE },
	{ "s", "Save", CMD_SAVE },
	{ "?", "Help", CMD_HELP },
	{ "F10", "Quit", CMD_LEAVE },
	{ 0 },
};

static const struct picture_process *process_at(const struct app *a,
						uint32_t item)
{
	return &a->picture.processes.items[item];
}

static const struct process *facts_of(const struct app *a, uint32_t item)
{
	return def_process(app_defs(a), process_at(a, item)->id);
}

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	const struct process *p = facts_of(a, item);
	const struct string *command = def_string(app_defs(a), p->command);

	buf_printf(out, "%d ", (int)p->pid);
	buf_add(out, command->text, command->len);
}

static uint64_t key(const struct app *a, uint32_t item)
{
	return (uint64_t)process_at(a, item)->id << 1 | 1;
}

static int compare_items(const void *p, const void *q, void *arg)
{
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;
	const struct picture_process *s = process_at(arg, x);
	const struct picture_process *t = process_at(arg, y);

	if (s->active < t->active || s->active > t->active)
		return s->active < t->active ? 1 : -1;
	return (x > y) - (x < y);
}

static void build(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->picture.processes.count; i++)
		app_offer(a, i);
	app_sort(a, compare_items);
}

static void open_row(struct app *a, uint32_t item)
{
	a->process = process_at(a, item)->id;
	app_enter(a, VIEW_THREADS);
}

/* ---- drawing ---------------------------------------------------------- */

static void draw_head(struct app *a, const struct box *box)
{
	struct pen p;

	draw_window(a, box);
	p = pen_at(&a->canvas, box, 1);
	p.style = STYLE_HEAD_SORT;
	pen_puts(&p, " %Active");
	p.style = STYLE_HEAD;
	if (box->width >= NARROW)
		pen_puts(&p, "   %GIL  %Wait  Threads");
	pen_puts(&p, "     PID  Command");
	pen_fill(&p);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	const struct picture_process *from = process_at(a, item);
	const struct process *facts = facts_of(a, item);
	const struct string *s = def_string(app_defs(a), facts->command);
	bool wide = p->end - p->x >= NARROW;

	draw_percent(p, from->active);
	if (wide) {
		draw_percent(p, from->gil);
		draw_percent(p, from->waiting);
		p->style = STYLE_PLAIN;
		pen_printf(p, "%9u", from->threads);
	}
	p->style = STYLE_PLAIN;
	pen_printf(p, "%8d  ", (int)facts->pid);
	p->skip = (int)app_list(a)->shift;
	p->style = STYLE_BOLD;
	pen_name(p, s->text, s->len);
}

const struct view_ops view_processes = {
	.name = "processes",
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.head_lines = 2,
	.head = draw_head,
	.row = draw_row,
	.open = open_row,
};
