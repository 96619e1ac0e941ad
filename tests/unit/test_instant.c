/* test_instant.c - copies of all threads that are one instant
 *
 * In a made-up process, so that the GIL can change hands between any two reads;
 * threads that are to be stopped have the ids of real children.
 */
#include "unit.h"

#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>

#include "child.h"
#include "stacks.h"
#include "world.h"

enum { NOBODY = 1 << 22, TID_A = NOBODY + 1, TID_B, TID_C, TID_H };

static struct world world;
static raddr_t a, b; /* thread states */

static void begin(unsigned int version)
{
	world_init(&world, fake_versions[version]);
	a = world_thread(&world, TID_A);
	b = world_thread(&world, TID_B);
}

static int set_up(void **state)
{
	(void)state;
	begin(2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_release(&world);
	return 0;
}

/* The thread runs so many functions, CODE(first) and so on. */
static void put_stack(raddr_t thread, uint64_t first, unsigned int n)
{
	raddr_t codes[16];
	unsigned int i;

	for (i = 0; i < n; i++)
		codes[i] = CODE(first + i);
	world_stack(&world, thread, codes, n);
}

static int take(void)
{
	world.capture.serial++;
	world.capture.pause_ns = 0;
	return instant_take(&world.capture, world.gil, false);
}

/* It has a sample, of this stack. */
static void assert_has(raddr_t thread, uint64_t first, unsigned int n)
{
	const struct tstate *t = world_tstate(&world, thread);
	uint32_t i;

	assert_true(t->have && !t->lost);
	assert_int_equal(t->raw.count, n);
	for (i = 0; i < n; i++)
		assert_true(t->raw.items[i].code == CODE(first + n - 1 - i));
}

static void assert_lost(raddr_t thread, enum lost_kind kind)
{
	const struct tstate *t = world_tstate(&world, thread);

	assert_true(t->lost);
	assert_int_equal(t->lost_kind, kind);
}

/* ---- nobody has to be stopped ------------------------------------------ */

static void test_nobody_holds_the_gil(void **state)
{
	uint64_t start = clock_now();
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		put_stack(a, 1, 3);
		put_stack(b, 5, 2);
		assert_int_equal(take(), 0);
		assert_has(a, 1, 3);
		assert_has(b, 5, 2);
		assert_in_range(world.capture.instant_ns, start, clock_now());
		assert_int_equal(world.capture.counts.stops, 0);
		assert_int_equal(world_tstate(&world, a)->now.state,
				 STATE_IDLE);
	}
}

static void test_the_holder_sleeps(void **state)
{
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		put_stack(a, 1, 3);
		put_stack(b, 5, 2);
		world_take_gil(&world, a);
		assert_int_equal(take(), 0);
		assert_has(a, 1, 3);
		assert_has(b, 5, 2);
		assert_int_equal(world.capture.counts.stops, 0);
		assert_true(world_tstate(&world, a)->now.holds_gil);
		assert_false(world_tstate(&world, b)->now.holds_gil);
	}
}

/* Words twice or so, and no stack. */
static void test_nothing_moved(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	world_tstate(&world, a)->fresh = false;
	world_tstate(&world, b)->fresh = false;
	world.reads = 0;
	assert_int_equal(take(), 0);
	assert_in_range(world.reads, 1, 3);
	assert_has(a, 1, 3);
	assert_has(b, 5, 2);
	assert_false(world_tstate(&world, a)->fresh);
	assert_false(world_tstate(&world, b)->fresh);
}

/* One that is in native code without the GIL: its frames cannot change until
 * somebody takes it. */
static void test_running_without_the_gil(void **state)
{
	(void)state;
	put_stack(b, 5, 2);
	world_take_gil(&world, a);
	world_task(&world, TID_B, 6, WORLD_RUNS);
	assert_int_equal(take(), 0);
	assert_has(b, 5, 2);
	assert_int_equal(world_tstate(&world, b)->now.state, STATE_ACTIVE);
	world_tstate(&world, b)->fresh = false;
	assert_int_equal(take(), 0);
	assert_false(world_tstate(&world, b)->fresh);
	world_take_gil(&world, b);
	put_stack(b, 8, 3);
	world_take_gil(&world, a);
	/* the counts of one that runs lag: they do not prove that it slept */
	world_task(&world, TID_B, 6, WORLD_ASLEEP);
	assert_int_equal(take(), 0);
	assert_has(b, 8, 3);
}

static void test_it_ran_between_two_ticks(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	world_take_gil(&world, b);
	put_stack(b, 8, 4);
	world_task(&world, TID_B, 6, WORLD_ASLEEP);
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_has(b, 8, 4);
	/* the holder itself, which changes no word */
	put_stack(a, 3, 1);
	world_task(&world, TID_A, 6, WORLD_ASLEEP);
	assert_int_equal(take(), 0);
	assert_has(a, 3, 1);
	assert_has(b, 8, 4);
}

static void change_hands(struct world *w)
{
	world_take_gil(w, w->reads % 2 ? a : b);
	w->change_at = w->reads + 1;
}

/* ---- the holder runs, and nobody wants its stack ----------------------- */

/* Nobody has the id of its thread: a stop, or a look, would fail. */
static void a_runs_unwanted(void)
{
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_take_gil(&world, a);
	world_task(&world, TID_A, 6, WORLD_RUNS);
	assert_int_equal(threads_refresh(&world.capture), 0);
	world_tstate(&world, a)->unwanted = true;
}

static void test_an_unwanted_holder_runs_on(void **state)
{
	(void)state;
	a_runs_unwanted();
	assert_int_equal(take(), 0);
	assert_has(b, 5, 2);
	assert_int_equal(world.capture.counts.stops, 0);
	assert_false(world_tstate(&world, a)->have);
	assert_false(world_tstate(&world, a)->looked);
	/* b ran meanwhile, and the GIL is a's again */
	world_take_gil(&world, b);
	put_stack(b, 8, 4);
	world_task(&world, TID_B, 6, WORLD_ASLEEP);
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	assert_has(b, 8, 4);
	assert_int_equal(world.capture.counts.stops, 0);
}

static void test_an_unwanted_holder_proves_nothing(void **state)
{
	(void)state;
	a_runs_unwanted();
	world_task(&world, TID_B, 6, WORLD_RUNS);
	world_change_at(&world, 1, change_hands, NULL);
	assert_int_equal(take(), 0);
	assert_lost(b, LOST_GIL);
}

/* ---- the holder runs, and we have its CPU ------------------------------ */

static raddr_t rseq;

static void put_cpu(struct world *w, uint32_t cpu)
{
	const uint32_t words[2] = { cpu, cpu };

	fake_put(&w->fake, rseq, words, sizeof(words));
}

/* To the first CPU that we may have: its number. */
static uint32_t pin(void)
{
	cpu_set_t all, one;
	uint32_t cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	return cpu;
}

static void a_runs_on(uint32_t cpu)
{
	rseq = fake_alloc(&world.fake, TASK_RSEQ_LEN);
	put_cpu(&world, cpu);
	put_stack(a, 1, 3);
	world_take_gil(&world, a);
	world_task(&world, TID_A, 6, WORLD_RUNS);
	assert_int_equal(threads_refresh(&world.capture), 0);
	world_tstate(&world, a)->rseq = rseq;
}

/* Nobody has the id of this thread: a stop would fail. It may take some tries,
 * as we can be switched out ourselves. */
static void test_preempted(void **state)
{
	cpu_set_t all;
	int tries;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	a_runs_on(pin());
	assert_int_equal(take(), 0);
	for (tries = 0; world_tstate(&world, a)->lost && tries < 100; tries++)
		assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_true(world_tstate(&world, a)->now.holds_gil);
	assert_int_equal(world.capture.counts.stops, 1);
	assert_in_range(world.capture.pause_ns, 1, NSEC_PER_SEC);
	sched_setaffinity(0, sizeof(all), &all);
}

static void test_not_preempted(void **state)
{
	(void)state;
	a_runs_on(CPU_SETSIZE - 1);
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_GIL);
	put_cpu(&world, UINT32_MAX); /* it has not said where */
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_GIL);
}

static void move_away(struct world *w)
{
	put_cpu(w, CPU_SETSIZE - 1);
}

/* It stood on our CPU first, but not to the end. */
static void test_pulled_away(void **state)
{
	cpu_set_t all;
	uint32_t cpu;
	unsigned int at;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	cpu = pin();
	a_runs_on(cpu);
	for (at = 1; at <= 3; at++) {
		put_cpu(&world, cpu);
		world_change_at(&world, at, move_away, NULL);
		assert_int_equal(take(), 0);
		assert_lost(a, LOST_GIL);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

/* It is lost, unless we can go to its CPU. */
static void test_nothing_is_ever_stopped(void **state)
{
	cpu_set_t all;
	int tries;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	a_runs_on(CPU_SETSIZE - 1); /* nobody can go there */
	capture_never_stop(&world.capture);
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_TORN);
	put_cpu(&world, pin());
	sched_setaffinity(0, sizeof(all), &all);
	assert_int_equal(take(), 0);
	for (tries = 0; world_tstate(&world, a)->lost && tries < 100; tries++)
		assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	sched_setaffinity(0, sizeof(all), &all);
}

/* ---- things happen between two reads ----------------------------------- */

static void a_runs(struct world *w)
{
	put_stack(a, 7, 2);
	world_task(w, TID_A, 6, WORLD_ASLEEP);
}

static void b_runs(struct world *w)
{
	world_take_gil(w, b);
	put_stack(b, 8, 4);
	world_task(w, TID_B, 6, WORLD_ASLEEP);
}

static void b_runs_and_gives_back(struct world *w)
{
	b_runs(w);
	world_take_gil(w, a);
}

static void a_runs_and_b_takes_over(struct world *w)
{
	a_runs(w);
	b_runs(w);
}

/* Whenever it happens, what is accepted is as it is then. */
static void assert_whenever(void (*change)(struct world *w), bool a_moves)
{
	unsigned int v, at;

	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		for (at = 1; at < 24; at++) {
			begin(v);
			put_stack(a, 1, 3);
			put_stack(b, 5, 2);
			world_take_gil(&world, a);
			assert_int_equal(take(), 0);
			world_change_at(&world, at, change, NULL);
			assert_int_equal(take(), 0);
			if (world.reads < at)
				break;
			if (a_moves)
				assert_has(a, 7, 2);
			else
				assert_has(b, 8, 4);
		}
		assert_true(at > 1);
	}
}

static void test_the_holder_wakes(void **state)
{
	(void)state;
	assert_whenever(a_runs, true);
}

static void test_another_takes_the_gil(void **state)
{
	(void)state;
	assert_whenever(b_runs, false);
	assert_whenever(b_runs_and_gives_back, false);
	assert_whenever(a_runs_and_b_takes_over, true);
	assert_whenever(a_runs_and_b_takes_over, false);
}

static void test_it_changes_hands_all_the_time(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_task(&world, TID_A, 6, WORLD_RUNS);
	world_task(&world, TID_B, 6, WORLD_RUNS);
	world.capture.no_stop = false;
	world_change_at(&world, 1, change_hands, NULL);
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_GIL);
	assert_lost(b, LOST_GIL);
	world.change_at = 0;
	world_task(&world, TID_A, 7, WORLD_ASLEEP);
	world_task(&world, TID_B, 7, WORLD_ASLEEP);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_has(b, 5, 2);
}

static void c_comes(struct world *w)
{
	world_thread(w, TID_C);
}

static void b_goes(struct world *w)
{
	world_unlink_newest(w);
	w->change_at = 0;
}

static void test_threads_come_and_go(void **state)
{
	unsigned int at;

	(void)state;
	for (at = 1; at < 12; at++) {
		begin(2);
		world_take_gil(&world, a);
		assert_int_equal(take(), 0);
		world_change_at(&world, at, c_comes, NULL);
		assert_int_equal(take(), 0);
		if (world.reads < at)
			break;
		assert_int_equal(take(), 0); /* now at the latest */
		assert_int_equal(world.capture.threads.count, 3);
		world_tstate(&world, world.newest);
	}
	assert_true(at > 2);
	for (at = 1; at < 12; at++) {
		begin(2);
		world_take_gil(&world, a);
		assert_int_equal(take(), 0);
		world_change_at(&world, at, b_goes, NULL);
		assert_int_equal(take(), 0);
		if (world.reads < at)
			break;
		assert_int_equal(take(), 0);
		assert_int_equal(world.capture.threads.count, 1);
		assert_null(threads_find(&world.capture, b));
	}
	assert_true(at > 2);
}

/* b ended and its memory is c's now, whose stack must not be b's. */
static void c_at_the_place_of_b(struct world *w)
{
	const struct layout *l = &w->fake.python.layout;

	fake_put_word(&w->fake, b + l->thread_native_id, TID_C);
	world_task(w, TID_C, 5, WORLD_ASLEEP);
	put_stack(b, 8, 4);
	world_task_ends(w, TID_B);
}

static void test_a_state_used_again(void **state)
{
	unsigned int at;

	(void)state;
	for (at = 1; at < 12; at++) {
		begin(2);
		put_stack(b, 5, 2);
		assert_int_equal(threads_refresh(&world.capture), 0);
		world_change_at(&world, at, c_at_the_place_of_b, NULL);
		assert_int_equal(take(), 0);
		if (world.reads < at)
			break;
		if (world_tstate(&world, b)->dead)
			continue; /* c comes with the next tick */
		if (world_tstate(&world, b)->task.tid == TID_B)
			assert_has(b, 5, 2);
		else
			assert_has(b, 8, 4);
	}
	assert_true(at > 2);
}

/* ---- ends -------------------------------------------------------------- */

static void test_a_thread_ends(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_take_gil(&world, b);
	world_drop_gil(&world);
	assert_int_equal(take(), 0);
	world_tstate(&world, b)->known = true;
	world_task_ends(&world, TID_B);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_true(world_tstate(&world, b)->dead);
	assert_int_equal(world.capture.gone.count, 1);
	assert_int_equal(take(), 0);
	assert_int_equal(world.capture.gone.count, 1); /* said once */
}

/* Once it is not in the list any more it is known to run no Python. */
static void test_it_ended_with_the_gil(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	world_take_gil(&world, b);
	world_task_ends(&world, TID_B);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
}

static void b_is_deleted(struct world *w)
{
	(void)w;
	b_goes(w);
	fake_put_int(&w->fake, w->gil + w->fake.python.layout.gil_locked, 1);
}

/* It took itself out of the list and has the GIL still. */
static void test_one_that_is_being_deleted(void **state)
{
	unsigned int at, ticks;

	(void)state;
	for (at = 1; at < 12; at++) {
		begin(2);
		put_stack(a, 1, 3);
		put_stack(b, 5, 2);
		assert_int_equal(take(), 0);
		world_take_gil(&world, b);
		world_task(&world, TID_B, 6, WORLD_ASLEEP);
		world_change_at(&world, at, b_is_deleted, NULL);
		for (ticks = 0; ticks < 6; ticks++) {
			assert_int_equal(take(), 0);
			assert_has(a, 1, 3);
		}
		assert_int_equal(world.capture.threads.count, 1);
	}
}

/* Up to 3.11 its thread may run Python in another state by now. */
static void test_a_silent_swap(void **state)
{
	(void)state;
	begin(0);
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	assert_int_equal(take(), 0);
	world_take_gil(&world, b);
	b_is_deleted(&world);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3); /* whoever has the GIL, this one sleeps */
	world_task(&world, TID_A, 6, WORLD_RUNS);
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_GIL);
}

static int refuse(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	(void)m;
	(void)segs;
	(void)n;
	return ERR_NOPROC;
}

static void process_ends(struct world *w)
{
	w->mem.readv = refuse;
}

static void program_changes(struct world *w)
{
	fake_put_word(&w->fake, w->capture.python.mark_at, 4711);
}

static void assert_error_whenever(void (*change)(struct world *w), int err)
{
	unsigned int at;

	for (at = 1; at < 20; at++) {
		begin(2);
		put_stack(a, 1, 3);
		put_stack(b, 5, 2);
		world_take_gil(&world, a);
		world_change_at(&world, at, change, NULL);
		if (take() != 0)
			continue;
		assert_true(world.reads <= at); /* or it was the last */
		break;
	}
	assert_true(at > 3);
	begin(2);
	world_change_at(&world, 1, change, NULL);
	assert_int_equal(take(), err);
}

static void test_the_process_ends(void **state)
{
	(void)state;
	assert_error_whenever(process_ends, ERR_NOPROC);
	assert_error_whenever(program_changes, ERR_REPLACED);
}

/* ---- half-made frames -------------------------------------------------- */

static void a_gets_on(struct world *w)
{
	(void)w;
	put_stack(a, 1, 4);
}

static void test_half_made(void **state)
{
	unsigned int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		begin(v);
		put_stack(a, 1, 3);
		world_take_gil(&world, a);
		assert_int_equal(take(), 0);
		stacks_set_top(&world.fake, a, 8, 0);
		world_task(&world, TID_A, 6, WORLD_ASLEEP);
		assert_int_equal(take(), 0); /* for ever */
		assert_lost(a, LOST_FRAME);
		world_change_at(&world, 8, a_gets_on, NULL);
		assert_int_equal(take(), 0); /* after a while */
		assert_has(a, 1, 4);
	}
}

/* A stack that cannot be read spoils only itself. */
static void test_garbage(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	put_stack(b, 5, 2);
	world_take_gil(&world, a);
	stacks_set_top(&world.fake, b, 4096, 0);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_lost(b, LOST_MEMORY);
	put_stack(b, 5, 2);
	stacks_set_top(&world.fake, a, 4096, 0);
	world_task(&world, TID_A, 6, WORLD_ASLEEP);
	assert_int_equal(take(), 0);
	assert_lost(a, LOST_MEMORY);
	assert_has(b, 5, 2);
}

/* ---- the holder runs: real children ------------------------------------ */

static struct child child;
static raddr_t h; /* its thread state */

static void begin_child(void (*run)(struct shared *s))
{
	child_start(&child, run);
	h = world_thread(&world, child.pid);
	world_task(&world, child.pid, 5, WORLD_RUNS);
	world_take_gil(&world, h);
	put_stack(h, 9, 2);
	put_stack(a, 1, 3);
}

/* On a busy machine a stop may be late. */
static void settle(void)
{
	while (world.capture.late.count) {
		child_nap(1);
		stand_release_late(&world.capture);
	}
}

static void test_stopped(void **state)
{
	const struct msg_tick *counts = &world.capture.counts;
	uint64_t start = clock_now();
	int i;

	(void)state;
	begin_child(child_spin);
	for (i = 1; i <= 10; i++) {
		put_stack(h, 9, (unsigned int)i);
		assert_int_equal(take(), 0);
		settle();
		assert_has(h, 9, (unsigned int)i);
		assert_has(a, 1, 3);
		assert_int_equal(counts->stops, i);
		assert_true(world.capture.pause_ns > 0);
		assert_true(counts->longest_stop_ns >= world.capture.pause_ns);
	}
	assert_true(counts->held_ns >= counts->longest_stop_ns);
	assert_true(counts->held_ns < clock_now() - start);
	assert_int_equal(counts->disturbed, 0);
	assert_int_equal(world_tstate(&world, h)->now.state, STATE_ACTIVE_GIL);
	assert_false(child_traced(child.pid));
	assert_true(child_moves(&child));
	child_end(&child);
}

static void test_without_a_stop(void **state)
{
	(void)state;
	begin_child(child_spin);
	world.capture.no_stop = true;
	assert_int_equal(take(), 0);
	assert_has(h, 9, 2);
	assert_int_equal(world.capture.counts.stops, 0);
	child_end(&child);
}

static void sleep_in_epoll(struct shared *s)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	atomic_store(&s->ready, 1);
	for (;;)
		epoll_wait(fd, &event, 1, -1);
}

/* It entered the call after the look. */
static void test_disturbed(void **state)
{
	(void)state;
	begin_child(sleep_in_epoll);
	assert_true(child_await(child.pid, 'S'));
	assert_int_equal(take(), 0);
	settle();
	assert_has(h, 9, 2);
	assert_int_equal(world.capture.counts.disturbed, 1);
	child_end(&child);
}

static void vfork_then_spin(struct shared *s)
{
	atomic_store(&s->ready, 1);
	while (!atomic_load(&s->go))
		;
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		atomic_store(&s->go, 2);
		while (atomic_load(&s->go) == 2)
			child_nap(1);
		_exit(0);
	}
	for (;;)
		atomic_fetch_add(&s->count, 1);
}

/* A stop that does not come within 30 us: it stands by itself, and is let go
 * when it comes. */
static void test_late(void **state)
{
	uint64_t start;
	int i;

	(void)state;
	begin_child(vfork_then_spin);
	atomic_store(&child.shared->go, 1);
	assert_true(child_await(child.pid, 'D'));
	while (atomic_load(&child.shared->go) != 2)
		child_nap(1);
	for (i = 0; i < 3; i++) {
		start = clock_now();
		assert_int_equal(take(), 0);
		assert_has(h, 9, 2);
		assert_has(a, 1, 3);
		assert_true(world.capture.instant_ns >= start);
		assert_int_equal(world.capture.late.count, 1);
	}
	assert_true(child_traced(child.pid));
	stand_release_late(&world.capture);
	assert_int_equal(world.capture.late.count, 1); /* not come yet */
	atomic_store(&child.shared->go, 3);
	assert_true(child_await(child.pid, 't'));
	stand_release_late(&world.capture);
	assert_int_equal(world.capture.late.count, 0);
	assert_false(child_traced(child.pid));
	assert_true(child_moves(&child));
	assert_int_equal(take(), 0);
	assert_has(h, 9, 2);
	settle();
	child_end(&child);
}

static pid_t victim;

static void trace_victim(struct shared *s)
{
	if (ptrace(PTRACE_SEIZE, victim, NULL, NULL) == 0)
		atomic_store(&s->signals, 1);
	child_sleep(s);
}

static void put_tracer(pid_t tid, pid_t tracer)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	snprintf(text, sizeof(text), "TracerPid:\t%d\n", (int)tracer);
	folder_put(&world.proc, path, text);
}

/* For long, as a debugger does: it cannot be sampled. */
static void test_refused_for_long(void **state)
{
	struct child tracer;

	(void)state;
	begin_child(child_spin);
	victim = child.pid;
	child_start(&tracer, trace_victim);
	put_tracer(child.pid, tracer.pid);
	assert_int_equal(take(), 0);
	world.capture.refused_ns -= 2 * NSEC_PER_SEC;
	assert_int_equal(take(), ERR_PERM);
	/* but not when it was had in between */
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	world_take_gil(&world, h);
	assert_int_equal(take(), 0);
	assert_lost(h, LOST_TRACED);
	child_end(&tracer);
	child_end(&child);
}

/* A thread of ours that called exec has the first one's id since, and its stop
 * is still to come. */
static void test_taken_back(void **state)
{
	(void)state;
	begin_child(child_spin);
	world.target.pid = child.pid;
	stand_take_back(&world.capture);
	assert_int_equal(world.capture.late.count, 0); /* nobody traces it */
	assert_int_equal(ptrace(PTRACE_SEIZE, child.pid, NULL, NULL), 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, child.pid, NULL, NULL), 0);
	put_tracer(child.pid, gettid());
	stand_take_back(&world.capture);
	assert_int_equal(world.capture.late.count, 1);
	stand_take_back(&world.capture);
	assert_int_equal(world.capture.late.count, 1); /* once */
	settle();
	assert_false(child_traced(child.pid));
	assert_true(child_moves(&child));
	child_end(&child);
}

/* A tick that finds it so does the same. */
static void test_taken_back_by_a_tick(void **state)
{
	(void)state;
	begin_child(child_spin);
	world.target.pid = child.pid;
	assert_int_equal(ptrace(PTRACE_SEIZE, child.pid, NULL, NULL), 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, child.pid, NULL, NULL), 0);
	put_tracer(child.pid, gettid());
	assert_int_equal(take(), 0);
	settle();
	assert_false(child_traced(child.pid));
	assert_true(child_moves(&child));
	child_end(&child);
}

/* Another cprof has it for a moment: a tick is lost, and no more. */
static void test_traced_by_another(void **state)
{
	struct child tracer;

	(void)state;
	begin_child(child_spin);
	victim = child.pid;
	child_start(&tracer, trace_victim);
	assert_int_equal(atomic_load(&tracer.shared->signals), 1);
	put_tracer(child.pid, tracer.pid);
	assert_int_equal(take(), 0);
	assert_lost(h, LOST_TRACED);
	assert_true(world.capture.refused_ns > 0);
	child_end(&tracer);
	put_tracer(child.pid, 0);
	assert_int_equal(take(), 0);
	settle();
	assert_has(h, 9, 2);
	assert_int_equal(world.capture.refused_ns, 0);
	child_end(&child);
}

/* It ended between the look and the stop. */
static void test_nobody_to_stop(void **state)
{
	(void)state;
	put_stack(a, 1, 3);
	h = world_thread(&world, TID_H);
	world_task(&world, TID_H, 5, WORLD_RUNS);
	world_take_gil(&world, h);
	assert_int_equal(take(), 0);
	assert_lost(h, LOST_GIL);
	assert_int_equal(world.capture.late.count, 0);
}

/* Whatever read fails: the child goes on, and the next tick is good. */
static void test_faults(void **state)
{
	struct mem_faulty faulty;
	uint64_t n;
	int err;

	(void)state;
	begin_child(child_spin);
	for (n = 1; n <= 30; n++) {
		mem_faulty_init(&faulty, &world.mem);
		faulty.fail_at = n;
		world.target.mem = &faulty.mem;
		world.capture.list_stale = true;
		put_stack(h, 9, 3);
		err = take();
		assert_true(!err || err == ERR_REPLACED || err == ERR_FAULT);
		if (!err && world_tstate(&world, h)->have)
			assert_has(h, 9, 3);
		settle();
		assert_false(child_traced(child.pid));
		world.target.mem = &world.mem;
		put_stack(h, 9, 4);
		assert_int_equal(take(), 0);
		settle();
		assert_has(h, 9, 4);
		assert_has(a, 1, 3);
	}
	assert_true(child_moves(&child));
	child_end(&child);
}

/* ---- two interpreters with one GIL ------------------------------------- */

static raddr_t second; /* interpreter, older than the main one for the test */

static raddr_t add_second(pid_t tid)
{
	const struct layout *l = &world.fake.python.layout;
	raddr_t thread;

	second = fake_alloc(&world.fake, 16384);
	thread = world_thread(&world, tid);
	world_unlink_newest(&world);
	fake_put_word(&world.fake, thread + l->thread_interp, second);
	fake_put_word(&world.fake, thread + l->thread_next, 0);
	fake_put_word(&world.fake, second + l->interp_threads_head, thread);
	fake_put_word(&world.fake, second + l->interp_gil, world.gil);
	fake_put_word(&world.fake, world.interp + l->interp_next, second);
	return thread;
}

/* PyThreadState_Swap() moves no word of the GIL. */
static void test_two_states_of_one_thread(void **state)
{
	raddr_t other;

	(void)state;
	other = add_second(TID_A);
	put_stack(a, 1, 3);
	put_stack(other, 6, 2);
	world_take_gil(&world, a);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_has(other, 6, 2);
	put_stack(other, 7, 4);
	world_task(&world, TID_A, 6, WORLD_ASLEEP);
	assert_int_equal(take(), 0);
	assert_has(a, 1, 3);
	assert_has(other, 7, 4);
}

/* The holder's state is freed by a walk of the lists that then fails in the
 * other interpreter. */
static void both_lists_move(struct world *w)
{
	const struct layout *l = &w->fake.python.layout;

	fake_put_word(&w->fake, a + l->thread_native_id, TID_C);
	fake_put_word(&w->fake, second + l->interp_threads_head, b);
}

static void test_the_holder_is_forgotten(void **state)
{
	unsigned int at;

	(void)state;
	for (at = 1; at < 20; at++) {
		begin(2);
		add_second(TID_H);
		put_stack(a, 1, 3);
		world_take_gil(&world, a);
		assert_int_equal(take(), 0);
		put_stack(a, 1, 4);
		world_task(&world, TID_A, 6, WORLD_ASLEEP);
		world_change_at(&world, at, both_lists_move, NULL);
		assert_int_equal(take(), 0);
		if (world.reads < at)
			break;
	}
	assert_true(at > 3);
}

static int set_up_group(void **state)
{
	(void)state;
	stop_block_signals(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_holds_the_gil),
		TEST(test_the_holder_sleeps),
		TEST(test_nothing_moved),
		TEST(test_running_without_the_gil),
		TEST(test_an_unwanted_holder_runs_on),
		TEST(test_an_unwanted_holder_proves_nothing),
		TEST(test_preempted),
		TEST(test_not_preempted),
		TEST(test_pulled_away),
		TEST(test_nothing_is_ever_stopped),
		TEST(test_it_ran_between_two_ticks),
		TEST(test_the_holder_wakes),
		TEST(test_another_takes_the_gil),
		TEST(test_it_changes_hands_all_the_time),
		TEST(test_threads_come_and_go),
		TEST(test_a_state_used_again),
		TEST(test_a_thread_ends),
		TEST(test_it_ended_with_the_gil),
		TEST(test_one_that_is_being_deleted),
		TEST(test_a_silent_swap),
		TEST(test_the_process_ends),
		TEST(test_half_made),
		TEST(test_garbage),
		TEST(test_stopped),
		TEST(test_without_a_stop),
		TEST(test_disturbed),
		TEST(test_late),
		TEST(test_traced_by_another),
		TEST(test_refused_for_long),
		TEST(test_taken_back),
		TEST(test_taken_back_by_a_tick),
		TEST(test_nobody_to_stop),
		TEST(test_faults),
		TEST(test_two_states_of_one_thread),
		TEST(test_the_holder_is_forgotten),
	};

	return cmocka_run_group_tests_name("instant", tests, set_up_group,
					   NULL);
}
