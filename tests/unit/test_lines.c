/* test_lines.c - the location table, compared with what CPython said of it
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"

struct run {
	int32_t end; /* bytes */
	int32_t line;
};

struct vector {
	const char *name;
	int32_t first_line;
	const char *table;
	size_t len;
	struct run runs[64]; /* up to the first that ends at 0 */
};

/* A table that repeats itself, with a line for each repetition. */
struct long_vector {
	const char *name;
	const char *head;
	size_t head_len;
	const char *unit;
	size_t unit_len;
	const char *tail;
	size_t tail_len;
	int32_t count, start, size; /* of a repetition: bytes of code */
};

#define RUN(end, line) { end, line },
#define VECTOR(name, first_line, table, len, runs) \
	{ name, first_line, table, len, { runs } },
#define LONG(...)

static const struct vector vectors[] = {
#include "line_vectors.inc"
};

#undef VECTOR
#undef LONG
#define VECTOR(...)
#define LONG(...) { __VA_ARGS__ },

static const struct long_vector long_vectors[] = {
#include "line_vectors.inc"
};

static int32_t line_at(const struct vector *v, int32_t offset)
{
	return code_line(v->table, v->len, v->first_line, offset);
}

static void check_vector(const struct vector *v)
{
	const struct run *run = v->runs;
	int32_t at = 0;

	for (; run->end; run++)
		for (; at < run->end; at++)
			if (line_at(v, at) != run->line)
				fail_msg("%s at %d: %d, not %d", v->name, at,
					 line_at(v, at), run->line);
	assert_true(at > 0);
	assert_int_equal(line_at(v, at), 0);
	assert_int_equal(line_at(v, INT32_MAX), 0);
	assert_int_equal(line_at(v, -1), v->first_line);
}

static void test_like_cpython(void **state)
{
	size_t i;

	(void)state;
	assert_true(ARRAY_SIZE(vectors) > 50);
	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		check_vector(&vectors[i]);
}

static void check_long(const struct long_vector *v)
{
	struct buf table;
	int32_t i, at;

	buf_init(&table);
	buf_add(&table, v->head, v->head_len);
	for (i = 0; i < v->count; i++)
		buf_add(&table, v->unit, v->unit_len);
	buf_add(&table, v->tail, v->tail_len);
	for (i = 0; i < v->count; i += 7) {
		at = v->start + i * v->size;
		assert_int_equal(code_line(table.data, table.len, 1, at),
				 2 + i);
		at += v->size - 1;
		assert_int_equal(code_line(table.data, table.len, 1, at),
				 2 + i);
	}
	at = v->start + v->count * v->size;
	assert_int_equal(code_line(table.data, table.len, 1, at), 2 + v->count);
	buf_release(&table);
}

static void test_long_function(void **state)
{
	size_t i;

	(void)state;
	assert_true(ARRAY_SIZE(long_vectors) == 4);
	for (i = 0; i < ARRAY_SIZE(long_vectors); i++)
		check_long(&long_vectors[i]);
}

static void test_nothing_there(void **state)
{
	(void)state;
	assert_int_equal(code_line("", 0, 5, 0), 0);
	assert_int_equal(code_line(NULL, 0, 5, 0), 0);
	assert_int_equal(code_line("", 0, 5, -1), 5);
	assert_int_equal(code_line("", 0, -5, -1), 0);
	assert_int_equal(code_line("", 0, 0, -1), 0);
	/* bytes that belong to no entry */
	assert_int_equal(code_line("\x01\x02", 2, 5, 0), 0);
	assert_int_equal(code_line("\x01\x80\x01", 3, 5, 0), 5);
}

static void test_cut_off(void **state)
{
	/* a long form without, and with half of, its numbers */
	static const char table[] = "\xf0\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f";

	(void)state;
	assert_int_equal(code_line(table, 1, 5, 0), 5);
	assert_int_equal(code_line(table, 2, 5, 0), 0); /* 31 lines up */
	assert_int_equal(code_line(table, 9, 5, 2), 0);
	/* a number may not run on into the next entry */
	assert_int_equal(code_line("\xe8\x42\x88\x00", 4, 5, 0), 6);
	assert_int_equal(code_line("\xe8\x42\x88\x00", 4, 5, 2), 6);
}

static void test_line_numbers_do_not_overflow(void **state)
{
	static const char down[] = "\xd8\x00\x00";
	static const char far[] = "\xe8\x7e\x7f\x7f\x7f\x7f\x03";

	(void)state;
	assert_int_equal(code_line(down, 3, INT32_MAX - 1, 0), INT32_MAX);
	assert_int_equal(code_line(down, 3, INT32_MAX, 0), 0);
	assert_int_equal(code_line(far, 7, 1, 0), 0);
	assert_int_equal(code_line(far, 7, INT32_MAX, 0), 0);
}

/* Never reads outside the table (a copy of exact size), never a negative
 * line. */
static void test_random_bytes(void **state)
{
	uint64_t seed = 1;
	uint8_t *table;
	size_t len, i;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		seed = hash_mix(seed, (uint64_t)round);
		len = seed % 60;
		table = malloc(len + 1);
		assert_non_null(table);
		for (i = 0; i < len; i++)
			table[i] = (uint8_t)hash_mix(seed, i);
		table = realloc(table, MAX(len, 1u));
		assert_true(code_line(table, len, (int32_t)(seed >> 32),
				      (int32_t)(seed >> 20 & 0xff)) >= 0);
		free(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_cpython),
		cmocka_unit_test(test_long_function),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_line_numbers_do_not_overflow),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
