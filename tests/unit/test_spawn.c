/* test_spawn.c - starting the program to profile
 */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cprof/target.h"
#include "folder.h"

struct setting {
	struct spawn spawn;
	struct folder folder;
	char text[4096]; /* what the program wrote */
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	folder_init(&s->folder);
	assert_int_equal(fchmod(s->folder.fd, 0755), 0);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	folder_release(&s->folder);
	free(s);
	return 0;
}

static int await_end(struct setting *s)
{
	int status = -1, i;

	for (i = 0; i < 2000; i++) {
		if (spawn_ended(&s->spawn, &status))
			return status;
		child_nap(1);
	}
	fail_msg("it did not end");
	return -1;
}

static int start(struct setting *s, const char *const argv[], bool quiet,
		 int out)
{
	return spawn_start(&s->spawn, (char *const *)(uintptr_t)argv, quiet,
			   out);
}

/* Runs argv, keeps what it writes; its status. */
static int run(struct setting *s, const char *const argv[], bool quiet)
{
	int out = openat(s->folder.fd, "out",
			 O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int status;
	ssize_t len;

	assert_true(out >= 0);
	assert_int_equal(start(s, argv, quiet, out), 0);
	status = await_end(s);
	len = pread(out, s->text, sizeof(s->text) - 1, 0);
	assert_true(len >= 0);
	s->text[len] = '\0';
	close(out);
	close(s->spawn.pidfd);
	return status;
}

static int run_shell(struct setting *s, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return run(s, argv, true);
}

static void test_status(void **state)
{
	struct setting *s = *state;
	int status;

	assert_int_equal(run_shell(s, "exit 0"), 0);
	status = run_shell(s, "exit 3");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	status = run_shell(s, "kill -TERM $$");
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void test_not_ended_yet(void **state)
{
	const char *const argv[] = { "sleep", "100", NULL };
	struct setting *s = *state;
	int status = 4711;

	assert_int_equal(start(s, argv, false, -1), 0);
	assert_true(s->spawn.pid > 0 && s->spawn.pidfd >= 0);
	assert_false(spawn_ended(&s->spawn, &status));
	assert_int_equal(status, 4711);
	kill(s->spawn.pid, SIGKILL);
	status = await_end(s);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	close(s->spawn.pidfd);
}

static void assert_refused(struct setting *s, const char *name, int error)
{
	const char *const argv[] = { name, NULL };
	int i, before = open_files();

	for (i = 0; i < 3; i++) {
		errno = 0;
		assert_int_equal(start(s, argv, true, -1), ERR_IO);
		assert_int_equal(errno, error);
		if (s->spawn.pidfd >= 0)
			close(s->spawn.pidfd);
	}
	assert_int_equal(open_files(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
}

static void test_cannot_be_started(void **state)
{
	struct setting *s = *state;
	char path[128];

	assert_refused(s, "no-such-program-4711", ENOENT);
	assert_refused(s, "/no/such/program", ENOENT);
	folder_put(&s->folder, "text", "no program\n");
	snprintf(path, sizeof(path), "%s/text", s->folder.path);
	assert_refused(s, path, EACCES);
	assert_refused(s, s->folder.path, EACCES);
}

/* Ours, or with quiet none: nothing that we could read is eaten. */
static void test_its_input(void **state)
{
	const char *const argv[] = { "cat", NULL };
	int old = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10), input[2];
	struct setting *s = *state;

	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], "hello\n", 6), 6);
	close(input[1]);
	dup2(input[0], STDIN_FILENO);
	close(input[0]);
	run(s, argv, true);
	assert_string_equal(s->text, "");
	run(s, argv, false);
	assert_string_equal(s->text, "hello\n");
	dup2(old, STDIN_FILENO);
	close(old);
}

static void test_what_it_gets(void **state)
{
	struct setting *s = *state;

	run_shell(s, "echo out; echo err >&2");
	assert_string_equal(s->text, "out\nerr\n");
	setenv("CPROF_UNIT", "a value", 1);
	run_shell(s, "echo $CPROF_UNIT");
	unsetenv("CPROF_UNIT");
	assert_string_equal(s->text, "a value\n");
	run_shell(s, "ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 "
		     "/proc/$$/stat");
	assert_int_equal(strtol(s->text, NULL, 10), getpgrp());
}

/* A blocked signal would be blocked for good in the program. */
static void test_no_signal_is_blocked(void **state)
{
	const char *const argv[] = { "grep", "SigBlk", "/proc/self/status",
				     NULL };
	struct setting *s = *state;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	run(s, argv, true);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	assert_string_equal(s->text, "SigBlk:\t0000000000000000\n");
}

/* Some come from whoever started us. */
static void keep_own_files(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Only what we were given: 0, 1 and 2, and that of ls itself. */
static void test_no_file_of_ours_is_left_open(void **state)
{
	const char *const argv[] = { "ls", "/proc/self/fd", NULL };
	struct setting *s = *state;

	keep_own_files();
	run(s, argv, false);
	assert_string_equal(s->text, "0\n1\n2\n3\n");
	run(s, argv, true);
	assert_string_equal(s->text, "0\n1\n2\n3\n");
}

static void test_found_through_path(void **state)
{
	char *old = strdup(getenv("PATH"));
	const char *const argv[] = { "tool", NULL };
	struct setting *s = *state;
	char path[256];

	folder_put(&s->folder, "a/tool", "no program\n");
	folder_put(&s->folder, "b/tool", "#!/bin/sh\necho tool\n");
	assert_int_equal(fchmodat(s->folder.fd, "b/tool", 0755, 0), 0);
	snprintf(path, sizeof(path), "/no/such:%s/a:%s/b:%s", s->folder.path,
		 s->folder.path, old);
	setenv("PATH", path, 1);
	run(s, argv, false);
	assert_string_equal(s->text, "tool\n");
	snprintf(path, sizeof(path), "%s/b/tool", s->folder.path);
	assert_string_equal(s->spawn.program, path);
	setenv("PATH", old, 1);
	assert_int_equal(run_shell(s, "exit 0"), 0);
	assert_int_equal(s->spawn.program[0], '/');
	free(old);
}

static void test_as_the_caller_of_sudo(void **state)
{
	static const char *const others[] = { "0", "", "-5", "12x", "x" };
	const char *const argv[] = { "id", "-u", NULL };
	const char *const group[] = { "id", "-g", NULL };
	struct setting *s = *state;
	size_t i;

	if (geteuid() != 0)
		skip();
	setenv("SUDO_UID", "65534", 1);
	setenv("SUDO_GID", "65533", 1);
	run(s, argv, false);
	assert_true(s->spawn.as_caller);
	assert_string_equal(s->text, "65534\n");
	run(s, group, false);
	assert_string_equal(s->text, "65533\n");
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		setenv("SUDO_UID", others[i], 1);
		run(s, argv, false);
		assert_false(s->spawn.as_caller);
		assert_string_equal(s->text, "0\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_not_ended_yet),
		TEST(test_cannot_be_started),
		TEST(test_its_input),
		TEST(test_what_it_gets),
		TEST(test_no_signal_is_blocked),
		TEST(test_no_file_of_ours_is_left_open),
		TEST(test_found_through_path),
		TEST(test_as_the_caller_of_sudo),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
