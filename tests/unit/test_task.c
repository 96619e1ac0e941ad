/* test_task.c - what the kernel says of threads: our own, and made-up files
 */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "cprof/target.h"
#include "folder.h"

struct setting {
	struct target own, fake; /* the fake's /proc/PID is the folder */
	struct map ids; /* of the fake */
	struct folder folder;
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(target_open(&s->own, getpid()), 0);
	folder_init(&s->folder);
	s->fake = (struct target){
		.proc = s->folder.fd,
		.root = -1,
		.ids = &s->ids,
	};
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	target_close(&s->own);
	map_release(&s->ids);
	folder_release(&s->folder);
	free(s);
	return 0;
}

/* ---- own threads ------------------------------------------------------- */

struct worker {
	pthread_t thread;
	sem_t ready;
	atomic_int tid, stop;
	int pipe[2];
	bool spins;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	char byte;

	pthread_setname_np(pthread_self(), "a\tworker) (0123");
	atomic_store(&w->tid, (int)gettid());
	sem_post(&w->ready);
	while (w->spins && !atomic_load(&w->stop))
		;
	if (!w->spins && read(w->pipe[0], &byte, 1) < 0)
		return NULL;
	return NULL;
}

static void worker_start(struct worker *w, bool spins)
{
	*w = (struct worker){ .spins = spins };
	sem_init(&w->ready, 0, 0);
	assert_int_equal(pipe(w->pipe), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
	sem_wait(&w->ready);
}

static void worker_stop(struct worker *w)
{
	atomic_store(&w->stop, 1);
	assert_int_equal(write(w->pipe[1], "", 1), 1);
	pthread_join(w->thread, NULL);
	close(w->pipe[0]);
	close(w->pipe[1]);
	sem_destroy(&w->ready);
}

/* Until the thread sleeps; false if it does not within a second. */
static bool await_sleep(const struct task *k, struct look *look)
{
	int i;

	for (i = 0; i < 1000; i++) {
		assert_int_equal(task_look(k, look), 0);
		if (!look->running)
			return true;
		child_nap(1);
	}
	return false;
}

static void test_sleeping_thread(void **state)
{
	struct setting *s = *state;
	struct sched before, after;
	struct worker w;
	struct task k;
	struct look look;

	worker_start(&w, false);
	assert_int_equal(task_open(&k, &s->own, w.tid), 0);
	assert_int_equal(k.tid, w.tid);
	assert_true(await_sleep(&k, &look));
	assert_int_equal(look.syscall, SYS_read);
	assert_int_equal(look.args[0], w.pipe[0]);
	assert_int_equal(look.args[2], 1);
	assert_int_equal(task_sched(&k, &before), 0);
	assert_int_equal(task_sched(&k, &after), 0);
	assert_true(before.slices > 0);
	assert_memory_equal(&before, &after, sizeof(before));
	worker_stop(&w);
	task_close(&k);
}

static void test_running_thread(void **state)
{
	struct setting *s = *state;
	struct sched before, after;
	struct worker w;
	struct task k;
	struct look look;
	int i;

	worker_start(&w, true);
	assert_int_equal(task_open(&k, &s->own, w.tid), 0);
	assert_int_equal(task_look(&k, &look), 0);
	assert_true(look.running);
	assert_int_equal(look.syscall, -1);
	assert_int_equal(task_sched(&k, &before), 0);
	for (i = 0; i < 200; i++) {
		child_nap(5);
		assert_int_equal(task_sched(&k, &after), 0);
		if (after.cpu_ns > before.cpu_ns)
			break;
	}
	assert_true(after.cpu_ns > before.cpu_ns);
	worker_stop(&w);
	task_close(&k);
}

static void test_ended_thread(void **state)
{
	struct setting *s = *state;
	int before = open_files();
	struct worker w;
	struct task k, again;
	struct sched sched;
	struct look look;
	char name[16] = "x";

	worker_start(&w, false);
	assert_int_equal(task_open(&k, &s->own, w.tid), 0);
	worker_stop(&w);
	while (!syscall(SYS_tgkill, getpid(), (pid_t)w.tid, 0))
		child_nap(1);
	assert_int_equal(task_sched(&k, &sched), ERR_NOPROC);
	assert_int_equal(task_look(&k, &look), ERR_NOPROC);
	task_close(&k);
	task_close(&k);
	assert_int_equal(task_open(&again, &s->own, w.tid), ERR_NOPROC);
	assert_true(again.schedstat == -1 && again.syscall == -1);
	task_name(&s->own, w.tid, name);
	assert_string_equal(name, "");
	assert_int_equal(open_files(), before);
}

static void test_name(void **state)
{
	struct setting *s = *state;
	struct worker w;
	char name[16];

	worker_start(&w, false);
	task_name(&s->own, w.tid, name);
	assert_string_equal(name, "a\tworker) (0123");
	worker_stop(&w);
	folder_put(&s->folder, "task/7/comm", "two\nlines\n");
	task_name(&s->fake, 7, name);
	assert_string_equal(name, "two");
	folder_put(&s->folder, "task/7/comm", "0123456789abcdef0");
	task_name(&s->fake, 7, name);
	assert_string_equal(name, "0123456789abcde");
}

static bool listed(const pid_t *tids, unsigned int n, pid_t tid)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (tids[i] == tid)
			return true;
	return false;
}

static void test_list(void **state)
{
	struct setting *s = *state;
	int before = open_files();
	struct worker a, b;
	unsigned int n = 64, few = 1;
	pid_t tids[64], one[2] = { -1, -1 };

	worker_start(&a, false);
	worker_start(&b, false);
	assert_int_equal(task_list(&s->own, tids, &n), 0);
	assert_true(n >= 3); /* a sanitizer may have one more */
	assert_true(listed(tids, n, getpid()));
	assert_true(listed(tids, n, a.tid) && listed(tids, n, b.tid));
	assert_int_equal(task_list(&s->own, one, &few), ERR_FULL);
	assert_int_equal(few, n);
	assert_int_equal(one[1], -1);
	worker_stop(&a);
	worker_stop(&b);
	n = 64;
	assert_int_equal(task_list(&s->fake, tids, &n), ERR_NOPROC);
	assert_int_equal(n, 0);
	assert_int_equal(open_files(), before);
}

/* ---- made-up files ----------------------------------------------------- */

static void open_fake(struct setting *s, struct task *k, const char *schedstat,
		      const char *call)
{
	folder_put(&s->folder, "task/7/schedstat", schedstat);
	folder_put(&s->folder, "task/7/syscall", call);
	assert_int_equal(task_open(k, &s->fake, 7), 0);
}

static void test_sched_text(void **state)
{
	struct setting *s = *state;
	struct sched sched;
	struct task k;

	open_fake(s, &k, "123456789012 18446744073709551615 42\n", "");
	assert_int_equal(task_sched(&k, &sched), 0);
	assert_true(sched.cpu_ns == 123456789012);
	assert_true(sched.wait_ns == UINT64_MAX);
	assert_int_equal(sched.slices, 42);
	folder_put(&s->folder, "task/7/schedstat", "1 2 3\n");
	assert_int_equal(task_sched(&k, &sched), 0); /* from the start again */
	assert_int_equal(sched.cpu_ns + sched.wait_ns + sched.slices, 6);
	folder_put(&s->folder, "task/7/schedstat", "");
	assert_int_equal(task_sched(&k, &sched), ERR_NOPROC);
	task_close(&k);
}

static void test_look_text(void **state)
{
	struct setting *s = *state;
	struct look look;
	struct task k;
	unsigned int i;

	open_fake(s, &k, "", "running\n");
	assert_int_equal(task_look(&k, &look), 0);
	assert_true(look.running && look.syscall == -1);
	folder_put(&s->folder, "task/7/syscall",
		   "202 0x7ffff0 0x189 0x0 0xffffffffffffffff 0x5 0x6 0x7 0x8");
	assert_int_equal(task_look(&k, &look), 0);
	assert_false(look.running);
	assert_int_equal(look.syscall, 202);
	assert_true(look.args[0] == 0x7ffff0 && look.args[3] == UINT64_MAX);
	assert_int_equal(look.args[5], 6);
	folder_put(&s->folder, "task/7/syscall", "-1 0x7ffc0 0x7f00\n");
	assert_int_equal(task_look(&k, &look), 0);
	assert_true(!look.running && look.syscall == -1);
	for (i = 0; i < 6; i++)
		assert_int_equal(look.args[i], 0);
	folder_put(&s->folder, "task/7/syscall", "");
	assert_int_equal(task_look(&k, &look), ERR_NOPROC);
	task_close(&k);
}

static void test_open_needs_both(void **state)
{
	struct setting *s = *state;
	int before = open_files();
	struct task k;

	folder_put(&s->folder, "task/7/schedstat", "1 2 3\n");
	assert_int_equal(task_open(&k, &s->fake, 7), ERR_NOPROC);
	assert_true(k.schedstat == -1 && k.syscall == -1);
	assert_int_equal(open_files(), before);
}

static void test_inner_ids(void **state)
{
	struct setting *s = *state;

	folder_put(&s->folder, "task/11/status", "Pid:\t11\nNSpid:\t11\t5\n");
	folder_put(&s->folder, "task/12/status", "NSpid:\t12\t6\t7\n");
	folder_put(&s->folder, "task/5/status", "NSpid:\t5\t99\n");
	assert_int_equal(task_from_inner(&s->fake, 5), 5); /* not nested */
	s->fake.ns_depth = 1;
	assert_int_equal(task_from_inner(&s->fake, 5), 11);
	assert_int_equal(task_from_inner(&s->fake, 7), 12);
	assert_int_equal(task_from_inner(&s->fake, 6), 0);
	assert_int_equal(task_from_inner(&s->fake, 99), 5);
	assert_int_equal(task_from_inner(&s->fake, 1), 0);
}

static void put_inner(struct setting *s, int tid, int inner)
{
	char path[32], text[32];

	snprintf(path, sizeof(path), "task/%d/status", tid);
	snprintf(text, sizeof(text), "NSpid:\t%d\t%d\n", tid, inner);
	folder_put(&s->folder, path, text);
}

static void drop_inner(struct setting *s, int tid)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/status", tid);
	assert_int_equal(unlinkat(s->folder.fd, path, 0), 0);
	snprintf(path, sizeof(path), "task/%d", tid);
	assert_int_equal(unlinkat(s->folder.fd, path, AT_REMOVEDIR), 0);
}

static void test_inner_ids_are_used_again(void **state)
{
	struct setting *s = *state;
	int i;

	s->fake.ns_depth = 1;
	put_inner(s, 11, 5);
	put_inner(s, 12, 6);
	assert_int_equal(task_from_inner(&s->fake, 5), 11);
	drop_inner(s, 11);
	assert_int_equal(task_from_inner(&s->fake, 5), 0);
	put_inner(s, 13, 5); /* its number, another thread */
	assert_int_equal(task_from_inner(&s->fake, 5), 13);
	put_inner(s, 12, 7); /* our number, another thread */
	assert_int_equal(task_from_inner(&s->fake, 6), 0);
	assert_int_equal(task_from_inner(&s->fake, 7), 12);
	put_inner(s, 12, 5); /* the two changed places */
	put_inner(s, 13, 7);
	assert_int_equal(task_from_inner(&s->fake, 7), 13);
	assert_int_equal(task_from_inner(&s->fake, 5), 12);
	for (i = 0; i < 1000; i++) { /* threads that come and go */
		put_inner(s, 100 + i, 200 + i);
		assert_int_equal(task_from_inner(&s->fake, 200 + i), 100 + i);
		drop_inner(s, 100 + i);
	}
	assert_true(s->ids.count < 100); /* are not remembered for ever */
}

/* How often this process has called read(); -1 if the kernel does not say. */
static long long reads_so_far(void)
{
	const char *line;
	char text[512];
	ssize_t len;
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[MAX(len, 0)] = '\0';
	line = strstr(text, "syscr:");
	return line ? strtoll(line + 6, NULL, 10) : -1;
}

/* Each of 1,000 threads is asked twice or so, not 1,000 times. */
static void test_many_inner_ids(void **state)
{
	enum { THREADS = 1000 };
	struct setting *s = *state;
	long long before;
	int i;

	s->fake.ns_depth = 1;
	for (i = 0; i < THREADS; i++)
		put_inner(s, 10000 + i, 1 + i);
	before = reads_so_far();
	if (before <= 0)
		skip();
	for (i = THREADS; i-- > 0;)
		assert_int_equal(task_from_inner(&s->fake, 1 + i), 10000 + i);
	assert_true(reads_so_far() - before < 8 * THREADS);
	before = reads_so_far();
	for (i = 0; i < 10; i++) { /* a new one does not ask them all again */
		put_inner(s, 20000 + i, 5000 + i);
		assert_int_equal(task_from_inner(&s->fake, 5000 + i),
				 20000 + i);
	}
	assert_true(reads_so_far() - before < THREADS);
}

static void test_tracer(void **state)
{
	struct setting *s = *state;

	assert_int_equal(task_tracer(&s->own, getpid()), 0);
	folder_put(&s->folder, "task/7/status", "Name:\tx\nTracerPid:\t42\n");
	assert_int_equal(task_tracer(&s->fake, 7), 42);
	folder_put(&s->folder, "task/7/status", "Name:\tx\n");
	assert_int_equal(task_tracer(&s->fake, 7), 0);
	assert_int_equal(task_tracer(&s->fake, 8), 0);
}

/* ---- the CPU, names of calls ------------------------------------------- */

static void test_cpu_of_strange_words(void **state)
{
	static const uint32_t rows[][2] = {
		{ 0, 1 },
		{ 5, 0 },
		{ UINT32_MAX, UINT32_MAX },
		{ CPU_SETSIZE, CPU_SETSIZE },
	};
	static const uint32_t good[2] = { 3, 3 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(task_cpu(rows[i]), -1);
	assert_int_equal(task_cpu(good), 3);
}

static void test_names_of_calls(void **state)
{
	const char *name;
	int64_t number;

	(void)state;
	assert_string_equal(syscall_name(SYS_read), "read");
	assert_string_equal(syscall_name(SYS_futex), "futex");
	assert_string_equal(syscall_name(SYS_openat2), "openat2");
	assert_null(syscall_name(-1));
	assert_null(syscall_name(100000));
	assert_null(syscall_name(INT64_MIN));
	assert_null(syscall_name(INT64_MAX));
	for (number = 0; number < 2000; number++) {
		name = syscall_name(number);
		assert_true(!name || (*name >= 'a' && *name <= 'z') ||
			    *name == '_');
	}
	assert_true(syscall_is_futex(SYS_futex));
	assert_false(syscall_is_futex(SYS_read));
	assert_false(syscall_is_futex(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sleeping_thread),
		TEST(test_running_thread),
		TEST(test_ended_thread),
		TEST(test_name),
		TEST(test_list),
		TEST(test_sched_text),
		TEST(test_look_text),
		TEST(test_open_needs_both),
		TEST(test_inner_ids),
		TEST(test_inner_ids_are_used_again),
		TEST(test_many_inner_ids),
		TEST(test_tracer),
		TEST(test_cpu_of_strange_words),
		TEST(test_names_of_calls),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
