/* launch.c - the command that cprof started: wait for it, end it, exit as it
 *
 * Whoever writes `cprof record -- make test` wants what `make test` would have
 * returned. A terminal's Ctrl-C reaches the command, too: it decides, and only
 * a second one ends the waiting.
 */
#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "options.h"
#include "path.h"
#include "say.h"
#include "signals.h"

enum {
	LOOK_MSEC = 200, /* how soon a signal is noticed */
	GRACE_MSEC = 5000, /* from the first signal to SIGKILL */
	PATIENCE_MSEC = 1000, /* after Ctrl-C, until we say what we wait for */
};

int launch_start(struct launch *l, char *const command[], bool quiet, int out)
{
	int err;

	memset(l, 0, sizeof(*l));
	err = spawn_start(&l->spawn, command, quiet, out);
	if (!err) {
		path_say_sudo(&l->spawn, command[0]);
		return OPTIONS_GO;
	}
	l->spawn.pid = 0;
	err = errno;
	say("cannot run %s: %s; %s", command[0], strerror(err),
	    err == ENOENT ? "give its path, or set PATH" :
			    "give a program that may be executed");

	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

bool launch_poll(struct launch *l, int timeout_ms)
{
	struct pollfd end = { .fd = l->spawn.pidfd, .events = POLLIN };

	if (!l->ended)
		l->ended = spawn_ended(&l->spawn, &l->status);
	if (l->ended || timeout_ms == 0)
		return l->ended;
	poll(&end, 1, timeout_ms); /* fd -1: only waits */
	l->ended = spawn_ended(&l->spawn, &l->status);

	return l->ended;
}

/* A command that does not end on Ctrl-C: say how to leave it. Once, and not
 * before it had time to end. */
static void say_patience(const struct launch *l, uint64_t *asked_ns)
{
	uint64_t now = clock_now();

	if (signals_interrupts() == 0 || *asked_ns == UINT64_MAX)
		return;
	if (!*asked_ns)
		*asked_ns = now;
	if (now - *asked_ns < PATIENCE_MSEC * NSEC_PER_MSEC)
		return;
	say("waiting for PID %d; Ctrl-C again leaves it alone",
	    (int)l->spawn.pid);
	*asked_ns = UINT64_MAX;
}

void launch_wait(struct launch *l, bool tell)
{
	uint64_t asked_ns = 0;

	if (launch_poll(l, 0))
		return;
	if (tell && !signals_interrupts())
		say("waiting for PID %d (--kill ends it)", (int)l->spawn.pid);
	while (!launch_poll(l, LOOK_MSEC)) {
		if (signals_interrupts() > 1 || signals_ending())
			return;
		if (tell)
			say_patience(l, &asked_ns);
	}
}

void launch_end(struct launch *l, int signal)
{
	uint64_t deadline = clock_now() + GRACE_MSEC * NSEC_PER_MSEC;

	if (launch_poll(l, 0))
		return;
	l->killed = true;
	kill(l->spawn.pid, signal);
	while (!launch_poll(l, LOOK_MSEC))
		if (clock_now() >= deadline)
			kill(l->spawn.pid, SIGKILL);
}

int launch_exit_status(const struct launch *l, int own)
{
	if (own != EXIT_DONE)
		own = EXIT_OWN_FAILURE;
	if (l->killed)
		return own;
	if (!l->ended)
		return 128 + signals_last();
	if (WIFSIGNALED(l->status))
		return 128 + WTERMSIG(l->status);

	return WEXITSTATUS(l->status) ? WEXITSTATUS(l->status) : own;
}
