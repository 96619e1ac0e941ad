/* app.c - the state of the live view: its views, refreshes and events */
#include "app.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_NS (5 * NSEC_PER_SEC)
#define STEP_MS 50 /* how often samples are taken out of the session */

static const struct view_ops *const views[] = {
	[VIEW_TABLE] = &view_table,	    [VIEW_DETAIL] = &view_detail,
	[VIEW_PROCESSES] = &view_processes, [VIEW_THREADS] = &view_threads,
	[VIEW_STACK] = &view_stack,	    [VIEW_OUTPUT] = &view_output,
	[VIEW_HELP] = &view_help,
};

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
	listing_init(&a->listing);
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
	listing_release(&a->listing);
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

void app_keep_selected(struct app *a)
{
	struct list *l = app_list(a);
	uint32_t home = app_view(a)->from_end ? l->order.count - 1 : 0, item;

	l->key = 0;
	if (l->cursor != home && list_item(l, &item))
		l->key = app_view(a)->key(a, item);
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

void app_sort(struct app *a,
	      int (*compare)(const void *x, const void *y, void *app))
{
	struct list *l = app_list(a);

	if (l->order.count)
		qsort_r(l->order.items, l->order.count, sizeof(*l->order.items),
			compare, a);
}

void app_show(struct app *a, enum view_kind view)
{
	a->view = view;
	app_rebuild(a);
}

void app_enter(struct app *a, enum view_kind view)
{
	struct list *l = &a->lists[view];

	l->cursor = l->top = 0;
	l->key = 0;
	app_show(a, view);
}

void app_show_function(struct app *a, const struct function *function)
{
	if (a->view != VIEW_DETAIL)
		a->origin = a->view;
	if (a->depth == MOST_BACK)
		memmove(a->back, a->back + 1, sizeof(a->back[0]) * --a->depth);
	a->back[a->depth++] = *function;
	a->listing.file = 0; /* it may have changed since */
	app_enter(a, VIEW_DETAIL);
}

/* ---- refresh ---------------------------------------------------------- */

bool app_is_over(const struct app *a)
{
	return a->end != SESSION_RUNNING;
}

void app_look_whether_it_stands(struct app *a)
{
	a->stands = standstill_of(session_meta(a->session)->pid);
}

void app_add_standstill(const struct app *a, struct buf *out)
{
	if (!standstill_lasts(&a->stands))
		return;
	buf_puts(out, "Stopped: ");
	standstill_advice(&a->stands, out);
}

void app_refresh(struct app *a)
{
	struct stats now;
	struct picture unseen;

	session_stats(a->session, &now);
	app_look_whether_it_stands(a);
	if (a->frozen && !app_is_over(a)) { /* windows go on unseen */
		picture_init(&unseen);
		picture_take(&unseen, &a->feed, &now, &a->last, &a->reset,
			     false);
		picture_release(&unseen);
	} else {
		if (picture_take(&a->picture, &a->feed, &now, &a->last,
				 &a->reset, app_is_over(a)))
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
	bool ended = end != SESSION_RUNNING && !app_is_over(a);

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
		app_refresh(a);
	} else if (!app_is_over(a) &&
		   (is_early(a) || now_ns - a->refresh_ns >= a->delay_ns)) {
		app_refresh(a);
	}
}

int app_wait_ms(const struct app *a)
{
	uint64_t passed = a->now_ns - a->refresh_ns, left;

	if (app_is_over(a))
		return a->message.len ? 500 : -1;
	left = passed < a->delay_ns ? a->delay_ns - passed : 0;
	return (int)MIN((uint64_t)STEP_MS, left / NSEC_PER_MSEC + 1);
}
