/* member.c - one process of a session: waits, is sampled, ends
 *
 * A state machine, because one thread samples all of them: no step waits for
 * its process, it says when it wants the next one. Built for one process at
 * 10,000 ticks a second and for hundreds at 100.
 */
#include "internal.h"

#include <poll.h>
#include <stdlib.h>

enum {
	ASK_EVERY_MS = 50,
	DYING_MS = 100,
	ENDING_MS = 5000,
	LEAVE_MS = 1000,
	LONGEST_NAP_MS = 20, /* until the interpreter is looked for again */
};

int member_add(struct session *s, pid_t pid, struct member **out)
{
	struct member *m = calloc(1, sizeof(*m)), **place;
	int err;

	if (!m || s->member_count == MEMBERS_MAX) {
		free(m);
		return m ? ERR_FULL : ERR_NOMEM;
	}
	err = target_open(&m->target, pid);
	place = err ? NULL : vec_push(&s->active);
	if (!place) {
		member_free(m);
		return err ? err : ERR_NOMEM;
	}
	task_name(&m->target, pid, m->name);
	m->number = ++s->member_count;
	m->since_ns = m->due_ns = clock_now();
	s->table[m->number - 1] = *place = *out = m;
	return 0;
}

void member_free(struct member *m)
{
	if (!m)
		return;
	capture_free(m->capture);
	decoder_free(m->decoder);
	target_close(&m->target);
	free(m);
}

bool member_speaks(struct session *s, const struct member *m)
{
	if (s->speaker == m->number)
		return true;
	if (capture_send_source(s->ring, m->number, false))
		return false;
	s->speaker = m->number;
	return true;
}

/* Its memory and its mappings go some time before it has ended. */
bool member_ends_within(const struct member *m, int ms)
{
	struct pollfd p = { .fd = m->target.pidfd, .events = POLLIN };

	if (p.fd < 0)
		return !target_alive(&m->target);
	return poll(&p, 1, ms) > 0;
}

bool member_ends(const struct member *m)
{
	int rounds = ENDING_MS / DYING_MS;

	while (!member_ends_within(m, DYING_MS))
		if (!rounds-- || !target_is_ending(&m->target))
			return false;
	return true;
}

static void enter(struct member *m, enum member_state state, uint64_t now)
{
	m->state = state;
	m->since_ns = m->due_ns = now;
}

static void leave(struct member *m, bool ended, uint64_t now)
{
	m->ended = ended;
	m->end_ns = now;
	enter(m, MEMBER_LEAVES, now);
}

void member_look(struct member *m, uint64_t now)
{
	if (m->state >= MEMBER_LEAVES ||
	    now - m->asked_ns < ASK_EVERY_MS * NSEC_PER_MSEC)
		return; /* a tick would notice, too */
	m->asked_ns = now;
	if (member_ends_within(m, 0))
		leave(m, true, now);
}

pid_t member_ancestor(const struct session *s, pid_t pid)
{
	const uint32_t *found = map_find(&s->ancestors, pid);

	return found ? (pid_t)*found : 0;
}

void member_set_ancestor(struct session *s, pid_t pid, pid_t ancestor)
{
	uint32_t *place = map_slot(&s->ancestors, pid);

	if (place)
		*place = (uint32_t)ancestor;
}

/* ---- until there is an interpreter ------------------------------------- */

bool member_may_come(int err)
{
	return err == ERR_NOT_PYTHON || err == ERR_NOPROC ||
	       err == ERR_NOT_READY || err == ERR_FAULT || err == ERR_GARBAGE ||
	       err == ERR_REPLACED || err == ERR_FULL;
}

/* What was found once is kept: a short program may be gone at the next try. */
int member_attach(struct session *s, struct member *m)
{
	struct python found = { 0 };
	uint64_t now = clock_now();
	int err;

	if (!m->capture)
		m->begin_ns = now; /* before the owner's thread hears of it */
	if (!member_speaks(s, m))
		err = ERR_FULL;
	else if (m->capture)
		err = capture_reattach(m->capture, &found);
	else
		err = capture_new(&m->capture, &m->target, s->ring, m->launched,
				  &found);
	if (found.runtime.address)
		s->python = found;
	if (!err) {
		capture_set_wants(m->capture, s->options.wants_thread,
				  s->options.wants_arg);
		if (s->options.never_stop)
			capture_never_stop(m->capture);
		if (s->family)
			member_set_ancestor(s, m->target.pid, m->target.pid);
	}
	return err;
}

void member_set_rate(struct member *m, double rate_hz, uint64_t now)
{
	uint64_t missed;

	pace_init(&m->pace, now, rate_hz);
	m->due_ns = pace_next(&m->pace, now, &missed);
	capture_set_interval(m->capture, (uint64_t)(NSEC_PER_SEC / rate_hz));
}

void member_begin(struct session *s, struct member *m, uint64_t now)
{
	enter(m, MEMBER_SAMPLED, now);
	capture_set_switches(m->capture, s->switches);
	member_set_rate(m, s->limit.rate_hz, now);
}

void member_expect(struct member *m)
{
	if (m->state == MEMBER_WAITS)
		m->since_ns = m->due_ns = clock_now();
}

void member_park(struct member *m)
{
	m->error = ERR_NOT_PYTHON;
	m->due_ns = UINT64_MAX;
}

/* A program that was just started, or has called exec, gets its interpreter
 * after some milliseconds, a wrapper script perhaps much later. Of a tree we
 * are told when one runs another program: so what is no Python is asked less
 * and less often. */
static void wait_on(const struct session *s, struct member *m, uint64_t now)
{
	bool other = s->family && m->error == ERR_NOT_PYTHON;
	uint64_t nap = (now - m->since_ns) / (other ? 4 : 20);

	nap = MAX(nap, NSEC_PER_MSEC / 2);
	if (!other)
		nap = MIN(nap, LONGEST_NAP_MS * NSEC_PER_MSEC);
	m->due_ns = now + nap;
}

/* Once it is known that it runs another program, and has not ended. */
static void count_exec(struct session *s, struct member *m)
{
	if (m->error == ERR_NOT_PYTHON && target_is_ending(&m->target))
		return;
	atomic_fetch_add(&s->execs, m->execs);
	m->execs = false;
}

static void try_attach(struct session *s, struct member *m)
{
	int err = member_attach(s, m);
	uint64_t now = clock_now();

	m->error = err;
	if (!err || err == ERR_NOT_PYTHON)
		count_exec(s, m);
	if (err && member_may_come(err))
		wait_on(s, m, now);
	else if (err)
		enter(m, MEMBER_DYING, now);
	else
		member_begin(s, m, now);
}

/* ---- ticks -------------------------------------------------------------- */

/* An exec from another thread than the first has no memory meanwhile. */
static bool may_be_exec(int err)
{
	return err == ERR_NOPROC || err == ERR_REPLACED || err == ERR_FAULT ||
	       err == ERR_GARBAGE;
}

static void after_error(struct member *m, int err)
{
	uint64_t now = clock_now();

	m->error = err;
	if (member_ends_within(m, 0)) {
		leave(m, true, now);
	} else if (may_be_exec(err)) {
		m->execs = true;
		enter(m, MEMBER_WAITS, now);
	} else {
		enter(m, MEMBER_DYING, now);
	}
}

static void tick(struct session *s, struct member *m)
{
	uint64_t missed;
	int err = 0;

	if (member_speaks(s, m))
		err = capture_tick(m->capture, m->due_ns, false);
	else
		capture_count_missed(m->capture, 1);
	if (err) {
		after_error(m, err);
		return;
	}
	m->ticked = true;
	m->due_ns = pace_next(&m->pace, clock_now(), &missed);
	capture_count_missed(m->capture, missed);
}

/* ---- the end ------------------------------------------------------------ */

/* Its memory, its mappings and the right to look at it go some time before it
 * has ended: on a busy machine, a long time. */
static bool is_dying(const struct member *m, uint64_t now)
{
	uint64_t limit_ms = target_is_ending(&m->target) ? ENDING_MS : DYING_MS;

	return now - m->since_ns < limit_ms * NSEC_PER_MSEC;
}

static void die(struct session *s, struct member *m)
{
	uint64_t now = clock_now();

	if (member_ends_within(m, 0)) {
		leave(m, true, now);
	} else if (is_dying(m, now)) {
		m->due_ns = now + NSEC_PER_MSEC;
	} else {
		atomic_fetch_add(&s->failed, 1);
		if (!s->first_error)
			s->first_error = m->error;
		log_line(1, "PID %d: %s", (int)m->target.pid,
			 err_text(m->error));
		leave(m, false, now);
	}
}

/* Nothing of it may stand when we let go of it. */
static void depart(struct member *m)
{
	uint64_t now = clock_now();

	if (m->capture && capture_release_late(m->capture) &&
	    now - m->since_ns < LEAVE_MS * NSEC_PER_MSEC) {
		m->due_ns = now + NSEC_PER_MSEC;
		return;
	}
	capture_free(m->capture);
	m->capture = NULL;
	m->state = MEMBER_GONE;
}

void member_step(struct session *s, struct member *m)
{
	member_look(m, clock_now());
	switch (m->state) {
	case MEMBER_WAITS:
		try_attach(s, m);
		break;
	case MEMBER_SAMPLED:
		tick(s, m);
		break;
	case MEMBER_DYING:
		die(s, m);
		break;
	case MEMBER_LEAVES:
		depart(m);
		break;
	case MEMBER_GONE:
		break;
	}
	if (m->capture)
		s->any_late |= capture_release_late(m->capture);
}
