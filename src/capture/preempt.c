/* preempt.c - the holder stands because we have its CPU
 *
 * The kernel writes into a thread's rseq area on which CPU it goes on, before
 * it runs a user's instruction there. So while that word names the CPU that we
 * are on, and we have not let go of it, the thread has not run: elsewhere the
 * word would be another one, and here there was no room. Nothing is stopped, and
 * no system call is disturbed.
 */
#include "internal.h"

#include <sched.h>
#include <sys/resource.h>

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

bool preempt_stands(const struct preempt *p, int cpu)
{
	return p->switches && cpu >= 0 && cpu == p->cpu;
}

bool preempt_stood(const struct preempt *p, int cpu)
{
	return preempt_stands(p, cpu) && own_switches() == p->switches;
}
