/* capture.c - one process: its ticks */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* How often names are read. */
#define NAMES_EVERY_NS NSEC_PER_SEC /* they can change... */
#define NAME_EACH_NS (50 * NSEC_PER_MSEC) /* ...of many threads less often */
#define NAME_SOON_NS (50 * NSEC_PER_USEC) /* after a new thread, for each */

static bool test_wants(const char *what)
{
	const char *test = getenv("CPROF_TEST");

	return test && !strcmp(test, what);
}

static int attach(struct capture *c, struct python *found)
{
	int err = python_attach(&c->python, c->target);

	if (found)
		*found = c->python;
	return err ? err : send_process(c);
}

int capture_new(struct capture **out, struct target *t, struct ring *ring,
		bool keep_exit, struct python *found)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err = ERR_NOMEM;

	if (c)
		c->scratch = calloc(STACK_ROOM, sizeof(*c->scratch));
	if (!c || !c->scratch)
		goto out;
	c->target = t;
	c->ring = ring;
	c->keep_exit = keep_exit;
	c->no_stop = test_wants("no-stop");
	c->list_stale = true;
	code_copy_init(&c->code_copy);
	err = attach(c, found);
out:
	if (err) {
		capture_free(c);
		c = NULL;
	}
	*out = c;
	return err;
}

void capture_never_stop(struct capture *c)
{
	c->never_stop = true;
}

void capture_set_switches(struct capture *c, struct switches *s)
{
	c->switches = s;
}

void capture_set_wants(struct capture *c, capture_wants wants, void *arg)
{
	c->wants = wants;
	c->wants_arg = arg;
}

int capture_reattach(struct capture *c, struct python *found)
{
	stand_take_back(c);
	stand_release_late(c);
	threads_release(c);
	map_clear(&c->code_index);
	c->codes.count = 0;
	c->interp_count = 0;
	c->list_stale = true;
	c->names_read_ns = c->names_all_ns = 0;
	c->rseq_searched = false;
	c->serial = 0;
	c->close_from = c->close_fails = 0;
	c->quiet = false;
	return attach(c, found);
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	capture_settle(c);
	vec_release(&c->late);
	threads_release(c);
	vec_release(&c->gone);
	map_release(&c->code_index);
	vec_release(&c->codes);
	vec_release(&c->resolved);
	vec_release(&c->proofs);
	image_release(&c->glance);
	image_release(&c->prints);
	if (c->scratch)
		code_copy_release(&c->code_copy);
	free(c->scratch);
	free(c);
}

static bool is_new_gil(const struct capture *c, unsigned int i)
{
	unsigned int k;

	for (k = 0; k < i; k++)
		if (c->interps[k].gil == c->interps[i].gil)
			return false;
	return true;
}

static int take_all_gils(struct capture *c, bool patient)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < c->interp_count; i++)
		if (is_new_gil(c, i))
			err = instant_take(c, c->interps[i].gil, patient);
	return err;
}

void capture_send_rest(struct capture *c)
{
	c->counts.ring_lost = 0;
	send_tick(c, c->instant_ns, true);
}

/* Lists that cannot be read by then are those of a process that ended or runs
 * another program. */
static int refresh(struct capture *c)
{
	int tries = TRIES, err = 0;

	while (c->list_stale && tries-- > 0) {
		err = threads_refresh(c);
		if (err != ERR_LOST)
			break;
	}
	return err == ERR_LOST ? 0 : err;
}

static void read_names(struct capture *c, bool all)
{
	bool good;

	c->names_wanted = false;
	good = threads_read_names(c, all);
	c->names_read_ns = clock_now();
	if (all && good)
		c->names_all_ns = c->names_read_ns;
}

/* What is read of each thread must not cost more than a few per cent of a CPU. */
static void refresh_names(struct capture *c)
{
	uint64_t now = clock_now(), count = c->threads.count;
	uint64_t age = now - c->names_read_ns,
		 age_of_all = now - c->names_all_ns;

	if (age < MAX(NSEC_PER_MSEC, NAME_SOON_NS * count))
		return;
	if (age_of_all >= MAX(NAMES_EVERY_NS, NAME_EACH_NS * count))
		read_names(c, true);
	else if (c->names_wanted || (c->nameless && age >= NAMES_EVERY_NS))
		read_names(c, false);
}

/* Before anything of them is read: what need not be read at all? */
static void choose_threads(struct capture *c, bool patient)
{
	refresh_names(c);
	if (patient)
		read_names(c, true); /* there is no later tick to wait for */
}

/* Nobody of this process, not even a thread that we do not know, has run since a
 * tick in which all slept: nothing can have changed. */
static bool is_quiet(struct capture *c)
{
	bool quiet = c->quiet && !c->late.count;

	c->quiet = false;
	if (!c->switches)
		return false;
	switches_look(c->switches);
	c->quiet = quiet && switches_process_slept(c->switches, c->target->pid,
						   c->quiet_look);
	if (!c->quiet)
		c->quiet_look = switches_now(c->switches);
	return c->quiet;
}

static bool all_sleep(const struct capture *c)
{
	const struct tstate *t;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (t->unwanted)
			continue;
		if (t->dead || t->lost || !t->looked || t->look.running)
			return false;
	}
	return c->threads.count && !c->list_stale && !c->names_wanted;
}

int capture_tick(struct capture *c, uint64_t deadline_ns, bool patient)
{
	int err;

	c->serial++;
	c->pause_ns = 0;
	if (is_quiet(c)) {
		c->instant_ns = clock_now();
		send_tick(c, deadline_ns, state_look_for_stop(c));
		return 0;
	}
	stand_release_late(c);
	err = refresh(c);
	if (!err && !c->interp_count)
		return 0; /* it is being set up or torn down */
	if (!err && c->wants)
		choose_threads(c, patient);
	if (!err)
		err = take_all_gils(c, patient);
	if (err)
		return err;
	codes_resolve_all(c);
	refresh_names(c);
	state_look_for_runs(c);
	state_look_for_stop(c);
	c->quiet = c->switches && all_sleep(c);
	send_tick(c, deadline_ns, true);
	return 0;
}

bool capture_release_late(struct capture *c)
{
	if (c->late.count)
		stand_release_late(c);
	return c->late.count > 0;
}

void capture_set_interval(struct capture *c, uint64_t interval_ns)
{
	c->counts.interval_ns = interval_ns;
}

uint64_t capture_take_held(struct capture *c)
{
	uint64_t held = c->counts.held_ns - c->held_taken_ns;

	c->held_taken_ns = c->counts.held_ns;
	return held;
}

void capture_count_missed(struct capture *c, uint64_t ticks)
{
	c->counts.missed += ticks;
}
