/* preempt.c - the holder stands because we have its CPU
 *
 * The kernel writes into a thread's rseq area on which CPU it goes on, before
 * it runs a user's instruction there. So while that word names the CPU that we
 * are on, and we have not let go of it, the thread has not run: elsewhere the
 * word would be another one, and here there was no room. Nothing is stopped, and
 * no system call is disturbed: so we go to the thread's CPU where that matters,
 * or where stops are not allowed.
 */
#include "internal.h"

#include <sched.h>
#include <sys/resource.h>

enum { CROWD_NS = 200000000 };

static uint64_t own_switches(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		return 0;
	return (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw) + 1;
}

void preempt_begin(struct preempt *p)
{
	p->switches = own_switches();
	p->cpu = sched_getcpu();
}

/* Onto the thread's CPU, which takes it away from the thread: there we stay until
 * it is found elsewhere. */
bool preempt_move(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return false;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* The kernel told at a stop, or the C library has to. */
raddr_t preempt_area(struct capture *c, const struct tstate *t)
{
	if (t->rseq || !preempt_preferred(c))
		return t->rseq;
	if (!c->rseq_searched)
		c->rseq_known = !rseq_find(c->target, &c->rseq_offset);
	c->rseq_searched = true;
	return c->rseq_known ? rseq_area(t->ident, c->rseq_offset) : 0;
}

bool preempt_preferred(const struct capture *c)
{
	return c->never_stop || c->counts.disturbed ||
	       (c->avoid_until_ns && clock_now() < c->avoid_until_ns);
}

/* Who stops on a CPU that others wait for loses it to them. With real-time
 * priority it is as quick to take it away ourselves. */
void preempt_note_crowd(struct capture *c)
{
	int policy = sched_getscheduler(0);

	if (policy >= 0 && (policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO)
		c->avoid_until_ns = clock_now() + CROWD_NS;
}

bool preempt_stands(const struct preempt *p, int cpu)
{
	return p->switches && cpu >= 0 && cpu == p->cpu;
}

bool preempt_stood(const struct preempt *p, int cpu)
{
	return preempt_stands(p, cpu) && own_switches() == p->switches;
}
