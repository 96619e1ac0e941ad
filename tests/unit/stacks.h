/* stacks.h - thread states, frames and cframes in a fake memory
 *
 * As each version lays them out. 3.11: the entry flag; 3.12 and later: a shim
 * frame at each entry; up to 3.12: a cframe for each entry and a root one inside
 * the thread state.
 */
#ifndef CPROF_TESTS_STACKS_H
#define CPROF_TESTS_STACKS_H

#include "unit.h"

#include <string.h>

#include "fake.h"

enum {
	OWNER_THREAD = 0,
	OWNER_GENERATOR = 1,
	OWNER_OBJECT = 2,
	OWNER_CSTACK = 3,
	THREAD_SIZE = 1024,
	ROOT_CFRAME = 512, /* in the thread state */
};

#define CODE(n) (0x5500000000ull + (n)*0x1000ull) /* of no memory */

static inline raddr_t stacks_thread(struct fake *f)
{
	const struct layout *l = &f->python.layout;
	raddr_t thread = fake_alloc(f, THREAD_SIZE);

	if (l->thread_cframe)
		fake_put_word(f, thread + l->thread_cframe,
			      thread + ROOT_CFRAME);
	return thread;
}

static inline void stacks_fill_frame(struct fake *f, raddr_t frame,
				     raddr_t code, raddr_t previous,
				     unsigned int owner)
{
	const struct layout *l = &f->python.layout;
	uint8_t byte = (uint8_t)owner;

	fake_put_word(f, frame + l->frame_code,
		      code | (l->traits.code_tag_mask & 1));
	fake_put_word(f, frame + l->frame_previous, previous);
	fake_put_word(f, frame + l->frame_instr, code + 256);
	fake_put(f, frame + l->frame_owner, &byte, 1);
}

static inline raddr_t stacks_frame(struct fake *f, raddr_t code,
				   raddr_t previous, unsigned int owner)
{
	raddr_t frame = fake_alloc(f, f->python.layout.frame_size);

	stacks_fill_frame(f, frame, code, previous, owner);
	return frame;
}

static inline void stacks_mark_entry(struct fake *f, raddr_t frame, bool entry)
{
	uint8_t byte = entry;

	fake_put(f, frame + f->python.layout.frame_is_entry, &byte, 1);
}

/* So many frames above `previous`, entered from C; the newest's address. Their
 * codes are CODE(first) for the outermost and so on. */
static inline raddr_t stacks_entered(struct fake *f, raddr_t previous,
				     uint64_t first, unsigned int count)
{
	const struct layout_traits *traits = &f->python.layout.traits;
	unsigned int i;

	if (traits->shim_frames)
		previous = stacks_frame(f, 0, previous, OWNER_CSTACK);
	for (i = 0; i < count; i++) {
		previous = stacks_frame(f, CODE(first + i), previous,
					OWNER_THREAD);
		if (traits->entry_flag)
			stacks_mark_entry(f, previous, i == 0);
	}
	return previous;
}

static inline raddr_t stacks_cframe(struct fake *f, raddr_t frame,
				    raddr_t previous)
{
	const struct layout *l = &f->python.layout;
	raddr_t cframe = fake_alloc(f, l->cframe_previous + 8);

	fake_put_word(f, cframe + l->cframe_current_frame, frame);
	fake_put_word(f, cframe + l->cframe_previous, previous);
	return cframe;
}

/* The thread runs this frame; it entered Python in a cframe whose `before` has
 * `entry_from` as its frame. */
static inline void stacks_set_top(struct fake *f, raddr_t thread, raddr_t frame,
				  raddr_t entry_from)
{
	const struct layout *l = &f->python.layout;
	raddr_t before = thread + ROOT_CFRAME;

	if (!l->thread_cframe) {
		fake_put_word(f, thread + l->thread_current_frame, frame);
		return;
	}
	if (entry_from)
		before = stacks_cframe(f, entry_from, before);
	fake_put_word(f, thread + l->thread_cframe,
		      stacks_cframe(f, frame, before));
}

#endif
