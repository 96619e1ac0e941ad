/* sampler.h - when, how often, which processes
 *
 * A session samples one or more processes in a thread of its own (the only one
 * that uses ptrace) and hands raw copies through a ring; the thread that owns
 * the session takes them out with session_step(), which decodes them and calls
 * the readers in order. A ring that is full is counted, never waited for. A
 * process that ends or fails is counted: the session goes on with the others.
 */
#ifndef CPROF_SAMPLER_H
#define CPROF_SAMPLER_H

#include "cprof/model.h"

struct session_options {
	const pid_t *pids; /* to attach to; the first one names the session */
	unsigned int pid_count;
	bool launched; /* we started it: wait for its interpreter */
	bool follow; /* all that descend from them, too */
	double rate_hz;
	uint64_t duration_ns; /* 0: until the target ends */
	/* parts of the time; where sampling would cost a target, or us, more than
	 * that, the rate is lowered. 0: no limit */
	double max_slowdown, max_cpu;
	bool never_stop; /* nothing is ever stopped, nor traced */
	/* Only threads with such a name, if it is not NULL; called in the
	 * sampler's thread. */
	bool (*wants_thread)(void *arg, const char *name);
	void *wants_arg;
	bool takes_stop; /* the owner takes SIGTSTP: see session_suspend() */
};

/* Called in the thread of session_step(), samples in order of time. */
typedef int (*session_reader)(void *arg, const struct defs *d,
			      const struct sample *s);

enum session_end {
	SESSION_RUNNING,
	SESSION_DURATION, /* its time is over */
	SESSION_TARGET_ENDED, /* the last one has */
	SESSION_STOPPED, /* by session_stop() */
	SESSION_FAILED, /* see session_error() */
};

struct session;

/* Opens the targets and finds their interpreters (a launched one may not have it
 * yet). When none can be had, why the first one cannot: ERR_NOPROC, ERR_PERM,
 * ERR_NOT_PYTHON, ERR_UNSUPPORTED ... */
int session_new(struct session **s, const struct session_options *o);
void session_free(struct session *s);
int session_add_reader(struct session *s, session_reader read, void *arg);
/* One instant, now, in the calling thread: every thread's sample, idle ones
 * too, goes to the readers before this returns. For dump. */
int session_snapshot(struct session *s);
/* Start sampling. */
int session_start(struct session *s);
/* Wait up to timeout_ms, less if much has been sampled or the session ends, and
 * hand what has been sampled to the readers. */
enum session_end session_step(struct session *s, int timeout_ms);
/* Ask it to end; the rest still comes through session_step(). */
void session_stop(struct session *s);

/* Stop this process as Ctrl-Z does, while no thread of the target stands. (Without
 * takes_stop that happens by itself.) Returns when it is continued. */
void session_suspend(struct session *s);

/* Targets that could not be attached to, or of which there is no snapshot, i from
 * 0: the error, and whose; 0 when there are no more. */
int session_refused(const struct session *s, unsigned int i, pid_t *pid);
/* With follow, once it is done: processes that ended before they had a sample, by
 * the name of their program, i from 0: how many; 0 when there are no more. */
uint64_t session_unsampled(const struct session *s, unsigned int i,
			   const char **name);
int session_error(const struct session *s); /* ERR_*, with SESSION_FAILED */
const struct defs *session_defs(const struct session *s);
const struct meta *session_meta(const struct session *s);
/* A copy; may be asked at any time. */
void session_stats(const struct session *s, struct stats *out);
/* What a failed attach found: "CPython 3.15.2 (libpython3.15.so.1.0)" or "". */
const char *session_found(const struct session *s);
/* Threads that are alive now: all and by state. */
void session_threads(const struct session *s, unsigned int *all,
		     unsigned int by_state[STATE_ACTIVE_GIL + 1]);

#endif
