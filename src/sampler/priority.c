/* priority.c - the sampler runs when its deadline comes, not some time later
 *
 * Real-time priority needs CAP_SYS_NICE. Without it the scheduler lets the program
 * that runs finish its slice first; one that asks for the shortest slice itself
 * is let in before (EEVDF, Linux 6.12; older ones take no notice).
 */
#include "priority.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cprof/base.h"

enum { FIFO_PRIORITY = 5 };

static const uint64_t shortest_slice_ns = 100000;

/* sched_setattr(2), whose struct not every C library has. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

static void ask_for_short_slices(void)
{
	struct scheduling s = {
		.size = sizeof(s),
		.policy = SCHED_OTHER,
		.nice = getpriority(PRIO_PROCESS, 0),
		.runtime_ns = shortest_slice_ns,
	};

	if (sched_getscheduler(0) != SCHED_OTHER)
		return; /* somebody chose */
	if (syscall(SYS_sched_setattr, 0, &s, 0))
		log_line(2, "no short slices either");
}

void priority_raise(void)
{
	struct sched_param param = { .sched_priority = FIFO_PRIORITY };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param)) {
		log_line(1, "no real-time priority: pauses may be longer");
		ask_for_short_slices();
	}
	prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
}
