/* ring.c - messages from one thread to one other, without a lock
 *
 * Positions count bytes since the beginning and never wrap; each is written by
 * one side only. A message lies in one piece behind a word with its length; if
 * it does not fit before the end of the storage, a mark there sends the reader
 * back to the start. All its pages are there from the beginning: the sampler
 * meets no page fault in its first round.
 */
#include "cprof/base.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CACHE_LINE 64
#define HEAD sizeof(uint64_t) /* the word before a message */
#define WRAP UINT64_MAX /* in it: go on at the start of the storage */
#define SMALLEST ((size_t)64)

struct ring {
	char *data;
	size_t size;

	/* the producer's */
	_Alignas(CACHE_LINE) _Atomic uint64_t written;
	uint64_t reserved; /* where the message in the making begins */
	size_t reserved_len;
	uint64_t seen_read; /* an older value of read */

	/* the consumer's */
	_Alignas(CACHE_LINE) _Atomic uint64_t read;
};

int ring_new(struct ring **out, size_t size)
{
	struct ring *r;

	if (size < SMALLEST || (size & (size - 1)))
		return ERR_GARBAGE;
	r = aligned_alloc(CACHE_LINE, sizeof(*r));
	if (!r)
		return ERR_NOMEM;
	*r = (struct ring){ .size = size };
	r->data = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (r->data == MAP_FAILED) {
		free(r);
		return ERR_NOMEM;
	}
	*out = r;
	return 0;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	munmap(r->data, r->size);
	free(r);
}

static uint64_t *word_at(const struct ring *r, uint64_t pos)
{
	return (uint64_t *)(void *)(r->data + (pos & (r->size - 1)));
}

static size_t whole(size_t len)
{
	return HEAD + ((len + 7) & ~(size_t)7);
}

/* Producer: is everything before end free or ours? */
static bool is_free(struct ring *r, uint64_t end)
{
	if (end - r->seen_read <= r->size)
		return true;
	r->seen_read = atomic_load_explicit(&r->read, memory_order_acquire);
	return end - r->seen_read <= r->size;
}

void *ring_reserve(struct ring *r, size_t len)
{
	uint64_t pos, rest;

	if (len > r->size / 4)
		return NULL;
	pos = atomic_load_explicit(&r->written, memory_order_relaxed);
	rest = r->size - (pos & (r->size - 1));
	if (rest < whole(len)) {
		if (!is_free(r, pos + rest + whole(len)))
			return NULL;
		*word_at(r, pos) = WRAP;
		pos += rest;
	} else if (!is_free(r, pos + whole(len))) {
		return NULL;
	}
	r->reserved = pos;
	r->reserved_len = len;
	return word_at(r, pos) + 1;
}

void ring_commit(struct ring *r, size_t len)
{
	len = MIN(len, r->reserved_len);
	*word_at(r, r->reserved) = len;
	atomic_store_explicit(&r->written, r->reserved + whole(len),
			      memory_order_release);
}

bool ring_is_filling(struct ring *r)
{
	uint64_t end = atomic_load_explicit(&r->written, memory_order_relaxed);

	if (end - r->seen_read < r->size / 4)
		return false;
	r->seen_read = atomic_load_explicit(&r->read, memory_order_acquire);
	return end - r->seen_read >= r->size / 4;
}

/* Consumer: the word of the oldest message, or NULL. */
static const uint64_t *oldest(struct ring *r, uint64_t *pos)
{
	uint64_t end = atomic_load_explicit(&r->written, memory_order_acquire);

	*pos = atomic_load_explicit(&r->read, memory_order_relaxed);
	if (*pos == end)
		return NULL;
	if (*word_at(r, *pos) == WRAP) /* a message always follows it */
		*pos += r->size - (*pos & (r->size - 1));
	return word_at(r, *pos);
}

const void *ring_peek(struct ring *r, size_t *len)
{
	uint64_t pos;
	const uint64_t *word = oldest(r, &pos);

	if (!word)
		return NULL;
	*len = *word;
	return word + 1;
}

void ring_drop(struct ring *r)
{
	uint64_t pos;
	const uint64_t *word = oldest(r, &pos);

	if (word)
		atomic_store_explicit(&r->read, pos + whole(*word),
				      memory_order_release);
}
