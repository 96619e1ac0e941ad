/* fail.h - why a target cannot be looked into, and what would help
 */
#ifndef CPROF_CMD_FAIL_H
#define CPROF_CMD_FAIL_H

#include <sys/types.h>

/* Say why attaching to pid failed with err, in one line and a hint in a second
 * one. `words` is the command line from the command's name on. Returns the exit
 * status. */
int fail_attach(pid_t pid, int err, char *const words[]);

/* It runs a CPython that this cprof cannot read: `found` says which one. Returns
 * the exit status. */
int fail_unsupported(const char *what, const char *found);

/* The same for a command that we started, `word`: with ERR_NOPROC it ended, with
 * 0 or ERR_NOT_PYTHON it runs, and no interpreter came. */
int fail_launched(const char *word, pid_t pid, int err, const char *found,
		  char *const words[]);

/* A failure that has to do with no target: out of memory and the like. */
int fail_plain(const char *what, int err);

#endif
