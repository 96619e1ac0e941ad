/* live.h - the one line that changes while cprof records
 */
#ifndef CPROF_CMD_LIVE_H
#define CPROF_CMD_LIVE_H

#include <termios.h>

#include "cprof/model.h"

struct live {
	bool wanted; /* standard error is a terminal, and it was not refused */
	bool shown; /* there is one on the screen */
	uint64_t next_ns; /* when it is due again */
	uint64_t duration_ns; /* 0: no end known */
	struct termios modes; /* of the terminal at the start */
	bool color, unicode;
};

void live_init(struct live *l, bool wanted, uint64_t duration_ns);
/* Is it time for a new one? Then show it with these numbers;
 * samples: those in the file so far. */
bool live_due(const struct live *l);
void live_show(struct live *l, const struct stats *s, uint64_t samples);
/* Take it away, before anything else is printed. */
void live_clear(struct live *l);

#endif
