/* threads.c - which thread states there are
 *
 * The lists are walked only when something came or went. New thread states
 * are put at the head, whole, so a walk from the head is never torn by one; one
 * that goes is unlinked under the GIL, and then the heads or the owners read
 * do not fit and the walk is done again.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	THREADS_MAX = 65536,
	NAME_TRIES = 10, /* then the kernel's name counts */
};

struct tstate *threads_find(struct capture *c, raddr_t addr)
{
	uint32_t *slot = map_find(&c->thread_index, addr);

	return slot && *slot ? c->threads.items[*slot - 1] : NULL;
}

static void tstate_free(struct tstate *t)
{
	task_close(&t->task);
	image_release(&t->image);
	vec_release(&t->raw);
	vec_release(&t->frames);
	free(t);
}

void threads_release(struct capture *c)
{
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		send_gone(c, c->threads.items[i]);
		tstate_free(c->threads.items[i]);
	}
	vec_release(&c->threads);
	vec_release(&c->found);
	map_release(&c->found_ids);
	map_release(&c->idents);
	image_release(&c->list);
	map_release(&c->thread_index);
}

/* The last one takes the place of the one that goes. */
static void forget(struct capture *c, uint32_t i)
{
	struct tstate *t = c->threads.items[i];
	struct tstate *last = c->threads.items[--c->threads.count];
	uint32_t *slot;

	send_gone(c, t);
	map_remove(&c->thread_index, t->addr);
	c->threads.items[i] = last;
	slot = last != t ? map_find(&c->thread_index, last->addr) : NULL;
	if (slot)
		*slot = i + 1;
	tstate_free(t);
}

/* What it used before the first tick is not ours to tell; one that came later
 * is new, unless it is the other interpreter of a thread that we know. */
static void count_from_now(const struct capture *c, struct tstate *t)
{
	uint32_t i;
	bool known = c->serial <= 1;

	for (i = 0; !known && c->interp_count > 1 && i < c->threads.count; i++)
		known = c->threads.items[i] != t &&
			c->threads.items[i]->task.tid == t->task.tid;
	if (known && !task_sched(&t->task, &t->sched))
		t->cpu_counted_ns = t->sched.cpu_ns;
}

static struct tstate *adopt(struct capture *c, const struct tstate *found)
{
	uint32_t *slot = map_slot(&c->thread_index, found->addr);
	struct tstate *t = calloc(1, sizeof(*t)), **place;

	place = t && slot ? vec_push(&c->threads) : NULL;
	if (!place) {
		free(t);
		return NULL;
	}
	*t = *found;
	*place = t;
	*slot = c->threads.count;
	t->number = ++c->next_thread;
	t->unsent = true;
	t->unwanted = c->wants; /* until its name is known */
	c->names_wanted = true;
	count_from_now(c, t);
	return t;
}

/* It has no thread yet: 3.12+ say so, 3.11 gives a new one its creator's id
 * until it starts, and the creator is older and was met before. */
static bool is_unbound(struct capture *c, const struct tstate *found)
{
	uint32_t *times;

	if (!c->python.layout.traits.creators_id)
		return !found->native_id;
	times = map_slot(&c->found_ids, found->native_id);
	return !found->native_id || !times || (*times)++ > 0;
}

static int meet(struct capture *c, const struct tstate *found)
{
	struct tstate *t = threads_find(c, found->addr);
	struct tstate fresh = *found;
	pid_t tid;
	int err;

	if (t && !t->dead && t->native_id == found->native_id &&
	    t->interp == found->interp) {
		t->listed = true;
		return 0;
	}
	if (t) /* another one at the same address, or not dead after all */
		forget(c, *map_find(&c->thread_index, found->addr) - 1);
	tid = found->native_id <= INT_MAX ?
		      task_from_inner(c->target, found->native_id) :
		      0;
	err = tid ? task_open(&fresh.task, c->target, tid) : ERR_NOPROC;
	if (err)
		return err == ERR_NOPROC ? 0 : err; /* it ended already */
	fresh.listed = true;
	return adopt(c, &fresh) ? 0 : ERR_NOMEM;
}

static uint32_t tstate_size(const struct capture *c)
{
	return c->python.layout.thread_top + 8;
}

/* All that were there the last time, in as few reads as can be: most are there
 * still. What cannot be had so is read by itself. */
static int prefetch(struct capture *c)
{
	uint32_t i;

	image_reset(&c->list);
	for (i = 0; i < c->threads.count; i++)
		if (image_add(&c->list, c->threads.items[i]->addr,
			      tstate_size(c)))
			return ERR_NOMEM;
	if (image_fetch(&c->list, 0, c->target->mem))
		image_reset(&c->list);
	return 0;
}

/* The pieces are in the order of c->threads, which may have changed since. */
static const uint8_t *prefetched(struct capture *c, raddr_t addr)
{
	uint32_t *slot = map_find(&c->thread_index, addr);

	if (!slot || !*slot || *slot > c->list.pieces.count ||
	    c->list.pieces.items[*slot - 1].addr != addr)
		return NULL;
	return image_piece_data(&c->list, *slot - 1);
}

static int read_tstate(struct capture *c, raddr_t addr, raddr_t interp,
		       struct tstate *out, raddr_t *next)
{
	const struct layout *l = &c->python.layout;
	const uint8_t *state = prefetched(c, addr);
	uint8_t one[4096 + 8];
	uint64_t owner;

	if (!state && mem_read(c->target->mem, addr, one, tstate_size(c)))
		return ERR_LOST;
	state = state ? state : one;
	*out = (struct tstate){ .addr = addr, .interp = interp };
	memcpy(&owner, state + l->thread_interp, sizeof(owner));
	memcpy(next, state + l->thread_next, sizeof(*next));
	memcpy(&out->native_id, state + l->thread_native_id, 8);
	memcpy(&out->ident, state + l->thread_ident, 8);
	return owner == interp ? 0 : ERR_LOST;
}

/* The newest is first in the list; they are met oldest first. */
static int walk_threads(struct capture *c, const struct interp *interp)
{
	raddr_t addr = interp->threads_head, next = 0;
	struct tstate *found;
	uint32_t i;
	int err = 0;

	c->found.count = 0;
	while (!err && addr && c->found.count < THREADS_MAX) {
		found = vec_push(&c->found);
		if (!found)
			return ERR_NOMEM;
		err = read_tstate(c, addr, interp->addr, found, &next);
		addr = next;
	}
	map_clear(&c->found_ids);
	for (i = c->found.count; !err && i-- > 0;) {
		if (is_unbound(c, &c->found.items[i]))
			c->list_stale = true; /* meet it next time */
		else
			err = meet(c, &c->found.items[i]);
	}
	return err;
}

/* <= 3.11 the runtime holds the GIL, later each interpreter points to its. */
static int read_interp(struct capture *c, struct interp *out, raddr_t addr)
{
	const struct layout *l = &c->python.layout;
	struct mem *m = c->target->mem;

	*out = (struct interp){ .addr = addr };
	if (mem_read_u64(m, addr + l->interp_threads_head, &out->threads_head))
		return ERR_LOST;
	if (l->runtime_gil)
		out->gil = c->python.runtime.address + l->runtime_gil;
	else if (mem_read_u64(m, addr + l->interp_gil, &out->gil))
		return ERR_LOST;
	return out->gil ? 0 : ERR_LOST;
}

static int walk_interps(struct capture *c)
{
	const struct layout *l = &c->python.layout;
	struct mem *m = c->target->mem;
	raddr_t addr;
	int err = mem_read_u64(
		m, c->python.runtime.address + l->runtime_interpreters_head,
		&addr);

	c->interp_count = 0;
	c->interps_head = addr;
	while (!err && addr && c->interp_count < INTERPS_MAX) {
		err = read_interp(c, &c->interps[c->interp_count], addr);
		if (!err)
			err = mem_read_u64(m, addr + l->interp_next, &addr);
		c->interp_count++;
	}
	return err == ERR_FAULT ? ERR_LOST : err;
}

int threads_refresh(struct capture *c)
{
	uint32_t i;
	int err = python_check(&c->python, c->target->mem);

	if (err)
		return err;
	for (i = 0; i < c->threads.count; i++)
		c->threads.items[i]->listed = false;
	c->list_stale = false;
	err = walk_interps(c);
	if (!err)
		err = prefetch(c); /* after the heads */
	for (i = 0; !err && i < c->interp_count; i++)
		err = walk_threads(c, &c->interps[i]);
	if (err) {
		c->list_stale = true;
		return err;
	}
	for (i = c->threads.count; i-- > 0;)
		if (!c->threads.items[i]->listed)
			forget(c, i);
	return 0;
}

/* ---- names ------------------------------------------------------------- */

static void set_name(struct tstate *t, const char *name, size_t len)
{
	if (len > sizeof(t->name) - 1) {
		len = sizeof(t->name) - 1;
		while (len && (name[len] & 0xc0) == 0x80)
			len--; /* do not cut a character */
	}
	if (strlen(t->name) == len && !memcmp(t->name, name, len))
		return;
	memcpy(t->name, name, len);
	t->name[len] = '\0';
	t->announced = false;
}

static void take_name(void *arg, uint64_t ident, const char *name, size_t len)
{
	struct capture *c = arg;
	const uint32_t *first = map_find(&c->idents, ident);
	uint32_t k = first ? *first : 0;
	struct tstate *t;

	for (; k; k = t->twin) {
		t = c->threads.items[k - 1];
		set_name(t, name, len);
		t->named = true;
	}
}

static bool has_no_name(void *arg, uint64_t ident)
{
	struct capture *c = arg;
	const uint32_t *first = map_find(&c->idents, ident);
	uint32_t k = first ? *first : 0;

	while (k && c->threads.items[k - 1]->named)
		k = c->threads.items[k - 1]->twin;
	return k;
}

/* A thread has a state in each interpreter that it is in. */
static void index_idents(struct capture *c)
{
	uint32_t *first, i;

	map_clear(&c->idents);
	for (i = 0; i < c->threads.count; i++) {
		first = map_slot(&c->idents, c->threads.items[i]->ident);
		if (!first)
			return; /* no memory: these get no names now */
		c->threads.items[i]->twin = *first;
		*first = i + 1;
	}
}

/* The kernel's name of the first thread is the program's. */
static void name_by_kernel(struct capture *c, struct tstate *t)
{
	char name[16] = "MainThread";

	if (t->task.tid != c->target->pid)
		task_name(c->target, t->task.tid, name);
	set_name(t, name, strlen(name));
	t->name_tries = MIN(t->name_tries + 1, NAME_TRIES);
}

/* What has no name of Python's may get one soon; the first thread is known by
 * where it is. */
static bool may_get_name(const struct capture *c, const struct tstate *t)
{
	return !t->named && t->name_tries < NAME_TRIES &&
	       t->task.tid != c->target->pid;
}

/* All that were there when all names were read have the names that they have. */
static void choose(struct capture *c, struct tstate *t, bool all)
{
	bool known = all || !may_get_name(c, t);
	bool unwanted = !known || !c->wants(c->wants_arg, t->name);

	if (unwanted == t->unwanted)
		return;
	t->unwanted = unwanted;
	t->have = t->fresh = t->copied = t->looked = false;
	if (!unwanted)
		return;
	send_gone(c, t);
	t->number = ++c->next_thread; /* should it come back */
	t->known = t->announced = false;
	t->unsent = true;
	t->same = 0;
}

/* Python's names; the kernel's for threads that Python has none for. */
bool threads_read_names(struct capture *c, bool all)
{
	const struct names_reader to = { all ? NULL : has_no_name, take_name,
					 c };
	bool good = true;
	uint32_t i;

	index_idents(c);
	for (i = 0; i < c->interp_count; i++)
		good &= !python_thread_names(&c->python, c->target->mem,
					     c->interps[i].addr, &to);
	c->nameless = false;
	for (i = 0; i < c->threads.count; i++) {
		if (c->threads.items[i]->named)
			continue;
		c->nameless = true;
		name_by_kernel(c, c->threads.items[i]);
		c->names_wanted |= may_get_name(c, c->threads.items[i]);
	}
	for (i = 0; c->wants && i < c->threads.count; i++)
		choose(c, c->threads.items[i], all);
	return good;
}
