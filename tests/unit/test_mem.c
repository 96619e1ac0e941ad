/* test_mem.c - vectored reads, of our own process
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cprof/target.h"

enum { PAGE = 4096, MANY = 2500, STALE = 77 };

/* Three pages of which the middle one cannot be read. */
struct setting {
	struct mem_live live;
	uint8_t *pages;
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));
	size_t i;

	assert_non_null(s);
	mem_live_init(&s->live, getpid());
	s->pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(s->pages != MAP_FAILED);
	for (i = 0; i < 3 * PAGE; i++)
		s->pages[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(mprotect(s->pages + PAGE, PAGE, PROT_NONE), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	munmap(s->pages, 3 * PAGE);
	free(s);
	return 0;
}

static raddr_t at(const struct setting *s, size_t offset)
{
	return (raddr_t)(uintptr_t)s->pages + offset;
}

/* What errors a read of these offsets gives, a digit each: 1 for a fault. The
 * good ones must have come. */
static const char *read_at(struct setting *s, const size_t *offsets,
			   unsigned int n, uint32_t len)
{
	static char marks[16];
	uint8_t bytes[8][2 * PAGE];
	struct mem_seg segs[8];
	unsigned int i;

	memset(bytes, 0, sizeof(bytes));
	for (i = 0; i < n; i++)
		segs[i] = (struct mem_seg){ .addr = at(s, offsets[i]),
					    .buf = bytes[i],
					    .len = len,
					    .err = STALE };
	assert_int_equal(s->live.mem.readv(&s->live.mem, segs, n), 0);
	for (i = 0; i < n; i++) {
		marks[i] = segs[i].err ? '1' : '0';
		if (segs[i].err)
			assert_int_equal(segs[i].err, ERR_FAULT);
		else
			assert_memory_equal(bytes[i], s->pages + offsets[i],
					    len);
	}
	marks[n] = '\0';
	return marks;
}

static void test_all_in_one_call(void **state)
{
	struct setting *s = *state;
	const size_t offsets[] = { 0, 8, 4088, 2 * PAGE, 3 * PAGE - 8 };

	assert_string_equal(read_at(s, offsets, 5, 8), "00000");
	assert_int_equal(s->live.calls, 1);
}

static void test_a_bad_piece_spoils_only_itself(void **state)
{
	struct setting *s = *state;
	const size_t middle[] = { 0, PAGE, 2 * PAGE };
	const size_t first[] = { PAGE, 0, 2 * PAGE };
	const size_t last[] = { 0, 2 * PAGE, PAGE };
	const size_t pairs[] = { 0, PAGE, PAGE + 8, 16, PAGE, 2 * PAGE };
	const size_t all[] = { PAGE, PAGE + 8, PAGE + 16 };

	assert_string_equal(read_at(s, middle, 3, 8), "010");
	assert_int_equal(s->live.calls, 2);
	assert_string_equal(read_at(s, first, 3, 8), "100");
	assert_string_equal(read_at(s, last, 3, 8), "001");
	assert_string_equal(read_at(s, pairs, 6, 8), "011010");
	assert_string_equal(read_at(s, all, 3, 8), "111");
}

/* The kernel copies it page by page and says how far it came. */
static void test_partly_readable_is_not_read(void **state)
{
	struct setting *s = *state;
	const size_t end[] = { 0, PAGE - 8, 2 * PAGE };
	const size_t long_end[] = { 0, 8, 2 * PAGE };

	assert_string_equal(read_at(s, end, 3, 16), "010");
	assert_string_equal(read_at(s, long_end, 3, PAGE), "010");
}

static void test_empty_pieces(void **state)
{
	struct setting *s = *state;
	uint64_t word = 0;
	struct mem_seg segs[] = {
		{ .addr = at(s, PAGE), .len = 0, .err = STALE },
		{ .addr = at(s, 0), .buf = &word, .len = 8, .err = STALE },
		{ .addr = at(s, PAGE), .len = 0, .err = STALE },
		{ .addr = at(s, PAGE), .buf = &word, .len = 8, .err = STALE },
		{ .addr = 0, .len = 0, .err = STALE },
	};
	struct mem *m = &s->live.mem;

	assert_int_equal(m->readv(m, segs, ARRAY_SIZE(segs)), 0);
	assert_int_equal(segs[0].err, 0);
	assert_int_equal(segs[1].err, 0);
	assert_int_equal(segs[2].err, 0);
	assert_int_equal(segs[3].err, ERR_FAULT);
	assert_int_equal(segs[4].err, 0);
	assert_memory_equal(&word, s->pages, 8);
	assert_int_equal(m->readv(m, segs, 0), 0);
}

static void test_more_than_one_call_takes(void **state)
{
	static const unsigned int bad[] = { 0, 1023, 1024, 1025, 2047, 2499 };
	struct setting *s = *state;
	struct mem_seg *segs = calloc(MANY, sizeof(*segs));
	uint64_t *words = calloc(MANY, sizeof(*words));
	unsigned int i, k;

	assert_non_null(segs);
	assert_non_null(words);
	for (i = 0; i < MANY; i++)
		segs[i] = (struct mem_seg){ .addr = at(s, i % 500 * 8),
					    .buf = &words[i],
					    .len = 8,
					    .err = STALE };
	for (k = 0; k < ARRAY_SIZE(bad); k++)
		segs[bad[k]].addr = at(s, PAGE + 8);
	assert_int_equal(s->live.mem.readv(&s->live.mem, segs, MANY), 0);
	for (i = k = 0; i < MANY; i++) {
		if (k < ARRAY_SIZE(bad) && i == bad[k]) {
			assert_int_equal(segs[i].err, ERR_FAULT);
			k++;
			continue;
		}
		assert_int_equal(segs[i].err, 0);
		assert_memory_equal(&words[i], s->pages + i % 500 * 8, 8);
	}
	assert_in_range(s->live.calls, 3, 3 + ARRAY_SIZE(bad));
	free(segs);
	free(words);
}

static void test_addresses_that_nobody_has(void **state)
{
	static const raddr_t none[] = {
		0, 8, 1ull << 47, (1ull << 63) + 8, UINT64_MAX - 7, UINT64_MAX,
	};
	struct setting *s = *state;
	uint64_t word;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(mem_read_u64(&s->live.mem, none[i], &word),
				 ERR_FAULT);
		assert_int_equal(mem_read(&s->live.mem, none[i], s->pages,
					  PAGE),
				 ERR_FAULT);
	}
	assert_int_equal(mem_read_u64(&s->live.mem, at(s, 8), &word), 0);
	assert_memory_equal(&word, s->pages + 8, 8);
}

static void test_process_gone(void **state)
{
	struct setting *s = *state;
	pid_t pid = fork();
	uint64_t word;

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	mem_live_init(&s->live, pid);
	assert_int_equal(mem_read_u64(&s->live.mem, at(s, 0), &word),
			 ERR_NOPROC);
}

static void test_not_permitted(void **state)
{
	struct setting *s = *state;
	uint64_t word;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(99);
		mem_live_init(&s->live, getppid());
		_exit(-mem_read_u64(&s->live.mem, at(s, 0), &word));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), -ERR_PERM);
}

/* ---- faulty memory ----------------------------------------------------- */

/* Which of so many reads fail, a digit each. */
static const char *fail_pattern(struct mem_faulty *f, struct setting *s,
				unsigned int reads)
{
	static char marks[16];
	unsigned int i;
	uint64_t word;

	for (i = 0; i < reads; i++)
		marks[i] = mem_read_u64(&f->mem, at(s, 0), &word) ? '1' : '0';
	marks[reads] = '\0';
	return marks;
}

static void test_faulty_fails_the_nth(void **state)
{
	struct setting *s = *state;
	struct mem_faulty f;

	mem_faulty_init(&f, &s->live.mem);
	assert_string_equal(fail_pattern(&f, s, 4), "0000");
	mem_faulty_init(&f, &s->live.mem);
	f.fail_at = 1;
	assert_string_equal(fail_pattern(&f, s, 4), "1000");
	mem_faulty_init(&f, &s->live.mem);
	f.fail_at = 3;
	assert_string_equal(fail_pattern(&f, s, 5), "00100");
	assert_int_equal(f.reads, 5);
	mem_faulty_init(&f, &s->live.mem);
	f.fail_at = 3;
	f.every = true;
	assert_string_equal(fail_pattern(&f, s, 5), "00111");
}

static void test_faulty_fails_one_piece_or_the_call(void **state)
{
	struct setting *s = *state;
	uint64_t words[3] = { 0 };
	struct mem_seg segs[3];
	struct mem_faulty f;
	unsigned int i, bad = 0;

	for (i = 0; i < 3; i++)
		segs[i] = (struct mem_seg){ at(s, 8 * i), &words[i], 8, STALE };
	mem_faulty_init(&f, &s->live.mem);
	f.fail_at = 1;
	assert_int_equal(f.mem.readv(&f.mem, segs, 3), 0);
	for (i = 0; i < 3; i++)
		bad += segs[i].err == ERR_FAULT;
	assert_int_equal(bad, 1);
	mem_faulty_init(&f, &s->live.mem);
	f.fail_at = 1;
	f.err = ERR_NOPROC;
	assert_int_equal(f.mem.readv(&f.mem, segs, 3), ERR_NOPROC);
	assert_int_equal(f.mem.readv(&f.mem, segs, 3), 0);
	f.fail_at = 3;
	f.err = ERR_FAULT;
	assert_int_equal(f.mem.readv(&f.mem, segs, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_in_one_call),
		TEST(test_a_bad_piece_spoils_only_itself),
		TEST(test_partly_readable_is_not_read),
		TEST(test_empty_pieces),
		TEST(test_more_than_one_call_takes),
		TEST(test_addresses_that_nobody_has),
		TEST(test_process_gone),
		TEST(test_not_permitted),
		TEST(test_faulty_fails_the_nth),
		TEST(test_faulty_fails_one_piece_or_the_call),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
