/* test_state.c - what a thread does, from the kernel's and the GIL's facts
 */
#include "unit.h"

#include <string.h>
#include <sys/syscall.h>

#include "world.h"

enum { TID = 11, GIL = 0x5000 };

static struct world world;
static struct tstate thread;

static int set_up(void **state)
{
	(void)state;
	world_init(&world, fake_versions[0]);
	thread = (struct tstate){ .addr = 0x1000 };
	world_task(&world, TID, 5, WORLD_ASLEEP);
	assert_int_equal(task_open(&thread.task, &world.target, TID), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	task_close(&thread.task);
	world_release(&world);
	return 0;
}

/* ---- looks ------------------------------------------------------------- */

static void test_slept_on(void **state)
{
	const struct sched then = { 100, 20, 3 }, zero = { 0, 0, 0 };
	struct sched now = then;

	(void)state;
	assert_true(state_slept_on(&then, &now));
	now.slices++;
	assert_false(state_slept_on(&then, &now));
	now = then;
	now.cpu_ns++;
	assert_false(state_slept_on(&then, &now));
	now = then;
	now.wait_ns++;
	assert_false(state_slept_on(&then, &now));
	/* a kernel without these counts proves nothing */
	assert_false(state_slept_on(&zero, &zero));
}

static void test_look(void **state)
{
	(void)state;
	assert_int_equal(state_look(&thread), 0);
	assert_true(thread.looked && !thread.look.running);
	assert_int_equal(thread.look.syscall, 0);
	assert_int_equal(thread.sched.slices, 5);
	world_task(&world, TID, 6, WORLD_RUNS);
	assert_int_equal(state_look(&thread), 0);
	assert_true(thread.look.running);
	/* one that runs is looked at anew, as its counts lag */
	world_task(&world, TID, 6, WORLD_ASLEEP);
	assert_int_equal(state_look(&thread), 0);
	assert_false(thread.look.running);
}

static void test_one_file_for_a_sleeper(void **state)
{
	(void)state;
	assert_int_equal(state_look(&thread), 0);
	world_task(&world, TID, 5, "35 0x1 0 0 0 0 0 0 0\n");
	assert_int_equal(state_look(&thread), 0);
	assert_int_equal(thread.look.syscall, 0); /* not opened */
	world_task(&world, TID, 6, "35 0x1 0 0 0 0 0 0 0\n");
	assert_int_equal(state_look(&thread), 0);
	assert_int_equal(thread.look.syscall, 35);
}

static void test_zero_counts_are_looked_at(void **state)
{
	(void)state;
	world_task(&world, TID, 0, WORLD_ASLEEP);
	folder_put(&world.proc, "task/11/schedstat", "0 0 0\n");
	assert_int_equal(state_look(&thread), 0);
	folder_put(&world.proc, "task/11/syscall", WORLD_RUNS);
	assert_int_equal(state_look(&thread), 0);
	assert_true(thread.look.running);
}

static void test_ended(void **state)
{
	(void)state;
	assert_int_equal(state_look(&thread), 0);
	folder_put(&world.proc, "task/11/schedstat", "");
	assert_int_equal(state_look(&thread), ERR_NOPROC);
	world_task(&world, TID, 7, "");
	assert_int_equal(state_look(&thread), ERR_NOPROC);
}

/* ---- decisions --------------------------------------------------------- */

static enum thread_state decide(bool runs, int64_t call, uint64_t arg,
				bool holder, bool locked)
{
	const struct gil_words words = { .holder = holder ? 0x1000 : 0x2000,
					 .locked = locked,
					 .switches = 1 };

	thread.now = (struct state){ 0 };
	thread.look = (struct look){ .running = runs, .syscall = call };
	thread.look.args[0] = arg;
	state_decide(&world.capture, &thread, GIL, &words);
	return thread.now.state;
}

static void test_running(void **state)
{
	(void)state;
	assert_int_equal(decide(true, -1, 0, true, true), STATE_ACTIVE_GIL);
	assert_true(thread.now.holds_gil);
	assert_int_equal(decide(true, -1, 0, true, false), STATE_ACTIVE);
	assert_false(thread.now.holds_gil);
	assert_int_equal(decide(true, -1, 0, false, true), STATE_ACTIVE);
	assert_false(thread.now.holds_gil);
	assert_int_equal(thread.now.syscall, -1);
}

static void test_sleeping(void **state)
{
	(void)state;
	assert_int_equal(decide(false, SYS_read, 3, false, true), STATE_IDLE);
	assert_int_equal(thread.now.syscall, SYS_read);
	assert_false(thread.now.holds_gil);
	assert_int_equal(decide(false, SYS_read, 3, true, true), STATE_IDLE);
	assert_true(thread.now.holds_gil); /* it sleeps with it */
	assert_int_equal(decide(false, -1, 0, false, true), STATE_IDLE);
	assert_int_equal(thread.now.syscall, -1);
	assert_int_equal(decide(false, 1 << 20, 0, false, true), STATE_IDLE);
	assert_int_equal(thread.now.syscall, -1); /* of no such number */
}

static void test_waiting_for_the_gil(void **state)
{
	const uint32_t size = world.capture.python.layout.gil_size;

	(void)state;
	assert_int_equal(decide(false, SYS_futex, GIL, false, true),
			 STATE_GIL_WAIT);
	assert_int_equal(thread.now.syscall, SYS_futex);
	assert_int_equal(decide(false, SYS_futex, GIL + size - 1, false, true),
			 STATE_GIL_WAIT);
	assert_int_equal(decide(false, SYS_futex, GIL + size, false, true),
			 STATE_IDLE);
	assert_int_equal(decide(false, SYS_futex, GIL - 1, false, true),
			 STATE_IDLE);
	assert_int_equal(decide(false, SYS_read, GIL, false, true), STATE_IDLE);
}

/* It wakes up every 5 ms to ask for the GIL. */
static void test_waits_on_while_awake(void **state)
{
	struct gil_words words = { .holder = 0x2000,
				   .locked = true,
				   .switches = 7 };

	(void)state;
	thread.look = (struct look){ .syscall = SYS_futex, .args = { GIL } };
	state_decide(&world.capture, &thread, GIL, &words);
	assert_int_equal(thread.now.state, STATE_GIL_WAIT);
	thread.look = (struct look){ .running = true, .syscall = -1 };
	state_decide(&world.capture, &thread, GIL, &words);
	assert_int_equal(thread.now.state, STATE_GIL_WAIT);
	assert_int_equal(thread.now.syscall, -1);
	words.switches = 8; /* somebody took it, perhaps this one */
	state_decide(&world.capture, &thread, GIL, &words);
	assert_int_equal(thread.now.state, STATE_ACTIVE);
	thread.look = (struct look){ .syscall = SYS_futex, .args = { GIL } };
	state_decide(&world.capture, &thread, GIL, &words);
	thread.look = (struct look){ .running = true, .syscall = -1 };
	words.holder = 0x1000;
	state_decide(&world.capture, &thread, GIL, &words);
	assert_int_equal(thread.now.state, STATE_ACTIVE_GIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slept_on),
		TEST(test_look),
		TEST(test_one_file_for_a_sleeper),
		TEST(test_zero_counts_are_looked_at),
		TEST(test_ended),
		TEST(test_running),
		TEST(test_sleeping),
		TEST(test_waiting_for_the_gil),
		TEST(test_waits_on_while_awake),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
