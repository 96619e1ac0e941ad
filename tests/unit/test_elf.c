/* test_elf.c - symbols of our own program, and of what is no ELF file */
#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "cprof/target.h"

const int elf_test_marker = 4711;

static struct target own;
static struct maps maps;

static int set_up(void **state)
{
	(void)state;
	return target_open(&own, getpid()) || maps_read(&maps, &own);
}

static int tear_down(void **state)
{
	(void)state;
	maps_release(&maps);
	target_close(&own);
	return 0;
}

/* The first mapping of the file that holds an address. */
static const struct mapping *file_of(const void *address)
{
	raddr_t at = (raddr_t)(uintptr_t)address;
	uint32_t i, k;

	for (i = 0; i < maps.list.count; i++)
		if (at >= maps.list.items[i].start &&
		    at < maps.list.items[i].end)
			break;
	assert_true(i < maps.list.count);
	for (k = 0; k < i; k++)
		if (mapping_is_first(&maps, k) &&
		    maps.list.items[k].inode == maps.list.items[i].inode)
			break;
	return &maps.list.items[k];
}

static void test_symbols(void **state)
{
	struct elf_symbol wanted[] = { { .name = "elf_test_marker" },
				       { .name = "elf_test_no_marker" },
				       { .name = ".rodata" } };

	(void)state;
	assert_int_equal(
		elf_find(&maps, file_of(&elf_test_marker), &own, wanted, 3), 0);
	assert_true(wanted[0].at == (raddr_t)(uintptr_t)&elf_test_marker);
	assert_true(wanted[1].at == 0);
	assert_true(wanted[2].at && wanted[2].at <= wanted[0].at);
}

static void test_dynamic_symbols(void **state)
{
	struct elf_symbol wanted = { .name = "getpid" };

	(void)state;
	assert_int_equal(elf_find(&maps, file_of((void *)(uintptr_t)&getpid),
				  &own, &wanted, 1),
			 0);
	assert_true(wanted.at == (raddr_t)(uintptr_t)&getpid);
}

static void test_no_file(void **state)
{
	struct elf_symbol wanted = { .name = "getpid" };
	int on_stack = 0;

	(void)state;
	assert_int_equal(elf_find(&maps, file_of(&on_stack), &own, &wanted, 1),
			 ERR_NOT_FOUND);
	assert_true(wanted.at == 0);
}

/* What the library says leads to words that name our CPU. */
static void test_rseq(void **state)
{
	uint8_t area[TASK_RSEQ_LEN];
	int64_t offset;
	raddr_t at;

	(void)state;
	if (rseq_find(&own, &offset))
		skip(); /* musl, glibc < 2.35 */
	at = rseq_area((raddr_t)(uintptr_t)pthread_self(), offset);
	if (!at)
		skip(); /* not known on this CPU */
	assert_int_equal(mem_read(own.mem, at, area, sizeof(area)), 0);
	assert_true(task_cpu(area) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_symbols),
		TEST(test_dynamic_symbols),
		TEST(test_no_file),
		TEST(test_rseq),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
