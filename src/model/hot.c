/* hot.c - functions, or lines, by own and total time
 *
 * A row is what a person calls one function: code objects with the same name,
 * file and line share it (a module that is loaded again, a nested function that
 * is made at each call). `index` finds the row of a code object or frame that
 * was met before, `places` that of an equal one. Built for the live view: a
 * sample costs one lookup a frame, a new window costs one pass over the rows.
 */
#include "cprof/model.h"

void hot_init(struct hot *h, const struct view *view, bool by_line)
{
	*h = (struct hot){ .view = *view, .by_line = by_line };
	map_init(&h->index);
	map_init(&h->places);
}

void hot_release(struct hot *h)
{
	vec_release(&h->rows);
	map_release(&h->index);
	map_release(&h->places);
}

/* Row number of an equal function, or a new one; 0 without memory. */
static uint32_t find_row(struct hot *h, const struct code *code, int32_t line)
{
	uint64_t key = hash_mix((uint64_t)code->name << 32 | code->file,
				(uint32_t)line);
	uint32_t *head = map_slot(&h->places, key), n;
	struct hot_row *r;

	for (n = head ? *head : 0; n; n = r->next) {
		r = &h->rows.items[n - 1];
		if (r->name == code->name && r->file == code->file &&
		    r->line == line)
			return n;
	}
	r = head ? vec_push(&h->rows) : NULL;
	if (!r)
		return 0;
	r->name = code->name;
	r->file = code->file;
	r->short_file = code->short_file;
	r->line = line;
	r->next = *head;
	return *head = h->rows.count;
}

/* The row of a frame; NULL for a note, or with *err without memory. */
static struct hot_row *row_of(struct hot *h, const struct defs *d, frame_id id,
			      int *err)
{
	const struct frame *f = def_frame(d, id);
	const struct code *code = def_code(d, f->code);
	uint32_t *row;

	if (code->kind == FRAME_NOTE || !code->name)
		return NULL;
	row = map_slot(&h->index, h->by_line ? id : f->code);
	if (row && !*row)
		*row = find_row(h, code,
				h->by_line ? f->line : code->first_line);
	if (row && *row)
		return &h->rows.items[*row - 1];
	*err = ERR_NOMEM;
	return NULL;
}

/* A number that no row has seen. */
static uint32_t next_serial(struct hot *h)
{
	uint32_t i;

	if (++h->serial)
		return h->serial;
	for (i = 0; i < h->rows.count; i++)
		h->rows.items[i].seen = 0;
	return h->serial = 1;
}

static void count_time(struct hot_row *r, uint64_t ns, bool own,
		       uint32_t serial)
{
	if (own) {
		r->own_ns += ns;
		r->window_own_ns += ns;
	}
	if (r->seen == serial)
		return;
	r->seen = serial;
	r->total_ns += ns;
	r->window_total_ns += ns;
}

int hot_sample(struct hot *h, const struct defs *d, const struct sample *s)
{
	uint64_t ns = view_weight(&h->view, s);
	const struct stack *stack;
	struct hot_row *row;
	uint32_t serial;
	bool new_tick;
	stack_id id;
	int err = 0;

	/* before the filter: a per cent is one of all the time that passed */
	h->window_samples_ns += observed_add(&h->observed, s, &new_tick);
	if (!view_wants(&h->view, s))
		return 0;
	serial = next_serial(h);
	for (id = s->stack; id; id = stack->parent) {
		stack = def_stack(d, id);
		row = row_of(h, d, stack->frame, &err);
		if (row)
			count_time(row, ns, id == s->stack, serial);
	}
	return err;
}

void hot_next_window(struct hot *h)
{
	uint32_t i;

	for (i = 0; i < h->rows.count; i++) {
		h->rows.items[i].window_own_ns = 0;
		h->rows.items[i].window_total_ns = 0;
	}
	h->window_samples_ns = 0;
}
