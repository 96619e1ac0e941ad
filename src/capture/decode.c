/* decode.c - the recording side: messages into definitions and samples
 *
 * Knows each thread's last entry, so that a tick in which nothing moved is one
 * small message and yet a sample of every thread. A program can make code
 * objects for as long as it runs; those that say the same of themselves are one
 * here, and only the first of them asks the target's file system which package
 * its file belongs to. A code object counts as whole when a frame names it, or
 * the next one comes.
 */
#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"

/* A target that makes code of equal hash only spoils its own merging. */
enum { LONGEST_CHAIN = 64 };

enum { CPU_LATE_MS = 20 }; /* CPU times are brought up to date by a timer */

int decoder_new(struct decoder **out, struct defs *defs, uint64_t start_ns,
		uint64_t interval_ns)
{
	struct decoder *d = calloc(1, sizeof(*d));

	*out = d;
	if (!d)
		return ERR_NOMEM;
	d->defs = defs;
	d->start_ns = start_ns;
	d->interval_ns = interval_ns;
	buf_init(&d->text);
	buf_init(&d->coming.linetable);
	map_init(&d->code_index);
	return 0;
}

void decoder_free(struct decoder *d)
{
	uint32_t i;

	if (!d)
		return;
	for (i = 0; i < d->codes.count; i++)
		buf_release(&d->codes.items[i].linetable);
	buf_release(&d->coming.linetable);
	vec_release(&d->numbers);
	vec_release(&d->codes);
	map_release(&d->code_index);
	for (i = 0; i < d->threads.count; i++)
		vec_release(&d->threads.items[i].path);
	vec_release(&d->threads);
	buf_release(&d->text);
	free(d);
}

void decoder_set_target(struct decoder *d, const struct target *t)
{
	d->target = t;
}

process_id decoder_process(const struct decoder *d)
{
	return d->process;
}

const struct stats *decoder_stats(const struct decoder *d)
{
	return &d->stats;
}

unsigned int decoder_threads(const struct decoder *d,
			     unsigned int by_state[STATE_ACTIVE_GIL + 1])
{
	unsigned int all = 0;
	uint32_t i;

	memset(by_state, 0, (STATE_ACTIVE_GIL + 1) * sizeof(*by_state));
	for (i = 0; i < d->threads.count; i++) {
		if (!d->threads.items[i].alive)
			continue;
		by_state[d->threads.items[i].state]++;
		all++;
	}
	return all;
}

/* ---- definitions ------------------------------------------------------- */

static int take_process(struct decoder *d, const struct msg_process *m)
{
	const char *at = (const char *)(m + 1);
	struct process process = { .pid = m->pid, .parent = m->parent };

	process.command = defs_string(d->defs, at, m->command_len);
	at += m->command_len;
	process.python = defs_string(d->defs, at, m->python_len);
	at += m->python_len;
	process.executable = defs_string(d->defs, at, m->executable_len);
	d->process = defs_process(d->defs, &process);
	return d->process ? 0 : ERR_NOMEM;
}

static uint64_t hash_code(const struct decoded_code *c)
{
	uint64_t lines = hash_bytes(c->linetable.data, c->linetable.len);
	uint64_t names = hash_mix(c->name, c->file);

	return hash_mix(hash_mix(lines, names), (uint32_t)c->first_line);
}

static bool same_code(const struct decoded_code *a,
		      const struct decoded_code *b)
{
	return a->name == b->name && a->file == b->file &&
	       a->first_line == b->first_line &&
	       a->first_traceable == b->first_traceable &&
	       a->linetable.len == b->linetable.len &&
	       (!a->linetable.len ||
		!memcmp(a->linetable.data, b->linetable.data,
			a->linetable.len));
}

/* Which of codes + 1 says the same; 0 if none. */
static uint32_t find_equal(const struct decoder *d, uint32_t place,
			   const struct decoded_code *wanted)
{
	int i;

	for (i = 0; place && i < LONGEST_CHAIN; i++) {
		if (same_code(&d->codes.items[place - 1], wanted))
			return place;
		place = d->codes.items[place - 1].next;
	}
	return 0;
}

static int define(struct decoder *d, struct decoded_code *c)
{
	struct code def = { .name = c->name,
			    .file = c->file,
			    .first_line = c->first_line };

	decoder_name_file(d, &def);
	c->hidden = code_is_hidden(c->first_line, def_text(d->defs, c->file));
	c->id = defs_code(d->defs, &def);
	return c->id ? 0 : ERR_NOMEM;
}

/* Takes over the line table of the one that came. */
static int add_code(struct decoder *d, uint32_t *head)
{
	struct decoded_code *code = vec_push(&d->codes);

	if (!code)
		return ERR_NOMEM;
	*code = d->coming;
	code->next = *head;
	buf_init(&d->coming.linetable);
	*head = d->codes.count;
	return define(d, code);
}

/* All of the code object that came last is there. */
static int settle_code(struct decoder *d)
{
	uint32_t number = d->coming_number, place;
	uint32_t *head;
	int err = 0;

	if (!number)
		return 0;
	d->coming_number = 0;
	head = map_slot(&d->code_index, hash_code(&d->coming));
	while (d->numbers.count < number)
		if (!vec_push(&d->numbers))
			return ERR_NOMEM;
	if (!head)
		return ERR_NOMEM;
	place = find_equal(d, *head, &d->coming);
	if (!place) {
		err = add_code(d, head);
		place = d->codes.count;
	}
	d->numbers.items[number - 1] = place;
	return err;
}

/* The same number again: it did not fit into the ring whole. */
static int take_code(struct decoder *d, const struct msg_code *m)
{
	const char *at = (const char *)(m + 1);
	struct decoded_code *c = &d->coming;
	int err = m->number == d->coming_number ? 0 : settle_code(d);

	d->coming_number = m->number;
	c->name = defs_string(d->defs, at, m->name_len);
	c->file = defs_string(d->defs, at + m->name_len, m->file_len);
	c->first_line = m->first_line;
	c->first_traceable = m->first_traceable;
	buf_reset(&c->linetable);
	return c->name && c->file ? err : ERR_NOMEM;
}

static int take_lines(struct decoder *d, const struct msg_lines *m)
{
	if (m->number != d->coming_number)
		return ERR_GARBAGE;
	buf_add(&d->coming.linetable, m + 1, m->len);
	return d->coming.linetable.failed ? ERR_NOMEM : 0;
}

static int find_code(struct decoder *d, uint32_t number,
		     const struct decoded_code **out)
{
	int err = number == d->coming_number ? settle_code(d) : 0;
	uint32_t place = 0;

	if (!err && number && number <= d->numbers.count)
		place = d->numbers.items[number - 1];
	if (!err && !place)
		err = ERR_GARBAGE; /* never defined */
	if (!err)
		*out = &d->codes.items[place - 1];
	return err;
}

static struct decoded_thread *thread_at(struct decoder *d, uint32_t number)
{
	while (d->threads.count < number)
		if (!vec_push(&d->threads))
			return NULL;
	return &d->threads.items[number - 1];
}

static int take_thread(struct decoder *d, const struct msg_thread *m)
{
	struct decoded_thread *t = thread_at(d, m->number);
	struct thread def = { .process = d->process,
			      .tid = m->tid,
			      .ident = m->ident };

	if (!t)
		return ERR_NOMEM;
	def.name = defs_string(d->defs, (const char *)(m + 1), m->name_len);
	if (!t->id) {
		t->id = defs_thread(d->defs, &def);
		t->alive = true;
	} else {
		d->defs->threads.items[t->id - 1].name = def.name;
	}
	return t->id ? 0 : ERR_NOMEM;
}

/* ---- stacks ------------------------------------------------------------ */

static frame_id frame_of(struct decoder *d, const struct decoded_code *code,
			 const struct msg_frame *m)
{
	struct frame def = { .code = code->id, .offset = m->offset };
	frame_id id = defs_find_frame(d->defs, code->id, m->offset);

	if (id)
		return id;
	def.line = code_line(code->linetable.data, code->linetable.len,
			     code->first_line, m->offset);
	return defs_frame(d->defs, &def);
}

/* As CPython's own tracebacks: no helper code, and no frame that has not come
 * to its first traceable instruction yet. */
static bool is_shown(const struct decoded_code *code, const struct msg_frame *m)
{
	if (code->hidden)
		return false;
	return m->generator || m->offset >= code->first_traceable;
}

/* A frame that says how many are missing. */
static frame_id cut_mark(struct decoder *d, uint32_t missing)
{
	buf_reset(&d->text);
	buf_printf(&d->text, "[%u more frames]", missing);
	return defs_note(d->defs, d->text.data, d->text.len);
}

static stack_id push(struct decoder *d, stack_id stack, frame_id frame)
{
	return frame ? defs_stack(d->defs, stack, frame) : 0;
}

/* Onto the path, whether it is shown or not. */
static int add_frame(struct decoder *d, struct decoded_thread *t,
		     const struct msg_frame *m)
{
	const struct decoded_code *code;
	stack_id *place;
	int err = find_code(d, m->code, &code);

	if (err)
		return err;
	if (is_shown(code, m)) {
		t->stack = push(d, t->stack, frame_of(d, code, m));
		if (!t->stack)
			return ERR_NOMEM;
	}
	place = vec_push(&t->path);
	if (place)
		*place = t->stack;
	return place ? 0 : ERR_NOMEM;
}

/* Frames come leaf first; the tree of stacks grows from the root. */
static int take_stack(struct decoder *d, struct decoded_thread *t,
		      const struct msg_entry *m)
{
	const struct msg_frame *frames = (const struct msg_frame *)(m + 1);
	bool cut = m->total > m->count + m->same;
	uint32_t i;
	int err = m->same <= t->path.count ? 0 : ERR_GARBAGE;

	if (err)
		return err;
	t->path.count = m->same;
	t->stack = m->same ? t->path.items[m->same - 1] : 0;
	for (i = m->count; !err && i-- > 0;) {
		err = add_frame(d, t, &frames[i]);
		if (cut && i == m->keep_leaf)
			t->stack = push(d, t->stack,
					cut_mark(d, m->total - m->count));
	}
	if (cut)
		t->path.count = 0;
	return err;
}

static void take_syscall(struct decoder *d, struct decoded_thread *t,
			 int number)
{
	const char *name = syscall_name(number);

	t->syscall = 0;
	if (name)
		t->syscall = defs_string(d->defs, name, strlen(name));
}

static int take_entry(struct decoder *d, const struct msg_entry *m)
{
	struct decoded_thread *t;

	if (!m->thread || m->thread > d->threads.count)
		return 0; /* gone before it was announced */
	t = &d->threads.items[m->thread - 1];
	if (m->flags & ENTRY_GONE) {
		t->alive = false;
		vec_release(&t->path);
		return 0;
	}
	t->state = MIN(m->state, STATE_ACTIVE_GIL);
	t->holds_gil = m->flags & ENTRY_HOLDS_GIL;
	t->lost = m->flags & ENTRY_LOST;
	t->lost_kind = MIN(m->lost_kind, LOST_KINDS - 1);
	t->collects = m->flags & ENTRY_COLLECTS;
	t->stopped = m->flags & ENTRY_STOPPED;
	t->cpu_ns = m->cpu_ns;
	take_syscall(d, t, m->syscall);
	return m->flags & ENTRY_SAME_STACK ? 0 : take_stack(d, t, m);
}

/* ---- ticks ------------------------------------------------------------- */

/* A new thread was there at most since the tick before, and at the first tick
 * nobody was seen for more than an interval. */
static uint64_t weight_of(const struct decoder *d,
			  const struct decoded_thread *t, uint64_t now)
{
	uint64_t since = t->sampled_ns ? t->sampled_ns : d->tick_before_ns;

	if (!since)
		return MIN(now - d->start_ns, d->interval_ns);
	return MIN(now - since, 2 * d->interval_ns);
}

/* What a thread used goes to the next sample in which it runs: where it sleeps is
 * not where it used it. More than passed between two ticks, and what the kernel
 * counts late, is of time that nobody observed. */
static void count_cpu(struct decoder *d, struct decoded_thread *t)
{
	uint64_t used = MIN(t->cpu_ns - t->cpu_counted_ns,
			    2 * d->interval_ns + CPU_LATE_MS * NSEC_PER_MSEC);

	t->cpu_counted_ns = t->cpu_ns;
	t->cpu_owed_ns += used;
	d->stats.cpu_ns += used;
}

static uint64_t take_cpu(struct decoder *d, struct decoded_thread *t)
{
	uint64_t owed = t->state >= STATE_ACTIVE ? t->cpu_owed_ns : 0;

	t->cpu_owed_ns -= owed;
	d->stats.sampled_cpu_ns += owed;
	return owed;
}

static int give_sample(struct decoder *d, struct decoded_thread *t,
		       const struct msg_tick *m, decoder_reader read, void *arg)
{
	struct sample s = {
		.time_ns = m->time_ns - d->start_ns,
		.late_ns = MIN(m->late_ns, UINT32_MAX),
		.partial = d->partial,
		.process = d->process,
		.thread = t->id,
		.stack = t->stack,
		.syscall = t->syscall,
		.state = t->state,
		.holds_gil = t->holds_gil,
		.collects = t->collects,
		.stopped = t->stopped,
		.weight_ns = weight_of(d, t, m->time_ns),
		.cpu_ns = take_cpu(d, t),
	};

	t->sampled_ns = m->time_ns;
	d->stats.samples++;
	return read(arg, d->defs, &s);
}

static void take_counts(struct decoder *d, const struct msg_tick *m)
{
	struct stats *s = &d->stats;

	s->ticks++;
	s->late += m->late_ns > 200 * NSEC_PER_USEC;
	s->missed = m->missed;
	s->stops = m->stops;
	s->disturbed = m->disturbed;
	s->held_ns = m->held_ns;
	s->longest_stop_ns = m->longest_stop_ns;
	s->lost[LOST_RING] = m->ring_lost;
	s->elapsed_ns = m->time_ns - d->start_ns;
	if (m->pause_ns)
		stats_count_pause(s, m->pause_ns);
	if (d->last_tick_ns &&
	    m->time_ns - d->last_tick_ns > 2 * d->interval_ns)
		s->unobserved_ns +=
			m->time_ns - d->last_tick_ns - 2 * d->interval_ns;
	d->tick_before_ns = d->last_tick_ns;
	d->last_tick_ns = m->time_ns;
}

static bool has_lost(const struct decoder *d)
{
	uint32_t i;

	for (i = 0; i < d->threads.count; i++)
		if (d->threads.items[i].alive && d->threads.items[i].lost)
			return true;
	return false;
}

static int take_tick(struct decoder *d, const struct msg_tick *m,
		     decoder_reader read, void *arg)
{
	struct decoded_thread *t;
	uint32_t i;
	int err = 0;

	if (m->interval_ns)
		d->interval_ns = m->interval_ns;
	take_counts(d, m);
	d->partial = has_lost(d);
	for (i = 0; !err && i < d->threads.count; i++) {
		t = &d->threads.items[i];
		if (!t->alive)
			continue;
		count_cpu(d, t);
		if (t->lost)
			d->stats.lost[t->lost_kind]++;
		else
			err = give_sample(d, t, m, read, arg);
	}
	return err;
}

bool decoder_take_source(struct ring *ring, uint32_t *number, bool *ended)
{
	size_t len;
	const struct msg_source *m = ring_peek(ring, &len);

	if (!m || m->kind != MSG_SOURCE)
		return false;
	*number = m->number;
	*ended = m->ended;
	ring_drop(ring);
	return true;
}

bool decoder_step(struct decoder *d, struct ring *ring, decoder_reader read,
		  void *arg, int *err)
{
	size_t len;
	const void *m = ring_peek(ring, &len);

	*err = 0;
	if (!m)
		return false;
	switch (*(const uint32_t *)m) {
	case MSG_PROCESS:
		*err = take_process(d, m);
		break;
	case MSG_CODE:
		*err = take_code(d, m);
		break;
	case MSG_LINES:
		*err = take_lines(d, m);
		break;
	case MSG_THREAD:
		*err = take_thread(d, m);
		break;
	case MSG_ENTRY:
		*err = take_entry(d, m);
		break;
	case MSG_TICK:
		*err = take_tick(d, m, read, arg);
		break;
	}
	ring_drop(ring);
	return true;
}
