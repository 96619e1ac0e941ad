/* sampler.c - the sampler's thread: one loop for all processes
 *
 * It stops, copies and sleeps, and never waits for the thread that records.
 * Each member says when its next step is due; the earliest is next. Which one
 * that is is searched: at 200 processes that costs less than a system call.
 */
#include "internal.h"
#include "priority.h"

#include <signal.h>
#include <unistd.h>

enum {
	NAP_MS = 50, /* how long a stop request or Ctrl-Z may go unnoticed */
	FOLLOW_NAP_MS = 1, /* and a new process */
	LAST_LOOKS = 3, /* a notice may come late */
};

static bool time_is_over(const struct session *s, uint64_t now)
{
	return s->options.duration_ns &&
	       now - s->begin_ns >= s->options.duration_ns;
}

static void settle_all(struct session *s)
{
	uint32_t i;

	for (i = 0; i < s->active.count; i++)
		if (s->active.items[i]->capture)
			capture_settle(s->active.items[i]->capture);
}

/* A system call: at high rates not before every tick. */
static bool is_asked_to_stop(struct session *s, uint64_t now)
{
	if (s->options.takes_stop ||
	    now - s->signals_ns < NAP_MS * NSEC_PER_MSEC)
		return false;
	s->signals_ns = now;
	return stop_job_control_came();
}

/* Between two ticks nothing of ours stands in anybody's way. */
static void take_stop_signals(struct session *s, uint64_t now)
{
	bool came = is_asked_to_stop(s, now);
	bool asked = atomic_load(&s->suspend);

	if (came || asked)
		settle_all(s);
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

	take_stop_signals(s, now);
	if (atomic_load(&s->stop))
		return SESSION_STOPPED;
	if (time_is_over(s, now))
		return SESSION_DURATION;
	return SESSION_RUNNING;
}

/* Lets go what came meanwhile: true while stops are still to come. */
static bool release_late(struct session *s)
{
	bool late = false;
	uint32_t i;

	for (i = 0; s->any_late && i < s->active.count; i++)
		if (s->active.items[i]->capture)
			late |= capture_release_late(
				s->active.items[i]->capture);
	s->any_late = late;
	return late;
}

static void sleep_until(struct session *s, uint64_t deadline)
{
	while (release_late(s) && clock_now() < deadline)
		stop_sleep_until(deadline);
	clock_sleep_until(deadline);
}

static struct member *earliest(const struct session *s)
{
	struct member *best = s->active.items[0], *m;
	uint32_t i;

	for (i = 1; i < s->active.count; i++) {
		m = s->active.items[i];
		if (m->due_ns < best->due_ns)
			best = m;
	}
	return best;
}

static void look_at_all(struct session *s, uint64_t now)
{
	uint32_t i;

	for (i = 0; i < s->active.count; i++)
		member_look(s->active.items[i], now);
}

/* Sleeps until something is due, in naps, so that a request to end is soon
 * heard and so is the end of a member that is due much later. */
static enum session_end await(struct session *s)
{
	uint64_t nap = (s->family ? FOLLOW_NAP_MS : NAP_MS) * NSEC_PER_MSEC;
	enum session_end end = SESSION_RUNNING;
	uint64_t now = clock_now();

	if (s->family)
		follow_look(s);
	while (end == SESSION_RUNNING && earliest(s)->due_ns > now + nap) {
		sleep_until(s, now + nap);
		now = clock_now();
		look_at_all(s, now);
		if (s->family)
			follow_look(s);
		end = reason_to_end(s);
	}
	if (end != SESSION_RUNNING)
		return end;
	sleep_until(s, earliest(s)->due_ns);
	return reason_to_end(s);
}

/* All are gone: are there children of which we have not heard yet? */
static void look_again(struct session *s)
{
	int left = LAST_LOOKS;

	while (s->family && !s->active.count && left-- > 0)
		follow_look(s);
}

/* The other thread frees it upon this. */
static bool say_goodbye(struct session *s, struct member *m)
{
	if (capture_send_source(s->ring, m->number, true))
		return false;
	s->speaker = 0;
	return true;
}

static void say_goodbyes(struct session *s)
{
	while (s->leaving.count &&
	       say_goodbye(s, s->leaving.items[s->leaving.count - 1]))
		s->leaving.count--;
}

static void drop(struct session *s, struct member *m)
{
	struct member **place;
	uint32_t i = 0;

	while (s->active.items[i] != m)
		i++;
	s->active.items[i] = s->active.items[--s->active.count];
	s->any_ended |= m->ended;
	follow_lost(s, m);
	place = vec_push(&s->leaving);
	if (place)
		*place = m; /* else it stays in the table until the end */
}

static void take_switches(struct session *s)
{
	struct switches *opened = atomic_load(&s->opened);
	uint32_t i;

	if (s->switches || !opened)
		return;
	s->switches = opened;
	for (i = 0; i < s->active.count; i++)
		if (s->active.items[i]->capture)
			capture_set_switches(s->active.items[i]->capture,
					     opened);
}

static void wake_reader(struct session *s)
{
	uint64_t one = 1;

	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		log_line(1, "cannot wake the thread that records");
}

/* It sleeps for long, as a wake-up costs more than most ticks. */
static void call_reader(struct session *s)
{
	if (ring_is_filling(s->ring))
		wake_reader(s);
}

static enum session_end sample(struct session *s)
{
	enum session_end end = SESSION_RUNNING;
	struct member *m;

	while (s->active.count) {
		end = await(s);
		if (end != SESSION_RUNNING)
			return end;
		limit_look(s);
		take_switches(s);
		m = earliest(s);
		member_step(s, m);
		call_reader(s);
		if (m->state == MEMBER_GONE)
			drop(s, m);
		say_goodbyes(s);
		look_again(s);
	}
	if (s->any_ended)
		return SESSION_TARGET_ENDED;
	s->error = s->first_error;
	return SESSION_FAILED;
}

static void begin_all(struct session *s)
{
	uint32_t i;

	for (i = 0; i < s->active.count; i++)
		if (s->active.items[i]->capture)
			member_begin(s, s->active.items[i], clock_now());
}

static void let_go_all(struct session *s)
{
	struct member *m;
	uint32_t i;

	for (i = 0; i < s->active.count; i++) {
		m = s->active.items[i];
		m->end_ns = s->end_ns;
		capture_free(m->capture);
		m->capture = NULL;
	}
}

void *sampler_main(void *session)
{
	struct session *s = session;

	priority_raise();
	limit_init(s, clock_now());
	begin_all(s);
	s->end = sample(s);
	s->end_ns = clock_now();
	let_go_all(s);
	atomic_store(&s->done, true);
	wake_reader(s);
	return NULL;
}
