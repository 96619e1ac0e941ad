/* stack.c - copy one thread's frames, mostly in one read
 *
 * The pieces that the last walk needed are fetched at once (prediction); the
 * walk then asks for what is missing. Up to a page beyond the data stack's top
 * is read, as a frame that is being pushed lies there already. Most stacks are
 * one chunk and, for generators, some loose frames.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	BEYOND_TOP = 320, /* bytes: a frame and its first locals */
	CHUNK = 16384, /* DATA_STACK_CHUNK_SIZE */
	CHUNK_MAX = 1 << 24,
	PLAN_MAX = 600, /* pieces that are predicted */
	REHEARSED_FETCHES = 8,
};

struct chunk {
	raddr_t base, end; /* end: what may hold frames */
};

static uint64_t word_at(const void *base, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, (const char *)base + offset, sizeof(word));
	return word;
}

/* The newest chunk, from the copied thread state. Chunks are whole multiples
 * of CHUNK: what lies beyond may not be mapped. */
static struct chunk newest_chunk(struct capture *c, struct tstate *t)
{
	const struct layout *l = &c->python.layout;
	const void *state = image_at(&t->image, t->addr, l->thread_top + 8);
	struct chunk chunk = { 0 };
	raddr_t used;

	if (!state)
		return chunk;
	chunk.base = word_at(state, l->thread_chunk);
	used = word_at(state, l->thread_top) - chunk.base;
	chunk.end = chunk.base;
	if (chunk.base && used <= CHUNK_MAX)
		chunk.end += MIN(used + BEYOND_TOP,
				 (used + CHUNK - 1) / CHUNK * CHUNK);
	return chunk;
}

/* From the chunk at *cursor to the next older one that was not read yet; 0
 * if there is none. */
static raddr_t next_older_chunk(struct capture *c, struct tstate *t,
				raddr_t *cursor)
{
	const struct layout *l = &c->python.layout;
	const void *head = image_at(&t->image, *cursor, l->chunk_data);
	int left = FETCHES_MAX; /* the list may be a ring */

	while (head && left-- > 0) {
		*cursor = word_at(head, l->chunk_previous);
		head = *cursor ? image_at(&t->image, *cursor, l->chunk_data) :
				 NULL;
	}
	return *cursor && !head && !image_tried(&t->image, *cursor) ? *cursor :
								      0;
}

static int add_missing(struct capture *c, struct tstate *t,
		       const struct walk *w, raddr_t *cursor)
{
	struct chunk chunk = newest_chunk(c, t);
	raddr_t older;
	int err;

	if (!*cursor)
		*cursor = chunk.base;
	if (w->missing >= chunk.base && w->missing < chunk.end &&
	    !image_tried(&t->image, chunk.base))
		return image_add(&t->image, chunk.base, chunk.end - chunk.base);
	err = image_add(&t->image, w->missing, w->missing_len);
	older = *cursor ? next_older_chunk(c, t, cursor) : 0;
	if (!err && older && older != chunk.base)
		err = image_add(&t->image, older, CHUNK);
	return err;
}

static int fetch(struct capture *c, struct tstate *t, uint32_t from,
		 raddr_t gil, struct glance *g)
{
	int err = g ? glance_add(c, &t->image, gil, g) : 0;

	if (!err)
		err = image_fetch(&t->image, from, c->target->mem);
	if (!err && g)
		err = glance_parse(c, &t->image, g);
	return err;
}

/* Anew what the last walk needed, with the newest chunk up to where its top
 * was. */
static int plan(struct capture *c, struct tstate *t)
{
	struct image *i = &t->image;
	struct chunk chunk = newest_chunk(c, t);
	uint32_t n = i->pieces.count, k;
	struct image_piece old;
	int err = 0;

	image_reset(i);
	if (!t->planned)
		return image_add(i, t->addr, c->python.layout.thread_top + 8);
	for (k = 0; !err && k < n; k++) {
		old = i->pieces.items[k];
		if (!old.len || !old.hit || i->pieces.count >= PLAN_MAX)
			continue;
		if (old.addr >= chunk.base && old.addr < chunk.end)
			continue;
		err = image_add(i, old.addr, old.len);
	}
	if (!err && chunk.end > chunk.base)
		err = image_add(i, chunk.base, chunk.end - chunk.base);
	return err;
}

/* The root end went round in the scratch buffer: put it in order. */
static int keep_frames(struct capture *c, struct tstate *t,
		       const struct walk *w)
{
	uint32_t rest = w->room - w->keep_leaf, from, k;

	t->raw.count = 0;
	while (t->raw.room < w->count)
		if (vec_grow((void **)&t->raw.items, t->raw.room, &t->raw.room,
			     sizeof(*t->raw.items)))
			return ERR_NOMEM;
	for (k = 0; k < w->count; k++) {
		from = k;
		if (w->total > w->room && k >= w->keep_leaf)
			from = w->keep_leaf +
			       (w->total - w->keep_leaf + k - w->keep_leaf) %
				       rest;
		t->raw.items[k] = c->scratch[from];
	}
	t->raw.count = w->count;
	t->total = w->total;
	return 0;
}

/* The state that was copied is that of the thread we take it for: it may have
 * been freed and used again at the same address. */
static bool is_same_thread(struct capture *c, struct tstate *t)
{
	const struct layout *l = &c->python.layout;
	const void *state = image_at(&t->image, t->addr, l->thread_top + 8);

	return state && word_at(state, l->thread_native_id) == t->native_id &&
	       word_at(state, l->thread_interp) == t->interp;
}

static int walk_error(enum walk_result result)
{
	switch (result) {
	case WALK_DONE:
		return 0;
	case WALK_HALF_MADE:
		return ERR_LOST;
	default:
		return ERR_GARBAGE;
	}
}

static void begin_walk(struct capture *c, const struct tstate *t, bool deep,
		       struct walk *w)
{
	walk_init(w, t->addr);
	w->frames = c->scratch;
	w->room = STACK_ROOM;
	w->keep_leaf = STACK_KEEP_LEAF;
	w->limit = STACK_LIMIT;
	w->expected = deep || !t->total ? STACK_LIMIT : t->total;
}

static int read_frames(struct capture *c, struct tstate *t, bool deep,
		       raddr_t gil, struct glance *g, int fetches)
{
	struct walk w;
	enum walk_result result;
	raddr_t cursor = 0;
	uint32_t from = 0;
	int err = plan(c, t);

	begin_walk(c, t, deep, &w);
	while (!err) {
		err = fetch(c, t, from, gil, g);
		if (err)
			break;
		result = walk_on(&w, &c->python.layout, &t->image);
		t->planned = true;
		if (result != WALK_MISSING && !is_same_thread(c, t)) {
			c->list_stale = true;
			return ERR_NOT_FOUND;
		}
		if (result != WALK_MISSING)
			return result ? walk_error(result) :
					keep_frames(c, t, &w);
		if (--fetches <= 0)
			return ERR_GARBAGE;
		from = t->image.pieces.count;
		err = add_missing(c, t, &w, &cursor);
	}
	return err;
}

int stack_read(struct capture *c, struct tstate *t, bool deep, raddr_t gil,
	       struct glance *g)
{
	return read_frames(c, t, deep, gil, g, FETCHES_MAX);
}

int stack_rehearse(struct capture *c, struct tstate *t, raddr_t gil,
		   struct glance *g)
{
	return read_frames(c, t, false, gil, g, REHEARSED_FETCHES);
}
