/* arena.c - memory that is given back all at once
 *
 * A list of blocks; the newest is cut from front to back. Blocks double up to
 * a limit, so a small profile costs a page and a big one few calls of malloc.
 * Built for millions of short strings that live as long as their profile.
 */
#include "cprof/base.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 16
#define FIRST_BLOCK ((size_t)4096)
#define LAST_BLOCK ((size_t)1 << 20)

struct arena_block {
	struct arena_block *next;
	size_t used; /* of data */
	size_t size; /* of data */
	_Alignas(ALIGN) char data[]; /* zeroed from used on */
};

void arena_init(struct arena *a)
{
	a->blocks = NULL;
	a->block_size = FIRST_BLOCK;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->blocks, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	arena_init(a);
}

static struct arena_block *new_block(size_t size)
{
	struct arena_block *b = calloc(1, sizeof(*b) + size);

	if (b)
		b->size = size;
	return b;
}

/* A block of its own, behind the newest, which stays in use. */
static void *alloc_large(struct arena *a, size_t size)
{
	struct arena_block *b = new_block(size);
	struct arena_block **place = a->blocks ? &a->blocks->next : &a->blocks;

	if (!b)
		return NULL;
	b->used = size;
	b->next = *place;
	*place = b;
	return b->data;
}

static int add_block(struct arena *a)
{
	struct arena_block *b = new_block(a->block_size);

	if (!b)
		return ERR_NOMEM;
	b->next = a->blocks;
	a->blocks = b;
	a->block_size = MIN(a->block_size * 2, LAST_BLOCK);
	return 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = (MAX(size, (size_t)1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!b || b->size - b->used < size) {
		if (size > a->block_size / 4)
			return alloc_large(a, size);
		if (add_block(a))
			return NULL;
		b = a->blocks;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_dup(struct arena *a, const void *data, size_t size)
{
	void *p = arena_alloc(a, size);

	if (p && size)
		memcpy(p, data, size);
	return p;
}
