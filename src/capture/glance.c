/* glance.c - the few words that tell whether anything may have changed
 *
 * Whether this is the same program still (the main interpreter's address never
 * changes), whether interpreters or thread states came or went (new ones are
 * put at the heads of their lists), whether garbage is collected, and who took
 * the GIL last, how often it went to another thread, and whether it is held.
 */
#include "internal.h"

#include <string.h>

static uint32_t words_len(const struct layout *l)
{
	return l->gil_switch_number + 8 - l->gil_last_holder;
}

/* Of each interpreter: where its list of thread states begins, whether it collects
 * garbage, and how many code objects it has freed. */
enum { HEAD, COLLECTING, CODES_FREED, WORDS };

static uint32_t offset_of(const struct layout *l, int which)
{
	switch (which) {
	case HEAD:
		return l->interp_threads_head;
	case COLLECTING:
		return l->interp_gc + l->gc_collecting;
	default:
		return l->interp_codes_freed;
	}
}

static int add_interp(const struct capture *c, struct image *i,
		      const struct interp *interp)
{
	int which, err = 0;

	for (which = 0; !err && which < WORDS; which++)
		err = image_add(
			i, interp->addr + offset_of(&c->python.layout, which),
			8);
	return err;
}

int glance_add(struct capture *c, struct image *i, raddr_t gil,
	       const struct glance *g)
{
	const struct layout *l = &c->python.layout;
	raddr_t lists =
		c->python.runtime.address + l->runtime_interpreters_head;
	unsigned int k;
	int err = g->rseq ? image_add(i, g->rseq, TASK_RSEQ_LEN) : 0;

	if (!err)
		err = image_add(i, lists, 8);
	if (!err)
		err = image_add(i, c->python.mark_at, 8);
	for (k = 0; !err && k < c->interp_count; k++)
		err = add_interp(c, i, &c->interps[k]);
	if (!err)
		err = image_add(i, gil + l->gil_last_holder, words_len(l));
	return err;
}

static uint64_t word(const uint8_t *at)
{
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static void parse_words(struct gil_words *w, const struct layout *l,
			const uint8_t *at)
{
	int locked;

	memcpy(&locked, at + l->gil_locked - l->gil_last_holder,
	       sizeof(locked));
	w->holder = word(at);
	w->locked = locked == 1;
	w->switches = word(at + l->gil_switch_number - l->gil_last_holder);
}

static int parse_cpu(const struct image *i, uint32_t k)
{
	const uint8_t *at = image_piece_data(i, k);

	return at ? task_cpu(at) : -1;
}

/* The words are ints of 32 bits, but for the head. */
static bool parse_interp(const struct image *i, uint32_t first,
			 struct interp *interp)
{
	interp->collects =
		(uint32_t)word(image_piece_data(i, first + COLLECTING)) != 0;
	interp->codes_freed =
		(uint32_t)word(image_piece_data(i, first + CODES_FREED));
	return word(image_piece_data(i, first + HEAD)) == interp->threads_head;
}

int glance_parse(struct capture *c, struct image *i, struct glance *g)
{
	uint32_t first = i->pieces.count - WORDS * c->interp_count - 3;
	const uint8_t *at = image_piece_data(i, i->pieces.count - 1);
	unsigned int k;

	if (word(image_piece_data(i, first + 1)) != c->python.mark)
		return ERR_REPLACED;
	if (!at)
		return ERR_FAULT;
	parse_words(&g->words, &c->python.layout, at);
	g->cpu = g->rseq ? parse_cpu(i, first - 1) : -1;
	g->lists_same = word(image_piece_data(i, first)) == c->interps_head;
	for (k = 0; k < c->interp_count; k++)
		if (!parse_interp(i, first + 2 + WORDS * k, &c->interps[k]))
			g->lists_same = false;
	return 0;
}

int glance_read(struct capture *c, raddr_t gil, struct glance *g)
{
	int err;

	image_reset(&c->glance);
	err = glance_add(c, &c->glance, gil, g);
	if (!err)
		err = image_fetch(&c->glance, 0, c->target->mem);
	return err ? err : glance_parse(c, &c->glance, g);
}
