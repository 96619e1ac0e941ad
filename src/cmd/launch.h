/* launch.h - the command that cprof started
 */
#ifndef CPROF_CMD_LAUNCH_H
#define CPROF_CMD_LAUNCH_H

#include "cprof/target.h"

struct launch {
	struct spawn spawn; /* pid 0: nothing was launched */
	bool ended;
	int status; /* as of waitpid(), once it ended */
	bool killed; /* by us, as --kill asked */
};

/* Start it; quiet and out as of spawn_start(). Returns OPTIONS_GO, or the
 * status to exit with, and says why. */
int launch_start(struct launch *l, char *const command[], bool quiet, int out);
/* Has it ended? Looks again, waiting up to timeout_ms. */
bool launch_poll(struct launch *l, int timeout_ms);
/* Wait until it has ended, a second Ctrl-C came, or SIGTERM or SIGHUP. With
 * `tell`, one line says what is waited for. */
void launch_wait(struct launch *l, bool tell);
/* Send the signal, and after 5 s SIGKILL, until it has ended. */
void launch_end(struct launch *l, int signal);
/* cprof's exit status, where `own` is what its own work came to. */
int launch_exit_status(const struct launch *l, int own);

#endif
