/* commands.c - what keys and clicks do */
#include "app.h"

#include <string.h>

/* What + and - go through. */
static const double delays_s[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60 };

static void open_selected(struct app *a, int arg)
{
	uint32_t item;

	(void)arg;
	if (app_view(a)->open && list_item(app_list(a), &item))
		app_view(a)->open(a, item);
}

static enum view_kind view_behind(const struct app *a)
{
	switch (a->view) {
	case VIEW_DETAIL:
		return a->origin;
	case VIEW_STACK:
		return VIEW_THREADS;
	case VIEW_THREADS:
		return a->process ? VIEW_PROCESSES : VIEW_TABLE;
	case VIEW_OUTPUT:
	case VIEW_HELP:
		return a->under;
	default:
		return VIEW_TABLE;
	}
}

static void go_back(struct app *a, int arg)
{
	struct list *l = app_list(a);

	(void)arg;
	if (a->view == VIEW_TABLE && !l->filter.len) {
		buf_reset(&a->search);
	} else if (a->view == VIEW_TABLE) {
		buf_reset(&l->filter);
		app_rebuild(a);
	} else if (a->view == VIEW_DETAIL && --a->depth > 0) {
		l->key = 0;
		app_show(a, VIEW_DETAIL);
	} else {
		app_show(a, view_behind(a));
	}
}

/* Help and output lie over the view that was there. */
static void toggle(struct app *a, int view)
{
	if ((int)a->view == view) {
		go_back(a, 0);
		return;
	}
	if (a->view != VIEW_HELP && a->view != VIEW_OUTPUT)
		a->under = a->view;
	app_show(a, (enum view_kind)view);
}

/* Closed, a pane, the whole screen, closed. */
static void toggle_output(struct app *a, int arg)
{
	(void)arg;
	if (!a->options->command_output) {
		app_message(a, "no output here: it was not launched by cprof");
	} else if (a->view == VIEW_OUTPUT) {
		a->tail_open = false;
		go_back(a, 0);
	} else if (a->tail_open || a->canvas.height < 20) {
		a->lists[VIEW_OUTPUT].key = 0;
		toggle(a, VIEW_OUTPUT);
	} else {
		a->tail_open = true;
		tail_read(&a->tail, a->options->command_output);
	}
}

/* Threads of all processes, whichever were shown before. */
static void toggle_list(struct app *a, int view)
{
	a->depth = 0;
	a->process = 0;
	app_show(a, (int)a->view == view ? VIEW_TABLE : (enum view_kind)view);
}

/* ---- commands --------------------------------------------------------- */

static void change_delay(struct app *a, int step)
{
	double now_s = (double)a->delay_ns / (double)NSEC_PER_SEC, next = now_s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(delays_s); i++) {
		if (step < 0 && delays_s[i] < now_s - 1e-6)
			next = delays_s[i];
		if (step > 0 && delays_s[i] > now_s + 1e-6) {
			next = delays_s[i];
			break;
		}
	}
	a->delay_ns = (uint64_t)(next * (double)NSEC_PER_SEC);
	app_message(a, "refresh every %g s", next);
}

/* Old numbers under a new heading would lie: what is frozen goes on. */
static void reset(struct app *a, int arg)
{
	(void)arg;
	a->frozen = false;
	feed_reset(&a->feed);
	session_stats(a->session, &a->reset);
	a->last = a->reset;
	a->early = 0;
	a->start_ns = a->now_ns;
	app_refresh(a);
	app_message(a, "all times and counts start again from here");
}

static void freeze(struct app *a, int arg)
{
	(void)arg;
	if (app_is_over(a)) {
		app_message(a, "nothing changes any more: it has ended");
		return;
	}
	a->frozen = !a->frozen;
	a->dirty = true;
}

static void quit(struct app *a, int arg)
{
	(void)arg;
	if (a->options->command && !app_is_over(a))
		prompt_open(a, PROMPT_END);
	else
		a->done = true;
}

/* Leaves an inner view first. */
static void quit_view(struct app *a, int arg)
{
	(a->view == VIEW_TABLE ? quit : go_back)(a, arg);
}

static void open_prompt(struct app *a, int kind)
{
	prompt_open(a, (enum prompt_kind)kind);
}

static void redraw(struct app *a, int arg)
{
	(void)arg;
	a->repaint = true;
}

void app_interrupt(struct app *a)
{
	if (!a->options->command || app_is_over(a) || a->interrupted) {
		a->done = true;
		return;
	}
	a->interrupted = true;
	app_message(a, "Ctrl-C went to the command; once more ends cprof");
}

static void sort_by(struct app *a, int sort)
{
	a->sort = (enum tui_sort)sort;
	if (a->view != VIEW_TABLE)
		a->depth = 0;
	a->lists[VIEW_TABLE].key = 0;
	app_show(a, VIEW_TABLE);
}

/* The item at the same place in the other table means nothing. */
static void toggle_lines(struct app *a, int arg)
{
	(void)arg;
	a->by_line = !a->by_line;
	a->lists[VIEW_TABLE].key = 0;
	a->depth = 0;
	app_show(a, VIEW_TABLE);
}

/* ---- the list --------------------------------------------------------- */

static void move_rows(struct app *a, int rows)
{
	list_move(app_list(a), rows);
	app_keep_selected(a);
}

static void move_pages(struct app *a, int pages)
{
	move_rows(a, pages * MAX((int)app_list(a)->height - 1, 1));
}

static void go_to_end(struct app *a, int last)
{
	struct list *l = app_list(a);

	list_select(l, last ? (int64_t)l->order.count - 1 : 0);
	app_keep_selected(a);
}

static void scroll(struct app *a, int rows)
{
	list_scroll(app_list(a), rows);
	app_keep_selected(a);
}

static void find(struct app *a, int step)
{
	if (!search_from(a, app_list(a)->cursor + (uint32_t)step, step))
		app_message(a, "not found");
	app_keep_selected(a);
}

static void select_row(struct app *a, int position)
{
	struct list *l = app_list(a);

	if (l->cursor == (uint32_t)position) {
		open_selected(a, 0);
		return;
	}
	list_select(l, position);
	app_keep_selected(a);
}

static void shift(struct app *a, int columns)
{
	struct list *l = app_list(a);
	int64_t to = (int64_t)l->shift + columns;

	l->shift = to < 0 ? 0 : (uint32_t)MIN(to, 16384);
}

/* ---- which function is which command ---------------------------------- */

static const struct {
	void (*run)(struct app *a, int arg);
	int arg; /* where neither key nor click brings one */
} actions[CMD_COUNT] = {
	[CMD_MOVE] = { move_rows, 0 },
	[CMD_PAGE] = { move_pages, 0 },
	[CMD_HOME] = { go_to_end, false },
	[CMD_END] = { go_to_end, true },
	[CMD_SHIFT] = { shift, 0 },
	[CMD_SCROLL] = { scroll, 0 },
	[CMD_SELECT] = { select_row, 0 },
	[CMD_OPEN] = { open_selected, 0 },
	[CMD_BACK] = { go_back, 0 },
	[CMD_SORT] = { sort_by, 0 },
	[CMD_BY_LINE] = { toggle_lines, 0 },
	[CMD_RESET] = { reset, 0 },
	[CMD_HELP] = { toggle, VIEW_HELP },
	[CMD_SEARCH] = { open_prompt, PROMPT_SEARCH },
	[CMD_FIND] = { find, 0 },
	[CMD_FILTER] = { open_prompt, PROMPT_FILTER },
	[CMD_FREEZE] = { freeze, 0 },
	[CMD_PROCESSES] = { toggle_list, VIEW_PROCESSES },
	[CMD_THREADS] = { toggle_list, VIEW_THREADS },
	[CMD_OUTPUT] = { toggle_output, 0 },
	[CMD_SAVE] = { open_prompt, PROMPT_SAVE },
	[CMD_DELAY] = { change_delay, 0 },
	[CMD_REDRAW] = { redraw, 0 },
	[CMD_QUIT] = { quit_view, 0 },
	[CMD_LEAVE] = { quit, 0 },
};

static void run_command(struct app *a, enum command command, int arg)
{
	a->dirty = true;
	if (actions[command].run)
		actions[command].run(a, arg ? arg : actions[command].arg);
}

/* ---- events ---------------------------------------------------------- */

static void click(struct app *a, const struct event *e)
{
	const struct zone *z = canvas_zone_at(&a->canvas, e->x, e->y);

	if (z)
		run_command(a, (enum command)z->command, z->arg);
}

void app_event(struct app *a, const struct event *e)
{
	enum command command;
	int arg = 0;

	a->dirty = true;
	if (e->key == K_CLOSED) {
		a->done = true;
	} else if (a->prompt.kind) {
		prompt_event(a, e);
	} else if (e->key == K_CLICK) {
		click(a, e);
	} else {
		command = key_command(e->key, &arg);
		run_command(a, command, arg);
	}
}
