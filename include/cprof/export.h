/* export.h - a profile into a file format
 *
 * A format is a file src/export/NAME.c and a line in export.c. Exporters see
 * only the model: every format is tested without a process. A profile without
 * any sample gives a valid file that says why.
 */
#ifndef CPROF_EXPORT_H
#define CPROF_EXPORT_H

#include "cprof/model.h"

struct exporter {
	const char *name; /* as in -f NAME */
	const char *aliases[3]; /* other names; NULL-terminated */
	const char *suffix; /* of a default file name: ".svg" */
	const char *suffixes[4]; /* of -o FILE that choose it; NULL at the end */
	const char *open_with; /* how to look at it; %s is the file */
	bool needs_timeline; /* wants samples in order, not only sums */
	bool of_lines; /* a part of the file can be read, too */
	/* Write the whole profile; the caller commits. Write errors are kept
	 * in out; returns ERR_NOMEM or 0. */
	int (*write)(const struct profile *p, struct out *out);
};

/* By the text of -f, in any case; NULL if unknown. */
const struct exporter *export_by_name(const char *name);
/* By the end of a file name, the longest suffix wins; NULL if none fits. */
const struct exporter *export_by_path(const char *path);
/* A line for messages: "flamegraph, raw, speedscope". */
const char *export_names(void);

#endif
