/* test_export.c - the formats, byte for byte and under attack
 *
 * CPROF_GOLDEN=write makes the files in tests/golden/ anew; look at what
 * changed before you commit it.  CPROF_KEEP=DIR leaves the large and the
 * hostile ones in DIR, to be looked at in a browser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cprof/export.h"

#include "fixture.h"

static const struct view plain;

/* ---- helpers ---------------------------------------------------------- */

static void read_file(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char part[65536];
	size_t n;

	buf_init(text);
	if (!f)
		return;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, n);
	fclose(f);
}

/* The profile in a format; with CPROF_KEEP also as DIR/NAME. */
static void export(const struct profile *p, const char *format,
		   const char *name, struct buf *text)
{
	const char *keep = getenv("CPROF_KEEP");
	struct buf path;
	struct out out;

	buf_init(&path);
	buf_printf(&path, "%s/test_export-%d-%s", keep ? keep : "/tmp",
		   (int)getpid(), name);
	if (keep) {
		buf_reset(&path);
		buf_printf(&path, "%s/%s", keep, name);
	}
	assert_int_equal(out_open(&out, path.data, false), 0);
	assert_int_equal(export_by_name(format)->write(p, &out), 0);
	assert_int_equal(out_commit(&out), 0);
	read_file(path.data, text);
	if (!keep)
		unlink(path.data);
	buf_release(&path);
}

/* Text between two marks, which stay, becomes "...". */
static void elide(struct buf *text, const char *from, const char *to)
{
	char *start = strstr(text->data, from), *end;

	if (!start)
		return;
	start += strlen(from);
	end = strstr(start, to);
	assert_non_null(end);
	memcpy(start, "...", 3);
	memmove(start + 3, end, strlen(end) + 1);
	text->len = strlen(text->data);
}

static void replace_all(struct buf *text, const char *from, const char *to)
{
	char *found, *rest = text->data;
	struct buf out;

	buf_init(&out);
	for (; (found = strstr(rest, from)); rest = found + strlen(from)) {
		buf_add(&out, rest, (size_t)(found - rest));
		buf_puts(&out, to);
	}
	buf_puts(&out, rest);
	buf_release(text);
	*text = out;
}

static void check_golden(struct buf *text, const char *name)
{
	const char *write = getenv("CPROF_GOLDEN");
	struct buf path, golden;
	FILE *f;

	elide(text, "<style><![CDATA[", "]]></style>");
	elide(text, "<script><![CDATA[", "]]></script>");
	replace_all(text, CPROF_VERSION, "VERSION");
	buf_init(&path);
	buf_printf(&path, "tests/golden/%s", name);
	if (write && strcmp(write, "write") == 0) {
		f = fopen(path.data, "wb");
		assert_non_null(f);
		fwrite(text->data, 1, text->len, f);
		fclose(f);
	}
	read_file(path.data, &golden);
	assert_string_equal(text->data, golden.data);
	buf_release(&golden);
	buf_release(&path);
}

static unsigned int count(const struct buf *text, const char *what)
{
	const char *at = text->data;
	unsigned int n = 0;

	for (; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

/* ---- the table -------------------------------------------------------- */

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(export_by_name("flamegraph")->name, "flamegraph");
	assert_string_equal(export_by_name("SVG")->name, "flamegraph");
	assert_string_equal(export_by_name("Collapsed")->name, "raw");
	assert_string_equal(export_by_name("speedscope")->name, "speedscope");
	assert_null(export_by_name("pprof"));
	assert_null(export_by_name(""));
	assert_null(export_by_name("ra"));
}

static void test_paths(void **state)
{
	(void)state;
	assert_string_equal(export_by_path("a.svg")->name, "flamegraph");
	assert_string_equal(export_by_path("a.b/c.SVG")->name, "flamegraph");
	assert_string_equal(export_by_path("a.folded")->name, "raw");
	assert_string_equal(export_by_path("a.txt")->name, "raw");
	assert_string_equal(export_by_path("a.json")->name, "speedscope");
	assert_string_equal(export_by_path("a.speedscope.json")->name,
			    "speedscope");
	assert_null(export_by_path("a.html"));
	assert_null(export_by_path("svg"));
	assert_null(export_by_path(""));
}

static void test_names_line(void **state)
{
	char names[128], *rest = names, *name;

	(void)state;
	snprintf(names, sizeof(names), "%s", export_names());
	while ((name = strsep(&rest, ", ")))
		if (*name)
			assert_string_equal(export_by_name(name)->name, name);
}

/* ---- golden files ----------------------------------------------------- */

static void check_small(const struct view *view, const char *format,
			const char *name)
{
	struct fixture f;
	struct buf text;

	fixture_init(&f, view);
	fixture_fill_small(&f);
	export(&f.profile, format, name, &text);
	check_golden(&text, name);
	buf_release(&text);
	fixture_release(&f);
}

static void test_raw(void **state)
{
	(void)state;
	check_small(&plain, "raw", "small.folded");
}

static void test_raw_threads(void **state)
{
	const struct view view = { .threads = true, .idle = true };

	(void)state;
	check_small(&view, "raw", "small-threads.folded");
}

static void test_speedscope(void **state)
{
	(void)state;
	check_small(&plain, "speedscope", "small.speedscope.json");
}

static void test_svg(void **state)
{
	(void)state;
	check_small(&plain, "flamegraph", "small.svg");
}

static void test_empty(void **state)
{
	static const char *const names[][2] = {
		{ "raw", "empty.folded" },
		{ "speedscope", "empty.speedscope.json" },
		{ "flamegraph", "empty.svg" },
	};
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_sample(&f, 0, 10, 0, STATE_IDLE);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		export(&f.profile, names[i][0], names[i][1], &text);
		check_golden(&text, names[i][1]);
		buf_release(&text);
	}
	fixture_release(&f);
}

/* ---- hostile, deep, large --------------------------------------------- */

/* What stands outside of our own elements and quotes can be checked by eye
 * only; here: nothing of a name became an element, and no byte is left that
 * XML or a terminal could not take. */
static void test_hostile_svg(void **state)
{
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_fill_hostile(&f);
	export(&f.profile, "svg", "hostile.svg", &text);
	assert_int_equal(count(&text, "<script"), 1);
	assert_int_equal(count(&text, "</script"), 1);
	assert_int_equal(count(&text, "<metadata"), 1);
	assert_int_equal(count(&text, "]]>"), 2);
	assert_int_equal(count(&text, "<img"), 0);
	assert_int_equal(count(&text, "<!--"), 1);
	assert_int_equal(count(&text, "&host;"), 0);
	assert_int_equal(count(&text, "\xe2\x80\xae"), 0);
	for (size_t i = 0; i < text.len; i++)
		assert_true((unsigned char)text.data[i] >= ' ' ||
			    text.data[i] == '\n' || text.data[i] == '\t');
	buf_release(&text);
	fixture_release(&f);
}

static void test_hostile_raw(void **state)
{
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_fill_hostile(&f);
	export(&f.profile, "raw", "hostile.folded", &text);
	/* stacks of 1 to 7 frames: 0 + 1 + ... + 6 separators */
	assert_int_equal(count(&text, "\n"), 7);
	assert_int_equal(count(&text, ";"), 21);
	buf_release(&text);
	fixture_release(&f);
}

static void test_hostile_speedscope(void **state)
{
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_fill_hostile(&f);
	export(&f.profile, "speedscope", "hostile.speedscope.json", &text);
	assert_int_equal(count(&text, "\n"), 1);
	assert_int_equal(count(&text, "\x1b"), 0);
	assert_int_equal(count(&text, "\xff"), 0);
	buf_release(&text);
	fixture_release(&f);
}

/* The still picture ends after 400 rows and says so; the data goes on. */
static void test_deep(void **state)
{
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_fill_deep(&f, 50000);
	export(&f.profile, "svg", "deep.svg", &text);
	assert_int_equal(count(&text, "50,001 levels in all"), 1);
	assert_true(text.len < 300000);
	buf_release(&text);
	export(&f.profile, "raw", "deep.folded", &text);
	assert_int_equal(count(&text, "fib (shop.py:7)"), 50000);
	buf_release(&text);
	fixture_release(&f);
}

static void test_large(void **state)
{
	struct fixture f;
	struct buf text;

	(void)state;
	fixture_init(&f, &plain);
	fixture_fill_large(&f, 20000);
	export(&f.profile, "svg", "large.svg", &text);
	assert_true(text.len < 6000000);
	buf_release(&text);
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_names_line),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_raw_threads),
		cmocka_unit_test(test_speedscope),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_hostile_svg),
		cmocka_unit_test(test_hostile_raw),
		cmocka_unit_test(test_hostile_speedscope),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_large),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
