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
