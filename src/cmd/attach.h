/* attach.h - a session on a target
 */
#ifndef CPROF_CMD_ATTACH_H
#define CPROF_CMD_ATTACH_H

#include "cprof/sampler.h"

/* session_new(), and again for half a second while a process that has just been
 * started does not have its interpreter ready. *s is to be freed also after a
 * failure. */
int attach_session(struct session **s, const struct session_options *o);

#endif
