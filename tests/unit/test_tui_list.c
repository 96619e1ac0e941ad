/* test_tui_list.c - the selection and what scrolls
 */
#include "unit.h"

#include <stdlib.h>

#include "tui/list.h"

static void fill(struct list *l, uint32_t count, uint32_t height)
{
	uint32_t i, *item;

	list_init(l);
	for (i = 0; i < count; i++) {
		item = vec_push(&l->order);
		assert_non_null(item);
		*item = i * 10;
	}
	l->height = height;
}

static void test_moves_end_at_the_ends(void **state)
{
	struct list l;

	(void)state;
	fill(&l, 10, 4);
	list_move(&l, -1);
	assert_int_equal(l.cursor, 0);
	list_move(&l, 100);
	assert_int_equal(l.cursor, 9);
	assert_int_equal(l.top, 6);
	list_select(&l, 7);
	assert_int_equal(l.top, 6); /* in sight: nothing moves */
	list_select(&l, 2);
	assert_int_equal(l.top, 2);
	list_release(&l);
}

static void test_wheel_takes_the_selection_along(void **state)
{
	struct list l;

	(void)state;
	fill(&l, 10, 4);
	list_scroll(&l, 3);
	assert_int_equal(l.top, 3);
	assert_int_equal(l.cursor, 3);
	list_scroll(&l, 100);
	assert_int_equal(l.top, 6);
	assert_int_equal(l.cursor, 6);
	list_scroll(&l, -100);
	assert_int_equal(l.top, 0);
	assert_int_equal(l.cursor, 3);
	list_release(&l);
}

static void test_fits_when_rows_vanish(void **state)
{
	struct list l;
	uint32_t item;

	(void)state;
	fill(&l, 10, 4);
	list_select(&l, 9);
	l.order.count = 2;
	list_fit(&l);
	assert_true(list_item(&l, &item));
	assert_int_equal(item, 10);
	assert_int_equal(l.top, 0);
	l.order.count = 0;
	list_fit(&l);
	assert_false(list_item(&l, &item));
	list_move(&l, 1);
	list_scroll(&l, 1);
	assert_int_equal(l.cursor, 0);
	list_release(&l);
}

static void test_no_height(void **state)
{
	struct list l;

	(void)state;
	fill(&l, 10, 0); /* nothing was drawn yet */
	list_move(&l, 3);
	assert_int_equal(l.cursor, 3);
	list_scroll(&l, 2);
	list_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves_end_at_the_ends),
		cmocka_unit_test(test_wheel_takes_the_selection_along),
		cmocka_unit_test(test_fits_when_rows_vanish),
		cmocka_unit_test(test_no_height),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
