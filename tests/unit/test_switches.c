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

/* Where other programs switch all the time nothing is known for ten seconds. */
static void need_known(struct switches *s, pid_t pid)
{
	int i;

	for (i = 0; i < LOOKS; i++) {
		switches_look(s);
		if (switches_ask(s, pid) != ON_CPU_UNKNOWN)
			return;
		child_nap(1);
	}
	print_message("too many switches here to know who has a CPU\n");
	skip();
}

/* Looks in which it has a CPU, and those in which it has none. */
static void count(struct switches *s, const pid_t *pids, unsigned int n,
		  unsigned int *on, unsigned int *off, unsigned int *both)
{
	unsigned int i, k, now;

	need_known(s, pids[0]);
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

static void test_who_slept(void **state)
{
	struct switches *s = begin();
	struct child sleeper, spinner;
	uint64_t look;
	bool slept = false;
	int i;

	(void)state;
	child_start(&sleeper, child_sleep);
	child_start(&spinner, child_spin);
	assert_true(child_await(sleeper.pid, 'S'));
	need_known(s, sleeper.pid);
	/* a host that takes the CPU for long may have us miss records */
	for (i = 0; i < 20 && !slept; i++) {
		switches_look(s);
		look = switches_now(s);
		child_nap(20);
		switches_look(s);
		slept = switches_slept(s, sleeper.pid, look) &&
			switches_process_slept(s, sleeper.pid, look);
	}
	if (!slept)
		need_known(s, sleeper.pid);
	assert_true(slept);
	/* it may have its CPU all the time, and be in no record */
	pin(spinner.pid, 0);
	for (i = 0; i < 20; i++) {
		look = switches_now(s);
		child_nap(1);
		switches_look(s);
		if (switches_ask(s, spinner.pid) == ON_CPU)
			assert_false(
				switches_process_slept(s, spinner.pid, look));
	}
	kill(spinner.pid, SIGSTOP); /* to stop, and to go on, it must switch */
	assert_true(child_await(spinner.pid, 'T'));
	child_nap(20);
	switches_look(s);
	assert_false(switches_slept(s, spinner.pid, look));
	assert_false(switches_process_slept(s, spinner.pid, look));
	child_end(&sleeper);
	child_end(&spinner);
	switches_free(s);
}

/* Too many: then nothing is known, and after a while it is again. */
static void test_too_many(void **state)
{
	struct switches *s = begin();
	uint64_t end = clock_now() + 2 * NSEC_PER_SEC;
	struct child child;
	int in[2], out[2];
	bool off = false;
	char byte = 0;
	pid_t pid;

	(void)state;
	child_start(&child, child_sleep);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		while (read(in[0], &byte, 1) == 1 &&
		       write(out[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	while (!off && clock_now() < end) {
		if (write(in[1], &byte, 1) != 1 || read(out[0], &byte, 1) != 1)
			break;
		switches_look(s);
		off = switches_ask(s, child.pid) == ON_CPU_UNKNOWN &&
		      !switches_slept(s, child.pid, switches_now(s) - 1);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	child_end(&child);
	switches_free(s);
	if (!off) {
		print_message("this machine does not switch that often\n");
		skip();
	}
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
		cmocka_unit_test(test_who_slept),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_nobody_has_no_cpu),
	};

	return cmocka_run_group_tests_name("switches", tests, NULL, NULL);
}
