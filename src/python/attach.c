/* attach.c - from a runtime's address to an interpreter that can be read
 *
 * What was found is believed only after the live process agreed: an
 * interpreter whose first thread state points back to it and carries the id
 * of a thread that the process has.
 */
#include "cprof/python.h"

#include <string.h>

enum {
	RUNTIMES_MAX = 4, /* a program and libraries it embeds */
	WORDS_MAX = 128, /* of _Py_DebugOffsets: 3.15 has 110 */
	CHECK_MAX = 64, /* thread states that are asked */
};

void python_version_text(uint32_t hex, char out[32])
{
	static const char *const stages[16] = {
		[0xa] = "a", [0xb] = "b", [0xc] = "rc"
	};
	const char *stage = stages[hex >> 4 & 0xf];
	int len = snprintf(out, 32, "%u.%u.%u", hex >> 24, hex >> 16 & 0xff,
			   hex >> 8 & 0xff);

	if (stage)
		snprintf(out + len, 32 - len, "%s%u", stage, hex & 0xf);
}

static int choose_layout(struct python *p, struct mem *m)
{
	uint64_t words[WORDS_MAX];

	if (p->runtime.free_threaded ||
	    !layout_for(&p->layout, p->runtime.version))
		return ERR_UNSUPPORTED;
	if (!p->runtime.debug_offsets)
		return 0;
	if (mem_read(m, p->runtime.address + 8, words, sizeof(words)))
		return ERR_FAULT;
	return layout_apply_published(&p->layout, p->runtime.version, words,
				      WORDS_MAX);
}

static bool has_task(const struct target *t, uint64_t native_id)
{
	struct task task;
	pid_t tid = native_id <= INT_MAX ? task_from_inner(t, native_id) : 0;

	if (!tid || task_open(&task, t, tid))
		return false;
	task_close(&task);
	return true;
}

/* A thread state that was just made has no native id yet. */
static bool is_live(const struct python *p, const struct target *t,
		    raddr_t interp, raddr_t thread)
{
	const struct layout *l = &p->layout;
	uint64_t owner, native;

	if (mem_read_u64(t->mem, thread + l->thread_interp, &owner) ||
	    mem_read_u64(t->mem, thread + l->thread_native_id, &native))
		return false;
	return owner == interp && native && has_task(t, native);
}

/* Its thread states must lead back to it; one at least has a live thread. */
static int check_threads(const struct python *p, const struct target *t,
			 raddr_t interp)
{
	uint64_t thread;
	int left = CHECK_MAX;
	int err = mem_read_u64(t->mem, interp + p->layout.interp_threads_head,
			       &thread);

	while (!err && thread && left-- > 0) {
		if (is_live(p, t, interp, thread))
			return 0;
		err = mem_read_u64(t->mem, thread + p->layout.thread_next,
				   &thread);
	}
	return ERR_NOT_READY;
}

static int check_live(struct python *p, const struct target *t)
{
	p->mark_at = p->runtime.address + p->layout.runtime_main;
	if (mem_read_u64(t->mem, p->mark_at, &p->mark))
		return ERR_FAULT;
	return p->mark ? check_threads(p, t, p->mark) : ERR_NOT_READY;
}

static int attach_to(struct python *p, const struct runtime *r,
		     struct target *t)
{
	uint64_t word;
	int err;

	*p = (struct python){ .runtime = *r };
	python_version_text(r->version, p->version);
	if (!r->version && mem_read_u64(t->mem, r->address, &word))
		return ERR_NOT_READY; /* an exec is under way */
	err = choose_layout(p, t->mem);
	return err ? err : check_live(p, t);
}

/* The first runtime that is alive; else the reason of the best one. */
int python_attach(struct python *p, struct target *t)
{
	struct runtime list[RUNTIMES_MAX];
	unsigned int count = RUNTIMES_MAX, i;
	struct python tried;
	int err, best = ERR_NOT_PYTHON;

	*p = (struct python){ 0 };
	err = runtime_find(list, &count, t);
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		err = attach_to(&tried, &list[i], t);
		if (!err || best == ERR_NOT_PYTHON || err == ERR_NOT_READY) {
			*p = tried;
			best = err;
		}
		if (!err)
			break;
	}
	return best;
}

int python_check(const struct python *p, struct mem *m)
{
	uint64_t mark;
	int err = mem_read_u64(m, p->mark_at, &mark);

	if (err == ERR_FAULT || (!err && mark != p->mark))
		return ERR_REPLACED;
	return err;
}
