/* family.h - where notices come from (private to target/) */
#ifndef CPROF_TARGET_FAMILY_H
#define CPROF_TARGET_FAMILY_H

#include "cprof/target.h"

/* What a source saw, of any process; it is family.c that knows whose it is. */
struct seen {
	struct notice notice;
	uint64_t time_ns; /* orders what comes from several rings */
	unsigned int passes; /* for which its parent was not known */
};

typedef VEC(struct seen) seen_list;

/* A source of notices. take() adds what came since, without waiting: ERR_LOST
 * when some were lost, so that /proc must be looked through. */
struct notice_source {
	const char *name;
	int (*take)(struct notice_source *s, seen_list *out);
	void (*free)(struct notice_source *s);
};

/* perf task events of all CPUs; NULL: not permitted, or not there. */
struct notice_source *source_perf(void);
/* The kernel's process connector; NULL as above. */
struct notice_source *source_connector(void);

#endif
