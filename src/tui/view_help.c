/* view_help.c - what the keys do and what the numbers mean */
#include "app.h"

#include <string.h>

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },
	{ "/", "Search", CMD_SEARCH },
	{ "F10", "Quit", CMD_LEAVE },
	{ 0 },
};

/* A key and what it does; without a key a heading; without both a blank. */
static const struct {
	const char *key, *what;
} lines[] = {
	{ NULL, "Keys" },
	{ "1 2 3 4", "sort by that column" },
	{ "L", "by line, or by function" },
	{ "R", "reset: count from now on" },
	{ "Enter", "callers, lines, callees" },
	{ "Esc q", "back" },
	{ "t", "threads; Enter: a stack" },
	{ "p", "processes; Enter: threads" },
	{ "/ n N", "search, next, previous" },
	{ "f", "filter: rows with this text" },
	{ "Space", "freeze; sampling goes on" },
	{ "s", "save: .svg .folded .json" },
	{ "+ -", "refresh less, more often" },
	{ "o", "output of the command" },
	{ "Arrows", "move; shift the text" },
	{ "PgUp PgDn", "and Home, End" },
	{ "Mouse", "select, open, sort, scroll" },
	{ "Ctrl-L", "draw the screen anew" },
	{ "q F10", "quit" },
	{ NULL, NULL },
	{ NULL, "Numbers" },
	{ "%Own", "of the last window: itself" },
	{ "%Total", "the same with its callees" },
	{ "OwnTime", "since the start: itself" },
	{ "TotalTime", "the same with its callees" },
	{ "", "Two threads that run at once" },
	{ "", "can make 200%." },
	{ "GIL", "time that a thread held it" },
	{ "Active", "threads that ran" },
	{ "Waiting", "threads that waited for it" },
	{ "Lost", "not proven right: left out" },
	{ "Slowdown", "time that threads stood still" },
};

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	(void)a;
	buf_printf(out, "%s %s", lines[item].key ? lines[item].key : "",
		   lines[item].what ? lines[item].what : "");
}

static uint64_t key(const struct app *a, uint32_t item)
{
	(void)a;
	return (uint64_t)item << 1 | 1;
}

static void build(struct app *a)
{
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		app_offer(a, i);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	(void)a;
	if (!lines[item].what)
		return;
	if (!lines[item].key) {
		pen_styled(p, STYLE_TITLE, " ");
		pen_styled(p, STYLE_TITLE, lines[item].what);
		return;
	}
	pen_printf(p, "  ");
	p->style = STYLE_BOLD;
	pen_printf(p, "%-10s", lines[item].key);
	p->style = STYLE_PLAIN;
	pen_puts(p, lines[item].what);
}

const struct view_ops view_help = {
	.name = "help",
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.row = draw_row,
};
