/* test_arena.c - memory that is given back all at once
 */
#include "unit.h"

#include <string.h>

#include "cprof/base.h"

static void assert_zero(const char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		assert_int_equal(p[i], 0);
}

/* Sizes from nothing to more than a block, so that all ways are taken. */
static size_t size_of(int i)
{
	return i % 50 == 49 ? 20000 : (size_t)(i * 7 % 300);
}

static void test_pieces_are_apart(void **state)
{
	struct arena a;
	char *pieces[500];
	int i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < 500; i++) {
		pieces[i] = arena_alloc(&a, size_of(i));
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		assert_zero(pieces[i], size_of(i));
		memset(pieces[i], i & 0xff, size_of(i));
	}
	for (i = 0; i < 500; i++)
		if (size_of(i)) {
			assert_int_equal(pieces[i][0] & 0xff, i & 0xff);
			assert_int_equal(pieces[i][size_of(i) - 1] & 0xff,
					 i & 0xff);
		}
	arena_release(&a);
}

static void test_nothing_has_a_place_of_its_own(void **state)
{
	struct arena a;
	void *first, *second;

	(void)state;
	arena_init(&a);
	first = arena_alloc(&a, 0);
	second = arena_alloc(&a, 0);
	assert_non_null(first);
	assert_ptr_not_equal(first, second);
	arena_release(&a);
}

static void test_too_much_is_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 15));
	assert_null(arena_dup(&a, "x", SIZE_MAX / 2));
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void test_dup_copies(void **state)
{
	struct arena a;
	char text[] = "text";
	char *copy;

	(void)state;
	arena_init(&a);
	copy = arena_dup(&a, text, sizeof(text));
	text[0] = 'T';
	assert_string_equal(copy, "text");
	assert_non_null(arena_dup(&a, NULL, 0));
	arena_release(&a);
}

static void test_usable_after_release(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	arena_alloc(&a, 100000);
	arena_release(&a);
	assert_null(a.blocks);
	assert_zero(arena_alloc(&a, 100), 100);
	arena_release(&a);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_apart),
		cmocka_unit_test(test_nothing_has_a_place_of_its_own),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_dup_copies),
		cmocka_unit_test(test_usable_after_release),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
