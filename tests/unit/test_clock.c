/* test_clock.c - time in nanoseconds
 */
#include "unit.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "cprof/base.h"

static void test_now_goes_on(void **state)
{
	struct timespec nap = { .tv_nsec = 2 * NSEC_PER_MSEC };
	uint64_t before = clock_now(), after;

	(void)state;
	nanosleep(&nap, NULL);
	after = clock_now();
	assert_true(after - before >= 2 * NSEC_PER_MSEC);
	assert_true(after - before < 60 * NSEC_PER_SEC);
}

static void test_wall_is_since_1970(void **state)
{
	uint64_t seconds = clock_wall() / NSEC_PER_SEC;
	uint64_t expected = (uint64_t)time(NULL);

	(void)state;
	assert_in_range(seconds, expected - 2, expected + 2);
}

static void test_own_cpu_does_not_sleep(void **state)
{
	struct timespec nap = { .tv_nsec = 50 * NSEC_PER_MSEC };
	uint64_t before = clock_own_cpu(), after;
	volatile int spin;

	(void)state;
	nanosleep(&nap, NULL);
	after = clock_own_cpu();
	assert_true(after - before < 40 * NSEC_PER_MSEC);
	for (spin = 0; spin < 1000000; spin++)
		;
	assert_true(clock_own_cpu() > after);
}

static void ignore(int signal)
{
	(void)signal;
}

static void test_sleep_goes_on_after_a_signal(void **state)
{
	struct itimerval timer = { .it_value.tv_usec = 2000 };
	struct sigaction action = { .sa_handler = ignore };
	uint64_t deadline = clock_now() + 20 * NSEC_PER_MSEC;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	clock_sleep_until(deadline);
	assert_true(clock_now() >= deadline);
	clock_sleep_until(0); /* long past: at once */
	assert_true(clock_now() < deadline + 60 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_now_goes_on),
		cmocka_unit_test(test_wall_is_since_1970),
		cmocka_unit_test(test_own_cpu_does_not_sleep),
		cmocka_unit_test(test_sleep_goes_on_after_a_signal),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
