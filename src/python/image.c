/* image.c - pieces of a target's memory, copied at one instant
 *
 * Built for a stack: about ten pieces (thread state, a data-stack chunk, frames
 * of generators), looked up in the order in which they were planned. Storage
 * is kept from tick to tick, so a stack that does not grow allocates nothing.
 */
#include "cprof/python.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

void image_init(struct image *i)
{
	*i = (struct image){ 0 };
}

void image_release(struct image *i)
{
	vec_release(&i->pieces);
	free(i->data);
	*i = (struct image){ 0 };
}

void image_reset(struct image *i)
{
	i->pieces.count = 0;
	i->used = 0;
	i->last = 0;
}

static int make_room(struct image *i, size_t len)
{
	size_t room = MAX(i->room, 4096);
	uint8_t *data;

	if (i->used + len <= i->room)
		return 0;
	while (room < i->used + len)
		room *= 2;
	data = realloc(i->data, room);
	if (!data)
		return ERR_NOMEM;
	i->data = data;
	i->room = room;
	return 0;
}

int image_add(struct image *i, raddr_t addr, uint32_t len)
{
	struct image_piece *piece;

	if (make_room(i, len))
		return ERR_NOMEM;
	piece = vec_push(&i->pieces);
	if (!piece)
		return ERR_NOMEM;
	*piece =
		(struct image_piece){ .addr = addr, .len = len, .at = i->used };
	i->used += (len + 7) & ~7u; /* words stay aligned */
	return 0;
}

static int fetch_batch(struct image *i, uint32_t from, uint32_t n,
		       struct mem *m)
{
	struct mem_seg segs[BATCH];
	struct image_piece *pieces = i->pieces.items + from;
	uint32_t k;
	int err;

	for (k = 0; k < n; k++)
		segs[k] = (struct mem_seg){ .addr = pieces[k].addr,
					    .buf = i->data + pieces[k].at,
					    .len = pieces[k].len };
	err = m->readv(m, segs, n);
	for (k = 0; !err && k < n; k++)
		if (segs[k].err)
			pieces[k].len = 0;
	return err;
}

int image_fetch(struct image *i, uint32_t from, struct mem *m)
{
	uint32_t n;
	int err = 0;

	for (; !err && from < i->pieces.count; from += n) {
		n = MIN(i->pieces.count - from, BATCH);
		err = fetch_batch(i, from, n, m);
	}
	return err;
}

const uint8_t *image_piece_data(const struct image *i, uint32_t k)
{
	const struct image_piece *piece = &i->pieces.items[k];

	return piece->len ? i->data + piece->at : NULL;
}

static const void *in_piece(struct image *i, uint32_t k, raddr_t addr,
			    uint32_t len)
{
	struct image_piece *piece = &i->pieces.items[k];

	if (addr < piece->addr || len > piece->len ||
	    addr - piece->addr > piece->len - len)
		return NULL;
	i->last = k;
	piece->hit = true;
	return i->data + piece->at + (addr - piece->addr);
}

const void *image_at(struct image *i, raddr_t addr, uint32_t len)
{
	const void *hit = NULL;
	uint32_t n = i->pieces.count, k;

	if (i->last < n)
		hit = in_piece(i, i->last, addr, len);
	if (!hit && i->last + 1 < n)
		hit = in_piece(i, i->last + 1, addr, len);
	for (k = n; !hit && k-- > 0;) /* what was fetched last comes first */
		hit = in_piece(i, k, addr, len);
	return hit;
}

bool image_tried(const struct image *i, raddr_t addr)
{
	uint32_t k;

	for (k = 0; k < i->pieces.count; k++)
		if (i->pieces.items[k].addr == addr &&
		    i->pieces.items[k].len == 0)
			return true;
	return false;
}
