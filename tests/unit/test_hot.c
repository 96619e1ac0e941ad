/* test_hot.c - functions by own and total time
 */
#include "unit.h"

#include "model.h"

static struct defs d;
static struct hot h;

static void set_up_as(const struct view *view, bool by_line)
{
	defs_init(&d);
	hot_init(&h, view, by_line);
}

static int set_up(void **state)
{
	(void)state;
	set_up_as(&(struct view){ 0 }, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hot_release(&h);
	defs_release(&d);
	return 0;
}

static void see(stack_id stack, uint64_t time, enum thread_state state)
{
	struct sample s = {
		.thread = 1,
		.stack = stack,
		.time_ns = time * MS,
		.weight_ns = 10 * MS,
		.state = (uint8_t)state,
	};

	assert_int_equal(hot_sample(&h, &d, &s), 0);
}

static const struct hot_row *row(const char *name, int32_t line)
{
	string_id id = def(&d, name);
	uint32_t i;

	for (i = 0; i < h.rows.count; i++)
		if (h.rows.items[i].name == id && h.rows.items[i].line == line)
			return &h.rows.items[i];
	fail_msg("no row %s:%d", name, line);
	return NULL;
}

static void assert_row(const char *name, int32_t line, uint64_t own,
		       uint64_t total)
{
	assert_int_equal(row(name, line)->own_ns, own * MS);
	assert_int_equal(row(name, line)->total_ns, total * MS);
}

static void test_own_and_total(void **state)
{
	stack_id stack = def_stack_of(&d, "main;run");

	(void)state;
	see(stack, 10, STATE_ACTIVE);
	see(stack, 20, STATE_ACTIVE);
	see(def_stack(&d, stack)->parent, 30, STATE_ACTIVE);
	see(stack, 40, STATE_IDLE);
	assert_int_equal(h.rows.count, 2);
	assert_row("main", 1, 10, 30);
	assert_row("run", 1, 20, 20);
	assert_int_equal(h.window_samples_ns, 40 * MS);
}

static void test_recursion_counts_once(void **state)
{
	(void)state;
	see(def_stack_of(&d, "f;g;f;f"), 10, STATE_ACTIVE);
	assert_int_equal(h.rows.count, 2);
	assert_row("f", 1, 10, 10);
	assert_row("g", 1, 0, 10);
}

static void test_by_line(void **state)
{
	stack_id stack;
	(void)state;
	hot_release(&h);
	hot_init(&h, &(struct view){ 0 }, true);
	stack = defs_stack(&d, 0, def_line(&d, "f", "a.py", 3));
	see(defs_stack(&d, stack, def_line(&d, "f", "a.py", 4)), 10,
	    STATE_ACTIVE);
	see(defs_stack(&d, stack, def_line(&d, "f", "a.py", 3)), 20,
	    STATE_ACTIVE);
	assert_row("f", 3, 10, 20);
	assert_row("f", 4, 10, 10);
	assert_int_equal(h.rows.count, 2);
}

static void test_other_files_and_lines_are_other_functions(void **state)
{
	frame_id a = def_line(&d, "f", "a.py", 3);
	frame_id b = def_line(&d, "f", "b.py", 3);

	(void)state;
	see(defs_stack(&d, 0, a), 10, STATE_ACTIVE);
	see(defs_stack(&d, 0, b), 20, STATE_ACTIVE);
	assert_int_equal(h.rows.count, 2);
}

static void test_windows(void **state)
{
	stack_id stack = def_stack_of(&d, "main");

	(void)state;
	see(stack, 10, STATE_ACTIVE);
	hot_next_window(&h);
	assert_int_equal(h.window_samples_ns, 0);
	assert_int_equal(row("main", 1)->window_own_ns, 0);
	see(stack, 20, STATE_ACTIVE);
	see(stack, 30, STATE_IDLE);
	assert_int_equal(row("main", 1)->window_own_ns, 10 * MS);
	assert_int_equal(row("main", 1)->window_total_ns, 10 * MS);
	assert_int_equal(h.window_samples_ns, 20 * MS);
	assert_row("main", 1, 20, 20);
}

static void test_notes_are_no_functions(void **state)
{
	stack_id stack = def_stack_of(&d, "main");

	(void)state;
	stack = defs_stack(&d, stack, defs_note(&d, "[more frames]", 13));
	stack = defs_stack(&d, stack, def_line(&d, "leaf", "a.py", 1));
	see(stack, 10, STATE_ACTIVE);
	see(0, 20, STATE_ACTIVE);
	see(UINT32_MAX, 30, STATE_ACTIVE);
	assert_int_equal(h.rows.count, 2);
	assert_row("main", 1, 0, 10);
	assert_row("leaf", 1, 10, 10);
}

static void test_serial_comes_round(void **state)
{
	stack_id stack = def_stack_of(&d, "main");

	(void)state;
	see(stack, 10, STATE_ACTIVE); /* its row has seen 1 */
	h.serial = UINT32_MAX;
	see(stack, 20, STATE_ACTIVE);
	assert_row("main", 1, 20, 20);
}

static void test_known_stacks_cost_no_memory(void **state)
{
	stack_id stack = def_stack_of(&d, "a;b;c;d;e;f;g;h;i;j;k;l");
	struct hot_row *rows;
	struct map_slot *slots;
	uint64_t i;

	(void)state;
	see(stack, 10, STATE_ACTIVE);
	rows = h.rows.items;
	slots = h.index.slots;
	for (i = 2; i < 1000; i++)
		see(stack, i * 10, STATE_ACTIVE);
	assert_ptr_equal(h.rows.items, rows);
	assert_ptr_equal(h.index.slots, slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_and_total),
		TEST(test_recursion_counts_once),
		TEST(test_by_line),
		TEST(test_other_files_and_lines_are_other_functions),
		TEST(test_windows),
		TEST(test_notes_are_no_functions),
		TEST(test_serial_comes_round),
		TEST(test_known_stacks_cost_no_memory),
	};

	return cmocka_run_group_tests_name("hot", tests, NULL, NULL);
}
