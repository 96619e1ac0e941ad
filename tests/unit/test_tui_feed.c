/* test_tui_feed.c - what a refresh says of the samples; functions in detail
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "test_tui_fake.h"
#include "tui/detail.h"
#include "tui/feed.h"

struct fixture {
	struct session session;
	struct view view;
	struct feed feed;
	struct picture picture;
	struct stats last, reset;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fake_init(&f->session);
	feed_init(&f->feed, &f->view);
	picture_init(&f->picture);
	session_add_reader(&f->session, feed_sample, &f->feed);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	picture_release(&f->picture);
	feed_release(&f->feed);
	fake_release(&f->session);
	free(f);
	return 0;
}

static void take(struct fixture *f, bool whole)
{
	struct stats now;

	session_stats(&f->session, &now);
	assert_int_equal(picture_take(&f->picture, &f->feed, &now, &f->last,
				      &f->reset, whole),
			 0);
	f->last = now;
}

static const struct picture_row *row(struct fixture *f, int by,
				     const char *name)
{
	const struct picture_row *r = f->picture.rows[by].items;
	uint32_t i;

	for (i = 0; i < f->picture.rows[by].count; i++)
		if (!strcmp(def_text(&f->session.defs, r[i].name), name))
			return &r[i];
	fail_msg("no row of %s", name);
	return NULL;
}

static void assert_near(double x, double expected)
{
	if (fabs(x - expected) > 0.05)
		fail_msg("%f is not %f", x, expected);
}

static void test_percents_are_of_the_window(void **state)
{
	struct fixture *f = *state;

	fake_run(&f->session, 100);
	take(f, false);
	assert_near(row(f, BY_FUNCTION, "parse")->own, 30);
	assert_near(row(f, BY_FUNCTION, "render")->own, 0);
	assert_near(row(f, BY_FUNCTION, "render")->total, 30);
	assert_near(row(f, BY_FUNCTION, "fib")->total, 40); /* once a stack */
	assert_near(row(f, BY_FUNCTION, "<module>")->total, 100);
	assert_near(f->picture.gil, 100);
	assert_near(f->picture.active, 100);
	assert_near(f->picture.waiting, 200);
	take(f, false); /* nothing came: an empty window */
	assert_near(row(f, BY_FUNCTION, "parse")->own, 0);
	assert_true(row(f, BY_FUNCTION, "parse")->own_ns > 0);
}

static void test_who_is_stopped_waits_for_nothing(void **state)
{
	struct fixture *f = *state;

	f->session.stopped = true;
	fake_run(&f->session, 100);
	take(f, false);
	assert_near(f->picture.waiting, 0);
}

static void test_times_are_since_the_start(void **state)
{
	struct fixture *f = *state;

	fake_run(&f->session, 100);
	take(f, false);
	fake_run(&f->session, 100);
	take(f, false);
	assert_near((double)row(f, BY_FUNCTION, "escape")->own_ns / 1e9, 0.4);
	assert_near((double)row(f, BY_LINE, "escape")->own_ns / 1e9, 0.4);
	assert_near((double)row(f, BY_FUNCTION, "fib")->total_ns / 1e9, 0.8);
}

static void test_whole_is_of_all_time(void **state)
{
	struct fixture *f = *state;

	fake_run(&f->session, 100);
	take(f, false);
	fake_run(&f->session, 3); /* three ticks in parse only */
	take(f, true);
	assert_true(row(f, BY_FUNCTION, "parse")->own < 35);
	assert_true(f->picture.window_s > 1);
	assert_near(f->picture.gil, 100);
}

static void test_reset_forgets_all_but_threads(void **state)
{
	struct fixture *f = *state;

	fake_run(&f->session, 100);
	take(f, false);
	feed_reset(&f->feed);
	f->reset = f->last;
	take(f, false);
	assert_int_equal(f->picture.rows[BY_FUNCTION].count, 0);
	assert_int_equal(f->picture.threads.count, 4);
	assert_int_equal(f->picture.stats.samples, 0);
	assert_int_equal(f->picture.samples, 0);
	fake_run(&f->session, 10);
	take(f, false);
	assert_int_equal(f->picture.stats.samples, 40);
	assert_int_equal(f->picture.samples, 10); /* that ran */
	assert_near((double)row(f, BY_FUNCTION, "parse")->own_ns / 1e9, 0.03);
}

/* For ever, in a bounded memory: the newest part of the time line. */
static void test_time_line_is_bounded(void **state)
{
	struct fixture *f = *state;
	const struct timeline *t = &f->feed.timeline;

	fake_run(&f->session, 1200000); /* less than one entry a tick */
	assert_true(t->entries.room * sizeof(*t->entries.items) <= 16 << 20);
	assert_true(t->entries.count > 400000);
	assert_true(t->from_ns > 0);
	assert_true(t->entries.items[t->entries.count - 1].time_ns >=
		    f->session.stats.ticks * 10 * NSEC_PER_MSEC - NSEC_PER_SEC);
	feed_reset(&f->feed);
	assert_int_equal(t->entries.count, 0);
	assert_int_equal(t->from_ns, 0);
}

static void test_threads(void **state)
{
	struct fixture *f = *state;
	const struct picture_thread *t;

	fake_run(&f->session, 100);
	take(f, false);
	assert_int_equal(f->picture.threads.count, 4);
	assert_int_equal(f->picture.running, 1);
	assert_int_equal(f->picture.processes.count, 1);
	t = f->picture.threads.items;
	assert_near(t[0].active, 60);
	assert_near(t[0].waiting, 40);
	assert_near(t[1].gil, 20);
	assert_int_equal(t[3].state, STATE_IDLE);
	assert_int_equal(t[3].syscall, f->session.syscall);
}

static void test_ended_threads_vanish(void **state)
{
	struct fixture *f = *state;
	int i;

	fake_run(&f->session, 10);
	for (i = 0; i < 200; i++) { /* two seconds of the main thread only */
		f->session.stats.ticks++;
		fake_sample(&f->session, 0, 0, STATE_ACTIVE_GIL);
	}
	take(f, false);
	assert_int_equal(f->picture.threads.count, 1);
}

static void test_rate_and_cost(void **state)
{
	struct fixture *f = *state;

	fake_run(&f->session, 100);
	take(f, false);
	assert_near(f->picture.rate_hz, 100);
	assert_near(f->picture.own_cpu, 0.4);
	assert_near(f->picture.slowdown, 0.1);
	assert_near(f->picture.missed, 0);
	fake_run(&f->session, 10);
	f->session.stats.missed += 30;
	take(f, false);
	assert_near(f->picture.missed, 75);
}

/* ---- detail ----------------------------------------------------------- */

static const struct detail_row *part_row(const struct fixture *f,
					 const struct detail *t, int part,
					 const char *name)
{
	const struct detail_row *r = t->rows[part].items;
	uint32_t i;

	for (i = 0; i < t->rows[part].count; i++)
		if (!strcmp(def_text(&f->session.defs, r[i].function.name),
			    name))
			return &r[i];
	fail_msg("no row of %s", name);
	return NULL;
}

static struct function function_named(struct fixture *f, const char *name)
{
	const struct picture_row *r;

	take(f, false);
	r = row(f, BY_LINE, name);
	return detail_find(&f->session.defs, r->name, r->file, r->line, true);
}

static void test_detail_of_a_middle_function(void **state)
{
	struct fixture *f = *state;
	struct function function;
	struct detail t;

	fake_run(&f->session, 100);
	function = function_named(f, "Handler.handle");
	assert_int_equal(function.line, 30);
	detail_init(&t);
	assert_int_equal(detail_build(&t, &function, &f->feed.fold,
				      &f->session.defs),
			 0);
	assert_near((double)t.total_ns / 1e9, 0.6);
	assert_near((double)t.own_ns, 0);
	assert_int_equal(t.rows[DETAIL_CALLERS].count, 1);
	assert_int_equal(t.rows[DETAIL_CALLEES].count, 2);
	part_row(f, &t, DETAIL_CALLERS, "serve");
	assert_near(
		(double)part_row(f, &t, DETAIL_CALLEES, "render")->total_ns /
			1e9,
		0.3);
	assert_int_equal(t.rows[DETAIL_LINES].count, 1);
	assert_int_equal(t.rows[DETAIL_LINES].items[0].line, 41);
	detail_release(&t);
}

static void test_detail_of_recursion(void **state)
{
	struct fixture *f = *state;
	struct function function;
	struct detail t;

	fake_run(&f->session, 100);
	function = function_named(f, "fib");
	detail_init(&t);
	detail_build(&t, &function, &f->feed.fold, &f->session.defs);
	detail_build(&t, &function, &f->feed.fold, &f->session.defs);
	assert_near((double)t.total_ns / 1e9, 0.4); /* again: not doubled */
	assert_near((double)part_row(f, &t, DETAIL_CALLERS, "fib")->total_ns /
			    1e9,
		    0.2);
	assert_near(
		(double)part_row(f, &t, DETAIL_CALLERS, "<module>")->total_ns /
			1e9,
		0.4);
	assert_int_equal(t.rows[DETAIL_LINES].count, 2);
	assert_int_equal(t.rows[DETAIL_LINES].items[0].line, 2);
	detail_release(&t);
}

static void test_detail_of_nothing(void **state)
{
	struct fixture *f = *state;
	struct function function = { 12345, 6, 7 };
	struct detail t;

	fake_run(&f->session, 10);
	detail_init(&t);
	assert_int_equal(detail_build(&t, &function, &f->feed.fold,
				      &f->session.defs),
			 0);
	assert_int_equal(t.total_ns, 0);
	detail_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_percents_are_of_the_window),
		TEST(test_who_is_stopped_waits_for_nothing),
		TEST(test_times_are_since_the_start),
		TEST(test_whole_is_of_all_time),
		TEST(test_reset_forgets_all_but_threads),
		TEST(test_time_line_is_bounded),
		TEST(test_threads),
		TEST(test_ended_threads_vanish),
		TEST(test_rate_and_cost),
		TEST(test_detail_of_a_middle_function),
		TEST(test_detail_of_recursion),
		TEST(test_detail_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
