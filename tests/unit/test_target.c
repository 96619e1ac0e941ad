/* test_target.c - one process, its command line and its files
 */
#include "unit.h"

#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cprof/target.h"
#include "folder.h"
#include <sys/ptrace.h>

struct setting {
	struct target target; /* its /proc/PID and its root are the folder */
	struct folder folder;
	struct buf text;
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	folder_init(&s->folder);
	buf_init(&s->text);
	s->target = (struct target){ .proc = s->folder.fd,
				     .root = s->folder.fd,
				     .pidfd = -1 };
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	folder_release(&s->folder);
	buf_release(&s->text);
	free(s);
	return 0;
}

/* ---- a process --------------------------------------------------------- */

static void test_open_and_close(void **state)
{
	int before = open_files();
	struct target t;

	(void)state;
	assert_int_equal(target_open(&t, getpid()), 0);
	assert_int_equal(t.pid, getpid());
	assert_true(t.start_time > 0 && t.root >= 0);
	assert_int_equal(t.ns_depth, 0);
	assert_ptr_equal(t.mem, &t.live.mem);
	assert_true(target_alive(&t));
	target_close(&t);
	target_close(&t);
	assert_int_equal(open_files(), before);
}

static void test_open_none(void **state)
{
	int before = open_files();
	struct target t;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_true(child_await(pid, 'Z'));
	assert_int_equal(target_open(&t, pid), ERR_NOPROC);
	waitpid(pid, NULL, 0);
	assert_int_equal(target_open(&t, pid), ERR_NOPROC);
	assert_int_equal(target_open(&t, -1), ERR_NOPROC);
	assert_int_equal(open_files(), before);
}

static void test_alive_until_it_ends(void **state)
{
	struct target t;
	struct child c;

	(void)state;
	child_start(&c, child_sleep);
	assert_int_equal(target_open(&t, c.pid), 0);
	assert_true(target_alive(&t));
	kill(c.pid, SIGKILL);
	assert_true(child_await(c.pid, 'Z'));
	assert_false(target_alive(&t));
	child_end(&c);
	assert_false(target_alive(&t));
	target_close(&t);
}

static void name_itself(struct shared *s)
{
	prctl(PR_SET_NAME, ") Z 1 (0) 5");
	child_sleep(s);
}

static void test_hostile_name_of_a_process(void **state)
{
	struct target t, plain;
	struct child c;

	(void)state;
	child_start(&c, name_itself);
	assert_int_equal(target_open(&t, c.pid), 0);
	assert_int_equal(target_open(&plain, getpid()), 0);
	assert_true(target_alive(&t));
	/* both started within this test's run */
	assert_in_range(t.start_time, plain.start_time,
			plain.start_time + 6000);
	target_close(&t);
	target_close(&plain);
	child_end(&c);
}

/* A stat file with this command, state and start time. */
static void put_stat(struct setting *s, const char *comm, char state,
		     unsigned int start)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "42 (%s) %c 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 "
		 "%u 23 24\n",
		 comm, state, start);
	folder_put(&s->folder, "task/0/stat", text);
}

static void test_alive_by_stat(void **state)
{
	struct setting *s = *state;

	s->target.start_time = 4711;
	put_stat(s, "python3", 'S', 4711);
	assert_true(target_alive(&s->target));
	put_stat(s, "a) Z (b c d) X 5 (", 'R', 4711);
	assert_true(target_alive(&s->target));
	put_stat(s, "S 1 2 3", 'Z', 4711);
	assert_false(target_alive(&s->target));
	put_stat(s, "python3", 'X', 4711);
	assert_false(target_alive(&s->target));
	put_stat(s, "python3", 'S', 4712); /* the id was used again */
	assert_false(target_alive(&s->target));
}

static void test_ending_by_stat(void **state)
{
	struct setting *s = *state;

	s->target.start_time = 4711;
	put_stat(s, "python3", 'S', 4711);
	assert_false(target_is_ending(&s->target));
	put_stat(s, "python3", 'Z', 4711);
	assert_true(target_is_ending(&s->target));
	put_stat(s, "python3", 'S', 4712);
	assert_true(target_is_ending(&s->target));
	folder_put(&s->folder, "task/0/stat",
		   "7 (a b) R 1 7 7 0 -1 4194308 0 0 0 0 0 0 0 0 20 0 1 0 "
		   "4711 0 0");
	assert_true(target_alive(&s->target));
	assert_true(target_is_ending(&s->target)); /* in do_exit() */
}

/* Another process holds it, and says when. */
static pid_t begin_tracer(pid_t pid)
{
	pid_t tracer = fork();

	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) ||
		    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
			_exit(1);
		for (;;)
			pause();
	}
	return tracer;
}

static void assert_stands(const struct target *t, int how, pid_t by)
{
	struct standstill s = target_standstill(t);

	assert_int_equal(s.how, how);
	assert_int_equal(s.tracer, by);
}

static void test_standstill(void **state)
{
	struct setting *s = *state;
	struct target t;
	struct child c;
	pid_t tracer;

	assert_stands(&s->target, STANDS_UNKNOWN, 0); /* no such file */
	put_stat(s, "a) Z (b c d) X 5 (", 'T', 4711);
	assert_stands(&s->target, STANDS_BY_SIGNAL, 0);
	child_start(&c, child_sleep);
	assert_int_equal(target_open(&t, c.pid), 0);
	assert_stands(&t, GOES_ON, 0);
	kill(c.pid, SIGSTOP);
	assert_true(child_await(c.pid, 'T'));
	assert_stands(&t, STANDS_BY_SIGNAL, 0);
	kill(c.pid, SIGCONT);
	assert_true(child_await(c.pid, 'S'));
	tracer = begin_tracer(c.pid);
	assert_true(child_await(c.pid, 't'));
	assert_stands(&t, STANDS_BY_TRACER, tracer);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	assert_true(child_await(c.pid, 'S'));
	assert_stands(&t, GOES_ON, 0);
	child_end(&c);
	assert_stands(&t, STANDS_UNKNOWN, 0);
	target_close(&t);
}

static void test_a_thread_belongs_to_a_process(void **state)
{
	(void)state;
	assert_int_equal(target_of_thread(getpid()), getpid());
	assert_int_equal(target_of_thread(gettid()), getpid());
	assert_int_equal(target_of_thread(0x7ffffff0), 0);
}

static void test_strange_stat(void **state)
{
	static const char *const texts[] = {
		"", ")", "1 (x", "1 (x)", "1 (x) S 4 5 6", "() ",
	};
	struct setting *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		folder_put(&s->folder, "task/0/stat", texts[i]);
		assert_false(target_alive(&s->target));
	}
}

/* ---- its command line -------------------------------------------------- */

#define COMMAND(s, bytes) command(s, bytes, sizeof(bytes) - 1)

static const char *command(struct setting *s, const char *bytes, size_t len)
{
	folder_put_bytes(&s->folder, "cmdline", bytes, len);
	buf_reset(&s->text);
	target_command(&s->target, &s->text);
	return s->text.data;
}

static void test_command(void **state)
{
	struct setting *s = *state;

	folder_put(&s->folder, "comm", "kworker/0:1\n");
	assert_string_equal(COMMAND(s, "python3\0-m\0app\0"), "python3 -m app");
	assert_string_equal(COMMAND(s, "sh\0-c\0a b\0"), "sh -c 'a b'");
	assert_string_equal(COMMAND(s, "echo\0it's\0"), "echo 'it'\\''s'");
	assert_string_equal(COMMAND(s, "echo\0\0x\0"), "echo '' x");
	assert_string_equal(COMMAND(s, "a\0$HOME\0`b`\0*\0\n\0"),
			    "a '$HOME' '`b`' '*' '\n'");
	assert_string_equal(COMMAND(s, "no end"), "'no end'");
	/* as setproctitle() leaves it */
	assert_string_equal(COMMAND(s, "nginx:\0\0\0\0\0\0\0"), "nginx:");
	assert_string_equal(COMMAND(s, ""), "[kworker/0:1]");
}

static void test_executable(void **state)
{
	static const struct {
		const char *link, *path;
	} rows[] = {
		{ "/usr/bin/python3", "/usr/bin/python3" },
		{ "/usr/bin/python3 (deleted)", "/usr/bin/python3" },
		{ " (deleted)", " (deleted)" },
		{ "/a (deleted) b", "/a (deleted) b" },
	};
	struct setting *s = *state;
	size_t i;

	target_executable(&s->target, &s->text);
	assert_int_equal(s->text.len, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(symlinkat(rows[i].link, s->folder.fd, "exe"),
				 0);
		buf_reset(&s->text);
		target_executable(&s->target, &s->text);
		assert_string_equal(s->text.data, rows[i].path);
		unlinkat(s->folder.fd, "exe", 0);
	}
}

/* ---- its files --------------------------------------------------------- */

static bool opens(struct setting *s, const char *path)
{
	int fd = target_open_file(&s->target, path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_files_stay_in_its_root(void **state)
{
	struct setting *s = *state;

	folder_put(&s->folder, "etc/here", "inside");
	assert_int_equal(symlinkat("/etc/here", s->folder.fd, "absolute"), 0);
	assert_int_equal(symlinkat("/etc/passwd", s->folder.fd, "host"), 0);
	assert_int_equal(
		symlinkat("../../../../etc/passwd", s->folder.fd, "etc/up"), 0);
	assert_true(opens(s, "/etc/here"));
	assert_true(opens(s, "etc/../../../etc/here"));
	assert_true(opens(s, "/absolute"));
	assert_false(opens(s, "/host"));
	assert_false(opens(s, "/etc/up"));
	assert_false(opens(s, "/../../../../../etc/passwd"));
	assert_false(opens(s, "/none"));
	assert_false(opens(s, ""));
	assert_true(target_file_exists(&s->target, "/absolute"));
	assert_false(target_file_exists(&s->target, "/host"));
	s->target.root = -1;
	assert_false(opens(s, "/etc/here"));
	assert_false(target_file_exists(&s->target, "/etc/here"));
}

static void test_only_regular_files(void **state)
{
	struct setting *s = *state;
	int before = open_files();

	folder_put(&s->folder, "dir/file", "");
	assert_int_equal(mkfifoat(s->folder.fd, "fifo", 0644), 0);
	assert_false(opens(s, "/dir"));
	assert_false(opens(s, "/fifo")); /* and does not wait for a writer */
	assert_true(target_file_exists(&s->target, "/fifo"));
	assert_int_equal(open_files(), before);
}

static void test_no_magic_links(void **state)
{
	struct target t;
	char path[64];

	(void)state;
	assert_int_equal(target_open(&t, getpid()), 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)getpid());
	assert_int_equal(target_open_file(&t, path), -1);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	close(target_open_file(&t, path)); /* whatever it says */
	target_close(&t);
}

/* ---- all processes ----------------------------------------------------- */

static int count_until_us(pid_t pid, void *arg)
{
	int *seen = arg;

	assert_true(pid > 0);
	(*seen)++;
	return pid == getpid() ? 4711 : 0;
}

static void test_each(void **state)
{
	int seen = 0;

	(void)state;
	assert_int_equal(target_each(count_until_us, &seen), 4711);
	assert_true(seen > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_and_close),
		TEST(test_open_none),
		TEST(test_alive_until_it_ends),
		TEST(test_hostile_name_of_a_process),
		TEST(test_alive_by_stat),
		TEST(test_ending_by_stat),
		TEST(test_standstill),
		TEST(test_a_thread_belongs_to_a_process),
		TEST(test_strange_stat),
		TEST(test_command),
		TEST(test_executable),
		TEST(test_files_stay_in_its_root),
		TEST(test_only_regular_files),
		TEST(test_no_magic_links),
		TEST(test_each),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
