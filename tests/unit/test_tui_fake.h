/* test_tui_fake.h - a session without a process, for tests of the screen
 *
 * Implements sampler.h over a small made-up server: a main thread that
 * handles requests, two workers that fight for the GIL, a sleeper. Its clock
 * is turned by the test, or follows the real one.
 */
#ifndef TEST_TUI_FAKE_H
#define TEST_TUI_FAKE_H

#include <string.h>
#include <unistd.h>

#include "cprof/sampler.h"

#define FAKE_STACKS 6
#define FAKE_HOSTILE "evil\033[31m\n\xff name"
#define FAKE_WIDE "\u5e83\u3044\u540d\u524d" /* four wide characters */

struct session {
	struct defs defs;
	struct meta meta;
	struct stats stats;
	session_reader read;
	void *arg;
	enum session_end end;
	bool real_time;
	bool stopped; /* the process */
	uint64_t begin_ns;
	process_id process;
	thread_id threads[4];
	stack_id stacks[FAKE_STACKS];
	string_id syscall;
};

static string_id fake_string(struct session *s, const char *text)
{
	return defs_string(&s->defs, text, strlen(text));
}

static stack_id fake_call(struct session *s, stack_id parent, const char *name,
			  const char *file, int first_line, int line)
{
	struct code code = { .first_line = first_line };
	struct frame frame = { .offset = line, .line = line };
	code_id id;

	code.name = fake_string(s, name);
	code.file = code.short_file = fake_string(s, file);
	for (id = 1; id <= s->defs.codes.count; id++)
		if (!memcmp(def_code(&s->defs, id), &code, sizeof(code)))
			break;
	frame.code =
		id <= s->defs.codes.count ? id : defs_code(&s->defs, &code);
	return defs_stack(&s->defs, parent, defs_frame(&s->defs, &frame));
}

/* main: serve -> handle -> parse | render -> escape | fib -> fib */
static void fake_stacks(struct session *s)
{
	stack_id module, serve, handle, render, fib;

	module = fake_call(s, 0, "<module>", "server.py", 1, 80);
	serve = fake_call(s, module, "serve", "server.py", 60, 77);
	handle = fake_call(s, serve, "Handler.handle", "server.py", 30, 41);
	s->stacks[0] = fake_call(s, handle, "parse", "http/parse.py", 10, 12);
	render = fake_call(s, handle, "render", "http/render.py", 5, 9);
	s->stacks[1] = fake_call(s, render, "escape", "http/render.py", 20, 21);
	s->stacks[2] = fake_call(s, render, FAKE_WIDE, "http/wide.py", 1, 2);
	fib = fake_call(s, module, "fib", "fib.py", 1, 3);
	s->stacks[3] = fake_call(s, fib, "fib", "fib.py", 1, 2);
	s->stacks[4] = fake_call(s, fib, FAKE_HOSTILE, "evil.py", 1, 2);
	s->stacks[5] = fake_call(s, module, "sleep_well", "sleep.py", 1, 2);
}

static void fake_threads(struct session *s)
{
	static const char *const names[] = { "MainThread", "worker-1",
					     "worker-2", "sleeper" };
	struct thread thread = { .process = s->process };
	int i;

	for (i = 0; i < 4; i++) {
		thread.tid = 4711 + i;
		thread.name = fake_string(s, names[i]);
		s->threads[i] = defs_thread(&s->defs, &thread);
	}
}

static void fake_init(struct session *s)
{
	struct process process = { .pid = 4711 };

	memset(s, 0, sizeof(*s));
	defs_init(&s->defs);
	s->meta = (struct meta){ .command = "python3 server.py --port 80",
				 .python = "3.12.1",
				 .host = "host",
				 .pid = 4711,
				 .rate_hz = 100 };
	s->process = defs_process(&s->defs, &process);
	fake_threads(s);
	fake_stacks(s);
	s->syscall = fake_string(s, "epoll_wait");
	s->begin_ns = clock_now();
}

static void fake_release(struct session *s)
{
	defs_release(&s->defs);
}

static void fake_sample(struct session *s, int thread, int stack, int state)
{
	struct sample sample = {
		.time_ns = s->stats.ticks * 10 * NSEC_PER_MSEC,
		.process = s->process,
		.thread = s->threads[thread],
		.stack = s->stacks[stack],
		.state = (uint8_t)state,
		.holds_gil = state == STATE_ACTIVE_GIL,
		.stopped = s->stopped,
		.weight_ns = 10 * NSEC_PER_MSEC,
	};

	if (state == STATE_IDLE)
		sample.syscall = s->syscall;
	s->stats.samples++;
	if (s->read)
		s->read(s->arg, &s->defs, &sample);
}

/* One instant of all threads. Of ten ticks the main thread parses in three,
 * escapes in two, draws the wide one in one and waits in four, in which the
 * workers take turns. */
static void fake_tick(struct session *s)
{
	static const int main_stacks[] = { 0, 0, 0, 1, 1, 2 };
	int n = (int)(s->stats.ticks++ % 10), worker = n % 2;

	if (n < 6)
		fake_sample(s, 0, main_stacks[n], STATE_ACTIVE_GIL);
	else
		fake_sample(s, 0, 0, STATE_GIL_WAIT);
	fake_sample(s, 1, 3,
		    n >= 6 && !worker ? STATE_ACTIVE_GIL : STATE_GIL_WAIT);
	fake_sample(s, 2, 4,
		    n >= 6 && worker ? STATE_ACTIVE_GIL : STATE_GIL_WAIT);
	fake_sample(s, 3, 5, STATE_IDLE);
	s->stats.elapsed_ns += 10 * NSEC_PER_MSEC;
	s->stats.own_cpu_ns += 40 * NSEC_PER_USEC;
	s->stats.held_ns += 10 * NSEC_PER_USEC;
}

static void fake_run(struct session *s, unsigned int ticks)
{
	while (ticks--)
		fake_tick(s);
}

/* ---- sampler.h -------------------------------------------------------- */

int session_add_reader(struct session *s, session_reader read, void *arg)
{
	s->read = read;
	s->arg = arg;
	return 0;
}

int session_start(struct session *s)
{
	s->begin_ns = clock_now();
	return 0;
}

enum session_end session_step(struct session *s, int timeout_ms)
{
	uint64_t due = (clock_now() - s->begin_ns) / (10 * NSEC_PER_MSEC);

	if (timeout_ms)
		usleep((useconds_t)timeout_ms * 1000);
	if (s->real_time && s->stats.ticks < due)
		fake_run(s, (unsigned int)(due - s->stats.ticks));
	return s->end;
}

void session_stop(struct session *s)
{
	s->end = SESSION_STOPPED;
}

int session_error(const struct session *s)
{
	return s->end == SESSION_FAILED ? ERR_FAULT : 0;
}

const struct defs *session_defs(const struct session *s)
{
	return &s->defs;
}

const struct meta *session_meta(const struct session *s)
{
	return &s->meta;
}

void session_stats(const struct session *s, struct stats *out)
{
	*out = s->stats;
}

#endif
