/* signals.c - being asked to end
 *
 * A recording that a signal would end writes its file first, whichever signal
 * it is: what was sampled is worth more than what the sender meant. Handlers
 * only count; the loops look at the counts several times a second, so it does
 * not matter which thread a signal came to. A crash of our own writes nothing
 * any more, but leaves no half-made file either. This is process-wide by
 * nature, hence the only variables of cmd/ outside of a function.
 */
#include "signals.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cprof/base.h"

/* What ends a program that does not care, beside those of a terminal. */
static const int endings[] = {
	SIGUSR1, SIGUSR2,   SIGALRM, SIGVTALRM, SIGPROF,
	SIGXCPU, SIGSTKFLT, SIGPOLL, SIGPWR,
};

static const int crashes[] = {
	SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP,
};

static volatile sig_atomic_t interrupts, ending, last;
static char unfinished[PATH_MAX]; /* removed by a crash; "" if none */

static void on_signal(int signal)
{
	last = signal;
	if (signal == SIGINT || signal == SIGQUIT)
		interrupts++;
	else
		ending = signal;
}

static void on_failed_write(int signal)
{
	(void)signal; /* write() says it, too */
}

/* The handler is gone by now: what comes again ends us as it should. */
static void on_crash(int signal)
{
	unlink(unfinished);
	raise(signal);
}

static bool was(int signal, void (*handler)(int))
{
	struct sigaction old;

	return sigaction(signal, NULL, &old) == 0 && old.sa_handler == handler;
}

static void catch_with(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

static void catch_one(int signal, bool keep_ignored)
{
	if (!keep_ignored || !was(signal, SIG_IGN))
		catch_with(signal, on_signal, 0);
}

void signals_catch(bool launched)
{
	/* a shell's background jobs ignore SIGINT: a command inherits that,
	 * but `kill -INT` must be able to end an attached recording */
	catch_one(SIGINT, launched);
	catch_one(SIGQUIT, launched);
	catch_one(SIGTERM, false);
	catch_one(SIGHUP, true); /* nohup */
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		catch_one(endings[i], true);
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		catch_one(i, true);
	signals_survive_writes();
}

/* Not ignored: a command that is launched later would inherit that. */
void signals_survive_writes(void)
{
	if (!was(SIGPIPE, SIG_IGN))
		catch_with(SIGPIPE, on_failed_write, 0);
	if (!was(SIGXFSZ, SIG_IGN))
		catch_with(SIGXFSZ, on_failed_write, 0);
}

void signals_remove_on_crash(const char *path)
{
	snprintf(unfinished, sizeof(unfinished), "%s", path);
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		if (was(crashes[i], SIG_DFL)) /* not a sanitizer's */
			catch_with(crashes[i], on_crash, (int)SA_RESETHAND);
}

int signals_interrupts(void)
{
	return interrupts;
}

int signals_ending(void)
{
	return ending;
}

int signals_last(void)
{
	return last;
}
