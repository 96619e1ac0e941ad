/* signals.c - being asked to end
 *
 * Handlers only count; the loops look at the counts several times a second,
 * so it does not matter which thread a signal came to. This is process-wide by
 * nature, hence the only variables of cmd/ outside of a function.
 */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupts, ending;

static void on_signal(int signal)
{
	if (signal == SIGINT)
		interrupts++;
	else
		ending = signal;
}

static void catch_one(int signal, bool keep_ignored)
{
	struct sigaction action = { .sa_handler = on_signal }, old;

	if (sigaction(signal, NULL, &old) == 0 && keep_ignored &&
	    old.sa_handler == SIG_IGN)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

void signals_catch(bool launched)
{
	/* a shell's background jobs ignore SIGINT: a command inherits that,
	 * but `kill -INT` must be able to end an attached recording */
	catch_one(SIGINT, launched);
	catch_one(SIGTERM, false);
	catch_one(SIGHUP, true); /* nohup */
}

void signals_ignore_pipe(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &action, NULL);
}

int signals_interrupts(void)
{
	return interrupts;
}

int signals_ending(void)
{
	return ending;
}
