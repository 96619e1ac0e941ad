/* test_decode.c - sequences of messages, through a ring, into samples
 */
#include "unit.h"

#include <string.h>

#include "capture/message.h"
#include "cprof/capture.h"

enum {
	RING = 1 << 20,
	START = 1000000,
	INTERVAL = 10000,
	SEEN_MAX = 64,
	STOP = -4711,
};

struct setting {
	struct defs defs;
	struct ring *ring;
	struct decoder *decoder;
	struct sample seen[SEEN_MAX];
	unsigned int count;
	unsigned int refuse_at; /* the reader fails at this sample */
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	defs_init(&s->defs);
	assert_int_equal(ring_new(&s->ring, RING), 0);
	assert_int_equal(decoder_new(&s->decoder, &s->defs, START, INTERVAL),
			 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	decoder_free(s->decoder);
	ring_free(s->ring);
	defs_release(&s->defs);
	free(s);
	return 0;
}

static int see(void *arg, const struct defs *d, const struct sample *sample)
{
	struct setting *s = arg;

	assert_ptr_equal(d, &s->defs);
	assert_true(s->count < SEEN_MAX);
	s->seen[s->count++] = *sample;
	return s->count == s->refuse_at ? STOP : 0;
}

/* Decodes all there is; the first error. */
static int drain(struct setting *s)
{
	int err = 0;

	s->count = 0;
	while (!err && decoder_step(s->decoder, s->ring, see, s, &err))
		;
	return err;
}

/* ---- messages ---------------------------------------------------------- */

static void *message(struct setting *s, size_t len, const char *text)
{
	size_t text_len = text ? strlen(text) : 0;
	char *m = ring_reserve(s->ring, len + text_len);

	assert_non_null(m);
	memset(m, 0, len);
	if (text)
		memcpy(m + len, text, text_len);
	return m;
}

static void put_process(struct setting *s, int pid)
{
	static const char text[] = "python3 app.py3.12.1/usr/bin/python3";
	struct msg_process *m = message(s, sizeof(*m), text);

	m->kind = MSG_PROCESS;
	m->pid = pid;
	m->command_len = 14;
	m->python_len = 6;
	m->executable_len = 16;
	ring_commit(s->ring, sizeof(*m) + strlen(text));
}

static void put_lines(struct setting *s, uint32_t number, const char *bytes)
{
	struct msg_lines *m = message(s, sizeof(*m), bytes);

	m->kind = MSG_LINES;
	m->number = number;
	m->len = (uint32_t)strlen(bytes);
	ring_commit(s->ring, sizeof(*m) + m->len);
}

/* A function whose first line is 10 times its number and whose code begins at
 * its fifth byte; name and file are one letter each. */
static void put_code_from(struct setting *s, uint32_t number, const char *text,
			  int32_t first_line, int32_t first_traceable)
{
	struct msg_code *m = message(s, sizeof(*m), text);

	m->kind = MSG_CODE;
	m->number = number;
	m->first_line = first_line;
	m->first_traceable = first_traceable;
	m->name_len = 1;
	m->file_len = (uint32_t)strlen(text) - 1;
	ring_commit(s->ring, sizeof(*m) + strlen(text));
}

static void put_code_as(struct setting *s, uint32_t number, const char *text,
			int32_t first_line)
{
	put_code_from(s, number, text, first_line, 4);
}

static void put_code(struct setting *s, uint32_t number)
{
	const char text[] = { (char)('a' + number), 'f', '\0' };

	put_code_as(s, number, text, 10 * (int32_t)number);
	/* two entries: 2 units on the first line, 4 units one line below */
	put_lines(s, number, "\xe9\x01\xeb\x02");
}

static void put_thread(struct setting *s, uint32_t number, const char *name)
{
	struct msg_thread *m = message(s, sizeof(*m), name);

	m->kind = MSG_THREAD;
	m->number = number;
	m->tid = 100 + (int32_t)number;
	m->ident = 0x7f00 + number;
	m->name_len = (uint32_t)strlen(name);
	ring_commit(s->ring, sizeof(*m) + m->name_len);
}

static struct msg_entry entry_of(uint32_t thread)
{
	return (struct msg_entry){ .kind = MSG_ENTRY,
				   .thread = thread,
				   .state = STATE_ACTIVE_GIL,
				   .syscall = -1,
				   .keep_leaf = 6144 };
}

static void put_entry(struct setting *s, const struct msg_entry *entry,
		      const struct msg_frame *frames)
{
	size_t size = entry->count * sizeof(*frames);
	struct msg_entry *m = message(s, sizeof(*m) + size, NULL);

	*m = *entry;
	if (size)
		memcpy(m + 1, frames, size);
	ring_commit(s->ring, sizeof(*m) + size);
}

/* A stack of functions "321" (leaf first), each at its first instruction. */
static void put_stack(struct setting *s, uint32_t thread, const char *stack)
{
	struct msg_frame frames[16];
	struct msg_entry e = entry_of(thread);

	for (; stack[e.count]; e.count++)
		frames[e.count] = (struct msg_frame){
			.code = (uint32_t)(stack[e.count] - '0'), .offset = 4
		};
	e.total = e.count;
	put_entry(s, &e, frames);
}

static void put_flags(struct setting *s, uint32_t thread, uint8_t flags)
{
	struct msg_entry e = entry_of(thread);

	e.flags = flags;
	put_entry(s, &e, NULL);
}

static void put_tick(struct setting *s, uint64_t time_ns)
{
	struct msg_tick *m = message(s, sizeof(*m), NULL);

	*m = (struct msg_tick){ .kind = MSG_TICK, .time_ns = START + time_ns };
	ring_commit(s->ring, sizeof(*m));
}

/* Codes 1 to 5 and threads 1 to n. */
static void begin(struct setting *s, uint32_t threads)
{
	uint32_t i;

	put_process(s, 4711);
	for (i = 1; i <= 5; i++)
		put_code(s, i);
	for (i = 1; i <= threads; i++)
		put_thread(s, i, "worker");
}

/* ---- what came --------------------------------------------------------- */

/* "d;c;b": names of the frames, the leaf first. */
static const char *stack_text(struct setting *s, stack_id id)
{
	static char text[512];
	const struct stack *stack;
	const struct frame *frame;
	size_t len = 0;

	for (text[0] = '\0'; id; id = stack->parent) {
		stack = def_stack(&s->defs, id);
		frame = def_frame(&s->defs, stack->frame);
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s", len ? ";" : "",
			def_text(&s->defs,
				 def_code(&s->defs, frame->code)->name));
	}
	return text;
}

static void assert_ticks_to(struct setting *s, uint64_t time_ns,
			    unsigned int samples)
{
	put_tick(s, time_ns);
	assert_int_equal(drain(s), 0);
	assert_int_equal(s->count, samples);
}

/* ---- samples ----------------------------------------------------------- */

static void test_nothing(void **state)
{
	struct setting *s = *state;
	int err = 1;

	assert_false(decoder_step(s->decoder, s->ring, see, s, &err));
	assert_int_equal(err, 0);
	assert_ticks_to(s, 10, 0);
	assert_int_equal(decoder_stats(s->decoder)->ticks, 1);
	decoder_free(NULL);
}

static void test_a_sample(void **state)
{
	struct setting *s = *state;
	const struct process *p;
	const struct thread *t;

	begin(s, 1);
	put_stack(s, 1, "21");
	assert_ticks_to(s, 500, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "c;b");
	assert_int_equal(s->seen[0].time_ns, 500);
	assert_int_equal(s->seen[0].state, STATE_ACTIVE_GIL);
	assert_int_equal(s->seen[0].syscall, 0);
	assert_false(s->seen[0].holds_gil);
	p = def_process(&s->defs, s->seen[0].process);
	assert_int_equal(p->pid, 4711);
	assert_string_equal(def_text(&s->defs, p->command), "python3 app.py");
	assert_string_equal(def_text(&s->defs, p->python), "3.12.1");
	assert_string_equal(def_text(&s->defs, p->executable),
			    "/usr/bin/python3");
	t = def_thread(&s->defs, s->seen[0].thread);
	assert_int_equal(t->tid, 101);
	assert_int_equal(t->ident, 0x7f01);
	assert_int_equal(t->process, s->seen[0].process);
	assert_string_equal(def_text(&s->defs, t->name), "worker");
}

static void test_what_the_thread_does(void **state)
{
	struct setting *s = *state;
	struct msg_entry e = entry_of(1);

	begin(s, 1);
	put_stack(s, 1, "1");
	e.flags = ENTRY_SAME_STACK | ENTRY_HOLDS_GIL;
	e.state = STATE_IDLE;
	e.syscall = 0;
	put_entry(s, &e, NULL);
	assert_ticks_to(s, 1, 1);
	assert_true(s->seen[0].holds_gil);
	assert_int_equal(s->seen[0].state, STATE_IDLE);
	assert_string_equal(def_text(&s->defs, s->seen[0].syscall),
			    syscall_name(0));
	e = entry_of(1);
	e.flags = ENTRY_SAME_STACK;
	e.state = 200; /* no such state */
	put_entry(s, &e, NULL);
	assert_ticks_to(s, 2, 1);
	assert_false(s->seen[0].holds_gil);
	assert_int_equal(s->seen[0].state, STATE_ACTIVE_GIL);
	assert_int_equal(s->seen[0].syscall, 0);
	assert_string_equal(stack_text(s, s->seen[0].stack), "b");
}

/* A tick without an entry is a sample of every thread all the same. */
static void test_nothing_moved(void **state)
{
	struct setting *s = *state;
	stack_id first;

	begin(s, 3);
	put_stack(s, 1, "321");
	put_stack(s, 2, "1");
	put_stack(s, 3, ""); /* no Python frame */
	assert_ticks_to(s, 1, 3);
	assert_int_equal(s->seen[2].stack, 0);
	first = s->seen[0].stack;
	put_stack(s, 2, "21");
	assert_ticks_to(s, 2, 3);
	assert_int_equal(s->seen[0].stack, first);
	assert_string_equal(stack_text(s, s->seen[1].stack), "c;b");
	put_stack(s, 2, "");
	assert_ticks_to(s, 3, 3);
	assert_int_equal(s->seen[1].stack, 0);
	put_stack(s, 3, "1");
	assert_ticks_to(s, 4, 3);
	assert_int_equal(s->seen[2].thread, 3);
	assert_string_equal(stack_text(s, s->seen[2].stack), "b");
	assert_int_equal(decoder_stats(s->decoder)->samples, 12);
	assert_int_equal(decoder_stats(s->decoder)->ticks, 4);
}

static void test_gone(void **state)
{
	struct setting *s = *state;
	unsigned int by_state[STATE_ACTIVE_GIL + 1];

	begin(s, 2);
	put_stack(s, 1, "1");
	put_stack(s, 2, "1");
	assert_ticks_to(s, 1, 2);
	assert_int_equal(decoder_threads(s->decoder, by_state), 2);
	assert_int_equal(by_state[STATE_ACTIVE_GIL], 2);
	put_flags(s, 1, ENTRY_GONE);
	assert_ticks_to(s, 2, 1);
	assert_int_equal(s->seen[0].thread, 2);
	assert_int_equal(decoder_threads(s->decoder, by_state), 1);
	assert_int_equal(by_state[STATE_ACTIVE_GIL], 1);
	put_flags(s, 1, ENTRY_GONE);
	put_flags(s, 0, ENTRY_GONE); /* nobody */
	put_flags(s, 77, ENTRY_GONE);
	assert_ticks_to(s, 3, 1);
}

static void test_renamed(void **state)
{
	struct setting *s = *state;

	begin(s, 2);
	put_stack(s, 1, "1");
	put_stack(s, 2, "1");
	assert_ticks_to(s, 1, 2);
	put_thread(s, 1, "another");
	assert_ticks_to(s, 2, 2);
	assert_int_equal(s->defs.threads.count, 2);
	assert_string_equal(def_text(&s->defs, def_thread(&s->defs, 1)->name),
			    "another");
	assert_string_equal(def_text(&s->defs, def_thread(&s->defs, 2)->name),
			    "worker");
	assert_string_equal(stack_text(s, s->seen[0].stack), "b");
	put_flags(s, 1, ENTRY_GONE);
	put_thread(s, 1, "late"); /* it does not come back by that */
	assert_ticks_to(s, 3, 1);
}

static void test_lost(void **state)
{
	const struct stats *stats;
	struct setting *s = *state;
	struct msg_entry e = entry_of(1);

	begin(s, 2);
	put_stack(s, 1, "21");
	put_stack(s, 2, "1");
	assert_ticks_to(s, 1000, 2);
	assert_false(s->seen[0].partial);
	e.flags = ENTRY_LOST | ENTRY_SAME_STACK;
	e.lost_kind = LOST_FRAME;
	put_entry(s, &e, NULL);
	assert_ticks_to(s, 2000, 1);
	assert_true(s->seen[0].partial);
	assert_ticks_to(s, 3000, 1); /* still lost */
	put_flags(s, 1, ENTRY_SAME_STACK);
	assert_ticks_to(s, 4000, 2);
	assert_false(s->seen[0].partial);
	assert_string_equal(stack_text(s, s->seen[0].stack), "c;b");
	assert_int_equal(s->seen[0].weight_ns, 3000);
	stats = decoder_stats(s->decoder);
	assert_int_equal(stats->lost[LOST_FRAME], 2);
	e.lost_kind = 99; /* no such kind */
	put_entry(s, &e, NULL);
	assert_ticks_to(s, 5000, 1);
	assert_int_equal(stats_lost(stats), 3);
	assert_int_equal(stats->samples, 2 + 1 + 1 + 2 + 1);
}

/* ---- weights ----------------------------------------------------------- */

static void test_weights(void **state)
{
	static const struct {
		uint64_t time_ns, weight_ns;
	} rows[] = {
		{ 5000, 5000 }, /* the first one: since the start */
		{ 6000, 1000 },	  { 6000, 0 },	    { 16000, 10000 },
		{ 36000, 20000 }, { 56001, 20000 }, { 999999, 20000 },
	};
	struct setting *s = *state;
	size_t i;

	begin(s, 1);
	put_stack(s, 1, "1");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_ticks_to(s, rows[i].time_ns, 1);
		assert_int_equal(s->seen[0].time_ns, rows[i].time_ns);
		assert_int_equal(s->seen[0].weight_ns, rows[i].weight_ns);
	}
}

static void test_weights_are_of_each_thread(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_stack(s, 1, "1");
	assert_ticks_to(s, 5000, 1);
	put_thread(s, 2, "new");
	put_stack(s, 2, "1");
	assert_ticks_to(s, 8000, 2);
	assert_int_equal(s->seen[0].weight_ns, 3000);
	assert_int_equal(s->seen[1].weight_ns, 3000); /* not there before */
}

/* CPU time that a thread used while nobody looked is of the next sample in which
 * it runs. */
static void test_cpu_time_waits_for_a_sample_that_runs(void **state)
{
	static const struct {
		uint64_t used_ns, sample_ns;
		enum thread_state state;
	} rows[] = {
		{ 100, 100, STATE_ACTIVE_GIL },	   { 300, 0, STATE_IDLE },
		{ 350, 0, STATE_GIL_WAIT },	   { 400, 0, STATE_CPU_WAIT },
		{ 450, 350, STATE_ACTIVE },	   { 450, 0, STATE_ACTIVE },
		{ UINT64_MAX / 2, 0, STATE_IDLE }, /* bounded */
	};
	struct setting *s = *state;
	const struct stats *stats = decoder_stats(s->decoder);
	struct msg_entry e = entry_of(1);
	size_t i;

	begin(s, 1);
	put_stack(s, 1, "1");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		e.flags = ENTRY_SAME_STACK;
		e.state = (uint8_t)rows[i].state;
		e.cpu_ns = rows[i].used_ns;
		put_entry(s, &e, NULL);
		assert_ticks_to(s, 1000 * (i + 1), 1);
		assert_int_equal(s->seen[0].cpu_ns, rows[i].sample_ns);
	}
	assert_int_equal(stats->sampled_cpu_ns, 450);
	assert_int_equal(stats->cpu_ns,
			 450 + 2 * INTERVAL + 20 * NSEC_PER_MSEC);
}

static void test_flags_of_a_thread(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_stack(s, 1, "1");
	put_flags(s, 1, ENTRY_SAME_STACK | ENTRY_COLLECTS);
	assert_ticks_to(s, 1000, 1);
	assert_true(s->seen[0].collects && !s->seen[0].stopped);
	put_flags(s, 1, ENTRY_SAME_STACK | ENTRY_STOPPED);
	assert_ticks_to(s, 2000, 1);
	assert_true(s->seen[0].stopped && !s->seen[0].collects);
}

static void test_unobserved_time(void **state)
{
	struct setting *s = *state;

	assert_ticks_to(s, 5000, 0);
	assert_ticks_to(s, 25000, 0);
	assert_int_equal(decoder_stats(s->decoder)->unobserved_ns, 0);
	assert_ticks_to(s, 75000, 0);
	assert_int_equal(decoder_stats(s->decoder)->unobserved_ns, 30000);
	assert_int_equal(decoder_stats(s->decoder)->elapsed_ns, 75000);
}

static void test_counts(void **state)
{
	const struct stats *stats;
	struct setting *s = *state;
	struct msg_tick *m;
	int i;

	begin(s, 1);
	put_stack(s, 1, "1");
	for (i = 1; i <= 3; i++) {
		m = message(s, sizeof(*m), NULL);
		*m = (struct msg_tick){
			.kind = MSG_TICK,
			.time_ns = START + 1000u * (unsigned int)i,
			.late_ns = (unsigned int)i * 100000,
			.pause_ns = i == 2 ? 0 : 5000,
			.missed = 7,
			.stops = 8,
			.disturbed = 9,
			.held_ns = 10,
			.longest_stop_ns = 11,
			.ring_lost = 12,
		};
		ring_commit(s->ring, sizeof(*m));
	}
	assert_int_equal(drain(s), 0);
	stats = decoder_stats(s->decoder);
	assert_int_equal(stats->ticks, 3);
	assert_int_equal(stats->late, 1); /* more than 200 us */
	assert_int_equal(stats->missed, 7); /* sums already */
	assert_int_equal(stats->stops, 8);
	assert_int_equal(stats->disturbed, 9);
	assert_int_equal(stats->held_ns, 10);
	assert_int_equal(stats->longest_stop_ns, 11);
	assert_int_equal(stats->lost[LOST_RING], 12);
	assert_int_equal(s->seen[2].late_ns, 300000);
	assert_int_equal(stats_pause_quantile(stats, 0.5) > 0, 1);
}

/* ---- frames ------------------------------------------------------------ */

static void put_frames(struct setting *s, const struct msg_frame *frames,
		       uint32_t count, uint32_t total, uint32_t keep_leaf)
{
	struct msg_entry e = entry_of(1);

	e.count = count;
	e.total = total;
	e.keep_leaf = keep_leaf;
	put_entry(s, &e, frames);
}

static const struct frame *leaf_of(struct setting *s)
{
	const struct stack *stack = def_stack(&s->defs, s->seen[0].stack);

	return def_frame(&s->defs, stack->frame);
}

/* The table comes in pieces, which may be cut anywhere. */
static void test_lines(void **state)
{
	static const int32_t offsets[] = { 4, 6, 8, 100 };
	struct setting *s = *state;
	struct msg_frame frame = { .code = 2 };
	size_t i;

	begin(s, 1);
	put_code_as(s, 2, "cf", 20);
	put_lines(s, 2, "\xea");
	put_lines(s, 2, "\x02\xeb");
	put_lines(s, 2, "\x04");
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		frame.offset = offsets[i];
		put_frames(s, &frame, 1, 1, 6144);
		assert_ticks_to(s, i, 1);
		assert_int_equal(leaf_of(s)->offset, offsets[i]);
		assert_int_equal(leaf_of(s)->line,
				 code_line("\xea\x02\xeb\x04", 4, 20,
					   offsets[i]));
	}
	assert_int_equal(code_line("\xea\x02\xeb\x04", 4, 20, 4), 21);
	assert_int_equal(code_line("\xea\x02\xeb\x04", 4, 20, 6), 23);
}

/* A number whose code object went and another came to its address. */
static void test_defined_anew(void **state)
{
	struct setting *s = *state;
	stack_id before;

	begin(s, 1);
	put_stack(s, 1, "21");
	assert_ticks_to(s, 1, 1);
	before = s->seen[0].stack;
	put_code_as(s, 2, "zf", 7);
	put_lines(s, 2, "\xf8");
	put_stack(s, 1, "21");
	assert_ticks_to(s, 2, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "z;b");
	assert_string_equal(stack_text(s, before), "c;b");
}

static void put_frames_of(struct setting *s, uint32_t number)
{
	const struct msg_frame frame = { .code = number, .offset = 4 };

	put_frames(s, &frame, 1, 1, 6144);
}

/* exec() of ever new text: what says the same of itself is the same. */
static void test_equal_code_is_one(void **state)
{
	struct setting *s = *state;
	uint32_t number = 6, codes, strings;
	stack_id first;

	begin(s, 1);
	put_frames_of(s, 5);
	assert_ticks_to(s, 1, 1);
	first = s->seen[0].stack;
	codes = s->defs.codes.count;
	strings = s->defs.strings.count;
	for (; number < 500; number++) {
		put_code_as(s, number, "ff", 50);
		put_lines(s, number, "\xe9\x01\xeb");
		put_lines(s, number, "\x02");
		put_frames_of(s, number);
		assert_ticks_to(s, number, 1);
		assert_int_equal(s->seen[0].stack, first);
	}
	assert_int_equal(s->defs.codes.count, codes);
	assert_int_equal(s->defs.frames.count, 1);
	assert_int_equal(s->defs.stacks.count, 1);
	assert_int_equal(s->defs.strings.count, strings);
	put_frames_of(s, 7); /* an older one is still what it was */
	assert_ticks_to(s, 501, 1);
	assert_int_equal(s->seen[0].stack, first);
}

static void test_all_must_be_equal(void **state)
{
	static const struct {
		const char *text, *lines;
		int32_t first_line;
	} rows[] = {
		{ "ff", "\xe9\x01", 50 },
		{ "gf", "\xe9\x01", 50 },
		{ "fg", "\xe9\x01", 50 },
		{ "ff", "\xe9\x02", 50 },
		{ "ff", "\xe9\x01\xe9\x01", 50 },
		{ "ff", "\xe9\x01", 51 },
		{ "ff", "", 50 },
	};
	struct setting *s = *state;
	uint32_t codes, i;

	begin(s, 1);
	put_frames_of(s, 5);
	assert_ticks_to(s, 1, 1);
	codes = s->defs.codes.count;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		put_code_as(s, 10 + i, rows[i].text, rows[i].first_line);
		put_lines(s, 10 + i, rows[i].lines);
		put_frames_of(s, 10 + i);
		assert_ticks_to(s, 2 + i, 1);
		assert_int_equal(s->defs.codes.count, codes + 1 + i);
		assert_int_equal(leaf_of(s)->code, codes + 1 + i);
	}
}

static void test_equal_but_for_its_beginning(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_code_from(s, 6, "ff", 50, 6);
	put_lines(s, 6, "\xe9\x01\xeb\x02"); /* as number 5 */
	put_frames_of(s, 6);
	assert_ticks_to(s, 1, 1);
	assert_int_equal(s->seen[0].stack, 0); /* has not come to it */
	put_frames_of(s, 5);
	assert_ticks_to(s, 2, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "f");
}

/* The ring was full: the number comes again, for another one perhaps. */
static void test_a_definition_that_was_cut_off(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_code_as(s, 6, "xf", 60);
	put_lines(s, 6, "\xe9");
	put_frames_of(s, 1);
	assert_ticks_to(s, 1, 1);
	put_code_as(s, 6, "yf", 70);
	put_lines(s, 6, "\xea\x02");
	put_frames_of(s, 6);
	assert_ticks_to(s, 2, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "y");
	assert_int_equal(leaf_of(s)->line, 71);
	assert_int_equal(s->defs.codes.count, 6);
	put_lines(s, 6, "\xea\x02"); /* of none */
	assert_int_equal(drain(s), ERR_GARBAGE);
}

/* As in a traceback: none that has not begun, unless it is a generator. */
static void test_hidden_frames(void **state)
{
	const struct msg_frame frames[] = {
		{ .code = 5, .offset = 2 },
		{ .code = 4, .offset = 2, .generator = 1 },
		{ .code = 3, .offset = 4 },
		{ .code = 2, .offset = -1 },
		{ .code = 1, .offset = -1, .generator = 1 },
	};
	struct setting *s = *state;

	begin(s, 1);
	put_frames(s, frames, 5, 5, 6144);
	assert_ticks_to(s, 1, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "e;d;b");
	put_frames(s, frames, 1, 1, 6144);
	assert_ticks_to(s, 2, 1);
	assert_int_equal(s->seen[0].stack, 0); /* nothing is left */
}

static void test_cleanup_of_init_is_hidden(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_code_as(s, 2, "x__init__", 0);
	put_stack(s, 1, "321");
	assert_ticks_to(s, 1, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "d;b");
	put_code_as(s, 2, "x__init__", 1); /* a file that is called so */
	put_stack(s, 1, "321");
	assert_ticks_to(s, 2, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "d;x;b");
}

/* Frames below those that come are those of the stack before. */
static void put_leaf_end(struct setting *s, const struct msg_frame *frames,
			 uint32_t count, uint32_t same)
{
	struct msg_entry e = entry_of(1);

	e.count = count;
	e.same = same;
	e.total = count + same;
	put_entry(s, &e, frames);
}

static void test_same_root_end(void **state)
{
	struct msg_frame frame = { .code = 5, .offset = 4 };
	struct setting *s = *state;

	begin(s, 1);
	put_stack(s, 1, "321");
	assert_ticks_to(s, 1, 1);
	put_leaf_end(s, &frame, 1, 2);
	assert_ticks_to(s, 2, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "f;c;b");
	put_leaf_end(s, NULL, 0, 1);
	assert_ticks_to(s, 3, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "b");
	frame.offset = 0; /* not shown, but counted */
	put_leaf_end(s, &frame, 1, 1);
	assert_ticks_to(s, 4, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "b");
	frame.offset = 4;
	put_leaf_end(s, &frame, 1, 2);
	assert_ticks_to(s, 5, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "f;b");
}

static void test_more_than_there_was(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_stack(s, 1, "321");
	put_leaf_end(s, NULL, 0, 4);
	assert_int_equal(drain(s), ERR_GARBAGE);
}

/* Three frames of the leaf end, two of the root end, 95 between. */
static void test_cut_mark(void **state)
{
	struct msg_frame frames[5] = {
		{ .code = 5, .offset = 4 }, { .code = 4, .offset = 4 },
		{ .code = 3, .offset = 4 }, { .code = 2, .offset = 4 },
		{ .code = 1, .offset = 4 },
	};
	struct setting *s = *state;
	stack_id first;
	uint32_t stacks;

	begin(s, 1);
	put_frames(s, frames, 5, 100, 3);
	assert_ticks_to(s, 1, 1);
	first = s->seen[0].stack;
	assert_string_equal(stack_text(s, first), "f;e;d;[95 more frames];c;b");
	stacks = s->defs.stacks.count;
	put_frames(s, frames, 5, 100, 3);
	assert_ticks_to(s, 2, 1);
	assert_int_equal(s->seen[0].stack, first); /* the same stack */
	assert_int_equal(s->defs.stacks.count, stacks);
	frames[3].offset = 0; /* beside the cut: a frame that is not shown */
	put_frames(s, frames, 5, 100, 3);
	assert_ticks_to(s, 3, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack),
			    "f;e;d;[95 more frames];b");
	put_frames(s, frames, 5, 5, 3); /* whole */
	assert_ticks_to(s, 4, 1);
	assert_string_equal(stack_text(s, s->seen[0].stack), "f;e;d;b");
}

static void test_unknown_code(void **state)
{
	static const uint32_t none[] = { 0, 6, UINT32_MAX };
	struct msg_frame frame = { .offset = 4 };
	struct setting *s = *state;
	size_t i;

	begin(s, 1);
	put_stack(s, 1, "1");
	assert_ticks_to(s, 1, 1);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		frame.code = none[i];
		put_frames(s, &frame, 1, 1, 6144);
		assert_int_equal(drain(s), ERR_GARBAGE);
	}
}

static void test_another_program(void **state)
{
	struct setting *s = *state;

	begin(s, 1);
	put_stack(s, 1, "1");
	assert_ticks_to(s, 1, 1);
	put_flags(s, 1, ENTRY_GONE);
	put_process(s, 4711); /* the same process, another program */
	put_thread(s, 2, "main");
	put_stack(s, 2, "2");
	assert_ticks_to(s, 2, 1);
	assert_int_equal(s->seen[0].process, 2);
	assert_int_equal(def_thread(&s->defs, s->seen[0].thread)->process, 2);
	assert_int_equal(def_thread(&s->defs, 1)->process, 1);
}

static void test_the_reader_fails(void **state)
{
	struct setting *s = *state;

	begin(s, 3);
	put_stack(s, 1, "1");
	put_stack(s, 2, "1");
	put_stack(s, 3, "1");
	s->refuse_at = 2;
	put_tick(s, 1);
	assert_int_equal(drain(s), STOP);
	assert_int_equal(s->count, 2);
	s->refuse_at = 0;
	assert_ticks_to(s, 2, 3); /* the message of before is not met again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_a_sample),
		TEST(test_what_the_thread_does),
		TEST(test_nothing_moved),
		TEST(test_gone),
		TEST(test_renamed),
		TEST(test_lost),
		TEST(test_weights),
		TEST(test_weights_are_of_each_thread),
		TEST(test_cpu_time_waits_for_a_sample_that_runs),
		TEST(test_flags_of_a_thread),
		TEST(test_unobserved_time),
		TEST(test_counts),
		TEST(test_lines),
		TEST(test_defined_anew),
		TEST(test_equal_code_is_one),
		TEST(test_all_must_be_equal),
		TEST(test_equal_but_for_its_beginning),
		TEST(test_a_definition_that_was_cut_off),
		TEST(test_hidden_frames),
		TEST(test_cleanup_of_init_is_hidden),
		TEST(test_same_root_end),
		TEST(test_more_than_there_was),
		TEST(test_cut_mark),
		TEST(test_unknown_code),
		TEST(test_another_program),
		TEST(test_the_reader_fails),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
