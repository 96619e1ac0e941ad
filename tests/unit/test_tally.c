/* test_tally.c - what binds the program, in one sentence
 *
 * Each situation is played for a number of ticks of 10 ms, all threads in each.
 */
#include "unit.h"

#include "model.h"

#define TICK (10 * MS)

static struct defs d;
static struct tally t;
static uint64_t now;
static bool stopped, partial; /* what is seen from now on */
static struct buf text;

static int set_up(void **state)
{
	(void)state;
	defs_init(&d);
	tally_init(&t);
	buf_init(&text);
	now = 0;
	stopped = partial = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	defs_release(&d);
	tally_release(&t);
	buf_release(&text);
	return 0;
}

static void see(thread_id thread, enum thread_state state)
{
	struct sample s = {
		.time_ns = now,
		.process = 1,
		.thread = thread,
		.state = (uint8_t)state,
		.holds_gil = state == STATE_ACTIVE_GIL,
		.stopped = stopped,
		.partial = partial,
		.weight_ns = TICK,
	};

	assert_int_equal(tally_sample(&t, &d, &s), 0);
}

static void see_wait(thread_id thread, const char *call, const char *name,
		     bool holds_gil)
{
	struct sample s = {
		.time_ns = now,
		.process = 1,
		.thread = thread,
		.syscall = *call ? def(&d, call) : 0,
		.holds_gil = holds_gil,
		.stopped = stopped,
		.partial = partial,
		.weight_ns = TICK,
	};

	if (*name)
		s.stack =
			defs_stack(&d, 0, def_line(&d, name, "server.py", 41));
	assert_int_equal(tally_sample(&t, &d, &s), 0);
}

static void assert_sentence(const char *expected)
{
	buf_reset(&text);
	tally_sentence(&t, &d, now, &text);
	assert_string_equal(text.data, expected);
}

static void test_idle(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		now += TICK;
		see_wait(1, i % 100 < 92 ? "epoll_wait" : "read", "run", false);
	}
	assert_sentence("idle for all of 30.0 s: "
			"92 % epoll_wait in run (server.py:41)");
}

static void test_idle_in_two_places(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		now += TICK;
		see_wait(1, "epoll_wait", "run", false);
		see_wait(2, "", "get", false);
		see_wait(3, i < 50 ? "read" : "", "", false);
	}
	assert_sentence("idle for all of 2.00 s: 33 % epoll_wait in run "
			"(server.py:41), 33 % in get (server.py:41)");
}

static void test_idle_and_not_always_seen(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += 2 * TICK;
		see_wait(1, "read", "", false);
	}
	assert_sentence("idle for all of the 1.00 s observed in 2.00 s: "
			"100 % read");
}

/* Two threads, stopped; one of them where it waited for the GIL. */
static void test_stopped(void **state)
{
	int i;

	(void)state;
	stopped = true;
	for (i = 0; i < 100; i++) {
		now += TICK;
		see_wait(1, "", "spin", true);
		see(2, STATE_GIL_WAIT);
	}
	assert_sentence("idle for all of 1.00 s, as it was stopped: "
			"100 % in spin (server.py:41)");
	now += TICK;
	stopped = false;
	see(1, STATE_ACTIVE_GIL); /* it ran after all */
	buf_reset(&text);
	tally_sentence(&t, &d, now, &text);
	assert_null(strstr(text.data, "stopped"));
}

/* In every other tick the thread that ran was lost: it still ran all the time,
 * as far as anybody knows. */
static void test_lost(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		now += TICK;
		partial = i % 2;
		see_wait(1, "epoll_wait", "run", false);
		if (!partial)
			see(2, STATE_ACTIVE_GIL);
	}
	assert_sentence("Python code: 100 % of the time a thread ran Python, "
			"in the 1.00 s observed of 2.00 s");
}

static void test_nothing_seen(void **state)
{
	(void)state;
	now = 5 * NSEC_PER_SEC;
	assert_sentence("nothing was seen in 5.00 s");
}

static void test_python(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		if (i < 93)
			see(1, STATE_ACTIVE_GIL);
		else
			see_wait(1, "read", "run", false);
		see_wait(2, "epoll_wait", "run", false);
	}
	assert_sentence("Python code: 93 % of the time a thread ran Python");
}

static void test_python_all_and_nearly_all(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		now += TICK;
		see(1, STATE_ACTIVE_GIL);
	}
	assert_sentence("Python code: 100 % of the time a thread ran Python");
	now += TICK;
	see_wait(1, "read", "", false);
	assert_sentence("Python code: >99 % of the time a thread ran Python");
}

/* Free-threaded: the shares stay within the time, the average says more. */
static void test_python_in_parallel(void **state)
{
	thread_id id;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		for (id = 1; id <= 4; id++) {
			now += 20 * NSEC_PER_USEC; /* one after the other */
			see(id, STATE_ACTIVE_GIL);
		}
		now -= 80 * NSEC_PER_USEC;
	}
	assert_sentence("Python code: 100 % of the time a thread ran Python, "
			"4.0 threads on average");
}

static void test_python_with_others(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		see(1, STATE_ACTIVE_GIL);
		if (i < 30)
			see(2, STATE_GIL_WAIT);
		else if (i < 50)
			see(2, STATE_ACTIVE);
		else
			see_wait(2, "futex", "get", false);
	}
	assert_sentence("Python code: 100 % of the time a thread ran Python; "
			"native code 20 %; threads waited for the GIL 30 % of "
			"the time");
}

static void test_native(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		see(1, i < 80 ? STATE_ACTIVE : STATE_ACTIVE_GIL);
		see(2, i < 80 ? STATE_ACTIVE : STATE_IDLE);
	}
	assert_sentence("native code: 80 % of the time a thread ran outside "
			"Python, 1.6 threads on average; Python code 20 %");
}

static void test_gil(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		see(1, i < 98 ? STATE_ACTIVE_GIL : STATE_GIL_WAIT);
		see(2, STATE_GIL_WAIT);
		see(3, STATE_GIL_WAIT);
		see(4, STATE_GIL_WAIT);
	}
	assert_sentence("the GIL: held 98 % of the time, and 3.0 threads "
			"waited for it on average");
}

static void test_gil_held_in_sleep(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK;
		if (i < 95)
			see_wait(1, "clock_nanosleep", "hold", true);
		else
			see(1, STATE_ACTIVE_GIL);
		see(2, STATE_GIL_WAIT);
		see_wait(3, "read", "other", false);
	}
	assert_sentence("the GIL: 95 % of the time threads waited for it "
			"while its holder slept: 100 % clock_nanosleep in "
			"hold (server.py:41)");
}

/* A pool that never gets work must not hide what the worker waits for. */
static void test_waiting(void **state)
{
	thread_id id;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		now += TICK;
		if (i % 100 < 9)
			see(1, STATE_ACTIVE_GIL);
		else if (i % 100 < 12)
			see(1, STATE_ACTIVE);
		else
			see_wait(1, "recvfrom", "query", false);
		for (id = 2; id < 20; id++)
			see_wait(id, "futex", "get", false);
	}
	assert_sentence("waiting: no thread ran 88 % of the time, Python code "
			"ran 9 %, native code 3 %; of the waits 100 % "
			"recvfrom in query (server.py:41)");
}

static void test_waiting_with_a_trace_of_work(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		now += TICK;
		if (i == 500)
			see(1, STATE_ACTIVE_GIL);
		else
			see_wait(1, "read", "", false);
	}
	assert_sentence("waiting: no thread ran >99 % of the time, Python "
			"code ran <1 %; of the waits 100 % read");
}

static void see_process(process_id process, enum thread_state state)
{
	struct sample s = {
		.time_ns = now,
		.process = process,
		.thread = process,
		.state = (uint8_t)state,
		.weight_ns = TICK,
	};

	assert_int_equal(tally_sample(&t, &d, &s), 0);
}

/* Their ticks are interleaved, one right after the other's. */
static void test_processes(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += TICK - MS;
		see_process(1, STATE_ACTIVE_GIL);
		now += MS;
		see_process(2, i < 50 ? STATE_ACTIVE_GIL : STATE_IDLE);
	}
	assert_sentence("Python code: 75 % of the processes' time a thread "
			"ran Python");
}

static void test_hostile_names(void **state)
{
	(void)state;
	now += TICK;
	see_wait(1, "read", "a\033[2J\n", false);
	assert_sentence("idle for all of 10.0 ms: 100 % read in a\\x1b[2J\\x0a "
			"(server.py:41)");
}

static void test_what_cannot_be(void **state)
{
	struct sample s = { .state = 17, .process = 1 };

	(void)state;
	assert_int_equal(tally_sample(&t, &d, &s), ERR_GARBAGE);
	s.state = STATE_IDLE;
	s.process = s.thread = s.stack = s.syscall = UINT32_MAX;
	assert_int_equal(tally_sample(&t, &d, &s), 0);
	assert_int_equal(t.count[STATE_IDLE], 1);
	assert_true(t.processes.count + t.ran.count < 10);
}

static void test_sums(void **state)
{
	(void)state;
	now += TICK;
	see(1, STATE_ACTIVE_GIL);
	see(2, STATE_GIL_WAIT);
	see(3, STATE_GIL_WAIT);
	assert_int_equal(t.weight_ns[STATE_ACTIVE_GIL], TICK);
	assert_int_equal(t.weight_ns[STATE_GIL_WAIT], 2 * TICK);
	assert_int_equal(t.count[STATE_GIL_WAIT], 2);
	assert_int_equal(t.count[STATE_IDLE], 0);
}

static void test_known_waits_cost_no_memory(void **state)
{
	struct tally_wait *items;
	struct sample s = { .process = 1, .thread = 1, .weight_ns = TICK };
	int i;

	(void)state;
	s.stack = def_stack_of(&d, "main;run");
	s.time_ns = TICK;
	assert_int_equal(tally_sample(&t, &d, &s), 0);
	items = t.waits.items;
	for (i = 0; i < 1000; i++) {
		s.time_ns += TICK;
		assert_int_equal(tally_sample(&t, &d, &s), 0);
	}
	assert_ptr_equal(t.waits.items, items);
	assert_int_equal(t.waits.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_idle_in_two_places),
		TEST(test_idle_and_not_always_seen),
		TEST(test_stopped),
		TEST(test_lost),
		TEST(test_nothing_seen),
		TEST(test_python),
		TEST(test_python_all_and_nearly_all),
		TEST(test_python_in_parallel),
		TEST(test_python_with_others),
		TEST(test_native),
		TEST(test_gil),
		TEST(test_gil_held_in_sleep),
		TEST(test_waiting),
		TEST(test_waiting_with_a_trace_of_work),
		TEST(test_processes),
		TEST(test_hostile_names),
		TEST(test_what_cannot_be),
		TEST(test_sums),
		TEST(test_known_waits_cost_no_memory),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
