/* test_stats.c - what is said about a recording
 */
#include "unit.h"

#include "model.h"

static void test_every_loss_has_its_own_text(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < LOST_KINDS; a++) {
		assert_true(strlen(lost_text((enum lost_kind)a)) > 1);
		for (b = 0; b < a; b++)
			assert_string_not_equal(lost_text((enum lost_kind)a),
						lost_text((enum lost_kind)b));
	}
	assert_string_equal(lost_text(LOST_KINDS), "?");
}

static void test_lost_is_the_sum(void **state)
{
	struct stats s = { .ticks = 99 };
	int i;

	(void)state;
	assert_int_equal(stats_lost(&s), 0);
	for (i = 0; i < LOST_KINDS; i++)
		s.lost[i] = 1u << i;
	assert_int_equal(stats_lost(&s), (1u << LOST_KINDS) - 1);
}

static void test_sum_of_processes(void **state)
{
	struct stats a = { .ticks = 10, .held_ns = 5, .longest_stop_ns = 3 };
	struct stats b = { .ticks = 30, .held_ns = 1, .longest_stop_ns = 2 };
	struct stats sum = { .elapsed_ns = NSEC_PER_SEC };

	(void)state;
	a.lost[LOST_GIL] = 1;
	b.lost[LOST_GIL] = 2;
	stats_count_pause(&b, 1000);
	stats_add(&sum, &a);
	assert_float_equal(stats_rate(&sum), 10, 1e-9); /* one, all the time */
	stats_add(&sum, &b);
	sum.process_ns = 2 * NSEC_PER_SEC;
	assert_float_equal(stats_rate(&sum), 20, 1e-9);
	assert_float_equal(stats_held(&sum), 3e-9, 1e-12);
	assert_int_equal(sum.longest_stop_ns, 3);
	assert_int_equal(stats_lost(&sum), 3);
	assert_int_equal(stats_pause_quantile(&sum, 0.5), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_loss_has_its_own_text),
		cmocka_unit_test(test_lost_is_the_sum),
		cmocka_unit_test(test_sum_of_processes),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
