/* fixture.h - profiles made by hand, for the tests of exporters */
#ifndef CPROF_TEST_FIXTURE_H
#define CPROF_TEST_FIXTURE_H

#include "cprof/model.h"

struct fixture {
	struct defs defs;
	struct view view;
	struct fold fold;
	struct timeline timeline;
	struct tally tally;
	struct stats stats;
	struct meta meta;
	struct profile profile; /* of all the above */
	thread_id threads[3];
	uint64_t seen_ns[3]; /* each thread's last sample */
};

struct fixture_frame {
	const char *name, *file, *short_file, *module;
	int first_line, line;
};

/* Threads 1 (MainThread), 2 (worker) and 3 (no name) of process 4711. Fills
 * what it is given: it must not move afterwards. */
void fixture_init(struct fixture *f, const struct view *view);
void fixture_release(struct fixture *f);
/* A frame below `parent`; equal ones are the same stack. */
stack_id fixture_stack(struct fixture *f, stack_id parent,
		       const struct fixture_frame *frame);
/* A sample of thread 0, 1 or 2, 10 ms long, that ends at time_ms. */
void fixture_sample(struct fixture *f, int thread, unsigned int time_ms,
		    stack_id stack, enum thread_state state);
/* A program with all kinds of frames, two threads and a pause. */
void fixture_fill_small(struct fixture *f);
/* About `stacks` distinct stacks of 25 frames, always the same ones. */
void fixture_fill_large(struct fixture *f, unsigned int stacks);
/* Names that try to break out of every format. */
void fixture_fill_hostile(struct fixture *f);
/* Recursion of one function. */
void fixture_fill_deep(struct fixture *f, unsigned int depth);

#endif
