/* test_short.c - short file names and modules, from a target's files
 */
#include "unit.h"

#include <string.h>

#include "capture/decode.h"
#include "folder.h"

struct setting {
	struct folder folder;
	struct target target; /* its root is the folder */
	struct defs defs;
	struct decoder *decoder;
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	folder_init(&s->folder);
	s->target = (struct target){ .proc = -1, .root = s->folder.fd };
	defs_init(&s->defs);
	assert_int_equal(decoder_new(&s->decoder, &s->defs, 0, 1000), 0);
	decoder_set_target(s->decoder, &s->target);
	folder_put(&s->folder, "lib/site/np/__init__.py", "");
	folder_put(&s->folder, "lib/site/np/core/__init__.py", "");
	folder_put(&s->folder, "lib/site/np/core/a.py", "");
	folder_put(&s->folder, "lib/site/np/data/b.py", "");
	folder_put(&s->folder, "all/__init__.py", "");
	folder_put(&s->folder, "__init__.py", "");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	decoder_free(s->decoder);
	defs_release(&s->defs);
	folder_release(&s->folder);
	free(s);
	return 0;
}

/* "short|module" of a file. */
static const char *names(struct setting *s, const char *file)
{
	static char text[512];
	struct code code = { 0 };

	code.file = defs_string(&s->defs, file, strlen(file));
	decoder_name_file(s->decoder, &code);
	snprintf(text, sizeof(text), "%s|%s",
		 def_text(&s->defs, code.short_file),
		 def_text(&s->defs, code.module));
	return text;
}

static void test_from_the_root_of_its_package(void **state)
{
	struct setting *s = *state;

	assert_string_equal(names(s, "/lib/site/np/core/a.py"),
			    "np/core/a.py|np.core.a");
	assert_string_equal(names(s, "/lib/site/np/a.py"), "np/a.py|np.a");
	assert_string_equal(names(s, "/lib/site/alone.py"), "alone.py|alone");
	/* a folder that is no package, in one that is */
	assert_string_equal(names(s, "/lib/site/np/data/b.py"), "b.py|b");
}

static void test_a_package_itself(void **state)
{
	struct setting *s = *state;

	assert_string_equal(names(s, "/lib/site/np/__init__.py"),
			    "np/__init__.py|np");
	assert_string_equal(names(s, "/lib/site/np/core/__init__.py"),
			    "np/core/__init__.py|np.core");
	assert_string_equal(names(s, "/lib/site/x__init__.py"),
			    "x__init__.py|x__init__");
}

/* Up to the root folder, and not beyond it. */
static void test_near_the_root(void **state)
{
	struct setting *s = *state;

	assert_string_equal(names(s, "/all/x.py"), "all/x.py|all.x");
	assert_string_equal(names(s, "/x.py"), "x.py|x");
	assert_string_equal(names(s, "/__init__.py"), "__init__.py|__init__");
	assert_string_equal(names(s, "/"), "|");
}

static void test_strange_paths(void **state)
{
	struct setting *s = *state;
	char path[4096];
	size_t i;

	assert_string_equal(names(s, ""), "|");
	assert_string_equal(names(s, "<string>"), "<string>|<string>");
	assert_string_equal(names(s, "<frozen importlib._bootstrap>"),
			    "<frozen importlib._bootstrap>|"
			    "<frozen importlib._bootstrap>");
	assert_string_equal(names(s, "lib/site/np/a.py"), "a.py|a");
	assert_string_equal(names(s, "x.py"), "x.py|x");
	assert_string_equal(names(s, ".py"), ".py|.py");
	assert_string_equal(names(s, "/lib/a.PY"), "a.PY|a.PY");
	names(s, "//////"); /* whatever: it ends */
	names(s, "/all//x.py");
	names(s, "/all/../../../../x.py");
	for (i = 0; i < sizeof(path) - 1; i++)
		path[i] = "/all/.."[i % 7];
	path[sizeof(path) - 1] = '\0';
	names(s, path);
}

/* A guess, when the target's files cannot be asked. */
static void test_without_a_target(void **state)
{
	struct setting *s = *state;

	decoder_set_target(s->decoder, NULL);
	assert_string_equal(names(s, "/lib/site/np/core/a.py"), "a.py|a");
	s->target.root = -1;
	decoder_set_target(s->decoder, &s->target);
	assert_string_equal(names(s, "/lib/site/np/core/a.py"), "a.py|a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_the_root_of_its_package),
		TEST(test_a_package_itself),
		TEST(test_near_the_root),
		TEST(test_strange_paths),
		TEST(test_without_a_target),
	};

	return cmocka_run_group_tests_name("short", tests, NULL, NULL);
}
