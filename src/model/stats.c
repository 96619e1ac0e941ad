/* stats.c - what is said about a recording
 */
#include "cprof/model.h"

const char *lost_text(enum lost_kind kind)
{
	static const char *const texts[] = {
		[LOST_GIL] = "GIL changed hands",
		[LOST_TRACED] = "traced by another program",
		[LOST_TORN] = "not proven to stand still",
		[LOST_FRAME] = "frame half made",
		[LOST_MEMORY] = "memory unreadable",
		[LOST_CODE] = "code object gone",
		[LOST_RING] = "recorder too slow",
	};
	_Static_assert(ARRAY_SIZE(texts) == LOST_KINDS, "a text for each kind");

	return (unsigned int)kind < LOST_KINDS ? texts[kind] : "?";
}

uint64_t stats_lost(const struct stats *s)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < LOST_KINDS; i++)
		sum += s->lost[i];
	return sum;
}

/* Before anything was sampled, and of one process, that of the recording. */
static uint64_t process_time(const struct stats *s)
{
	return s->process_ns ? s->process_ns : s->elapsed_ns;
}

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

double stats_rate(const struct stats *s)
{
	return ratio((double)s->ticks, (double)process_time(s) / NSEC_PER_SEC);
}

double stats_held(const struct stats *s)
{
	return ratio((double)s->held_ns, (double)process_time(s));
}

void stats_add(struct stats *sum, const struct stats *s)
{
	unsigned int i;

	sum->ticks += s->ticks;
	sum->missed += s->missed;
	sum->late += s->late;
	sum->samples += s->samples;
	sum->stops += s->stops;
	sum->disturbed += s->disturbed;
	sum->held_ns += s->held_ns;
	sum->longest_stop_ns = MAX(sum->longest_stop_ns, s->longest_stop_ns);
	sum->unobserved_ns += s->unobserved_ns;
	sum->cpu_ns += s->cpu_ns;
	sum->sampled_cpu_ns += s->sampled_cpu_ns;
	for (i = 0; i < LOST_KINDS; i++)
		sum->lost[i] += s->lost[i];
	for (i = 0; i < ARRAY_SIZE(sum->pauses); i++)
		sum->pauses[i] += s->pauses[i];
}

enum { FIRST_OCTAVE = 8 }; /* 256 ns */

void stats_count_pause(struct stats *s, uint64_t pause_ns)
{
	uint64_t ns = MAX(pause_ns, 1ull << FIRST_OCTAVE);
	unsigned int octave = 63 - (unsigned int)__builtin_clzll(ns);
	unsigned int slot = (octave - FIRST_OCTAVE) * 4 +
			    (unsigned int)(ns >> (octave - 2) & 3);

	s->pauses[MIN(slot, ARRAY_SIZE(s->pauses) - 1)]++;
}

/* Where the step after this one begins. */
static uint64_t end_of_slot(unsigned int slot)
{
	unsigned int next = slot + 1;

	return (4ull + next % 4) << (FIRST_OCTAVE + next / 4 - 2);
}

uint64_t stats_pause_quantile(const struct stats *s, double q)
{
	uint64_t all = 0, seen = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s->pauses); i++)
		all += s->pauses[i];
	for (i = 0; i < ARRAY_SIZE(s->pauses); i++) {
		seen += s->pauses[i];
		if (seen && (double)seen >= q * (double)all)
			return MIN(end_of_slot(i), s->longest_stop_ns);
	}
	return 0;
}
