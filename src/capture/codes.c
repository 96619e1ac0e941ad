/* codes.c - which code object is at an address
 *
 * A code object is read once and found again by its address; another can move
 * in at the same address once it is freed. The frames of a sample keep theirs
 * alive while the thread stands, so the words that tell one from another are
 * compared right after it goes on, microseconds later, for every code object of
 * a stack that was copied in this tick. To fool this, one would have to be
 * freed, replaced, freed and replaced by an equal one within that time.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static struct known_code *find(struct capture *c, raddr_t addr)
{
	uint32_t *slot = map_find(&c->code_index, addr);

	return slot ? &c->codes.items[*slot - 1] : NULL;
}

static struct known_code *add(struct capture *c, raddr_t addr)
{
	uint32_t *slot = map_slot(&c->code_index, addr);
	struct known_code *code = slot ? vec_push(&c->codes) : NULL;

	if (!code)
		return NULL;
	*slot = c->codes.count;
	code->addr = addr;
	return code;
}

/* Not known, or another one than was known: all it says, into the ring. */
static int define(struct capture *c, raddr_t addr)
{
	struct known_code *code;
	int err =
		code_copy_read(&c->code_copy, &c->python, c->target->mem, addr);

	if (err)
		return err;
	code = find(c, addr);
	if (!code)
		code = add(c, addr);
	if (!code)
		return ERR_NOMEM;
	err = send_code(c, c->next_code + 1, &c->code_copy);
	code->number = err ? 0 : ++c->next_code;
	code->print = c->code_copy.print;
	code->checked = c->serial;
	return err;
}

static uint32_t head_len(const struct capture *c)
{
	return MIN(c->python.layout.code_adaptive, CODE_HEAD_MAX);
}

/* Plan the heads of all codes of the stack that this tick has not proven. */
static int plan_heads(struct capture *c, const struct tstate *t)
{
	struct known_code *code;
	uint32_t i;
	int err = 0;

	image_reset(&c->prints);
	for (i = 0; !err && i < t->raw.count; i++) {
		code = find(c, t->raw.items[i].code);
		if (!code || code->checked == c->serial)
			continue;
		code->checked = c->serial;
		err = image_add(&c->prints, code->addr, head_len(c));
	}
	return err;
}

static bool same_print(const struct code_print *a, const struct code_print *b)
{
	return a->units == b->units && a->filename == b->filename &&
	       a->qualname == b->qualname && a->linetable == b->linetable &&
	       a->firstlineno == b->firstlineno;
}

static int prove_known(struct capture *c, const struct tstate *t)
{
	const struct image_piece *piece;
	struct known_code *code;
	struct code_print now;
	uint32_t i;
	int err = plan_heads(c, t);

	if (!err && c->prints.pieces.count)
		err = image_fetch(&c->prints, 0, c->target->mem);
	for (i = 0; !err && i < c->prints.pieces.count; i++) {
		piece = &c->prints.pieces.items[i];
		code = find(c, piece->addr);
		if (piece->len)
			code_print_from(&now, &c->python.layout,
					c->prints.data + piece->at);
		if (!piece->len || !same_print(&now, &code->print))
			code->number = 0; /* define it anew */
	}
	return err;
}

static int32_t offset_of(const struct capture *c, const struct raw_frame *f)
{
	raddr_t start = f->code + c->python.layout.code_adaptive;
	int64_t offset = (int64_t)(f->instr - start);

	return offset < 0 || offset > INT32_MAX ? -1 : (int32_t)offset;
}

static int resolve_one(struct capture *c, const struct raw_frame *raw)
{
	struct known_code *code = find(c, raw->code);
	struct msg_frame *frame;
	int32_t offset = offset_of(c, raw);
	int err;

	if (!code || !code->number) {
		err = define(c, raw->code);
		if (err)
			return err;
		code = find(c, raw->code);
	}
	if (offset >= 0 && (uint64_t)offset >= 2 * code->print.units)
		return ERR_GARBAGE;
	frame = vec_push(&c->resolved);
	if (!frame)
		return ERR_NOMEM;
	*frame = (struct msg_frame){ .code = code->number,
				     .offset = offset,
				     .generator = raw->generator };
	return 0;
}

static int take_over(struct capture *c, struct tstate *t, bool *changed)
{
	size_t size = c->resolved.count * sizeof(*c->resolved.items);

	*changed = t->frames.count != c->resolved.count ||
		   t->sent_total != t->total ||
		   (size && memcmp(t->frames.items, c->resolved.items, size));
	if (!*changed)
		return 0;
	t->frames.count = 0;
	t->sent_total = t->total;
	while (t->frames.room < c->resolved.count)
		if (vec_grow((void **)&t->frames.items, t->frames.room,
			     &t->frames.room, sizeof(*t->frames.items)))
			return ERR_NOMEM;
	if (size)
		memcpy(t->frames.items, c->resolved.items, size);
	t->frames.count = c->resolved.count;
	return 0;
}

int codes_resolve(struct capture *c, struct tstate *t, bool *changed)
{
	uint32_t i;
	int err = prove_known(c, t);

	c->resolved.count = 0;
	for (i = 0; !err && i < t->raw.count; i++)
		err = resolve_one(c, &t->raw.items[i]);
	return err ? err : take_over(c, t, changed);
}
