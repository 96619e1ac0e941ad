/* signals.h - being asked to end
 */
#ifndef CPROF_CMD_SIGNALS_H
#define CPROF_CMD_SIGNALS_H

#include <stdbool.h>

/* Catch every signal that asks to end or would end us. Before a command is
 * launched: it gets them back as they were. */
void signals_catch(bool launched);
/* A reader that went away, or a file that may not grow, is an error of write(),
 * not our death. Part of signals_catch(). */
void signals_survive_writes(void);
/* If we crash, remove this file; "" for none. */
void signals_remove_on_crash(const char *path);
/* How often Ctrl-C or Ctrl-\ came so far. */
int signals_interrupts(void);
/* SIGTERM, SIGHUP or another one that no terminal sends, when one came, else
 * 0. */
int signals_ending(void);
/* Of all these the one that came last, 0 if none. */
int signals_last(void);

#endif
