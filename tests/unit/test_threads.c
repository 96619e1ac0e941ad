/* test_threads.c - which thread states there are
 */
#include "unit.h"

#include <string.h>

#include "world.h"

enum { NOBODY = 1 << 22, TID_A = NOBODY + 1, TID_B, TID_C };

static struct world world;
static raddr_t a, b;

static int set_up(void **state)
{
	(void)state;
	world_init(&world, fake_versions[0]);
	a = world_thread(&world, TID_A);
	b = world_thread(&world, TID_B);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_release(&world);
	return 0;
}

static int refresh(void)
{
	world.capture.list_stale = true;
	return threads_refresh(&world.capture);
}

static void set_native_id(raddr_t thread, pid_t tid)
{
	fake_put_word(&world.fake,
		      thread + world.fake.python.layout.thread_native_id,
		      (uint64_t)tid);
}

static bool known(raddr_t thread)
{
	return threads_find(&world.capture, thread) != NULL;
}

static void test_found_once(void **state)
{
	const struct tstate *t;

	(void)state;
	assert_int_equal(refresh(), 0);
	assert_false(world.capture.list_stale);
	t = world_tstate(&world, a);
	assert_int_equal(t->number, 1); /* the oldest first */
	assert_int_equal(t->task.tid, TID_A);
	assert_int_equal(t->ident, 0x7000 + TID_A);
	assert_int_equal(world_tstate(&world, b)->number, 2);
	assert_int_equal(refresh(), 0);
	assert_ptr_equal(world_tstate(&world, a), t);
	assert_int_equal(world.capture.threads.count, 2);
}

static void test_one_goes(void **state)
{
	raddr_t c;

	(void)state;
	c = world_thread(&world, TID_C);
	assert_int_equal(refresh(), 0);
	world_tstate(&world, c)->known = true;
	world_unlink_newest(&world);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && known(b) && !known(c));
	assert_int_equal(world.capture.gone.count, 1);
	assert_int_equal(world.capture.gone.items[0], 3);
	/* from the middle: what stood last takes its place */
	fake_put_word(&world.fake, b + world.fake.python.layout.thread_next, 0);
	assert_int_equal(refresh(), 0);
	assert_true(!known(a) && known(b));
	c = world_thread(&world, TID_C);
	assert_int_equal(refresh(), 0);
	assert_int_equal(world_tstate(&world, b)->task.tid, TID_B);
	assert_int_equal(world_tstate(&world, c)->task.tid, TID_C);
}

static void test_another_at_its_address(void **state)
{
	(void)state;
	assert_int_equal(refresh(), 0);
	world_task(&world, TID_C, 5, WORLD_ASLEEP);
	set_native_id(b, TID_C);
	assert_int_equal(refresh(), 0);
	assert_int_equal(world_tstate(&world, b)->task.tid, TID_C);
	assert_int_equal(world_tstate(&world, b)->number, 3);
	assert_int_equal(world.capture.threads.count, 2);
}

/* 3.12 and later: no id until it runs. */
static void test_not_bound_yet(void **state)
{
	(void)state;
	set_native_id(b, 0);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && !known(b));
	assert_true(world.capture.list_stale);
	set_native_id(b, TID_B);
	assert_int_equal(refresh(), 0);
	assert_true(known(b) && !world.capture.list_stale);
}

/* Two of one thread, as C code can make them. */
static void test_two_of_one_thread(void **state)
{
	(void)state;
	world_init(&world, fake_versions[2]);
	a = world_thread(&world, TID_A);
	b = world_thread(&world, TID_A);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && known(b) && !world.capture.list_stale);
}

/* 3.11: its creator's id until it runs. */
static void test_with_the_id_of_its_creator(void **state)
{
	(void)state;
	set_native_id(b, TID_A);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && !known(b));
	assert_true(world.capture.list_stale);
	set_native_id(b, TID_B);
	assert_int_equal(refresh(), 0);
	assert_true(known(b) && !world.capture.list_stale);
	assert_int_equal(world_tstate(&world, b)->task.tid, TID_B);
}

static void test_its_thread_ended(void **state)
{
	(void)state;
	world_task_ends(&world, TID_B);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && !known(b));
	set_native_id(b, 0);
	fake_put_word(&world.fake,
		      b + world.fake.python.layout.thread_native_id,
		      1ull << 40);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && !known(b));
}

static void test_torn_lists(void **state)
{
	const struct layout *l = &world.fake.python.layout;

	(void)state;
	fake_put_word(&world.fake, a + l->thread_interp, 4711);
	assert_int_equal(refresh(), ERR_LOST);
	assert_true(world.capture.list_stale);
	fake_put_word(&world.fake, a + l->thread_interp, world.interp);
	fake_put_word(&world.fake, a + l->thread_next, 4096);
	assert_int_equal(refresh(), ERR_LOST);
	fake_put_word(&world.fake, a + l->thread_next, 0);
	assert_int_equal(refresh(), 0);
	assert_true(known(a) && known(b));
}

/* Hostile: it ends. */
static void test_ring_of_threads(void **state)
{
	(void)state;
	fake_put_word(&world.fake, a + world.fake.python.layout.thread_next, b);
	refresh();
	assert_in_range(world.capture.threads.count, 0, 2);
}

static void test_ring_of_interpreters(void **state)
{
	const struct layout *l = &world.fake.python.layout;

	(void)state;
	fake_put_word(&world.fake, world.interp + l->interp_next, world.interp);
	refresh();
	assert_in_range(world.capture.interp_count, 1, INTERPS_MAX);
	assert_in_range(world.capture.threads.count, 1, 2);
}

static void test_another_program(void **state)
{
	(void)state;
	world.capture.python.mark++;
	assert_int_equal(refresh(), ERR_REPLACED);
}

/* The kernel's, where Python has none; the first thread's is the program's. */
static void test_names(void **state)
{
	const struct tstate *t;

	(void)state;
	world.target.pid = TID_A;
	assert_int_equal(refresh(), 0);
	threads_read_names(&world.capture, true);
	t = world_tstate(&world, a);
	assert_string_equal(t->name, "MainThread");
	assert_string_equal(world_tstate(&world, b)->name, "python3");
	assert_true(world.capture.nameless); /* ask again */
	world_tstate(&world, a)->announced = true;
	threads_read_names(&world.capture, true);
	assert_true(t->announced); /* the same as before */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found_once),
		TEST(test_one_goes),
		TEST(test_another_at_its_address),
		TEST(test_not_bound_yet),
		TEST(test_two_of_one_thread),
		TEST(test_with_the_id_of_its_creator),
		TEST(test_its_thread_ended),
		TEST(test_torn_lists),
		TEST(test_ring_of_threads),
		TEST(test_ring_of_interpreters),
		TEST(test_another_program),
		TEST(test_names),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
