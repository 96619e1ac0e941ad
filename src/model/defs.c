/* defs.c - definitions: tables that only grow, numbered from 1
 *
 * Strings are interned and stacks form a trie, so equal text has one id and
 * equal stacks have one id: readers compare numbers. A sample on a known stack
 * costs one lookup for each of its frames and no allocation. An id that was
 * never given out yields an empty item, so that a reader of hostile input need
 * not check.
 */
#include "cprof/model.h"

#include <string.h>

#define LONGEST_STRING ((size_t)1 << 20)
/* A target that chooses strings of equal hash only spoils its own merging. */
#define LONGEST_CHAIN 64
#define PAIR(a, b) ((uint64_t)(a) << 32 | (uint32_t)(b))

void defs_init(struct defs *d)
{
	*d = (struct defs){ 0 };
	arena_init(&d->arena);
	map_init(&d->string_map);
	map_init(&d->frame_map);
	map_init(&d->stack_map);
	map_init(&d->note_map);
}

void defs_release(struct defs *d)
{
	arena_release(&d->arena);
	vec_release(&d->strings);
	vec_release(&d->codes);
	vec_release(&d->frames);
	vec_release(&d->stacks);
	vec_release(&d->threads);
	vec_release(&d->processes);
	map_release(&d->string_map);
	map_release(&d->frame_map);
	map_release(&d->stack_map);
	map_release(&d->note_map);
}

/* ---- strings ---------------------------------------------------------- */

static string_id find_in_chain(const struct defs *d, string_id id,
			       const char *text, size_t len)
{
	const struct string *s;
	int i;

	for (i = 0; id && i < LONGEST_CHAIN; i++, id = s->next) {
		s = def_string(d, id);
		if (s->len == len && memcmp(s->text, text, len) == 0)
			return id;
	}
	return 0;
}

static string_id add_string(struct defs *d, const char *text, size_t len,
			    string_id next)
{
	char *copy = arena_alloc(&d->arena, len + 1);
	struct string *s = copy ? vec_push(&d->strings) : NULL;

	if (!s)
		return 0;
	memcpy(copy, text, len);
	s->text = copy;
	s->len = (uint32_t)len;
	s->next = next;
	return d->strings.count;
}

string_id defs_string(struct defs *d, const char *text, size_t len)
{
	uint32_t *head;
	string_id id;

	if (len == 0)
		text = "";
	len = MIN(len, LONGEST_STRING);
	head = map_slot(&d->string_map, hash_bytes(text, len));
	if (!head)
		return 0;
	id = find_in_chain(d, *head, text, len);
	if (id)
		return id;
	id = add_string(d, text, len, *head);
	if (id)
		*head = id;
	return id;
}

/* ---- codes, frames, stacks -------------------------------------------- */

code_id defs_code(struct defs *d, const struct code *code)
{
	struct code *c = vec_push(&d->codes);

	if (!c)
		return 0;
	*c = *code;
	return d->codes.count;
}

frame_id defs_find_frame(const struct defs *d, code_id code, int32_t offset)
{
	const uint32_t *id = map_find(&d->frame_map, PAIR(code, offset));

	return id ? *id : 0;
}

frame_id defs_frame(struct defs *d, const struct frame *f)
{
	uint32_t *id = map_slot(&d->frame_map, PAIR(f->code, f->offset));
	struct frame *added;

	if (!id || *id)
		return id ? *id : 0;
	added = vec_push(&d->frames);
	if (!added)
		return 0;
	*added = *f;
	return *id = d->frames.count;
}

frame_id defs_note(struct defs *d, const char *text, size_t len)
{
	struct code code = { .kind = FRAME_NOTE };
	struct frame frame = { .offset = -1 };
	uint32_t *id;

	code.name = defs_string(d, text, len);
	id = code.name ? map_slot(&d->note_map, code.name) : NULL;
	if (!id || *id)
		return id ? *id : 0;
	frame.code = defs_code(d, &code);
	if (!frame.code)
		return 0;
	return *id = defs_frame(d, &frame);
}

stack_id defs_stack(struct defs *d, stack_id parent, frame_id frame)
{
	uint32_t depth = def_stack(d, parent)->depth + 1, *id;
	struct stack *added;

	if (parent > d->stacks.count) /* or a walk to the root might not end */
		return 0;
	id = map_slot(&d->stack_map, PAIR(parent, frame));
	if (!id || *id)
		return id ? *id : 0;
	added = vec_push(&d->stacks);
	if (!added)
		return 0;
	*added = (struct stack){ parent, frame, depth };
	return *id = d->stacks.count;
}

/* ---- threads and processes -------------------------------------------- */

thread_id defs_thread(struct defs *d, const struct thread *t)
{
	struct thread *added = vec_push(&d->threads);

	if (!added)
		return 0;
	*added = *t;
	return d->threads.count;
}

process_id defs_process(struct defs *d, const struct process *p)
{
	struct process *added = vec_push(&d->processes);

	if (!added)
		return 0;
	*added = *p;
	return d->processes.count;
}

/* ---- items of ids ----------------------------------------------------- */

/* id - 1 of id 0 is larger than any count. */
#define ITEM(v, id, none) ((id)-1 < (v)->count ? &(v)->items[(id)-1] : none)

const struct string *def_string(const struct defs *d, string_id id)
{
	static const struct string none = { .text = "" };

	return ITEM(&d->strings, id, &none);
}

const char *def_text(const struct defs *d, string_id id)
{
	return def_string(d, id)->text;
}

const struct code *def_code(const struct defs *d, code_id id)
{
	static const struct code none;

	return ITEM(&d->codes, id, &none);
}

const struct frame *def_frame(const struct defs *d, frame_id id)
{
	static const struct frame none = { .offset = -1 };

	return ITEM(&d->frames, id, &none);
}

const struct stack *def_stack(const struct defs *d, stack_id id)
{
	static const struct stack none;

	return ITEM(&d->stacks, id, &none);
}

const struct thread *def_thread(const struct defs *d, thread_id id)
{
	static const struct thread none;

	return ITEM(&d->threads, id, &none);
}

const struct process *def_process(const struct defs *d, process_id id)
{
	static const struct process none;

	return ITEM(&d->processes, id, &none);
}
