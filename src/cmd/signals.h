/* signals.h - being asked to end
 */
#ifndef CPROF_CMD_SIGNALS_H
#define CPROF_CMD_SIGNALS_H

#include <stdbool.h>

/* Catch SIGINT, SIGTERM and SIGHUP. Before a command is launched: it gets them
 * back as they were. */
void signals_catch(bool launched);
/* After it: a reader that went away is an error of write(), not our death. */
void signals_ignore_pipe(void);
/* How often Ctrl-C came so far. */
int signals_interrupts(void);
/* SIGTERM or SIGHUP when one came, else 0. */
int signals_ending(void);

#endif
