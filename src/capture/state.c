/* state.c - what a thread does, from the scheduler's and the interpreter's facts
 *
 * A thread that slept at the last look and was not given a CPU since sleeps in
 * the same call still: one small file tells, the other is not opened. States
 * are never guessed from names of functions.
 */
#include "internal.h"

static bool same_sched(const struct sched *a, const struct sched *b)
{
	return a->slices == b->slices && a->cpu_ns == b->cpu_ns &&
	       a->wait_ns == b->wait_ns;
}

/* A line of zeros is that of a thread that never ran, or of a kernel without
 * these counts: it proves nothing. */
bool state_slept_on(const struct sched *then, const struct sched *now)
{
	return now->slices && same_sched(then, now);
}

int state_look(struct tstate *t)
{
	struct sched before = t->sched;
	int err = task_sched(&t->task, &t->sched);

	if (err)
		return err;
	if (t->looked && !t->look.running && state_slept_on(&before, &t->sched))
		return 0;
	t->looked = true;
	return task_look(&t->task, &t->look);
}

/* Everybody who wants the GIL sleeps on a futex inside of it. */
static bool waits_for_gil(const struct capture *c, const struct tstate *t,
			  raddr_t gil)
{
	return syscall_is_futex(t->look.syscall) && t->look.args[0] >= gil &&
	       t->look.args[0] < gil + c->python.layout.gil_size;
}

/* It woke up, as it does every 5 ms to ask for the GIL, but nobody has taken
 * the GIL since it was seen to wait: so it has not got it. */
static bool waits_on(const struct tstate *t, const struct gil_words *w)
{
	return t->now.state == STATE_GIL_WAIT && t->addr != w->holder &&
	       t->wait_switches == w->switches;
}

void state_set_outer(struct tstate *t)
{
	t->now.state = STATE_IDLE;
	t->now.syscall = -1;
}

void state_decide(const struct capture *c, struct tstate *t, raddr_t gil,
		  const struct gil_words *w)
{
	bool holder = t->addr == w->holder, still = waits_on(t, w);

	t->now = (struct state){
		.state = STATE_IDLE,
		.holds_gil = holder && w->locked,
		.syscall = -1,
	};
	if (t->look.running ? still : waits_for_gil(c, t, gil))
		t->now.state = STATE_GIL_WAIT;
	else if (t->look.running)
		t->now.state =
			t->now.holds_gil ? STATE_ACTIVE_GIL : STATE_ACTIVE;
	t->wait_switches = w->switches;
	if (!t->look.running && t->look.syscall <= INT16_MAX)
		t->now.syscall = t->look.syscall;
}
