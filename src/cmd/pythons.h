/* pythons.h - the Python processes that run here
 */
#ifndef CPROF_CMD_PYTHONS_H
#define CPROF_CMD_PYTHONS_H

#include "cprof/target.h"

struct running {
	pid_t pid;
	int err; /* of looking into it: 0, or why we may or can not */
	enum refusal why; /* with ERR_PERM */
	char version[32]; /* "" if not known */
	char *command; /* owned; not escaped */
	uint64_t cpu_ns; /* used so far by the threads it has now */
	unsigned int threads;
	double cpu_percent; /* of one CPU; negative if not measured */
};

struct pythons {
	VEC(struct running) list; /* by pid */
};

/* Look through all processes. ERR_NOMEM, ERR_IO. */
int pythons_find(struct pythons *p);
void pythons_release(struct pythons *p);
/* What CPU they use: waits for a fifth of a second. */
void pythons_measure(struct pythons *p);
/* The one whose pid is nearest to this one, or NULL. */
const struct running *pythons_nearest(const struct pythons *p, pid_t pid);
/* Find and measure them, and add them as a table for so many columns (0: no
 * limit). The number of processes, or ERR_*. */
int pythons_table(struct buf *b, int columns);

#endif
