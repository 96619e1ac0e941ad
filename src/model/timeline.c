/* timeline.c - samples in order of time
 *
 * A sample stands for the time before it. Neighbours of one thread that touch
 * and have the same stack become one entry, so a program that stays in one
 * place costs nothing; a gap stays a gap, because it means that the thread did
 * not run or was not seen. Entries of one thread never overlap.
 */
#include "cprof/model.h"

void timeline_init(struct timeline *t, const struct view *view)
{
	*t = (struct timeline){ .view = *view };
	map_init(&t->last);
}

void timeline_release(struct timeline *t)
{
	vec_release(&t->entries);
	map_release(&t->last);
}

static int add_entry(struct timeline *t, const struct timeline_entry *e,
		     uint32_t *last)
{
	struct timeline_entry *added = vec_push(&t->entries);

	if (!added)
		return ERR_NOMEM;
	*added = *e;
	*last = t->entries.count;
	return 0;
}

/* Same stack, no gap: the entry now reaches to this sample. */
static bool extends(const struct timeline_entry *e, const struct sample *s,
		    uint64_t start)
{
	return e->stack == s->stack && start <= e->time_ns;
}

int timeline_sample(struct timeline *t, const struct sample *s)
{
	uint64_t start = s->time_ns - MIN(s->weight_ns, s->time_ns);
	struct timeline_entry *before, e;
	uint32_t *last;

	if (!view_wants(&t->view, s))
		return 0;
	last = map_slot(&t->last, s->thread);
	if (!last)
		return ERR_NOMEM;
	before = *last ? &t->entries.items[*last - 1] : NULL;
	e.time_ns = before ? MAX(s->time_ns, before->time_ns) : s->time_ns;
	if (before && extends(before, s, start)) {
		before->weight_ns += e.time_ns - before->time_ns;
		before->time_ns = e.time_ns;
		return 0;
	}
	if (before)
		start = MIN(MAX(start, before->time_ns), e.time_ns);
	e.weight_ns = e.time_ns - start;
	e.thread = s->thread;
	e.stack = s->stack;
	return add_entry(t, &e, last);
}

static uint64_t start_of(const struct timeline_entry *e)
{
	return e->time_ns - e->weight_ns;
}

/* What is left of an entry; false if nothing is. */
static bool cut_entry(struct timeline_entry *e, uint64_t from_ns)
{
	if (e->time_ns <= from_ns)
		return false;
	e->weight_ns = MIN(e->weight_ns, e->time_ns - from_ns);
	return true;
}

/* The map has room for the threads that are left: it had it for all. */
void timeline_forget(struct timeline *t, uint32_t drop)
{
	struct timeline_entry *e = t->entries.items;
	uint32_t i, left = 0, *last;

	if (drop >= t->entries.count)
		return;
	t->from_ns = MAX(t->from_ns, start_of(&e[drop]));
	map_clear(&t->last);
	for (i = 0; i < t->entries.count; i++) {
		if (!cut_entry(&e[i], t->from_ns))
			continue;
		e[left++] = e[i];
		last = map_slot(&t->last, e[i].thread);
		if (last)
			*last = left;
	}
	t->entries.count = left;
}
