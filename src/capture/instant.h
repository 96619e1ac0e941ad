/* instant.h - one attempt at an instant (private to instant.c, closely.c, holder.c)
 */
#ifndef CPROF_CAPTURE_INSTANT_H
#define CPROF_CAPTURE_INSTANT_H

#include "internal.h"

enum { TAKERS_MAX = 32 };

/* Thread states that took the GIL, by the count of its switches then. */
struct takers {
	bool any;
	uint64_t oldest, newest; /* counts: all between are known */
	raddr_t holders[TAKERS_MAX];
};

struct attempt {
	raddr_t gil;
	bool looked;
	bool just_looked; /* at all, a moment ago */
	struct gil_words look; /* as they were before the looks */
	struct glance before, after;
	struct tstate *holder; /* NULL: nobody who lives */
	struct gil_words stranger; /* they named one who is not in the list */
	struct tstate *rehearsed; /* the one that was expected to be it */
	bool deep; /* second look after a half-made frame */
	bool stuck; /* the GIL's holder is not in the list, again */
	uint64_t begin_ns;
	bool closely; /* not the first try */
	struct takers takers;
	struct stop pin; /* closely: of the one that was to be the holder */
	bool unproven; /* it may not be stopped, and did not stand by itself */
};

/* A thread state of this GIL that is sampled. */
bool attempt_takes(const struct capture *c, const struct tstate *t,
		   raddr_t gil);
/* Two thread states of one thread: sub-interpreters. */
bool attempt_same_thread(const struct tstate *a, const struct tstate *b);
/* False when its thread has ended. */
bool attempt_look_at(struct capture *c, struct tstate *t);
/* Its copy is true still: it slept ever since, or nobody took the GIL since and
 * it was another thread's then. */
bool attempt_copy_holds(const struct tstate *t, const struct attempt *a);
/* Its stack; with a glance, this is read last. */
void attempt_read(struct capture *c, struct tstate *t, struct attempt *a,
		  struct glance *g);
/* Errors that end the tick, as against those of one stack. */
bool attempt_is_fatal(int err);
/* Did somebody take the GIL? A thread state that came meanwhile has no frames: it
 * has not had it. One that went took it to go. */
bool attempt_has_moved(const struct gil_words *then,
		       const struct gil_words *now);

/* holder.c: copies the stack of a->holder, where it stands, with the words after
 * it: a->after. ERR_LOST: try again. */
int holder_read(struct capture *c, struct attempt *a);
/* Makes a->holder stand from now on, if it runs: until holder_unpin(). ERR_LOST: it
 * is not the holder any more. */
int holder_pin(struct capture *c, struct attempt *a);
void holder_unpin(struct capture *c, struct attempt *a);
bool holder_is_pinned(const struct attempt *a, const struct tstate *t);

/* closely.c: looks at and copies all but the holder, which is made to stand
 * before, one after the other until all are true at once: a->before. */
int closely_see_others(struct capture *c, struct attempt *a);
void takers_note(struct takers *k, const struct gil_words *w);
/* Has the thread had the GIL since that count, as far as is known? */
bool takers_may_have(const struct takers *k, struct capture *c,
		     const struct tstate *t, uint64_t since);

#endif
