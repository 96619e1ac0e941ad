/* summary.h - what a recording says at its end
 */
#ifndef CPROF_CMD_SUMMARY_H
#define CPROF_CMD_SUMMARY_H

#include "cprof/model.h"

/* What was found: one sentence, with what to do about a target that is stopped
 * still, and the five hottest functions. */
void summary_findings(const struct profile *p, const struct hot *hot);
/* Where it is, how well it was measured, and how to look at it (open_with as of
 * struct exporter, or NULL). */
void summary_file(const struct profile *p, const char *file, bool ended,
		  const char *open_with);

#endif
