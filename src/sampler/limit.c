/* limit.c - a lower rate where the asked one costs more than it may
 *
 * What sampling costs the targets and us is, but for a little, proportional to
 * the rate. So four times a second, and sooner at the beginning, the rate becomes
 * the one at which the dearer of the two would have cost nine tenths of its limit;
 * it falls quickly and rises slowly, up to the one that was asked for.
 */
#include "internal.h"

enum { FIRST_LOOK_MS = 20, LOOK_MS = 250 };

#define AIM 0.9 /* of the limit */
#define FALL 8.0 /* at most, at once */
#define RISE 1.5
#define LOWEST_HZ 0.1

/* What was spent since the last look, as parts of what may be. */
static double spent(struct session *s, uint64_t now)
{
	const struct session_options *o = &s->options;
	struct limit *l = &s->limit;
	double passed = (double)(now - l->looked_ns);
	uint64_t cpu = clock_own_cpu(), held = 0, sampled = 0;
	double worst = 0;
	uint32_t i;

	for (i = 0; i < s->active.count; i++) {
		if (s->active.items[i]->state != MEMBER_SAMPLED)
			continue;
		held += capture_take_held(s->active.items[i]->capture);
		sampled++;
	}
	if (o->max_slowdown > 0 && sampled)
		worst = (double)held / (double)sampled / passed /
			o->max_slowdown;
	if (o->max_cpu > 0)
		worst = MAX(worst,
			    (double)(cpu - l->cpu_ns) / passed / o->max_cpu);
	l->cpu_ns = cpu;
	l->looked_ns = now;
	return worst;
}

static void change_rate(struct session *s, double rate_hz, uint64_t now)
{
	uint32_t i;

	s->limit.rate_hz = rate_hz;
	s->limit.lowest_hz = MIN(s->limit.lowest_hz, rate_hz);
	for (i = 0; i < s->active.count; i++)
		if (s->active.items[i]->state == MEMBER_SAMPLED)
			member_set_rate(s->active.items[i], rate_hz, now);
}

void limit_init(struct session *s, uint64_t now)
{
	s->limit = (struct limit){
		.rate_hz = s->options.rate_hz,
		.lowest_hz = s->options.rate_hz,
		.looked_ns = now,
		.wait_ns = FIRST_LOOK_MS * NSEC_PER_MSEC,
		.cpu_ns = clock_own_cpu(),
	};
}

void limit_look(struct session *s)
{
	bool any = s->options.max_slowdown > 0 || s->options.max_cpu > 0;
	uint64_t now = any ? clock_now() : 0;
	double asked = s->options.rate_hz, rate = s->limit.rate_hz, part;

	if (!any || now - s->limit.looked_ns < s->limit.wait_ns)
		return;
	s->limit.wait_ns = MIN(2 * s->limit.wait_ns, LOOK_MS * NSEC_PER_MSEC);
	part = spent(s, now);
	if (part <= AIM && rate >= asked)
		return;
	rate *= MAX(AIM / MAX(part, AIM / RISE), 1 / FALL);
	rate = MIN(MAX(rate, LOWEST_HZ), asked);
	change_rate(s, rate, now);
}
