/* test_ring.c - messages between two threads
 */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "cprof/base.h"

#define MESSAGES 200000u

static struct ring *new_ring(size_t size)
{
	struct ring *r = NULL;

	assert_int_equal(ring_new(&r, size), 0);
	return r;
}

static bool put(struct ring *r, const char *text)
{
	size_t len = strlen(text);
	char *place = ring_reserve(r, len);

	if (!place)
		return false;
	memcpy(place, text, len);
	ring_commit(r, len);
	return true;
}

static void assert_next(struct ring *r, const char *text)
{
	size_t len = 0;
	const char *message = ring_peek(r, &len);

	assert_non_null(message);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(message, text, len);
	ring_drop(r);
}

static void test_sizes(void **state)
{
	struct ring *r = NULL;

	(void)state;
	assert_int_equal(ring_new(&r, 0), ERR_GARBAGE);
	assert_int_equal(ring_new(&r, 32), ERR_GARBAGE);
	assert_int_equal(ring_new(&r, 1000), ERR_GARBAGE);
	assert_null(r);
	ring_free(NULL);
	r = new_ring((size_t)1 << 30); /* costs nothing before it is used */
	assert_true(put(r, "x"));
	ring_free(r);
}

/* From a quarter on, until the consumer has taken enough. */
static void test_filling(void **state)
{
	struct ring *r = new_ring(1024);
	int i;

	(void)state;
	assert_false(ring_is_filling(r));
	for (i = 0; i < 15; i++) { /* of 16 bytes */
		assert_true(put(r, "12345678"));
		assert_false(ring_is_filling(r));
	}
	assert_true(put(r, "12345678"));
	assert_true(ring_is_filling(r));
	assert_next(r, "12345678");
	assert_false(ring_is_filling(r));
	assert_true(put(r, "12345678"));
	assert_true(ring_is_filling(r));
	ring_free(r);
}

static void test_in_order(void **state)
{
	struct ring *r = new_ring(1024);
	size_t len;

	(void)state;
	assert_null(ring_peek(r, &len));
	ring_drop(r);
	assert_true(put(r, "one"));
	assert_true(put(r, ""));
	assert_true(put(r, "three"));
	assert_next(r, "one");
	assert_next(r, "");
	assert_next(r, "three");
	assert_null(ring_peek(r, &len));
	ring_free(r);
}

static void test_bounds(void **state)
{
	struct ring *r = new_ring(1024);
	int count = 0;

	(void)state;
	assert_null(ring_reserve(r, 257));
	assert_null(ring_reserve(r, SIZE_MAX));
	assert_non_null(ring_reserve(r, 256));
	while (put(r, "12345678"))
		count++;
	assert_int_equal(count, 1024 / 16);
	assert_next(r, "12345678");
	assert_true(put(r, "12345678"));
	assert_false(put(r, "12345678"));
	ring_free(r);
}

static void test_reserved_but_not_committed(void **state)
{
	struct ring *r = new_ring(1024);
	size_t len;
	char *first = ring_reserve(r, 100);

	(void)state;
	memset(first, 'x', 100);
	assert_null(ring_peek(r, &len));
	assert_ptr_equal(ring_reserve(r, 50), first);
	ring_commit(r, 1000); /* no more than was reserved */
	assert_non_null(ring_peek(r, &len));
	assert_int_equal(len, 50);
	ring_free(r);
}

/* A message is in one piece also where the storage ends. */
static void test_wraps(void **state)
{
	static const char text[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";
	struct ring *r = new_ring(1024);
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		const char *part = text + i % 77;

		assert_true(put(r, part));
		assert_true(put(r, text));
		assert_next(r, part);
		assert_next(r, text);
	}
	ring_free(r);
}

static size_t length_of(uint32_t i)
{
	return sizeof(i) + hash_mix(i, 3) % 200;
}

static void *produce(void *arg)
{
	struct ring *r = arg;
	uint32_t i;
	unsigned char *place;

	for (i = 0; i < MESSAGES; i++) {
		while (!(place = ring_reserve(r, length_of(i))))
			sched_yield();
		memset(place, (int)(i & 0xff), length_of(i));
		memcpy(place, &i, sizeof(i));
		ring_commit(r, length_of(i));
	}
	return NULL;
}

static const unsigned char *wait_for_message(struct ring *r, size_t *len)
{
	const unsigned char *message;

	while (!(message = ring_peek(r, len)))
		sched_yield();
	return message;
}

static void test_two_threads(void **state)
{
	struct ring *r = new_ring(4096);
	const unsigned char *message;
	pthread_t producer;
	uint32_t i, number;
	size_t len;

	(void)state;
	assert_int_equal(pthread_create(&producer, NULL, produce, r), 0);
	for (i = 0; i < MESSAGES; i++) {
		message = wait_for_message(r, &len);
		memcpy(&number, message, sizeof(number));
		assert_int_equal(number, i);
		assert_int_equal(len, length_of(i));
		if (len > sizeof(i))
			assert_int_equal(message[len - 1], i & 0xff);
		ring_drop(r);
	}
	pthread_join(producer, NULL);
	assert_null(ring_peek(r, &len));
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_filling),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_reserved_but_not_committed),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
