/* codes.c - which code object is at an address
 *
 * A code object is read once and found again by its address; another can move
 * in at the same address once it is freed. The frames of a sample keep theirs
 * alive while the thread stands, so the words that tell one from another are
 * compared right after it goes on, microseconds later, for every code object of
 * a stack that was copied in this tick, unless the interpreter's own count says
 * that none was freed. To fool this, one would have to be
 * freed, replaced, freed and replaced by an equal one within that time.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { STRING_MAX = 512 }; /* characters of a name that are compared */

static struct known_code *find(struct capture *c, raddr_t addr)
{
	uint32_t *slot = map_find(&c->code_index, addr);

	return slot && *slot ? &c->codes.items[*slot - 1] : NULL;
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

static uint32_t head_len(const struct capture *c)
{
	return MIN(c->python.layout.code_adaptive, CODE_HEAD_MAX);
}

/* <= 3.11 has no number that tells one code object from another, and all its
 * words can come back equal when one that was just freed is made anew. So the
 * names' own bytes are compared, from their length on. */
static bool compares_strings(const struct capture *c)
{
	return !c->python.layout.code_version;
}

/* The bytes that the object has for certain, from its length word on. Text of
 * ours is up to six times as long as the characters it stands for. */
static uint32_t string_len(const struct capture *c, const struct buf *text)
{
	const struct layout *l = &c->python.layout;
	size_t i, len = MIN(text->len, (size_t)STRING_MAX);

	for (i = 0; i < len; i++)
		if (text->data[i] & 0x80 || text->data[i] == '\\')
			len = text->len / 6;
	return l->unicode_ascii - l->unicode_length +
	       MIN(len, (size_t)STRING_MAX);
}

/* Files come with many code objects: each is read once. */
static int plan_file(struct capture *c, raddr_t addr, uint32_t len,
		     uint32_t *piece)
{
	const struct image_piece *there;
	uint32_t i;

	for (i = c->proofs.count; i-- > 0;) {
		there = &c->prints.pieces.items[c->proofs.items[i].file];
		*piece = c->proofs.items[i].file;
		if (there->addr == addr && there->len == len)
			return 0;
	}
	*piece = c->prints.pieces.count;
	return image_add(&c->prints, addr, len);
}

static int plan_code(struct capture *c, uint32_t code_index)
{
	const struct known_code *code = &c->codes.items[code_index];
	uint32_t skip = c->python.layout.unicode_length;
	struct proof proof = { .code = code_index,
			       .head = c->prints.pieces.count };
	struct proof *place;
	int err = image_add(&c->prints, code->addr, head_len(c));

	proof.name = c->prints.pieces.count;
	if (!err && compares_strings(c))
		err = image_add(&c->prints, code->print.qualname + skip,
				code->name_len);
	if (!err && compares_strings(c))
		err = plan_file(c, code->print.filename + skip, code->file_len,
				&proof.file);
	place = err ? NULL : vec_push(&c->proofs);
	if (place)
		*place = proof;
	return place || err ? err : ERR_NOMEM;
}

static uint64_t hash_strings(const struct capture *c, const struct proof *p)
{
	const struct image_piece *pieces = c->prints.pieces.items;
	const uint8_t *data = c->prints.data;

	return hash_mix(
		hash_bytes(data + pieces[p->name].at, pieces[p->name].len),
		hash_bytes(data + pieces[p->file].at, pieces[p->file].len));
}

static bool holds(struct capture *c, const struct proof *p)
{
	const struct known_code *code = &c->codes.items[p->code];
	const struct image_piece *head = &c->prints.pieces.items[p->head];
	struct code_print now;

	if (!head->len)
		return false;
	code_print_from(&now, &c->python.layout, c->prints.data + head->at);
	if (!code_print_equal(&now, &code->print))
		return false;
	return !compares_strings(c) || hash_strings(c, p) == code->strings;
}

static void reset_proofs(struct capture *c)
{
	image_reset(&c->prints);
	c->proofs.count = 0;
}

static int note_strings(struct capture *c, struct known_code *code)
{
	int err;

	code->name_len = string_len(c, &c->code_copy.name);
	code->file_len = string_len(c, &c->code_copy.file);
	reset_proofs(c);
	err = plan_code(c, (uint32_t)(code - c->codes.items));
	if (!err)
		err = image_fetch(&c->prints, 0, c->target->mem);
	if (!err)
		code->strings = hash_strings(c, &c->proofs.items[0]);
	return err;
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
	code->number = 0;
	code->print = c->code_copy.print;
	code->checked = c->code_epoch;
	if (compares_strings(c))
		err = note_strings(c, code);
	if (!err)
		err = send_code(c, c->next_code + 1, &c->code_copy);
	if (!err)
		code->number = ++c->next_code;
	return err;
}

/* Plan all codes of the stack that this epoch has not proven. */
static int plan_codes(struct capture *c, const struct tstate *t)
{
	struct known_code *code;
	uint32_t i;
	int err = 0;

	reset_proofs(c);
	for (i = 0; !err && i < t->raw.count; i++) {
		code = find(c, t->raw.items[i].code);
		if (!code || code->checked == c->code_epoch)
			continue;
		code->checked = c->code_epoch;
		err = plan_code(c, (uint32_t)(code - c->codes.items));
	}
	return err;
}

static int prove_known(struct capture *c, const struct tstate *t)
{
	const struct proof *p;
	uint32_t i;
	int err = plan_codes(c, t);

	if (!err && c->proofs.count)
		err = image_fetch(&c->prints, 0, c->target->mem);
	if (err)
		c->code_epoch++; /* what was to be proven is not */
	for (i = 0; !err && i < c->proofs.count; i++) {
		p = &c->proofs.items[i];
		if (!holds(c, p))
			c->codes.items[p->code].number = 0; /* define anew */
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

/* Frames that the stack has in common with the one before, from the root. */
static uint32_t common(const struct capture *c, const struct tstate *t)
{
	const struct msg_frame *old = t->frames.items + t->frames.count;
	const struct msg_frame *now = c->resolved.items + c->resolved.count;
	uint32_t most = MIN(t->frames.count, c->resolved.count), n = 0;

	while (n < most && !memcmp(old - n - 1, now - n - 1, sizeof(*now)))
		n++;
	return n;
}

static int take_over(struct capture *c, struct tstate *t, bool *changed)
{
	size_t size = c->resolved.count * sizeof(*c->resolved.items);
	bool was_cut = t->sent_total > t->frames.count;
	bool is_cut = t->total > c->resolved.count;
	uint32_t same = common(c, t);

	*changed = t->frames.count != c->resolved.count ||
		   same < c->resolved.count || t->sent_total != t->total;
	if (!*changed)
		return 0;
	if (was_cut || is_cut)
		same = 0; /* the cut lies elsewhere */
	t->same = t->unsent ? MIN(t->same, same) : same;
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

static enum lost_kind kind_of(int err)
{
	if (err == ERR_FULL)
		return LOST_RING;
	return err == ERR_GARBAGE || err == ERR_FAULT ? LOST_MEMORY : LOST_CODE;
}

static void resolve_fresh(struct capture *c, struct tstate *t)
{
	bool changed = false;
	int err = codes_resolve(c, t, &changed);

	t->unsent = t->unsent || changed;
	if (!err)
		return;
	t->have = false; /* read it again */
	t->lost = true;
	t->lost_kind = kind_of(err);
}

/* 3.14 counts the code objects that it frees, before it does: while the count
 * stands still, at the instant of the copies too, no address has got another one.
 * Elsewhere each tick proves its own. */
void codes_begin_epoch(struct capture *c)
{
	bool counted = c->python.layout.interp_codes_freed;
	uint64_t freed = 0;
	unsigned int i;

	for (i = 0; i < c->interp_count; i++) {
		freed = hash_mix(freed, c->interps[i].codes_freed);
		counted = counted && c->interps[i].codes_freed;
	}
	if (!counted || freed != c->codes_freed)
		c->code_epoch++;
	c->codes_freed = freed;
}

void codes_resolve_all(struct capture *c)
{
	struct tstate *t;
	uint32_t i;

	codes_begin_epoch(c);
	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (t->fresh && t->have)
			resolve_fresh(c, t);
		t->fresh = t->copied = false;
	}
}
