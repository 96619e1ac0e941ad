/* columns.c - the four numbers in front of a function, a line, a caller
 *
 * On a narrow screen the pair is shown of which one sorts.
 */
#include "app.h"

#include <string.h>

#define NARROW 60

struct column {
	const char *title;
	int width; /* with the blanks before it */
	enum tui_sort sort;
};

static const struct column columns[] = {
	{ "%Own", 7, TUI_SORT_OWN_PERCENT },
	{ "%Total", 8, TUI_SORT_TOTAL_PERCENT },
	{ "OwnTime", 10, TUI_SORT_OWN_TIME },
	{ "TotalTime", 10, TUI_SORT_TOTAL_TIME },
};

static bool is_percent(enum tui_sort sort)
{
	return sort <= TUI_SORT_TOTAL_PERCENT;
}

static bool is_shown(const struct app *a, const struct column *c)
{
	return a->canvas.width >= NARROW ||
	       is_percent(c->sort) == is_percent(a->sort);
}

static void align_right(struct pen *p, int width, const char *s)
{
	pen_printf(p, "%*s%s", MAX(width - text_columns(s, strlen(s)), 0), "",
		   s);
}

void columns_labels(struct app *a, struct pen *p, const char *percents,
		    const char *times)
{
	bool wide = a->canvas.width >= NARROW;

	if (wide || is_percent(a->sort))
		align_right(p, 15, percents);
	if (wide || !is_percent(a->sort))
		align_right(p, 20, times);
}

static void draw_title(struct app *a, struct pen *p, const struct column *c)
{
	canvas_zone(&a->canvas, (struct zone){ .x = p->x,
					       .y = p->y,
					       .width = c->width,
					       .command = CMD_SORT,
					       .arg = (int)c->sort });
	align_right(p, c->width, c->title);
}

void columns_head(struct app *a, struct pen *p, bool sorted)
{
	const struct column *c = columns;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++, c++) {
		if (!is_shown(a, c))
			continue;
		p->style = sorted && c->sort == a->sort ? STYLE_HEAD_SORT :
							  STYLE_HEAD;
		draw_title(a, p, c);
	}
	p->style = STYLE_HEAD;
}

/* What takes long itself stands out; what calls it need not. */
static void draw_share(struct pen *p, const struct column *c, double percent)
{
	char text[16];

	format_percent(text, percent);
	p->style = style_of_percent(percent);
	if (c->sort == TUI_SORT_TOTAL_PERCENT && p->style != STYLE_DIM)
		p->style = STYLE_PLAIN;
	align_right(p, c->width, text);
}

static void draw_time(struct pen *p, const struct column *c, uint64_t ns)
{
	char text[16];

	format_seconds(text, ns);
	p->style = ns ? STYLE_PLAIN : STYLE_DIM;
	align_right(p, c->width, text);
}

void columns_row(struct app *a, struct pen *p, const struct numbers *n)
{
	const struct column *c = columns;
	bool is_own;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++, c++) {
		is_own = c->sort == TUI_SORT_OWN_PERCENT ||
			 c->sort == TUI_SORT_OWN_TIME;
		if (!is_shown(a, c))
			continue;
		if (is_own && n->no_own)
			align_right(p, c->width, "");
		else if (is_percent(c->sort))
			draw_share(p, c, is_own ? n->own : n->total);
		else
			draw_time(p, c, is_own ? n->own_ns : n->total_ns);
	}
}
