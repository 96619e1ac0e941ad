/* test_log.c - lines for -v
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cprof/base.h"

static char captured[4096];

/* Run it with stderr in a file; what came out is in captured. */
static void capture(void (*run)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t len;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	run();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	len = pread(fileno(file), captured, sizeof(captured) - 1, 0);
	assert_true(len >= 0);
	captured[len] = '\0';
	fclose(file);
}

static void log_three(void)
{
	log_line(1, "one %d", 1);
	log_line(2, "two");
	log_line(0, "not a level");
}

static void log_hostile(void)
{
	log_line(1, "name %s", "\033[31m\nred");
}

static void log_long(void)
{
	static char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	log_line(1, "%s", text);
}

static void test_levels(void **state)
{
	(void)state;
	capture(log_three);
	assert_string_equal(captured, "");

	log_set_level(1);
	assert_true(log_enabled(1));
	assert_false(log_enabled(2));
	capture(log_three);
	assert_string_equal(captured, "cprof: one 1\n");

	log_set_level(2);
	capture(log_three);
	assert_string_equal(captured, "cprof: one 1\ncprof: two\n");
}

static void test_hostile_names_are_one_safe_line(void **state)
{
	(void)state;
	log_set_level(1);
	capture(log_hostile);
	assert_string_equal(captured, "cprof: name \\x1b[31m\\x0ared\n");
}

static void test_long_lines_are_cut(void **state)
{
	(void)state;
	log_set_level(1);
	capture(log_long);
	assert_int_equal(strlen(captured), strlen("cprof: ") + 1023 + 1);
	assert_int_equal(captured[strlen(captured) - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile_names_are_one_safe_line),
		cmocka_unit_test(test_long_lines_are_cut),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
