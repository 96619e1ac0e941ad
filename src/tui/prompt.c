/* prompt.c - the line in which one types: search, filter, save, quit */
#include "app.h"

#include <string.h>

bool search_from(struct app *a, uint32_t from, int step)
{
	struct list *l = app_list(a);
	struct buf *text = &a->canvas.scratch;
	uint32_t i, at = from, count = l->order.count;

	for (i = 0; i < count; i++, at += (uint32_t)step) {
		if (at == UINT32_MAX) /* one before the first */
			at = count - 1;
		at %= count;
		buf_reset(text);
		app_view(a)->text(a, l->order.items[at], text);
		if (text_find(text, &a->search) != NOT_FOUND) {
			list_select(l, at);
			return true;
		}
	}
	return false;
}

void prompt_open(struct app *a, enum prompt_kind kind)
{
	struct prompt *p = &a->prompt;

	p->kind = kind;
	p->from = app_list(a)->cursor;
	buf_reset(&p->text);
	if (kind == PROMPT_FILTER)
		buf_add(&p->text, app_list(a)->filter.data,
			app_list(a)->filter.len);
	if (kind == PROMPT_SAVE)
		save_default_name(a, &p->text);
	buf_reset(&a->message);
}

static void close_prompt(struct app *a)
{
	a->prompt.kind = PROMPT_NONE;
}

static void copy(struct buf *to, const struct buf *from)
{
	buf_reset(to);
	buf_add(to, from->data, from->len);
}

/* Searching and filtering follow what is typed. */
static void text_changed(struct app *a)
{
	struct prompt *p = &a->prompt;

	if (p->kind == PROMPT_SEARCH) {
		copy(&a->search, &p->text);
		if (!search_from(a, p->from, 1))
			list_select(app_list(a), p->from);
	} else if (p->kind == PROMPT_FILTER) {
		copy(&app_list(a)->filter, &p->text);
		app_rebuild(a);
	}
}

static void cancel(struct app *a)
{
	buf_reset(&a->prompt.text);
	if (a->prompt.kind != PROMPT_SAVE)
		text_changed(a);
	close_prompt(a);
}

static void keep_found(struct app *a)
{
	if (a->search.len && !search_from(a, app_list(a)->cursor, 1))
		app_message(a, "not found");
	else
		app_keep_selected(a);
}

static void accept(struct app *a)
{
	enum prompt_kind kind = a->prompt.kind;

	if (kind == PROMPT_SAVE && a->prompt.text.len &&
	    !save_profile(a, a->prompt.text.data))
		return;
	close_prompt(a);
	if (kind == PROMPT_SEARCH)
		keep_found(a);
}

static void cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->room)
		b->data[len] = '\0';
}

/* One character, or with `word` back to a blank or a slash. */
static void erase(struct buf *b, bool word)
{
	size_t len = b->len;

	do {
		while (len && (b->data[--len] & 0xc0) == 0x80)
			;
	} while (word && len && !strchr(" /.-", b->data[len - 1]));
	cut(b, len);
}

static void edit(struct app *a, uint32_t key)
{
	struct buf *b = &a->prompt.text;

	if (key == K_BACKSPACE)
		erase(b, false);
	else if (key == 'W' - '@')
		erase(b, true);
	else if (key == 'U' - '@')
		cut(b, 0);
	else if (key >= ' ' && key < K_NONE && key != 0x7f)
		text_encode(b, key);
	else
		return;
	text_changed(a);
}

static void answer(struct app *a, uint32_t key)
{
	bool yes = key == 'y' || key == 'Y', no = key == 'n' || key == 'N';

	a->end_command = yes;
	a->done = yes || no;
	if (a->done || key == K_ESCAPE || key == 'q')
		close_prompt(a);
}

void prompt_event(struct app *a, const struct event *e)
{
	if (a->prompt.kind == PROMPT_END)
		answer(a, e->key);
	else if (e->key == K_ESCAPE || e->key == K_CLICK)
		cancel(a);
	else if (e->key == K_ENTER)
		accept(a);
	else
		edit(a, e->key);
}
