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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_loss_has_its_own_text),
		cmocka_unit_test(test_lost_is_the_sum),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
