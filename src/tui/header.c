/* header.c - what runs, how well it is sampled, what its threads do
 *
 * On a screen of usual size three meters with the numbers beside them, on a
 * small one three lines of text. The last line is a banner when there is
 * something that must be seen.
 */
#include "app.h"

#include <string.h>

#define WIDE 80 /* columns and lines from which on there are meters */
#define TALL 16
#define CELLS 52 /* columns of the numbers beside the meters */

static bool has_meters(int width, int height)
{
	return width >= WIDE && height >= TALL;
}

int header_height(int width, int height)
{
	return has_meters(width, height) ? 5 : 3;
}

/* Without the interpreter's folder if there is no room for it. */
static void draw_command(struct pen *p, const char *command)
{
	size_t first = strcspn(command, " "), len = strlen(command);
	const char *slash = memrchr(command, '/', first);

	if (slash && text_columns(command, len) > p->end - p->x)
		command = slash + 1;
	pen_name(p, command, strlen(command));
}

static void draw_title(struct app *a, const struct box *box)
{
	const struct meta *m = session_meta(a->session);
	struct pen p = pen_at(&a->canvas, box, 0);

	p.style = STYLE_TITLE;
	if (box->width >= 60)
		pen_printf(&p, "cprof %s  ", CPROF_VERSION);
	p.style = STYLE_LABEL;
	pen_puts(&p, "PID ");
	p.style = STYLE_PLAIN;
	pen_printf(&p, "%d ", (int)m->pid);
	if (a->picture.processes.count > 1)
		pen_printf(&p, "and %u more ", a->picture.processes.count - 1);
	if (box->width >= 60 && m->python && m->python[0]) {
		pen_styled(&p, STYLE_LABEL, " Python ");
		pen_name(&p, m->python, strlen(m->python));
		pen_puts(&p, "  ");
	}
	p.style = STYLE_BOLD;
	draw_command(&p, m->command ? m->command : "");
}

/* label [|||||||      12.3%] */
static void draw_meter(struct app *a, const struct box *box, int y,
		       const char *label, double percent, enum style style)
{
	struct pen p = pen_at(&a->canvas, box, y);
	char text[16];
	int room, bars, i;

	pen_styled(&p, STYLE_LABEL, label);
	p.x = box->x + 8;
	pen_styled(&p, STYLE_BOLD, "[");
	format_percent(text, percent);
	room = box->width - 10 - (int)strlen(text);
	bars = (int)(MIN(percent, 100.0) / 100 * room + 0.5);
	p.style = style;
	for (i = 0; i < bars; i++)
		pen_puts(&p, "|");
	p.x = box->x + 9 + room;
	pen_styled(&p, STYLE_PLAIN, text);
	pen_styled(&p, STYLE_BOLD, "]");
}

static struct pen cell(struct app *a, const struct box *box, int x, int y,
		       const char *label)
{
	struct pen p = pen_at(&a->canvas, box, y);

	p.x = MIN(box->x + x, p.end);
	pen_styled(&p, STYLE_LABEL, label);
	p.x = MIN(MAX(p.x, box->x + x + 9), p.end);
	return p;
}

static void draw_quality(struct app *a, const struct box *box)
{
	const struct picture *pic = &a->picture;
	uint64_t lost = stats_lost(&pic->stats);
	uint64_t all = pic->stats.samples + lost;
	char text[32];
	struct pen p;

	p = cell(a, box, 0, 0, "Samples");
	format_samples(text, &a->feed.view, pic->samples);
	pen_puts(&p, text);
	p = cell(a, box, 0, 1, "Rate");
	snprintf(text, sizeof(text), "%.*f", pic->rate_hz < 100 ? 1 : 0,
		 pic->rate_hz);
	pen_puts(&p,
		 pic->rate_hz < 1000 ? text : text_rate(text, pic->rate_hz));
	pen_printf(&p, "/%s Hz",
		   text_rate(text, session_meta(a->session)->rate_hz));
	p = cell(a, box, 0, 2, "Lost");
	pen_puts(&p, text_thousands(text, lost));
	if (lost && all)
		pen_printf(&p, " (%.2g%%)", 100.0 * (double)lost / (double)all);
}

static void draw_cost(struct app *a, const struct box *box)
{
	const struct picture *pic = &a->picture;
	const char *processes =
		pic->processes.count == 1 ? "process" : "processes";
	struct pen p;

	p = cell(a, box, 24, 0, "Threads");
	pen_printf(&p, "%u, %u run, %u %s", pic->threads.count, pic->running,
		   pic->processes.count, p.end - p.x < 32 ? "proc" : processes);
	p = cell(a, box, 24, 1, "Own CPU");
	pen_printf(&p, "%.1f%%", pic->own_cpu);
	p = cell(a, box, 24, 2, "Slowdown");
	pen_printf(&p, "%.2f%%", pic->slowdown);
}

static void draw_meters(struct app *a, const struct box *box)
{
	const struct picture *pic = &a->picture;
	struct box left = box_below(box, 1), right = left;

	left.width = MIN(box->width - CELLS - 2, 60);
	draw_meter(a, &left, 0, "GIL", pic->gil, STYLE_COOL);
	draw_meter(a, &left, 1, "Active", pic->active, STYLE_COOL);
	draw_meter(a, &left, 2, "Waiting", pic->waiting, STYLE_WARM);
	right.x = left.x + left.width + 2;
	right.width = box->x + box->width - right.x;
	draw_quality(a, &right);
	draw_cost(a, &right);
}

/* The same as text, for a screen of usual width that is not tall. */
static void draw_lines(struct app *a, const struct box *box)
{
	const struct picture *pic = &a->picture;
	struct pen p = pen_at(&a->canvas, box, 1);
	char text[32];

	pen_styled(&p, STYLE_LABEL, "GIL ");
	pen_printf(&p, "%.1f%% ", pic->gil);
	pen_styled(&p, STYLE_LABEL, " Active ");
	pen_printf(&p, "%.1f%% ", pic->active);
	pen_styled(&p, STYLE_LABEL, " Waiting ");
	pen_printf(&p, "%.1f%% ", pic->waiting);
	pen_styled(&p, STYLE_LABEL, " Threads ");
	pen_printf(&p, "%u, %u run, %u proc", pic->threads.count, pic->running,
		   pic->processes.count);
	p = pen_at(&a->canvas, box, 2);
	pen_styled(&p, STYLE_LABEL, "Samples ");
	format_samples(text, &a->feed.view, pic->samples);
	pen_puts(&p, text);
	pen_styled(&p, STYLE_LABEL, "  Rate ");
	pen_printf(&p, "%s Hz", text_rate(text, pic->rate_hz));
	pen_styled(&p, STYLE_LABEL, "  Lost ");
	pen_puts(&p, text_thousands(text, stats_lost(&pic->stats)));
	pen_styled(&p, STYLE_LABEL, "  Own CPU ");
	pen_printf(&p, "%.1f%%", pic->own_cpu);
	pen_styled(&p, STYLE_LABEL, "  Slowdown ");
	pen_printf(&p, "%.2f%%", pic->slowdown);
}

/* 12345 -> "12k" */
static char *short_number(char out[static 16], uint64_t n)
{
	if (n < 10000)
		snprintf(out, 16, "%u", (unsigned int)n);
	else if (n < 999500)
		snprintf(out, 16, "%.0fk", (double)n / 1e3);
	else
		snprintf(out, 16, "%.2gM", (double)n / 1e6);
	return out;
}

/* Half of a number would be another number. */
static void draw_if_it_fits(struct pen *p, const char *label, double percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%.1f%%", percent);
	if (p->x + (int)(strlen(label) + strlen(text)) > p->end)
		return;
	pen_styled(p, STYLE_LABEL, label);
	pen_puts(p, text);
}

/* And for a narrow one: 40 columns hold all of it. */
static void draw_narrow(struct app *a, const struct box *box)
{
	const struct picture *pic = &a->picture;
	const struct view *v = &a->feed.view;
	struct pen p = pen_at(&a->canvas, box, 1);
	char text[16];

	pen_styled(&p, STYLE_LABEL, "GIL ");
	pen_printf(&p, "%.0f%% ", pic->gil);
	pen_styled(&p, STYLE_LABEL, "act ");
	pen_printf(&p, "%.0f%% ", pic->active);
	pen_styled(&p, STYLE_LABEL, "wait ");
	pen_printf(&p, "%.0f%% ", pic->waiting);
	pen_styled(&p, STYLE_LABEL, "thr ");
	pen_printf(&p, "%u/%up", pic->threads.count, pic->processes.count);
	p = pen_at(&a->canvas, box, 2);
	pen_puts(&p, short_number(text, pic->samples));
	pen_puts(&p, v->gil ? " GIL" : v->idle ? "" : " act");
	pen_printf(&p, " %.0f/s ", pic->rate_hz);
	pen_styled(&p, STYLE_LABEL, "lost ");
	pen_puts(&p, short_number(text, stats_lost(&pic->stats)));
	draw_if_it_fits(&p, " cpu ", pic->own_cpu);
	draw_if_it_fits(&p, " slow ", pic->slowdown);
}

static void add_end(const struct app *a, struct buf *out)
{
	char length[16];

	format_clock(length, (double)a->picture.stats.elapsed_ns / 1e9);
	if (a->end == SESSION_FAILED)
		buf_printf(out, "sampling failed after %s: %s", length,
			   err_text(session_error(a->session)));
	else
		buf_printf(out, "%s after %s: this is all of it",
			   a->end == SESSION_TARGET_ENDED ? "The target ended" :
							    "Sampling ended",
			   length);
}

/* What must be seen, if there is something. */
static void add_banner(const struct app *a, struct buf *out)
{
	const struct picture *pic = &a->picture;

	if (a->end != SESSION_RUNNING)
		add_end(a, out);
	else if (a->frozen)
		buf_puts(out, "Frozen; space goes on");
	else if (standstill_lasts(&a->stands))
		app_add_standstill(a, out);
	else if (!a->feed.ticks && !pic->stats.ticks)
		buf_puts(out, "Waiting for the first sample");
	else if (pic->missed > 10)
		buf_printf(out,
			   "Behind: %.0f%% of the samples were not taken; "
			   "a lower -r helps",
			   pic->missed);
}

static void draw_banner(struct app *a, const struct box *box, int y)
{
	struct pen p = pen_at(&a->canvas, box, y);
	struct buf *text = &a->canvas.scratch;

	buf_reset(text);
	add_banner(a, text);
	if (!text->len)
		return;
	p.style = STYLE_BANNER;
	pen_printf(&p, " %s", text->data);
	pen_fill(&p);
}

void draw_header(struct app *a, const struct box *box)
{
	draw_title(a, box);
	if (has_meters(box->width, box->height)) {
		draw_meters(a, box);
		draw_banner(a, box, 4);
	} else {
		(box->width < WIDE ? draw_narrow : draw_lines)(a, box);
		draw_banner(a, box, 2);
	}
}
