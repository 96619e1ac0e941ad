/* test_stop.c - threads of children, made to stand for a moment
 *
 * The rule under test: whatever happens meanwhile, the child runs on, has got
 * its signals and is traced by nobody.
 */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "child.h"
#include "cprof/target.h"

#define MS NSEC_PER_MSEC
#define LONG (2000 * MS)

static void assert_free(const struct child *c)
{
	assert_false(child_traced(c->pid));
	assert_true(child_moves(c));
}

static void assert_stands(const struct child *c, const struct stop *s)
{
	unsigned long before = atomic_load(&c->shared->count);

	assert_int_equal(s->state, STOP_STANDS);
	assert_true(s->stands_ns >= s->asked_ns);
	assert_int_equal(child_state(s->tid), 't');
	child_nap(5);
	assert_int_equal(atomic_load(&c->shared->count), before);
}

static void test_stop_and_go(void **state)
{
	struct child c;
	struct stop s;
	int i;

	(void)state;
	child_start(&c, child_spin);
	for (i = 0; i < 20; i++) {
		assert_int_equal(stop_begin(&s, c.pid, false), 0);
		assert_int_equal(s.state, STOP_ASKED);
		assert_int_equal(stop_wait(&s, i * MS / 10, LONG), 0);
		if (i % 10 == 0)
			assert_stands(&c, &s);
		assert_int_equal(s.signal, 0);
		stop_end(&s);
		assert_int_equal(s.state, STOP_NONE);
		stop_end(&s); /* nothing more to do */
	}
	assert_free(&c);
	child_end(&c);
}

static void test_a_sleeper_sleeps_on(void **state)
{
	struct child c;
	struct stop s;

	(void)state;
	child_start(&c, child_sleep);
	assert_true(child_await(c.pid, 'S'));
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	assert_stands(&c, &s);
	stop_end(&s);
	assert_true(child_await(c.pid, 'S'));
	assert_false(child_traced(c.pid));
	child_end(&c);
}

/* ---- signals ----------------------------------------------------------- */

static struct shared *shared_of_child;

static void count_signal(int number)
{
	(void)number;
	atomic_fetch_add(&shared_of_child->signals, 1);
}

static void spin_with_handler(struct shared *s)
{
	shared_of_child = s;
	signal(SIGUSR1, count_signal);
	child_spin(s);
}

static bool await_signals(const struct child *c, int n)
{
	int i;

	for (i = 0; i < 1000 && atomic_load(&c->shared->signals) < n; i++)
		child_nap(1);
	child_nap(5); /* not once more */
	return atomic_load(&c->shared->signals) == n;
}

static void test_signal_while_it_stands(void **state)
{
	struct child c;
	struct stop s;

	(void)state;
	child_start(&c, spin_with_handler);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	kill(c.pid, SIGUSR1);
	assert_stands(&c, &s);
	stop_end(&s);
	assert_true(await_signals(&c, 1));
	assert_free(&c);
	child_end(&c);
}

/* The signal comes before the interrupt: it is what is reported, and must be
 * given back. */
static void test_signal_instead_of_the_stop(void **state)
{
	struct child c;
	struct stop s;

	(void)state;
	child_start(&c, spin_with_handler);
	s = (struct stop){ .tid = c.pid,
			   .state = STOP_ASKED,
			   .asked_ns = clock_now() };
	assert_int_equal(ptrace(PTRACE_SEIZE, c.pid, NULL, NULL), 0);
	kill(c.pid, SIGUSR1);
	assert_true(child_await(c.pid, 't'));
	assert_int_equal(ptrace(PTRACE_INTERRUPT, c.pid, NULL, NULL), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	assert_int_equal(s.signal, SIGUSR1);
	stop_end(&s);
	assert_int_equal(s.state, STOP_NONE);
	assert_true(await_signals(&c, 1));
	assert_free(&c);
	child_end(&c);
}

static void test_a_stopped_program_stays_stopped(void **state)
{
	struct child c;
	struct stop s;

	(void)state;
	child_start(&c, child_spin);
	kill(c.pid, SIGSTOP);
	assert_true(child_await(c.pid, 'T'));
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	assert_int_equal(s.signal, 0);
	stop_end(&s);
	assert_int_equal(s.state, STOP_NONE);
	assert_true(child_await(c.pid, 'T'));
	kill(c.pid, SIGCONT);
	assert_free(&c);
	child_end(&c);
}

/* ---- stops that do not come in time ------------------------------------ */

/* Its parent cannot stop until it is told to go. */
static void vfork_then_spin(struct shared *s)
{
	atomic_store(&s->ready, 1);
	while (!atomic_load(&s->go))
		;
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		atomic_store(&s->go, 2);
		while (atomic_load(&s->go) == 2)
			sched_yield();
		_exit(0);
	}
	for (;;)
		atomic_fetch_add(&s->count, 1);
}

static void enter_vfork(struct child *c)
{
	child_start(c, vfork_then_spin);
	atomic_store(&c->shared->go, 1);
	while (atomic_load(&c->shared->go) != 2)
		child_nap(1);
	assert_true(child_await(c->pid, 'D'));
}

static void leave_vfork(struct child *c)
{
	atomic_store(&c->shared->go, 3);
}

static void test_late(void **state)
{
	uint64_t start;
	struct child c;
	struct stop s;

	(void)state;
	enter_vfork(&c);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	start = clock_now();
	assert_int_equal(stop_wait(&s, MS / 10, 20 * MS), ERR_TIMEOUT);
	assert_in_range(clock_now() - start, 20 * MS, 500 * MS);
	assert_int_equal(s.state, STOP_ASKED);
	assert_false(stop_disturbed(&s));
	stop_end(&s); /* not yet: it must stay asked for */
	assert_int_equal(s.state, STOP_ASKED);
	leave_vfork(&c);
	assert_true(child_await(c.pid, 't'));
	stop_end(&s);
	assert_int_equal(s.state, STOP_NONE);
	assert_free(&c);
	child_end(&c);
}

static void test_settle(void **state)
{
	struct child c;
	struct stop s;

	(void)state;
	enter_vfork(&c);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, MS), ERR_TIMEOUT);
	leave_vfork(&c);
	stop_settle(&s, LONG);
	assert_int_equal(s.state, STOP_NONE);
	assert_free(&c);
	stop_settle(&s, LONG);
	child_end(&c);
}

/* A SIGCHLD of before must not end the wait. */
static void test_old_reports_do_not_matter(void **state)
{
	uint64_t start = clock_now();
	struct child c;
	struct stop s;

	(void)state;
	enter_vfork(&c);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	kill(getpid(), SIGCHLD);
	assert_int_equal(stop_wait(&s, 0, 10 * MS), ERR_TIMEOUT);
	assert_true(clock_now() - start >= 10 * MS);
	leave_vfork(&c);
	stop_settle(&s, LONG);
	child_end(&c);
}

static void *let_it_leave(void *arg)
{
	child_nap(20);
	leave_vfork(arg);
	return NULL;
}

static void test_a_report_wakes_the_sleep(void **state)
{
	const struct timespec none = { 0 };
	uint64_t start;
	pthread_t thread;
	struct child c;
	struct stop s;
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	enter_vfork(&c);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	sigtimedwait(&set, NULL, &none);
	start = clock_now();
	assert_false(stop_sleep_until(start + 10 * MS));
	assert_in_range(clock_now() - start, 10 * MS, 500 * MS);
	assert_int_equal(pthread_create(&thread, NULL, let_it_leave, &c), 0);
	assert_true(stop_sleep_until(clock_now() + LONG));
	assert_true(clock_now() - start < LONG);
	assert_false(stop_sleep_until(start)); /* long past */
	stop_settle(&s, LONG);
	pthread_join(thread, NULL);
	assert_free(&c);
	child_end(&c);
}

/* ---- ends -------------------------------------------------------------- */

static void test_it_ends_while_asked(void **state)
{
	struct child c;
	struct stop s;
	int status = 0;
	bool keep;

	(void)state;
	for (keep = false;; keep = true) {
		enter_vfork(&c);
		assert_int_equal(stop_begin(&s, c.pid, keep), 0);
		kill(c.pid, SIGKILL);
		assert_int_equal(stop_wait(&s, 0, LONG), ERR_NOPROC);
		assert_int_equal(s.state, STOP_NONE);
		leave_vfork(&c);
		if (keep)
			break;
		assert_int_equal(waitpid(c.pid, &status, WNOHANG), -1);
		munmap(c.shared, sizeof(*c.shared));
	}
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	munmap(c.shared, sizeof(*c.shared));
}

static void test_killed_while_it_stands(void **state)
{
	struct child c;
	struct stop s;
	int status;

	(void)state;
	child_start(&c, child_spin);
	assert_int_equal(stop_begin(&s, c.pid, true), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	kill(c.pid, SIGKILL);
	assert_true(child_await(c.pid, 'Z'));
	stop_settle(&s, LONG);
	assert_int_equal(s.state, STOP_NONE);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	munmap(c.shared, sizeof(*c.shared));
}

static void *end_when_told(void *arg)
{
	struct shared *s = arg;

	atomic_store(&s->tid, (int)gettid());
	while (!atomic_load(&s->go))
		;
	return NULL;
}

static void spin_beside_a_thread(struct shared *s)
{
	pthread_t thread;

	pthread_create(&thread, NULL, end_when_told, s);
	while (!atomic_load(&s->tid))
		;
	child_spin(s);
}

/* It ends with its signal blocked by nothing but our stop: as a thread that is
 * seized it must be reaped, or its process could never end. */
static void test_a_thread_ends_seized(void **state)
{
	struct stop s;
	struct child c;
	pid_t tid;

	(void)state;
	child_start(&c, spin_beside_a_thread);
	tid = atomic_load(&c.shared->tid);
	s = (struct stop){ .tid = tid, .state = STOP_ASKED };
	assert_int_equal(ptrace(PTRACE_SEIZE, tid, NULL, NULL), 0);
	atomic_store(&c.shared->go, 1);
	assert_true(child_await(tid, 'Z'));
	stop_settle(&s, LONG);
	assert_int_equal(child_state(tid), 0);
	assert_free(&c);
	child_end(&c);
}

/* ---- who cannot be stopped --------------------------------------------- */

static void test_nobody(void **state)
{
	struct stop s;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_true(child_await(pid, 'Z'));
	assert_int_not_equal(stop_begin(&s, pid, true), 0);
	assert_int_equal(s.state, STOP_NONE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(stop_begin(&s, pid, false), ERR_NOPROC);
	assert_int_equal(s.state, STOP_NONE);
	stop_end(&s);
	assert_false(stop_disturbed(&s));
}

static pid_t victim;

static void trace_victim(struct shared *s)
{
	if (ptrace(PTRACE_SEIZE, victim, NULL, NULL) == 0)
		atomic_store(&s->signals, 1);
	child_sleep(s);
}

static void test_traced_by_another(void **state)
{
	struct child c, tracer;
	struct stop s;

	(void)state;
	child_start(&c, child_spin);
	victim = c.pid;
	child_start(&tracer, trace_victim);
	assert_int_equal(atomic_load(&tracer.shared->signals), 1);
	assert_int_equal(stop_begin(&s, c.pid, false), ERR_PERM);
	assert_int_equal(s.state, STOP_NONE);
	child_end(&tracer);
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	stop_settle(&s, LONG);
	assert_free(&c);
	child_end(&c);
}

/* ---- disturbed calls --------------------------------------------------- */

static void sleep_in_epoll(struct shared *s)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	atomic_store(&s->ready, 1);
	for (;;)
		if (epoll_wait(fd, &event, 1, -1) < 0)
			atomic_fetch_add(&s->count, 1);
}

static void sleep_long(struct shared *s)
{
	atomic_store(&s->ready, 1);
	for (;;)
		child_nap(1000000);
}

static bool disturbs(void (*run)(struct shared *s), char in_state)
{
	struct child c;
	struct stop s;
	bool disturbed;

	child_start(&c, run);
	assert_true(child_await(c.pid, in_state));
	assert_int_equal(stop_begin(&s, c.pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	disturbed = stop_disturbed(&s);
	stop_end(&s);
	assert_false(stop_disturbed(&s)); /* it goes: nothing to be asked */
	child_end(&c);
	return disturbed;
}

static void test_disturbed_calls(void **state)
{
	(void)state;
	assert_true(disturbs(sleep_in_epoll, 'S'));
	assert_false(disturbs(sleep_long, 'S')); /* restarted by the kernel */
	assert_false(disturbs(child_spin, 'R'));
}

/* ---- rseq(2) ----------------------------------------------------------- */

/* Where the child says that it runs; -1 if it has no area for that. */
static int cpu_of(const struct child *c)
{
	uint8_t area[TASK_RSEQ_LEN];
	struct mem_live memory;
	struct stop s;
	raddr_t at;

	assert_int_equal(stop_begin(&s, c->pid, false), 0);
	assert_int_equal(stop_wait(&s, 0, LONG), 0);
	at = stop_rseq(&s);
	stop_end(&s);
	assert_int_equal(stop_rseq(&s), 0); /* it goes: nothing to be asked */
	mem_live_init(&memory, c->pid);
	if (!at || mem_read(&memory.mem, at, area, sizeof(area)))
		return -1;
	return task_cpu(area);
}

static void test_cpu(void **state)
{
	struct child c;
	cpu_set_t all, one;
	int cpu;

	(void)state;
	child_start(&c, child_spin);
	assert_int_equal(sched_getaffinity(c.pid, sizeof(all), &all), 0);
	for (cpu = 0; cpu_of(&c) >= 0 && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		assert_int_equal(sched_setaffinity(c.pid, sizeof(one), &one),
				 0);
		assert_true(child_moves(&c));
		assert_int_equal(cpu_of(&c), cpu);
	}
	child_end(&c);
	if (!cpu)
		skip(); /* glibc < 2.35, musl */
}

static int set_up_group(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN); /* as under nohup or some supervisors */
	stop_block_signals(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop_and_go),
		cmocka_unit_test(test_a_sleeper_sleeps_on),
		cmocka_unit_test(test_signal_while_it_stands),
		cmocka_unit_test(test_signal_instead_of_the_stop),
		cmocka_unit_test(test_a_stopped_program_stays_stopped),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_old_reports_do_not_matter),
		cmocka_unit_test(test_a_report_wakes_the_sleep),
		cmocka_unit_test(test_it_ends_while_asked),
		cmocka_unit_test(test_killed_while_it_stands),
		cmocka_unit_test(test_a_thread_ends_seized),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_traced_by_another),
		cmocka_unit_test(test_disturbed_calls),
		cmocka_unit_test(test_cpu),
	};

	return cmocka_run_group_tests_name("stop", tests, set_up_group, NULL);
}
