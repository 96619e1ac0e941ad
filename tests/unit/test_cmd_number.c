/* test_cmd_number.c - numbers that people type
 */
#include "unit.h"

#include <signal.h>

#include "cmd/options.h"

static void test_pid(void **state)
{
	static const char *const wrong[] = {
		"",    "0",    "-5",	     "+5",
		"12x", " 12",  "1 ",	     "0x",
		"1.5", "0x0",  "2147483648", "99999999999999999999",
		"x1",  "0xzz",
	};
	pid_t pid;

	(void)state;
	assert_int_equal(number_pid("4711", &pid), 0);
	assert_int_equal(pid, 4711);
	assert_int_equal(number_pid("0x1F", &pid), 0);
	assert_int_equal(pid, 31);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(number_pid(wrong[i], &pid), ERR_NOT_FOUND);
}

static void test_rate(void **state)
{
	static const char *const wrong[] = { "",    "0",    "nan",    "inf",
					     "-1",  "1e3",  "0x10",   "10Hz",
					     " 10", "1..2", "100001", "." };
	double rate;

	(void)state;
	assert_int_equal(number_rate("0.5", &rate), 0);
	assert_true(rate == 0.5);
	assert_int_equal(number_rate("100000", &rate), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(number_rate(wrong[i], &rate), ERR_NOT_FOUND);
}

static void test_duration(void **state)
{
	double seconds = 1;

	(void)state;
	assert_int_equal(number_duration("Unlimited", &seconds), 0);
	assert_true(seconds == 0);
	assert_int_equal(number_duration(".25", &seconds), 0);
	assert_true(seconds == 0.25);
	assert_int_equal(number_duration("0", &seconds), ERR_NOT_FOUND);
	assert_int_equal(number_seconds("unlimited", &seconds), ERR_NOT_FOUND);
}

static void test_signal(void **state)
{
	int number;

	(void)state;
	assert_int_equal(number_signal("sigterm", &number), 0);
	assert_int_equal(number, SIGTERM);
	assert_int_equal(number_signal("INT", &number), 0);
	assert_int_equal(number, SIGINT);
	assert_int_equal(number_signal("9", &number), 0);
	assert_int_equal(number, SIGKILL);
	assert_int_equal(number_signal("", &number), ERR_NOT_FOUND);
	assert_int_equal(number_signal("NOSUCH", &number), ERR_NOT_FOUND);
	assert_int_equal(number_signal("999", &number), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pid),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
