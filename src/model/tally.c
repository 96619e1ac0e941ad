/* tally.c - what binds the program, in one sentence
 *
 * Two ways of counting are kept apart, because a program has many threads but
 * only one time: shares are of the time of ticks (in how much of it did some
 * thread do this?) and averages are of threads (how many did it at once?). For
 * the first each tick adds its time to the mix of states that it saw; ticks are
 * told apart for each process, as their samples are interleaved.
 *
 * A tick of which threads were lost says nothing of what no thread did: it is
 * time that was not observed.
 *
 * A pool of threads that wait for work says nothing about what the program
 * waits for, so waits are also kept for threads that have run.
 */
#include "cprof/model.h"

#define BIT(state) (1u << (state))
#define RUNS (BIT(STATE_ACTIVE) | BIT(STATE_ACTIVE_GIL))
#define MOST_ID (1u << 24) /* of threads and processes: a bound of memory */

void tally_init(struct tally *t)
{
	*t = (struct tally){ 0 };
	map_init(&t->wait_index);
}

void tally_release(struct tally *t)
{
	vec_release(&t->waits);
	vec_release(&t->processes);
	vec_release(&t->ran);
	map_release(&t->wait_index);
}

/* ---- counting --------------------------------------------------------- */

/* Who is stopped wants nothing, and keeps nobody waiting who is not. */
static uint32_t mix_of(const struct sample *s)
{
	if (s->stopped)
		return BIT(STATE_IDLE);
	return BIT(s->state) | (s->holds_gil ? MIX_HELD : 0);
}

static int count_mix(struct tally *t, const struct sample *s)
{
	struct tally_process *p;
	uint64_t before, more;
	uint32_t mix = mix_of(s);
	bool new_tick;

	if (!s->weight_ns || s->process >= MOST_ID)
		return 0;
	while (t->processes.count <= s->process)
		if (!vec_push(&t->processes))
			return ERR_NOMEM;
	p = &t->processes.items[s->process];
	before = p->observed.part_ns;
	more = observed_add(&p->observed, s, &new_tick);
	if (new_tick)
		p->mix = before = 0;
	t->mix_ns[p->mix] -= before;
	p->mix |= mix;
	t->mix_ns[p->mix] += before + more;
	return 0;
}

/* Has the thread run, now or earlier? */
static int note_run(struct tally *t, const struct sample *s, bool *ran)
{
	*ran = false;
	if (s->thread >= MOST_ID)
		return 0;
	while (t->ran.count <= s->thread)
		if (!vec_push(&t->ran))
			return ERR_NOMEM;
	t->ran.items[s->thread] |= s->state >= STATE_ACTIVE;
	*ran = t->ran.items[s->thread];
	return 0;
}

static int count_wait(struct tally *t, const struct defs *d,
		      const struct sample *s, bool ran)
{
	frame_id frame = def_stack(d, s->stack)->frame;
	uint64_t key = (uint64_t)s->syscall << 32 | frame;
	uint32_t *place = map_slot(&t->wait_index, key);
	struct tally_wait *w;

	if (!place)
		return ERR_NOMEM;
	if (!*place) {
		w = vec_push(&t->waits);
		if (!w)
			return ERR_NOMEM;
		w->syscall = s->syscall;
		w->frame = frame;
		*place = t->waits.count;
	}
	w = &t->waits.items[*place - 1];
	w->weight_ns += s->weight_ns;
	w->worker_ns += ran ? s->weight_ns : 0;
	w->holder_ns += s->holds_gil ? s->weight_ns : 0;
	return 0;
}

int tally_sample(struct tally *t, const struct defs *d, const struct sample *s)
{
	bool ran;
	int err;

	if (s->state > STATE_ACTIVE_GIL)
		return ERR_GARBAGE;
	if (s->partial)
		return 0;
	t->weight_ns[s->stopped ? STATE_IDLE : s->state] += s->weight_ns;
	t->stopped_ns += s->stopped ? s->weight_ns : 0;
	t->count[s->state]++;
	if (s->collects && s->state == STATE_ACTIVE_GIL)
		t->collecting_ns += s->weight_ns;
	err = count_mix(t, s);
	if (!err)
		err = note_run(t, s, &ran);
	if (!err && s->state == STATE_IDLE)
		err = count_wait(t, d, s, ran);
	return err;
}

/* ---- figures ---------------------------------------------------------- */

/* Time in which some thread was in one of these states. */
static uint64_t time_with(const struct tally *t, uint32_t states)
{
	uint64_t sum = 0;
	uint32_t mix;

	for (mix = 0; mix < MIXES; mix++)
		if (mix & states)
			sum += t->mix_ns[mix];
	return sum;
}

/* Time in which a thread slept with the GIL while others wanted it. */
static uint64_t time_withheld(const struct tally *t)
{
	const uint32_t bits = MIX_HELD | BIT(STATE_GIL_WAIT);
	const uint32_t may_hold = BIT(STATE_ACTIVE_GIL) | BIT(STATE_CPU_WAIT);
	uint64_t sum = 0;
	uint32_t mix;

	for (mix = 0; mix < MIXES; mix++)
		if ((mix & bits) == bits && !(mix & may_hold))
			sum += t->mix_ns[mix];
	return sum;
}

/* Time in which threads could run and none did. */
static uint64_t time_starved(const struct tally *t)
{
	uint64_t sum = 0;
	uint32_t mix;

	for (mix = 0; mix < MIXES; mix++)
		if (mix & BIT(STATE_CPU_WAIT) && !(mix & RUNS))
			sum += t->mix_ns[mix];
	return sum;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* Rounded, but only all is 100 % and only nothing is 0 %. */
static void add_share(struct buf *out, uint64_t part, uint64_t whole)
{
	int per_cent = (int)(100 * ratio(part, whole) + 0.5);

	if (part && !per_cent)
		buf_puts(out, "<1 %");
	else if (part < whole && per_cent >= 100)
		buf_puts(out, ">99 %");
	else
		buf_printf(out, "%d %%", per_cent);
}

static void add_duration(struct buf *out, uint64_t ns)
{
	char text[32];

	buf_puts(out, text_duration(text, ns));
}

/* ---- waits: which call, where ----------------------------------------- */

enum whose {
	OF_ALL,
	OF_WORKERS,
	OF_HOLDERS,
};

static uint64_t wait_time(const struct tally_wait *w, enum whose whose)
{
	switch (whose) {
	case OF_WORKERS:
		return w->worker_ns;
	case OF_HOLDERS:
		return w->holder_ns;
	default:
		return w->weight_ns;
	}
}

static uint64_t sum_waits(const struct tally *t, enum whose whose)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < t->waits.count; i++)
		sum += wait_time(&t->waits.items[i], whose);
	return sum;
}

/* `epoll_wait in run (server.py:41)`, safe for a terminal */
static void add_wait(struct buf *out, const struct defs *d,
		     const struct tally_wait *w)
{
	static const struct view plain;
	const struct string *call = def_string(d, w->syscall);
	struct buf frame;

	buf_init(&frame);
	if (w->frame)
		view_frame(&plain, d, w->frame, &frame);
	text_terminal(out, call->text, call->len);
	if (frame.len)
		buf_puts(out, call->len ? " in " : "in ");
	else if (!call->len)
		buf_puts(out, "outside Python");
	text_terminal(out, frame.data, frame.len);
	buf_release(&frame);
}

/* Waits that read the same are one: `sums` by the id of their text. */
struct sums {
	struct defs texts;
	VEC(uint64_t) ns;
};

static int sum_by_text(struct sums *s, const struct tally *t,
		       const struct defs *d, enum whose whose)
{
	struct buf text;
	uint32_t i;
	string_id id = 1;

	buf_init(&text);
	for (i = 0; i < t->waits.count && id; i++) {
		buf_reset(&text);
		add_wait(&text, d, &t->waits.items[i]);
		id = defs_string(&s->texts, text.data, text.len);
		if (!id || (id > s->ns.count && !vec_push(&s->ns)))
			break;
		s->ns.items[id - 1] += wait_time(&t->waits.items[i], whose);
	}
	buf_release(&text);
	return i < t->waits.count ? ERR_NOMEM : 0;
}

static uint32_t largest(const struct sums *s)
{
	uint32_t i, best = 0;

	for (i = 1; i < s->ns.count; i++)
		if (s->ns.items[i] > s->ns.items[best])
			best = i;
	return best;
}

/* The longest wait, and the next if it has a fifth or more: `92 % epoll_wait
 * in run (server.py:41)`. Nothing if there is none or no memory. */
static void add_waits(struct buf *out, const char *before,
		      const struct tally *t, const struct defs *d,
		      enum whose whose)
{
	uint64_t all = sum_waits(t, whose);
	struct sums s = { 0 };
	uint32_t i, best;

	defs_init(&s.texts);
	if (!all || sum_by_text(&s, t, d, whose))
		goto out;
	for (i = 0; i < 2; i++) {
		best = largest(&s);
		if (i && s.ns.items[best] < all / 5)
			break;
		buf_puts(out, i ? ", " : before);
		add_share(out, s.ns.items[best], all);
		buf_printf(out, " %s", def_text(&s.texts, best + 1));
		s.ns.items[best] = 0;
	}
out:
	defs_release(&s.texts);
	vec_release(&s.ns);
}

/* ---- sentences -------------------------------------------------------- */

struct case_file {
	const struct tally *tally;
	const struct defs *defs;
	struct buf *out;
	uint64_t time_ns; /* observed, of all processes */
	uint64_t elapsed_ns;
	bool one_process;
	const char *of_time; /* "of the time" */
};

static double average_threads(const struct case_file *c,
			      enum thread_state state)
{
	return ratio(c->tally->weight_ns[state], c->time_ns);
}

static void add_time_share(const struct case_file *c, uint64_t ns)
{
	add_share(c->out, ns, c->time_ns);
	buf_printf(c->out, " %s", c->of_time);
}

/* `, 3.2 threads on average`, when that tells more than the share */
static void add_average(const struct case_file *c, enum thread_state state)
{
	double threads = average_threads(c, state);

	if (threads >= 1.5)
		buf_printf(c->out, ", %.1f threads on average", threads);
}

/* Was a tenth or more of the time not seen? */
static bool is_patchy(const struct case_file *c)
{
	return c->one_process && c->time_ns < c->elapsed_ns / 10 * 9;
}

static uint64_t time_of_threads(const struct tally *t)
{
	uint64_t all = 0;
	int i;

	for (i = 0; i <= STATE_ACTIVE_GIL; i++)
		all += t->weight_ns[i];
	return all;
}

bool tally_was_stopped(const struct tally *t)
{
	uint64_t all = time_of_threads(t);

	return all && t->stopped_ns >= all / 10 * 9;
}

static void say_stopped(const struct case_file *c)
{
	uint64_t all = time_of_threads(c->tally);

	if (c->tally->stopped_ns < all / 50 || tally_was_stopped(c->tally))
		return;
	buf_puts(c->out, ", stopped for ");
	add_share(c->out, c->tally->stopped_ns, all);
	buf_puts(c->out, " of it");
}

uint64_t tally_ran_ns(const struct tally *t)
{
	return t->weight_ns[STATE_ACTIVE] + t->weight_ns[STATE_ACTIVE_GIL];
}

static void say_idle(const struct case_file *c)
{
	buf_puts(c->out, "idle for all of ");
	if (is_patchy(c)) {
		buf_puts(c->out, "the ");
		add_duration(c->out, c->time_ns);
		buf_puts(c->out, " observed in ");
	}
	add_duration(c->out, c->elapsed_ns);
	if (tally_was_stopped(c->tally))
		buf_puts(c->out, ", as it was stopped");
	add_waits(c->out, ": ", c->tally, c->defs, OF_ALL);
}

static void say_withheld(const struct case_file *c)
{
	buf_puts(c->out, "the GIL: ");
	add_time_share(c, time_withheld(c->tally));
	buf_puts(c->out, " threads waited for it while its holder slept");
	add_waits(c->out, ": ", c->tally, c->defs, OF_HOLDERS);
}

static void say_gil(const struct case_file *c)
{
	double threads = average_threads(c, STATE_GIL_WAIT);

	buf_puts(c->out, "the GIL: held ");
	add_time_share(c,
		       time_with(c->tally, MIX_HELD | BIT(STATE_ACTIVE_GIL)));
	buf_printf(c->out, ", and %.1f threads waited for it on average",
		   threads);
}

static void say_waiting(const struct case_file *c)
{
	uint64_t python = time_with(c->tally, BIT(STATE_ACTIVE_GIL));
	uint64_t native = time_with(c->tally, BIT(STATE_ACTIVE));
	bool workers = sum_waits(c->tally, OF_WORKERS) > 0;

	buf_puts(c->out, "waiting: no thread ran ");
	add_time_share(c, c->time_ns - time_with(c->tally, RUNS));
	buf_puts(c->out, ", Python code ran ");
	add_share(c->out, python, c->time_ns);
	if (native) {
		buf_puts(c->out, ", native code ");
		add_share(c->out, native, c->time_ns);
	}
	add_waits(c->out, "; of the waits ", c->tally, c->defs,
		  workers ? OF_WORKERS : OF_ALL);
}

/* `; threads waited for the GIL 31 % of the time`, if that is worth saying */
static void add_gil_waits(const struct case_file *c)
{
	uint64_t ns = time_with(c->tally, BIT(STATE_GIL_WAIT));

	if (ns < c->time_ns / 10)
		return;
	buf_puts(c->out, "; threads waited for the GIL ");
	add_time_share(c, ns);
}

/* The same of threads that could run and had no CPU. */
static void add_cpu_waits(const struct case_file *c)
{
	uint64_t ns = time_with(c->tally, BIT(STATE_CPU_WAIT));

	if (ns < c->time_ns / 10)
		return;
	buf_puts(c->out, "; threads waited for a CPU ");
	add_time_share(c, ns);
}

/* Of the time of threads that ran. */
static void add_collections(const struct case_file *c)
{
	uint64_t runs = c->tally->weight_ns[STATE_ACTIVE_GIL];

	if (c->tally->collecting_ns < runs / 20 || !c->tally->collecting_ns)
		return;
	buf_puts(c->out, "; garbage collection ");
	add_share(c->out, c->tally->collecting_ns, runs);
	buf_puts(c->out, " of Python's");
}

static void say_starved(const struct case_file *c)
{
	buf_puts(c->out, "no CPU: ");
	add_time_share(c, time_starved(c->tally));
	buf_puts(c->out, " threads could run and none had a CPU, as other "
			 "programs have them; a thread ran ");
	add_share(c->out, time_with(c->tally, RUNS), c->time_ns);
}

static void say_native(const struct case_file *c)
{
	uint64_t python = time_with(c->tally, BIT(STATE_ACTIVE_GIL));

	buf_puts(c->out, "native code: ");
	add_time_share(c, time_with(c->tally, BIT(STATE_ACTIVE)));
	buf_puts(c->out, " a thread ran outside Python");
	add_average(c, STATE_ACTIVE);
	buf_puts(c->out, "; Python code ");
	add_share(c->out, python, c->time_ns);
	add_gil_waits(c);
	add_cpu_waits(c);
	add_collections(c);
}

static void say_python(const struct case_file *c)
{
	uint64_t native = time_with(c->tally, BIT(STATE_ACTIVE));

	buf_puts(c->out, "Python code: ");
	add_time_share(c, time_with(c->tally, BIT(STATE_ACTIVE_GIL)));
	buf_puts(c->out, " a thread ran Python");
	add_average(c, STATE_ACTIVE_GIL);
	if (native >= c->time_ns / 10) {
		buf_puts(c->out, "; native code ");
		add_share(c->out, native, c->time_ns);
	}
	add_gil_waits(c);
	add_cpu_waits(c);
	add_collections(c);
}

static void say_patchy(const struct case_file *c)
{
	buf_puts(c->out, ", in the ");
	add_duration(c->out, c->time_ns);
	buf_puts(c->out, " observed of ");
	add_duration(c->out, c->elapsed_ns);
}

/* The first that fits is what binds the program. */
static void say_what_binds(const struct case_file *c)
{
	const struct tally *t = c->tally;
	uint64_t half = c->time_ns / 2;
	uint64_t gil_wait = t->weight_ns[STATE_GIL_WAIT];

	if (time_withheld(t) >= c->time_ns / 5)
		say_withheld(c);
	else if (gil_wait >= half &&
		 time_with(t, MIX_HELD | BIT(STATE_ACTIVE_GIL)) >= half)
		say_gil(c);
	else if (time_starved(t) >= c->time_ns / 4)
		say_starved(c);
	else if (time_with(t, RUNS) < half)
		say_waiting(c);
	else if (t->weight_ns[STATE_ACTIVE] > t->weight_ns[STATE_ACTIVE_GIL])
		say_native(c);
	else
		say_python(c);
}

static bool is_idle(const struct tally *t)
{
	return !time_with(t, RUNS | BIT(STATE_CPU_WAIT) | BIT(STATE_GIL_WAIT));
}

static uint32_t count_processes(const struct tally *t)
{
	uint32_t i, count = 0;

	for (i = 0; i < t->processes.count; i++)
		count += t->processes.items[i].observed.tick_ns != 0;
	return count;
}

void tally_sentence(const struct tally *t, const struct defs *d,
		    uint64_t elapsed_ns, struct buf *out)
{
	struct case_file c = { t, d, out, .elapsed_ns = elapsed_ns };

	c.time_ns = time_with(t, MIXES - 1);
	c.one_process = count_processes(t) <= 1;
	c.of_time = c.one_process ? "of the time" : "of the processes' time";
	if (!c.time_ns) {
		buf_puts(out, "nothing was seen in ");
		add_duration(out, elapsed_ns);
	} else if (is_idle(t)) {
		say_idle(&c);
	} else {
		say_what_binds(&c);
		say_stopped(&c);
		if (is_patchy(&c))
			say_patchy(&c);
	}
}
