/* view_table.c - functions or lines by the time they take */
#include "app.h"

#include <string.h>

static const struct hint hints[] = {
	{ "?", "Help", CMD_HELP },
	{ "Enter", "Callers", CMD_OPEN },
	{ "/", "Search", CMD_SEARCH },
	{ "f", "Filter", CMD_FILTER },
	{ "L", "Line", CMD_BY_LINE },
	{ "t", "Threads", CMD_THREADS },
	{ "Spc", "Freeze", CMD_FREEZE },
	{ "R", "Reset", CMD_RESET },
	{ "s", "Save", CMD_SAVE },
	{ "q", "Quit", CMD_QUIT },
	{ 0 },
};

static const struct picture_row *row_at(const struct app *a, uint32_t item)
{
	return &a->picture.rows[a->by_line].items[item];
}

static string_id file_of(const struct app *a, const struct picture_row *r)
{
	return a->options->view.full_filenames ? r->file : r->short_file;
}

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	const struct picture_row *r = row_at(a, item);

	format_place(app_defs(a), r->name, file_of(a, r),
		     a->by_line ? r->line : 0, out);
}

static uint64_t key(const struct app *a, uint32_t item)
{
	const struct picture_row *r = row_at(a, item);

	return hash_mix((uint64_t)r->name << 32 | r->file, (uint32_t)r->line) |
	       1;
}

static void open_row(struct app *a, uint32_t item)
{
	const struct picture_row *r = row_at(a, item);
	struct function function =
		detail_find(app_defs(a), r->name, r->file, r->line, a->by_line);

	app_show_function(a, &function);
}

/* ---- sorting ---------------------------------------------------------- */

static double sort_value(const struct picture_row *r, enum tui_sort sort)
{
	switch (sort) {
	case TUI_SORT_OWN_PERCENT:
		return r->own;
	case TUI_SORT_TOTAL_PERCENT:
		return r->total;
	case TUI_SORT_TOTAL_TIME:
		return (double)r->total_ns;
	default:
		return (double)r->own_ns;
	}
}

/* Equal ones by time since the start, so that rows keep still. */
static int compare(const struct picture_row *x, const struct picture_row *y,
		   enum tui_sort sort)
{
	double p = sort_value(x, sort), q = sort_value(y, sort);

	if (p < q || p > q)
		return p < q ? 1 : -1;
	if (x->own_ns != y->own_ns)
		return x->own_ns < y->own_ns ? 1 : -1;
	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	return 0;
}

static int compare_items(const void *p, const void *q, void *arg)
{
	const struct app *a = arg;
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;
	int order = compare(row_at(a, x), row_at(a, y), a->sort);

	return order ? order : (x > y) - (x < y);
}

static void build(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->picture.rows[a->by_line].count; i++)
		app_offer(a, i);
	app_sort(a, compare_items);
}

/* ---- drawing ---------------------------------------------------------- */

static void draw_labels(struct app *a, const struct box *box)
{
	const struct buf *filter = &app_list(a)->filter;
	struct pen p = pen_at(&a->canvas, box, 0);
	char window[24], length[16];

	p.style = STYLE_DIM;
	format_clock(length, a->picture.window_s);
	snprintf(window, sizeof(window), "%s %s",
		 a->picture.whole ? "all" : "last", length);
	columns_labels(a, &p, window,
		       a->reset.elapsed_ns ? "since reset" : "since start");
	if (!filter->len)
		return;
	pen_styled(&p, STYLE_LABEL, "  filter: ");
	pen_name(&p, filter->data, filter->len);
}

static void draw_head(struct app *a, const struct box *box)
{
	struct pen p = pen_at(&a->canvas, box, 1);

	draw_labels(a, box);
	columns_head(a, &p, true);
	pen_puts(&p,
		 a->by_line ? "  Function (file:line)" : "  Function (file)");
	pen_fill(&p);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	const struct picture_row *r = row_at(a, item);
	const struct numbers numbers = { r->own, r->total, r->own_ns,
					 r->total_ns, false };

	columns_row(a, p, &numbers);
	pen_puts(p, "  ");
	p->skip = (int)app_list(a)->shift;
	p->style = r->total > 0 ? STYLE_BOLD : STYLE_PLAIN;
	draw_place(a, p, r->name, file_of(a, r), a->by_line ? r->line : 0);
}

static void draw_empty(struct app *a, struct pen *p)
{
	if (a->picture.rows[a->by_line].count)
		pen_puts(p, "  No function matches the filter.");
	else if (!a->picture.stats.samples)
		pen_puts(p, "  No samples yet.");
	else if (a->options->view.gil)
		pen_puts(p, "  No thread held the GIL.");
	else
		pen_puts(p, "  No thread ran: t shows them.");
}

const struct view_ops view_table = {
	.name = "table",
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
