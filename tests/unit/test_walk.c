/* test_walk.c - frames from copies of memory, whole, half made and hostile
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"
#include "stacks.h"

enum {
	ROOM = 64,
	LIMIT = 1000,
	FETCHES = 3000,
	V3_11 = 0,
	V3_12,
	V3_13,
	V3_14,
	VERSIONS,
};

struct setting {
	struct fake fake;
	struct image image;
	struct walk walk;
	struct raw_frame frames[ROOM];
	raddr_t thread;
	unsigned int fetches;
};

static void set_version(struct setting *s, unsigned int version)
{
	if (s->fake.data)
		fake_release(&s->fake);
	fake_init(&s->fake, fake_versions[version]);
	s->thread = stacks_thread(&s->fake);
}

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	image_init(&s->image);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	image_release(&s->image);
	if (s->fake.data)
		fake_release(&s->fake);
	free(s);
	return 0;
}

static void walk_begin(struct setting *s)
{
	image_reset(&s->image);
	walk_init(&s->walk, s->thread);
	s->walk.frames = s->frames;
	s->walk.room = ROOM;
	s->walk.keep_leaf = ROOM / 2;
	s->walk.limit = LIMIT;
	s->walk.expected = LIMIT;
	s->fetches = 0;
}

/* Fetches what is missing until the walk ends. */
static enum walk_result walk_to_end(struct setting *s)
{
	enum walk_result result;
	uint32_t from;

	for (;;) {
		result = walk_on(&s->walk, &s->fake.python.layout, &s->image);
		if (result != WALK_MISSING)
			return result;
		assert_true(s->fetches++ < FETCHES);
		from = s->image.pieces.count;
		assert_int_equal(image_add(&s->image, s->walk.missing,
					   s->walk.missing_len),
				 0);
		assert_int_equal(image_fetch(&s->image, from, &s->fake.mem), 0);
	}
}

static enum walk_result walk(struct setting *s)
{
	walk_begin(s);
	return walk_to_end(s);
}

/* The codes of what was found: "3 2 1", the leaf first. */
static const char *codes(const struct setting *s)
{
	static char text[1024];
	size_t len = 0;
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < s->walk.count && len < sizeof(text); i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%d", i ? " " : "",
			(int)((s->frames[i].code - CODE(0)) / 0x1000));
	return text;
}

/* ---- whole stacks ------------------------------------------------------ */

static void test_three_frames(void **state)
{
	struct setting *s = *state;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		stacks_set_top(&s->fake, s->thread,
			       stacks_entered(&s->fake, 0, 1, 3), 0);
		assert_int_equal(walk(s), WALK_DONE);
		assert_string_equal(codes(s), "3 2 1");
		assert_int_equal(s->walk.total, 3);
		assert_true(s->frames[0].instr == CODE(3) + 256);
		assert_false(s->frames[0].generator);
	}
}

static void test_no_frame(void **state)
{
	struct setting *s = *state;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		assert_int_equal(walk(s), WALK_DONE);
		assert_int_equal(s->walk.count, 0);
		assert_int_equal(s->walk.total, 0);
	}
}

/* Python calls C that calls Python: one list of frames. */
static void test_two_entries(void **state)
{
	struct setting *s = *state;
	raddr_t outer, inner;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		outer = stacks_entered(&s->fake, 0, 1, 2);
		inner = stacks_entered(&s->fake, outer, 3, 2);
		stacks_set_top(&s->fake, s->thread, inner, outer);
		assert_int_equal(walk(s), WALK_DONE);
		assert_string_equal(codes(s), "4 3 2 1");
	}
}

static void test_generators_are_told(void **state)
{
	struct setting *s = *state;
	raddr_t top;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		top = stacks_entered(&s->fake, 0, 1, 1);
		top = stacks_frame(&s->fake, CODE(2), top, OWNER_GENERATOR);
		stacks_set_top(&s->fake, s->thread, top, 0);
		assert_int_equal(walk(s), WALK_DONE);
		assert_string_equal(codes(s), "2 1");
		assert_true(s->frames[0].generator && !s->frames[1].generator);
	}
}

/* As a traceback keeps it: a frame object owns it. */
static void test_frames_of_objects(void **state)
{
	struct setting *s = *state;
	raddr_t top;

	set_version(s, V3_13);
	top = stacks_entered(&s->fake, 0, 1, 1);
	top = stacks_frame(&s->fake, CODE(2), top, OWNER_OBJECT);
	stacks_set_top(&s->fake, s->thread, top, 0);
	assert_int_equal(walk(s), WALK_DONE);
	assert_string_equal(codes(s), "2 1");
	assert_false(s->frames[0].generator);
}

/* While a call returns, the shim itself is the newest frame. */
static void test_shim_on_top(void **state)
{
	struct setting *s = *state;
	raddr_t outer, shim;
	unsigned int v;

	for (v = V3_12; v < VERSIONS; v++) {
		set_version(s, v);
		outer = stacks_entered(&s->fake, 0, 1, 2);
		shim = stacks_frame(&s->fake, CODE(9), outer, OWNER_CSTACK);
		stacks_set_top(&s->fake, s->thread, shim, outer);
		assert_int_equal(walk(s), WALK_DONE);
		assert_string_equal(codes(s), "2 1");
	}
}

/* 3.14 and later have more owners that are no frames of Python. */
static void test_owners_above_the_shim(void **state)
{
	struct setting *s = *state;
	raddr_t base;

	set_version(s, V3_14);
	base = stacks_frame(&s->fake, CODE(9), 0, OWNER_CSTACK + 1);
	stacks_set_top(&s->fake, s->thread,
		       stacks_frame(&s->fake, CODE(1), base, OWNER_THREAD), 0);
	assert_int_equal(walk(s), WALK_DONE);
	assert_string_equal(codes(s), "1");
}

static void test_tagged_code_words(void **state)
{
	struct setting *s = *state;
	raddr_t frame;

	set_version(s, V3_14);
	frame = stacks_entered(&s->fake, 0, 1, 1);
	fake_put_word(&s->fake, frame + s->fake.python.layout.frame_code,
		      CODE(7) | 3);
	stacks_set_top(&s->fake, s->thread, frame, 0);
	assert_int_equal(walk(s), WALK_DONE);
	assert_true(s->frames[0].code == CODE(7));
	set_version(s, V3_13);
	frame = stacks_entered(&s->fake, 0, 1, 1);
	fake_put_word(&s->fake, frame + s->fake.python.layout.frame_code,
		      CODE(7) | 3);
	stacks_set_top(&s->fake, s->thread, frame, 0);
	assert_int_equal(walk(s), WALK_DONE);
	assert_true(s->frames[0].code == (CODE(7) | 3));
}

/* It names what it misses, and goes on from there. */
static void test_missing_pieces(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	raddr_t top, below;

	set_version(s, V3_13);
	below = stacks_entered(&s->fake, 0, 1, 1);
	top = stacks_frame(&s->fake, CODE(2), below, OWNER_THREAD);
	stacks_set_top(&s->fake, s->thread, top, 0);
	walk_begin(s);
	assert_int_equal(walk_on(&s->walk, l, &s->image), WALK_MISSING);
	assert_true(s->walk.missing == s->thread);
	assert_true(s->walk.missing_len > l->thread_current_frame);
	image_add(&s->image, s->thread, s->walk.missing_len);
	image_fetch(&s->image, 0, &s->fake.mem);
	assert_int_equal(walk_on(&s->walk, l, &s->image), WALK_MISSING);
	assert_true(s->walk.missing == top);
	assert_int_equal(s->walk.missing_len, l->frame_size);
	image_add(&s->image, top, l->frame_size);
	image_fetch(&s->image, 1, &s->fake.mem);
	assert_int_equal(walk_on(&s->walk, l, &s->image), WALK_MISSING);
	assert_true(s->walk.missing == below);
	assert_int_equal(s->walk.total, 1);
	assert_int_equal(walk_to_end(s), WALK_DONE);
	assert_string_equal(codes(s), "2 1");
}

/* ---- half-made cframes: SAMPLING 9.3 ----------------------------------- */

/* The thread's newest cframe, as the stack's garbage has left it. */
static void put_cframe(struct setting *s, raddr_t frame, raddr_t previous)
{
	fake_put_word(&s->fake, s->thread + s->fake.python.layout.thread_cframe,
		      stacks_cframe(&s->fake, frame, previous));
}

/* Rule 1: the entry must link to the frame of the cframe before. */
static void test_entry_links_elsewhere(void **state)
{
	struct setting *s = *state;
	raddr_t outer, other, inner, before;
	unsigned int v;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		outer = stacks_entered(&s->fake, 0, 1, 2);
		other = stacks_entered(&s->fake, 0, 5, 1);
		inner = stacks_entered(&s->fake, outer, 3, 1);
		before =
			stacks_cframe(&s->fake, other, s->thread + ROOT_CFRAME);
		put_cframe(s, inner, before);
		assert_int_equal(walk(s), WALK_HALF_MADE);
		/* an old frame whose call ended long ago */
		put_cframe(s, outer, before);
		assert_int_equal(walk(s), WALK_HALF_MADE);
	}
}

/* A suspended generator: a frame without an entry below it. */
static void test_chain_without_an_entry(void **state)
{
	struct setting *s = *state;
	raddr_t generator;
	unsigned int v;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		generator = stacks_frame(&s->fake, CODE(5), 0, OWNER_GENERATOR);
		put_cframe(s, generator, s->thread + ROOT_CFRAME);
		assert_int_equal(walk(s), WALK_HALF_MADE);
	}
}

/* Rule 2: only the root cframe has none before it. */
static void test_no_cframe_before(void **state)
{
	struct setting *s = *state;
	unsigned int v;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		put_cframe(s, stacks_entered(&s->fake, 0, 1, 1), 0);
		assert_int_equal(walk(s), WALK_HALF_MADE);
		put_cframe(s, 0, s->thread + ROOT_CFRAME);
		assert_int_equal(walk(s), WALK_HALF_MADE);
		put_cframe(s, 0, 0);
		assert_int_equal(walk(s), WALK_HALF_MADE);
	}
}

/* Rule 3: garbage that cannot be read. */
static void test_unreadable_cframe(void **state)
{
	static const raddr_t garbage[] = { 8, 1ull << 60, UINT64_MAX - 3 };
	struct setting *s = *state;
	unsigned int v;
	size_t i;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		for (i = 0; i < ARRAY_SIZE(garbage); i++) {
			put_cframe(s, stacks_entered(&s->fake, 0, 1, 1),
				   garbage[i]);
			assert_int_equal(walk(s), WALK_HALF_MADE);
			put_cframe(s, garbage[i], s->thread + ROOT_CFRAME);
			assert_int_equal(walk(s), WALK_HALF_MADE);
		}
	}
}

/* Rule 4: garbage that does not end, as a ring or very long. */
static void test_endless_garbage(void **state)
{
	struct setting *s = *state;
	raddr_t frame, top;
	unsigned int v;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		frame = stacks_frame(&s->fake, CODE(1), 0, OWNER_THREAD);
		top = stacks_frame(&s->fake, CODE(2), frame, OWNER_THREAD);
		stacks_fill_frame(&s->fake, frame, CODE(1), top, OWNER_THREAD);
		put_cframe(s, top, s->thread + ROOT_CFRAME);
		walk_begin(s);
		s->walk.limit = 100000;
		s->walk.expected = 3;
		assert_int_equal(walk_to_end(s), WALK_HALF_MADE);
		assert_in_range(s->walk.steps, 4, 2000); /* soon enough */
		walk_begin(s); /* and also when nothing is expected */
		assert_int_equal(walk_to_end(s), WALK_HALF_MADE);
	}
}

/* A stack may have grown since the last walk. */
static void test_deeper_than_expected(void **state)
{
	struct setting *s = *state;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		stacks_set_top(&s->fake, s->thread,
			       stacks_entered(&s->fake, 0, 0, 300), 0);
		walk_begin(s);
		s->walk.expected = 1;
		assert_int_equal(walk_to_end(s), WALK_DONE);
		assert_int_equal(s->walk.total, 300);
	}
}

/* Beyond the entry the frames are proven: there is no bound but the limit. */
static void test_expected_only_until_the_entry(void **state)
{
	struct setting *s = *state;
	raddr_t outer, inner;
	unsigned int v;

	for (v = V3_11; v <= V3_12; v++) {
		set_version(s, v);
		outer = stacks_entered(&s->fake, 0, 0, 900);
		inner = stacks_entered(&s->fake, outer, 0, 2);
		stacks_set_top(&s->fake, s->thread, inner, outer);
		walk_begin(s);
		s->walk.expected = 0;
		assert_int_equal(walk_to_end(s), WALK_DONE);
		assert_int_equal(s->walk.total, 902);
	}
}

/* ---- garbage of other kinds -------------------------------------------- */

static void test_ring_of_frames(void **state)
{
	struct setting *s = *state;
	raddr_t first, second;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		first = stacks_entered(&s->fake, 0, 1, 1);
		second = stacks_entered(&s->fake, first, 2, 1);
		/* the outermost's previous is the newest */
		stacks_fill_frame(&s->fake, first, CODE(1), second,
				  OWNER_THREAD);
		stacks_set_top(&s->fake, s->thread, second, first);
		assert_int_equal(walk(s), WALK_GARBAGE);
		assert_in_range(s->walk.steps, LIMIT, LIMIT + 1);
	}
}

static void test_limit(void **state)
{
	struct setting *s = *state;

	set_version(s, V3_13);
	stacks_set_top(&s->fake, s->thread, stacks_entered(&s->fake, 0, 0, 99),
		       0);
	walk_begin(s);
	s->walk.limit = 100; /* with the shim */
	assert_int_equal(walk_to_end(s), WALK_DONE);
	walk_begin(s);
	s->walk.limit = 99;
	assert_int_equal(walk_to_end(s), WALK_GARBAGE);
}

static void test_unreadable_frame(void **state)
{
	struct setting *s = *state;
	raddr_t frame;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		frame = stacks_entered(&s->fake, 8, 1, 2);
		stacks_set_top(&s->fake, s->thread, frame, 8);
		assert_int_equal(walk(s), WALK_GARBAGE);
	}
}

static void test_unreadable_thread(void **state)
{
	struct setting *s = *state;
	unsigned int v;

	for (v = 0; v < VERSIONS; v++) {
		set_version(s, v);
		s->thread = 4096;
		assert_int_equal(walk(s), WALK_GARBAGE);
	}
}

/* ---- stacks that are cut ----------------------------------------------- */

/* Which codes are kept of a stack of so many frames. */
static void assert_cut(struct setting *s, unsigned int depth,
		       const char *expected)
{
	set_version(s, V3_13);
	stacks_set_top(&s->fake, s->thread,
		       stacks_entered(&s->fake, 0, 1, depth), 0);
	walk_begin(s);
	s->walk.room = 8;
	s->walk.keep_leaf = 5;
	assert_int_equal(walk_to_end(s), WALK_DONE);
	assert_int_equal(s->walk.total, depth);
	assert_int_equal(s->walk.count, MIN(depth, 8));
	assert_string_equal(codes(s), expected);
}

/* The leaf end stays; the root end goes round behind it. */
static void test_cut(void **state)
{
	struct setting *s = *state;

	assert_cut(s, 7, "7 6 5 4 3 2 1");
	assert_cut(s, 8, "8 7 6 5 4 3 2 1");
	assert_cut(s, 9, "9 8 7 6 5 1 3 2");
	assert_cut(s, 10, "10 9 8 7 6 2 1 3");
	assert_cut(s, 11, "11 10 9 8 7 3 2 1");
	assert_cut(s, 20, "20 19 18 17 16 3 2 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_three_frames),
		TEST(test_no_frame),
		TEST(test_two_entries),
		TEST(test_generators_are_told),
		TEST(test_frames_of_objects),
		TEST(test_shim_on_top),
		TEST(test_owners_above_the_shim),
		TEST(test_tagged_code_words),
		TEST(test_missing_pieces),
		TEST(test_entry_links_elsewhere),
		TEST(test_chain_without_an_entry),
		TEST(test_no_cframe_before),
		TEST(test_unreadable_cframe),
		TEST(test_endless_garbage),
		TEST(test_deeper_than_expected),
		TEST(test_expected_only_until_the_entry),
		TEST(test_ring_of_frames),
		TEST(test_limit),
		TEST(test_unreadable_frame),
		TEST(test_unreadable_thread),
		TEST(test_cut),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
