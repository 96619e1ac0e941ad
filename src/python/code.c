/* code.c - what a code object says of itself
 *
 * Code objects do not change, but one can die and another take its address.
 * Its print, a few words of its head that differ between any two, is fetched
 * with the frames; what was read of it at leisure counts only if the print was
 * the same before and after.
 */
#include "cprof/python.h"

#include <string.h>

enum {
	UNIT = 2, /* bytes of one code unit */
	UNITS_MAX = 1 << 24,
	LINE_MIN = -65536, /* syntax trees made by hand have negative lines */
	NAME_MAX_CHARS = 16384,
	FILE_MAX_CHARS = 4096,
	LINETABLE_MAX = 4 << 20,
};

static uint32_t head_len(const struct layout *l)
{
	return MIN(l->code_adaptive, CODE_HEAD_MAX);
}

/* A published layout may have a field behind the head; it reads as 0 then,
 * which no print believes. */
static void head_get(const struct layout *l, const uint8_t *head,
		     uint32_t offset, void *out, size_t size)
{
	if (offset + size > head_len(l))
		memset(out, 0, size);
	else
		memcpy(out, head + offset, size);
}

void code_print_from(struct code_print *out, const struct layout *l,
		     const void *head)
{
	head_get(l, head, l->code_units, &out->units, 8);
	head_get(l, head, l->code_filename, &out->filename, 8);
	head_get(l, head, l->code_qualname, &out->qualname, 8);
	head_get(l, head, l->code_linetable, &out->linetable, 8);
	head_get(l, head, l->code_firstlineno, &out->firstlineno, 4);
	out->version = 0;
	if (l->code_version)
		head_get(l, head, l->code_version, &out->version, 4);
}

static bool is_object(raddr_t addr)
{
	return addr && !(addr & 7);
}

bool code_print_plausible(const struct code_print *c)
{
	return c->units >= 1 && c->units <= UNITS_MAX &&
	       c->firstlineno >= LINE_MIN && is_object(c->filename) &&
	       is_object(c->qualname) && is_object(c->linetable);
}

bool code_print_equal(const struct code_print *a, const struct code_print *b)
{
	return a->units == b->units && a->filename == b->filename &&
	       a->qualname == b->qualname && a->linetable == b->linetable &&
	       a->firstlineno == b->firstlineno && a->version == b->version;
}

void code_copy_init(struct code_copy *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->name);
	buf_init(&c->file);
	buf_init(&c->linetable);
}

void code_copy_release(struct code_copy *c)
{
	buf_release(&c->name);
	buf_release(&c->file);
	buf_release(&c->linetable);
}

static int read_head(struct code_copy *c, const struct python *p, struct mem *m,
		     raddr_t code)
{
	const struct layout *l = &p->layout;
	uint8_t head[CODE_HEAD_MAX];
	int32_t units;
	int err;

	err = mem_read(m, code, head, head_len(l));
	if (err)
		return err;
	code_print_from(&c->print, l, head);
	head_get(l, head, l->code_firsttraceable, &units, sizeof(units));
	c->first_traceable = units > 0 && units <= UNITS_MAX ? units * UNIT : 0;
	return code_print_plausible(&c->print) ? 0 : ERR_GARBAGE;
}

static int read_parts(struct code_copy *c, const struct python *p,
		      struct mem *m)
{
	int err;

	buf_reset(&c->name);
	buf_reset(&c->file);
	buf_reset(&c->linetable);
	err = object_str(p, m, c->print.qualname, NAME_MAX_CHARS, &c->name);
	if (!err)
		err = object_str(p, m, c->print.filename, FILE_MAX_CHARS,
				 &c->file);
	if (!err)
		err = object_bytes(p, m, c->print.linetable, LINETABLE_MAX,
				   &c->linetable);
	return err == ERR_FULL ? 0 : err; /* too long: its lines are unknown */
}

static int confirm(const struct code_copy *c, const struct python *p,
		   struct mem *m, raddr_t code)
{
	uint8_t head[CODE_HEAD_MAX];
	struct code_print now;
	int err;

	err = mem_read(m, code, head, head_len(&p->layout));
	if (err)
		return err == ERR_FAULT ? ERR_LOST : err;
	code_print_from(&now, &p->layout, head);
	return code_print_equal(&c->print, &now) ? 0 : ERR_LOST;
}

int code_copy_read(struct code_copy *c, const struct python *p, struct mem *m,
		   raddr_t code)
{
	int err, changed;

	err = read_head(c, p, m, code);
	if (err)
		return err;
	err = read_parts(c, p, m);
	changed = confirm(c, p, m, code);
	return changed ? changed : err;
}

bool code_is_hidden(int32_t first_line, const char *file)
{
	return first_line == 0 && strcmp(file, "__init__") == 0;
}
