/* test_code.c - code objects, and others that take their place
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"

struct setting {
	struct fake fake;
	struct mem mem; /* counts, and changes the code object */
	struct code_copy copy;
	raddr_t code;
	unsigned int change_at; /* before this read */
	unsigned int reads;
	void (*change)(struct setting *s);
};

static struct setting *of_mem(struct mem *m)
{
	return (struct setting *)((char *)m - offsetof(struct setting, mem));
}

static int changing_readv(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	struct setting *s = of_mem(m);

	if (++s->reads == s->change_at)
		s->change(s);
	return s->fake.mem.readv(&s->fake.mem, segs, n);
}

static raddr_t put_code(struct fake *f, const char *name, const char *file)
{
	const struct layout *l = &f->python.layout;
	raddr_t code = fake_object(f, f->int_type, l->code_adaptive + 8);

	fake_put_word(f, code + l->code_units, 4);
	fake_put_word(f, code + l->code_filename, fake_str(f, file));
	fake_put_word(f, code + l->code_qualname, fake_str(f, name));
	fake_put_word(f, code + l->code_linetable,
		      fake_bytes(f, "\xd8\x01\x02", 3));
	fake_put_int(f, code + l->code_firstlineno, 42);
	fake_put_int(f, code + l->code_firsttraceable, 2);
	return code;
}

static void set_version(struct setting *s, uint32_t version)
{
	fake_init(&s->fake, version);
	s->code = put_code(&s->fake, "C.method", "/srv/app.py");
	s->reads = s->change_at = 0;
}

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->mem.readv = changing_readv;
	set_version(s, fake_versions[3]);
	code_copy_init(&s->copy);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	fake_release(&s->fake);
	code_copy_release(&s->copy);
	free(s);
	return 0;
}

static int read_code(struct setting *s)
{
	s->reads = 0;
	return code_copy_read(&s->copy, &s->fake.python, &s->mem, s->code);
}

static void put_word(struct setting *s, uint32_t field, uint64_t word)
{
	fake_put_word(&s->fake, s->code + field, word);
}

static void assert_copied(struct setting *s)
{
	assert_int_equal(read_code(s), 0);
	assert_string_equal(s->copy.name.data, "C.method");
	assert_string_equal(s->copy.file.data, "/srv/app.py");
	assert_int_equal(s->copy.linetable.len, 3);
	assert_memory_equal(s->copy.linetable.data, "\xd8\x01\x02", 3);
	assert_int_equal(s->copy.print.firstlineno, 42);
	assert_int_equal(s->copy.print.units, 4);
	assert_int_equal(s->copy.first_traceable, 4);
}

static void test_every_version(void **state)
{
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fake_versions); i++) {
		fake_release(&s->fake);
		set_version(s, fake_versions[i]);
		assert_copied(s);
		assert_copied(s); /* again, into the same */
	}
}

static void test_print_needs_only_the_head(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	uint8_t *head = malloc(l->code_adaptive);
	struct code_print print;

	assert_non_null(head);
	assert_int_equal(
		mem_read(&s->fake.mem, s->code, head, l->code_adaptive), 0);
	code_print_from(&print, l, head);
	assert_true(code_print_plausible(&print));
	assert_int_equal(print.firstlineno, 42);
	assert_int_equal(print.units, 4);
	free(head);
}

/* What a target publishes may put a field anywhere below its limit. */
static void test_fields_behind_the_head(void **state)
{
	struct setting *s = *state;
	struct layout l = s->fake.python.layout;
	uint8_t head[CODE_HEAD_MAX];
	struct code_print print;

	memset(head, 8, sizeof(head));
	l.code_adaptive = 512;
	l.code_filename = 512;
	code_print_from(&print, &l, head);
	assert_int_equal(print.filename, 0);
	assert_false(code_print_plausible(&print));
	l.code_filename = 505;
	code_print_from(&print, &l, head);
	assert_int_equal(print.filename, 0);
	l.code_filename = 504;
	code_print_from(&print, &l, head);
	assert_true(print.filename == 0x0808080808080808);

	s->fake.python.layout.code_adaptive = 0;
	assert_int_equal(read_code(s), ERR_GARBAGE);
}

static void test_plausible(void **state)
{
	static const struct code_print good = { 1, 8, 16, 24, 1, 0 };
	struct code_print c = good;

	(void)state;
	assert_true(code_print_plausible(&c));
	c.units = 1 << 24;
	c.firstlineno = 0;
	assert_true(code_print_plausible(&c));
	c.firstlineno = -1; /* from a syntax tree made by hand */
	assert_true(code_print_plausible(&c));
	c.firstlineno = INT32_MIN;
	assert_false(code_print_plausible(&c));
	c = good;
	c.units = 0;
	assert_false(code_print_plausible(&c));
	c.units = (1 << 24) + 1;
	assert_false(code_print_plausible(&c));
	c = good;
	c.filename = 0;
	assert_false(code_print_plausible(&c));
	c = good;
	c.qualname = 17;
	assert_false(code_print_plausible(&c));
	c = good;
	c.linetable = 0;
	assert_false(code_print_plausible(&c));
}

static void change_line(struct setting *s)
{
	fake_put_int(&s->fake, s->code + s->fake.python.layout.code_firstlineno,
		     43);
}

static void change_name(struct setting *s)
{
	put_word(s, s->fake.python.layout.code_qualname,
		 fake_str(&s->fake, "other"));
}

static void change_lines(struct setting *s)
{
	put_word(s, s->fake.python.layout.code_linetable,
		 fake_bytes(&s->fake, "\xd8\x01\x02", 3));
}

static void change_all(struct setting *s)
{
	uint64_t word;
	uint32_t i;

	for (i = 0; i < s->fake.used - 64; i += 8) {
		word = hash_mix(i, 1);
		fake_put_word(&s->fake, FAKE_BASE + i, word);
	}
}

static void change_nothing(struct setting *s)
{
	(void)s;
}

/* Another code object at the same address, whenever it comes. */
static void test_replaced(void **state)
{
	static void (*const changes[])(struct setting * s) = {
		change_line, change_name, change_lines, change_all
	};
	struct setting *s = *state;
	unsigned int last, at, i;

	s->change = change_nothing;
	assert_copied(s);
	last = s->reads;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		s->change = changes[i];
		for (at = 2; at <= last; at++) {
			fake_release(&s->fake);
			set_version(s, fake_versions[3]);
			s->change_at = at;
			assert_int_equal(read_code(s), ERR_LOST);
		}
	}
}

static void test_unreadable(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;

	put_word(s, l->code_qualname, 0x1000);
	assert_int_equal(read_code(s), ERR_FAULT);
	put_word(s, l->code_qualname, s->code); /* no str */
	assert_int_not_equal(read_code(s), 0);
	put_word(s, l->code_qualname, 0);
	assert_int_equal(read_code(s), ERR_GARBAGE);
	s->code = 0x1000;
	assert_int_equal(read_code(s), ERR_FAULT);
}

static void test_long_names(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	char text[20001];

	memset(text, 'n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put_word(s, l->code_qualname, fake_str(&s->fake, text));
	put_word(s, l->code_filename, fake_str(&s->fake, text));
	assert_int_equal(read_code(s), 0);
	assert_int_equal(s->copy.name.len, 16384 + 3);
	assert_int_equal(s->copy.file.len, 4096 + 3);
	text[10000] = '\0';
	put_word(s, l->code_qualname, fake_str(&s->fake, text));
	assert_int_equal(read_code(s), 0);
	assert_string_equal(s->copy.name.data, text);
}

/* A function is worth more than its lines. */
static void test_too_many_lines(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	raddr_t table = fake_bytes(&s->fake, "\xd8\x01\x02", 3);

	fake_put_word(&s->fake, table + l->bytes_size, (4 << 20) + 1);
	put_word(s, l->code_linetable, table);
	assert_int_equal(read_code(s), 0);
	assert_string_equal(s->copy.name.data, "C.method");
	assert_int_equal(s->copy.linetable.len, 0);
	fake_put_word(&s->fake, table + l->bytes_size, (uint64_t)INT32_MAX + 1);
	assert_int_equal(read_code(s), ERR_GARBAGE);
}

static void test_read_fails(void **state)
{
	struct setting *s = *state;
	struct mem_faulty faulty;
	uint64_t reads = 1, at;

	mem_faulty_init(&faulty, &s->fake.mem);
	for (at = 0; at <= reads; at++) {
		faulty.fail_at = at;
		faulty.reads = 0;
		assert_int_equal(code_copy_read(&s->copy, &s->fake.python,
						&faulty.mem, s->code) == 0,
				 at == 0);
		if (at == 0)
			reads = faulty.reads;
	}
	assert_true(reads > 5);
	faulty.err = ERR_NOPROC;
	faulty.reads = 0;
	faulty.fail_at = 3;
	faulty.every = true;
	assert_int_equal(code_copy_read(&s->copy, &s->fake.python, &faulty.mem,
					s->code),
			 ERR_NOPROC);
}

/* A valid object of which some words are not, or point elsewhere. */
static void test_random_words(void **state)
{
	struct setting *s = *state;
	uint32_t used = s->fake.used;
	uint8_t *valid = malloc(used);
	uint64_t seed = 1;
	int round, i;

	assert_non_null(valid);
	memcpy(valid, s->fake.data, used);
	for (round = 0; round < 20000; round++) {
		memcpy(s->fake.data, valid, used);
		for (i = 0; i < 1 + round % 4; i++) {
			seed = hash_mix(seed, 1);
			fake_put_word(&s->fake,
				      FAKE_BASE + (seed >> 40) % (used / 8) * 8,
				      seed % 3 ? FAKE_BASE + seed % used :
						 seed >> seed % 64);
		}
		s->reads = 0;
		read_code(s);
		assert_true(s->reads < 2000);
	}
	free(valid);
}

static void test_hidden(void **state)
{
	(void)state;
	assert_true(code_is_hidden(0, "__init__"));
	assert_false(code_is_hidden(1, "__init__"));
	assert_false(code_is_hidden(0, "__init__.py"));
	assert_false(code_is_hidden(0, "/srv/__init__"));
	assert_false(code_is_hidden(0, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_version),
		TEST(test_print_needs_only_the_head),
		TEST(test_fields_behind_the_head),
		TEST(test_plausible),
		TEST(test_replaced),
		TEST(test_unreadable),
		TEST(test_long_names),
		TEST(test_too_many_lines),
		TEST(test_read_fails),
		TEST(test_random_words),
		TEST(test_hidden),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
