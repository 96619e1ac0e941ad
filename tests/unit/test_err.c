/* test_err.c - error codes as words
 */
#include "unit.h"

#include <string.h>

#include "cprof/base.h"

static void test_every_code_has_its_own_text(void **state)
{
	int a, b;

	(void)state;
	for (a = ERR_NOMEM; a <= ERR_TIMEOUT; a++) {
		assert_non_null(err_text(a));
		assert_string_not_equal(err_text(a), "unknown error");
		for (b = ERR_NOMEM; b < a; b++)
			assert_string_not_equal(err_text(a), err_text(b));
	}
}

static void test_other_numbers(void **state)
{
	(void)state;
	assert_string_equal(err_text(0), "no error");
	assert_string_equal(err_text(1), "unknown error");
	assert_string_equal(err_text(ERR_NOMEM - 1), "unknown error");
	assert_string_equal(err_text(ERR_TIMEOUT + 1), "unknown error");
	assert_string_equal(err_text(INT32_MIN), "unknown error");
	assert_string_equal(err_text(INT32_MAX), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_its_own_text),
		cmocka_unit_test(test_other_numbers),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
