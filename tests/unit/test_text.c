/* test_text.c - hostile names, made safe for where they go
 */
#include "unit.h"

#include <string.h>

#include "cprof/base.h"

typedef void escape_fn(struct buf *b, const char *s, size_t len);

static void assert_escaped_len(escape_fn *escape, const char *s, size_t len,
			       const char *expected)
{
	struct buf b;

	buf_init(&b);
	escape(&b, s, len);
	assert_string_equal(b.data, expected);
	buf_release(&b);
}

static void assert_escaped(escape_fn *escape, const char *s,
			   const char *expected)
{
	assert_escaped_len(escape, s, strlen(s), expected);
}

static void test_terminal(void **state)
{
	(void)state;
	assert_escaped(text_terminal, "", "");
	assert_escaped(text_terminal, "Café.größe <x> \\", "Café.größe <x> \\");
	assert_escaped(text_terminal, "a\033]0;t\007b", "a\\x1b]0;t\\x07b");
	assert_escaped(text_terminal, "a\tb\r\n\x7f", "a\\x09b\\x0d\\x0a\\x7f");
	assert_escaped_len(text_terminal, "a\0b", 3, "a\\x00b");
	/* CSI in one byte of Latin-1, as U+009B */
	assert_escaped(text_terminal,
		       "\xc2\x9b"
		       "31m",
		       "\\xc2\\x9b31m");
	/* right-to-left override; zero-width space; tag; soft hyphen */
	assert_escaped(text_terminal, "a\u202eb", "a\\xe2\\x80\\xaeb");
	assert_escaped(text_terminal, "a\u2067b", "a\\xe2\\x81\\xa7b");
	assert_escaped(text_terminal, "a\u200bb", "a\\xe2\\x80\\x8bb");
	assert_escaped(text_terminal, "\U000e0041", "\\xf3\\xa0\\x81\\x81");
	assert_escaped(text_terminal, "\u00ad", "\\xc2\\xad");
	assert_escaped(text_terminal, "\u200d\u05d0", "\u200d\u05d0");
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	assert_escaped(text_terminal, "\xff", "\\xff");
	assert_escaped(text_terminal, "a\x80z", "a\\x80z");
	assert_escaped(text_terminal, "\xc3", "\\xc3");
	assert_escaped(text_terminal, "\xc3(", "\\xc3(");
	assert_escaped(text_terminal, "\xe2\x82", "\\xe2\\x82");
	assert_escaped(text_terminal, "\xc0\xaf", "\\xc0\\xaf"); /* long '/' */
	assert_escaped(text_terminal, "\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	assert_escaped(text_terminal, "\xed\xa0\x80", "\\xed\\xa0\\x80");
	assert_escaped(text_terminal, "\xf4\x90\x80\x80",
		       "\\xf4\\x90\\x80\\x80");
	/* cut by the length that is given */
	assert_escaped_len(text_terminal, "\xe2\x82\xac", 2, "\\xe2\\x82");
	assert_escaped_len(text_xml, "\xe2\x82\xac", 3, "\u20ac");
}

static void test_xml(void **state)
{
	(void)state;
	assert_escaped(text_xml, "<a b=\"c\" d='e'>&",
		       "&lt;a b=&quot;c&quot; "
		       "d=&#39;e&#39;&gt;&amp;");
	assert_escaped(text_xml, "\001\033\n", "\\x01\\x1b\\x0a");
	assert_escaped(text_xml, "\xef\xbf\xbf", "\\xef\\xbf\\xbf");
	assert_escaped(text_xml, "\xfe", "\\xfe");
}

static void test_json(void **state)
{
	(void)state;
	assert_escaped(text_json, "", "\"\"");
	assert_escaped(text_json, "\"\\/", "\"\\\"\\\\/\"");
	assert_escaped(text_json, "\n\t\001\x7f", "\"\\n\\t\\u0001\\u007f\"");
	assert_escaped_len(text_json, "a\0b", 3, "\"a\\u0000b\"");
	assert_escaped(text_json, "\u202e\u2028", "\"\\u202e\\u2028\"");
	assert_escaped(text_json, "\xff", "\"\\\\xff\"");
	assert_escaped(text_json, "<module>", "\"<module>\"");
	assert_escaped(text_json, "</script>", "\"\\u003c/script>\"");
	assert_escaped(text_json, "<!--<SCRIPT", "\"\\u003c!--\\u003cSCRIPT\"");
	assert_escaped(text_json, "]]>", "\"\\u005d]>\"");
}

static void test_folded(void **state)
{
	(void)state;
	assert_escaped(text_folded, "a;b c", "a:b c");
	assert_escaped(text_folded, "a\nb\rc\vd\fe", "a b c d e");
	assert_escaped(text_folded,
		       "a\u2028b\xc2\x85"
		       "c\x1d",
		       "a b c ");
	assert_escaped(text_folded, "\033\xff", "\\x1b\\xff");
}

static void test_encode(void **state)
{
	static const uint32_t cps[] = { 0x41,  0x7f,   0x80,	0x7ff,
					0x800, 0xffff, 0x10000, 0x10ffff };
	struct buf b;
	int32_t cp;
	size_t i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < ARRAY_SIZE(cps); i++) {
		buf_reset(&b);
		text_encode(&b, cps[i]);
		assert_int_equal(text_decode(b.data, b.len, &cp), b.len);
		assert_int_equal(cp, cps[i]);
	}
	buf_reset(&b);
	text_encode(&b, 0xd800);
	text_encode(&b, 0x110000);
	assert_string_equal(b.data, "\ufffd\ufffd");
	buf_release(&b);
}

static void assert_columns(const char *s, int columns)
{
	assert_int_equal(text_columns(s, strlen(s)), columns);
}

static void test_columns(void **state)
{
	(void)state;
	assert_columns("", 0);
	assert_columns("abc", 3);
	assert_columns("größe", 5);
	assert_columns("e\u0301", 1);
	assert_columns("\u6f22\u5b57", 4);
	assert_columns("\U0001f40d", 2);
	assert_columns("a\033b", 6);
	assert_columns("\xff", 4);
	assert_columns("\u202e", 12);
}

static void assert_thousands(uint64_t n, const char *expected)
{
	char out[32];

	assert_ptr_equal(text_thousands(out, n), out);
	assert_string_equal(out, expected);
}

static void test_thousands(void **state)
{
	(void)state;
	assert_thousands(0, "0");
	assert_thousands(999, "999");
	assert_thousands(1000, "1,000");
	assert_thousands(1234567, "1,234,567");
	assert_thousands(UINT64_MAX, "18,446,744,073,709,551,615");
}

static void assert_rate(double hz, const char *expected)
{
	char out[32];

	assert_ptr_equal(text_rate(out, hz), out);
	assert_string_equal(out, expected);
}

static void test_rate(void **state)
{
	(void)state;
	assert_rate(0, "0");
	assert_rate(0.1, "0.1");
	assert_rate(99.876, "99.88");
	assert_rate(100, "100");
	assert_rate(1000, "1,000");
	assert_rate(52413.6, "52,414");
	assert_rate(100000, "100,000");
}

static void assert_duration(uint64_t ns, const char *expected)
{
	char out[32];

	assert_ptr_equal(text_duration(out, ns), out);
	assert_string_equal(out, expected);
}

static void test_duration(void **state)
{
	(void)state;
	assert_duration(0, "0 ns");
	assert_duration(999, "999 ns");
	assert_duration(1000, "1.00 us");
	assert_duration(12345, "12.3 us");
	assert_duration(9995, "10.0 us");
	assert_duration(99960, "100 us");
	assert_duration(999499, "999 us");
	assert_duration(999500, "1.00 ms");
	assert_duration(30 * NSEC_PER_SEC, "30.0 s");
	assert_duration(999 * NSEC_PER_SEC, "999 s");
	assert_duration(1000 * NSEC_PER_SEC, "16.7 min");
	assert_duration(5999 * NSEC_PER_SEC, "1.67 h");
	assert_duration(36000 * NSEC_PER_SEC, "10.0 h");
	assert_duration(UINT64_MAX, "5124096 h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_thousands),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
