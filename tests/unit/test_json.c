/* test_json.c - a writer that puts the commas
 */
#include "unit.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "cprof/base.h"

static struct buf text;
static struct json json;

static int set_up(void **state)
{
	(void)state;
	buf_init(&text);
	json_init(&json, &text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&text);
	return 0;
}

static void test_nested(void **state)
{
	(void)state;
	json_begin(&json, '{');
	json_key(&json, "a");
	json_begin(&json, '[');
	json_int(&json, 1);
	json_begin(&json, '[');
	json_end(&json, ']');
	json_begin(&json, '{');
	json_end(&json, '}');
	json_end(&json, ']');
	json_key(&json, "b\"");
	json_string(&json, "c");
	json_key(&json, "d");
	json_null(&json);
	json_end(&json, '}');
	assert_string_equal(text.data,
			    "{\"a\":[1,[],{}],\"b\\\"\":\"c\",\"d\":null}");
}

static void test_values(void **state)
{
	(void)state;
	json_begin(&json, '[');
	json_int(&json, INT64_MIN);
	json_bool(&json, true);
	json_bool(&json, false);
	json_string(&json, NULL);
	json_string_len(&json, "abc", 2);
	json_end(&json, ']');
	assert_string_equal(text.data,
			    "[-9223372036854775808,true,false,null,\"ab\"]");
}

static void test_reals(void **state)
{
	(void)state;
	json_begin(&json, '[');
	json_real(&json, 0.125, 2);
	json_real(&json, -1.5, 1);
	json_real(&json, -0.001, 1);
	json_real(&json, 2.999, 0);
	json_real(&json, 1e300, 3);
	json_real(&json, 1.0 / 3, 99);
	json_real(&json, (double)NAN, 3);
	json_real(&json, (double)-INFINITY, 3);
	json_end(&json, ']');
	assert_memory_equal(text.data, "[0.13,-1.5,0.0,3,1000000000", 27);
	assert_non_null(strstr(text.data, ",0.333333333,null,null]"));
}

/* A decimal comma would be another item. */
static void test_reals_in_another_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") &&
	    !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		print_message("no locale with a decimal comma here\n");
	json_real(&json, 1234.5, 2);
	setlocale(LC_NUMERIC, "C");
	assert_string_equal(text.data, "1234.50");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nested),
		TEST(test_values),
		TEST(test_reals),
		TEST(test_reals_in_another_locale),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
