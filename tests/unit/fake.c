/* fake.c - a target's memory made by hand
 */
#include "fake.h"

#include "unit.h"

#include <string.h>

enum {
	ROOM = 4 << 20,
	WORD = 8,
	LOG2_INDEX_BYTES = 5,
	STATE_COMPACT = 1 << 5,
	STATE_ASCII = 1 << 6,
	TYPE_SIZE = 1024,
};

const uint32_t fake_versions[4] = { 0x030b07f0, 0x030c01f0, 0x030d00f0,
				    0x030e03f0 };

static bool holds(const struct fake *f, const struct mem_seg *seg)
{
	return seg->addr >= FAKE_BASE && seg->len <= f->used &&
	       seg->addr - FAKE_BASE <= f->used - seg->len;
}

static int fake_readv(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	struct fake *f = (struct fake *)m;
	unsigned int i;

	f->calls++;
	for (i = 0; i < n; i++) {
		if (segs[i].len > FAKE_READ_MAX)
			f->too_large = true;
		segs[i].err = 0;
		if (segs[i].len && !holds(f, &segs[i]))
			segs[i].err = ERR_FAULT;
		else if (segs[i].len)
			memcpy(segs[i].buf,
			       f->data + (segs[i].addr - FAKE_BASE),
			       segs[i].len);
	}
	return 0;
}

void fake_init(struct fake *f, uint32_t version)
{
	memset(f, 0, sizeof(*f));
	f->mem.readv = fake_readv;
	f->room = ROOM;
	f->data = calloc(1, f->room);
	assert_non_null(f->data);
	assert_true(layout_for(&f->python.layout, version));
	f->str_type = fake_type(f, 1 << 28);
	f->int_type = fake_type(f, 1 << 24);
	f->dict_type = fake_type(f, 1 << 29);
}

void fake_release(struct fake *f)
{
	assert_false(f->too_large);
	free(f->data);
	f->data = NULL;
}

raddr_t fake_alloc(struct fake *f, uint32_t size)
{
	uint32_t at = (f->used + 15) & ~15u;

	assert_true(size < f->room - at);
	f->used = at + size;
	return FAKE_BASE + at;
}

void fake_put(struct fake *f, raddr_t addr, const void *data, uint32_t len)
{
	assert_true(addr >= FAKE_BASE && addr + len <= FAKE_BASE + f->used);
	memcpy(f->data + (addr - FAKE_BASE), data, len);
}

void fake_put_word(struct fake *f, raddr_t addr, uint64_t word)
{
	fake_put(f, addr, &word, sizeof(word));
}

void fake_put_int(struct fake *f, raddr_t addr, uint32_t word)
{
	fake_put(f, addr, &word, sizeof(word));
}

raddr_t fake_type(struct fake *f, uint64_t flags)
{
	raddr_t type = fake_alloc(f, TYPE_SIZE);

	fake_put_word(f, type + f->python.layout.type_flags, flags);
	return type;
}

raddr_t fake_object(struct fake *f, raddr_t type, uint32_t size)
{
	raddr_t object = fake_alloc(f, size);

	fake_put_word(f, object, 1); /* references */
	fake_put_word(f, object + f->python.layout.object_type, type);
	return object;
}

static raddr_t put_str(struct fake *f, const void *chars, uint32_t count,
		       uint32_t width, uint32_t state)
{
	const struct layout *l = &f->python.layout;
	uint32_t size = count * width, head = l->unicode_compact;
	bool compact = state & STATE_COMPACT;
	raddr_t str, at;

	if (compact && state & STATE_ASCII)
		head = l->unicode_ascii;
	str = fake_object(f, f->str_type, head + (compact ? size : WORD));
	at = compact ? str + head : fake_alloc(f, size);
	fake_put_word(f, str + l->unicode_length, count);
	fake_put_int(f, str + l->unicode_state, state | width << 2);
	if (!compact)
		fake_put_word(f, str + head, at);
	fake_put(f, at, chars, size);
	return str;
}

raddr_t fake_str(struct fake *f, const char *ascii)
{
	return put_str(f, ascii, (uint32_t)strlen(ascii), 1,
		       STATE_COMPACT | STATE_ASCII);
}

raddr_t fake_str_wide(struct fake *f, const void *chars, uint32_t count,
		      uint32_t width, bool compact)
{
	return put_str(f, chars, count, width, compact ? STATE_COMPACT : 0);
}

raddr_t fake_bytes(struct fake *f, const void *data, uint32_t len)
{
	const struct layout *l = &f->python.layout;
	raddr_t bytes = fake_object(f, f->int_type, l->bytes_data + len);

	fake_put_word(f, bytes + l->bytes_size, len);
	fake_put(f, bytes + l->bytes_data, data, len);
	return bytes;
}

raddr_t fake_int(struct fake *f, uint64_t value)
{
	const struct layout *l = &f->python.layout;
	uint32_t digits[3], count = 0;
	raddr_t number;

	for (; value; value >>= 30)
		digits[count++] = value & 0x3fffffff;
	number = fake_object(f, f->int_type, l->int_digits + 4 * count);
	fake_put(f, number + l->int_digits, digits, 4 * count);
	if (l->traits.int_signed_size)
		fake_put_word(f, number + l->int_tag, count);
	else
		fake_put_word(f, number + l->int_tag,
			      (uint64_t)count << 3 | (count ? 0 : 1));
	return number;
}

raddr_t fake_keys(struct fake *f, const struct fake_pair *pairs, uint32_t count,
		  unsigned int kind)
{
	const struct layout *l = &f->python.layout;
	const uint8_t log2 = LOG2_INDEX_BYTES, kind_byte = (uint8_t)kind;
	const uint32_t size = kind ? 16 : 24;
	uint32_t head = l->keys_indices + (1u << log2), i;
	raddr_t keys = fake_alloc(f, head + count * size), at;

	fake_put(f, keys + l->keys_log2_index_bytes, &log2, 1);
	fake_put(f, keys + l->keys_kind, &kind_byte, 1);
	fake_put_word(f, keys + l->keys_nentries, count);
	for (i = 0; i < count; i++) {
		at = keys + head + (i + 1) * size - 16;
		fake_put_word(f, at, pairs[i].key);
		if (kind < 2)
			fake_put_word(f, at + WORD, pairs[i].value);
	}
	return keys;
}

raddr_t fake_values(struct fake *f, const struct fake_pair *pairs,
		    uint32_t count, raddr_t at)
{
	const uint32_t first = f->python.layout.values_first;
	raddr_t values = at ? at : fake_alloc(f, first + count * WORD);
	uint32_t i;

	for (i = 0; i < count; i++)
		fake_put_word(f, values + first + i * WORD, pairs[i].value);
	return values;
}

raddr_t fake_dict(struct fake *f, const struct fake_pair *pairs, uint32_t count,
		  unsigned int kind)
{
	const struct layout *l = &f->python.layout;
	raddr_t dict = fake_object(f, f->dict_type, l->dict_values + WORD);

	fake_put_word(f, dict + l->dict_keys, fake_keys(f, pairs, count, kind));
	if (kind == 2)
		fake_put_word(f, dict + l->dict_values,
			      fake_values(f, pairs, count, 0));
	return dict;
}

raddr_t fake_module(struct fake *f, raddr_t dict)
{
	uint32_t head = f->python.layout.object_type + WORD;
	raddr_t module = fake_object(f, f->int_type, head + WORD);

	fake_put_word(f, module + head, dict);
	return module;
}
