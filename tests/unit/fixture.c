/* fixture.c - profiles made by hand, for the tests of exporters */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static string_id string(struct fixture *f, const char *s)
{
	return s ? defs_string(&f->defs, s, strlen(s)) : 0;
}

static void add_threads(struct fixture *f)
{
	static const char *const names[] = { "MainThread", "worker", NULL };
	struct process process = {
		.pid = 4711,
		.command = string(f, "python3 shop.py --port 8080"),
		.python = string(f, "3.12.1"),
		.executable = string(f, "/usr/bin/python3.12"),
	};
	struct thread thread = { .process = defs_process(&f->defs, &process) };

	for (int i = 0; i < 3; i++) {
		thread.tid = 4711 + i;
		thread.name = string(f, names[i]);
		f->threads[i] = defs_thread(&f->defs, &thread);
	}
}

void fixture_init(struct fixture *f, const struct view *view)
{
	memset(f, 0, sizeof(*f));
	f->view = *view;
	defs_init(&f->defs);
	fold_init(&f->fold, view);
	timeline_init(&f->timeline, view);
	tally_init(&f->tally);
	f->meta = (struct meta){
		.command = "python3 shop.py --port 8080",
		.python = "3.12.1",
		.host = "host",
		.pid = 4711,
		.start_wall_ns = 1700000000 * NSEC_PER_SEC,
		.rate_hz = 100,
	};
	f->profile = (struct profile){
		&f->defs, &f->fold,  &f->timeline, &f->tally,
		&f->view, &f->stats, &f->meta,
	};
	add_threads(f);
}

void fixture_release(struct fixture *f)
{
	tally_release(&f->tally);
	timeline_release(&f->timeline);
	fold_release(&f->fold);
	defs_release(&f->defs);
}

/* Codes are found again by name and file, offsets stand for lines. */
static code_id find_code(struct fixture *f, const struct code *code)
{
	for (code_id i = 1; i <= f->defs.codes.count; i++) {
		const struct code *c = def_code(&f->defs, i);

		if (c->name == code->name && c->file == code->file)
			return i;
	}
	return defs_code(&f->defs, code);
}

stack_id fixture_stack(struct fixture *f, stack_id parent,
		       const struct fixture_frame *frame)
{
	struct code code = {
		.name = string(f, frame->name),
		.file = string(f, frame->file),
		.short_file = string(f, frame->short_file),
		.module = string(f, frame->module),
		.first_line = frame->first_line,
	};
	struct frame at = { .offset = frame->line, .line = frame->line };

	at.code = find_code(f, &code);
	return defs_stack(&f->defs, parent, defs_frame(&f->defs, &at));
}

void fixture_sample(struct fixture *f, int thread, unsigned int time_ms,
		    stack_id stack, enum thread_state state)
{
	struct sample s = {
		.time_ns = time_ms * NSEC_PER_MSEC,
		.process = 1,
		.thread = f->threads[thread],
		.stack = stack,
		.state = state,
		.holds_gil = state == STATE_ACTIVE_GIL,
		.weight_ns = 10 * NSEC_PER_MSEC,
	};

	if (fold_sample(&f->fold, &s) || timeline_sample(&f->timeline, &s) ||
	    tally_sample(&f->tally, &f->defs, &s))
		abort();
	f->stats.samples++;
	f->stats.ticks++;
	f->stats.elapsed_ns = MAX(f->stats.elapsed_ns, s.time_ns);
}

/* ---- a small program -------------------------------------------------- */

#define SHOP "/home/me/shop/shop.py", "shop.py", "shop"
#define CART "/home/me/shop/cart.py", "cart.py", "cart"
#define JSON \
	"/usr/lib/python3.12/json/decoder.py", "json/decoder.py", "json.decoder"
#define THREADING \
	"/usr/lib/python3.12/threading.py", "threading.py", "threading"
#define YAML                                                               \
	"/usr/lib/python3/dist-packages/yaml/loader.py", "yaml/loader.py", \
		"yaml.loader"

void fixture_fill_small(struct fixture *f)
{
	static const struct fixture_frame frames[] = {
		{ "<module>", SHOP, 1, 80 },
		{ "main", SHOP, 60, 77 },
		{ "Cart.total", CART, 12, 19 },
		{ "Cart.total.<locals>.<lambda>", CART, 15, 15 },
		{ "JSONDecoder.decode", JSON, 344, 350 },
		{ "Loader.get_data", YAML, 8, 11 },
		{ "Thread._bootstrap", THREADING, 1012, 1032 },
		{ "poll", SHOP, 30, 33 },
	};
	stack_id s[ARRAY_SIZE(frames)];

	s[0] = fixture_stack(f, 0, &frames[0]);
	s[1] = fixture_stack(f, s[0], &frames[1]);
	s[2] = fixture_stack(f, s[1], &frames[2]);
	s[3] = fixture_stack(f, s[2], &frames[3]);
	s[4] = fixture_stack(f, s[1], &frames[4]);
	s[5] = fixture_stack(f, s[1], &frames[5]);
	s[6] = fixture_stack(f, 0, &frames[6]);
	s[7] = fixture_stack(f, s[6], &frames[7]);

	for (unsigned int t = 10; t <= 400; t += 10)
		fixture_sample(f, 0, t, s[2 + t / 30 % 4], STATE_ACTIVE_GIL);
	for (unsigned int t = 10; t <= 400; t += 10)
		fixture_sample(f, 1, t, s[7],
			       t > 100 && t <= 300 ? STATE_IDLE : STATE_ACTIVE);
	fixture_sample(f, 2, 400,
		       defs_stack(&f->defs, s[6],
				  defs_note(&f->defs, "[12 more frames]", 16)),
		       STATE_ACTIVE);
	f->stats.lost[LOST_TORN] = 2;
	f->stats.elapsed_ns = 500 * NSEC_PER_MSEC;
}

/* ---- large, hostile, deep --------------------------------------------- */

enum { FUNCTIONS = 2000, LEVELS = 25 };

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Function n of a program with own code, packages and the library. */
static frame_id large_frame(struct fixture *f, unsigned int n)
{
	static const char *const places[] = {
		"/srv/app/",
		"/srv/app/core/",
		"/usr/lib/python3.12/",
		"/srv/venv/lib/python3.12/site-packages/",
	};
	static const char *const modules[] = {
		"orders", "prices", "render", "cache", "views",
		"query",  "tables", "routes", "codec", "tokens",
	};
	static const char *const verbs[] = {
		"handle", "load_all",  "compute_discount", "Session.execute",
		"rows",	  "parse",     "Template.render",  "get",
		"update", "normalise",
	};
	const char *place = places[n / 3 % 4], *module = modules[n / 5 % 10];
	char file[96], name[64];
	struct code code = { .first_line = (int)(n % 400) + 1 };
	struct frame frame = { .offset = 2, .line = (int)(n % 400) + 3 };

	snprintf(file, sizeof(file), "%s%s/core.py", place, module);
	snprintf(name, sizeof(name), "%s_%u", verbs[n / 11 % 10], n);
	code.name = string(f, name);
	code.file = string(f, file);
	code.short_file = string(f, file + strlen(place));
	code.module = string(f, module);
	frame.code = defs_code(&f->defs, &code);
	return defs_frame(&f->defs, &frame);
}

/* Each stack shares most of its callers with the one before, as a program's
 * do; some are seen much more often than others. */
void fixture_fill_large(struct fixture *f, unsigned int stacks)
{
	static frame_id frames[FUNCTIONS];
	stack_id path[LEVELS + 1] = { 0 };
	unsigned int level, time_ms = 0;
	uint32_t random = 1;

	for (unsigned int i = 0; i < FUNCTIONS; i++)
		frames[i] = large_frame(f, i);
	for (unsigned int i = 0; i < stacks; i++) {
		level = next_random(&random) % 100;
		level = i == 0 ? 0 : level < 2 ? 3 : 6 + level % 19;
		for (; level < LEVELS; level++)
			path[level + 1] = defs_stack(
				&f->defs, path[level],
				frames[next_random(&random) % FUNCTIONS]);
		for (level = next_random(&random) % 12; level < 12; level += 3)
			fixture_sample(f, 0, time_ms += 10, path[LEVELS],
				       STATE_ACTIVE_GIL);
	}
}

void fixture_fill_hostile(struct fixture *f)
{
	static char longest[10001];
	const struct fixture_frame frames[] = {
		{ "</text><script>alert(1)</script>",
		  "/a/\"><img src=x onerror=alert(2)>.py", "x;y\nz.py", "m", 1,
		  2 },
		{ "]]></metadata><script>alert(3)</script><![CDATA[",
		  "javascript:alert(4)", "-->&lt;&amp;<!--", "m", 1, 2 },
		{ "\x1b]0;title\a\x1b[31m", "\xff\xfe\x80.py", "\xc3(.py", "m",
		  1, 2 },
		{ "\xe2\x80\xae"
		  "evil",
		  "'\"`${alert(5)}`.py", "' onload='", "m", 1, 2 },
		{ "\xe8\xae\xa1\xe7\xae\x97_\xf0\x9f\x90\x8d_n\xc3\xa4me",
		  "/a/\xe6\x96\x87.py", "\xe6\x96\x87.py", "m", 1, 2 },
		{ "", "", "", "", 0, 0 },
		{ longest, "/a/l.py", "l.py", "m", 1, 2 },
	};
	stack_id stack = 0;

	memset(longest, 'x', sizeof(longest) - 1);
	f->meta.command = "python3 </text><script>alert(6)</script> \x1b[2J";
	f->meta.host = "&host;<b>";
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		stack = fixture_stack(f, stack, &frames[i]);
		fixture_sample(f, 0, 10 + 10 * (unsigned int)i, stack,
			       STATE_ACTIVE_GIL);
	}
}

void fixture_fill_deep(struct fixture *f, unsigned int depth)
{
	static const struct fixture_frame frame = { "fib", SHOP, 5, 7 };
	stack_id stack = 0;

	for (unsigned int i = 0; i < depth; i++)
		stack = fixture_stack(f, stack, &frame);
	fixture_sample(f, 0, 10, stack, STATE_ACTIVE_GIL);
	fixture_sample(f, 0, 20, stack, STATE_ACTIVE_GIL);
}
