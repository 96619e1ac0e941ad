/* view_detail.c - one function: its callers, its lines, its callees
 *
 * Items are numbered through the parts: a heading, then the part's rows.
 * Enter on a caller or callee shows that one, Esc comes back.
 */
#include "app.h"

#include <string.h>

static const struct hint hints[] = {
	{ "Esc", "Back", CMD_BACK },   { "Enter", "Open", CMD_OPEN },
	{ "/", "Search", CMD_SEARCH }, { "Space", "Freeze", CMD_FREEZE },
	{ "s", "Save", CMD_SAVE },     { "?", "Help", CMD_HELP },
	{ "F10", "Quit", CMD_LEAVE },  { 0 },
};

/* The row of an item, NULL for a heading; *part is the part it is in. */
static const struct detail_row *row_at(const struct app *a, uint32_t item,
				       int *part)
{
	for (*part = 0; *part < DETAIL_PARTS; (*part)++) {
		if (item == 0)
			return NULL;
		if (item <= a->detail.rows[*part].count)
			return &a->detail.rows[*part].items[item - 1];
		item -= a->detail.rows[*part].count + 1;
	}
	return NULL;
}

static void text(const struct app *a, uint32_t item, struct buf *out)
{
	int part;
	const struct detail_row *r = row_at(a, item, &part);

	if (!r)
		return;
	format_place(app_defs(a), r->function.name, r->short_file, r->line,
		     out);
	if (part == DETAIL_LINES) {
		buf_putc(out, ' ');
		listing_line(&a->listing, r->line, out);
	}
}

static uint64_t key(const struct app *a, uint32_t item)
{
	int part;
	const struct detail_row *r = row_at(a, item, &part);
	uint64_t hash = hash_mix((uint64_t)part, r ? (uint32_t)r->line : 0);

	if (r)
		hash = hash_mix(hash, (uint64_t)r->function.name << 32 |
					      (uint32_t)r->function.line);
	return hash | 1;
}

/* Blanks that all lines in sight begin with: they say nothing. */
static size_t common_indent(struct app *a)
{
	const struct detail_row *r = a->detail.rows[DETAIL_LINES].items;
	struct buf *line = &a->canvas.scratch;
	size_t least = SIZE_MAX, blanks;
	uint32_t i;

	for (i = 0; i < a->detail.rows[DETAIL_LINES].count; i++) {
		buf_reset(line);
		if (!listing_line(&a->listing, r[i].line, line) || !line->len)
			continue;
		blanks = strspn(line->data, " ");
		least = MIN(least, blanks);
	}
	return least == SIZE_MAX ? 0 : least;
}

static void build(struct app *a)
{
	uint32_t items = 0, i;
	int part;

	if (!a->depth)
		return;
	if (detail_build(&a->detail, &a->back[a->depth - 1], &a->feed.fold,
			 app_defs(a)))
		app_message(a, "%s", err_text(ERR_NOMEM));
	listing_read(&a->listing, app_defs(a), a->detail.function.file);
	a->indent = common_indent(a);
	for (part = 0; part < DETAIL_PARTS; part++)
		items += a->detail.rows[part].count + 1;
	for (i = 0; i < items; i++)
		app_offer(a, i);
}

static void open_row(struct app *a, uint32_t item)
{
	int part;
	const struct detail_row *r = row_at(a, item, &part);
	struct function function;

	if (!r || part == DETAIL_LINES)
		return;
	function = r->function; /* the rows are built anew */
	app_show_function(a, &function);
}

/* ---- drawing ---------------------------------------------------------- */

static double share(const struct app *a, uint64_t ns)
{
	return a->detail.total_ns ?
		       100.0 * (double)ns / (double)a->detail.total_ns :
		       0;
}

static void draw_title(struct app *a, struct pen p)
{
	const struct function *f = &a->back[a->depth - 1];

	p.style = STYLE_TITLE;
	pen_puts(&p, " ");
	draw_place(a, &p, f->name, a->detail.short_file, f->line);
}

static void draw_head(struct app *a, const struct box *box)
{
	struct pen p = pen_at(&a->canvas, box, 1);
	const char *since = a->reset.elapsed_ns ? "since reset" : "since start";

	draw_title(a, pen_at(&a->canvas, box, 0));
	p.style = STYLE_DIM;
	columns_labels(a, &p, "of its time", since);
	if (a->listing.newer)
		pen_styled(&p, STYLE_WARM,
			   "  The file changed after the program began");
	p = pen_at(&a->canvas, box, 2);
	columns_head(a, &p, false);
	pen_fill(&p);
}

static void draw_heading(struct app *a, struct pen *p, int part)
{
	struct numbers all = { share(a, a->detail.own_ns),
			       share(a, a->detail.total_ns), a->detail.own_ns,
			       a->detail.total_ns, false };

	if (part == DETAIL_LINES) {
		columns_row(a, p, &all);
		pen_styled(p, STYLE_LABEL, "  Its lines");
		return;
	}
	pen_styled(p, STYLE_LABEL,
		   part == DETAIL_CALLERS ? " Called by" : " Calls");
	if (!a->detail.rows[part].count)
		pen_styled(p, STYLE_DIM,
			   part == DETAIL_CALLERS ?
				   " nothing: it is outermost" :
				   " nothing");
}

/* Digits of the largest number: the lines are sorted. */
static int number_width(const struct app *a)
{
	uint32_t count = a->detail.rows[DETAIL_LINES].count;

	return snprintf(
		NULL, 0, "%d",
		(int)a->detail.rows[DETAIL_LINES].items[count - 1].line);
}

/* Its number and, if the file can be read, its text. */
static void draw_line(struct app *a, struct pen *p, int32_t line)
{
	struct buf text;

	buf_init(&text);
	if (listing_line(&a->listing, line, &text)) {
		pen_printf(p, "    %*d  ", number_width(a), (int)line);
		p->style = STYLE_PLAIN;
		p->skip = (int)app_list(a)->shift;
		if (text.len > a->indent)
			pen_name(p, text.data + a->indent,
				 text.len - a->indent);
	} else {
		p->skip = (int)app_list(a)->shift;
		pen_printf(p, "    line %d", (int)line);
	}
	buf_release(&text);
}

static void draw_row(struct app *a, uint32_t item, struct pen *p)
{
	int part;
	const struct detail_row *r = row_at(a, item, &part);
	struct numbers numbers;

	if (!r) {
		draw_heading(a, p, part);
		return;
	}
	numbers = (struct numbers){ share(a, r->own_ns), share(a, r->total_ns),
				    r->own_ns, r->total_ns,
				    part != DETAIL_LINES };
	columns_row(a, p, &numbers);
	p->style = STYLE_BOLD;
	if (part == DETAIL_LINES) {
		draw_line(a, p, r->line);
		return;
	}
	pen_puts(p, "  ");
	p->skip = (int)app_list(a)->shift;
	draw_place(a, p, r->function.name, r->short_file, 0);
}

const struct view_ops view_detail = {
	.name = "function",
	.hints = hints,
	.build = build,
	.text = text,
	.key = key,
	.head_lines = 3,
	.head = draw_head,
	.row = draw_row,
	.open = open_row,
};
