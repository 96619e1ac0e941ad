/* session.c - processes, sampled together by a thread of its own
 *
 * This is the side of the thread that owns the session: it takes what was
 * copied out of the ring, has each process's own decoder turn it into samples,
 * and hands them to the readers. They come in order of time, because one thread
 * has taken them one after the other.
 */
#include "internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	RING_BYTES = 1 << 20,
	FILES_MAX = 1 << 18,
};

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
		.pid = s->options.pid_count ? s->options.pids[0] : 0,
		.start_wall_ns = clock_wall(),
		.rate_hz = s->options.rate_hz,
	};
}

/* The newest program of the first target; while that has shown none (a shell
 * that starts Python), the first one of all. */
static void refresh_meta(struct session *s)
{
	process_id id = s->defs.processes.count;
	const struct process *p;

	if (id == s->meta_count)
		return;
	s->meta_count = id;
	while (id > 1 && def_process(&s->defs, id)->pid != s->meta.pid)
		id--;
	p = def_process(&s->defs, id);
	s->meta.command = def_text(&s->defs, p->command);
	s->meta.python = def_text(&s->defs, p->python);
}

/* ---- whose messages come out of the ring ------------------------------- */

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

/* From now on something of it is told. */
static int hear(struct session *s, struct member *m)
{
	struct member **place = vec_push(&s->heard);
	int err;

	if (!place)
		return ERR_NOMEM;
	err = decoder_new(&m->decoder, &s->defs, s->start_ns,
			  NSEC_PER_SEC / s->options.rate_hz);
	if (err) {
		s->heard.count--;
		return err;
	}
	*place = m;
	decoder_set_target(m->decoder, &m->target);
	return 0;
}

/* What was counted of it until now. */
static void add_stats(struct stats *sum, const struct member *m, uint64_t now)
{
	if (!decoder_process(m->decoder))
		return; /* it has been no Python yet */
	stats_add(sum, decoder_stats(m->decoder));
	sum->process_ns += now > m->begin_ns ? now - m->begin_ns : 0;
	sum->processes++;
}

static void forget(struct session *s, struct member *m)
{
	uint32_t i = 0;

	while (i < s->heard.count && s->heard.items[i] != m)
		i++;
	if (i < s->heard.count) {
		s->heard.items[i] = s->heard.items[--s->heard.count];
		add_stats(&s->ended, m, m->end_ns);
	}
	s->table[m->number - 1] = NULL;
	member_free(m);
}

static int change_source(struct session *s, uint32_t number, bool ended)
{
	struct member *m = s->table[number - 1];

	s->source = ended ? 0 : number;
	if (ended)
		forget(s, m);
	else if (!m->decoder)
		return hear(s, m);
	return 0;
}

/* One message; false when there is none. */
static bool take_message(struct session *s, int *err)
{
	uint32_t number;
	bool ended;

	if (decoder_take_source(s->ring, &number, &ended)) {
		*err = change_source(s, number, ended);
		return true;
	}
	if (!s->source)
		return false;
	return decoder_step(s->table[s->source - 1]->decoder, s->ring,
			    give_to_readers, s, err);
}

/* All that is in the ring; true if there was anything. */
static bool drain(struct session *s, int *err)
{
	bool any = false;

	*err = 0;
	while (!*err && take_message(s, err))
		any = true;
	if (any)
		refresh_meta(s);
	return any;
}

/* ---- begin and end ------------------------------------------------------ */

static int refuse(struct session *s, pid_t pid, int err)
{
	struct refused *r = vec_push(&s->refused);

	if (!r)
		return ERR_NOMEM;
	*r = (struct refused){ .pid = pid, .err = err };
	return 0;
}

/* A member that cannot be had spoils only itself. */
static int open_member(struct session *s, pid_t pid)
{
	struct member *m = NULL;
	int err = member_add(s, pid, &m), full;

	if (!err && s->options.launched)
		m->launched = true;
	else if (!err)
		err = m->error = member_attach(s, m);
	if (m && err && target_is_ending(&m->target))
		err = ERR_NOPROC;
	if (m && err && s->options.follow && member_may_come(err))
		err = 0; /* a shell, say: it is watched */
	drain(s, &full); /* there may be hundreds */
	if (!err)
		return full;
	if (m) {
		s->active.count--;
		s->speaker = s->source = 0;
		forget(s, m);
	}
	return refuse(s, pid, err);
}

/* Those that run already are there for a snapshot, too. */
static int follow_members(struct session *s)
{
	int err = follow_begin(s), full = 0;
	struct member *m;
	uint32_t i;

	for (i = 0; !err && !full && i < s->active.count; i++) {
		m = s->active.items[i];
		if (!m->followed)
			continue;
		m->error = member_attach(s, m);
		drain(s, &full);
		if (m->error && !member_may_come(m->error))
			err = refuse(s, m->target.pid, m->error);
	}
	return err ? err : full;
}

static int open_members(struct session *s)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < s->options.pid_count; i++)
		err = open_member(s, s->options.pids[i]);
	if (!err && s->active.count && s->options.follow)
		return follow_members(s);
	if (err || s->active.count)
		return err;
	return s->refused.count ? s->refused.items[0].err : ERR_NOPROC;
}

static int open_session(struct session *s)
{
	int err = ring_new(&s->ring, RING_BYTES);

	s->start_ns = s->begin_ns = clock_now();
	s->start_cpu_ns = clock_own_cpu();
	s->table = calloc(MEMBERS_MAX, sizeof(struct member *));
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!err && !s->table)
		err = ERR_NOMEM;
	if (!err && s->wake_fd < 0)
		err = ERR_IO;
	return err ? err : open_members(s);
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
	s->wake_fd = -1;
	defs_init(&s->defs);
	map_init(&s->ancestors);
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
	uint32_t i;

	if (!s)
		return;
	join(s);
	for (i = 0; i < s->member_count; i++)
		member_free(s->table[i]);
	free(s->table);
	switches_free(atomic_load(&s->opened));
	family_free(s->family);
	map_release(&s->ancestors);
	vec_release(&s->unsampled);
	vec_release(&s->active);
	vec_release(&s->leaving);
	vec_release(&s->heard);
	vec_release(&s->refused);
	ring_free(s->ring);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
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

/* ---- one instant -------------------------------------------------------- */

/* A thread that died while we asked it to stop keeps its process from ending
 * until we have let go of it. */
static int why_nothing(const struct member *m)
{
	if (decoder_stats(m->decoder)->lost[LOST_TRACED])
		return ERR_PERM;
	capture_settle(m->capture);
	return member_ends(m) ? ERR_NOPROC : 0;
}

/* *reader_err: not of this member, but of all. */
static int snapshot(struct session *s, struct member *m, int *reader_err)
{
	int err = 0;

	while (!member_speaks(s, m) && drain(s, reader_err) && !*reader_err)
		;
	drain(s, reader_err);
	if (*reader_err)
		return 0;
	err = capture_tick(m->capture, clock_now(), true);
	while (drain(s, reader_err) && !err && !*reader_err &&
	       !decoder_stats(m->decoder)->ticks)
		capture_send_rest(m->capture);
	m->end_ns = clock_now();
	if (err && target_is_ending(&m->target))
		err = ERR_NOPROC;
	if (!err && !decoder_stats(m->decoder)->samples)
		err = why_nothing(m);
	return err;
}

int session_snapshot(struct session *s)
{
	int err = 0, reader_err = 0;
	bool any = false;
	uint32_t i;

	for (i = 0; !reader_err && i < s->active.count; i++) {
		struct member *m = s->active.items[i];

		if (!m->capture)
			continue;
		err = snapshot(s, m, &reader_err);
		if (err)
			err = refuse(s, m->target.pid, err) ? ERR_NOMEM : err;
		any |= !err;
	}
	s->end_ns = clock_now();
	if (reader_err)
		return reader_err;
	if (any)
		return 0;
	return s->refused.count ? s->refused.items[0].err : ERR_NOT_PYTHON;
}

/* ---- all the time ------------------------------------------------------- */

/* The kernel takes some milliseconds for the first one on a machine: sampling
 * begins without. */
static void open_switches(struct session *s)
{
	struct switches *opened;

	if (switches_new(&opened))
		log_line(1, "the kernel does not tell who has a CPU: threads "
			    "that wait for one count as active");
	atomic_store(&s->opened, opened);
}

int session_start(struct session *s)
{
	s->begin_ns = clock_now(); /* not what it took to open the output */
	s->started = !pthread_create(&s->thread, NULL, sampler_main, s);
	if (!s->started)
		return ERR_NOMEM;
	open_switches(s);
	return 0;
}

static enum session_end fail(struct session *s, int err)
{
	join(s);
	s->error = err;
	return SESSION_FAILED;
}

/* Until the ring fills, sampling has ended, a signal came, or the time is up. */
static void wait_for_more(const struct session *s, int timeout_ms)
{
	struct pollfd p = { .fd = s->wake_fd, .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, timeout_ms) > 0 &&
	    read(s->wake_fd, &count, sizeof(count)) < 0)
		log_line(1, "cannot hear the thread that samples");
}

enum session_end session_step(struct session *s, int timeout_ms)
{
	bool done;
	int err;

	wait_for_more(s, timeout_ms);
	done = atomic_load(&s->done); /* before the last drain */
	drain(s, &err);
	if (err)
		return fail(s, err);
	if (!done)
		return SESSION_RUNNING;
	join(s);
	return s->end;
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
	uint64_t now = atomic_load(&s->done) ? s->end_ns : clock_now();
	uint32_t i;

	*out = s->ended;
	for (i = 0; i < s->heard.count; i++)
		add_stats(out, s->heard.items[i], now);
	out->elapsed_ns = now - s->begin_ns;
	out->execs = atomic_load(&s->execs);
	out->failed = atomic_load(&s->failed);
	out->own_cpu_ns = clock_own_cpu() - s->start_cpu_ns;
	if (atomic_load(&s->done) && s->limit.lowest_hz < s->options.rate_hz)
		out->lowest_rate_hz = s->limit.lowest_hz;
}

int session_refused(const struct session *s, unsigned int i, pid_t *pid)
{
	if (i >= s->refused.count)
		return 0;
	*pid = s->refused.items[i].pid;
	return s->refused.items[i].err;
}

uint64_t session_unsampled(const struct session *s, unsigned int i,
			   const char **name)
{
	if (!atomic_load(&s->done) || i >= s->unsampled.count)
		return 0;
	*name = s->unsampled.items[i].name;
	return s->unsampled.items[i].count;
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
	unsigned int one[STATE_ACTIVE_GIL + 1];
	uint32_t i;
	int k;

	*all = 0;
	memset(by_state, 0, sizeof(one));
	for (i = 0; i < s->heard.count; i++) {
		*all += decoder_threads(s->heard.items[i]->decoder, one);
		for (k = 0; k <= STATE_ACTIVE_GIL; k++)
			by_state[k] += one[k];
	}
}
