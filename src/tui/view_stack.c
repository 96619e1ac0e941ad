/* view_stack.c - where one thread was at the last refresh, leaf first
 *
 * Enter opens the function of a frame.
 */
#include "app.h"

#include <string.h>

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },   { "Enter", "Function", CMD_OPEN },
	{ "/", "Search", CMD_SEARCH }, { "Space", "Freeze", CMD_FREEZE },
	{ "s", "Save", CMD_SAVE },     { "?", "Help", CMD_HELP },
	{ "F10", "Quit", CMD_LEAVE },  { 0 },
};

static const struct picture_thread *thread(const struct app *a)
{
	const struct picture_thread *t = a->picture.threads.items;
	uint32_t i;

	for (i = 0; i < a->picture.threads.count; i++)
		if (t[i].id == a->thread)
			return &t[i];
	return NULL;
}

/* Items are stack ids: they stay the same. */
static const struct frame *frame_at(const struct app *a, uint32_t item)
{
	return def_frame(app_defs(a), def_stack(app_defs(a), item)->frame);
}

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	const struct frame *f = frame_at(a, item);
	const struct code *code = def_code(app_defs(a), f->code);

	format_place(app_defs(a), code->name, code->short_file, f->line, out);
}

static uint64_t key(const struct app *a, uint32_t item)
{
	return (uint64_t)def_stack(app_defs(a), item)->depth << 1 | 1;
}

static void build(struct app *a)
{
	const struct picture_thread *t = thread(a);
	stack_id id = t ? t->stack : 0;

	for (; id; id = def_stack(app_defs(a), id)->parent)
		app_offer(a, id);
}

static void open_row(struct app *a, uint32_t item)
{
	const struct code *c = def_code(app_defs(a), frame_at(a, item)->code);
	struct function function = { c->name, c->file, c->first_line };

	app_show_function(a, &function);
}

static void draw_head(struct app *a, const struct box *box)
{
	const struct picture_thread *t = thread(a);
	const struct thread *def = def_thread(app_defs(a), a->thread);
	const struct string *s = def_string(app_defs(a), def->name);
	struct pen p = pen_at(&a->canvas, box, 0);
	const char *call = t ? def_text(app_defs(a), t->syscall) : "";

	p.style = STYLE_TITLE;
	pen_printf(&p, " Thread %d ", (int)def->tid);
	pen_name(&p, s->text, s->len);
	p.style = STYLE_PLAIN;
	pen_printf(&p, ": %s ",
		   t ? state_text((enum thread_state)t->state) : "ended");
	pen_name(&p, call, strlen(call));
	p = pen_at(&a->canvas, box, 1);
	p.style = STYLE_HEAD;
	pen_puts(&p, "  Its stack at the last refresh, newest call first");
	pen_fill(&p);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	const struct frame *f = frame_at(a, item);
	const struct code *code = def_code(app_defs(a), f->code);

	pen_puts(p, "  ");
	p->skip = (int)app_list(a)->shift;
	p->style = STYLE_BOLD;
	draw_place(a, p, code->name, code->short_file, f->line);
}

static void draw_empty(struct app *a, struct pen *p)
{
	(void)a;
	pen_puts(p, "  No Python frame.");
}

const struct view_ops view_stack = {
	.name = "stack",
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.head_lines = 2,
	.head = draw_head,
	.row = draw_row,
	.empty = draw_empty,
	.open = open_row,
};
