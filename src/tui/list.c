/* list.c - rows that scroll, and the one that is selected */
#include "list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void list_init(struct list *l)
{
	memset(l, 0, sizeof(*l));
	buf_init(&l->filter);
}

void list_release(struct list *l)
{
	vec_release(&l->order);
	buf_release(&l->filter);
}

static uint32_t clamp(int64_t x, uint32_t last)
{
	return x < 0 ? 0 : x > last ? last : (uint32_t)x;
}

static uint32_t last_top(const struct list *l)
{
	return l->order.count > l->height ? l->order.count - l->height : 0;
}

void list_fit(struct list *l)
{
	uint32_t height = MAX(l->height, 1u);

	l->cursor = l->order.count ? MIN(l->cursor, l->order.count - 1) : 0;
	l->top = MIN(l->top, last_top(l));
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (l->cursor >= l->top + height)
		l->top = l->cursor - height + 1;
}

void list_select(struct list *l, int64_t position)
{
	l->cursor = clamp(position, l->order.count ? l->order.count - 1 : 0);
	list_fit(l);
}

void list_move(struct list *l, int64_t delta)
{
	list_select(l, (int64_t)l->cursor + delta);
}

void list_scroll(struct list *l, int64_t delta)
{
	l->top = clamp((int64_t)l->top + delta, last_top(l));
	if (l->cursor < l->top)
		l->cursor = l->top;
	if (l->height && l->cursor >= l->top + l->height)
		l->cursor = l->top + l->height - 1;
	list_fit(l);
}

bool list_item(const struct list *l, uint32_t *item)
{
	if (l->cursor >= l->order.count)
		return false;
	*item = l->order.items[l->cursor];
	return true;
}

static bool is_equal(char a, char b)
{
	return a == b || tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t text_find(const struct buf *text, const struct buf *part)
{
	size_t i, j;

	if (!part->len)
		return NOT_FOUND;
	for (i = 0; i + part->len <= text->len; i++) {
		for (j = 0; j < part->len; j++)
			if (!is_equal(text->data[i + j], part->data[j]))
				break;
		if (j == part->len)
			return i;
	}
	return NOT_FOUND;
}
