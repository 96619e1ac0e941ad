/* pace.h - when the next tick is due (private to sampler/) */
#ifndef CPROF_SAMPLER_PACE_H
#define CPROF_SAMPLER_PACE_H

#include "cprof/base.h"

/* Time is cut into intervals of 1/rate; each has one deadline, at a random
 * place in it: nothing in the target can run in step with us, the rate is met
 * to the tick, and two deadlines are never more than two intervals apart. */
struct pace {
	uint64_t start_ns;
	double interval_ns;
	uint64_t next; /* number of the interval that is due */
	uint64_t random;
};

void pace_init(struct pace *p, uint64_t start_ns, double rate_hz);
/* The next deadline that lies ahead of now; *missed counts those that were
 * passed: they are not made up for. */
uint64_t pace_next(struct pace *p, uint64_t now_ns, uint64_t *missed);

#endif
