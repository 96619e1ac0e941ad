/* output.h - where a recording goes, and in which format
 */
#ifndef CPROF_CMD_OUTPUT_H
#define CPROF_CMD_OUTPUT_H

#include "cprof/export.h"

#include "options.h"

struct output {
	const struct exporter *format;
	const char *pattern; /* of -o; NULL: a name of our own choice */
	char *name; /* of the target; owned */
	pid_t pid;
	struct out out;
	char *shown; /* its name, for messages; owned */
	bool is_open;
	bool is_stdout;
};

/* Choose the format. Returns OPTIONS_GO or EXIT_USAGE, said. */
int output_choose(struct output *w, const struct options *o);
/* Open the file, whose name may hold the target's name and pid. pid 0: not yet
 * known. Returns OPTIONS_GO or EXIT_FAILED, said. */
int output_open(struct output *w, const char *name, pid_t pid);
/* The pid that was not known: part of the name from now on. */
void output_rename(struct output *w, pid_t pid);
/* Close it for good. Returns EXIT_DONE or EXIT_FAILED, said. */
int output_commit(struct output *w);
/* Leave nothing behind. */
void output_drop(struct output *w);

/* What a command line is called in file names: the script's name without
 * .py, the module's after -m, else the program's. Only letters, digits, '.',
 * '_' and '-'. */
void output_stem(struct buf *b, char *const words[]);
/* The same, of a command line in one text. */
void output_stem_of(struct buf *b, const char *command);

#endif
