/* test_defs.c - definitions and their ids
 */
#include "unit.h"

#include "model.h"

static struct defs d;

static int set_up(void **state)
{
	(void)state;
	defs_init(&d);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	defs_release(&d);
	return 0;
}

static void test_strings_are_interned(void **state)
{
	string_id a = def(&d, "a"), b = def(&d, "b");

	(void)state;
	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	assert_int_equal(def(&d, "a"), a);
	assert_int_equal(defs_string(&d, "ab", 1), a);
	assert_int_equal(def_string(&d, b)->len, 1);
	assert_string_equal(def_text(&d, b), "b");
}

static void test_any_bytes(void **state)
{
	string_id empty = defs_string(&d, NULL, 0);
	string_id nul = defs_string(&d, "a\0b", 3);

	(void)state;
	assert_int_not_equal(empty, 0);
	assert_int_equal(def(&d, ""), empty);
	assert_int_not_equal(nul, def(&d, "a"));
	assert_int_equal(def_string(&d, nul)->len, 3);
	assert_memory_equal(def_text(&d, nul), "a\0b", 4);
}

static void test_long_strings_are_cut(void **state)
{
	size_t len = (size_t)3 << 20;
	char *text = malloc(len);
	string_id id;

	(void)state;
	memset(text, 'x', len);
	id = defs_string(&d, text, len);
	assert_int_equal(def_string(&d, id)->len, 1 << 20);
	assert_int_equal(defs_string(&d, text, len - 1), id);
	free(text);
}

static void test_texts_stay_where_they_are(void **state)
{
	const char *first = def_text(&d, def(&d, "first"));
	char name[16];
	uint32_t i;

	(void)state;
	for (i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "name %u", i);
		assert_int_equal(def(&d, name), i + 2);
	}
	assert_ptr_equal(def_text(&d, 1), first);
	assert_string_equal(first, "first");
	assert_int_equal(def(&d, "name 777"), 779);
}

/* As if all strings had one hash. */
static void test_equal_hashes(void **state)
{
	string_id first = def(&d, "first"), second;
	char name[16];
	uint32_t i;

	(void)state;
	*map_slot(&d.string_map, hash_bytes("second", 6)) = first;
	second = def(&d, "second");
	assert_int_not_equal(second, first);
	assert_int_equal(def(&d, "second"), second);
	assert_string_equal(def_text(&d, second), "second");

	/* a chain without a limit would cost the square of its length */
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name %u", i);
		*map_slot(&d.string_map, hash_bytes(name, strlen(name))) =
			d.strings.count;
		def(&d, name);
	}
	*map_slot(&d.string_map, hash_bytes("first", 5)) = d.strings.count;
	assert_int_not_equal(def(&d, "first"), first);
}

static void test_codes_are_never_merged(void **state)
{
	struct code code = { .name = def(&d, "f"), .first_line = 3 };

	(void)state;
	assert_int_equal(defs_code(&d, &code), 1);
	assert_int_equal(defs_code(&d, &code), 2);
	assert_int_equal(def_code(&d, 2)->first_line, 3);
}

static void test_frames_by_place(void **state)
{
	struct frame f = { .code = 1, .offset = -1, .line = 10 };
	frame_id id;

	(void)state;
	assert_int_equal(defs_find_frame(&d, 1, -1), 0);
	id = defs_frame(&d, &f);
	assert_int_equal(id, 1);
	assert_int_equal(defs_find_frame(&d, 1, -1), id);
	assert_int_equal(defs_find_frame(&d, 1, 0), 0);
	assert_int_equal(defs_find_frame(&d, 2, -1), 0);
	f.line = 11;
	assert_int_equal(defs_frame(&d, &f), id);
	assert_int_equal(def_frame(&d, id)->line, 10);
	f.offset = 0;
	assert_int_equal(defs_frame(&d, &f), 2);
}

static void test_notes_are_interned(void **state)
{
	frame_id note = defs_note(&d, "[3 more frames]", 15);

	(void)state;
	assert_int_equal(defs_note(&d, "[3 more frames]", 15), note);
	assert_int_not_equal(defs_note(&d, "[4 more frames]", 15), note);
	assert_int_equal(def_code(&d, def_frame(&d, note)->code)->kind,
			 FRAME_NOTE);
	assert_int_equal(d.codes.count, 2);
}

static void test_stacks_are_a_trie(void **state)
{
	stack_id main = defs_stack(&d, 0, 1);
	stack_id run = defs_stack(&d, main, 2);

	(void)state;
	assert_int_equal(defs_stack(&d, 0, 1), main);
	assert_int_equal(defs_stack(&d, main, 2), run);
	assert_int_not_equal(defs_stack(&d, run, 2), run);
	assert_int_not_equal(defs_stack(&d, 0, 2), run);
	assert_int_equal(def_stack(&d, run)->parent, main);
	assert_int_equal(def_stack(&d, run)->frame, 2);
	assert_int_equal(def_stack(&d, run)->depth, 2);
	/* a parent that is not there could be made later, as a loop */
	assert_int_equal(defs_stack(&d, 99, 1), 0);
}

static void test_a_known_stack_costs_no_memory(void **state)
{
	stack_id stack = 0;
	struct map_slot *slots;
	struct stack *items;
	uint32_t i, room;

	(void)state;
	for (i = 1; i <= 1000; i++)
		stack = defs_stack(&d, stack, i);
	slots = d.stack_map.slots;
	items = d.stacks.items;
	room = d.stacks.room;
	for (i = 1, stack = 0; i <= 1000; i++)
		stack = defs_stack(&d, stack, i);
	assert_int_equal(d.stacks.count, 1000);
	assert_ptr_equal(d.stack_map.slots, slots);
	assert_ptr_equal(d.stacks.items, items);
	assert_int_equal(d.stacks.room, room);
}

static void test_unknown_ids_are_empty(void **state)
{
	(void)state;
	assert_string_equal(def_text(&d, 0), "");
	assert_string_equal(def_text(&d, UINT32_MAX), "");
	assert_int_equal(def_code(&d, 1)->name, 0);
	assert_int_equal(def_frame(&d, 0)->offset, -1);
	assert_int_equal(def_stack(&d, 12)->parent, 0);
	assert_int_equal(def_thread(&d, 0)->tid, 0);
	assert_int_equal(def_process(&d, 3)->pid, 0);
}

static void test_threads_and_processes(void **state)
{
	process_id p = def_named_process(&d, 100, 0, "python x.py");
	thread_id t = def_named_thread(&d, p, 101, "Main");

	(void)state;
	assert_int_equal(p, 1);
	assert_int_equal(t, 1);
	assert_int_equal(def_thread(&d, t)->tid, 101);
	assert_string_equal(def_text(&d, def_process(&d, p)->command),
			    "python x.py");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_strings_are_interned),
		TEST(test_any_bytes),
		TEST(test_long_strings_are_cut),
		TEST(test_texts_stay_where_they_are),
		TEST(test_equal_hashes),
		TEST(test_codes_are_never_merged),
		TEST(test_frames_by_place),
		TEST(test_notes_are_interned),
		TEST(test_stacks_are_a_trie),
		TEST(test_a_known_stack_costs_no_memory),
		TEST(test_unknown_ids_are_empty),
		TEST(test_threads_and_processes),
	};

	return cmocka_run_group_tests_name("defs", tests, NULL, NULL);
}
