/* attach.c - a session on a target
 *
 * `python3 x.py & cprof top -p $!` comes some milliseconds too early: what is
 * there may still be the shell, or an interpreter that is not yet initialised.
 */
#include "attach.h"

#include <time.h>

enum { PAUSE_MSEC = 20, NOT_YET_PYTHON = 4, NOT_YET_READY = 25 };

/* How often it may be tried again after this error. */
static int patience(int err)
{
	if (err == ERR_NOT_PYTHON)
		return NOT_YET_PYTHON;

	return err == ERR_NOT_READY ? NOT_YET_READY : 0;
}

/* A session with some of its targets is no reason not to wait for the others. */
static int patience_of(const struct session *s, int err)
{
	int most = patience(err), one;
	pid_t pid;

	for (unsigned int i = 0; s && (one = session_refused(s, i, &pid)); i++)
		most = MAX(most, patience(one));

	return most;
}

int attach_session(struct session **s, const struct session_options *o)
{
	struct timespec pause = { .tv_nsec = PAUSE_MSEC * NSEC_PER_MSEC };
	int err = session_new(s, o);

	for (int n = 0; n < patience_of(*s, err); n++) {
		nanosleep(&pause, NULL);
		session_free(*s);
		*s = NULL;
		err = session_new(s, o);
	}

	return err;
}
