/* test_object.c - str and bytes, of all widths and with all lies
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"

#define LIMIT 100
#define MANY 70000u /* characters: more than are read at once */

struct setting {
	struct fake fake;
	struct buf out;
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	fake_init(&s->fake, fake_versions[2]);
	buf_init(&s->out);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	fake_release(&s->fake);
	buf_release(&s->out);
	free(s);
	return 0;
}

static int read_str(struct setting *s, raddr_t str, unsigned int limit)
{
	buf_reset(&s->out);
	return object_str(&s->fake.python, &s->fake.mem, str, limit, &s->out);
}

static int read_bytes(struct setting *s, raddr_t bytes, unsigned int limit)
{
	buf_reset(&s->out);
	return object_bytes(&s->fake.python, &s->fake.mem, bytes, limit,
			    &s->out);
}

static void assert_str(struct setting *s, raddr_t str, const char *wanted)
{
	assert_int_equal(read_str(s, str, LIMIT), 0);
	assert_string_equal(s->out.data, wanted);
}

static void put_state(struct setting *s, raddr_t str, uint32_t state)
{
	fake_put_int(&s->fake, str + s->fake.python.layout.unicode_state,
		     state);
}

static void put_length(struct setting *s, raddr_t str, uint64_t length)
{
	fake_put_word(&s->fake, str + s->fake.python.layout.unicode_length,
		      length);
}

static void test_every_version(void **state)
{
	static const uint8_t latin[] = { 'a', 0xe9 };
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fake_versions); i++) {
		fake_release(&s->fake);
		fake_init(&s->fake, fake_versions[i]);
		assert_str(s, fake_str(&s->fake, "Class.method"),
			   "Class.method");
		assert_str(s, fake_str_wide(&s->fake, latin, 2, 1, true),
			   "a\xc3\xa9");
		assert_str(s, fake_str_wide(&s->fake, latin, 2, 1, false),
			   "a\xc3\xa9");
		assert_int_equal(
			read_bytes(s, fake_bytes(&s->fake, "a\0b", 3), 9), 0);
		assert_memory_equal(s->out.data, "a\0b", 4);
	}
}

static void test_widths(void **state)
{
	static const uint16_t two[] = { 'x', 0x20ac, 0xffff, 0x80, 0x7ff };
	static const uint32_t four[] = { 0x1f40d, 'x', 0x10ffff, 0xe9 };
	struct setting *s = *state;
	int compact;

	for (compact = 0; compact < 2; compact++) {
		assert_str(s, fake_str_wide(&s->fake, two, 5, 2, compact),
			   "x\xe2\x82\xac\xef\xbf\xbf\xc2\x80\xdf\xbf");
		assert_str(s, fake_str_wide(&s->fake, four, 4, 4, compact),
			   "\xf0\x9f\x90\x8dx\xf4\x8f\xbf\xbf\xc3\xa9");
	}
	assert_str(s, fake_str(&s->fake, ""), "");
}

static void test_two_reads(void **state)
{
	struct setting *s = *state;
	raddr_t str = fake_str(&s->fake, "Class.method");

	s->fake.calls = 0;
	assert_str(s, str, "Class.method");
	assert_true(s->fake.calls <= 2);
}

static void test_surrogates(void **state)
{
	static const uint16_t two[] = { 'a',	0xdc80, 0xdcff, 0xdc7f,
					0xdd00, 0xd800, 0xdfff, 0xe000 };
	static const uint32_t four[] = { 0xdcc3, 0xd83d, 0xde00, 0x1f600 };
	struct setting *s = *state;

	assert_str(s, fake_str_wide(&s->fake, two, 8, 2, true),
		   "a\\x80\\xff\\udc7f\\udd00\\ud800\\udfff\xee\x80\x80");
	assert_str(s, fake_str_wide(&s->fake, four, 4, 4, true),
		   "\\xc3\\ud83d\\ude00\xf0\x9f\x98\x80");
}

static void test_limit(void **state)
{
	static const uint16_t two[] = { 0x20ac, 0x20ac, 0x20ac };
	struct setting *s = *state;
	raddr_t str = fake_str(&s->fake, "12345");

	assert_int_equal(read_str(s, str, 5), 0);
	assert_string_equal(s->out.data, "12345");
	assert_int_equal(read_str(s, str, 4), 0);
	assert_string_equal(s->out.data, "1234\xe2\x80\xa6");
	assert_int_equal(read_str(s, str, 0), 0);
	assert_string_equal(s->out.data, "\xe2\x80\xa6");
	str = fake_str_wide(&s->fake, two, 3, 2, true);
	assert_int_equal(read_str(s, str, 2), 0);
	assert_string_equal(s->out.data,
			    "\xe2\x82\xac\xe2\x82\xac\xe2\x80\xa6");
}

static void test_long(void **state)
{
	struct setting *s = *state;
	uint32_t *chars = calloc(MANY, sizeof(*chars)), i;
	raddr_t str;

	assert_non_null(chars);
	for (i = 0; i < MANY; i++)
		chars[i] = i % 2 ? 'a' + i % 26 : 0x1f600 + i % 64;
	str = fake_str_wide(&s->fake, chars, MANY, 4, true);
	assert_int_equal(read_str(s, str, MANY), 0);
	assert_int_equal(s->out.len, MANY / 2 * 5);
	for (i = 1; i < MANY; i += 2)
		if (s->out.data[i / 2 * 5 + 4] != (char)('a' + i % 26))
			fail_msg("character %u", (unsigned int)i);
	free(chars);
}

static void test_appends(void **state)
{
	struct setting *s = *state;
	raddr_t str = fake_str(&s->fake, "after");
	raddr_t bad = fake_str_wide(&s->fake, "\0\0\x11\0", 1, 4, true);

	buf_puts(&s->out, "before, ");
	assert_int_equal(object_str(&s->fake.python, &s->fake.mem, str, LIMIT,
				    &s->out),
			 0);
	assert_int_equal(object_str(&s->fake.python, &s->fake.mem, bad, LIMIT,
				    &s->out),
			 ERR_GARBAGE);
	assert_string_equal(s->out.data, "before, after");
	assert_int_equal(s->out.len, 13);
}

static void test_unreadable(void **state)
{
	struct setting *s = *state;
	raddr_t str = fake_str(&s->fake, "text");

	assert_int_equal(read_str(s, 0, LIMIT), ERR_GARBAGE);
	assert_int_equal(read_str(s, str + 1, LIMIT), ERR_GARBAGE);
	assert_int_equal(read_str(s, 0x1000, LIMIT), ERR_FAULT);
	assert_int_equal(read_str(s, UINT64_MAX - 7, LIMIT), ERR_FAULT);
	put_length(s, str, 5); /* one more than there is memory */
	assert_int_equal(read_str(s, str, LIMIT), ERR_FAULT);
	assert_int_equal(s->out.len, 0);
	assert_int_equal(read_str(s, str, 4), 0);
	put_length(s, str, UINT64_MAX);
	assert_int_equal(read_str(s, str, 4), ERR_GARBAGE);
	put_length(s, str, 1ull << 40);
	assert_int_equal(read_str(s, str, 4), ERR_GARBAGE);
}

static void test_impossible(void **state)
{
	enum { COMPACT = 1 << 5, ASCII = 1 << 6 };
	struct setting *s = *state;
	raddr_t str =
		fake_str(&s->fake, "text of which some is not ASCII \xff");
	uint32_t width;

	assert_int_equal(read_str(s, str, LIMIT), ERR_GARBAGE);
	assert_int_equal(read_str(s, str, 4), 0);
	for (width = 0; width < 8; width++) {
		if (width == 1)
			continue;
		put_state(s, str, COMPACT | ASCII | width << 2);
		assert_int_equal(read_str(s, str, 4), ERR_GARBAGE);
	}
	put_state(s, str, COMPACT | 3 << 2);
	assert_int_equal(read_str(s, str, 4), ERR_GARBAGE);
	put_state(s, str, 1 << 2); /* not compact: no pointer there */
	assert_int_not_equal(read_str(s, str, 4), 0);
}

static void test_bytes(void **state)
{
	struct setting *s = *state;
	char *data = malloc(MANY);
	raddr_t bytes;

	assert_non_null(data);
	memset(data, 'x', MANY);
	data[MANY - 1] = 'y';
	bytes = fake_bytes(&s->fake, data, MANY);
	assert_int_equal(read_bytes(s, bytes, MANY), 0);
	assert_int_equal(s->out.len, MANY);
	assert_memory_equal(s->out.data, data, MANY);
	free(data);

	assert_int_equal(read_bytes(s, bytes, MANY - 1), ERR_FULL);
	assert_int_equal(s->out.len, 0);
	fake_put_word(&s->fake, bytes + s->fake.python.layout.bytes_size,
		      MANY + 1);
	assert_int_equal(read_bytes(s, bytes, MANY * 2), ERR_FAULT);
	assert_int_equal(s->out.len, 0);
	fake_put_word(&s->fake, bytes + s->fake.python.layout.bytes_size,
		      UINT64_MAX);
	assert_int_equal(read_bytes(s, bytes, UINT32_MAX), ERR_GARBAGE);
	assert_int_equal(read_bytes(s, 0, 9), ERR_GARBAGE);
	assert_int_equal(read_bytes(s, 0x1000, 9), ERR_FAULT);
}

static void assert_utf8(const struct buf *b)
{
	size_t at;
	int32_t cp;

	for (at = 0; at < b->len;) {
		at += text_decode(b->data + at, b->len - at, &cp);
		assert_true(cp >= 0);
	}
}

/* Whatever the memory holds: text or an error. */
static void test_random_bytes(void **state)
{
	struct setting *s = *state;
	raddr_t at = fake_alloc(&s->fake, 256);
	uint64_t seed = 1;
	uint32_t i;
	int round;

	for (round = 0; round < 20000; round++) {
		for (i = 0; i < 256; i += 8) {
			seed = hash_mix(seed, i);
			fake_put_word(&s->fake, at + i, seed);
		}
		put_length(s, at, seed % 40);
		if (round % 2)
			put_state(s, at, (uint32_t)(seed >> 8 & 0x34));
		if (read_str(s, at, LIMIT) == 0)
			assert_utf8(&s->out);
		else
			assert_int_equal(s->out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_version), TEST(test_widths),
		TEST(test_two_reads),	  TEST(test_surrogates),
		TEST(test_limit),	  TEST(test_long),
		TEST(test_appends),	  TEST(test_unreadable),
		TEST(test_impossible),	  TEST(test_bytes),
		TEST(test_random_bytes),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
