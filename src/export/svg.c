/* svg.c - the flame graph: one SVG that is a picture and a program
 *
 * The file is, in this order: the style, a head, the graph as a still picture
 * (what an <img> or a viewer without scripts shows), the whole tree as data,
 * and a script that replaces the picture by one it draws from the data, in the
 * window's width.  Root on top: the eye starts where the program does.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formats.h"
#include "svg.h"

static const char style[] =
#include "assets/flamegraph.css.inc"
	;

static const char script[] =
#include "assets/flamegraph.js.inc"
	;

/* Of the head's fonts, at the widest that is common. */
#define SANS_COLUMN_12 6.6
#define SANS_COLUMN_17 9.6

enum fact { PYTHON, PLACE, DATE, RATE, SAMPLES, LOST, PROCESS };

static void add_date(struct buf *b, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NSEC_PER_SEC);
	char text[64];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm))
		return;
	buf_puts(b, text);
}

static void add_count(struct buf *b, uint64_t n, const char *one,
		      const char *many)
{
	char text[32];

	buf_printf(b, "%s %s", text_thousands(text, n), n == 1 ? one : many);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void say_facts(struct buf facts[SVG_FACTS], const struct profile *p)
{
	const struct meta *m = p->meta;
	char elapsed[32];

	buf_printf(&facts[PYTHON], "CPython %s", or_empty(m->python));
	buf_printf(&facts[PROCESS], "process %ld", (long)m->pid);
	if (p->stats->processes > 1)
		buf_printf(&facts[PROCESS], " and %llu more",
			   (unsigned long long)p->stats->processes - 1);
	text_terminal(&facts[PLACE], or_empty(m->host),
		      strlen(or_empty(m->host)));
	add_date(&facts[DATE], m->start_wall_ns);
	buf_printf(&facts[RATE], "%s at %.6g Hz",
		   text_duration(elapsed, p->stats->elapsed_ns), m->rate_hz);
	add_count(&facts[SAMPLES], p->fold->count, "sample", "samples");
	if (view_is_timed(p->view))
		buf_puts(&facts[SAMPLES],
			 p->view->cpu ? " by CPU time" : " by time");
	add_count(&facts[LOST], stats_lost(p->stats), "lost", "lost");
}

/* A line of text, cut to `columns`. */
static void write_text(struct out *out, const char *attributes, const char *s,
		       size_t len, int columns)
{
	struct buf safe, xml;

	buf_init(&safe);
	buf_init(&xml);
	text_terminal(&safe, s, len);
	svg_cut(&xml, &safe, columns);
	out_printf(out, "<text %s>", attributes);
	out_write(out, xml.data, xml.len);
	out_puts(out, "</text>\n");
	buf_release(&xml);
	buf_release(&safe);
}

static int columns_of(double column)
{
	return (int)((SVG_WIDTH - 2 * SVG_MARGIN) / column);
}

static void write_legend(struct out *out)
{
	static const struct {
		const char *text, *classes[3];
		int left;
	} keys[] = {
		{ "own code", { "o1", "o4", "o10" }, 0 },
		{ "packages", { "p1", "p7", "p13" }, 108 },
		{ "standard library", { "s1", "s4", "s7" }, 216 },
		{ "threads, notes", { "g", "g", "g" }, 362 },
	};

	out_puts(out, "<g id=\"legend\">\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		out_printf(out, "<g transform=\"translate(%d 92)\">",
			   SVG_MARGIN + keys[i].left);
		for (int k = 0; k < 3; k++)
			out_printf(out,
				   "<rect class=\"%s\" x=\"%d\" width=\"9\" "
				   "height=\"10\"/>",
				   keys[i].classes[k], k * 9);
		out_printf(out, "<text x=\"34\" y=\"9\">%s</text></g>\n",
			   keys[i].text);
	}
	out_puts(out, "</g>\n");
}

static void write_head(const struct svg *s, struct out *out)
{
	const char *command = or_empty(s->profile->meta->command);
	struct buf line;

	buf_init(&line);
	for (int i = 0; i < SVG_FACTS; i++) {
		if (i > 0)
			buf_puts(&line, " \xc2\xb7 ");
		buf_add(&line, s->facts[i].data, s->facts[i].len);
	}
	out_puts(out, "<g id=\"head\">\n");
	write_text(out, "id=\"command\" x=\"16\" y=\"32\"", command,
		   strlen(command), columns_of(SANS_COLUMN_17));
	write_text(out, "x=\"16\" y=\"54\"", line.data, line.len,
		   columns_of(SANS_COLUMN_12));
	write_text(out, "id=\"sentence\" x=\"16\" y=\"74\"", s->sentence.data,
		   s->sentence.len, columns_of(SANS_COLUMN_12));
	write_legend(out);
	out_puts(out, "</g>\n");
	buf_release(&line);
}

/* ---- in place of the graph -------------------------------------------- */

/* Why there is nothing to draw, and what would show something. */
static void write_empty(const struct svg *s, struct out *out)
{
	const struct view *v = s->profile->view;
	const char *hint = "The recording holds no sample of a thread.";

	if (s->profile->stats->samples && v->gil)
		hint = "No thread held the GIL; without -g all that run are "
		       "shown.";
	else if (s->profile->stats->samples && !v->idle)
		hint = "No thread ran; -i shows idle threads.";

	out_printf(out,
		   "<g id=\"empty\"><rect class=\"g\" x=\"%d\" y=\"%d\" "
		   "width=\"%d\" height=\"%d\" fill-opacity=\".35\"/>\n",
		   SVG_MARGIN, SVG_TOP, SVG_WIDTH - 2 * SVG_MARGIN,
		   5 * SVG_ROW);
	out_printf(out, "<text x=\"32\" y=\"%d\">Nothing to draw</text>\n",
		   SVG_TOP + 38);
	out_printf(out, "<text x=\"32\" y=\"%d\">%s</text></g>\n", SVG_TOP + 60,
		   hint);
}

static void write_deeper(const struct svg *s, struct out *out)
{
	char text[32];

	if (s->rows < SVG_MAX_ROWS)
		return;
	out_printf(out,
		   "<text x=\"%d\" y=\"%d\">%s levels in all; the rest is "
		   "drawn where scripts run</text>\n",
		   SVG_MARGIN, SVG_TOP + (int)s->rows * SVG_ROW + 13,
		   text_thousands(text, s->levels));
}

/* ---- the file --------------------------------------------------------- */

/* Rows that have a frame wide enough to be seen. */
static void count_rows(struct svg *s)
{
	const struct tree *t = &s->tree;
	uint64_t visible = t->nodes.count ? t->nodes.items[0].total : 0;

	visible = visible / (2 * (SVG_WIDTH - 2 * SVG_MARGIN)) + 1;
	for (uint32_t i = 0; i < t->nodes.count; i++) {
		const struct tree_node *n = &t->nodes.items[i];

		s->levels = MAX(s->levels, n->depth + 1);
		if (n->total >= visible)
			s->rows = MAX(s->rows, n->depth + 1);
	}
	s->rows = MIN(s->rows, (uint32_t)SVG_MAX_ROWS);
}

static void write_start(const struct svg *s, struct out *out)
{
	uint32_t rows = s->profile->fold->count ? s->rows + 1 : 6;
	unsigned int height = SVG_TOP + rows * SVG_ROW;

	out_printf(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<!-- cprof %s -->\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		   "height=\"%u\" viewBox=\"0 0 %d %u\" role=\"img\" "
		   "aria-label=\"Flame graph\">\n"
		   "<style><![CDATA[\n",
		   export_version(), SVG_WIDTH, height, SVG_WIDTH, height);
	out_puts(out, style);
	out_puts(out, "]]></style>\n<rect class=\"bg\" width=\"100%\" "
		      "height=\"100%\"/>\n");
}

static int write_graph(const struct svg *s, struct out *out)
{
	int err = 0;

	out_puts(out, "<g id=\"still\">\n");
	write_head(s, out);
	if (s->profile->fold->count) {
		err = svg_picture(s, out);
		write_deeper(s, out);
	} else {
		write_empty(s, out);
	}
	out_puts(out, "</g>\n");
	return err;
}

static int write_svg(struct svg *s, struct out *out)
{
	int err;

	count_rows(s);
	write_start(s, out);
	err = write_graph(s, out);
	if (err)
		return err;
	out_puts(out, "<metadata id=\"data\">");
	err = svg_data(s, out);
	if (err)
		return err;
	out_puts(out, "</metadata>\n<script><![CDATA[\n");
	out_puts(out, script);
	out_puts(out, "]]></script>\n</svg>\n");
	return 0;
}

static void init(struct svg *s, const struct profile *p)
{
	memset(s, 0, sizeof(*s));
	s->profile = p;
	buf_init(&s->sentence);
	for (int i = 0; i < SVG_FACTS; i++)
		buf_init(&s->facts[i]);
	say_facts(s->facts, p);
	tally_sentence(p->tally, p->defs, p->stats->elapsed_ns, &s->sentence);
}

static void release(struct svg *s)
{
	for (int i = 0; i < SVG_FACTS; i++)
		buf_release(&s->facts[i]);
	buf_release(&s->sentence);
	labels_release(&s->labels);
}

int svg_write(const struct profile *p, struct out *out)
{
	struct svg s;
	int err;

	init(&s, p);
	err = tree_build(&s.tree, p->fold, p->defs);
	if (err)
		goto out;
	err = labels_build(&s.labels, &s.tree, p->defs);
	if (!err)
		err = write_svg(&s, out);
	tree_release(&s.tree);
out:
	release(&s);
	return err;
}
