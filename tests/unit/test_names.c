/* test_names.c - thread names, and the dicts that they are found in
 */
#include "unit.h"

#include <string.h>

#include "cprof/python.h"
#include "fake.h"

enum {
	INLINE_VALUES = 1 << 2, /* tp_flags */
	MANAGED_DICT = 1 << 4,
	PREFIX = 32, /* bytes before an object */
	THREADS_MAX = 600,
	INSERTED = 64, /* tp_basicsize */
};

/* How a thread keeps its attributes. */
enum way {
	IN_VALUES,
	IN_DICT,
	IN_SPLIT_DICT,
};

struct setting {
	struct fake fake;
	raddr_t interp, thread_type;
	struct fake_pair threads[THREADS_MAX]; /* ident, Thread */
	uint32_t thread_count;
	struct {
		uint64_t ident;
		char name[64];
	} seen[THREADS_MAX];
	uint32_t seen_count;
};

/* ---- a program -------------------------------------------------------- */

static const char *const attribute_names[] = { "_target", "_name", "_args" };

static raddr_t put_thread_type(struct fake *f)
{
	const struct layout *l = &f->python.layout;
	uint64_t flags = MANAGED_DICT;
	struct fake_pair names[3] = { { 0, 0 } };
	raddr_t type;
	int i;

	if (l->traits.inline_values)
		flags |= INLINE_VALUES;
	for (i = 0; i < 3; i++)
		names[i].key = fake_str(f, attribute_names[i]);
	type = fake_type(f, flags);
	fake_put_word(f, type + l->type_basicsize, INSERTED);
	fake_put_word(f, type + l->type_cached_keys, fake_keys(f, names, 3, 2));
	return type;
}

static void put_values(struct fake *f, raddr_t object,
		       const struct fake_pair *pairs)
{
	const struct layout_traits *traits = &f->python.layout.traits;
	raddr_t values;

	if (traits->inline_values) {
		fake_values(f, pairs, 3, object + INSERTED);
		return;
	}
	values = fake_values(f, pairs, 3, 0);
	if (traits->values_tagged)
		fake_put_word(f, object - 24, values - 1);
	else
		fake_put_word(f, object - 32, values);
}

/* A Thread object with a name of any type, 0 for none. */
static raddr_t put_thread_named(struct setting *s, raddr_t name, enum way way)
{
	struct fake *f = &s->fake;
	struct fake_pair pairs[3] = { { 0, 0 } };
	raddr_t object = fake_alloc(f, PREFIX + INSERTED + 64) + PREFIX;
	int i;

	fake_put_word(f, object + f->python.layout.object_type, s->thread_type);
	for (i = 0; i < 3; i++)
		pairs[i].key = fake_str(f, attribute_names[i]);
	pairs[0].value = object;
	pairs[1].value = name;
	if (way == IN_VALUES)
		put_values(f, object, pairs);
	else
		fake_put_word(f, object - 24,
			      fake_dict(f, pairs, 3,
					way == IN_SPLIT_DICT ? 2 : 1));
	return object;
}

static void add_thread(struct setting *s, uint64_t ident, raddr_t object)
{
	struct fake_pair *pair = &s->threads[s->thread_count++];

	pair->key = fake_int(&s->fake, ident);
	pair->value = object;
}

static void add_named(struct setting *s, uint64_t ident, const char *name,
		      enum way way)
{
	add_thread(s, ident,
		   put_thread_named(s, fake_str(&s->fake, name), way));
}

/* sys.modules with `others` more before and after threading, and what leads
 * there. */
static void put_program(struct setting *s, uint32_t others)
{
	struct fake *f = &s->fake;
	uint32_t count = 2 * others + 1, i;
	struct fake_pair *modules = calloc(count, sizeof(*modules));
	struct fake_pair globals[2] = { { 0, 0 } };
	char name[32];

	assert_non_null(modules);
	globals[0].key = fake_str(f, "_limbo");
	globals[1].key = fake_str(f, "_active");
	globals[1].value = fake_dict(f, s->threads, s->thread_count, 0);
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "m%08u", (unsigned int)i);
		modules[i].key = fake_str(f, i == others ? "threading" : name);
		modules[i].value = f->dict_type;
	}
	modules[others].value = fake_module(f, fake_dict(f, globals, 2, 1));
	s->interp = fake_alloc(f, f->python.layout.interp_modules + 8);
	fake_put_word(f, s->interp + f->python.layout.interp_modules,
		      fake_dict(f, modules, count, 1));
	free(modules);
}

static void set_version(struct setting *s, uint32_t version)
{
	fake_init(&s->fake, version);
	s->thread_type = put_thread_type(&s->fake);
	s->thread_count = 0;
}

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	set_version(s, fake_versions[2]);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	fake_release(&s->fake);
	free(s);
	return 0;
}

/* ---- reading it ------------------------------------------------------- */

static void remember(void *arg, uint64_t ident, const char *name, size_t len)
{
	struct setting *s = arg;
	size_t at;
	int32_t cp;

	assert_true(s->seen_count < THREADS_MAX);
	for (at = 0; at < len;) {
		at += text_decode(name + at, len - at, &cp);
		assert_true(cp >= 0);
	}
	s->seen[s->seen_count].ident = ident;
	snprintf(s->seen[s->seen_count].name, sizeof(s->seen[0].name), "%s",
		 name);
	s->seen_count++;
}

static int read_from(struct setting *s, struct mem *m)
{
	const struct names_reader to = { NULL, remember, s };

	s->seen_count = 0;
	return python_thread_names(&s->fake.python, m, s->interp, &to);
}

static int read_names(struct setting *s)
{
	return read_from(s, &s->fake.mem);
}

static void assert_seen(struct setting *s, uint32_t i, uint64_t ident,
			const char *name)
{
	assert_true(i < s->seen_count);
	assert_true(s->seen[i].ident == ident);
	assert_string_equal(s->seen[i].name, name);
}

/* ---- tests ------------------------------------------------------------ */

static void test_every_version(void **state)
{
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fake_versions); i++) {
		fake_release(&s->fake);
		set_version(s, fake_versions[i]);
		add_named(s, 0x7f0011223344, "MainThread", IN_VALUES);
		add_named(s, 7, "touched", IN_DICT);
		add_named(s, UINT64_MAX, "split", IN_SPLIT_DICT);
		add_named(s, 0, "", IN_VALUES);
		put_program(s, 3);
		assert_int_equal(read_names(s), 0);
		assert_int_equal(s->seen_count, 4);
		assert_seen(s, 0, 0x7f0011223344, "MainThread");
		assert_seen(s, 1, 7, "touched");
		assert_seen(s, 2, UINT64_MAX, "split");
		assert_seen(s, 3, 0, "");
	}
}

static void test_many_modules_cost_few_calls(void **state)
{
	struct setting *s = *state;

	add_named(s, 1, "one", IN_VALUES);
	put_program(s, 5000);
	s->fake.calls = 0;
	assert_int_equal(read_names(s), 0);
	assert_seen(s, 0, 1, "one");
	assert_true(s->fake.calls < 80);
}

static void test_many_threads(void **state)
{
	struct setting *s = *state;
	char name[32];
	uint32_t i;

	for (i = 0; i < THREADS_MAX; i++) {
		snprintf(name, sizeof(name), "worker-%u", (unsigned int)i);
		add_named(s, 1000 + i, name, i % 3 ? IN_VALUES : IN_DICT);
	}
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	assert_int_equal(s->seen_count, THREADS_MAX);
	assert_seen(s, 599, 1599, "worker-599");
	assert_true(s->fake.calls < 12 * THREADS_MAX);
}

static bool is_odd(void *arg, uint64_t ident)
{
	(void)arg;
	return ident % 2;
}

/* Of the others only who they are is read: one call each. */
static void test_only_some_are_wanted(void **state)
{
	struct setting *s = *state;
	const struct names_reader to = { is_odd, remember, s };
	uint32_t i, all;

	for (i = 0; i < 100; i++)
		add_named(s, i, "worker", IN_VALUES);
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	all = s->fake.calls;
	s->seen_count = s->fake.calls = 0;
	assert_int_equal(python_thread_names(&s->fake.python, &s->fake.mem,
					     s->interp, &to),
			 0);
	assert_int_equal(s->seen_count, 50);
	assert_seen(s, 49, 99, "worker");
	assert_true(s->fake.calls < all - 50 * 3);
}

/* A subclass that has its attributes elsewhere, and one with too many. */
static void test_types_differ(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	struct fake_pair names[3] = { { 0, 0 } };
	raddr_t name;

	add_named(s, 1, "plain", IN_VALUES);
	names[0].key = fake_str(&s->fake, "first");
	names[1].key = fake_str(&s->fake, "second");
	s->thread_type = put_thread_type(&s->fake);
	name = fake_str(&s->fake, "other");
	fake_put_word(&s->fake, s->thread_type + l->type_cached_keys,
		      fake_keys(&s->fake, names, 2, 2));
	add_thread(s, 2, put_thread_named(s, name, IN_DICT));
	add_thread(s, 3, put_thread_named(s, name, IN_VALUES)); /* not there */
	s->thread_type = put_thread_type(&s->fake);
	fake_put_word(&s->fake, s->thread_type + l->type_cached_keys, 0);
	add_thread(s, 4, put_thread_named(s, name, IN_DICT));
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	assert_int_equal(s->seen_count, 3);
	assert_seen(s, 0, 1, "plain");
	assert_seen(s, 1, 2, "other");
	assert_seen(s, 2, 4, "other");
}

static void test_left_out(void **state)
{
	struct setting *s = *state;
	struct fake *f = &s->fake;
	raddr_t number = fake_int(f, 5), name = fake_str(f, "name");

	add_thread(s, 1, put_thread_named(s, number, IN_VALUES)); /* no str */
	add_thread(s, 2, put_thread_named(s, 0, IN_VALUES));
	add_thread(s, 3, put_thread_named(s, 0, IN_DICT));
	add_thread(s, 4, 0); /* deleted from the dict */
	add_thread(s, 5, 0x1000);
	add_thread(s, 6, number); /* no Thread */
	add_thread(s, 7, put_thread_named(s, 0x1000, IN_VALUES));
	add_named(s, 8, "good", IN_VALUES);
	s->threads[s->thread_count++] =
		(struct fake_pair){ 0, s->threads[7].value };
	s->threads[s->thread_count++] =
		(struct fake_pair){ name, s->threads[7].value };
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	assert_int_equal(s->seen_count, 1);
	assert_seen(s, 0, 8, "good");
}

static void test_type_with_a_dict_of_its_own(void **state)
{
	struct setting *s = *state;

	s->thread_type = fake_type(&s->fake, 0);
	add_named(s, 1, "not before the object", IN_DICT);
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	assert_int_equal(s->seen_count, 0);
}

/* A thread gets another name before read number `at`; the memory of the old
 * one holds something else from then on. */
struct renaming {
	struct mem mem;
	struct fake *fake;
	raddr_t old, place, new;
	uint64_t reads, at;
};

static int renaming_readv(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	struct renaming *r = (struct renaming *)m;
	uint32_t text = r->fake->python.layout.unicode_ascii;

	if (++r->reads == r->at) {
		fake_put(r->fake, r->old + text, "stale", 5);
		fake_put_word(r->fake, r->place, r->new);
	}
	return r->fake->mem.readv(&r->fake->mem, segs, n);
}

static void test_renamed_meanwhile(void **state)
{
	struct setting *s = *state;
	struct renaming r = { .mem.readv = renaming_readv, .fake = &s->fake };
	uint32_t text = s->fake.python.layout.unicode_ascii, found = 0;
	raddr_t object;

	r.old = fake_str(&s->fake, "first");
	r.new = fake_str(&s->fake, "other");
	object = put_thread_named(s, r.old, IN_VALUES);
	r.place = object + INSERTED + s->fake.python.layout.values_first + 8;
	add_thread(s, 1, object);
	put_program(s, 1);
	do {
		fake_put(&s->fake, r.old + text, "first", 5);
		fake_put_word(&s->fake, r.place, r.old);
		r.reads = 0;
		r.at++;
		assert_int_equal(read_from(s, &r.mem), 0);
		if (s->seen_count)
			assert_string_not_equal(s->seen[0].name, "stale");
		found += s->seen_count;
	} while (r.at <= r.reads);
	assert_true(found > r.at / 2 && found < r.at);
}

static void test_negative_ident(void **state)
{
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < 2; i++) { /* the sign is in the size, then in the tag */
		fake_release(&s->fake);
		set_version(s, fake_versions[i]);
		add_named(s, 1, "negative", IN_VALUES);
		fake_put_word(&s->fake,
			      s->threads[0].key + s->fake.python.layout.int_tag,
			      i ? 1 << 3 | 2 : (uint64_t)-1);
		put_program(s, 1);
		assert_int_equal(read_names(s), 0);
		assert_int_equal(s->seen_count, 0);
	}
}

/* A str of a type that only derives from str. */
static void test_str_subclass(void **state)
{
	static const uint16_t chars[] = { 0x20ac, 'x' };
	struct setting *s = *state;
	raddr_t name = fake_str_wide(&s->fake, chars, 2, 2, false);

	fake_put_word(&s->fake, name + s->fake.python.layout.object_type,
		      fake_type(&s->fake, 1 << 28 | 1 << 9));
	add_thread(s, 1, put_thread_named(s, name, IN_VALUES));
	put_program(s, 1);
	assert_int_equal(read_names(s), 0);
	assert_seen(s, 0, 1, "\xe2\x82\xacx");
}

static void test_no_threading(void **state)
{
	struct setting *s = *state;
	const struct layout *l = &s->fake.python.layout;
	struct fake_pair other = { fake_str(&s->fake, "threadinG"), 0 };

	s->interp = fake_alloc(&s->fake, l->interp_modules + 8);
	assert_int_equal(read_names(s), ERR_FAULT);
	fake_put_word(&s->fake, s->interp + l->interp_modules,
		      fake_dict(&s->fake, NULL, 0, 0));
	assert_int_equal(read_names(s), ERR_NOT_FOUND);
	fake_put_word(&s->fake, s->interp + l->interp_modules,
		      fake_dict(&s->fake, &other, 1, 1));
	assert_int_equal(read_names(s), ERR_NOT_FOUND);
	fake_put_word(&s->fake, s->interp + l->interp_modules, s->thread_type);
	assert_int_not_equal(read_names(s), 0);
}

static void put_nentries(struct setting *s, uint64_t count)
{
	const struct layout *l = &s->fake.python.layout;
	uint64_t dict, keys;

	assert_int_equal(mem_read_u64(&s->fake.mem,
				      s->interp + l->interp_modules, &dict),
			 0);
	assert_int_equal(mem_read_u64(&s->fake.mem, dict + l->dict_keys, &keys),
			 0);
	fake_put_word(&s->fake, keys + l->keys_nentries, count);
}

/* fake_release() sees to it that no read was larger than 1 MiB. */
static void test_sizes_that_lie(void **state)
{
	struct setting *s = *state;

	add_named(s, 1, "one", IN_VALUES);
	put_program(s, 1);
	put_nentries(s, UINT64_MAX);
	assert_int_equal(read_names(s), ERR_GARBAGE);
	put_nentries(s, 1ull << 26);
	assert_int_equal(read_names(s), ERR_FAULT);
	fake_alloc(&s->fake, 2 << 20); /* now it can be read */
	assert_int_equal(read_names(s), 0);
	put_nentries(s, 0);
	assert_int_equal(read_names(s), ERR_NOT_FOUND);
}

static void put_all_ways(struct setting *s)
{
	add_named(s, 1, "one", IN_VALUES);
	add_named(s, 2, "two", IN_DICT);
	add_named(s, 3, "three", IN_SPLIT_DICT);
	put_program(s, 2);
}

static void test_read_fails(void **state)
{
	struct setting *s = *state;
	struct mem_faulty faulty;
	uint64_t reads = 0, at;
	int err;

	put_all_ways(s);
	mem_faulty_init(&faulty, &s->fake.mem);
	assert_int_equal(read_from(s, &faulty.mem), 0);
	reads = faulty.reads;
	assert_true(reads > 20);
	for (at = 1; at <= 2 * reads; at++) {
		faulty.err = at <= reads ? ERR_FAULT : ERR_NOPROC;
		faulty.fail_at = at <= reads ? at : at - reads;
		faulty.reads = 0;
		err = read_from(s, &faulty.mem);
		assert_true(err == 0 ? s->seen_count >= 2 : err < 0);
		if (at > reads)
			assert_int_equal(err, ERR_NOPROC);
	}
}

static void spoil(struct setting *s, uint64_t seed, uint32_t used)
{
	uint64_t word = FAKE_BASE + seed % used; /* points to anything */

	if (seed % 4 == 1)
		word &= ~7ull; /* to a word */
	else if (seed % 4 == 2)
		word = seed >> (seed >> 8) % 64;
	else if (seed % 4 == 3)
		word = (seed >> 8) % 16;
	fake_put_word(&s->fake, FAKE_BASE + (seed >> 40) % (used / 8 - 1) * 8,
		      word);
}

/* A valid program of which some words are not: ends, in bounded reads, with
 * valid text. */
static void fuzz(struct setting *s, int rounds)
{
	uint32_t used = s->fake.used;
	uint8_t *valid = malloc(used);
	uint64_t seed = 1, most = 0;
	int round, i;

	assert_non_null(valid);
	memcpy(valid, s->fake.data, used);
	for (round = 0; round < rounds; round++) {
		memcpy(s->fake.data, valid, used);
		for (i = 0; i < 1 + round % 16; i++) {
			seed = hash_mix(seed, 1);
			spoil(s, seed, used);
		}
		s->fake.calls = 0;
		read_names(s);
		most = MAX(most, s->fake.calls);
	}
	assert_true(most < 2000);
	free(valid);
}

static void test_random_words(void **state)
{
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fake_versions); i++) {
		fake_release(&s->fake);
		set_version(s, fake_versions[i]);
		put_all_ways(s);
		fuzz(s, 5000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_version),
		TEST(test_many_modules_cost_few_calls),
		TEST(test_many_threads),
		TEST(test_only_some_are_wanted),
		TEST(test_types_differ),
		TEST(test_left_out),
		TEST(test_type_with_a_dict_of_its_own),
		TEST(test_renamed_meanwhile),
		TEST(test_negative_ident),
		TEST(test_str_subclass),
		TEST(test_no_threading),
		TEST(test_sizes_that_lie),
		TEST(test_read_fails),
		TEST(test_random_words),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
