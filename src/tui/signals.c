/* signals.c - signals as something to read */
#include "signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cprof/base.h"

/* What ends a program that does not care; one that is ignored stays so. */
static const int endings[] = {
	SIGINT,	 SIGTERM,   SIGHUP,  SIGQUIT, SIGUSR1,	 SIGUSR2, SIGALRM,
	SIGPROF, SIGVTALRM, SIGXCPU, SIGPOLL, SIGSTKFLT, SIGPWR,
};

int signals_open(struct signals *s, bool screen)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(endings); i++)
		sigaddset(&set, endings[i]);
	if (screen) {
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
		sigaddset(&set, SIGWINCH);
	}
	pthread_sigmask(SIG_BLOCK, &set, &s->before);
	s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
	return ERR_IO;
}

void signals_close(struct signals *s)
{
	close(s->fd);
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

int signals_read(struct signals *s)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}
