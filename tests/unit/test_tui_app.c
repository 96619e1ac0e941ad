/* test_tui_app.c - key scripts, and the screens that they must lead to
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "test_tui_fake.h"
#include "tui/app.h"

struct fixture {
	struct session session;
	struct tui_options options;
	struct app app;
	struct buf screen;
	uint64_t now_ns;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fake_init(&f->session);
	buf_init(&f->screen);
	assert_int_equal(app_init(&f->app, &f->session, &f->options), 0);
	session_add_reader(&f->session, feed_sample, &f->app.feed);
	f->now_ns = NSEC_PER_SEC;
	app_tick(&f->app, f->now_ns, SESSION_RUNNING);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	app_release(&f->app);
	buf_release(&f->screen);
	fake_release(&f->session);
	free(f);
	return 0;
}

/* So many ticks go by, in time that is counted. */
static void pass(struct fixture *f, unsigned int ticks)
{
	fake_run(&f->session, ticks);
	f->now_ns += ticks * 10 * NSEC_PER_MSEC;
	app_tick(&f->app, f->now_ns, f->session.end);
}

static void press_key(struct fixture *f, uint32_t key)
{
	app_event(&f->app, &(struct event){ .key = key });
}

static void type(struct fixture *f, const char *keys)
{
	for (; *keys; keys++)
		press_key(f, (unsigned char)*keys);
}

static const char *screen(struct fixture *f)
{
	int y;

	app_draw(&f->app);
	buf_reset(&f->screen);
	for (y = 0; y < f->app.canvas.height; y++) {
		canvas_line(&f->app.canvas, y, &f->screen);
		buf_putc(&f->screen, '\n');
	}
	return f->screen.data;
}

static void see(struct fixture *f, const char *text)
{
	if (!strstr(screen(f), text))
		fail_msg("no \"%s\" in\n%s", text, f->screen.data);
}

static void see_not(struct fixture *f, const char *text)
{
	if (strstr(screen(f), text))
		fail_msg("\"%s\" in\n%s", text, f->screen.data);
}

/* Text of the selected row's line. */
static void see_selected(struct fixture *f, const char *text)
{
	struct buf line;
	int y;

	app_draw(&f->app);
	buf_init(&line);
	for (y = 0; y < f->app.canvas.height; y++)
		if (canvas_cell(&f->app.canvas, 0, y)->style == STYLE_SELECTED)
			canvas_line(&f->app.canvas, y, &line);
	if (!strstr(line.data, text))
		fail_msg("\"%s\" is not selected but \"%s\"", text, line.data);
	buf_release(&line);
}

/* ---- screens ---------------------------------------------------------- */

static void test_screen_80x24(void **state)
{
	struct fixture *f = *state;
	static const char expected[] =
		"cprof " CPROF_VERSION
		"  PID 4711  Python 3.12.1  python3 server.py --port 80\n"
		"GIL     [||||||||||100.0%]  Samples  100 active     "
		"Threads  4, 1 run, 1 proc\n"
		"Active  [||||||||||100.0%]  Rate     100/100 Hz     "
		"Own CPU  0.4%\n"
		"Waiting [||||||||||200.0%]  Lost     0              "
		"Slowdown 0.10%\n"
		"\n"
		"     last 1.0 s         since start\n"
		"   %Own  %Total   OwnTime TotalTime  Function (file)\n";

	pass(f, 100);
	assert_int_equal(strncmp(screen(f), expected, strlen(expected)), 0);
	see(f,
	    "\n  30.0%   30.0%     0.30s     0.30s  parse (http/parse.py)\n");
	see(f, FAKE_WIDE " (http/wide.py)\n");
	see(f, "  evil\\x1b[31m\\x0a\\xff name (evil.py)\n");
	see(f, "\n?Help EnterCallers /Search fFilter LLine tThreads SpcFreeze "
	       "RReset sSave qQuit\n");
}

static void test_screen_40x10(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(canvas_resize(&f->app.canvas, 40, 10), 0);
	pass(f, 100);
	see(f, "PID 4711 python3 server.py --port 80\n"
	       "GIL 100% act 100% wait 200% thr 4/1p\n"
	       "100 act 100/s lost 0 cpu 0.4% slow 0.1%\n"
	       "         since start\n"
	       "   OwnTime TotalTime  Function (file)\n"
	       "     0.30s     0.30s  parse (http/parse~\n");
	see(f, "?Help EnterCallers /Search fFilter qQuit\n");
	type(f, "1");
	see(f, "     last 1.0 s\n   %Own  %Total  Function (file)\n");
}

/* As many as the table sums up, which is what -g and -i say. */
static void test_samples_are_those_of_the_table(void **state)
{
	struct fixture *f = *state;
	const uint64_t millions = 12345678;

	pass(f, 100);
	f->app.feed.view.idle = true;
	see(f, "Samples  100  ");
	f->app.feed.view.gil = true;
	see(f, "Samples  100 GIL  ");
	f->app.feed.view = (struct view){ 0 };
	f->app.picture.samples = 999999;
	see(f, "Samples  999,999 active Threads");
	f->app.picture.samples = millions;
	see(f, "Samples  12.3M active   Threads");
	assert_int_equal(canvas_resize(&f->app.canvas, 40, 10), 0);
	see(f, "\n12M act 100/s lost 0 cpu 0.4% slow 0.1%\n");
	f->app.picture.rate_hz = 12345; /* the slowdown does not fit */
	see(f, "\n12M act 12345/s lost 0 cpu 0.4%\n");
}

static void test_screen_200x50(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(canvas_resize(&f->app.canvas, 200, 50), 0);
	pass(f, 100);
	see(f, "Threads  4, 1 run, 1 process\n");
}

/* Whatever is typed, at whatever size: nothing is written beyond the screen
 * (the sanitizers watch) and the selection stays in the list. */
static void test_any_keys_at_any_size(void **state)
{
	static const char keys[] = "1234LRt/nNf s+-oq?jkgGyhre";
	struct fixture *f = *state;
	uint32_t seed = 1, key;
	int i;

	f->options.command = 4711;
	f->options.command_output = "/dev/null";
	for (i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		key = seed >> 8;
		if (key % 16 == 0)
			assert_int_equal(canvas_resize(&f->app.canvas,
						       (int)(key >> 4) % 100,
						       (int)(key >> 12) % 40),
					 0);
		else if (key % 2)
			press_key(f, (uint32_t)keys[(key >> 4) % 26]);
		else if (f->app.prompt.kind != PROMPT_SAVE)
			press_key(f, K_NONE + (key >> 4) % 17);
		if (f->app.prompt.kind == PROMPT_SAVE)
			press_key(f, K_ESCAPE);
		if (key % 7 == 0)
			pass(f, 10);
		app_draw(&f->app);
		f->app.done = false;
	}
}

/* ---- keys ------------------------------------------------------------- */

static void test_sort(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	see_selected(f, " parse (");
	type(f, "4");
	see_selected(f, " <module> (");
	type(f, "1");
	see_selected(f, " parse (");
}

static void test_selection_follows_its_function(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	press_key(f, K_END);
	see_selected(f, " render (");
	type(f, "k");
	press_key(f, K_UP);
	see_selected(f, " Handler.handle (");
	fake_run(&f->session, 100);
	f->app.sort = TUI_SORT_TOTAL_TIME; /* rows change places */
	pass(f, 100);
	see_selected(f, " Handler.handle (");
	press_key(f, K_HOME);
	see_selected(f, " <module> (");
}

static void test_lines(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "L");
	see(f, "Function (file:line)");
	see(f, " Handler.handle (server.py:41)\n");
	type(f, "L");
	see(f, " Handler.handle (server.py)\n");
}

static void test_search(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "/RENDER"); /* in any case, while it is typed */
	see(f, "Search: RENDER");
	see_selected(f, "escape (http/render.py)");
	press_key(f, K_ENTER);
	type(f, "n");
	see_selected(f, " render (http/render.py)");
	type(f, "n"); /* around */
	see_selected(f, "escape (http/render.py)");
	type(f, "N");
	see_selected(f, " render (http/render.py)");
	type(f, "/nowhere");
	press_key(f, K_ENTER);
	see(f, "not found");
}

static void test_filter(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "frendr");
	press_key(f, K_BACKSPACE);
	type(f, "er");
	press_key(f, K_ENTER);
	see(f, "filter: render");
	see_not(f, "parse");
	pass(f, 100);
	see_not(f, "parse");
	press_key(f, K_ESCAPE);
	see(f, "parse");
	type(f, "fnothing at all");
	see(f, "No function matches the filter.");
	press_key(f, K_ESCAPE); /* gives up what was typed */
	see(f, "parse");
}

static void test_freeze(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, " ");
	pass(f, 200);
	see(f, "Frozen; space goes on");
	see(f, " 0.30s     0.30s  parse");
	type(f, " ");
	pass(f, 100);
	see_not(f, "Frozen");
	see(f, " 1.20s     1.20s  parse"); /* nothing was lost */
	see(f, "last 1.0 s"); /* and the window is one delay long */
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "R");
	pass(f, 10);
	see(f, "since reset");
	see(f, " 0.03s     0.03s  parse");
	see(f, "Samples  10 active");
}

static void test_function(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "/handle");
	press_key(f, K_ENTER);
	press_key(f, K_ENTER);
	see(f, " Handler.handle (server.py:30)\n");
	see(f, " Called by\n"
	       "         100.0%               0.60s  serve (server.py)\n");
	see(f, "   0.0%  100.0%     0.00s     0.60s    line 41\n");
	see(f, "  render (http/render.py)\n");
	press_key(f, K_END);
	press_key(f, K_ENTER); /* one of its callees */
	see_not(f, " Handler.handle (server.py:30)\n");
	press_key(f, K_ESCAPE);
	see(f, " Handler.handle (server.py:30)\n");
	type(f, "q");
	see(f, "Function (file)");
	assert_false(f->app.done);
}

/* A function with two lines in a file of its own, which is ours to read. */
static void put_source(struct fixture *f, const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	f->session.stacks[0] = fake_call(&f->session, 0, "work", path, 1, 3);
	f->session.stacks[1] = fake_call(&f->session, 0, "work", path, 1, 4);
	f->session.stacks[2] = fake_call(&f->session, 0, "work", path, 1, 99);
	pass(f, 100);
	type(f, "1/work");
	press_key(f, K_ENTER);
	press_key(f, K_ENTER);
}

static void test_source_lines(void **state)
{
	struct fixture *f = *state;
	char folder[] = "/tmp/cprof-tui-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.py", folder);
	listing_open(&f->app.listing, getpid());
	f->app.listing.source.target.start_time += 1000; /* after the file */
	put_source(f, path,
		   "def work():\r\n\n"
		   "\tfor i in x:\r\t\ty = '\033[31m'\tz");
	see(f, "0.30s     0.30s     3  for i in x:\n");
	see(f, "0.20s     0.20s     4          y = '\\x1b[31m'     z\n");
	see(f, "0.10s     0.10s    line 99\n");
	type(f, "/FOR I");
	see_selected(f, "for i in x:");
	press_key(f, K_ESCAPE);
	see_not(f, "file changed");
	put_source(f, path, ""); /* opened anew, it is read anew */
	see(f, "    line 3\n");
	unlink(path);
	rmdir(folder);
}

static void test_source_that_was_changed(void **state)
{
	struct fixture *f = *state;
	char folder[] = "/tmp/cprof-tui-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.py", folder);
	listing_open(&f->app.listing, getpid());
	f->app.listing.source.target.start_time -= 1000; /* before it */
	put_source(f, path, "\n\nchanged\n");
	see(f, "     3  changed\n");
	see(f, "since start  The file changed after the program began\n");
	unlink(path);
	rmdir(folder);
}

static void test_threads(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "t");
	see(f, "  60.0%  60.0%  40.0%    4711  waiting for gil  MainThread");
	see(f, "epoll_wait       sleeper");
	f->app.picture.threads.items[3].holds_gil = true;
	f->app.picture.threads.items[3].syscall =
		fake_string(&f->session, "clock_nanosleep");
	see(f, "clock_nanos~+gil sleeper");
	assert_int_equal(canvas_resize(&f->app.canvas, 40, 24), 0);
	see(f, " %Active  State            Name\n"
	       "  60.0%  waiting for gil  MainThread\n");
	assert_int_equal(canvas_resize(&f->app.canvas, 80, 24), 0);
	press_key(f, K_ENTER);
	see(f, " Thread 4711 MainThread: waiting for gil\n");
	see(f, "  parse (http/parse.py:12)\n"
	       "  Handler.handle (server.py:41)\n");
	press_key(f, K_ENTER);
	see(f, " parse (http/parse.py:10)\n");
	press_key(f, K_ESCAPE);
	see(f, " Thread 4711 MainThread"); /* back to where it came from */
	press_key(f, K_ESCAPE);
	see(f, "%Active");
	press_key(f, K_ENTER);
	type(f, "t");
	see(f, "%Active");
	type(f, "t");
	see(f, "Function (file)");
}

static void test_help(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "t?");
	see(f, "sort by that column");
	type(f, "X");
	see(f, "%Active"); /* back to where it was opened */
}

static void test_delay(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, "+");
	see(f, "refresh every 2 s");
	pass(f, 100);
	see(f, "Samples  100 active"); /* not yet */
	pass(f, 100);
	see(f, "Samples  300 active");
	type(f, "---------");
	see(f, "refresh every 0.1 s");
}

static void test_first_refreshes_are_early(void **state)
{
	struct fixture *f = *state;

	f->app.delay_ns = 60 * NSEC_PER_SEC;
	see(f, "Waiting for the first sample");
	pass(f, 9);
	see_not(f, "parse");
	pass(f, 1);
	see(f, "Samples  10 active");
	pass(f, 89);
	see(f, "Samples  10 active");
	pass(f, 1);
	see(f, "Samples  100 active");
}

static void test_an_early_refresh_cuts_no_window(void **state)
{
	struct fixture *f = *state;

	pass(f, 10);
	see(f, "last 0.1 s");
	pass(f, 99); /* more than 100 ticks, but a delay is over */
	see(f, "last 0.1 s");
	pass(f, 1);
	see(f, "last 1.0 s");
}

static void test_mouse(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	screen(f);
	app_event(&f->app, &(struct event){ K_CLICK, 14, 6 }); /* %Total */
	see_selected(f, "<module>");
	app_event(&f->app, &(struct event){ K_CLICK, 50, 9 });
	pass(f, 100); /* what was clicked stays selected */
	see_selected(f, "serve");
	screen(f);
	app_event(&f->app, &(struct event){ K_CLICK, 50, 9 }); /* opens */
	see(f, "Called by");
	app_event(&f->app, &(struct event){ K_CLICK, 1, 23 }); /* Esc Back */
	see(f, "Function (file)");
	assert_int_equal(canvas_resize(&f->app.canvas, 80, 10), 0);
	press_key(f, K_HOME);
	screen(f);
	app_event(&f->app, &(struct event){ K_WHEEL_DOWN, 9, 9 });
	see_selected(f, "fib"); /* the fourth: three scrolled out */
}

static void test_shift_shows_long_names(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	press_key(f, K_RIGHT);
	see(f, "tp/parse.py)\n");
	press_key(f, K_LEFT);
	press_key(f, K_LEFT);
	see(f, "parse (http/parse.py)\n");
}

/* ---- ends ------------------------------------------------------------- */

static void test_target_ends(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	type(f, " ");
	f->session.end = SESSION_TARGET_ENDED;
	pass(f, 10);
	see(f, "The target ended after 1.1 s: this is all of it");
	see(f, "all 1.1 s");
	assert_int_equal(app_wait_ms(&f->app), -1);
	type(f, "q");
	assert_true(f->app.done);
}

static void test_sampling_fails(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	f->session.end = SESSION_FAILED;
	pass(f, 1);
	see(f, "sampling failed after 1.0 s: ");
	see(f, err_text(ERR_FAULT));
}

static void test_quit_asks_about_a_command(void **state)
{
	struct fixture *f = *state;

	f->options.command = 4711;
	pass(f, 100);
	type(f, "q");
	see(f, "End PID 4711, too?");
	press_key(f, K_ESCAPE);
	assert_false(f->app.done);
	press_key(f, K_F0 + 10);
	type(f, "n");
	assert_true(f->app.done);
	assert_false(f->app.end_command);
	f->app.done = false;
	type(f, "qy");
	assert_true(f->app.done);
	assert_true(f->app.end_command);
}

static void test_interrupt(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	f->options.command = 4711;
	app_interrupt(&f->app);
	see(f, "once more ends cprof");
	assert_false(f->app.done);
	app_interrupt(&f->app);
	assert_true(f->app.done);
	f->app.done = f->app.interrupted = false;
	f->options.command = 0;
	app_interrupt(&f->app);
	assert_true(f->app.done);
}

static void test_behind(void **state)
{
	struct fixture *f = *state;

	f->session.stats.missed = 100;
	pass(f, 100);
	see(f, "Behind: 50% of the samples were not taken");
}

/* ---- save ------------------------------------------------------------- */

static void save_as(struct fixture *f, const char *path)
{
	type(f, "s");
	press_key(f, 'U' - '@');
	type(f, path);
	press_key(f, K_ENTER);
}

static void test_save(void **state)
{
	struct fixture *f = *state;
	char folder[] = "/tmp/cprof-tui-XXXXXX", path[64], line[256] = "";
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.folded", folder);
	f->options.save_stem = "python3-4711";
	pass(f, 100);
	type(f, "s");
	see(f, "Save as: python3-4711-2");
	press_key(f, K_ESCAPE);
	see_not(f, "Save as");
	save_as(f, path);
	see(f, "saved /tmp/cprof-tui-");
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(strstr(line, "<module> (server.py:80);"));
	fclose(file);
	save_as(f, path);
	app_tick(&f->app, f->now_ns, SESSION_RUNNING);
	assert_int_equal(f->app.prompt.kind, PROMPT_SAVE); /* another name */
	assert_non_null(strstr(f->app.message.data, "exists"));
	press_key(f, K_ESCAPE);
	unlink(path);
	rmdir(folder);
}

/* All of a file; the caller frees it. */
static char *contents(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void save_and_see(struct fixture *f, const char *path,
			 const char *message, const char *const parts[])
{
	char *text;

	save_as(f, path);
	see(f, message);
	text = contents(path);
	for (; *parts; parts++)
		if (!strstr(text, *parts))
			fail_msg("no %s in %s", *parts, text);
	free(text);
	unlink(path);
}

static void test_save_time_line(void **state)
{
	static const char *const all[] = {
		"\"name\":\"cprof: python3 server.py --port 80\"",
		"\"name\":\"thread (4711): MainThread\"",
		"\"endValue\":1.000000,", NULL
	};
	static const char *const after_reset[] = { "\"endValue\":0.100000,",
						   NULL };
	static const char *const newest[] = { "--port 80, from 0.",
					      "\"endValue\":1.100000,", NULL };
	struct fixture *f = *state;
	char folder[] = "/tmp/cprof-tui-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.speedscope.json", folder);
	pass(f, 100);
	save_and_see(f, path, ".speedscope.json\n", all);
	type(f, "R");
	pass(f, 10);
	save_and_see(f, path, ".speedscope.json\n", after_reset);
	pass(f, 100);
	timeline_forget(&f->app.feed.timeline,
			f->app.feed.timeline.entries.count * 45 / 110);
	save_and_see(f, path, ".speedscope.json, from 0.", newest);
	rmdir(folder);
}

static void test_save_refuses(void **state)
{
	struct fixture *f = *state;

	pass(f, 100);
	save_as(f, "profile.doc");
	assert_non_null(strstr(f->app.message.data, "what format?"));
	press_key(f, K_ESCAPE);
	save_as(f, "/nonexistent/a.svg");
	assert_non_null(strstr(f->app.message.data, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_screen_80x24),
		TEST(test_screen_40x10),
		TEST(test_samples_are_those_of_the_table),
		TEST(test_screen_200x50),
		TEST(test_any_keys_at_any_size),
		TEST(test_sort),
		TEST(test_selection_follows_its_function),
		TEST(test_lines),
		TEST(test_search),
		TEST(test_filter),
		TEST(test_freeze),
		TEST(test_reset),
		TEST(test_function),
		TEST(test_source_lines),
		TEST(test_source_that_was_changed),
		TEST(test_threads),
		TEST(test_help),
		TEST(test_delay),
		TEST(test_first_refreshes_are_early),
		TEST(test_an_early_refresh_cuts_no_window),
		TEST(test_mouse),
		TEST(test_shift_shows_long_names),
		TEST(test_target_ends),
		TEST(test_sampling_fails),
		TEST(test_quit_asks_about_a_command),
		TEST(test_interrupt),
		TEST(test_behind),
		TEST(test_save),
		TEST(test_save_time_line),
		TEST(test_save_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
