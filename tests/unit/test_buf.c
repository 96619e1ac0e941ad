/* test_buf.c - growing text
 */
#include "unit.h"

#include <string.h>

#include "cprof/base.h"

static void test_empty_is_a_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_string_equal(b.data, "");
	buf_reset(&b);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_release(&b);
	assert_string_equal(b.data, "");
}

static void test_pieces_add_up(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_puts(&b, "one");
	buf_putc(&b, ' ');
	buf_printf(&b, "%d-%s", 2, "three");
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 13);
	assert_memory_equal(b.data, "one 2-three\0x", 14);
	assert_false(b.failed);
	buf_release(&b);
}

static void test_grows(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < 20000; i++)
		buf_printf(&b, "%05d", i);
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(b.data), 100000);
	assert_memory_equal(b.data + 5 * 12345, "12345", 5);
	buf_release(&b);
}

static void test_reset_keeps_room(void **state)
{
	struct buf b;
	size_t room;

	(void)state;
	buf_init(&b);
	buf_puts(&b, "something");
	room = b.room;
	buf_reset(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	assert_int_equal(b.room, room);
	buf_release(&b);
}

static void test_failure_is_remembered(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_puts(&b, "kept");
	buf_add(&b, "x", SIZE_MAX / 2); /* refused before it is read */
	assert_true(b.failed);
	buf_puts(&b, "not added");
	assert_string_equal(b.data, "kept");
	buf_reset(&b);
	assert_false(b.failed);
	buf_puts(&b, "again");
	assert_string_equal(b.data, "again");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_a_string),
		cmocka_unit_test(test_pieces_add_up),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_reset_keeps_room),
		cmocka_unit_test(test_failure_is_remembered),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
