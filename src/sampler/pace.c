/* pace.c - deadlines with jitter against lockstep */
#include "pace.h"

void pace_init(struct pace *p, uint64_t start_ns, double rate_hz)
{
	*p = (struct pace){
		.start_ns = start_ns,
		.interval_ns = NSEC_PER_SEC / rate_hz,
		.random = start_ns | 1,
	};
}

/* xorshift64*: uniform in [0, 1). */
static double fraction(struct pace *p)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return (p->random * 2685821657736338717ull >> 11) * 0x1p-53;
}

uint64_t pace_next(struct pace *p, uint64_t now_ns, uint64_t *missed)
{
	uint64_t current, deadline;

	/* an interval whose end has passed can have no tick any more */
	current = now_ns > p->start_ns ?
			  (uint64_t)((now_ns - p->start_ns) / p->interval_ns) :
			  0;
	*missed = current > p->next ? current - p->next : 0;
	p->next = MAX(p->next, current);
	deadline = p->start_ns +
		   (uint64_t)((p->next + fraction(p)) * p->interval_ns);
	p->next++;
	return MAX(deadline, now_ns);
}
