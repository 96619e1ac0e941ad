/* session.c - one target, sampled by a thread of its own
 *
 * The sampler thread stops, copies and sleeps; it never waits for the thread
 * that records. They share the ring and three atomic words.
 */
#include "cprof/sampler.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cprof/capture.h"
#include "pace.h"
#include "priority.h"

enum {
	RING_BYTES = 1 << 20,
	POLL_MS = 25, /* how long a sample may lie in the ring */
	NAP_MS = 50, /* how long a stop request may go unnoticed */
	READERS_MAX = 8,
	ASK_EVERY_MS = 10,
	DYING_MS = 100,
	DYING_ROUNDS = 50,
	FILES_MAX = 1 << 18,
};

struct session_reader_entry {
	session_reader read;
	void *arg;
};

struct session {
	struct session_options options;
	struct target target;
	struct python python; /* as found, also when it cannot be read */
	struct ring *ring;
	struct capture *capture;
	struct decoder *decoder;
	struct defs defs;
	struct session_reader_entry readers[READERS_MAX];
	unsigned int reader_count;

	pthread_t thread;
	bool started, joined;
	atomic_bool stop;
	atomic_uint execs;
	atomic_bool suspend; /* asked for by session_suspend() */
	sigset_t mask; /* of signals, before the session */
	atomic_bool done;
	int end; /* enum session_end; valid once done */
	int error;
	int done_fd; /* readable once done */

	uint64_t asked_ns; /* when it was asked whether the target ended */
	uint64_t start_ns, end_ns, start_cpu_ns;
	struct meta meta;
	char host[256], found[384];
};

/* ---- the sampler's thread ---------------------------------------------- */

static bool ends_within(const struct session *s, int ms)
{
	struct pollfd p = { .fd = s->target.pidfd, .events = POLLIN };

	if (p.fd < 0)
		return !target_alive(&s->target);
	return poll(&p, 1, ms) > 0;
}

/* Its memory, its mappings and the right to look at it go some time before it
 * has ended: on a busy machine, a long time. */
static bool is_dying(const struct session *s)
{
	int rounds = DYING_ROUNDS;

	while (!ends_within(s, DYING_MS))
		if (!rounds-- || !target_is_ending(&s->target))
			return false;
	return true;
}

static bool target_ended(const struct session *s)
{
	return ends_within(s, 0);
}

static bool time_is_over(const struct session *s, uint64_t now)
{
	return s->options.duration_ns &&
	       now - s->start_ns >= s->options.duration_ns;
}

/* Between two ticks nothing of ours stands in anybody's way. */
static void take_stop_signals(struct session *s)
{
	bool came = !s->options.takes_stop && stop_job_control_came();
	bool asked = atomic_load(&s->suspend);

	if ((came || asked) && s->capture)
		capture_settle(s->capture);
	if (came)
		stop_take_job_control();
	if (asked)
		kill(getpid(), SIGSTOP);
	if (asked)
		atomic_store(&s->suspend, false);
}

/* Why sampling must end now, or SESSION_RUNNING. */
static enum session_end reason_to_end(struct session *s)
{
	uint64_t now = clock_now();

	take_stop_signals(s);
	if (atomic_load(&s->stop))
		return SESSION_STOPPED;
	if (time_is_over(s, now))
		return SESSION_DURATION;
	if (now - s->asked_ns < ASK_EVERY_MS * NSEC_PER_MSEC)
		return SESSION_RUNNING; /* a tick would notice, too */
	s->asked_ns = now;
	return target_ended(s) ? SESSION_TARGET_ENDED : SESSION_RUNNING;
}

static bool may_come_yet(int err)
{
	return err == ERR_NOT_PYTHON || err == ERR_NOPROC ||
	       err == ERR_NOT_READY || err == ERR_FAULT || err == ERR_GARBAGE ||
	       err == ERR_REPLACED;
}

/* What was found once is kept: a short program may be gone at the next try. */
static int try_attach(struct session *s)
{
	struct python found = { 0 };
	int err;

	if (s->capture)
		err = capture_reattach(s->capture, &found);
	else
		err = capture_new(&s->capture, &s->target, s->ring,
				  s->options.launched, &found);
	if (s->capture && s->options.never_stop)
		capture_never_stop(s->capture);
	if (found.runtime.address)
		s->python = found;
	return err;
}

/* A stop that was asked for before an exec may come only after it. */
static void sleep_for(struct session *s, uint64_t ns)
{
	uint64_t until = clock_now() + ns;

	if (s->capture)
		capture_sleep_until(s->capture, until);
	else
		clock_sleep_until(until);
}

/* A program that was just started, or has called exec, gets its interpreter
 * after some milliseconds, a wrapper script perhaps much later. */
static enum session_end await_python(struct session *s)
{
	uint64_t start = clock_now(), now = start, nap;
	enum session_end end;
	int err;

	for (;;) {
		err = try_attach(s);
		if (!err)
			return SESSION_RUNNING;
		end = reason_to_end(s);
		if (end != SESSION_RUNNING)
			return end;
		if (!may_come_yet(err) && is_dying(s))
			return SESSION_TARGET_ENDED;
		if (!may_come_yet(err)) {
			s->error = err;
			return SESSION_FAILED;
		}
		now = clock_now();
		nap = MIN(MAX((now - start) / 20, NSEC_PER_MSEC / 2),
			  20 * NSEC_PER_MSEC);
		sleep_for(s, nap);
	}
}

/* Sleeps to the deadline in naps, so that a request to end is soon heard. */
static enum session_end sleep_until(struct session *s, uint64_t deadline)
{
	enum session_end end = SESSION_RUNNING;
	uint64_t now = clock_now(), nap = NAP_MS * NSEC_PER_MSEC;

	while (end == SESSION_RUNNING && deadline > now + nap) {
		capture_sleep_until(s->capture, now + nap);
		end = reason_to_end(s);
		now = clock_now();
	}
	if (end == SESSION_RUNNING)
		capture_sleep_until(s->capture, deadline);
	return end;
}

static enum session_end after_exec(struct session *s)
{
	enum session_end end = await_python(s);

	if (end == SESSION_RUNNING)
		atomic_fetch_add(&s->execs, 1);
	return end;
}

static enum session_end after_error(struct session *s, int err)
{
	if (target_ended(s))
		return SESSION_TARGET_ENDED;
	/* an exec from another thread than the first has no memory meanwhile */
	if (err == ERR_NOPROC || err == ERR_REPLACED || err == ERR_FAULT ||
	    err == ERR_GARBAGE)
		return after_exec(s);
	if (is_dying(s))
		return SESSION_TARGET_ENDED;
	s->error = err;
	return SESSION_FAILED;
}

static enum session_end sample(struct session *s)
{
	enum session_end end = SESSION_RUNNING;
	struct pace pace;
	uint64_t missed, deadline;
	int err;

	pace_init(&pace, clock_now(), s->options.rate_hz);
	while (end == SESSION_RUNNING) {
		deadline = pace_next(&pace, clock_now(), &missed);
		capture_count_missed(s->capture, missed);
		end = sleep_until(s, deadline);
		if (end == SESSION_RUNNING)
			end = reason_to_end(s);
		if (end != SESSION_RUNNING)
			break;
		err = capture_tick(s->capture, deadline, false);
		if (err)
			end = after_error(s, err);
	}
	return end;
}

static void *sampler_main(void *arg)
{
	struct session *s = arg;
	enum session_end end = SESSION_RUNNING;
	uint64_t one = 1;

	priority_raise();
	if (!s->capture)
		end = await_python(s);
	if (end == SESSION_RUNNING)
		end = sample(s);
	s->end_ns = clock_now();
	capture_free(s->capture);
	s->capture = NULL;
	s->end = end;
	atomic_store(&s->done, true);
	if (write(s->done_fd, &one, sizeof(one)) < 0)
		log_line(1, "cannot signal the end of sampling");
	return NULL;
}

/* ---- the owner's thread ------------------------------------------------ */

/* Two open files for each thread of the target. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_max < FILES_MAX) {
		limit = (struct rlimit){ FILES_MAX, FILES_MAX };
		if (!setrlimit(RLIMIT_NOFILE, &limit))
			return;
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void fill_meta(struct session *s)
{
	gethostname(s->host, sizeof(s->host) - 1);
	s->meta = (struct meta){
		.command = "",
		.python = "",
		.host = s->host,
		.pid = s->options.pid,
		.start_wall_ns = clock_wall(),
		.rate_hz = s->options.rate_hz,
	};
}

static void refresh_meta(struct session *s)
{
	const struct process *p =
		def_process(&s->defs, s->defs.processes.count);

	s->meta.command = def_text(&s->defs, p->command);
	s->meta.python = def_text(&s->defs, p->python);
}

static int open_session(struct session *s)
{
	int err = target_open(&s->target, s->options.pid);

	if (err)
		return err;
	err = ring_new(&s->ring, RING_BYTES);
	s->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!err && s->done_fd < 0)
		err = ERR_IO;
	if (!err && !s->options.launched)
		err = try_attach(s);
	if (err && target_is_ending(&s->target))
		err = ERR_NOPROC;
	s->start_ns = clock_now();
	s->start_cpu_ns = clock_own_cpu();
	if (!err)
		err = decoder_new(&s->decoder, &s->defs, s->start_ns,
				  NSEC_PER_SEC / s->options.rate_hz);
	if (!err)
		decoder_set_target(s->decoder, &s->target);
	return err;
}

/* On failure *out is there still, for session_found() and session_free(). */
int session_new(struct session **out, const struct session_options *o)
{
	struct session *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return ERR_NOMEM;
	s->options = *o;
	if (!(s->options.rate_hz > 0))
		s->options.rate_hz = 100;
	s->target = (struct target){ .proc = -1, .root = -1, .pidfd = -1 };
	s->done_fd = -1;
	defs_init(&s->defs);
	raise_file_limit();
	stop_block_signals(&s->mask);
	fill_meta(s);
	return open_session(s);
}

static void join(struct session *s)
{
	if (!s->started || s->joined)
		return;
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	s->joined = true;
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	join(s);
	capture_free(s->capture);
	decoder_free(s->decoder);
	ring_free(s->ring);
	target_close(&s->target);
	if (s->done_fd >= 0)
		close(s->done_fd);
	defs_release(&s->defs);
	free(s);
}

int session_add_reader(struct session *s, session_reader read, void *arg)
{
	if (s->reader_count == READERS_MAX)
		return ERR_FULL;
	s->readers[s->reader_count++] =
		(struct session_reader_entry){ .read = read, .arg = arg };
	return 0;
}

static int give_to_readers(void *arg, const struct defs *d,
			   const struct sample *sample)
{
	struct session *s = arg;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < s->reader_count; i++)
		err = s->readers[i].read(s->readers[i].arg, d, sample);
	return err;
}

/* All that is in the ring; true if there was anything. */
static bool drain(struct session *s, int *err)
{
	bool any = false;

	*err = 0;
	while (!*err &&
	       decoder_step(s->decoder, s->ring, give_to_readers, s, err))
		any = true;
	if (any)
		refresh_meta(s);
	return any;
}

static int why_nothing(struct session *s)
{
	if (decoder_stats(s->decoder)->lost[LOST_TRACED])
		return ERR_PERM;
	return is_dying(s) ? ERR_NOPROC : 0;
}

int session_snapshot(struct session *s)
{
	int err, reader_err;

	err = capture_tick(s->capture, clock_now(), true);
	while (drain(s, &reader_err) && !err && !reader_err &&
	       !decoder_stats(s->decoder)->ticks)
		capture_send_rest(s->capture);
	s->end_ns = clock_now();
	if (err && target_is_ending(&s->target))
		err = ERR_NOPROC;
	if (!err && !decoder_stats(s->decoder)->samples)
		err = why_nothing(s);
	return err ? err : reader_err;
}

int session_start(struct session *s)
{
	s->started = !pthread_create(&s->thread, NULL, sampler_main, s);
	return s->started ? 0 : ERR_NOMEM;
}

static enum session_end fail(struct session *s, int err)
{
	join(s);
	s->error = err;
	return SESSION_FAILED;
}

enum session_end session_step(struct session *s, int timeout_ms)
{
	struct pollfd p = { .fd = s->done_fd, .events = POLLIN };
	bool done;
	int err, wait;

	for (;;) {
		done = atomic_load(&s->done); /* before the last drain */
		drain(s, &err);
		if (err)
			return fail(s, err);
		if (done) {
			join(s);
			return s->end;
		}
		wait = MIN(timeout_ms, POLL_MS);
		timeout_ms -= wait;
		if (wait <= 0 || poll(&p, 1, wait) < 0)
			return SESSION_RUNNING;
	}
}

void session_stop(struct session *s)
{
	atomic_store(&s->stop, true);
}

void session_suspend(struct session *s)
{
	atomic_store(&s->suspend, true);
	while (atomic_load(&s->suspend) && s->started && !atomic_load(&s->done))
		clock_sleep_until(clock_now() + NSEC_PER_MSEC);
	if (atomic_exchange(&s->suspend, false))
		kill(getpid(), SIGSTOP); /* nobody samples */
}

/* ---- what is asked of it ----------------------------------------------- */

int session_error(const struct session *s)
{
	return s->error;
}

const struct defs *session_defs(const struct session *s)
{
	return &s->defs;
}

const struct meta *session_meta(const struct session *s)
{
	return &s->meta;
}

void session_stats(const struct session *s, struct stats *out)
{
	*out = *decoder_stats(s->decoder);
	out->elapsed_ns =
		(atomic_load(&s->done) ? s->end_ns : clock_now()) - s->start_ns;
	out->execs = atomic_load(&s->execs);
	out->own_cpu_ns = clock_own_cpu() - s->start_cpu_ns;
}

const char *session_found(const struct session *s)
{
	struct session *writable = (struct session *)(uintptr_t)s;
	const struct runtime *r = &s->python.runtime;

	if (!r->address)
		return "";
	snprintf(writable->found, sizeof(s->found), "CPython %s%s (%s)",
		 r->version ? s->python.version : "of unknown version",
		 r->free_threaded ? " free-threaded" : "", r->object);
	return s->found;
}

void session_threads(const struct session *s, unsigned int *all,
		     unsigned int by_state[STATE_ACTIVE_GIL + 1])
{
	*all = decoder_threads(s->decoder, by_state);
}
