/* list.h - rows that scroll, and the one that is selected
 *
 * The selection stays on its row when rows change places, once the user has
 * moved it; until then, and after Home, it stays at the top.
 */
#ifndef CPROF_TUI_LIST_H
#define CPROF_TUI_LIST_H

#include "cprof/base.h"

struct list {
	VEC(uint32_t) order; /* what is shown: indices of the view's items */
	uint32_t cursor, top; /* positions in order */
	uint32_t height; /* rows that were in sight when last drawn */
	uint32_t shift; /* columns scrolled out to the left */
	uint64_t key; /* of the selected item; 0: stay at the top, or end */
	struct buf filter; /* only rows with this text */
};

void list_init(struct list *l);
void list_release(struct list *l);
/* Bring cursor and top into the bounds, the cursor into sight. */
void list_fit(struct list *l);
void list_select(struct list *l, int64_t position); /* clamped */
void list_move(struct list *l, int64_t delta);
/* As a mouse wheel does: the selection only moves to stay in sight. */
void list_scroll(struct list *l, int64_t delta);
/* The selected item; false if there is none. */
bool list_item(const struct list *l, uint32_t *item);

/* For search and filter: where the part is, in any case of ASCII; NOT_FOUND if
 * it is not. */
#define NOT_FOUND SIZE_MAX
size_t text_find(const struct buf *text, const struct buf *part);

#endif
