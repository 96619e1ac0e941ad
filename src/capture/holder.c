/* holder.c - the stack of the thread that took the GIL last, where it stands
 *
 * It is the only one that can change a stack. Five ways to have it stand, the
 * first that fits is taken: nobody wants its stack, and it may run; it sleeps, and
 * its run-time counts before and after prove that it slept on; it has no CPU, and
 * the kernel's records prove that it got none; we have its CPU; it is stopped.
 */
#include "instant.h"

#include <sched.h>

enum { MOVES = 3 }; /* after a thread that changes its CPU */

/* The thread states of the thread that stands; the words come last. */
static int copy_holder(struct capture *c, struct attempt *a)
{
	struct tstate *t;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (t == a->holder || !attempt_same_thread(t, a->holder) ||
		    !attempt_takes(c, t, a->gil))
			continue;
		attempt_read(c, t, a, NULL);
	}
	attempt_read(c, a->holder, a, &a->after);
	if (attempt_is_fatal(a->holder->copy_err))
		return a->holder->copy_err;
	return a->holder->copy_err == ERR_LOST ||
			       a->holder->copy_err == ERR_NOT_FOUND ?
		       ERR_LOST :
		       0;
}

/* ---- the holder runs: make it stand ----------------------------------- */

/* Once for each thread: it moves never. */
static void ask_for_rseq(struct tstate *t, const struct stop *s)
{
	if (t->rseq_asked || s->state != STOP_STANDS)
		return;
	t->rseq = stop_rseq(s);
	t->rseq_asked = true;
}

static int copy_stopped(struct capture *c, struct attempt *a, bool spin)
{
	struct stop stop;
	int err;

	holder_unpin(c, a);
	err = stand_begin(c, a->holder, spin, &stop);
	if (!err || err == ERR_TIMEOUT)
		err = copy_holder(c, a);
	c->instant_ns = clock_now();
	ask_for_rseq(a->holder, &stop);
	stand_end(c, &stop);
	return err;
}

static int copy_preempted(struct capture *c, struct attempt *a,
			  const struct preempt *p)
{
	uint64_t begin = clock_now();
	int err;

	a->after = (struct glance){ .rseq = preempt_area(c, a->holder) };
	err = copy_holder(c, a);
	c->instant_ns = clock_now();
	if (!preempt_stood(p, a->after.cpu))
		return ERR_TIMEOUT;
	stand_count(c, begin, begin, c->instant_ns);
	return err;
}

/* Where it stands as we have its CPU. ERR_TIMEOUT: it does not; *cpu: where it was
 * last, -1 if that is not known. */
static int copy_beside(struct capture *c, struct attempt *a, int *cpu)
{
	struct glance g = { .rseq = preempt_area(c, a->holder), .cpu = -1 };
	struct preempt p;
	int err = 0;

	if (a->rehearsed == a->holder)
		g = a->before;
	else
		err = stack_rehearse(c, a->holder, a->gil, &g);
	a->rehearsed = NULL; /* a next time it is old */
	*cpu = g.cpu;
	if (!err && attempt_has_moved(&a->before.words, &g.words))
		return ERR_LOST;
	if (g.cpu < 0 || g.cpu != sched_getcpu())
		return ERR_TIMEOUT;
	preempt_begin(&p);
	return preempt_stands(&p, g.cpu) ? copy_preempted(c, a, &p) :
					   ERR_TIMEOUT;
}

/* It could run, but others have the CPUs, and the kernel's records say that it got
 * none until it was read: to stop it would only have it run at once.
 * ERR_TIMEOUT: it may have. */
static int copy_off_cpu(struct capture *c, struct attempt *a)
{
	pid_t tid = a->holder->task.tid;
	uint64_t look;
	int err;

	if (!state_has_no_cpu(c, a->holder))
		return ERR_TIMEOUT;
	look = switches_now(c->switches);
	a->after = (struct glance){ 0 };
	err = copy_holder(c, a);
	c->instant_ns = clock_now();
	switches_look(c->switches);
	return switches_slept(c->switches, tid, look) ? err : ERR_TIMEOUT;
}

static int copy_pinned(struct capture *c, struct attempt *a)
{
	int err;

	a->after = (struct glance){ 0 };
	err = copy_holder(c, a);
	c->instant_ns = clock_now();
	return err;
}

static int copy_running(struct capture *c, struct attempt *a)
{
	int cpu, moves = preempt_preferred(c) ? MOVES : 0;
	int err = copy_off_cpu(c, a);

	if (err == ERR_TIMEOUT)
		err = copy_beside(c, a, &cpu);
	while (err == ERR_TIMEOUT && moves-- > 0 && preempt_move(cpu))
		err = copy_beside(c, a, &cpu);
	if (err != ERR_TIMEOUT)
		return err;
	a->after = (struct glance){ 0 };
	if (!c->never_stop)
		return copy_stopped(c, a, cpu != sched_getcpu());
	a->unproven = true;
	return ERR_LOST;
}

/* ---- the holder sleeps: it must have slept all the while -------------- */

/* Of all states that the thread has. */
static bool copies_hold(const struct capture *c, const struct attempt *a)
{
	const struct tstate *t;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (attempt_same_thread(t, a->holder) &&
		    attempt_takes(c, t, a->gil) && !attempt_copy_holds(t, a))
			return false;
	}
	return true;
}

static int copy_asleep(struct capture *c, struct attempt *a)
{
	struct tstate *t = a->holder;
	struct sched before = t->sched, after;
	int err;

	if (copies_hold(c, a))
		err = glance_read(c, a->gil, &a->after);
	else
		err = copy_holder(c, a);
	c->instant_ns = clock_now();
	if (err)
		return err;
	if (task_sched(&t->task, &after))
		return ERR_LOST;
	return state_slept_on(&before, &after) ? 0 : ERR_LOST;
}

/* ---- which way --------------------------------------------------------- */

/* Nobody wants its stack. It can change no other one, so it may run: that the
 * GIL did not change hands is proof enough for the others. */
static bool may_run(const struct capture *c, const struct tstate *holder)
{
	uint32_t i;

	if (!holder->unwanted)
		return false;
	for (i = 0; c->interp_count > 1 && i < c->threads.count; i++)
		if (attempt_same_thread(c->threads.items[i], holder) &&
		    !c->threads.items[i]->unwanted)
			return false;
	return true;
}

int holder_read(struct capture *c, struct attempt *a)
{
	if (!a->holder || may_run(c, a->holder)) {
		c->instant_ns = clock_now();
		return glance_read(c, a->gil, &a->after);
	}
	if (c->no_stop)
		return copy_holder(c, a);
	if (holder_is_pinned(a, a->holder))
		return copy_pinned(c, a);
	if (!a->just_looked && !attempt_look_at(c, a->holder))
		return ERR_LOST;
	return a->holder->look.running ? copy_running(c, a) : copy_asleep(c, a);
}

/* ---- before anything else is read --------------------------------------- */

bool holder_is_pinned(const struct attempt *a, const struct tstate *t)
{
	return a->pin.state != STOP_NONE && a->pin.tid == t->task.tid;
}

void holder_unpin(struct capture *c, struct attempt *a)
{
	stand_end(c, &a->pin);
	a->pin.state = STOP_NONE; /* one that did not come is kept elsewhere */
}

/* Not two at a time: target/stop.c. The one before stands until then, even if it
 * has let go of the GIL: fewer fight for it meanwhile. */
int holder_pin(struct capture *c, struct attempt *a)
{
	struct glance g = { .cpu = -1 };
	int err;

	if (a->holder && holder_is_pinned(a, a->holder))
		return 0;
	if (!a->holder || may_run(c, a->holder) || c->no_stop ||
	    c->never_stop || c->counts.disturbed)
		return 0;
	if (!attempt_look_at(c, a->holder))
		return ERR_LOST;
	if (!a->holder->look.running || state_has_no_cpu(c, a->holder))
		return 0;
	holder_unpin(c, a);
	g.rseq = preempt_area(c, a->holder);
	err = glance_read(c, a->gil, &g);
	if (!err)
		err = stand_begin(c, a->holder, g.cpu != sched_getcpu(),
				  &a->pin);
	if (err && err != ERR_TIMEOUT)
		holder_unpin(c, a);
	return err == ERR_TIMEOUT ? 0 : err;
}
