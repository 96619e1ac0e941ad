/* test_switches.c - who has a CPU, of children that spin, share one, or sleep */
#include "cprof/target.h"

#include "child.h"

#include <sched.h>

enum { LOOKS = 200 };

static void pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(pid, sizeof(set), &set), 0);
}

static struct switches *begin(void)
{
	struct switches *s;

	if (switches_new(&s)) {
		print_message("the kernel does not tell who has a CPU\n");
		skip();
	}
	return s;
}

/* Looks in which it has a CPU, and those in which it has none. */
static void count(struct switches *s, const pid_t *pids, unsigned int n,
		  unsigned int *on, unsigned int *off, unsigned int *both)
{
	unsigned int i, k, now;

	*on = *off = *both = 0;
	for (i = 0; i < LOOKS; i++) {
		child_nap(1);
		switches_look(s);
		for (k = now = 0; k < n; k++) {
			now += switches_ask(s, pids[k]) == ON_CPU;
			*off += switches_ask(s, pids[k]) == OFF_CPU;
		}
		*on += now;
		*both += now > 1;
	}
}

static void test_who_sleeps_has_none(void **state)
{
	struct switches *s = begin();
	unsigned int on, off, both;
	struct child child;

	(void)state;
	child_start(&child, child_sleep);
	assert_true(child_await(child.pid, 'S'));
	count(s, &child.pid, 1, &on, &off, &both);
	assert_int_equal(on, 0);
	child_end(&child);
	switches_free(s);
}

/* Two on one CPU: one of them has it, or somebody else. */
static void test_two_on_one_cpu(void **state)
{
	struct switches *s = begin();
	unsigned int on, off, both;
	struct child children[2];
	pid_t pids[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		child_start(&children[i], child_spin);
		pids[i] = children[i].pid;
		pin(pids[i], 0);
	}
	count(s, pids, 2, &on, &off, &both);
	assert_int_equal(both, 0);
	assert_true(on > 0);
	assert_true(off > 0);
	for (i = 0; i < 2; i++)
		child_end(&children[i]);
	switches_free(s);
}

/* It has its CPU but for us, who took it away to look. */
static void test_whom_we_pushed_away_has_it(void **state)
{
	struct switches *s = begin();
	unsigned int on, off, both;
	struct child child;

	(void)state;
	child_start(&child, child_spin);
	pin(child.pid, 0);
	pin(0, 0);
	count(s, &child.pid, 1, &on, &off, &both);
	assert_true(on > 0);
	child_end(&child);
	switches_free(s);
}

static void test_nobody_has_no_cpu(void **state)
{
	struct switches *s = begin();

	(void)state;
	child_nap(1);
	switches_look(s);
	assert_true(switches_ask(s, 0x7ffffff0) != ON_CPU);
	switches_free(s);
	switches_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_sleeps_has_none),
		cmocka_unit_test(test_two_on_one_cpu),
		cmocka_unit_test(test_whom_we_pushed_away_has_it),
		cmocka_unit_test(test_nobody_has_no_cpu),
	};

	return cmocka_run_group_tests_name("switches", tests, NULL, NULL);
}
