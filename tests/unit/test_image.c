/* test_image.c - pieces of memory, copied at one instant
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"

enum { SIZE = 64 << 10 };

struct setting {
	struct fake fake;
	struct image image;
	raddr_t at; /* SIZE bytes, all different from their neighbours */
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));
	uint8_t bytes[SIZE];
	size_t i;

	assert_non_null(s);
	fake_init(&s->fake, fake_versions[0]);
	s->at = fake_alloc(&s->fake, SIZE);
	for (i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i ^ i >> 8);
	fake_put(&s->fake, s->at, bytes, SIZE);
	image_init(&s->image);
	s->fake.calls = 0;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	image_release(&s->image);
	image_release(&s->image);
	fake_release(&s->fake);
	free(s);
	return 0;
}

static void add(struct setting *s, uint32_t offset, uint32_t len)
{
	assert_int_equal(image_add(&s->image, s->at + offset, len), 0);
}

static void fetch(struct setting *s, uint32_t from)
{
	assert_int_equal(image_fetch(&s->image, from, &s->fake.mem), 0);
}

static bool has(struct setting *s, uint32_t offset, uint32_t len)
{
	const uint8_t *found = image_at(&s->image, s->at + offset, len);

	if (!found)
		return false;
	assert_memory_equal(found, s->fake.data + (s->at - FAKE_BASE) + offset,
			    len);
	return true;
}

static void test_empty(void **state)
{
	struct setting *s = *state;

	assert_null(image_at(&s->image, s->at, 8));
	assert_null(image_at(&s->image, 0, 1));
	assert_false(image_tried(&s->image, s->at));
	fetch(s, 0);
	assert_int_equal(s->fake.calls, 0);
}

static void test_bounds_of_a_piece(void **state)
{
	struct setting *s = *state;

	add(s, 100, 24);
	fetch(s, 0);
	assert_true(has(s, 100, 24));
	assert_true(has(s, 123, 1));
	assert_true(has(s, 110, 8));
	assert_false(has(s, 100, 25));
	assert_false(has(s, 99, 8));
	assert_false(has(s, 124, 1));
	assert_false(has(s, 99, 1));
	assert_null(image_at(&s->image, s->at + 116, UINT32_MAX));
	assert_null(image_at(&s->image, UINT64_MAX - 3, 8));
}

static void test_one_call_for_all(void **state)
{
	struct setting *s = *state;
	uint32_t i;

	for (i = 0; i < 20; i++)
		add(s, i * 1000, 1 + i * 7); /* of no even length */
	fetch(s, 0);
	assert_int_equal(s->fake.calls, 1);
	for (i = 0; i < 20; i++) {
		assert_true(has(s, i * 1000, 1 + i * 7));
		/* words of it can be read as they lie */
		assert_int_equal(s->image.pieces.items[i].at % 8, 0);
	}
}

static void test_many_pieces(void **state)
{
	struct setting *s = *state;
	uint32_t i;

	for (i = 0; i < 600; i++)
		add(s, i * 100, 16);
	s->image.pieces.items[300].addr = 8;
	fetch(s, 0);
	assert_int_equal(s->fake.calls, 3);
	for (i = 0; i < 600; i++)
		assert_int_equal(has(s, i * 100, 16), i != 300);
}

static void test_unreadable(void **state)
{
	struct setting *s = *state;
	raddr_t end = FAKE_BASE + s->fake.used;

	add(s, 0, 8);
	assert_int_equal(image_add(&s->image, end - 8, 16), 0);
	assert_int_equal(image_add(&s->image, 4096, 8), 0);
	add(s, 8, 8);
	assert_false(image_tried(&s->image, 4096)); /* only planned */
	fetch(s, 0);
	assert_true(has(s, 0, 8) && has(s, 8, 8));
	assert_null(image_at(&s->image, end - 8, 8));
	assert_null(image_at(&s->image, 4096, 8));
	assert_true(image_tried(&s->image, 4096));
	assert_true(image_tried(&s->image, end - 8));
	assert_false(image_tried(&s->image, end));
	assert_false(image_tried(&s->image, s->at));
}

static int refuse(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	(void)m;
	(void)segs;
	(void)n;
	return ERR_NOPROC;
}

static void test_the_call_fails(void **state)
{
	struct mem gone = { .readv = refuse };
	struct setting *s = *state;

	add(s, 0, 8);
	assert_int_equal(image_fetch(&s->image, 0, &gone), ERR_NOPROC);
	assert_false(image_tried(&s->image, s->at));
}

static void test_fetch_the_rest(void **state)
{
	struct setting *s = *state;

	add(s, 0, 16);
	fetch(s, 0);
	fake_put_word(&s->fake, s->at, 4711); /* it runs on */
	add(s, 64, 8);
	fetch(s, 1);
	assert_int_equal(s->fake.calls, 2);
	assert_memory_not_equal(image_at(&s->image, s->at, 8),
				s->fake.data + (s->at - FAKE_BASE), 8);
	assert_true(has(s, 64, 8));
	fetch(s, 2);
	assert_int_equal(s->fake.calls, 2);
}

/* The newer copy of what was fetched twice; pieces next to each other. */
static void test_lookup_order(void **state)
{
	struct setting *s = *state;
	uint64_t word;
	uint32_t i;

	for (i = 0; i < 8; i++)
		add(s, i * 8, 8);
	fetch(s, 0);
	for (i = 8; i-- > 0;)
		assert_true(has(s, i * 8, 8));
	assert_false(has(s, 4, 8)); /* across two pieces */
	fake_put_word(&s->fake, s->at + 16, 4711);
	add(s, 16, 8);
	fetch(s, 8);
	assert_true(has(s, 56, 8)); /* neither the last nor the next */
	assert_true(has(s, 40, 8));
	memcpy(&word, image_at(&s->image, s->at + 16, 8), 8);
	assert_int_equal(word, 4711);
}

static void test_hits_are_marked(void **state)
{
	struct setting *s = *state;

	add(s, 0, 8);
	add(s, 8, 8);
	add(s, 16, 8);
	fetch(s, 0);
	assert_true(has(s, 8, 8));
	assert_false(s->image.pieces.items[0].hit);
	assert_true(s->image.pieces.items[1].hit);
	assert_false(s->image.pieces.items[2].hit);
}

static void test_reset_keeps_storage(void **state)
{
	struct setting *s = *state;
	const uint8_t *data;
	uint32_t i;

	for (i = 0; i < 50; i++)
		add(s, i * 100, 90);
	fetch(s, 0);
	assert_true(has(s, 4900, 90));
	data = s->image.data;
	image_reset(&s->image);
	assert_false(has(s, 4900, 90));
	for (i = 0; i < 50; i++)
		add(s, 10000 + i * 100, 90);
	fetch(s, 0);
	assert_ptr_equal(s->image.data, data);
	for (i = 0; i < 50; i++)
		assert_true(has(s, 10000 + i * 100, 90));
	assert_false(s->image.pieces.items[0].len == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_bounds_of_a_piece),
		TEST(test_one_call_for_all),
		TEST(test_many_pieces),
		TEST(test_unreadable),
		TEST(test_the_call_fails),
		TEST(test_fetch_the_rest),
		TEST(test_lookup_order),
		TEST(test_hits_are_marked),
		TEST(test_reset_keeps_storage),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
