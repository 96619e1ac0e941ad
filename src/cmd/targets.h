/* targets.h - the processes that the options mean
 */
#ifndef CPROF_CMD_TARGETS_H
#define CPROF_CMD_TARGETS_H

#include "cprof/sampler.h"

#include "options.h"

/* With --match: look for them, into o->pids. OPTIONS_GO, or the status to exit
 * with, which was explained: none matches, or several do without --all. */
int targets_find(struct options *o);
/* What of a session's options comes from these alone. */
void targets_fill(struct session_options *so, struct options *o);
/* Of several, those that a session could not get: a line for each. */
void targets_say_refused(const struct session *s);
/* A --thread that nobody's name matches. */
void targets_say_unmatched(const struct options *o, const struct defs *d);
/* None could be had: why. Returns the exit status. */
int targets_fail(const struct session *s, const struct options *o, int err);

#endif
