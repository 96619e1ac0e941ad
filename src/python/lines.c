/* lines.c - from an instruction to its line
 *
 * CPython's location table (Objects/locations.md, 3.11 and later): entries that
 * follow each other, each for one to eight code units. Only the first byte of
 * an entry has its high bit set, so columns are skipped without being decoded.
 * A lookup reads the table from the start; that is cheap enough because every
 * place is asked for once and then kept as a frame.
 */
#include "cprof/python.h"

enum {
	UNIT = 2, /* bytes of one code unit */
	ENTRY = 0x80, /* set in the first byte of an entry only */
	CODE_ONE_LINE_0 = 10, /* to 12: 0 to 2 lines further */
	CODE_ONE_LINE_2 = 12,
	CODE_NO_COLUMNS = 13,
	CODE_LONG = 14,
	CODE_NONE = 15, /* the compiler's own instructions */
	VARINT_MORE = 0x40,
	VARINT_BITS = 6,
};

struct cursor {
	const uint8_t *at, *end;
};

/* Stops where the next entry begins, whatever the bits before it say. */
static uint32_t take_varint(struct cursor *c)
{
	unsigned int shift = 0;
	uint32_t value = 0;
	uint8_t byte;

	do {
		if (c->at == c->end || *c->at & ENTRY || shift > 31)
			break;
		byte = *c->at++;
		value |= (uint32_t)(byte & (VARINT_MORE - 1)) << shift;
		shift += VARINT_BITS;
	} while (byte & VARINT_MORE);
	return value;
}

/* Bit 0 is the sign. */
static int64_t take_signed(struct cursor *c)
{
	uint32_t value = take_varint(c);
	int64_t size = value >> 1;

	return value & 1 ? -size : size;
}

static int64_t take_line_delta(struct cursor *c, unsigned int code)
{
	if (code == CODE_LONG || code == CODE_NO_COLUMNS)
		return take_signed(c);
	if (code >= CODE_ONE_LINE_0 && code <= CODE_ONE_LINE_2)
		return code - CODE_ONE_LINE_0;
	return 0;
}

static void skip_entry(struct cursor *c)
{
	while (c->at < c->end && !(*c->at & ENTRY))
		c->at++;
}

static int32_t line_or_none(int64_t line)
{
	return line > 0 && line <= INT32_MAX ? (int32_t)line : 0;
}

int32_t code_line(const void *linetable, size_t len, int32_t first_line,
		  int32_t offset)
{
	struct cursor c = { .at = linetable };
	int64_t line = first_line, end = 0;
	unsigned int code;
	uint8_t head;

	if (offset < 0) /* not begun; what PyCode_Addr2Line() says */
		return line_or_none(first_line);
	c.end = c.at + len;
	skip_entry(&c);
	while (c.at < c.end) {
		head = *c.at++;
		code = head >> 3 & 0xf;
		line += take_line_delta(&c, code);
		end += ((head & 7) + 1) * UNIT;
		if (offset < end)
			return code == CODE_NONE ? 0 : line_or_none(line);
		skip_entry(&c);
	}
	return 0;
}
