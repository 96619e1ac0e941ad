/* test_stack.c - one thread's frames, copied mostly in one read
 */
#include "unit.h"

#include <string.h>

#include "stacks.h"
#include "world.h"

enum { TID = 11, PAGE = 4096 };

static struct world world;
static raddr_t thread;

static void begin(unsigned int version)
{
	world_init(&world, fake_versions[version]);
	thread = world_thread(&world, TID);
	assert_int_equal(threads_refresh(&world.capture), 0);
	world.reads = 0;
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

static struct tstate *tstate(void)
{
	return world_tstate(&world, thread);
}

/* As capture/ does it: what was read is believed. */
static int read_stack(struct glance *g)
{
	struct tstate *t = tstate();
	int err = stack_read(&world.capture, t, false, world.gil, g);

	t->have = !err;
	return err;
}

/* Frames CODE(1) to CODE(n) on the data stack, which is one chunk. */
static raddr_t put_stack(unsigned int n)
{
	raddr_t codes[128];
	unsigned int i;

	for (i = 0; i < n; i++)
		codes[i] = CODE(i + 1);
	return world_stack(&world, thread, codes, n);
}

static void assert_frames(unsigned int n)
{
	const struct tstate *t = tstate();
	uint32_t i;

	assert_int_equal(t->raw.count, n);
	assert_int_equal(t->total, n);
	for (i = 0; i < n; i++)
		assert_true(t->raw.items[i].code == CODE(n - i));
}

static void test_every_version(void **state)
{
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		put_stack(20);
		assert_int_equal(read_stack(NULL), 0);
		assert_frames(20);
	}
}

/* The next one is a single read, with the GIL's words. */
static void test_prediction(void **state)
{
	struct glance g;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		put_stack(20);
		world_take_gil(&world, thread);
		assert_int_equal(read_stack(NULL), 0);
		world.reads = 0;
		assert_int_equal(read_stack(&g), 0);
		assert_int_equal(world.reads, 1);
		assert_frames(20);
		assert_true(g.words.holder == thread && g.lists_same);
	}
}

/* A frame that is being pushed lies beyond the top that was copied. */
static void test_prediction_of_a_call(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	raddr_t newest, top;

	(void)state;
	newest = put_stack(20);
	assert_int_equal(read_stack(NULL), 0);
	memcpy(&top, world.fake.data + (thread + l->thread_top - FAKE_BASE), 8);
	stacks_fill_frame(&world.fake, top, CODE(21), newest, OWNER_THREAD);
	stacks_set_top(&world.fake, thread, top, 0);
	world.reads = 0;
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(world.reads, 1);
	assert_frames(21);
}

static void test_nothing_is_allocated_again(void **state)
{
	const struct tstate *t = tstate();
	const void *data, *raw;
	int i;

	(void)state;
	put_stack(100);
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(read_stack(NULL), 0);
	data = t->image.data;
	raw = t->raw.items;
	for (i = 0; i < 100; i++)
		assert_int_equal(read_stack(NULL), 0);
	assert_ptr_equal(t->image.data, data);
	assert_ptr_equal(t->raw.items, raw);
	assert_int_equal(t->image.pieces.count, 2); /* state and chunk */
}

/* What it needed once and no more is not read for ever. */
static void test_prediction_forgets(void **state)
{
	raddr_t frame = 0;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) /* loose frames, as of generators */
		frame = stacks_frame(&world.fake, CODE(1), frame,
				     OWNER_GENERATOR);
	stacks_set_top(&world.fake, thread, frame, 0);
	assert_int_equal(read_stack(NULL), 0);
	world.reads = 0;
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(world.reads, 1);
	assert_true(tstate()->image.pieces.count > 50);
	put_stack(3);
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(read_stack(NULL), 0);
	assert_frames(3);
	assert_in_range(tstate()->image.pieces.count, 1, 4);
}

/* The chunk ends with its pages, and beyond may be nothing. */
static void test_top_at_the_end_of_its_chunk(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	const uint32_t size = (l->frame_size + 31) & ~15u;
	raddr_t chunk, at, frame = 0;
	unsigned int n = 0;

	(void)state;
	chunk = fake_alloc(&world.fake, WORLD_CHUNK);
	/* memory ends here: a read beyond fails */
	assert_true(chunk + WORLD_CHUNK == FAKE_BASE + world.fake.used);
	for (at = chunk + 64; at + size <= chunk + WORLD_CHUNK; at += size) {
		stacks_fill_frame(&world.fake, at, CODE(++n), frame,
				  OWNER_THREAD);
		frame = at;
	}
	fake_put_word(&world.fake, thread + l->thread_chunk, chunk);
	fake_put_word(&world.fake, thread + l->thread_top, at);
	stacks_set_top(&world.fake, thread, frame, 0);
	assert_int_equal(read_stack(NULL), 0);
	assert_frames(n);
	assert_in_range(world.reads, 1, 3);
}

/* ---- many chunks ------------------------------------------------------- */

/* A stack of so many frames over as many chunks as it takes. */
static void put_deep(unsigned int depth)
{
	const struct layout *l = &world.fake.python.layout;
	const uint32_t size = 96 + ((l->frame_size + 15) & ~15u);
	raddr_t chunk = 0, at = 0, end = 0, frame = 0, older;
	unsigned int i;

	for (i = 0; i < depth; i++, at += size) {
		if (at + size > end) {
			older = chunk;
			chunk = fake_alloc(&world.fake, WORLD_CHUNK);
			fake_put_word(&world.fake, chunk + l->chunk_previous,
				      older);
			at = chunk + 64;
			end = chunk + WORLD_CHUNK;
		}
		stacks_fill_frame(&world.fake, at, CODE(i + 1), frame,
				  OWNER_THREAD);
		frame = at;
	}
	fake_put_word(&world.fake, thread + l->thread_chunk, chunk);
	fake_put_word(&world.fake, thread + l->thread_top, at);
	stacks_set_top(&world.fake, thread, frame, 0);
}

/* One read for each chunk at most, and one for all afterwards. */
static void test_deep(void **state)
{
	(void)state;
	put_deep(2000);
	assert_int_equal(read_stack(NULL), 0);
	assert_frames(2000);
	assert_in_range(world.reads, 2, 2000 / 90 + 3);
	world.reads = 0;
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(world.reads, 1);
	assert_frames(2000);
}

/* The leaf end and the root end, in order, and how many there were. */
static void test_too_deep(void **state)
{
	const struct tstate *t = tstate();
	const unsigned int depth = STACK_ROOM + 1234;
	uint32_t i;

	(void)state;
	put_deep(depth);
	assert_int_equal(read_stack(NULL), 0);
	assert_int_equal(t->total, depth);
	assert_int_equal(t->raw.count, STACK_ROOM);
	for (i = 0; i < STACK_KEEP_LEAF; i++)
		assert_true(t->raw.items[i].code == CODE(depth - i));
	for (; i < STACK_ROOM; i++)
		assert_true(t->raw.items[i].code == CODE(STACK_ROOM - i));
}

/* Exactly as many as there is room for. */
static void test_as_deep_as_the_room(void **state)
{
	(void)state;
	put_deep(STACK_ROOM);
	assert_int_equal(read_stack(NULL), 0);
	assert_frames(STACK_ROOM);
}

/* ---- hostile and torn -------------------------------------------------- */

static void test_ring_of_chunks(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	raddr_t chunk, loose = 0;

	(void)state;
	put_stack(3);
	memcpy(&chunk, world.fake.data + (thread + l->thread_chunk - FAKE_BASE),
	       8);
	fake_put_word(&world.fake, chunk + l->chunk_previous, chunk);
	loose = stacks_frame(&world.fake, CODE(1), 0, OWNER_GENERATOR);
	stacks_fill_frame(&world.fake, chunk + 64, CODE(1), loose,
			  OWNER_CSTACK);
	assert_int_equal(read_stack(NULL), 0); /* it ends */
}

static void test_strange_chunks(void **state)
{
	static const struct {
		uint64_t chunk, top;
	} rows[] = {
		{ 0, 0 },
		{ 0, UINT64_MAX },
		{ 8, 16 },
		{ UINT64_MAX - 7, 8 },
		{ FAKE_BASE, FAKE_BASE - 8 },
		{ FAKE_BASE, FAKE_BASE + (1ull << 40) },
		{ FAKE_BASE, FAKE_BASE + (1ull << 26) }, /* not read */
		{ FAKE_BASE + 3, FAKE_BASE + 1000 },
	};
	const struct layout *l = &world.fake.python.layout;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		put_stack(5);
		fake_put_word(&world.fake, thread + l->thread_chunk,
			      rows[i].chunk);
		fake_put_word(&world.fake, thread + l->thread_top, rows[i].top);
		assert_int_equal(read_stack(NULL), 0);
		assert_frames(5);
		assert_int_equal(read_stack(NULL), 0);
		assert_frames(5);
	}
}

static void test_endless_frames(void **state)
{
	raddr_t frame;

	(void)state;
	frame = stacks_frame(&world.fake, CODE(1), 0, OWNER_THREAD);
	stacks_fill_frame(&world.fake, frame, CODE(1), frame, OWNER_THREAD);
	stacks_set_top(&world.fake, thread, frame, 0);
	assert_int_equal(read_stack(NULL), ERR_GARBAGE);
	stacks_fill_frame(&world.fake, frame, CODE(1), 8, OWNER_THREAD);
	assert_int_equal(read_stack(NULL), ERR_GARBAGE);
}

static void test_half_made(void **state)
{
	unsigned int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		begin(v);
		put_stack(3);
		assert_int_equal(read_stack(NULL), 0);
		stacks_set_top(&world.fake, thread, 8, 0);
		assert_int_equal(read_stack(NULL), ERR_LOST);
		put_stack(4);
		assert_int_equal(read_stack(NULL), 0);
		assert_frames(4);
	}
}

/* Much deeper than it was, before its entry: believed at the second look. */
static void test_half_made_or_deep(void **state)
{
	struct tstate *t;

	(void)state;
	begin(1);
	put_stack(3);
	assert_int_equal(read_stack(NULL), 0);
	stacks_set_top(&world.fake, thread,
		       stacks_entered(&world.fake, 0, 1, 1500), 0);
	t = tstate();
	assert_int_equal(read_stack(NULL), ERR_LOST);
	t->have = true;
	assert_int_equal(stack_read(&world.capture, t, true, world.gil, NULL),
			 0);
	assert_frames(1500);
}

/* Freed, and another one in its place. */
static void test_another_thread(void **state)
{
	const struct layout *l = &world.fake.python.layout;

	(void)state;
	put_stack(3);
	assert_int_equal(read_stack(NULL), 0);
	fake_put_word(&world.fake, thread + l->thread_native_id, TID + 1);
	assert_int_equal(read_stack(NULL), ERR_NOT_FOUND);
	assert_true(world.capture.list_stale);
	fake_put_word(&world.fake, thread + l->thread_native_id, TID);
	assert_int_equal(read_stack(NULL), 0);
	fake_put_word(&world.fake, thread + l->thread_interp, 0);
	assert_int_equal(read_stack(NULL), ERR_NOT_FOUND);
}

static void test_another_program(void **state)
{
	struct glance g;

	(void)state;
	put_stack(3);
	assert_int_equal(read_stack(&g), 0);
	world.capture.python.mark++;
	assert_int_equal(read_stack(&g), ERR_REPLACED);
}

/* Whatever read fails: an error or the whole stack, and the next one is good. */
static void test_faults(void **state)
{
	struct mem_faulty faulty;
	struct glance g;
	uint64_t n;
	int err;

	(void)state;
	put_deep(400);
	for (n = 1; n <= 24; n++) {
		mem_faulty_init(&faulty, &world.mem);
		faulty.fail_at = n % 12 + 1;
		faulty.every = n % 2;
		world.target.mem = &faulty.mem;
		tstate()->planned = n % 3 != 0;
		err = read_stack(n % 2 ? &g : NULL);
		if (!err)
			assert_frames(400);
		else
			assert_true(err == ERR_GARBAGE || err == ERR_FAULT ||
				    err == ERR_REPLACED ||
				    err == ERR_NOT_FOUND);
		world.target.mem = &world.mem;
		assert_int_equal(read_stack(&g), 0);
		assert_frames(400);
	}
	mem_faulty_init(&faulty, &world.mem);
	faulty.fail_at = 1;
	faulty.err = ERR_NOPROC;
	world.target.mem = &faulty.mem;
	assert_int_equal(read_stack(NULL), ERR_NOPROC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_version),
		TEST(test_prediction),
		TEST(test_prediction_of_a_call),
		TEST(test_nothing_is_allocated_again),
		TEST(test_prediction_forgets),
		TEST(test_top_at_the_end_of_its_chunk),
		TEST(test_deep),
		TEST(test_too_deep),
		TEST(test_as_deep_as_the_room),
		TEST(test_ring_of_chunks),
		TEST(test_strange_chunks),
		TEST(test_endless_frames),
		TEST(test_half_made),
		TEST(test_half_made_or_deep),
		TEST(test_another_thread),
		TEST(test_another_program),
		TEST(test_faults),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
