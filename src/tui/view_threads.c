/* view_threads.c - the threads that are alive, and what each is doing */
#include "app.h"

#include <string.h>

#define NARROW 70
#define LEAST 56 /* columns from which on there is a place for the frame */

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },
	{ "Enter", "Stack", CMD_OPEN },
	{ "/", "Search", CMD_SEARCH },
	{ "f", "Filter", CMD_FILTER },
	{ "Space", "Freeze", CMD_FREEZE },
	{ "s", "Save", CMD_SAVE },
	{ "?", "Help", CMD_HELP },
	{ "F10", "Quit", CMD_LEAVE },
	{ 0 },
};

static const struct picture_thread *thread_at(const struct app *a,
					      uint32_t item)
{
	return &a->picture.threads.items[item];
}

static const struct frame *leaf_of(const struct app *a, stack_id stack)
{
	const struct defs *d = app_defs(a);

	return def_frame(d, def_stack(d, stack)->frame);
}

static const struct string *name_of(const struct app *a, thread_id id)
{
	const struct defs *d = app_defs(a);

	return def_string(d, def_thread(d, id)->name);
}

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	const struct picture_thread *t = thread_at(a, item);
	const struct frame *leaf = leaf_of(a, t->stack);
	const struct code *code = def_code(app_defs(a), leaf->code);
	const struct string *name = name_of(a, t->id);

	buf_printf(out, "%d %s ", (int)def_thread(app_defs(a), t->id)->tid,
		   state_text((enum thread_state)t->state));
	buf_add(out, name->text, name->len);
	buf_putc(out, ' ');
	format_place(app_defs(a), code->name, code->short_file, leaf->line,
		     out);
}

static uint64_t key(const struct app *a, uint32_t item)
{
	return (uint64_t)thread_at(a, item)->id << 1 | 1;
}

/* The busiest first; those that rest keep their order. */
static int compare_items(const void *p, const void *q, void *arg)
{
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;
	const struct picture_thread *s = thread_at(arg, x);
	const struct picture_thread *t = thread_at(arg, y);

	if (s->active < t->active || s->active > t->active)
		return s->active < t->active ? 1 : -1;
	if (s->waiting < t->waiting || s->waiting > t->waiting)
		return s->waiting < t->waiting ? 1 : -1;
	return (x > y) - (x < y);
}

static void build(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->picture.threads.count; i++)
		if (!a->process || thread_at(a, i)->process == a->process)
			app_offer(a, i);
	app_sort(a, compare_items);
}

static void open_row(struct app *a, uint32_t item)
{
	a->thread = thread_at(a, item)->id;
	app_enter(a, VIEW_STACK);
}

/* ---- drawing ---------------------------------------------------------- */

static int name_width(int width)
{
	if (width < NARROW)
		return width < LEAST ? 12 : 10;
	return width < 100 ? 14 : 24;
}

static void draw_head(struct app *a, const struct box *box)
{
	struct pen p = draw_window(a, box);

	if (a->process)
		pen_printf(&p, "  of PID %d",
			   (int)def_process(app_defs(a), a->process)->pid);
	p = pen_at(&a->canvas, box, 1);
	p.style = STYLE_HEAD_SORT;
	pen_puts(&p, " %Active");
	p.style = STYLE_HEAD;
	if (box->width >= NARROW)
		pen_puts(&p, "   %GIL  %Wait     TID");
	pen_printf(&p, "  State            %-*s", name_width(box->width),
		   "Name");
	if (box->width >= LEAST)
		pen_puts(&p, "  In");
	pen_fill(&p);
}

/* Sixteen columns, whatever the call is named. */
static void draw_state(struct app *a, struct pen *p,
		       const struct picture_thread *t)
{
	const char *call = def_text(app_defs(a), t->syscall);
	bool sleeps_with_gil = t->holds_gil && t->state == STATE_IDLE;
	int end = p->end, x = p->x;

	p->style = t->state >= STATE_ACTIVE ? STYLE_COOL :
		   t->state > STATE_IDLE    ? STYLE_WARM :
					      STYLE_DIM;
	p->end = MIN(x + (sleeps_with_gil ? 12 : 16), end);
	if (t->state == STATE_IDLE && call[0])
		pen_name(p, call, strlen(call));
	else
		pen_puts(p, state_text((enum thread_state)t->state));
	p->end = end;
	if (sleeps_with_gil)
		pen_puts(p, "+gil");
	p->x = MIN(x + 17, end);
}

static void draw_name(struct app *a, struct pen *p, thread_id id)
{
	const struct string *s = name_of(a, id);
	int end = p->end, name_end = MIN(p->x + name_width(end), end);

	p->style = STYLE_BOLD;
	p->end = name_end;
	pen_name(p, s->text, s->len);
	p->x = MIN(name_end + 2, end);
	p->end = end;
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	const struct picture_thread *t = thread_at(a, item);
	const struct frame *leaf = leaf_of(a, t->stack);
	const struct code *code = def_code(app_defs(a), leaf->code);
	int width = p->end - p->x;

	draw_percent(p, t->active);
	if (width >= NARROW) {
		draw_percent(p, t->gil);
		draw_percent(p, t->waiting);
		p->style = STYLE_PLAIN;
		pen_printf(p, "%8d", (int)def_thread(app_defs(a), t->id)->tid);
	}
	pen_puts(p, "  ");
	draw_state(a, p, t);
	draw_name(a, p, t->id);
	if (width < LEAST)
		return;
	p->skip = (int)app_list(a)->shift;
	p->style = STYLE_PLAIN;
	draw_place(a, p, code->name, code->short_file, leaf->line);
}

const struct view_ops view_threads = {
	.name = "threads",
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.head_lines = 2,
	.head = draw_head,
	.row = draw_row,
	.open = open_row,
};
