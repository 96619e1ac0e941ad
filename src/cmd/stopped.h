/* stopped.h - is the target stopped, as by SIGSTOP, Ctrl-Z or a debugger?
 */
#ifndef CPROF_CMD_STOPPED_H
#define CPROF_CMD_STOPPED_H

#include "cprof/target.h"

struct stopped {
	struct target target;
	enum standstill how; /* at every look so far; GOES_ON: not at all */
	pid_t tracer; /* that holds it */
};

/* The first look. Whatever comes of it, stopped_release() comes after. */
void stopped_init(struct stopped *s, pid_t pid);
void stopped_release(struct stopped *s);
/* Another one; costs nothing once it was seen not to be stopped. */
void stopped_look(struct stopped *s);
/* `kill -CONT 4711 lets it run`, if it is stopped. */
void stopped_add_advice(const struct stopped *s, struct buf *out);

#endif
