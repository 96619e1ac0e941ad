/* test_send.c - from the sampling side to the recording side, also when the
 * ring is full at any moment
 */
#include "unit.h"

#include <string.h>

#include "stacks.h"
#include "world.h"

enum { TID_A = (1 << 22) + 1, TID_B, INTERVAL = 1000 };

static struct world world;
static struct defs defs;
static struct decoder *decoder;
static raddr_t a, b, codes[8];

struct seen {
	unsigned int count;
	struct sample samples[8];
};

static int set_up(void **state)
{
	int i;

	(void)state;
	world_init(&world, fake_versions[2]);
	a = world_thread(&world, TID_A);
	b = world_thread(&world, TID_B);
	for (i = 0; i < 8; i++)
		codes[i] = world_code(&world, (char)('a' + i));
	defs_init(&defs);
	assert_int_equal(decoder_new(&decoder, &defs, 0, INTERVAL), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	decoder_free(decoder);
	defs_release(&defs);
	world_release(&world);
	return 0;
}

static int see(void *arg, const struct defs *d, const struct sample *s)
{
	struct seen *seen = arg;

	(void)d;
	assert_true(seen->count < ARRAY_SIZE(seen->samples));
	seen->samples[seen->count++] = *s;
	return 0;
}

static void drain(struct seen *seen)
{
	int err;

	memset(seen, 0, sizeof(*seen));
	while (decoder_step(decoder, world.ring, see, seen, &err))
		assert_int_equal(err, 0);
}

/* A tick, and what it gave. */
static void tick(struct seen *seen)
{
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	drain(seen);
}

/* The sample of the thread as "cba", the leaf first; "-" without a sample. */
static const char *stack_of(const struct seen *seen, pid_t tid)
{
	static char text[64];
	const struct sample *s = NULL;
	const struct stack *stack;
	stack_id id;
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < seen->count; i++)
		if (def_thread(&defs, seen->samples[i].thread)->tid == tid)
			s = &seen->samples[i];
	for (id = s ? s->stack : 0; id && len < 60; id = stack->parent) {
		stack = def_stack(&defs, id);
		text[len++] = *def_text(
			&defs,
			def_code(&defs, def_frame(&defs, stack->frame)->code)
				->name);
	}
	text[len] = '\0';
	return s ? text : "-";
}

/* The thread ran and is in the first n functions now. */
static void run(raddr_t thread, pid_t tid, unsigned int n)
{
	static unsigned int slices = 10;

	world_take_gil(&world, thread);
	world_stack(&world, thread, codes, n);
	world_task(&world, tid, slices++, WORLD_ASLEEP);
}

/* Leaves room for so many messages of eight bytes. */
static void fill(unsigned int room)
{
	unsigned int i, count = 0;

	while (ring_reserve(world.ring, 8)) {
		*(uint64_t *)ring_reserve(world.ring, 8) = UINT32_MAX;
		ring_commit(world.ring, 8);
		count++;
	}
	for (i = 0; i < MIN(room, count); i++)
		ring_drop(world.ring);
}

static void test_ticks(void **state)
{
	struct seen seen;

	(void)state;
	run(a, TID_A, 3);
	run(b, TID_B, 2);
	tick(&seen);
	assert_int_equal(seen.count, 2);
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	assert_string_equal(stack_of(&seen, TID_B), "ba");
	assert_true(seen.samples[0].weight_ns == INTERVAL);
	assert_string_equal(def_text(&defs, def_thread(&defs, 1)->name),
			    "python3");
	tick(&seen); /* nothing moved */
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	run(b, TID_B, 4);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	assert_string_equal(stack_of(&seen, TID_B), "dcba");
	assert_int_equal(defs.codes.count, 4);
}

/* Of a stack that grew, shrank or changed at the leaf. */
static void test_only_the_leaf_end(void **state)
{
	static const unsigned int rows[][3] = {
		/* frames, of them new, as before */
		{ 3, 3, 0 },
		{ 5, 2, 3 },
		{ 4, 0, 4 },
		{ 4, 0, 4 }, /* only its CPU time is another one */
	};
	const struct msg_entry *entry;
	unsigned int row, entries;
	size_t len;

	(void)state;
	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		run(a, TID_A, rows[row][0]);
		assert_int_equal(capture_tick(&world.capture, 0, false), 0);
		entries = 0;
		for (; (entry = ring_peek(world.ring, &len));
		     ring_drop(world.ring)) {
			if (entry->kind != MSG_ENTRY || entry->thread != 1)
				continue;
			entries++;
			assert_int_equal(entry->count, rows[row][1]);
			assert_int_equal(entry->same, rows[row][2]);
			assert_int_equal(entry->total, rows[row][0]);
		}
		assert_int_equal(entries, rows[row][1] || rows[row][2]);
	}
}

/* What one tick without news costs: one message. */
static void test_only_what_changed(void **state)
{
	struct seen seen;
	unsigned int count = 0;
	size_t len;

	(void)state;
	run(a, TID_A, 3);
	tick(&seen);
	tick(&seen);
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	for (; ring_peek(world.ring, &len); ring_drop(world.ring))
		count++;
	assert_int_equal(count, 1);
}

static void assert_right_or_none(const struct seen *seen, pid_t tid,
				 unsigned int n)
{
	const char *stack = stack_of(seen, tid);

	assert_true(*stack == '-' || strlen(stack) == n);
}

/* Whatever finds no room: later ticks are right, and the lost are counted. */
static void test_ring_full_at_any_moment(void **state)
{
	struct seen seen;
	unsigned int room, n;
	uint64_t lost;

	(void)state;
	run(a, TID_A, 1);
	tick(&seen);
	for (room = 0; room < 60; room++) {
		lost = world.capture.counts.ring_lost;
		n = room % 3 ? room % 7 + 1 : 1;
		fill(room);
		run(a, TID_A, n);
		run(b, TID_B, 8 - n);
		assert_int_equal(capture_tick(&world.capture, 0, false), 0);
		drain(&seen);
		if (seen.count == 0)
			assert_true(world.capture.counts.ring_lost > lost);
		assert_right_or_none(&seen, TID_A, n);
		assert_right_or_none(&seen, TID_B, 8 - n);
		if (room % 2) /* it moves on, or not */
			run(a, TID_A, n);
		tick(&seen);
		tick(&seen); /* a code may come with the second only */
		assert_int_equal(strlen(stack_of(&seen, TID_A)), n);
		assert_int_equal(strlen(stack_of(&seen, TID_B)), 8 - n);
	}
}

static void test_goodbye_in_a_full_ring(void **state)
{
	unsigned int by_state[STATE_ACTIVE_GIL + 1];
	struct seen seen;

	(void)state;
	run(b, TID_B, 2);
	run(a, TID_A, 3);
	tick(&seen);
	assert_int_equal(seen.count, 2);
	fill(0);
	world_unlink_newest(&world); /* b */
	world_task_ends(&world, TID_B);
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	drain(&seen);
	assert_int_equal(seen.count, 0);
	tick(&seen);
	assert_int_equal(seen.count, 1);
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	assert_int_equal(decoder_threads(decoder, by_state), 1);
}

/* Resolved, but then neither sent nor proven: it must be sent once it is. */
static void test_full_then_lost(void **state)
{
	struct seen seen;

	(void)state;
	run(a, TID_A, 5);
	tick(&seen); /* its codes are known from now on */
	run(a, TID_A, 3);
	tick(&seen);
	fill(0);
	run(a, TID_A, 5);
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	drain(&seen);
	assert_int_equal(seen.count, 0);
	stacks_set_top(&world.fake, a, 4096, 0); /* lost */
	world_task(&world, TID_A, 900, WORLD_ASLEEP);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "-");
	run(a, TID_A, 5);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "edcba");
}

static void gil_moves(struct world *w)
{
	const struct layout *l = &w->fake.python.layout;

	fake_put_word(&w->fake, w->gil + l->gil_switch_number, w->reads);
	w->change_at = w->reads + 1;
}

/* Nothing else about the thread changes. */
static void test_lost_for_the_gil(void **state)
{
	struct seen seen;

	(void)state;
	run(a, TID_A, 3);
	world_drop_gil(&world);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	world_task(&world, TID_A, 900, WORLD_RUNS);
	world_change_at(&world, 1, gil_moves, NULL);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "-");
	assert_true(decoder_stats(decoder)->lost[LOST_GIL] > 0);
	world.change_at = 0;
	run(a, TID_A, 3);
	world_drop_gil(&world);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "cba");
}

static void test_lost_by_kind(void **state)
{
	struct seen seen;

	(void)state;
	run(a, TID_A, 3);
	tick(&seen);
	stacks_set_top(&world.fake, a, 4096, 0);
	world_task(&world, TID_A, 901, WORLD_ASLEEP);
	tick(&seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(decoder_stats(decoder)->lost[LOST_MEMORY], 1);
	run(a, TID_A, 3);
	fake_put_word(&world.fake,
		      codes[2] + world.fake.python.layout.code_qualname, 4096);
	tick(&seen);
	assert_int_equal(stats_lost(decoder_stats(decoder)), 2);
	fake_put_word(&world.fake,
		      codes[2] + world.fake.python.layout.code_qualname,
		      fake_str(&world.fake, "z"));
	run(a, TID_A, 3);
	tick(&seen);
	assert_string_equal(stack_of(&seen, TID_A), "zba");
	assert_int_equal(stats_lost(decoder_stats(decoder)), 2);
}

/* The pieces of a line table that were sent, behind each other. */
static void take_lines(struct buf *out)
{
	const struct msg_lines *m;
	size_t len;

	for (; (m = ring_peek(world.ring, &len)); ring_drop(world.ring))
		if (m->kind == MSG_LINES)
			buf_add(out, m + 1, m->len);
}

/* Six bytes an entry: one unit, 40 lines further. */
static void fill_lines(struct buf *table, size_t entries)
{
	buf_reset(table);
	while (entries--)
		buf_add(table, "\xf0\x50\x01\x00\x01\x01", 6);
}

/* Lines that were cut off are unknown, never wrong. */
static void test_long_line_tables(void **state)
{
	static const size_t rows[] = { 1, LINES_MAX / 6, LINES_MAX / 6 + 1,
				       LINES_MAX / 3 };
	struct code_copy code;
	struct buf sent;
	size_t i, n, unit;

	(void)state;
	code_copy_init(&code);
	buf_init(&sent);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fill_lines(&code.linetable, rows[i]);
		buf_reset(&sent);
		assert_int_equal(send_code(&world.capture, 1, &code), 0);
		take_lines(&sent);
		n = MIN(rows[i], (size_t)LINES_MAX / 6);
		assert_true(sent.len == 6 * n);
		for (unit = MAX(n, (size_t)3) - 3; unit < n + 3; unit++)
			assert_int_equal(code_line(sent.data, sent.len, 7,
						   2 * (int32_t)unit),
					 unit < n ? 7 + 40 * (unit + 1) : 0);
	}
	code.linetable.len = 0; /* one entry that never ends */
	while (code.linetable.len <= LINES_MAX)
		buf_add(&code.linetable, "\x41\x41\x41\x41", 4);
	buf_reset(&sent);
	assert_int_equal(send_code(&world.capture, 1, &code), 0);
	take_lines(&sent);
	assert_int_equal(sent.len, 0);
	buf_release(&sent);
	code_copy_release(&code);
}

/* Two captures in one ring: each has its own threads and codes. */
static void test_sources_take_turns(void **state)
{
	uint32_t number = 0;
	struct seen seen;
	bool ended = true;
	int err;

	(void)state;
	assert_false(decoder_take_source(world.ring, &number, &ended));
	assert_int_equal(capture_send_source(world.ring, 7, false), 0);
	run(a, TID_A, 3);
	assert_int_equal(capture_tick(&world.capture, 0, false), 0);
	assert_int_equal(capture_send_source(world.ring, 8, true), 0);

	assert_true(decoder_take_source(world.ring, &number, &ended));
	assert_int_equal(number, 7);
	assert_false(ended);
	assert_false(decoder_take_source(world.ring, &number, &ended));
	memset(&seen, 0, sizeof(seen));
	while (!decoder_take_source(world.ring, &number, &ended))
		assert_true(
			decoder_step(decoder, world.ring, see, &seen, &err));
	assert_string_equal(stack_of(&seen, TID_A), "cba");
	assert_int_equal(number, 8);
	assert_true(ended);
	while (!capture_send_source(world.ring, 9, false))
		;
	assert_int_equal(capture_send_source(world.ring, 9, false), ERR_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ticks),
		TEST(test_only_the_leaf_end),
		TEST(test_only_what_changed),
		TEST(test_ring_full_at_any_moment),
		TEST(test_goodbye_in_a_full_ring),
		TEST(test_full_then_lost),
		TEST(test_lost_for_the_gil),
		TEST(test_lost_by_kind),
		TEST(test_long_line_tables),
		TEST(test_sources_take_turns),
	};

	return cmocka_run_group_tests_name("send", tests, NULL, NULL);
}
