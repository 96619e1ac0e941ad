/* fold.c - how often each stack was seen
 *
 * One entry for each stack that ever occurred (and each thread, where threads
 * are kept apart): memory grows with the program's variety, not with time.
 */
#include "cprof/model.h"

void fold_init(struct fold *f, const struct view *view)
{
	*f = (struct fold){ .view = *view };
	map_init(&f->index);
}

void fold_release(struct fold *f)
{
	vec_release(&f->entries);
	map_release(&f->index);
	f->count = 0;
}

static struct fold_entry *find_entry(struct fold *f, thread_id thread,
				     stack_id stack)
{
	uint32_t *place = map_slot(&f->index, (uint64_t)thread << 32 | stack);
	struct fold_entry *e;

	if (!place)
		return NULL;
	if (*place)
		return &f->entries.items[*place - 1];
	e = vec_push(&f->entries);
	if (!e)
		return NULL;
	e->thread = thread;
	e->stack = stack;
	*place = f->entries.count;
	return e;
}

int fold_sample(struct fold *f, const struct sample *s)
{
	bool apart = f->view.threads || f->view.processes;
	struct fold_entry *e;

	if (!view_wants(&f->view, s))
		return 0;
	e = find_entry(f, apart ? s->thread : 0, s->stack);
	if (!e)
		return ERR_NOMEM;
	e->count++;
	e->weight_ns += view_weight(&f->view, s);
	f->count++;
	return 0;
}
