/* format.c - numbers and places as the screen shows them */
#include "app.h"

#include <stdio.h>

void format_percent(char out[static 16], double percent)
{
	snprintf(out, 16, percent < 999.95 ? "%5.1f%%" : "%5.0f%%", percent);
}

void format_seconds(char out[static 16], uint64_t ns)
{
	double s = (double)ns / (double)NSEC_PER_SEC;

	snprintf(out, 16, s < 99999 ? "%.2fs" : "%.0fs", s);
}

void format_clock(char out[static 16], double seconds)
{
	unsigned long s = seconds < 0 ? 0 : (unsigned long)seconds;

	if (s < 60)
		snprintf(out, 16, "%.1f s", MAX(seconds, 0));
	else if (s < 3600)
		snprintf(out, 16, "%lu:%02lu", s / 60, s % 60);
	else
		snprintf(out, 16, "%lu:%02lu:%02lu", s / 3600 % 100000,
			 s / 60 % 60, s % 60);
}

static const char *counted(const struct view *v)
{
	if (v->gil)
		return " GIL";
	return v->idle || v->wall ? "" : " active";
}

void format_samples(char out[static 32], const struct view *v, uint64_t n)
{
	char number[32];

	if (n < 1000000)
		snprintf(out, 32, "%.7s%s", text_thousands(number, n),
			 counted(v));
	else if (n < 999500000)
		snprintf(out, 32, "%.3gM%s", (double)n / 1e6, counted(v));
	else
		snprintf(out, 32, "%.3gG%s", (double)n / 1e9, counted(v));
}

void format_place(const struct defs *d, string_id name, string_id file,
		  int32_t line, struct buf *out)
{
	const struct string *s = def_string(d, name);

	buf_add(out, s->text, s->len);
	s = def_string(d, file);
	if (!s->len)
		return;
	buf_puts(out, " (");
	buf_add(out, s->text, s->len);
	if (line > 0)
		buf_printf(out, ":%d", (int)line);
	buf_putc(out, ')');
}

void draw_place(struct app *a, struct pen *p, string_id name, string_id file,
		int32_t line)
{
	const struct string *s = def_string(app_defs(a), name);

	pen_name(p, s->text, s->len);
	s = def_string(app_defs(a), file);
	if (!s->len)
		return;
	p->style = STYLE_FILE;
	pen_puts(p, " (");
	pen_name(p, s->text, s->len);
	if (line > 0)
		pen_printf(p, ":%d", (int)line);
	pen_puts(p, ")");
}

enum style style_of_percent(double percent)
{
	if (percent >= 50)
		return STYLE_HOT;
	if (percent >= 10)
		return STYLE_WARM;
	return percent < 0.05 ? STYLE_DIM : STYLE_PLAIN;
}

struct pen draw_window(struct app *a, const struct box *box)
{
	struct pen p = pen_at(&a->canvas, box, 0);
	char window[16];

	p.style = STYLE_DIM;
	format_clock(window, a->picture.window_s);
	pen_printf(&p, "    %s %s", a->picture.whole ? "all" : "last", window);
	return p;
}

void draw_percent(struct pen *p, double percent)
{
	char number[16];

	format_percent(number, percent);
	p->style = style_of_percent(percent);
	pen_printf(p, " %s", number);
}
