/* live.c - the one line that changes while cprof records
 *
 * A launched command may use the same terminal. What it prints replaces the
 * line, as the cursor waits at its beginning; while it drives the terminal
 * itself (an editor, a debugger: no echo, or no lines) or cprof is in the
 * background, nothing is drawn.
 */
#include "live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { PERIOD_MSEC = 250 };

void live_init(struct live *l, bool wanted, uint64_t duration_ns)
{
	const char *term = getenv("TERM");

	memset(l, 0, sizeof(*l));
	l->wanted = wanted && isatty(STDERR_FILENO) && term &&
		    strcmp(term, "dumb") != 0;
	if (l->wanted && tcgetattr(STDERR_FILENO, &l->modes))
		l->wanted = false;
	l->duration_ns = duration_ns;
	l->color = color_wanted(STDERR_FILENO);
	l->unicode = unicode_wanted();
	l->next_ns = clock_now() + PERIOD_MSEC * NSEC_PER_MSEC;
}

bool live_due(const struct live *l)
{
	return l->wanted && clock_now() >= l->next_ns;
}

/* May we draw: does nobody else use the terminal in a way of its own? */
static bool is_ours(const struct live *l)
{
	struct termios now;

	if (tcgetpgrp(STDERR_FILENO) != getpgrp())
		return false;
	if (tcgetattr(STDERR_FILENO, &now))
		return false;

	return now.c_lflag == l->modes.c_lflag;
}

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void add_time(struct buf *b, const struct live *l, uint64_t elapsed_ns)
{
	double elapsed = (double)elapsed_ns / NSEC_PER_SEC;

	if (l->duration_ns)
		buf_printf(b, "%.1f/%g s", elapsed,
			   (double)l->duration_ns / NSEC_PER_SEC);
	else
		buf_printf(b, "%.1f s", elapsed);
}

static void add_numbers(struct buf *b, const struct stats *s, uint64_t samples)
{
	char count[32], lost[32];

	buf_printf(b, "  %s samples  %s lost  %.0f Hz",
		   text_thousands(count, samples),
		   text_thousands(lost, stats_lost(s)), stats_rate(s));
	buf_printf(b, "  own CPU %.1f %%  slowdown %.2f %%",
		   per_cent(s->own_cpu_ns, s->elapsed_ns), 100 * stats_held(s));
}

void live_show(struct live *l, const struct stats *s, uint64_t samples)
{
	int columns = terminal_columns(STDERR_FILENO, 80);
	struct buf line, text;

	l->next_ns = clock_now() + PERIOD_MSEC * NSEC_PER_MSEC;
	if (!is_ours(l))
		return;
	buf_init(&text);
	buf_init(&line);
	buf_puts(&text, "cprof: ");
	add_time(&text, l, s->elapsed_ns);
	add_numbers(&text, s, samples);
	buf_puts(&line, l->color ? "\r\033[2m" : "\r");
	add_cut(&line, text.data, columns - 1);
	buf_puts(&line, l->color ? "\033[0m\033[K\r" : "\033[K\r");
	l->shown = write(STDERR_FILENO, line.data, line.len) > 0;
	buf_release(&line);
	buf_release(&text);
}

void live_clear(struct live *l)
{
	if (!l->shown)
		return;
	l->shown = write(STDERR_FILENO, "\r\033[K", 4) < 0;
}
