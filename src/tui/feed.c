/* feed.c - the stream of samples, summed up for the screen */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#define ALIVE_NS NSEC_PER_SEC /* a thread not seen for so long has ended */
#define MOST_ENTRIES 650000 /* of the time line: 16 MB */

static void sums_init(struct feed *f)
{
	int i;

	for (i = 0; i < BY_COUNT; i++)
		hot_init(&f->hot[i], &f->view, i == BY_LINE);
	fold_init(&f->fold, &f->view);
	tally_init(&f->tally);
	timeline_init(&f->timeline, &f->view);
}

static void sums_release(struct feed *f)
{
	int i;

	for (i = 0; i < BY_COUNT; i++)
		hot_release(&f->hot[i]);
	fold_release(&f->fold);
	tally_release(&f->tally);
	timeline_release(&f->timeline);
}

void feed_init(struct feed *f, const struct view *view)
{
	memset(f, 0, sizeof(*f));
	f->view = *view;
	sums_init(f);
}

void feed_release(struct feed *f)
{
	sums_release(f);
	vec_release(&f->threads);
	vec_release(&f->processes);
}

static void next_window(struct feed *f)
{
	uint32_t i;

	for (i = 0; i < BY_COUNT; i++)
		hot_next_window(&f->hot[i]);
	for (i = 0; i < f->processes.count; i++)
		f->processes.items[i].window_ns = 0;
	for (i = 0; i < f->threads.count; i++)
		f->threads.items[i].window = (struct feed_sums){ 0 };
}

void feed_reset(struct feed *f)
{
	uint32_t i;

	sums_release(f);
	sums_init(f);
	next_window(f);
	for (i = 0; i < f->processes.count; i++)
		f->processes.items[i].wall_ns = 0;
	for (i = 0; i < f->threads.count; i++)
		f->threads.items[i].all = (struct feed_sums){ 0 };
	f->ticks = 0;
	f->start_ns = f->tick_ns;
}

static struct feed_process *process_of(struct feed *f, process_id id)
{
	const struct feed_process *added;

	while (f->processes.count < id) {
		added = vec_push(&f->processes);
		if (!added)
			return NULL;
	}
	return &f->processes.items[id - 1];
}

static struct feed_thread *thread_of(struct feed *f, thread_id id)
{
	const struct feed_thread *added;

	while (f->threads.count < id) {
		added = vec_push(&f->threads);
		if (!added)
			return NULL;
	}
	return &f->threads.items[id - 1];
}

static int count_tick(struct feed *f, const struct sample *s)
{
	struct feed_process *p = process_of(f, s->process);
	bool new_tick;
	uint64_t more;

	if (!p)
		return ERR_NOMEM;
	more = observed_add(&p->observed, s, &new_tick);
	p->wall_ns += more;
	p->window_ns += more;
	f->ticks += new_tick;
	f->tick_ns = MAX(f->tick_ns, s->time_ns);
	return 0;
}

static void add_sums(struct feed_sums *sums, const struct sample *s)
{
	if (s->state >= STATE_ACTIVE)
		sums->active_ns += s->weight_ns;
	if (s->holds_gil)
		sums->gil_ns += s->weight_ns;
	if (s->state == STATE_GIL_WAIT && !s->stopped) /* it wants nothing */
		sums->wait_ns += s->weight_ns;
}

static int count_thread(struct feed *f, const struct sample *s)
{
	struct feed_thread *t = thread_of(f, s->thread);

	if (!t)
		return ERR_NOMEM;
	t->id = s->thread;
	t->process = s->process;
	t->stack = s->stack;
	t->syscall = s->syscall;
	t->state = s->state;
	t->holds_gil = s->holds_gil;
	t->time_ns = s->time_ns;
	add_sums(&t->all, s);
	add_sums(&t->window, s);
	return 0;
}

/* Whoever watches for hours saves what happened just now. */
static int count_time(struct feed *f, const struct sample *s)
{
	struct sample since = *s;

	since.time_ns -= MIN(f->start_ns, s->time_ns);
	if (f->timeline.entries.count >= MOST_ENTRIES)
		timeline_forget(&f->timeline, MOST_ENTRIES / 4);
	return timeline_sample(&f->timeline, &since);
}

int feed_sample(void *arg, const struct defs *d, const struct sample *s)
{
	struct feed *f = arg;
	int err = 0, i;

	if (!s->process || !s->thread)
		return 0;
	err = count_tick(f, s);
	if (!err)
		err = count_thread(f, s);
	for (i = 0; i < BY_COUNT && !err; i++)
		err = hot_sample(&f->hot[i], d, s);
	if (!err)
		err = fold_sample(&f->fold, s);
	if (!err)
		err = count_time(f, s);
	if (!err)
		err = tally_sample(&f->tally, d, s);
	if (err && !f->error)
		f->error = err;
	return 0;
}

/* ---- pictures --------------------------------------------------------- */

void picture_init(struct picture *p)
{
	memset(p, 0, sizeof(*p));
}

void picture_release(struct picture *p)
{
	int i;

	for (i = 0; i < BY_COUNT; i++)
		vec_release(&p->rows[i]);
	vec_release(&p->threads);
	vec_release(&p->processes);
}

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Several processes are sampled side by side: the longest is the window. */
static uint64_t wall_ns(const struct feed *f, bool whole)
{
	const struct feed_process *p = f->processes.items;
	uint64_t longest = 0;
	uint32_t i;

	for (i = 0; i < f->processes.count; i++)
		longest = MAX(longest, whole ? p[i].wall_ns : p[i].window_ns);
	return longest;
}

static int take_rows(struct picture *p, const struct feed *f, int by,
		     uint64_t wall)
{
	const struct hot_row *from;
	struct picture_row *row;
	uint32_t i;

	p->rows[by].count = 0;
	for (i = 0; i < f->hot[by].rows.count; i++) {
		from = &f->hot[by].rows.items[i];
		row = vec_push(&p->rows[by]);
		if (!row)
			return ERR_NOMEM;
		*row = (struct picture_row){
			.name = from->name,
			.file = from->file,
			.short_file = from->short_file,
			.line = from->line,
			.own_ns = from->own_ns,
			.total_ns = from->total_ns,
		};
		row->own = per_cent(
			p->whole ? from->own_ns : from->window_own_ns, wall);
		row->total = per_cent(p->whole ? from->total_ns :
						 from->window_total_ns,
				      wall);
	}
	return 0;
}

/* Seen lately, by the clock of all: a process that ended has no ticks. */
static bool is_alive(const struct feed *f, const struct feed_thread *t)
{
	const struct feed_process *p;

	if (!t->id)
		return false;
	p = &f->processes.items[t->process - 1];
	return f->tick_ns - t->time_ns <=
	       MAX(ALIVE_NS, 3 * p->observed.part_ns);
}

static int take_thread(struct picture *p, const struct feed_thread *t,
		       uint64_t wall)
{
	const struct feed_sums *sums = p->whole ? &t->all : &t->window;
	struct picture_thread *to = vec_push(&p->threads);

	if (!to)
		return ERR_NOMEM;
	*to = (struct picture_thread){
		.id = t->id,
		.process = t->process,
		.stack = t->stack,
		.syscall = t->syscall,
		.state = t->state,
		.holds_gil = t->holds_gil,
		.active = per_cent(sums->active_ns, wall),
		.gil = per_cent(sums->gil_ns, wall),
		.waiting = per_cent(sums->wait_ns, wall),
		.active_ns = t->all.active_ns,
	};
	return 0;
}

static int take_threads(struct picture *p, const struct feed *f, uint64_t wall)
{
	const struct feed_thread *t = f->threads.items;
	struct feed_sums sums = { 0 };
	uint32_t i;
	int err;

	p->threads.count = 0;
	p->running = 0;
	for (i = 0; i < f->threads.count; i++, t++) {
		sums.active_ns +=
			p->whole ? t->all.active_ns : t->window.active_ns;
		sums.gil_ns += p->whole ? t->all.gil_ns : t->window.gil_ns;
		sums.wait_ns += p->whole ? t->all.wait_ns : t->window.wait_ns;
		if (!is_alive(f, t))
			continue;
		p->running += t->state >= STATE_ACTIVE;
		err = take_thread(p, t, wall);
		if (err)
			return err;
	}
	p->active = per_cent(sums.active_ns, wall);
	p->gil = per_cent(sums.gil_ns, wall);
	p->waiting = per_cent(sums.wait_ns, wall);
	return 0;
}

static void join(struct picture_process *p, const struct picture_thread *t)
{
	p->threads++;
	p->running += t->state >= STATE_ACTIVE;
	p->active += t->active;
	p->gil += t->gil;
	p->waiting += t->waiting;
}

static int take_processes(struct picture *p, struct feed *f)
{
	struct feed_process *all = f->processes.items;
	const struct picture_thread *t;
	struct picture_process *to;
	uint32_t i;

	for (i = 0; i < f->processes.count; i++)
		all[i].sums = (struct picture_process){ .id = i + 1 };
	for (i = 0; i < p->threads.count; i++) {
		t = &p->threads.items[i];
		join(&all[t->process - 1].sums, t);
	}
	p->processes.count = 0;
	for (i = 0; i < f->processes.count; i++) {
		if (!all[i].sums.threads)
			continue;
		to = vec_push(&p->processes);
		if (!to)
			return ERR_NOMEM;
		*to = all[i].sums;
	}
	return 0;
}

void stats_subtract(struct stats *s, const struct stats *before)
{
	int i;

	s->ticks -= before->ticks;
	s->missed -= before->missed;
	s->late -= before->late;
	s->samples -= before->samples;
	s->stops -= before->stops;
	s->disturbed -= before->disturbed;
	s->held_ns -= before->held_ns;
	s->elapsed_ns -= before->elapsed_ns;
	s->process_ns -= before->process_ns;
	s->unobserved_ns -= before->unobserved_ns;
	s->own_cpu_ns -= before->own_cpu_ns;
	for (i = 0; i < LOST_KINDS; i++)
		s->lost[i] -= before->lost[i];
}

static void take_stats(struct picture *p, const struct stats *now,
		       const struct stats *last)
{
	struct stats s = *now;

	stats_subtract(&s, last);
	p->window_s = (double)s.elapsed_ns / NSEC_PER_SEC;
	p->rate_hz = stats_rate(&s);
	p->own_cpu = per_cent(s.own_cpu_ns, s.elapsed_ns);
	p->slowdown = 100 * stats_held(&s);
	p->missed = per_cent(s.missed, s.ticks + s.missed);
}

int picture_take(struct picture *p, struct feed *f, const struct stats *now,
		 const struct stats *last, const struct stats *reset,
		 bool whole)
{
	uint64_t wall = wall_ns(f, whole);
	int err = 0, i;

	p->whole = whole;
	p->stats = *now;
	stats_subtract(&p->stats, reset);
	p->samples = f->fold.count;
	take_stats(p, now, whole ? reset : last);
	for (i = 0; i < BY_COUNT && !err; i++)
		err = take_rows(p, f, i, wall);
	if (!err)
		err = take_threads(p, f, wall);
	if (!err)
		err = take_processes(p, f);
	next_window(f);
	return err;
}
