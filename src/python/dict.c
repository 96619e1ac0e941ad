/* dict.c - dicts of the target
 *
 * A lookup does not follow hashes: that would be one read after the other. All
 * entries come in one read, and then the keys in batches, each read as if it
 * were the one that is looked for. Built for dicts of some thousand strings,
 * such as sys.modules: a few dozen reads.
 */
#include "dict.h"

#include <string.h>

enum {
	WORD = 8,
	READ_MAX = 1 << 20, /* bytes of a dict's entries; more are left out */
	ENTRIES_MAX = 1 << 26, /* more are no dict */
	LOG2_INDEX_MAX = 28, /* of the bytes before the entries */
	SPLIT_MAX = 255, /* attributes that share their names */
	KEYS_GENERAL = 0, /* dk_kind: the entries hold hashes, too */
	KEYS_SPLIT = 2, /* the values lie elsewhere */
	BATCH = 128, /* keys read at once */
	TEXT_MAX = 16, /* bytes of a key that is looked for */
	KEY_BYTES = 128 + 2 * TEXT_MAX, /* its head, and its text */
	STATE_COMPACT_ASCII = 3 << 5, /* PyASCIIObject.state */
};

struct keys_head {
	uint8_t log2_index_bytes, kind;
	uint64_t count;
	raddr_t entries;
	uint32_t entry_size;
};

int mem_read_all(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	unsigned int i;
	int err;

	err = m->readv(m, segs, n);
	for (i = 0; !err && i < n; i++)
		err = segs[i].err;
	return err;
}

int type_check(const struct python *p, struct mem *m, raddr_t type,
	       uint64_t flags)
{
	uint64_t has;
	int err;

	err = mem_read_u64(m, type + p->layout.type_flags, &has);
	if (err)
		return err;
	return has & flags ? 0 : ERR_GARBAGE;
}

/* ---- entries ---------------------------------------------------------- */

static int keys_head_read(struct keys_head *h, const struct layout *l,
			  struct mem *m, raddr_t keys)
{
	struct mem_seg segs[] = {
		{ keys + l->keys_log2_index_bytes, &h->log2_index_bytes, 1, 0 },
		{ keys + l->keys_kind, &h->kind, 1, 0 },
		{ keys + l->keys_nentries, &h->count, WORD, 0 },
	};
	int err;

	err = mem_read_all(m, segs, ARRAY_SIZE(segs));
	if (err)
		return err;
	if (h->log2_index_bytes > LOG2_INDEX_MAX || h->kind > KEYS_SPLIT ||
	    h->count > (h->kind == KEYS_SPLIT ? SPLIT_MAX : ENTRIES_MAX))
		return ERR_GARBAGE;
	h->entries = keys + l->keys_indices + (1ull << h->log2_index_bytes);
	h->entry_size = h->kind == KEYS_GENERAL ? 3 * WORD : 2 * WORD;
	h->count = MIN(h->count, READ_MAX / h->entry_size);
	return 0;
}

static int table_fill(struct table *t, struct mem *m, const struct keys_head *h)
{
	uint32_t size = (uint32_t)h->count * h->entry_size, i;
	const uint32_t key_at = h->entry_size - sizeof(*t->pairs);
	uint8_t *entries = malloc(size);
	int err = ERR_NOMEM;

	t->pairs = calloc(h->count, sizeof(*t->pairs));
	if (!entries || !t->pairs)
		goto out;
	err = mem_read(m, h->entries, entries, size);
	if (err)
		goto out;
	t->count = (uint32_t)h->count;
	for (i = 0; i < t->count; i++)
		memcpy(&t->pairs[i], entries + i * h->entry_size + key_at,
		       sizeof(*t->pairs));
out:
	free(entries);
	if (err)
		table_release(t);
	return err;
}

int table_load(struct table *t, const struct python *p, struct mem *m,
	       raddr_t keys)
{
	struct keys_head h;
	int err;

	memset(t, 0, sizeof(*t));
	err = keys_head_read(&h, &p->layout, m, keys);
	if (err)
		return err;
	return h.count ? table_fill(t, m, &h) : 0;
}

void table_release(struct table *t)
{
	free(t->pairs);
	memset(t, 0, sizeof(*t));
}

int dict_load(struct table *t, const struct python *p, struct mem *m,
	      raddr_t dict)
{
	uint64_t type, keys, values;
	struct mem_seg segs[] = {
		{ dict + p->layout.object_type, &type, WORD, 0 },
		{ dict + p->layout.dict_keys, &keys, WORD, 0 },
		{ dict + p->layout.dict_values, &values, WORD, 0 },
	};
	int err;

	err = mem_read_all(m, segs, ARRAY_SIZE(segs));
	if (!err)
		err = type_check(p, m, type, TYPE_DICT);
	if (!err)
		err = table_load(t, p, m, keys);
	if (!err)
		t->values = values;
	return err;
}

/* ---- lookup ----------------------------------------------------------- */

/* Is that a str of just this ASCII text? */
static bool is_key(const struct layout *l, const uint8_t *object,
		   const char *key)
{
	size_t wanted = strlen(key);
	uint64_t len;
	uint32_t state;

	memcpy(&len, object + l->unicode_length, sizeof(len));
	memcpy(&state, object + l->unicode_state, sizeof(state));
	return len == wanted &&
	       (state & STATE_COMPACT_ASCII) == STATE_COMPACT_ASCII &&
	       memcmp(object + l->unicode_ascii, key, wanted) == 0;
}

/* A key that is shorter than the text may end with the memory there is: then
 * it cannot be read, and is not the one. */
static int find_batch(const struct table *t, uint32_t from,
		      const struct layout *l, struct mem *m, const char *key)
{
	uint32_t n = MIN(t->count - from, BATCH), i;
	uint32_t len = l->unicode_ascii + (uint32_t)strlen(key);
	uint8_t objects[BATCH][KEY_BYTES] = { { 0 } };
	struct mem_seg segs[BATCH];
	int err;

	for (i = 0; i < n; i++)
		segs[i] = (struct mem_seg){
			.addr = t->pairs[from + i].key,
			.buf = objects[i],
			.len = t->pairs[from + i].key ? len : 0,
		};
	err = m->readv(m, segs, n);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		if (segs[i].len && !segs[i].err && is_key(l, objects[i], key))
			break;
	return i < n ? (int)(from + i) : ERR_NOT_FOUND;
}

int table_find(const struct table *t, const struct python *p, struct mem *m,
	       const char *key)
{
	int found = ERR_NOT_FOUND;
	uint32_t from;

	if (strlen(key) > TEXT_MAX)
		return ERR_NOT_FOUND;
	for (from = 0; from < t->count && found == ERR_NOT_FOUND; from += BATCH)
		found = find_batch(t, from, &p->layout, m, key);
	return found;
}

int values_get(const struct python *p, struct mem *m, raddr_t values,
	       uint32_t index, raddr_t *out)
{
	raddr_t at = values + p->layout.values_first + (raddr_t)index * WORD;
	int err;

	err = mem_read_u64(m, at, out);
	if (err)
		return err;
	return *out ? 0 : ERR_NOT_FOUND;
}

int dict_get(const struct python *p, struct mem *m, raddr_t dict,
	     const char *key, raddr_t *out)
{
	struct table t;
	int err, index;

	err = dict_load(&t, p, m, dict);
	if (err)
		return err;
	index = table_find(&t, p, m, key);
	if (index < 0)
		err = index;
	else if (t.values)
		err = values_get(p, m, t.values, (uint32_t)index, out);
	else
		*out = t.pairs[index].value;
	if (!err && !*out)
		err = ERR_NOT_FOUND;
	table_release(&t);
	return err;
}
