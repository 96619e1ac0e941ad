/* state.c - what a thread does, from the scheduler's and the interpreter's facts
 *
 * A thread that slept at the last look and was not given a CPU since sleeps in
 * the same call still: one small file tells, the other is not opened. States
 * are never guessed from names of functions.
 */
#include "internal.h"

enum {
	SCHED_FRESH_NS = 500000,
	STOP_NS = 300000000, /* how late a stop may be noticed */
};

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

bool state_sleeps_on(const struct capture *c, const struct tstate *t)
{
	return c->switches && t->looked && !t->look.running && t->look_number &&
	       switches_slept(c->switches, t->task.tid, t->look_number);
}

/* At high rates one that ran a moment ago is asked whether it runs still; what it
 * used meanwhile may wait. */
static bool runs_on(struct tstate *t, uint64_t now)
{
	if (!t->looked || !t->look.running ||
	    now - t->sched_ns > SCHED_FRESH_NS)
		return false;
	return !task_look(&t->task, &t->look) && t->look.running;
}

int state_look(struct tstate *t)
{
	struct sched before = t->sched;
	uint64_t now = clock_now();
	int err;

	if (runs_on(t, now))
		return 0;
	err = task_sched(&t->task, &t->sched);
	if (err)
		return err;
	t->sched_ns = now;
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

/* What the kernel counts of a thread belongs to one of its thread states. */
static void count_cpu(struct tstate *t, bool own)
{
	if (own)
		t->cpu_ns += t->sched.cpu_ns - t->cpu_counted_ns;
	t->cpu_counted_ns = t->sched.cpu_ns;
	t->now.cpu_ns = t->cpu_ns;
}

void state_set_outer(struct tstate *t)
{
	t->now = (struct state){ .state = STATE_IDLE, .syscall = -1 };
	count_cpu(t, false);
}

bool state_has_no_cpu(const struct capture *c, const struct tstate *t)
{
	return c->switches && switches_ask(c->switches, t->task.tid) == OFF_CPU;
}

static enum thread_state running_state(const struct capture *c,
				       const struct tstate *t)
{
	if (state_has_no_cpu(c, t))
		return STATE_CPU_WAIT;
	return t->now.holds_gil ? STATE_ACTIVE_GIL : STATE_ACTIVE;
}

static bool collects(const struct capture *c, const struct tstate *t)
{
	unsigned int i;

	for (i = 0; i < c->interp_count; i++)
		if (c->interps[i].addr == t->interp)
			return c->interps[i].collects;
	return false;
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
		t->now.state = running_state(c, t);
	t->now.collects = t->now.holds_gil && collects(c, t);
	t->wait_switches = w->switches;
	if (!t->look.running && t->look.syscall <= INT16_MAX)
		t->now.syscall = t->look.syscall;
	count_cpu(t, true);
}

/* Who is let go runs for a moment: so nothing has changed as long as nobody ran. */
void state_look_for_runs(struct capture *c)
{
	const struct tstate *t;
	uint64_t slices = 0;
	bool running = false;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (t->unwanted)
			continue; /* nobody looked */
		running |= t->look.running;
		slices += t->sched.slices;
	}
	if (!running && slices == c->slices)
		return;
	c->slices = running ? 0 : slices; /* once it leaves the CPU: ask */
	c->stopped = false;
	c->may_be_stopped = !running;
}

bool state_look_for_stop(struct capture *c)
{
	struct standstill stands;

	if (!c->may_be_stopped || c->instant_ns - c->stop_asked_ns < STOP_NS)
		return false;
	c->may_be_stopped = false;
	c->stop_asked_ns = c->instant_ns;
	stands = target_standstill(c->target);
	c->stopped = standstill_lasts(&stands);
	return c->stopped;
}
