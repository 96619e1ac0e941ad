/* test_tui_tail.c - the end of a command's output, as lines
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/tail.h"

static void read_text(struct tail *t, const char *text, size_t len)
{
	char path[] = "/tmp/cprof-tail-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	tail_init(t);
	assert_int_equal(tail_read(t, path), 0);
	unlink(path);
}

static void assert_line(const struct tail *t, uint32_t i, const char *expected)
{
	const struct tail_line *line = &t->lines.items[i];

	assert_true(i < t->lines.count);
	assert_int_equal(line->len, strlen(expected));
	assert_memory_equal(t->text.data + line->start, expected, line->len);
}

static void test_lines(void **state)
{
	struct tail t;

	(void)state;
	read_text(&t, "one\n\nthree\r\nlast", 16);
	assert_int_equal(t.lines.count, 4);
	assert_line(&t, 0, "one");
	assert_line(&t, 1, "");
	assert_line(&t, 2, "three");
	assert_line(&t, 3, "last");
	tail_release(&t);
}

static void test_what_moves_a_cursor(void **state)
{
	static const char text[] = "10%\r20%\r30%\n"
				   "\033[1;31mred\033[0m \033]0;title\a.\n"
				   "a\tb\n"
				   "\033[";
	struct tail t;

	(void)state;
	read_text(&t, text, sizeof(text) - 1);
	assert_line(&t, 0, "30%");
	assert_line(&t, 1, "red .");
	assert_line(&t, 2, "a       b");
	assert_int_equal(t.lines.count, 3);
	tail_release(&t);
}

static void test_only_the_end_of_much(void **state)
{
	size_t len = 200000, i;
	char *text = malloc(len);
	struct tail t;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < len; i++)
		text[i] = i % 100 == 99 ? '\n' : 'x';
	read_text(&t, text, len);
	assert_int_equal(t.lines.count, 65536 / 100);
	assert_int_equal(t.lines.items[0].len, 99); /* a whole one */
	tail_release(&t);
	free(text);
}

static void test_no_file(void **state)
{
	struct tail t;

	(void)state;
	tail_init(&t);
	assert_int_equal(tail_read(&t, "/nonexistent/file"), ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(t.lines.count, 0);
	tail_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_moves_a_cursor),
		cmocka_unit_test(test_only_the_end_of_much),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
