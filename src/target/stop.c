/* stop.c - make one thread stand for a few microseconds
 *
 * Seized for the tick only: a thread that stays seized stops at every signal,
 * even an ignored SIGCHLD, until its tracer answers. One at a time: while a
 * thread of the target waits to be reaped by us, an exec there cannot end, and
 * PTRACE_SEIZE would wait for that exec.
 */
#include "cprof/target.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "proc.h"

/* linux/ptrace.h of 5.13; C libraries have it late or not at all. */
static const int get_rseq_configuration = 0x420f;
struct rseq_configuration {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NSEC_PER_SEC,
				  .tv_nsec = ns % NSEC_PER_SEC };
}

static void child_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
}

static void job_control_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTSTP);
	sigaddset(set, SIGTTIN);
	sigaddset(set, SIGTTOU);
}

void stop_block_signals(sigset_t *before)
{
	sigset_t set;

	/* ignored by whoever started us, it would not wake a wait */
	signal(SIGCHLD, SIG_DFL);
	job_control_set(&set);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

bool stop_job_control_came(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGTSTP) ||
	       sigismember(&pending, SIGTTIN) || sigismember(&pending, SIGTTOU);
}

void stop_take_job_control(void)
{
	sigset_t set;

	job_control_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* we are stopped here */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int stop_begin(struct stop *s, pid_t tid, bool keep_exit)
{
	*s = (struct stop){
		.tid = tid,
		.keep_exit = keep_exit,
		.asked_ns = clock_now(),
	};
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return proc_error(errno);
	s->state = STOP_ASKED;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return ERR_NOPROC; /* it died: stop_end() reaps it */
	return 0;
}

/* The end of a program that we started is left for its owner to reap. */
static void reap(const struct stop *s)
{
	siginfo_t info;

	if (!s->keep_exit)
		waitid(P_PID, s->tid, &info, WEXITED | WNOHANG | __WALL);
}

/* Takes a report if there is one: true. */
static bool take_report(struct stop *s)
{
	siginfo_t info = { 0 };
	int event;

	if (waitid(P_PID, s->tid, &info,
		   WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL)) {
		s->state = STOP_NONE; /* ECHILD: gone and reaped */
		return true;
	}
	if (!info.si_pid)
		return false;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
		reap(s);
		s->state = STOP_NONE;
		return true;
	}
	event = info.si_status >> 8;
	s->signal = event ? 0 : info.si_status & 0x7f;
	s->state = STOP_STANDS;
	s->stands_ns = clock_now();
	return true;
}

static bool sleep_for_child(uint64_t ns)
{
	struct timespec limit = to_timespec(ns);
	sigset_t set;

	child_set(&set);
	return sigtimedwait(&set, NULL, &limit) == SIGCHLD;
}

static int outcome(const struct stop *s)
{
	return s->state == STOP_STANDS ? 0 : ERR_NOPROC;
}

int stop_wait(struct stop *s, uint64_t spin_ns, uint64_t timeout_ns)
{
	uint64_t start = clock_now(), now = start;

	while (now - start < timeout_ns) {
		if (take_report(s))
			return outcome(s);
		now = clock_now();
		if (now - start >= spin_ns && now - start < timeout_ns) {
			sleep_for_child(start + timeout_ns - now);
			now = clock_now();
		}
	}
	return take_report(s) ? outcome(s) : ERR_TIMEOUT;
}

bool stop_disturbed(const struct stop *s)
{
	return s->state == STOP_STANDS && arch_call_interrupted(s->tid);
}

raddr_t stop_rseq(const struct stop *s)
{
	struct rseq_configuration found;
	long size = ptrace(get_rseq_configuration, s->tid,
			   (void *)sizeof(found), &found);

	return size == sizeof(found) ? found.address : 0;
}

void stop_end(struct stop *s)
{
	if (s->state == STOP_ASKED)
		take_report(s);
	if (s->state != STOP_STANDS)
		return;
	if (!ptrace(PTRACE_DETACH, s->tid, NULL, (void *)(long)s->signal))
		s->state = STOP_NONE;
	else
		s->state = STOP_ASKED; /* killed meanwhile: reap it later */
}

void stop_settle(struct stop *s, uint64_t limit_ns)
{
	uint64_t until = clock_now() + limit_ns;

	while (s->state != STOP_NONE && clock_now() < until) {
		stop_wait(s, 0, 10 * NSEC_PER_MSEC);
		stop_end(s);
	}
}

bool stop_sleep_until(uint64_t deadline_ns)
{
	uint64_t now = clock_now();

	return now < deadline_ns && sleep_for_child(deadline_ns - now);
}
