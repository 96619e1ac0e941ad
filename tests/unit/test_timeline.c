/* test_timeline.c - samples in order of time
 */
#include "unit.h"

#include "model.h"

static struct timeline t;

static int set_up(void **state)
{
	(void)state;
	timeline_init(&t, &(struct view){ 0 });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	timeline_release(&t);
	return 0;
}

static void see(thread_id thread, stack_id stack, uint64_t time,
		uint64_t weight)
{
	struct sample s = {
		.thread = thread,
		.stack = stack,
		.time_ns = time,
		.weight_ns = weight,
		.state = STATE_ACTIVE,
	};

	assert_int_equal(timeline_sample(&t, &s), 0);
}

static void assert_entry(uint32_t i, thread_id thread, stack_id stack,
			 uint64_t start, uint64_t end)
{
	const struct timeline_entry *e = &t.entries.items[i];

	assert_true(i < t.entries.count);
	assert_int_equal(e->thread, thread);
	assert_int_equal(e->stack, stack);
	assert_int_equal(e->time_ns - e->weight_ns, start);
	assert_int_equal(e->time_ns, end);
}

static void test_neighbours_of_a_thread_merge(void **state)
{
	(void)state;
	see(1, 5, 10, 10);
	see(2, 5, 10, 10);
	see(1, 5, 20, 10);
	see(2, 6, 20, 10);
	see(1, 5, 30, 10);
	see(2, 5, 30, 10);
	assert_int_equal(t.entries.count, 4);
	assert_entry(0, 1, 5, 0, 30);
	assert_entry(1, 2, 5, 0, 10);
	assert_entry(2, 2, 6, 10, 20);
	assert_entry(3, 2, 5, 20, 30);
}

static void test_gaps_stay(void **state)
{
	struct sample idle = { .thread = 1, .stack = 5, .time_ns = 20 };

	(void)state;
	see(1, 5, 10, 10);
	assert_int_equal(timeline_sample(&t, &idle), 0);
	see(1, 5, 30, 10);
	assert_int_equal(t.entries.count, 2);
	assert_entry(0, 1, 5, 0, 10);
	assert_entry(1, 1, 5, 20, 30);
}

static void test_no_overlap(void **state)
{
	(void)state;
	see(1, 5, 10, 99); /* longer than the recording */
	see(1, 6, 20, 15);
	see(1, 7, 15, 5); /* not in order */
	see(1, 8, 30, 0);
	assert_entry(0, 1, 5, 0, 10);
	assert_entry(1, 1, 6, 10, 20);
	assert_entry(2, 1, 7, 20, 20);
	assert_entry(3, 1, 8, 30, 30);
}

static void test_overlap_of_the_same_stack(void **state)
{
	(void)state;
	see(1, 5, 10, 10);
	see(1, 5, 15, 10);
	see(1, 5, 12, 10);
	assert_int_equal(t.entries.count, 1);
	assert_entry(0, 1, 5, 0, 15);
}

/* ---- forgetting -------------------------------------------------------- */

static void test_forget_the_oldest(void **state)
{
	(void)state;
	see(1, 5, 10, 10);
	see(1, 6, 20, 10);
	see(1, 7, 30, 10);
	see(1, 8, 40, 10);
	timeline_forget(&t, 2);
	assert_int_equal(t.from_ns, 20);
	assert_int_equal(t.entries.count, 2);
	assert_entry(0, 1, 7, 20, 30);
	assert_entry(1, 1, 8, 30, 40);
	see(1, 8, 50, 10); /* goes on where it was */
	assert_int_equal(t.entries.count, 2);
	assert_entry(1, 1, 8, 30, 50);
}

static void test_forget_cuts_what_lasts(void **state)
{
	(void)state;
	see(1, 5, 10, 10);
	see(2, 6, 10, 10);
	see(3, 9, 10, 10); /* ends */
	see(1, 5, 20, 10);
	see(2, 7, 20, 10);
	see(1, 5, 30, 10);
	timeline_forget(&t, 3);
	assert_int_equal(t.from_ns, 10);
	assert_int_equal(t.entries.count, 2);
	assert_entry(0, 1, 5, 10, 30);
	assert_entry(1, 2, 7, 10, 20);
	see(1, 5, 40, 10);
	see(2, 7, 30, 10);
	see(3, 9, 40, 10);
	assert_int_equal(t.entries.count, 3);
	assert_entry(0, 1, 5, 10, 40);
	assert_entry(1, 2, 7, 10, 30);
	assert_entry(2, 3, 9, 30, 40);
}

static void test_forget_less_than_there_is(void **state)
{
	(void)state;
	timeline_forget(&t, 0);
	see(1, 5, 10, 10);
	timeline_forget(&t, 1);
	timeline_forget(&t, 99);
	assert_int_equal(t.entries.count, 1);
	assert_int_equal(t.from_ns, 0);
}

/* Nothing overlaps and the newest of each thread is found, whatever came. */
static void test_forget_again_and_again(void **state)
{
	uint64_t ends[8] = { 0 }, time = 0;
	const struct timeline_entry *e;
	uint32_t i, seed = 1;

	(void)state;
	for (i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		time += (seed >> 8) % 3;
		see(1 + (seed >> 16) % 7, 1 + (seed >> 24) % 3, time, 10);
		if (t.entries.count >= 400)
			timeline_forget(&t, 100);
		assert_true(t.entries.count < 400);
	}
	assert_true(t.from_ns > 0);
	for (i = 0; i < t.entries.count; i++) {
		e = &t.entries.items[i];
		assert_true(e->time_ns - e->weight_ns >= ends[e->thread]);
		ends[e->thread] = e->time_ns;
		assert_true(*map_find(&t.last, e->thread) >= i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_neighbours_of_a_thread_merge),
		TEST(test_gaps_stay),
		TEST(test_no_overlap),
		TEST(test_overlap_of_the_same_stack),
		TEST(test_forget_the_oldest),
		TEST(test_forget_cuts_what_lasts),
		TEST(test_forget_less_than_there_is),
		TEST(test_forget_again_and_again),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
