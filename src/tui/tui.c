/* tui.c - the live view: connects the app, the session and the terminal
 *
 * One loop in one thread: samples out of the session, keys out of the terminal,
 * a screen when something changed. It sleeps in poll(), so a key is answered at
 * once and an idle screen costs twenty short wake-ups a second.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app.h"
#include "signals.h"
#include "terminal.h"

static const struct {
	const char *name;
	enum tui_sort sort;
} sort_names[] = {
	{ "own%", TUI_SORT_OWN_PERCENT }, { "total%", TUI_SORT_TOTAL_PERCENT },
	{ "own", TUI_SORT_OWN_TIME },	  { "total", TUI_SORT_TOTAL_TIME },
	{ "%own", TUI_SORT_OWN_PERCENT }, { "%total", TUI_SORT_TOTAL_PERCENT },
	{ "owntime", TUI_SORT_OWN_TIME }, { "totaltime", TUI_SORT_TOTAL_TIME },
	{ "1", TUI_SORT_OWN_PERCENT },	  { "2", TUI_SORT_TOTAL_PERCENT },
	{ "3", TUI_SORT_OWN_TIME },	  { "4", TUI_SORT_TOTAL_TIME },
};

int tui_sort_by_name(const char *name, enum tui_sort *sort)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sort_names); i++) {
		if (strcasecmp(name, sort_names[i].name) != 0)
			continue;
		*sort = sort_names[i].sort;
		return 0;
	}
	return ERR_NOT_FOUND;
}

const char *tui_sort_names(void)
{
	return "own%, total%, own, total";
}

struct tui {
	struct app app;
	struct terminal *terminal;
	struct signals signals;
	int signal; /* that ended it */
};

static void fit_to_terminal(struct tui *t)
{
	int width, height;

	terminal_size(t->terminal, &width, &height);
	if (canvas_resize(&t->app.canvas, width, height))
		t->app.done = true;
	t->app.dirty = true;
}

/* Ctrl-Z: the shell gets its terminal, and fg brings us back. */
static void suspend(struct tui *t)
{
	terminal_suspend(t->terminal);
	session_suspend(t->app.session);
	terminal_resume(t->terminal);
	fit_to_terminal(t);
	t->app.repaint = true;
}

static void take_signals(struct tui *t)
{
	int signal;

	while ((signal = signals_read(&t->signals)) != 0) {
		switch (signal) {
		case SIGWINCH:
			fit_to_terminal(t);
			break;
		case SIGTSTP:
			suspend(t);
			break;
		case SIGCONT: /* after a SIGSTOP we did not see coming */
			terminal_resume(t->terminal);
			fit_to_terminal(t);
			t->app.repaint = true;
			break;
		case SIGINT:
			app_interrupt(&t->app);
			t->signal = t->app.done ? signal : 0;
			break;
		default:
			t->signal = signal;
			t->app.done = true;
		}
	}
}

static void take_keys(struct tui *t)
{
	struct event e;

	while (!t->app.done && terminal_read(t->terminal, &e)) {
		if (e.key == K_RESIZE)
			fit_to_terminal(t);
		else
			app_event(&t->app, &e);
	}
}

static void draw(struct tui *t)
{
	if (!t->app.dirty && !t->app.repaint)
		return;
	app_draw(&t->app);
	terminal_draw(t->terminal, &t->app.canvas, t->app.repaint);
	t->app.repaint = false;
}

static enum session_end step(struct tui *t)
{
	if (t->app.end != SESSION_RUNNING)
		return t->app.end;
	return session_step(t->app.session, 0);
}

static void loop(struct tui *t)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = t->signals.fd, .events = POLLIN },
	};

	while (!t->app.done) {
		app_tick(&t->app, clock_now(), step(t));
		draw(t);
		poll(fds, ARRAY_SIZE(fds), app_wait_ms(&t->app));
		t->app.now_ns = clock_now();
		take_signals(t);
		take_keys(t);
	}
}

static void fill_result(const struct tui *t, struct tui_result *r)
{
	*r = (struct tui_result){
		.end = t->app.end,
		.end_command = t->app.end_command,
		.signal = t->signal,
	};
}

static int run(struct tui *t)
{
	struct session *s = t->app.session;
	int err = session_add_reader(s, feed_sample, &t->app.feed);

	if (!err)
		err = session_start(s);
	if (err)
		return err;
	listing_open(&t->app.listing, session_meta(s)->pid);
	fit_to_terminal(t);
	loop(t);
	if (t->app.end == SESSION_RUNNING)
		session_stop(s);
	return 0;
}

int tui_run(struct session *s, const struct tui_options *o,
	    struct tui_result *result)
{
	struct tui t = { 0 };
	int err, error;

	err = signals_open(&t.signals, true);
	if (err)
		return err;
	err = app_init(&t.app, s, o);
	if (!err)
		err = terminal_open(&t.terminal);
	if (!err)
		err = run(&t);
	error = errno;
	terminal_close(t.terminal);
	fill_result(&t, result);
	app_release(&t.app);
	signals_close(&t.signals);
	errno = error;
	return err;
}
