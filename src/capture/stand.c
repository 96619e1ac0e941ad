/* stand.c - make the holder stand, and never leave anybody standing
 *
 * A stop takes some microseconds when the thread is on a CPU, as user code cannot
 * put off the interrupt that asks for it. When it has no CPU, or is deep in the
 * kernel, the stop comes late, but comes before the next instruction of the
 * program: what is to be read stands already. The stop is kept, and let go
 * the moment it comes, whatever else happens meanwhile: a next tick, an exec,
 * the end of the recording.
 */
#include "internal.h"

#include <unistd.h>

enum {
	STOP_TIMEOUT_NS = 30000, /* a stop on another CPU takes 3 us */
	REFUSED_WAIT_NS = 50000,
	REFUSED_NS = 1000000000, /* then it is not for the moment */
	AVOID_NS = 1000000000,
};

void stand_count(struct capture *c, uint64_t asked_ns, uint64_t stands_ns,
		 uint64_t end_ns)
{
	uint64_t pause = end_ns - stands_ns;

	c->counts.stops++;
	c->counts.held_ns += end_ns - asked_ns;
	c->counts.longest_stop_ns = MAX(c->counts.longest_stop_ns, pause);
	c->pause_ns += pause;
}

/* One that has not come yet is kept until it can be let go: it must never be
 * forgotten. */
static void keep_late(struct capture *c, struct stop *s)
{
	struct stop *late = vec_push(&c->late);

	if (late)
		*late = *s;
	else
		stop_settle(s, UINT64_MAX / 2);
}

/* How long it was kept from running. Until a stop that comes late the thread
 * has no CPU or works in the kernel: that is not our doing. */
static void count(struct capture *c, const struct stop *s)
{
	bool late = s->stands_ns - s->asked_ns > STOP_TIMEOUT_NS;

	stand_count(c, late ? s->stands_ns : s->asked_ns, s->stands_ns,
		    clock_now());
}

static void let_go(struct capture *c, struct stop *s)
{
	bool stood;

	if (s->state == STOP_ASKED)
		stop_wait(s, 0, 0); /* it may stand by now */
	stood = s->state == STOP_STANDS;
	if (stop_disturbed(s))
		c->counts.disturbed++;
	stop_end(s);
	if (stood)
		count(c, s);
}

void stand_release_late(struct capture *c)
{
	uint32_t i;

	for (i = c->late.count; i-- > 0;) {
		let_go(c, &c->late.items[i]);
		if (c->late.items[i].state == STOP_NONE)
			c->late.items[i] = c->late.items[--c->late.count];
	}
}

static bool is_late(const struct capture *c, pid_t tid)
{
	uint32_t i;

	for (i = 0; i < c->late.count; i++)
		if (c->late.items[i].tid == tid)
			return true;
	return false;
}

/* We trace it: a thread of ours called exec, upon which it has the id of the
 * first thread, and the stop that was asked for is still to come. */
static void take_back(struct capture *c, pid_t tid)
{
	struct stop stop = {
		.tid = tid,
		.state = STOP_ASKED,
		.keep_exit = c->keep_exit && tid == c->target->pid,
		.asked_ns = clock_now(),
	};

	if (!is_late(c, tid))
		keep_late(c, &stop);
}

void stand_take_back(struct capture *c)
{
	if (task_tracer(c->target, c->target->pid) == gettid())
		take_back(c, c->target->pid);
}

/* It is ending, or somebody else traces it: for the moment of a tick, as
 * another cprof does, or for long, as a debugger does. */
static int refused(struct capture *c, pid_t tid)
{
	uint64_t now = clock_now();
	pid_t tracer = task_tracer(c->target, tid);

	c->avoid_until_ns = now + AVOID_NS;
	if (tracer == gettid())
		take_back(c, tid);
	if (!tracer || tracer == gettid()) {
		clock_sleep_until(now + REFUSED_WAIT_NS);
		c->list_stale = true;
		return ERR_LOST;
	}
	if (!c->refused_ns)
		c->refused_ns = now;
	if (now - c->refused_ns > REFUSED_NS)
		return ERR_PERM;
	clock_sleep_until(now + REFUSED_WAIT_NS);
	return ERR_LOST;
}

int stand_begin(struct capture *c, const struct tstate *t, bool spin,
		struct stop *s)
{
	pid_t tid = t->task.tid;
	int err;

	*s = (struct stop){ 0 };
	stand_release_late(c); /* not two at a time */
	if (is_late(c, tid))
		return ERR_TIMEOUT;
	err = stop_begin(s, tid, c->keep_exit && tid == c->target->pid);
	if (!err)
		err = stop_wait(s, spin ? STOP_TIMEOUT_NS : 0, STOP_TIMEOUT_NS);
	if (err == ERR_PERM)
		return refused(c, tid);
	c->refused_ns = 0;
	return err == ERR_NOPROC ? ERR_LOST : err; /* that thread ended */
}

void stand_end(struct capture *c, struct stop *s)
{
	if (s->state != STOP_NONE)
		let_go(c, s);
	if (s->state != STOP_NONE)
		keep_late(c, s);
}

void capture_settle(struct capture *c)
{
	uint32_t i;

	for (i = 0; i < c->late.count; i++)
		stop_settle(&c->late.items[i], NSEC_PER_SEC);
	stand_release_late(c);
}
