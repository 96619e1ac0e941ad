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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_neighbours_of_a_thread_merge),
		TEST(test_gaps_stay),
		TEST(test_no_overlap),
		TEST(test_overlap_of_the_same_stack),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
