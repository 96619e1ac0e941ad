/* stats.c - what is said about a recording
 */
#include "cprof/model.h"

const char *lost_text(enum lost_kind kind)
{
	static const char *const texts[] = {
		[LOST_GIL] = "GIL changed hands",
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
