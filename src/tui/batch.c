/* batch.c - the live view as plain text, a page for each window
 *
 * For logs, pipes and terminals that cannot address a cursor: as `top -b`. A
 * page leaves in one write, so that pages of two programs do not mix.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "signals.h"

struct batch {
	struct app app;
	struct signals signals;
	struct out out;
	uint64_t next_ns; /* when the page is due */
	int signal; /* that ended it */
};

static void write_name(struct out *out, const char *s, size_t len)
{
	struct buf b;

	buf_init(&b);
	text_terminal(&b, s, len);
	out_write(out, b.data, b.len);
	buf_release(&b);
}

static void write_title(struct batch *b)
{
	const struct meta *m = session_meta(b->app.session);
	const char *command = m->command ? m->command : "";
	time_t now = (time_t)(clock_wall() / NSEC_PER_SEC);
	char stamp[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	out_printf(&b->out, "cprof %s  %s  PID %d", CPROF_VERSION, stamp,
		   (int)m->pid);
	if (b->app.picture.processes.count > 1)
		out_printf(&b->out, " and %u more",
			   b->app.picture.processes.count - 1);
	if (m->python && m->python[0])
		out_printf(&b->out, "  Python %s", m->python);
	out_puts(&b->out, "  ");
	write_name(&b->out, command, strlen(command));
	out_puts(&b->out, "\n");
}

static void write_numbers(struct batch *b)
{
	const struct picture *p = &b->app.picture;
	char samples[32], lost[32];

	out_printf(&b->out,
		   "GIL %.1f%%  active %.1f%%  waiting for GIL %.1f%%  "
		   "threads %u, %u run  processes %u\n",
		   p->gil, p->active, p->waiting, p->threads.count, p->running,
		   p->processes.count);
	format_samples(samples, &b->app.feed.view, p->samples);
	out_printf(&b->out,
		   "samples %s  rate %.1f of %.5g Hz  lost %s  "
		   "own CPU %.1f%%  slowdown %.2f%%\n",
		   samples, p->rate_hz, session_meta(b->app.session)->rate_hz,
		   text_thousands(lost, stats_lost(&p->stats)), p->own_cpu,
		   p->slowdown);
}

static void write_head(struct batch *b)
{
	char window[24], length[16];

	format_clock(length, b->app.picture.window_s);
	snprintf(window, sizeof(window), "last %s", length);
	out_printf(&b->out, "\n%16s           since start\n", window);
	out_printf(&b->out, "    %%Own  %%Total    OwnTime  TotalTime  %s\n",
		   b->app.by_line ? "Function (file:line)" : "Function (file)");
}

static void write_row(struct batch *b, const struct picture_row *r)
{
	bool full = b->app.options->view.full_filenames;
	char own[16], total[16], own_s[16], total_s[16];
	struct buf place;

	format_percent(own, r->own);
	format_percent(total, r->total);
	format_seconds(own_s, r->own_ns);
	format_seconds(total_s, r->total_ns);
	out_printf(&b->out, "%8s%8s%11s%11s  ", own, total, own_s, total_s);
	buf_init(&place);
	format_place(app_defs(&b->app), r->name, full ? r->file : r->short_file,
		     b->app.by_line ? r->line : 0, &place);
	write_name(&b->out, place.data, place.len);
	buf_release(&place);
	out_puts(&b->out, "\n");
}

static void write_standstill(struct batch *b)
{
	struct buf text;

	buf_init(&text);
	app_add_standstill(&b->app, &text);
	if (text.len)
		out_printf(&b->out, "%s\n", text.data);
	buf_release(&text);
}

static int write_page(struct batch *b)
{
	const struct list *l = app_list(&b->app);
	const struct picture_row *rows =
		b->app.picture.rows[b->app.by_line].items;
	uint32_t i;

	write_title(b);
	write_numbers(b);
	write_standstill(b);
	write_head(b);
	for (i = 0; i < l->order.count; i++)
		write_row(b, &rows[l->order.items[i]]);
	if (!l->order.count)
		out_puts(&b->out, "no thread ran\n");
	out_puts(&b->out, "\n");
	return out_flush(&b->out);
}

static void take_signals(struct batch *b)
{
	int signal = signals_read(&b->signals);

	if (signal)
		b->signal = signal;
}

/* Until the page is due, the target ended or a signal came. */
static void fill_window(struct batch *b)
{
	struct pollfd wake = { .fd = b->signals.fd, .events = POLLIN };
	uint64_t now = clock_now();
	enum session_end *end = &b->app.end;

	b->next_ns = MAX(b->next_ns + b->app.delay_ns, now);
	while (!b->signal && now < b->next_ns) {
		*end = session_step(b->app.session, 0);
		if (*end != SESSION_RUNNING)
			return;
		poll(&wake, 1,
		     (int)MIN((b->next_ns - now) / NSEC_PER_MSEC + 1, 50ull));
		take_signals(b);
		now = clock_now();
	}
}

static int take_page(struct batch *b)
{
	struct app *a = &b->app;
	struct stats now;
	int err;

	session_stats(a->session, &now);
	app_look_whether_it_stands(a);
	err = picture_take(&a->picture, &a->feed, &now, &a->last, &a->reset,
			   false);
	a->last = now;
	if (err)
		return err;
	app_rebuild(a);
	return write_page(b);
}

static int run(struct batch *b, unsigned int count)
{
	struct session *s = b->app.session;
	unsigned int pages = 0;
	int err;

	err = session_add_reader(s, feed_sample, &b->app.feed);
	if (!err)
		err = session_start(s);
	b->next_ns = clock_now();
	while (!err && !b->signal && b->app.end == SESSION_RUNNING) {
		fill_window(b);
		err = take_page(b);
		if (++pages == count)
			break;
	}
	if (b->app.end == SESSION_RUNNING)
		session_stop(s);
	return err;
}

int tui_batch(struct session *s, const struct tui_options *o,
	      unsigned int count, struct tui_result *result)
{
	struct batch b = { .out.fd = -1 };
	int err, error;

	err = signals_open(&b.signals, false);
	if (err)
		return err;
	err = app_init(&b.app, s, o);
	if (!err)
		err = out_open(&b.out, "-", false);
	if (!err)
		err = run(&b, count);
	error = errno;
	*result = (struct tui_result){ .end = b.app.end, .signal = b.signal };
	out_abort(&b.out);
	app_release(&b.app);
	signals_close(&b.signals);
	errno = error;
	return err;
}
