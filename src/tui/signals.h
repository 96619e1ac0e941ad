/* signals.h - signals as something to read
 *
 * Blocked in this thread and in those that it starts meanwhile, and taken from
 * a descriptor: no handler runs, and curses' own never do.
 */
#ifndef CPROF_TUI_SIGNALS_H
#define CPROF_TUI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
	int fd;
	sigset_t before;
};

/* SIGINT, SIGTERM and all others that end a program; with `screen` SIGTSTP,
 * SIGCONT and SIGWINCH too. ERR_IO with errno. */
int signals_open(struct signals *s, bool screen);
void signals_close(struct signals *s);
/* The next one, 0 if there is none. */
int signals_read(struct signals *s);

#endif
