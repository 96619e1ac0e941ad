/* test_codes.c - which code object is at an address
 */
#include "unit.h"

#include <string.h>

#include "stacks.h"
#include "world.h"

static struct world world;
static struct tstate *t;
static raddr_t thread, a, b, c;

static void begin(unsigned int version)
{
	world_init(&world, fake_versions[version]);
	thread = world_thread(&world, 11);
	assert_int_equal(threads_refresh(&world.capture), 0);
	t = world_tstate(&world, thread);
	a = world_code(&world, 'a');
	b = world_code(&world, 'b');
	c = world_code(&world, 'c');
}

static int set_up(void **state)
{
	(void)state;
	begin(3);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_release(&world);
	return 0;
}

/* What the ring says since the last time: "a1 b2" for codes that were sent. */
static const char *sent(void)
{
	static char text[256];
	const struct msg_code *m;
	size_t used = 0, len;

	text[0] = '\0';
	for (; (m = ring_peek(world.ring, &len)); ring_drop(world.ring))
		if (m->kind == MSG_CODE)
			used += (size_t)snprintf(text + used,
						 sizeof(text) - used, "%s%c%u",
						 used ? " " : "",
						 *(const char *)(m + 1),
						 m->number);
	return text;
}

/* A tick in which the thread runs these functions. */
static int resolve(const raddr_t *codes, unsigned int count, bool *changed)
{
	int err;

	codes_begin_epoch(&world.capture);
	world_stack(&world, thread, codes, count);
	err = stack_read(&world.capture, t, false, world.gil, NULL);
	assert_int_equal(err, 0);
	return codes_resolve(&world.capture, t, changed);
}

static void assert_numbers(uint32_t leaf, uint32_t root)
{
	assert_int_equal(t->frames.count, 2);
	assert_int_equal(t->frames.items[0].code, leaf);
	assert_int_equal(t->frames.items[1].code, root);
}

static void test_each_is_sent_once(void **state)
{
	raddr_t ab[2], cb[2];
	bool changed;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		ab[0] = a;
		cb[0] = c;
		ab[1] = cb[1] = b;
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_true(changed);
		assert_string_equal(sent(), "b1 a2");
		assert_numbers(1, 2);
		assert_int_equal(t->frames.items[0].offset, 8);
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_false(changed);
		assert_string_equal(sent(), "");
		assert_int_equal(resolve(cb, 2, &changed), 0);
		assert_true(changed);
		assert_string_equal(sent(), "c3");
		assert_numbers(1, 3);
	}
}

static void test_recursion(void **state)
{
	const raddr_t aaa[] = { a, a, a };
	bool changed;

	(void)state;
	assert_int_equal(resolve(aaa, 3, &changed), 0);
	assert_string_equal(sent(), "a1");
	world.reads = 0;
	assert_int_equal(resolve(aaa, 3, &changed), 0);
	assert_int_equal(world.capture.prints.pieces.count, 1);
	assert_int_equal(resolve(aaa, 2, &changed), 0);
	assert_true(changed);
}

static void test_proven_once_in_a_tick(void **state)
{
	const raddr_t ab[] = { a, b };
	bool changed;

	(void)state;
	assert_int_equal(resolve(ab, 2, &changed), 0);
	assert_int_equal(resolve(ab, 2, &changed), 0);
	world.reads = 0;
	assert_int_equal(codes_resolve(&world.capture, t, &changed), 0);
	assert_int_equal(world.reads, 0); /* by the epoch */
	codes_begin_epoch(&world.capture);
	assert_int_equal(codes_resolve(&world.capture, t, &changed), 0);
	assert_int_equal(world.reads, 1);
}

static unsigned int reads_of_next_tick(void)
{
	bool changed;

	world.reads = 0;
	codes_begin_epoch(&world.capture);
	assert_int_equal(codes_resolve(&world.capture, t, &changed), 0);
	return world.reads;
}

/* While none is freed, as 3.14 counts, each is proven once: if it was. */
static void test_none_was_freed(void **state)
{
	const raddr_t ab[] = { a, b };
	struct mem_faulty faulty;
	bool changed;

	(void)state;
	world.capture.interps[0].codes_freed = 7;
	assert_int_equal(resolve(ab, 2, &changed), 0);
	assert_int_equal(reads_of_next_tick(), 0);
	world.capture.interps[0].codes_freed++;
	mem_faulty_init(&faulty, &world.mem);
	faulty.fail_at = 1;
	faulty.err = ERR_NOPROC;
	world.target.mem = &faulty.mem;
	codes_begin_epoch(&world.capture);
	assert_int_equal(codes_resolve(&world.capture, t, &changed),
			 ERR_NOPROC);
	world.target.mem = &world.mem;
	assert_int_equal(reads_of_next_tick(), 1);
	assert_int_equal(reads_of_next_tick(), 0);
}

/* As when the one of before is freed and a new one made: each word of the
 * print may be the one that tells. */
static void test_another_at_the_same_address(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	raddr_t ab[2], other;
	bool changed;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		ab[0] = a;
		ab[1] = b;
		assert_int_equal(resolve(ab, 2, &changed), 0);
		sent();
		other = fake_str(&world.fake, "x");
		fake_put_word(&world.fake, b + l->code_qualname, other);
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_true(changed);
		assert_string_equal(sent(), "x3");
		assert_numbers(3, 2);
		fake_put_int(&world.fake, b + l->code_firstlineno, 999);
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_string_equal(sent(), "x4");
		fake_put_word(&world.fake, a + l->code_units,
			      WORLD_CODE_UNITS - 1);
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_string_equal(sent(), "a5");
		assert_int_equal(resolve(ab, 2, &changed), 0);
		assert_false(changed);
		assert_string_equal(sent(), "");
	}
}

/* All words are as before, even the names' addresses: only a number (3.12+) or
 * the names themselves tell. */
static void test_the_same_words(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	uint64_t name;
	bool changed;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		assert_int_equal(resolve(&a, 1, &changed), 0);
		assert_string_equal(sent(), "a1");
		memcpy(&name,
		       world.fake.data + (a + l->code_qualname - FAKE_BASE), 8);
		fake_put(&world.fake, name + l->unicode_ascii, "z", 1);
		if (l->code_version)
			fake_put_int(&world.fake, a + l->code_version, 4711);
		assert_int_equal(resolve(&a, 1, &changed), 0);
		assert_true(changed);
		assert_string_equal(sent(), "z2");
	}
}

/* What lies behind a name that is not ASCII is no part of it. */
static void test_long_wide_names(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	uint16_t chars[60];
	raddr_t name, behind;
	bool changed;
	size_t i;

	(void)state;
	begin(0);
	for (i = 0; i < ARRAY_SIZE(chars); i++)
		chars[i] = (uint16_t)(0x4e00 + i);
	name = fake_str_wide(&world.fake, chars, ARRAY_SIZE(chars), 2, true);
	behind = fake_alloc(&world.fake, 256);
	fake_put_word(&world.fake, a + l->code_filename, name);
	assert_int_equal(resolve(&a, 1, &changed), 0);
	assert_string_equal(sent(), "a1");
	for (i = 0; i < 5; i++) {
		fake_put_word(&world.fake, behind, i + 4711);
		assert_int_equal(resolve(&a, 1, &changed), 0);
		assert_string_equal(sent(), "");
		assert_false(changed);
	}
}

static void test_gone_or_garbage(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	const raddr_t none = 4096;
	bool changed;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		assert_int_equal(resolve(&none, 1, &changed), ERR_FAULT);
		fake_put_word(&world.fake, a + l->code_qualname, 4096);
		assert_int_equal(resolve(&a, 1, &changed), ERR_FAULT);
		fake_put_word(&world.fake, a + l->code_qualname, 4097);
		assert_int_equal(resolve(&a, 1, &changed), ERR_GARBAGE);
		assert_string_equal(sent(), "");
		assert_int_equal(resolve(&b, 1, &changed), 0);
		assert_string_equal(sent(), "b1");
		fake_put_word(&world.fake, b + l->code_units, 0);
		assert_int_equal(resolve(&b, 1, &changed), ERR_GARBAGE);
		fake_put_word(&world.fake, b + l->code_units, WORLD_CODE_UNITS);
		assert_int_equal(resolve(&b, 1, &changed), 0);
		assert_string_equal(sent(), "b2");
	}
}

static int resolve_at(int64_t offset)
{
	bool changed;

	t->raw.count = 0;
	*vec_push(&t->raw) = (struct raw_frame){
		.code = a,
		.instr = a + world.fake.python.layout.code_adaptive +
			 (uint64_t)offset,
	};
	codes_begin_epoch(&world.capture);
	return codes_resolve(&world.capture, t, &changed);
}

static void test_offsets(void **state)
{
	(void)state;
	assert_int_equal(resolve_at(0), 0);
	assert_int_equal(t->frames.items[0].offset, 0);
	assert_int_equal(resolve_at(2 * WORLD_CODE_UNITS - 2), 0);
	assert_int_equal(t->frames.items[0].offset, 2 * WORLD_CODE_UNITS - 2);
	assert_int_equal(resolve_at(2 * WORLD_CODE_UNITS), ERR_GARBAGE);
	assert_int_equal(resolve_at(-2), 0); /* before its first instruction */
	assert_int_equal(t->frames.items[0].offset, -1);
	assert_int_equal(resolve_at(INT64_MAX), 0);
	assert_int_equal(t->frames.items[0].offset, -1);
}

/* The same frames, but more of them were left out between. */
static void test_total_counts_as_change(void **state)
{
	const raddr_t ab[] = { a, b };
	bool changed;

	(void)state;
	assert_int_equal(resolve(ab, 2, &changed), 0);
	t->total = 100;
	assert_int_equal(codes_resolve(&world.capture, t, &changed), 0);
	assert_true(changed);
	assert_int_equal(t->sent_total, 100);
}

/* No room: sent whole with the next tick, under a number of its own. */
static void test_ring_is_full(void **state)
{
	const raddr_t ab[] = { a, b };
	bool changed;

	(void)state;
	while (ring_reserve(world.ring, 16))
		ring_commit(world.ring, 16);
	assert_int_equal(resolve(ab, 2, &changed), ERR_FULL);
	while (ring_peek(world.ring, &(size_t){ 0 }))
		ring_drop(world.ring);
	assert_int_equal(resolve(ab, 2, &changed), 0);
	assert_true(changed);
	assert_string_equal(sent(), "b1 a2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_is_sent_once),
		TEST(test_recursion),
		TEST(test_proven_once_in_a_tick),
		TEST(test_none_was_freed),
		TEST(test_another_at_the_same_address),
		TEST(test_the_same_words),
		TEST(test_long_wide_names),
		TEST(test_gone_or_garbage),
		TEST(test_offsets),
		TEST(test_total_counts_as_change),
		TEST(test_ring_is_full),
	};

	return cmocka_run_group_tests_name("codes", tests, NULL, NULL);
}
