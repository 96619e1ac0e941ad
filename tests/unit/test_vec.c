/* test_vec.c - growing arrays
 */
#include "unit.h"

#include "cprof/base.h"

struct item {
	uint64_t a;
	char b;
};

static void test_items_keep_their_values(void **state)
{
	VEC(struct item) v = { 0 };
	struct item *item;
	uint32_t i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		item = vec_push(&v);
		assert_non_null(item);
		assert_int_equal(item->a, 0);
		assert_int_equal(item->b, 0);
		item->a = i * 3ull;
		item->b = 'x';
	}
	assert_int_equal(v.count, 10000);
	assert_true(v.room >= v.count);
	for (i = 0; i < v.count; i++)
		assert_int_equal(v.items[i].a, i * 3ull);
	vec_release(&v);
	assert_null(v.items);
	assert_int_equal(v.count + v.room, 0);
}

static void test_pushed_again_is_zeroed(void **state)
{
	VEC(uint32_t) v = { 0 };

	(void)state;
	*vec_push(&v) = 7;
	v.count = 0;
	assert_int_equal(*vec_push(&v), 0);
	vec_release(&v);
}

static void test_too_many_are_refused(void **state)
{
	void *items = NULL;
	uint32_t room = UINT32_MAX;

	(void)state;
	assert_int_equal(vec_grow(&items, UINT32_MAX, &room, 1), ERR_NOMEM);
	room = 0;
	assert_int_equal(vec_grow(&items, 0, &room, SIZE_MAX / 4), ERR_NOMEM);
	assert_null(items);
	assert_int_equal(room, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items_keep_their_values),
		cmocka_unit_test(test_pushed_again_is_zeroed),
		cmocka_unit_test(test_too_many_are_refused),
	};

	return cmocka_run_group_tests_name("vec", tests, NULL, NULL);
}
