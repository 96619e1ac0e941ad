/* cmd.h - the commands, for main.c's table
 *
 * A command is a row there, a file here and a man page. It gets the words of
 * the command line from its own name on and returns the exit status of cprof.
 */
#ifndef CPROF_CMD_H
#define CPROF_CMD_H

#include <stddef.h>

struct command {
	const char *name;
	char letter; /* stands for it, for ever; 0: none */
	int (*run)(int argc, char **argv); /* NULL: `help` itself */
	const char *summary; /* for `cprof help` */
};

int cmd_record(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_ps(int argc, char **argv);
/* One that a later version brings: says so. */
int cmd_later(int argc, char **argv);

/* Find the command that argv[1] means and run it. The table ends in a row
 * without a name. */
int cmd_main(const struct command *table, int argc, char **argv);

#endif
