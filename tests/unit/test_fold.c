/* test_fold.c - how often each stack was seen
 */
#include "unit.h"

#include "model.h"

static struct fold f;

static void add(thread_id thread, stack_id stack, enum thread_state state)
{
	struct sample s = {
		.thread = thread,
		.stack = stack,
		.state = (uint8_t)state,
		.holds_gil = state == STATE_ACTIVE_GIL,
		.weight_ns = 10,
	};

	assert_int_equal(fold_sample(&f, &s), 0);
}

static void add_some(const struct view *view)
{
	fold_init(&f, view);
	add(1, 5, STATE_ACTIVE_GIL);
	add(2, 5, STATE_ACTIVE_GIL);
	add(1, 6, STATE_ACTIVE);
	add(2, 5, STATE_IDLE);
	add(1, 0, STATE_ACTIVE);
}

static void assert_entry(uint32_t i, thread_id thread, stack_id stack,
			 uint64_t count)
{
	assert_true(i < f.entries.count);
	assert_int_equal(f.entries.items[i].thread, thread);
	assert_int_equal(f.entries.items[i].stack, stack);
	assert_int_equal(f.entries.items[i].count, count);
	assert_int_equal(f.entries.items[i].weight_ns, count * 10);
}

static void test_by_stack(void **state)
{
	(void)state;
	add_some(&(struct view){ 0 });
	assert_int_equal(f.entries.count, 3);
	assert_entry(0, 0, 5, 2);
	assert_entry(1, 0, 6, 1);
	assert_entry(2, 0, 0, 1);
	assert_int_equal(f.count, 4);
	fold_release(&f);
}

static void test_by_thread(void **state)
{
	(void)state;
	add_some(&(struct view){ .threads = true });
	assert_int_equal(f.entries.count, 4);
	assert_entry(0, 1, 5, 1);
	assert_entry(1, 2, 5, 1);
	fold_release(&f);
	add_some(&(struct view){ .processes = true });
	assert_int_equal(f.entries.count, 4);
	fold_release(&f);
}

static void test_filters(void **state)
{
	(void)state;
	add_some(&(struct view){ .idle = true });
	assert_entry(0, 0, 5, 3);
	fold_release(&f);
	add_some(&(struct view){ .gil = true });
	assert_int_equal(f.entries.count, 1);
	assert_entry(0, 0, 5, 2);
	fold_release(&f);
}

static void test_known_stacks_cost_no_memory(void **state)
{
	struct fold_entry *items;
	struct map_slot *slots;
	stack_id stack;

	(void)state;
	fold_init(&f, &(struct view){ 0 });
	for (stack = 0; stack < 1000; stack++)
		add(1, stack, STATE_ACTIVE);
	items = f.entries.items;
	slots = f.index.slots;
	for (stack = 0; stack < 1000; stack++)
		add(1, stack, STATE_ACTIVE);
	assert_ptr_equal(f.entries.items, items);
	assert_ptr_equal(f.index.slots, slots);
	assert_entry(999, 0, 999, 2);
	fold_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_stack),
		cmocka_unit_test(test_by_thread),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_known_stacks_cost_no_memory),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
