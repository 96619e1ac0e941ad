/* stopped.h - is the target stopped, as by SIGSTOP or Ctrl-Z?
 */
#ifndef CPROF_CMD_STOPPED_H
#define CPROF_CMD_STOPPED_H

#include "cprof/target.h"

struct stopped {
	struct target target;
	bool always; /* at every look so far */
};

/* The first look. Whatever comes of it, stopped_release() comes after. */
void stopped_init(struct stopped *s, pid_t pid);
void stopped_release(struct stopped *s);
/* Another one; costs nothing once it was seen not to be stopped. */
void stopped_look(struct stopped *s);

#endif
