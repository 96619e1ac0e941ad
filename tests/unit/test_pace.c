/* test_pace.c - one deadline for each interval
 */
#include "unit.h"

#include "sampler/pace.h"

#define START (1000 * NSEC_PER_SEC)

/* As if ticks took no time. */
static void assert_even(double rate_hz, unsigned int ticks)
{
	const double interval = NSEC_PER_SEC / rate_hz;
	uint64_t deadline, before = START, missed;
	struct pace p;
	unsigned int i;

	pace_init(&p, START, rate_hz);
	for (i = 0; i < ticks; i++) {
		deadline = pace_next(&p, before, &missed);
		assert_int_equal(missed, 0);
		assert_true(deadline >= before);
		assert_true(deadline >= START + (uint64_t)(i * interval));
		assert_true(deadline <=
			    START + (uint64_t)((i + 1.0) * interval));
		assert_true(deadline - before <= 2 * interval);
		before = deadline;
	}
}

static void test_one_for_each_interval(void **state)
{
	static const double rates[] = { 0.01, 0.3, 1,	 7,	2.5,
					100,  333, 1000, 10000, 100000 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rates); i++)
		assert_even(rates[i], 20000);
}

/* In each eighth of an interval lies an eighth of the deadlines: nothing can
 * run in step with us. */
static void test_any_place_in_it(void **state)
{
	enum { TICKS = 80000, PARTS = 8 };
	unsigned int hits[PARTS] = { 0 }, i;
	uint64_t deadline = START, missed;
	struct pace p;

	(void)state;
	pace_init(&p, START, 1000);
	for (i = 0; i < TICKS; i++) {
		deadline = pace_next(&p, deadline, &missed);
		hits[(deadline - START) % NSEC_PER_MSEC * PARTS /
		     NSEC_PER_MSEC]++;
	}
	for (i = 0; i < PARTS; i++)
		assert_in_range(hits[i], TICKS / PARTS * 9 / 10,
				TICKS / PARTS * 11 / 10);
}

static void test_runs_differ(void **state)
{
	uint64_t missed, same = 0;
	struct pace a, b;
	int i;

	(void)state;
	pace_init(&a, START, 100);
	pace_init(&b, START + 12345678, 100);
	for (i = 0; i < 100; i++)
		same += pace_next(&a, START, &missed) + 12345678 ==
			pace_next(&b, START, &missed);
	assert_true(same < 3);
}

/* A tick that ends behind its own interval's end but before the next one's. */
static void test_a_little_late(void **state)
{
	uint64_t deadline, missed, now = START, i;
	struct pace p;

	(void)state;
	pace_init(&p, START, 1000);
	for (i = 0; i < 1000; i++) {
		deadline = pace_next(&p, now, &missed);
		assert_int_equal(missed, 0);
		assert_true(deadline >= now);
		now = START + (i + 2) * NSEC_PER_MSEC - 1;
	}
}

/* What was passed is counted and not made up for. */
static void test_missed(void **state)
{
	uint64_t deadline, missed, now;
	struct pace p;

	(void)state;
	pace_init(&p, START, 1000);
	deadline = pace_next(&p, START, &missed);
	now = START + 5 * NSEC_PER_MSEC; /* interval 5; 1 to 4 are gone */
	deadline = pace_next(&p, now, &missed);
	assert_int_equal(missed, 4);
	assert_in_range(deadline, now, START + 6 * NSEC_PER_MSEC);
	deadline = pace_next(&p, deadline, &missed);
	assert_int_equal(missed, 0);
	assert_in_range(deadline, START + 6 * NSEC_PER_MSEC,
			START + 7 * NSEC_PER_MSEC);
}

static void test_sum_of_taken_and_missed(void **state)
{
	uint64_t missed, sum = 0, taken = 0, now = START, work = 1;
	struct pace p;

	(void)state;
	pace_init(&p, START, 100000);
	while (now < START + 10 * NSEC_PER_MSEC) {
		now = pace_next(&p, now, &missed);
		sum += missed;
		taken++;
		work = work * 7 % 31;
		now += work * 1000;
	}
	assert_in_range(taken + sum, 998, 1004);
	assert_true(sum > 100 && taken > 100);
}

static void test_clock_before_the_start(void **state)
{
	uint64_t missed, deadline;
	struct pace p;

	(void)state;
	pace_init(&p, START, 10);
	deadline = pace_next(&p, START - NSEC_PER_SEC, &missed);
	assert_int_equal(missed, 0);
	assert_in_range(deadline, START, START + NSEC_PER_SEC / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_for_each_interval),
		cmocka_unit_test(test_any_place_in_it),
		cmocka_unit_test(test_runs_differ),
		cmocka_unit_test(test_a_little_late),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_sum_of_taken_and_missed),
		cmocka_unit_test(test_clock_before_the_start),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
