/* test_cmd_stem.c - what a command line is called in a file name
 */
#include "unit.h"

#include "cmd/output.h"

static void check(const char *command, const char *wanted)
{
	struct buf b;

	buf_init(&b);
	output_stem_of(&b, command);
	assert_string_equal(b.data, wanted);
	buf_release(&b);
}

static void test_what_python_runs(void **state)
{
	(void)state;
	check("python3 server.py", "server");
	check("/usr/bin/python3.12 -u -X dev src/server.py --port 1", "server");
	check("python3 -m http.server 80", "http.server");
	check("python3 -c 'import time'", "python3");
	check("python3", "python3");
	check("python3 -X", "python3");
	check("python3 -m", "python3");
}

static void test_other_programs(void **state)
{
	(void)state;
	check("gunicorn app:app", "gunicorn");
	check("/opt/my tool", "my");
	check("", "python");
}

static void test_hostile_names(void **state)
{
	(void)state;
	check("python3 ../../.hidden.py", "hidden");
	check("python3 a;b\nc\x1b[2J\xff.py", "a_b_c__2J_");
	check("python3 /////", "_____");
	check("-rf", "rf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_python_runs),
		cmocka_unit_test(test_other_programs),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
