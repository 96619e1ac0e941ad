/* object.c - str and bytes of the target
 *
 * A string's characters lie behind its head, or, with a subclass of str, where
 * its head points to; they have one, two or four bytes each. They are copied in
 * pieces of bounded size, so a length that lies costs nothing. The target
 * may run on meanwhile: what is returned is valid UTF-8, but the caller must
 * know whether the object still is what it was.
 */
#include "cprof/python.h"

#include <string.h>

enum {
	PIECE = 16384, /* bytes of one read */
	OBJECT_HEAD_MAX = 136, /* the largest offset believed, and a word */
	STATE_KIND_SHIFT = 2, /* bits of PyASCIIObject.state */
	STATE_KIND_MASK = 7,
	STATE_COMPACT = 1 << 5,
	STATE_ASCII = 1 << 6,
};

/* Where the characters of a string are. */
struct chars {
	raddr_t at;
	uint64_t count;
	uint32_t width; /* bytes of one */
	bool ascii;
};

static bool is_object(raddr_t addr)
{
	return addr && !(addr & 7);
}

static uint64_t word_at(const uint8_t *head, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, head + offset, sizeof(word));
	return word;
}

static int chars_find(struct chars *c, const struct layout *l, struct mem *m,
		      raddr_t str)
{
	uint8_t head[OBJECT_HEAD_MAX];
	uint32_t len, state;
	int err;

	if (!is_object(str))
		return ERR_GARBAGE;
	len = MAX(l->unicode_length + 8, l->unicode_state + 4);
	err = mem_read(m, str, head, len);
	if (err)
		return err;
	c->count = word_at(head, l->unicode_length);
	memcpy(&state, head + l->unicode_state, sizeof(state));
	c->ascii = state & STATE_ASCII;
	c->width = state >> STATE_KIND_SHIFT & STATE_KIND_MASK;
	if (c->width != 1 && c->width != 2 && c->width != 4)
		return ERR_GARBAGE;
	if (c->count > INT32_MAX || (c->ascii && c->width != 1))
		return ERR_GARBAGE;
	if (!(state & STATE_COMPACT))
		return mem_read_u64(m, str + l->unicode_compact, &c->at);
	c->at = str + (c->ascii ? l->unicode_ascii : l->unicode_compact);
	return 0;
}

static uint32_t char_at(const uint8_t *data, uint32_t width, uint32_t i)
{
	uint16_t two;
	uint32_t four;

	if (width == 1)
		return data[i];
	if (width == 2) {
		memcpy(&two, data + i * sizeof(two), sizeof(two));
		return two;
	}
	memcpy(&four, data + i * sizeof(four), sizeof(four));
	return four;
}

/* A lone surrogate is no character. Python makes U+DCNN of a byte NN of a file
 * name that was not UTF-8. */
static void add_char(struct buf *out, uint32_t c)
{
	if (c >= 0xdc80 && c <= 0xdcff)
		buf_printf(out, "\\x%02x", (unsigned int)(c & 0xff));
	else if (c >= 0xd800 && c <= 0xdfff)
		buf_printf(out, "\\u%04x", (unsigned int)c);
	else
		text_encode(out, c);
}

static bool is_ascii(const uint8_t *data, uint32_t count)
{
	uint8_t all = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		all |= data[i];
	return all < 0x80;
}

static int add_chars(struct buf *out, const struct chars *c,
		     const uint8_t *data, uint32_t count)
{
	uint32_t i, ch;

	if (c->width == 1 && is_ascii(data, count)) {
		buf_add(out, data, count);
		return 0;
	}
	if (c->ascii)
		return ERR_GARBAGE;
	for (i = 0; i < count; i++) {
		ch = char_at(data, c->width, i);
		if (ch > 0x10ffff)
			return ERR_GARBAGE;
		add_char(out, ch);
	}
	return 0;
}

static int copy_chars(struct buf *out, const struct chars *c, struct mem *m,
		      uint64_t count)
{
	uint8_t data[PIECE];
	uint64_t done;
	uint32_t n;
	int err;

	for (done = 0; done < count; done += n) {
		n = (uint32_t)MIN(count - done, PIECE / c->width);
		err = mem_read(m, c->at + done * c->width, data, n * c->width);
		if (!err)
			err = add_chars(out, c, data, n);
		if (err)
			return err;
	}
	return 0;
}

/* All or nothing of it. */
static int settle(struct buf *out, size_t before, int err)
{
	if (!err && out->failed)
		err = ERR_NOMEM;
	if (err && out->len > before) {
		out->len = before;
		out->data[before] = '\0';
	}
	return err;
}

int object_str(const struct python *p, struct mem *m, raddr_t str,
	       unsigned int limit, struct buf *out)
{
	size_t before = out->len;
	struct chars c;
	int err;

	err = chars_find(&c, &p->layout, m, str);
	if (err)
		return err;
	err = copy_chars(out, &c, m, MIN(c.count, limit));
	if (c.count > limit)
		buf_puts(out, "\xe2\x80\xa6"); /* an ellipsis */
	return settle(out, before, err);
}

static int copy_bytes(struct buf *out, struct mem *m, raddr_t at, uint64_t size)
{
	uint8_t data[PIECE];
	uint64_t done;
	uint32_t n;
	int err;

	for (done = 0; done < size; done += n) {
		n = (uint32_t)MIN(size - done, sizeof(data));
		err = mem_read(m, at + done, data, n);
		if (err)
			return err;
		buf_add(out, data, n);
	}
	return 0;
}

int object_bytes(const struct python *p, struct mem *m, raddr_t bytes,
		 unsigned int limit, struct buf *out)
{
	size_t before = out->len;
	uint64_t size;
	int err;

	if (!is_object(bytes))
		return ERR_GARBAGE;
	err = mem_read_u64(m, bytes + p->layout.bytes_size, &size);
	if (err)
		return err;
	if (size > INT32_MAX)
		return ERR_GARBAGE;
	if (size > limit)
		return ERR_FULL;
	err = copy_bytes(out, m, bytes + p->layout.bytes_data, size);
	return settle(out, before, err);
}
