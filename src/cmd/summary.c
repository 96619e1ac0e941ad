/* summary.c - what a recording says at its end
 *
 * First what was found, as a person would say it: what binds the program and
 * the five functions that cost most. Then how well it was measured, with
 * everything that went wrong.
 */
#include "summary.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cprof/target.h"

#include "say.h"

enum { BARS = 5, BAR_CELLS = 20, NAME_COLUMNS = 120, SURE_TICKS = 200 };

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

/* A bar of up to BAR_CELLS cells, in eighths of a cell; padded. */
static void add_bar(struct buf *b, double share)
{
	unsigned int eighths = (unsigned int)(share * BAR_CELLS * 8 + 0.5);
	unsigned int cells = eighths / 8, rest = eighths % 8, used = cells;

	if (!unicode_wanted()) {
		for (unsigned int i = 0; i < BAR_CELLS; i++)
			buf_putc(b, i < cells || (i == 0 && rest) ? '#' : ' ');
		return;
	}
	for (unsigned int i = 0; i < cells; i++)
		text_encode(b, 0x2588);
	if (rest) {
		text_encode(b, 0x2590 - rest);
		used++;
	}
	for (; used < BAR_CELLS; used++)
		buf_putc(b, ' ');
}

static void say_bar(const struct hot_row *row, const struct defs *d,
		    uint64_t sum_ns, uint64_t most_ns)
{
	bool color = color_wanted(STDERR_FILENO);
	struct buf line, name;

	buf_init(&line);
	buf_init(&name);
	buf_printf(&line, "%5.1f %%  ", per_cent(row->own_ns, sum_ns));
	if (color)
		buf_puts(&line, "\033[33m");
	add_bar(&line, most_ns ? (double)row->own_ns / (double)most_ns : 0);
	if (color)
		buf_puts(&line, "\033[0m");
	buf_printf(&name, "%s (%s", def_text(d, row->name),
		   def_text(d, row->short_file));
	if (row->line > 0)
		buf_printf(&name, ":%d", (int)row->line);
	buf_putc(&name, ')');
	buf_puts(&line, "  ");
	add_cut(&line, name.data,
		MAX(terminal_columns(STDERR_FILENO, NAME_COLUMNS) - 40, 30));
	say_buf(&line);
	buf_release(&name);
	buf_release(&line);
}

static int by_own(const void *a, const void *b)
{
	const struct hot_row *x = *(const struct hot_row *const *)a;
	const struct hot_row *y = *(const struct hot_row *const *)b;

	return (x->own_ns < y->own_ns) - (x->own_ns > y->own_ns);
}

static void say_bars(const struct hot *hot, const struct defs *d)
{
	uint32_t n = hot->rows.count;
	const struct hot_row **rows = calloc(n ? n : 1, sizeof(*rows));
	uint64_t sum_ns = 0;

	if (!rows)
		return;
	for (uint32_t i = 0; i < n; i++) {
		rows[i] = &hot->rows.items[i];
		sum_ns += rows[i]->own_ns;
	}
	qsort(rows, n, sizeof(*rows), by_own);
	for (uint32_t i = 0; i < MIN(n, (uint32_t)BARS); i++)
		if (rows[i]->own_ns)
			say_bar(rows[i], d, sum_ns, rows[0]->own_ns);
	free(rows);
}

/* What to do about a profile of nothing. */
static void add_advice(struct buf *line, const struct profile *p)
{
	bool none = p->fold->count == 0;
	struct standstill stands = { 0 };

	if (tally_was_stopped(p->tally))
		stands = standstill_of(p->meta->pid);
	if (standstill_lasts(&stands)) {
		buf_puts(line, "; ");
		standstill_advice(&stands, line);
	} else if (none && p->tally->count[STATE_IDLE] && !p->view->idle) {
		buf_puts(line, "; -i shows idle threads");
	} else if (none && p->view->gil) {
		buf_puts(line, "; without -g: threads that do not hold the "
			       "GIL, too");
	}
}

void summary_findings(const struct profile *p, const struct hot *hot)
{
	struct buf line;

	buf_init(&line);
	tally_sentence(p->tally, p->defs, p->stats->elapsed_ns, &line);
	add_advice(&line, p);
	say("%s", line.data);
	buf_release(&line);
	say_bars(hot, p->defs);
}

static void add_count(struct buf *b, uint64_t n, const char *what)
{
	char text[32];

	buf_printf(b, ", %s %s", text_thousands(text, n), what);
}

static void add_lost(struct buf *b, const struct stats *s)
{
	uint64_t lost = stats_lost(s);
	const char *before = " (";
	char text[32];

	buf_printf(b, "%s lost", text_thousands(text, lost));
	for (int i = 0; i < LOST_KINDS; i++) {
		if (!s->lost[i])
			continue;
		buf_printf(b, "%s%s %s", before,
			   text_thousands(text, s->lost[i]), lost_text(i));
		before = ", ";
	}
	if (lost)
		buf_putc(b, ')');
}

static void say_rate(const struct stats *s, const struct meta *m)
{
	char reached[32], asked[32], lowest[32];
	struct buf line;

	buf_init(&line);
	buf_printf(&line, "rate reached %s of %s Hz, ",
		   text_rate(reached, stats_rate(s)),
		   text_rate(asked, m->rate_hz));
	add_lost(&line, s);
	add_count(&line, s->late, "late");
	if (s->missed)
		add_count(&line, s->missed, "missed");
	add_count(&line, s->disturbed, "disturbed calls");
	if (s->failed)
		add_count(&line, s->failed, "processes given up (-v: why)");
	if (s->lowest_rate_hz > 0)
		buf_printf(&line, ", down to %s Hz to cost no more than asked",
			   text_rate(lowest, s->lowest_rate_hz));
	if (s->execs)
		add_count(&line, s->execs, "exec of the target");
	say_buf(&line);
	buf_release(&line);
}

static void say_cost(const struct stats *s)
{
	char held[32], longest[32];

	say("target held for %s (%.2f %%), longest stop %s; own CPU %.1f %%",
	    text_duration(held, s->held_ns), 100 * stats_held(s),
	    text_duration(longest, s->longest_stop_ns),
	    per_cent(s->own_cpu_ns, s->elapsed_ns));
}

/* With -v. */
static void say_pauses(const struct stats *s)
{
	say("pause p50 %.1f us, p99 %.1f us, longest %.1f us over %llu stops",
	    (double)stats_pause_quantile(s, 0.5) / NSEC_PER_USEC,
	    (double)stats_pause_quantile(s, 0.99) / NSEC_PER_USEC,
	    (double)s->longest_stop_ns / NSEC_PER_USEC,
	    (unsigned long long)s->stops);
}

/* Of each octave: "4 to 8 us 8,302". */
static void say_histogram(const struct stats *s)
{
	uint64_t from_ns = 256, n;
	const char *before = "pauses of";
	char text[32];
	struct buf line;

	buf_init(&line);
	for (size_t i = 0; i + 4 <= ARRAY_SIZE(s->pauses); i += 4) {
		n = 0;
		for (size_t k = i; k < i + 4; k++)
			n += s->pauses[k];
		if (n)
			buf_printf(&line, "%s %.3g to %.3g us: %s", before,
				   (double)from_ns / NSEC_PER_USEC,
				   (double)from_ns * 2 / NSEC_PER_USEC,
				   text_thousands(text, n));
		before = n ? "," : before;
		from_ns *= 2;
	}
	if (line.len)
		say_buf(&line);
	buf_release(&line);
}

/* The rest was used by threads that slept again whenever we looked. */
static void say_cpu(const struct stats *s)
{
	char all[32], sampled[32];

	say("threads used %s of CPU, %s of it is in samples",
	    text_duration(all, s->cpu_ns),
	    text_duration(sampled, s->sampled_cpu_ns));
}

/* The kernel's clocks know better than samples who had a CPU. */
static void say_disagreement(const struct profile *p)
{
	uint64_t ran = tally_ran_ns(p->tally), used = p->stats->cpu_ns;
	char said[32], had[32];

	if (p->stats->ticks < SURE_TICKS || ran < used + used / 4 ||
	    ran < used + NSEC_PER_SEC / 10)
		return;
	say("threads ran for %s by their samples, but had a CPU for %s: the "
	    "kernel did not say who waited for one; --cpu weighs by it",
	    text_duration(said, ran), text_duration(had, used));
}

static void say_quality(const struct profile *p)
{
	say_rate(p->stats, p->meta);
	say_cost(p->stats);
	say_disagreement(p);
	if (!log_enabled(1))
		return;
	say_pauses(p->stats);
	say_histogram(p->stats);
	say_cpu(p->stats);
}

/* "less %s", with the file in its place. */
static void say_open(const char *with, const char *file)
{
	const char *at = strstr(with, "%s");
	struct buf line;

	buf_init(&line);
	buf_puts(&line, "open it with ");
	buf_add(&line, with, at ? (size_t)(at - with) : strlen(with));
	if (at) {
		add_shell_word(&line, file);
		buf_puts(&line, at + 2);
	}
	say_buf(&line);
	buf_release(&line);
}

/* One is not worth a word. */
static void add_processes(char *out, size_t size, const struct stats *s)
{
	*out = '\0';
	if (s->processes > 1)
		snprintf(out, size, " of %llu processes",
			 (unsigned long long)s->processes);
}

void summary_file(const struct profile *p, const char *file, bool ended,
		  const char *open_with)
{
	uint32_t threads = p->defs->threads.count;
	char samples[32], elapsed[32], processes[80];

	add_processes(processes, sizeof(processes), p->stats);
	say("%s: %s sample%s of %u thread%s%s in %s%s", file,
	    text_thousands(samples, p->fold->count),
	    p->fold->count == 1 ? "" : "s", threads, threads == 1 ? "" : "s",
	    processes, text_duration(elapsed, p->stats->elapsed_ns),
	    !ended		    ? "" :
	    p->stats->processes > 1 ? ", then the last target ended" :
				      ", then the target ended");
	say_quality(p);
	if (open_with)
		say_open(open_with, file);
}
