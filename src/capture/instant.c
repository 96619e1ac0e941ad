/* instant.c - copies of all threads that are one instant, by stopping one
 *
 * In a build with a GIL only the thread that took it last can change a Python
 * stack: to run Python another one must first store itself into last_holder
 * and count a switch, and it does so before any Python work. So:
 *
 *   1. read the GIL's words, look which threads slept on, and copy, while all
 *      run, the others that may have changed since their last copy. Looks at
 *      many take long: then the words are read again after them;
 *   2. make the last holder stand: it is stopped if it runs, unless we have
 *      its CPU, or it has none, so that it cannot; if it sleeps, its run-time
 *      counts before and after prove that it stood by itself;
 *   3. copy it, with the words at the end of the same vectored read.
 *
 * If holder and switches are those of step 1, nobody else ran Python between,
 * and all copies date from the instant of the last read. If not, the GIL
 * changed hands: try again, whatever the stacks look like; where there are few
 * threads the holder stands first then (closely.c).
 */
#include "instant.h"

enum {
	HALF_MADE_WAIT_NS = 30000, /* and then twice as long, and so on */
	HALF_MADE_WAITS = 5, /* 0.9 ms in all */
	CLOSE_TRIES = 24, /* after the first one... */
	CLOSE_NS = 200000, /* ...while it does not take longer */
	CLOSE_THREADS = 16, /* more cannot be looked at again and again */
	CLOSE_FAILS = 7, /* in a row: then it is tried in every 64th tick */
	FEW_THREADS = 4, /* looks at them take less than a stop does */
};

bool attempt_takes(const struct capture *c, const struct tstate *t, raddr_t gil)
{
	unsigned int i;

	if (t->dead || t->unwanted)
		return false;
	for (i = 0; i < c->interp_count; i++)
		if (c->interps[i].addr == t->interp)
			return c->interps[i].gil == gil;
	return false;
}

bool attempt_same_thread(const struct tstate *a, const struct tstate *b)
{
	return b && a->task.tid == b->task.tid;
}

/* One of an attempt that failed is as good while the thread sleeps on. */
static bool slept_since_copied(const struct tstate *t)
{
	return (t->have || t->copied) && t->copy_asleep && !t->look.running &&
	       state_slept_on(&t->copy_sched, &t->sched);
}

bool attempt_copy_holds(const struct tstate *t, const struct attempt *a)
{
	if (slept_since_copied(t))
		return true;
	return t->have && !attempt_same_thread(t, a->holder) &&
	       t->copy_switches == a->before.words.switches &&
	       t->copy_holder == a->before.words.holder;
}

bool attempt_look_at(struct capture *c, struct tstate *t)
{
	if (!state_look(t))
		return true;
	t->dead = true;
	c->list_stale = true;
	send_gone(c, t);
	t->known = false; /* it was said */
	return false;
}

void attempt_read(struct capture *c, struct tstate *t, struct attempt *a,
		  struct glance *g)
{
	t->copy_err = stack_read(c, t, a->deep, a->gil, g);
	t->fresh = true;
	t->copied = !t->copy_err;
	t->have = false; /* until the attempt is accepted */
	t->copy_asleep = !t->look.running;
	t->copy_sched = t->sched;
}

bool attempt_is_fatal(int err)
{
	return err == ERR_NOPROC || err == ERR_REPLACED || err == ERR_PERM ||
	       err == ERR_NOMEM;
}

bool attempt_has_moved(const struct gil_words *then,
		       const struct gil_words *now)
{
	return then->holder != now->holder || then->switches != now->switches;
}

static int copy_others(struct capture *c, struct attempt *a)
{
	struct tstate *t;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!attempt_takes(c, t, a->gil) ||
		    attempt_same_thread(t, a->holder) ||
		    attempt_copy_holds(t, a))
			continue;
		attempt_read(c, t, a, NULL);
		if (attempt_is_fatal(t->copy_err))
			return t->copy_err;
		if (t->copy_err == ERR_NOT_FOUND)
			return ERR_LOST;
	}
	return 0;
}

/* ---- one attempt ------------------------------------------------------- */

static void accept_one(struct tstate *t, const struct attempt *a)
{
	t->lost = !t->have && !t->fresh;
	if (t->fresh) {
		t->have = t->copied;
		t->lost = !t->copied;
		t->lost_kind =
			t->copy_err == ERR_LOST ? LOST_FRAME : LOST_MEMORY;
	}
	t->copy_switches = a->after.words.switches;
	t->copy_holder = a->after.words.holder;
	t->copy_asleep = !t->look.running;
	t->copy_sched = t->sched;
}

/* Its thread runs in another interpreter, which it entered from this one: the
 * one that had the GIL last is the one it is in. */
static bool is_outer(const struct capture *c, const struct tstate *t)
{
	uint32_t i;

	for (i = 0; c->interp_count > 1 && i < c->threads.count; i++)
		if (c->threads.items[i] != t &&
		    attempt_same_thread(c->threads.items[i], t) &&
		    c->threads.items[i]->held > t->held)
			return true;
	return false;
}

static void decide(const struct capture *c, struct tstate *t,
		   const struct attempt *a, const struct gil_words *words)
{
	if (is_outer(c, t))
		state_set_outer(t);
	else
		state_decide(c, t, a->gil, words);
}

static void accept(struct capture *c, const struct attempt *a)
{
	bool crowd = false;
	struct tstate *t;
	uint32_t i;

	c->refused_ns = 0;
	c->last_holder = a->holder ? a->holder->addr : 0;
	if (a->holder)
		a->holder->held = c->serial;
	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!attempt_takes(c, t, a->gil))
			continue;
		accept_one(t, a);
		decide(c, t, a, &a->after.words);
		crowd |= t->now.state == STATE_CPU_WAIT;
	}
	if (crowd)
		preempt_note_crowd(c);
}

/* Looks come before any stop, so that a stop of ours is in nobody's state. */
static void look_at_all(struct capture *c, struct attempt *a)
{
	struct tstate *t;
	uint32_t i;

	if (c->switches)
		switches_look(c->switches);
	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (attempt_takes(c, t, a->gil) && !state_sleeps_on(c, t) &&
		    attempt_look_at(c, t) && c->switches)
			t->look_number = switches_now(c->switches);
	}
	a->look = a->before.words;
	a->looked = true;
}

static void look_at_new(struct capture *c)
{
	uint32_t i;

	for (i = 0; i < c->threads.count; i++)
		if (!c->threads.items[i]->looked &&
		    !c->threads.items[i]->dead &&
		    !c->threads.items[i]->unwanted)
			attempt_look_at(c, c->threads.items[i]);
}

/* It takes long to look at many threads: what was rehearsed before is old. */
static int look_again_at_words(struct capture *c, struct attempt *a)
{
	a->rehearsed = NULL;
	a->before.rseq = 0;
	return glance_read(c, a->gil, &a->before);
}

/* All states of a thread: it may have run in any of them. */
static void look_at_thread(struct capture *c, const struct tstate *thread)
{
	struct tstate *t;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!t->dead && !t->unwanted && attempt_same_thread(t, thread))
			attempt_look_at(c, t);
	}
}

/* A thread that was seen to sleep has not run Python since, unless it took the
 * GIL after the look: with one switch since only the holder of then and the one
 * of now can have. */
static int look(struct capture *c, struct attempt *a)
{
	struct tstate *then;
	int err = 0;

	a->just_looked = false;
	if (!a->looked || attempt_has_moved(&a->look, &a->before.words)) {
		look_at_all(c, a);
		a->just_looked = c->threads.count <= FEW_THREADS;
		if (!a->just_looked)
			err = look_again_at_words(c, a);
	}
	if (err)
		return err;
	if (a->before.words.switches - a->look.switches > 1)
		return ERR_LOST;
	look_at_new(c);
	then = threads_find(c, a->look.holder);
	if (then && a->look.holder != a->before.words.holder)
		look_at_thread(c, then);
	return 0;
}

/* Who held it last, if that one ran: it is likely to do so still. With many
 * threads the words are read again, and so would the stack be. */
static struct tstate *expected(struct capture *c, raddr_t gil)
{
	struct tstate *t = NULL;

	if (c->threads.count <= FEW_THREADS)
		t = threads_find(c, c->last_holder);
	return t && t->planned && t->look.running && attempt_takes(c, t, gil) ?
		       t :
		       NULL;
}

/* The words; with them, in the same call, what the expected holder's stack needs:
 * its copy is rehearsed. Whether that one makes sense does not matter here. */
static int first_glance(struct capture *c, struct attempt *a)
{
	struct tstate *t = expected(c, a->gil);
	int err = ERR_FAULT;

	if (t) {
		a->before.rseq = preempt_area(c, t);
		err = stack_rehearse(c, t, a->gil, &a->before);
	}
	if (err == ERR_FAULT) {
		t = NULL;
		a->before.rseq = 0;
		err = glance_read(c, a->gil, &a->before);
	}
	a->rehearsed = t;
	return attempt_is_fatal(err) || err == ERR_FAULT ? err : 0;
}

/* The words and the lists that they belong to. */
static int begin(struct capture *c, struct attempt *a)
{
	int tries = TRIES, err = ERR_LOST;

	while (err == ERR_LOST && tries-- > 0) {
		err = c->list_stale ? threads_refresh(c) : 0;
		if (!err)
			err = first_glance(c, a);
		if (!err && !a->before.lists_same) {
			c->list_stale = true;
			err = ERR_LOST;
		}
	}
	return err;
}

/* A thread state is in the list before it first takes the GIL, and is taken out
 * with the GIL held: one that has the GIL still and is not in a list read since is
 * being deleted. It has no frame any more, and nobody else can run Python; but up to
 * 3.11 its thread may have gone on in another state without a word of it. */
static int judge_stranger(struct capture *c, struct attempt *a)
{
	const struct gil_words *w = &a->before.words;

	a->stuck = a->stranger.locked && !attempt_has_moved(&a->stranger, w);
	if (a->stuck && !c->python.layout.traits.swap_is_silent)
		return 0;
	a->stranger = *w;
	c->list_stale = true;
	return ERR_LOST;
}

static int find_holder(struct capture *c, struct attempt *a)
{
	a->holder = threads_find(c, a->before.words.holder);
	if (a->holder && a->holder->dead)
		a->holder = NULL;
	return a->holder || !a->before.words.locked ? 0 : judge_stranger(c, a);
}

static int see_others(struct capture *c, struct attempt *a)
{
	int err = look(c, a);

	if (!err)
		err = find_holder(c, a);
	return err ? err : copy_others(c, a);
}

static int see_others_closely(struct capture *c, struct attempt *a)
{
	int err = find_holder(c, a);

	a->just_looked = false;
	a->rehearsed = NULL;
	if (!err)
		err = closely_see_others(c, a);
	a->holder = NULL; /* nobody was read yet, and it may be another one */
	return err ? err : find_holder(c, a);
}

static int attempt(struct capture *c, struct attempt *a)
{
	int err;

	a->holder = NULL; /* the one before may be gone */
	a->unproven = a->stuck = false;
	a->after = (struct glance){ 0 };
	err = begin(c, a);
	if (!err)
		err = a->closely ? see_others_closely(c, a) : see_others(c, a);
	if (!err && a->holder)
		a->holder->copy_err = 0; /* of its last copy, not of this one */
	if (!err)
		err = holder_read(c, a);
	if (!err && !a->after.lists_same)
		c->list_stale = true; /* for the next tick */
	if (!err && !c->no_stop &&
	    attempt_has_moved(&a->before.words, &a->after.words))
		err = ERR_LOST;
	if (!err)
		accept(c, a);
	return err;
}

static enum lost_kind why_lost(const struct capture *c, const struct attempt *a)
{
	if (a->deep)
		return LOST_FRAME;
	if (a->unproven)
		return LOST_TORN;
	return c->refused_ns ? LOST_TRACED : LOST_GIL;
}

/* A thread that slept on since it was copied has not changed, whatever the others
 * did; the rest of this tick is lost. */
static void lose(struct capture *c, struct attempt *a)
{
	struct tstate *t;
	uint32_t i;

	c->codes_freed = 0; /* not known of this instant: prove all codes */
	look_at_all(c, a);
	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!attempt_takes(c, t, a->gil))
			continue;
		decide(c, t, a, &a->before.words);
		t->lost = !slept_since_copied(t);
		t->have |= !t->lost;
		t->lost_kind = why_lost(c, a);
	}
	c->instant_ns = clock_now();
}

/* A thread in the middle of making a frame must get on by a few instructions;
 * on a busy machine it may not have a CPU for a while. */
static bool is_half_made(const struct attempt *a)
{
	return a->holder && a->holder->copy_err == ERR_LOST;
}

static bool may_look_closely(const struct capture *c, bool patient)
{
	return c->threads.count <= CLOSE_THREADS &&
	       (patient || c->serial >= c->close_from);
}

/* It holds up the target: not in each tick where it does not help. */
static void learn(struct capture *c, const struct attempt *a, int err)
{
	if (!a->closely)
		return;
	c->close_fails = err ? MIN(c->close_fails + 1, CLOSE_FAILS) : 0;
	c->close_from = c->serial + (1u << c->close_fails) / 2;
}

static bool has_time(const struct attempt *a, bool patient)
{
	return patient || !a->closely || clock_now() - a->begin_ns < CLOSE_NS;
}

/* It has to get on by a few instructions first. */
static bool must_wait(const struct attempt *a)
{
	return a->deep || a->stuck;
}

/* Until it is one instant, or the tries are used up: ERR_LOST. */
static int take_instant(struct capture *c, struct attempt *a, bool patient)
{
	bool closely = may_look_closely(c, patient);
	int waits = patient ? PATIENT_TRIES : HALF_MADE_WAITS, err;
	int tries = patient ? PATIENT_TRIES : closely ? CLOSE_TRIES : TRIES - 1;
	uint64_t wait_ns = HALF_MADE_WAIT_NS;

	for (;;) {
		err = attempt(c, a);
		a->deep = err == ERR_LOST && is_half_made(a);
		if (err != ERR_LOST || (must_wait(a) ? !waits-- : !tries--) ||
		    !has_time(a, patient))
			return err;
		a->closely = closely && !must_wait(a);
		if (!must_wait(a))
			continue;
		holder_unpin(c, a);
		clock_sleep_until(clock_now() + wait_ns);
		wait_ns = MIN(2 * wait_ns, NSEC_PER_MSEC);
	}
}

int instant_take(struct capture *c, raddr_t gil, bool patient)
{
	struct attempt a = { .gil = gil, .begin_ns = clock_now() };
	int err = take_instant(c, &a, patient);

	holder_unpin(c, &a);
	learn(c, &a, err);
	if (err == ERR_LOST)
		lose(c, &a);
	return err == ERR_LOST ? 0 : err;
}
