/* test_family.c - who descends from whom, by each way of finding out */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cprof/target.h"

#include "unit.h"

enum { GUARD_MS = 20000 };

/* Looks until there is such a notice; what else comes is dropped. */
static bool comes(struct family *f, int kind, pid_t pid, struct notice *n)
{
	uint64_t until = clock_now() + GUARD_MS * NSEC_PER_MSEC;

	while (clock_now() < until) {
		assert_int_equal(family_look(f), 0);
		while (family_next(f, n))
			if ((int)n->kind == kind && n->pid == pid)
				return true;
		clock_sleep_until(clock_now() + NSEC_PER_MSEC);
	}
	return false;
}

/* Whatever fails here, nothing is left behind. */
static pid_t fork_bound(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static char next_word(int fd)
{
	char c = 0;

	return read(fd, &c, 1) == 1 ? c : 0;
}

/* Each word from the pipe is a step: f forks a child that sleeps, anything else
 * calls exec. */
static pid_t begin_child(int *to, int *from)
{
	int in[2], out[2];
	pid_t pid, child;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = fork_bound();
	assert_true(pid >= 0);
	if (pid) {
		close(in[0]);
		close(out[1]);
		*to = in[1];
		*from = out[0];
		return pid;
	}
	close(in[1]);
	close(out[0]);
	while (next_word(in[0]) == 'f') {
		child = fork_bound();
		if (child == 0) {
			pause();
			_exit(0);
		}
		if (write(out[1], &child, sizeof(child)) < 0)
			_exit(1);
	}
	execlp("sleep", "sleep", "1000", NULL);
	_exit(1);
}

static pid_t make_grandchild(int to, int from)
{
	pid_t child = 0;

	assert_int_equal(write(to, "f", 1), 1);
	assert_int_equal(read(from, &child, sizeof(child)), sizeof(child));
	return child;
}

static void follow(void)
{
	pid_t child, other = fork_bound(), first, second;
	struct family *f;
	struct notice n;
	int to, from;

	if (!other) {
		pause();
		_exit(0);
	}
	child = begin_child(&to, &from);
	first = make_grandchild(to, from);
	assert_int_equal(family_new(&f, &child, 1), 0);
	assert_true(comes(f, NOTICE_FORK, first, &n)); /* it was there */
	assert_int_equal(n.parent, child);
	second = make_grandchild(to, from);
	assert_true(comes(f, NOTICE_FORK, second, &n));
	assert_int_equal(n.parent, child);
	assert_int_equal(write(to, "x", 1), 1);
	assert_true(comes(f, NOTICE_EXEC, child, &n));
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	kill(child, SIGKILL);
	kill(other, SIGKILL);
	waitpid(child, NULL, 0);
	waitpid(other, NULL, 0);
	family_forget(f, child);
	assert_int_equal(family_look(f), 0);
	while (family_next(f, &n))
		assert_int_not_equal(n.pid, other);
	family_free(f);
	close(to);
	close(from);
}

static void test_by_what_there_is(void **state)
{
	(void)state;
	follow();
}

static void test_by_polling(void **state)
{
	struct family *f;
	pid_t self = getpid();

	(void)state;
	setenv("CPROF_TEST", "poll", 1);
	assert_int_equal(family_new(&f, &self, 1), 0);
	assert_string_equal(family_how(f), "polling /proc");
	family_free(f);
	follow();
	unsetenv("CPROF_TEST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_what_there_is),
		cmocka_unit_test(test_by_polling),
	};

	return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
