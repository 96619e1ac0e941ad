/* test_sample.c - filters, texts and observed time
 */
#include "unit.h"

#include "model.h"

static struct defs d;
static struct buf text;

static int set_up(void **state)
{
	(void)state;
	defs_init(&d);
	buf_init(&text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	defs_release(&d);
	buf_release(&text);
	return 0;
}

static void test_state_texts(void **state)
{
	(void)state;
	assert_string_equal(state_text(STATE_IDLE), "idle");
	assert_string_equal(state_text(STATE_GIL_WAIT), "waiting for gil");
	assert_string_equal(state_text(STATE_ACTIVE), "active");
	assert_string_equal(state_text(STATE_ACTIVE_GIL), "active+gil");
	assert_string_equal(state_text((enum thread_state)99), "?");
}

static bool wants(bool gil, bool idle, enum thread_state thread, bool holds)
{
	struct view v = { .gil = gil, .idle = idle };
	struct sample s = { .state = (uint8_t)thread, .holds_gil = holds };

	return view_wants(&v, &s);
}

static void test_filters(void **state)
{
	(void)state;
	assert_true(wants(false, false, STATE_ACTIVE_GIL, true));
	assert_true(wants(false, false, STATE_ACTIVE, false));
	assert_false(wants(false, false, STATE_GIL_WAIT, false));
	assert_false(wants(false, false, STATE_IDLE, false));
	assert_true(wants(false, true, STATE_GIL_WAIT, false));
	assert_true(wants(false, true, STATE_IDLE, false));

	assert_true(wants(true, false, STATE_ACTIVE_GIL, true));
	assert_false(wants(true, false, STATE_ACTIVE, false));
	assert_false(wants(true, false, STATE_IDLE, true));
	assert_true(wants(true, true, STATE_IDLE, true));
	assert_false(wants(true, true, STATE_IDLE, false));
}

static void assert_frame(const struct view *v, frame_id frame,
			 const char *expected)
{
	buf_reset(&text);
	view_frame(v, &d, frame, &text);
	assert_string_equal(text.data, expected);
}

static frame_id define(int32_t first_line, int32_t line)
{
	struct code code = { .first_line = first_line };
	struct frame frame = { .line = line };

	code.name = def(&d, "C.run");
	code.file = def(&d, "/lib/pkg/mod.py");
	code.short_file = def(&d, "pkg/mod.py");
	frame.code = defs_code(&d, &code);
	return defs_frame(&d, &frame);
}

static void test_frame_texts(void **state)
{
	frame_id frame = define(10, 12), bare = define(0, 0);
	struct view v = { 0 };

	(void)state;
	assert_frame(&v, frame, "C.run (pkg/mod.py:12)");
	assert_frame(&v, bare, "C.run (pkg/mod.py)");
	v.full_filenames = true;
	assert_frame(&v, frame, "C.run (/lib/pkg/mod.py:12)");
	v.function = true;
	assert_frame(&v, frame, "C.run (/lib/pkg/mod.py:10)");
	assert_frame(&v, bare, "C.run (/lib/pkg/mod.py)");
	v.nolineno = true;
	assert_frame(&v, frame, "C.run (/lib/pkg/mod.py)");
}

static void test_frames_with_little(void **state)
{
	struct view v = { 0 };
	frame_id note = defs_note(&d, "[3 more frames]", 15);

	(void)state;
	assert_frame(&v, note, "[3 more frames]");
	assert_frame(&v, def_line(&d, "f", "a.py", 3), "f (a.py:3)");
	assert_frame(&v, def_line(&d, "f", "", 3), "f");
	assert_frame(&v, def_line(&d, "f", "a.py", -3), "f (a.py)");
	assert_frame(&v, 0, "");
	assert_frame(&v, 999, "");
}

static void test_root_texts(void **state)
{
	process_id p = def_named_process(&d, 41, 0, "python3 x.py");
	thread_id named = def_named_thread(&d, p, 42, "Main");
	thread_id bare = def_named_thread(&d, p, 43, "");

	(void)state;
	view_thread(&d, named, &text);
	assert_string_equal(text.data, "thread (42): Main");
	buf_reset(&text);
	view_thread(&d, bare, &text);
	assert_string_equal(text.data, "thread (43)");
	buf_reset(&text);
	view_process(&d, p, &text);
	assert_string_equal(text.data, "process 41:\"python3 x.py\"");
}

static void test_ancestors(void **state)
{
	process_id first = def_named_process(&d, 10, 1, "first");
	process_id child = def_named_process(&d, 11, 10, "child");
	process_id again = def_named_process(&d, 10, 11, "the pid again");
	process_id line[8];

	(void)state;
	assert_int_equal(process_ancestors(&d, again, line, 8), 3);
	assert_int_equal(line[0], first);
	assert_int_equal(line[1], child);
	assert_int_equal(line[2], again);
	assert_int_equal(process_ancestors(&d, child, line, 1), 1);
	assert_int_equal(line[0], child);
	assert_int_equal(process_ancestors(&d, 0, line, 8), 0);
}

static void test_a_process_is_not_its_own_parent(void **state)
{
	process_id self = def_named_process(&d, 10, 10, "self"), line[8];

	(void)state;
	assert_int_equal(process_ancestors(&d, self, line, 8), 1);
}

static uint64_t observe(struct observed *o, uint64_t time, uint64_t weight)
{
	struct sample s = { .time_ns = time * MS, .weight_ns = weight * MS };
	bool new_tick;

	return observed_add(o, &s, &new_tick) / MS;
}

static void test_threads_of_a_tick_count_once(void **state)
{
	struct observed o = { 0 };

	(void)state;
	assert_int_equal(observe(&o, 10, 10), 10);
	assert_int_equal(observe(&o, 10, 10), 0);
	assert_int_equal(observe(&o, 20, 10), 10);
	assert_int_equal(observe(&o, 21, 10), 0); /* read a little later */
	assert_int_equal(observe(&o, 30, 10), 10);
	assert_int_equal(observe(&o, 31, 10), 0);
}

static void test_time_not_observed(void **state)
{
	struct observed o = { 0 };

	(void)state;
	assert_int_equal(observe(&o, 10, 10), 10);
	assert_int_equal(observe(&o, 100, 20), 20); /* ticks were missed */
	assert_int_equal(observe(&o, 110, 0), 0); /* a new thread */
	assert_int_equal(observe(&o, 110, 10), 10);
	assert_int_equal(observe(&o, 90, 10), 0); /* not in order */
	assert_int_equal(observe(&o, 120, 20), 10); /* seen before, in part */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state_texts),
		TEST(test_filters),
		TEST(test_frame_texts),
		TEST(test_frames_with_little),
		TEST(test_root_texts),
		TEST(test_ancestors),
		TEST(test_a_process_is_not_its_own_parent),
		TEST(test_threads_of_a_tick_count_once),
		TEST(test_time_not_observed),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
