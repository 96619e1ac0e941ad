/* app.c - the state of the live view and the commands that change it */
#include "app.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_NS (5 * NSEC_PER_SEC)
#define STEP_MS 50 /* how often samples are taken out of the session */

static const struct view_ops *const views[] = {
	[VIEW_TABLE] = &view_table,	[VIEW_DETAIL] = &view_detail,
	[VIEW_THREADS] = &view_threads, [VIEW_STACK] = &view_stack,
	[VIEW_OUTPUT] = &view_output,	[VIEW_HELP] = &view_help,
};

/* What + and - go through. */
static const double delays_s[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60 };

/* The first refreshes come after so many ticks, as py-spy's do. */
static const unsigned int early_ticks[] = { 10, 100, 500 };

static void init_parts(struct app *a)
{
	int i;

	for (i = 0; i < VIEW_COUNT; i++)
		list_init(&a->lists[i]);
	canvas_init(&a->canvas);
	picture_init(&a->picture);
	detail_init(&a->detail);
	tail_init(&a->tail);
	buf_init(&a->prompt.text);
	buf_init(&a->search);
	buf_init(&a->message);
}

int app_init(struct app *a, struct session *s, const struct tui_options *o)
{
	memset(a, 0, sizeof(*a));
	init_parts(a);
	a->options = o;
	a->session = s;
	a->sort = o->sort ? o->sort : TUI_SORT_OWN_TIME;
	a->by_line = o->by_line;
	a->delay_ns = (uint64_t)((o->delay_s > 0 ? o->delay_s : 1) *
				 (double)NSEC_PER_SEC);
	a->dirty = true;
	feed_init(&a->feed, &o->view);
	return canvas_resize(&a->canvas, 80, 24);
}

void app_release(struct app *a)
{
	int i;

	for (i = 0; i < VIEW_COUNT; i++)
		list_release(&a->lists[i]);
	canvas_release(&a->canvas);
	picture_release(&a->picture);
	detail_release(&a->detail);
	tail_release(&a->tail);
	feed_release(&a->feed);
	buf_release(&a->prompt.text);
	buf_release(&a->search);
	buf_release(&a->message);
}

const struct view_ops *app_view(const struct app *a)
{
	return views[a->view];
}

struct list *app_list(struct app *a)
{
	return &a->lists[a->view];
}

const struct defs *app_defs(const struct app *a)
{
	return session_defs(a->session);
}

void app_message(struct app *a, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_reset(&a->message);
	buf_puts(&a->message, text);
	a->message_until_ns = a->now_ns + MESSAGE_NS;
	a->dirty = true;
}

/* ---- the view and its list -------------------------------------------- */

void app_offer(struct app *a, uint32_t item)
{
	struct list *l = app_list(a);
	struct buf *text = &a->canvas.scratch;
	uint32_t *place;

	if (l->filter.len) {
		buf_reset(text);
		app_view(a)->text(a, item, text);
		if (text_find(text, &l->filter) == NOT_FOUND)
			return;
	}
	place = vec_push(&l->order);
	if (place)
		*place = item;
}

static void find_selected(struct app *a, struct list *l)
{
	uint32_t i;

	if (!l->key) {
		l->cursor = app_view(a)->from_end ? UINT32_MAX : 0;
		return;
	}
	for (i = 0; i < l->order.count; i++) {
		if (app_view(a)->key(a, l->order.items[i]) != l->key)
			continue;
		l->cursor = i;
		return;
	}
}

void app_rebuild(struct app *a)
{
	struct list *l = app_list(a);

	l->order.count = 0;
	app_view(a)->build(a);
	find_selected(a, l);
	list_fit(l);
	a->dirty = true;
}

/* What is selected now shall stay selected. */
static void keep_selected(struct app *a)
{
	struct list *l = app_list(a);
	uint32_t home = app_view(a)->from_end ? l->order.count - 1 : 0, item;

	l->key = 0;
	if (l->cursor != home && list_item(l, &item))
		l->key = app_view(a)->key(a, item);
}

void app_show(struct app *a, enum view_kind view)
{
	a->view = view;
	app_rebuild(a);
}

void app_show_function(struct app *a, const struct function *function)
{
	struct list *l = &a->lists[VIEW_DETAIL];

	if (a->depth == MOST_BACK)
		memmove(a->back, a->back + 1, sizeof(a->back[0]) * --a->depth);
	a->back[a->depth++] = *function;
	l->cursor = l->top = 0;
	l->key = 0;
	app_show(a, VIEW_DETAIL);
}

static void open_selected(struct app *a)
{
	uint32_t item;

	if (app_view(a)->open && list_item(app_list(a), &item))
		app_view(a)->open(a, item);
}

static void go_back(struct app *a)
{
	struct list *l = app_list(a);

	if (a->view == VIEW_DETAIL && a->depth > 1) {
		a->depth--;
		l->key = 0;
		app_show(a, VIEW_DETAIL);
	} else if (a->view == VIEW_DETAIL) {
		a->depth = 0;
		app_show(a, VIEW_TABLE);
	} else if (a->view == VIEW_STACK) {
		app_show(a, VIEW_THREADS);
	} else if (a->view == VIEW_HELP || a->view == VIEW_OUTPUT) {
		app_show(a, a->under);
	} else if (a->view != VIEW_TABLE) {
		app_show(a, VIEW_TABLE);
	} else if (l->filter.len) {
		buf_reset(&l->filter);
		app_rebuild(a);
	} else {
		buf_reset(&a->search);
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

static void toggle_threads(struct app *a)
{
	bool there = a->view == VIEW_THREADS || a->view == VIEW_STACK;

	a->depth = 0;
	app_show(a, there ? VIEW_TABLE : VIEW_THREADS);
}

/* ---- refresh ---------------------------------------------------------- */

static bool is_over(const struct app *a)
{
	return a->end != SESSION_RUNNING;
}

static void refresh(struct app *a)
{
	struct stats now;
	struct picture unseen;

	session_stats(a->session, &now);
	if (a->frozen && !is_over(a)) { /* windows go on unseen */
		picture_init(&unseen);
		picture_take(&unseen, &a->feed, &now, &a->last, &a->reset,
			     false);
		picture_release(&unseen);
	} else {
		if (picture_take(&a->picture, &a->feed, &now, &a->last,
				 &a->reset, is_over(a)))
			app_message(a, "%s", err_text(ERR_NOMEM));
		app_rebuild(a);
	}
	if (a->options->command_output &&
	    (a->tail_open || a->view == VIEW_OUTPUT))
		tail_read(&a->tail, a->options->command_output);
	a->last = now;
	a->refresh_ns = a->now_ns;
}

/* Soon after the start, when delays are still too long to wait for. */
static bool is_early(struct app *a)
{
	if (a->now_ns - a->start_ns >= a->delay_ns ||
	    a->early >= ARRAY_SIZE(early_ticks) ||
	    a->feed.ticks < early_ticks[a->early])
		return false;
	a->early++;
	return true;
}

void app_tick(struct app *a, uint64_t now_ns, enum session_end end)
{
	bool ended = end != SESSION_RUNNING && !is_over(a);

	if (!a->start_ns)
		a->start_ns = a->refresh_ns = now_ns;
	a->now_ns = now_ns;
	a->end = end;
	if (a->message.len && now_ns >= a->message_until_ns) {
		buf_reset(&a->message);
		a->dirty = true;
	}
	if (ended) {
		a->frozen = false;
		refresh(a);
	} else if (!is_over(a) &&
		   (is_early(a) || now_ns - a->refresh_ns >= a->delay_ns)) {
		refresh(a);
	}
}

int app_wait_ms(const struct app *a)
{
	uint64_t passed = a->now_ns - a->refresh_ns, left;

	if (is_over(a))
		return a->message.len ? 500 : -1;
	left = passed < a->delay_ns ? a->delay_ns - passed : 0;
	return (int)MIN((uint64_t)STEP_MS, left / NSEC_PER_MSEC + 1);
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

static void reset(struct app *a)
{
	feed_reset(&a->feed);
	session_stats(a->session, &a->reset);
	a->last = a->reset;
	a->early = 0;
	a->start_ns = a->now_ns;
	refresh(a);
	app_message(a, "all times and counts start again from here");
}

static void freeze(struct app *a)
{
	if (is_over(a)) {
		app_message(a, "nothing changes any more: it has ended");
		return;
	}
	a->frozen = !a->frozen;
	a->dirty = true;
}

static void quit(struct app *a)
{
	if (a->options->command && !is_over(a))
		prompt_open(a, PROMPT_END);
	else
		a->done = true;
}

void app_interrupt(struct app *a)
{
	if (!a->options->command || is_over(a) || a->interrupted) {
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

	if (l->cursor == (uint32_t)position)
		open_selected(a);
	else
		list_select(l, position);
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
	keep_selected(a);
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
	case CMD_THREADS:
		toggle_threads(a);
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

void app_command(struct app *a, enum command command, int arg)
{
	a->dirty = true;
	if (!move(a, command, arg) && !navigate(a, command, arg))
		act(a, command, arg);
}

static void click(struct app *a, const struct event *e)
{
	const struct zone *z = canvas_zone_at(&a->canvas, e->x, e->y);

	if (z)
		app_command(a, (enum command)z->command, z->arg);
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
		app_command(a, command, arg);
	}
}
