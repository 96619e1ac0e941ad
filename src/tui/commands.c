/* commands.c - what keys and clicks do */
#include "app.h"

#include <string.h>

/* What + and - go through. */
static const double delays_s[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60 };

static void open_selected(struct app *a)
{
	uint32_t item;

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

static void go_back(struct app *a)
{
	struct list *l = app_list(a);

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
static void toggle(struct app *a, enum view_kind view)
{
	if (a->view == view) {
		go_back(a);
		return;
	}
	if (a->view != VIEW_HELP && a->view != VIEW_OUTPUT)
		a->under = a->view;
	app_show(a, view);
}

/* Closed, a pane, the whole screen, closed. */
static void toggle_output(struct app *a)
{
	if (!a->options->command_output) {
		app_message(a, "no output here: it was not launched by cprof");
	} else if (a->view == VIEW_OUTPUT) {
		a->tail_open = false;
		go_back(a);
	} else if (a->tail_open || a->canvas.height < 20) {
		a->lists[VIEW_OUTPUT].key = 0;
		toggle(a, VIEW_OUTPUT);
	} else {
		a->tail_open = true;
		tail_read(&a->tail, a->options->command_output);
	}
}

/* Threads of all processes, whichever were shown before. */
static void toggle_list(struct app *a, enum view_kind view)
{
	a->depth = 0;
	a->process = 0;
	app_show(a, a->view == view ? VIEW_TABLE : view);
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
static void reset(struct app *a)
{
	a->frozen = false;
	feed_reset(&a->feed);
	session_stats(a->session, &a->reset);
	a->last = a->reset;
	a->early = 0;
	a->start_ns = a->now_ns;
	app_refresh(a);
	app_message(a, "all times and counts start again from here");
}

static void freeze(struct app *a)
{
	if (app_is_over(a)) {
		app_message(a, "nothing changes any more: it has ended");
		return;
	}
	a->frozen = !a->frozen;
	a->dirty = true;
}

static void quit(struct app *a)
{
	if (a->options->command && !app_is_over(a))
		prompt_open(a, PROMPT_END);
	else
		a->done = true;
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
static void toggle_lines(struct app *a)
{
	a->by_line = !a->by_line;
	a->lists[VIEW_TABLE].key = 0;
	a->depth = 0;
	app_show(a, VIEW_TABLE);
}

static void select_row(struct app *a, int position)
{
	struct list *l = app_list(a);

	if (l->cursor == (uint32_t)position) {
		open_selected(a);
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

/* Commands that move within the list; false if it is another one. */
static bool move(struct app *a, enum command command, int arg)
{
	struct list *l = app_list(a);

	switch (command) {
	case CMD_MOVE:
		list_move(l, arg);
		break;
	case CMD_PAGE:
		list_move(l, (int64_t)arg * MAX((int)l->height - 1, 1));
		break;
	case CMD_HOME:
		list_select(l, 0);
		break;
	case CMD_END:
		list_select(l, (int64_t)l->order.count - 1);
		break;
	case CMD_SCROLL:
		list_scroll(l, arg);
		break;
	case CMD_FIND:
		if (!search_from(a, l->cursor + (uint32_t)arg, arg))
			app_message(a, "not found");
		break;
	default:
		return false;
	}
	app_keep_selected(a);
	return true;
}

/* Commands that lead to another view. */
static bool navigate(struct app *a, enum command command, int arg)
{
	switch (command) {
	case CMD_SELECT:
		select_row(a, arg);
		break;
	case CMD_OPEN:
		open_selected(a);
		break;
	case CMD_BACK:
		go_back(a);
		break;
	case CMD_HELP:
		toggle(a, VIEW_HELP);
		break;
	case CMD_OUTPUT:
		toggle_output(a);
		break;
	case CMD_PROCESSES:
		toggle_list(a, VIEW_PROCESSES);
		break;
	case CMD_THREADS:
		toggle_list(a, VIEW_THREADS);
		break;
	case CMD_SORT:
		sort_by(a, arg);
		break;
	case CMD_BY_LINE:
		toggle_lines(a);
		break;
	default:
		return false;
	}
	return true;
}

static void act(struct app *a, enum command command, int arg)
{
	switch (command) {
	case CMD_SHIFT:
		shift(a, arg);
		break;
	case CMD_RESET:
		reset(a);
		break;
	case CMD_FREEZE:
		freeze(a);
		break;
	case CMD_SEARCH:
		prompt_open(a, PROMPT_SEARCH);
		break;
	case CMD_FILTER:
		prompt_open(a, PROMPT_FILTER);
		break;
	case CMD_SAVE:
		prompt_open(a, PROMPT_SAVE);
		break;
	case CMD_DELAY:
		change_delay(a, arg);
		break;
	case CMD_REDRAW:
		a->repaint = true;
		break;
	case CMD_LEAVE:
		quit(a);
		break;
	case CMD_QUIT:
		a->view == VIEW_TABLE ? quit(a) : go_back(a);
		break;
	default:
		break;
	}
}

static void run_command(struct app *a, enum command command, int arg)
{
	a->dirty = true;
	if (!move(a, command, arg) && !navigate(a, command, arg))
		act(a, command, arg);
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
