/* map.c - 64-bit keys to 32-bit values
 *
 * Open addressing with linear probing, at most 3/4 full. Removing moves later
 * keys back instead of leaving marks, so a map that is used for hours as a
 * window of addresses does not silt up. Built for the sampling path: a lookup
 * touches one or two cache lines and an insertion allocates only when it has
 * to double.
 */
#include "cprof/base.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 16u
#define LAST_SLOTS (1u << 30)

struct map_slot {
	uint64_t key;
	uint32_t value;
	uint32_t used;
};

uint64_t hash_mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b << 32 | b >> 32)) + 0x9e3779b97f4a7c15ull;

	x ^= b * 0xd6e8feb86659fd93ull; /* so that (a, b) is not (b, a) */
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

uint64_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = hash_mix(len, 0), word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_mix(h, word);
	}
	if (len) {
		word = 0;
		memcpy(&word, p, len);
		h = hash_mix(h, word);
	}
	return h;
}

void map_init(struct map *m)
{
	m->slots = NULL;
	m->count = m->mask = 0;
}

void map_release(struct map *m)
{
	free(m->slots);
	map_init(m);
}

void map_clear(struct map *m)
{
	if (m->slots)
		memset(m->slots, 0, (m->mask + 1ull) * sizeof(*m->slots));
	m->count = 0;
}

static uint32_t home(const struct map *m, uint64_t key)
{
	return (uint32_t)hash_mix(key, 0) & m->mask;
}

/* Where the key is, or the free slot where it belongs. */
static struct map_slot *probe(const struct map *m, uint64_t key)
{
	uint32_t i = home(m, key);

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & m->mask;
	return &m->slots[i];
}

uint32_t *map_find(const struct map *m, uint64_t key)
{
	struct map_slot *slot;

	if (!m->slots)
		return NULL;
	slot = probe(m, key);
	return slot->used ? &slot->value : NULL;
}

static int enlarge(struct map *m)
{
	uint32_t slots = m->slots ? m->mask + 1 : 0, i;
	struct map bigger = { .count = m->count };

	if (slots >= LAST_SLOTS)
		return ERR_NOMEM;
	bigger.mask = (slots ? slots * 2 : FIRST_SLOTS) - 1;
	bigger.slots = calloc(bigger.mask + 1ull, sizeof(*bigger.slots));
	if (!bigger.slots)
		return ERR_NOMEM;
	for (i = 0; i < slots; i++)
		if (m->slots[i].used)
			*probe(&bigger, m->slots[i].key) = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

uint32_t *map_slot(struct map *m, uint64_t key)
{
	uint32_t *value = map_find(m, key);
	struct map_slot *slot;

	if (value)
		return value;
	if (!m->slots || m->count + 1 > (m->mask + 1ull) * 3 / 4)
		if (enlarge(m))
			return NULL;
	slot = probe(m, key);
	slot->key = key;
	slot->value = 0;
	slot->used = 1;
	m->count++;
	return &slot->value;
}

/* Is place within the cyclic range (hole, i]? Then its key may not move. */
static bool stays(uint32_t hole, uint32_t place, uint32_t i)
{
	if (hole <= i)
		return hole < place && place <= i;
	return hole < place || place <= i;
}

void map_remove(struct map *m, uint64_t key)
{
	uint32_t hole, i;

	if (!m->slots)
		return;
	hole = (uint32_t)(probe(m, key) - m->slots);
	if (!m->slots[hole].used)
		return;
	for (i = (hole + 1) & m->mask; m->slots[i].used;
	     i = (i + 1) & m->mask) {
		if (stays(hole, home(m, m->slots[i].key), i))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole].used = 0;
	m->count--;
}
