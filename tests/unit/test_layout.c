/* test_layout.c - rows of offsets, and what a target may publish over them
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"

enum {
	WORDS = 128,
	V3_13 = 0x030d00f0,
	V3_14 = 0x030e03f0,
};

/* Where a field of 3.13 lies in what it publishes, after the cookie. */
#define FIELD(name, offset, published) WORD_##name = (published),
enum {
#include "../../src/python/layouts/v3_13.inc"
};
#undef FIELD

/* A table that says what the row says. */
struct table {
	struct layout row;
	uint64_t words[WORDS];
};

static void table_init(struct table *t)
{
	memset(t, 0, sizeof(*t));
	assert_true(layout_for(&t->row, V3_13));
	t->words[0] = V3_13;
#define FIELD(name, offset, published) \
	if (published)                 \
		t->words[(published)] = (offset);
#include "../../src/python/layouts/v3_13.inc"
#undef FIELD
}

static int apply(const struct table *t, struct layout *out)
{
	assert_true(layout_for(out, V3_13));
	return layout_apply_published(out, V3_13, t->words, WORDS);
}

/* ---- rows -------------------------------------------------------------- */

static void test_rows(void **state)
{
	struct layout l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(fake_versions); i++)
		assert_true(layout_for(&l, fake_versions[i]));
	assert_true(layout_for(&l, 0x030b00f0));
	assert_true(layout_for(&l, 0x030bfff0));
	assert_int_equal(l.runtime_gil, 360);
	assert_true(l.thread_cframe && !l.thread_current_frame);
	assert_true(layout_for(&l, V3_13));
	assert_true(!l.runtime_gil && l.interp_gil);
	assert_true(!l.thread_cframe && l.thread_current_frame);
}

static void test_traits(void **state)
{
	struct layout l;

	(void)state;
	assert_true(layout_for(&l, 0x030b07f0));
	assert_true(l.traits.entry_flag && !l.traits.shim_frames);
	assert_true(l.traits.int_signed_size && !l.traits.inline_values);
	assert_true(layout_for(&l, 0x030c01f0));
	assert_true(!l.traits.entry_flag && l.traits.shim_frames);
	assert_true(l.traits.values_tagged && !l.traits.int_signed_size);
	assert_true(layout_for(&l, V3_13));
	assert_true(l.traits.shim_frames && l.traits.inline_values);
	assert_int_equal(l.traits.code_tag_mask, 0);
	assert_true(layout_for(&l, V3_14));
	assert_int_equal(l.traits.code_tag_mask, 3);
}

static void test_no_row(void **state)
{
	static const uint32_t none[] = {
		0,	    0x02070ff0, 0x030a0df0, 0x03100000,
		0x040b00f0, 0x030f00f0, 0xffffffff,
	};
	struct layout l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(layout_for(&l, none[i]));
}

/* Fields move until the first release candidate. */
static void test_pre_releases(void **state)
{
	struct table t;
	struct layout l;
	uint32_t stage;

	(void)state;
	table_init(&t);
	for (stage = 0; stage < 16; stage++)
		assert_int_equal(layout_for(&l, 0x030d0001 | stage << 4),
				 stage >= 0xc);
	assert_int_equal(layout_apply_published(&l, 0x030d00b4, t.words, WORDS),
			 ERR_UNSUPPORTED);
	assert_int_equal(layout_apply_published(&l, 0x030f00f0, t.words, WORDS),
			 ERR_UNSUPPORTED);
}

/* ---- published offsets ------------------------------------------------- */

static void test_published_as_the_row(void **state)
{
	struct table t;
	struct layout l;

	(void)state;
	table_init(&t);
	assert_int_equal(apply(&t, &l), 0);
	assert_memory_equal(&l, &t.row, sizeof(l));
}

static void test_published_wins(void **state)
{
	struct table t;
	struct layout l;

	(void)state;
	table_init(&t);
	t.words[WORD_interp_threads_head] += 64;
	t.words[WORD_thread_current_frame] += 8;
	t.words[WORD_code_filename] = 72;
	assert_int_equal(apply(&t, &l), 0);
	assert_int_equal(l.interp_threads_head, t.row.interp_threads_head + 64);
	assert_int_equal(l.thread_current_frame,
			 t.row.thread_current_frame + 8);
	assert_int_equal(l.code_filename, 72);
	assert_int_equal(l.gil_locked, t.row.gil_locked); /* not published */
}

/* What the table lacks keeps its distance from what it has. */
static void test_neighbours_move(void **state)
{
	struct table t;
	struct layout l;

	(void)state;
	table_init(&t);
	t.words[WORD_runtime_interpreters_head] += 16;
	t.words[WORD_thread_chunk] += 24;
	t.words[WORD_code_adaptive] += 8;
	t.words[WORD_unicode_ascii] += 32;
	assert_int_equal(apply(&t, &l), 0);
	assert_int_equal(l.runtime_main, t.row.runtime_main + 16);
	assert_int_equal(l.thread_top, t.row.thread_top + 24);
	assert_int_equal(l.code_firsttraceable, t.row.code_firsttraceable + 8);
	assert_int_equal(l.unicode_compact, t.row.unicode_compact + 32);
}

static void test_neighbour_before_the_start(void **state)
{
	struct table t;
	struct layout l;

	(void)state;
	table_init(&t);
	assert_true(t.row.code_firsttraceable < t.row.code_adaptive);
	t.words[WORD_code_adaptive] = 0;
	assert_int_equal(apply(&t, &l), ERR_GARBAGE);
}

/* Every field that can be published, one after the other, out of bounds. */
static void test_out_of_bounds(void **state)
{
	static const uint64_t hostile[] = {
		UINT64_MAX,
		1ull << 32,
		(1ull << 32) + 8,
		1ull << 63,
	};
	struct table t;
	struct layout l;
	size_t i;

	(void)state;
#define TRY(name, limit)                                           \
	for (i = 0; WORD_##name && i < ARRAY_SIZE(hostile); i++) { \
		table_init(&t);                                    \
		t.words[WORD_##name] = hostile[i];                 \
		assert_int_equal(apply(&t, &l), ERR_GARBAGE);      \
		t.words[WORD_##name] = (limit) + 1ull;             \
		assert_int_equal(apply(&t, &l), ERR_GARBAGE);      \
	}
	LAYOUT_FIELDS(TRY)
#undef TRY
}

/* Each in its bounds, but beyond the piece that is read at once. */
static void test_out_of_the_piece(void **state)
{
	static const struct {
		unsigned int word;
		uint64_t value;
	} rows[] = {
		{ WORD_thread_current_frame, 4096 },
		{ WORD_thread_next, 248 },
		{ WORD_thread_interp, 4096 },
		{ WORD_thread_native_id, 4096 },
		{ WORD_thread_ident, 4096 },
		{ WORD_thread_chunk, 0 },
		{ WORD_frame_code, 72 },
		{ WORD_frame_previous, 65 },
		{ WORD_frame_instr, 65 },
		{ WORD_frame_code, 65 },
		{ WORD_frame_owner, 72 },
		{ WORD_frame_size, 8 },
		{ WORD_frame_size, 0 },
	};
	struct table t;
	struct layout l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(rows[i].word);
		table_init(&t);
		t.words[rows[i].word] = rows[i].value;
		assert_int_equal(apply(&t, &l), ERR_GARBAGE);
	}
}

/* A table that ends early: what lies beyond is not read. */
static void test_short_table(void **state)
{
	uint64_t *words = malloc(20 * sizeof(*words));
	struct table t;
	struct layout l;

	(void)state;
	assert_non_null(words);
	table_init(&t);
	memcpy(words, t.words, 20 * sizeof(*words));
	assert_true(layout_for(&l, V3_13));
	assert_int_equal(layout_apply_published(&l, V3_13, words, 20),
			 ERR_GARBAGE);
	free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_traits),
		cmocka_unit_test(test_no_row),
		cmocka_unit_test(test_pre_releases),
		cmocka_unit_test(test_published_as_the_row),
		cmocka_unit_test(test_published_wins),
		cmocka_unit_test(test_neighbours_move),
		cmocka_unit_test(test_neighbour_before_the_start),
		cmocka_unit_test(test_out_of_bounds),
		cmocka_unit_test(test_out_of_the_piece),
		cmocka_unit_test(test_short_table),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
