/* test_map.c - 64-bit keys to 32-bit values
 */
#include "unit.h"

#include <string.h>

#include "cprof/base.h"

#define KEYS 3000u

static void set(struct map *m, uint64_t key, uint32_t value)
{
	uint32_t *place = map_slot(m, key);

	assert_non_null(place);
	*place = value;
}

static void assert_value(const struct map *m, uint64_t key, uint32_t value)
{
	uint32_t *place = map_find(m, key);

	assert_non_null(place);
	assert_int_equal(*place, value);
}

static void test_any_key(void **state)
{
	static const uint64_t keys[] = { 0, 1, UINT64_MAX, UINT32_MAX,
					 1ull << 63 };
	struct map m;
	uint32_t i;

	(void)state;
	map_init(&m);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		assert_null(map_find(&m, keys[i]));
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(*map_slot(&m, keys[i]), 0);
		set(&m, keys[i], i + 10);
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		assert_value(&m, keys[i], i + 10);
	assert_int_equal(m.count, ARRAY_SIZE(keys));
	map_release(&m);
	assert_null(map_find(&m, 0));
}

static void test_finding_does_not_make(void **state)
{
	struct map m;

	(void)state;
	map_init(&m);
	set(&m, 5, 1);
	assert_null(map_find(&m, 6));
	map_remove(&m, 6);
	assert_int_equal(m.count, 1);
	map_release(&m);
	map_remove(&m, 5);
}

/* A known key's place does not cost memory, however full the map is. */
static void test_known_keys_do_not_grow_it(void **state)
{
	struct map m;
	struct map_slot *slots;
	uint32_t i;

	(void)state;
	map_init(&m);
	for (i = 0; i < 12; i++)
		set(&m, i, i);
	slots = m.slots;
	for (i = 0; i < 12; i++)
		set(&m, i, i);
	assert_ptr_equal(m.slots, slots);
	map_release(&m);
}

/* Against a plain array, keys and operations by a fixed pseudo-random walk. */
static void test_like_an_array(void **state)
{
	static uint32_t expected[KEYS]; /* 0: absent */
	struct map m;
	uint64_t random = 1;
	uint32_t i, key, count = 0;

	(void)state;
	map_init(&m);
	for (i = 1; i < 200000; i++) {
		random = hash_mix(random, i);
		key = (uint32_t)(random % KEYS);
		count -= expected[key] != 0;
		expected[key] = random >> 40 & 1 ? i : 0;
		count += expected[key] != 0;
		if (expected[key])
			set(&m, key * 4096ull, i);
		else
			map_remove(&m, key * 4096ull);
		assert_int_equal(m.count, count);
	}
	for (key = 0; key < KEYS; key++)
		if (expected[key])
			assert_value(&m, key * 4096ull, expected[key]);
		else
			assert_null(map_find(&m, key * 4096ull));
	map_release(&m);
}

static void test_clear_keeps_storage(void **state)
{
	struct map m;
	struct map_slot *slots;

	(void)state;
	map_init(&m);
	map_clear(&m);
	set(&m, 7, 7);
	slots = m.slots;
	map_clear(&m);
	assert_ptr_equal(m.slots, slots);
	assert_null(map_find(&m, 7));
	assert_int_equal(m.count, 0);
	map_release(&m);
}

static void test_hashes_differ(void **state)
{
	char zeros[33] = { 0 };
	size_t a, b;

	(void)state;
	for (a = 0; a < sizeof(zeros); a++)
		for (b = 0; b < a; b++)
			assert_true(hash_bytes(zeros, a) !=
				    hash_bytes(zeros, b));
	assert_true(hash_bytes("abcdefgh1", 9) != hash_bytes("abcdefgh2", 9));
	assert_true(hash_bytes("abcdefgh", 8) == hash_bytes("abcdefgh", 8));
	assert_true(hash_mix(1, 2) != hash_mix(2, 1));
	assert_true(hash_mix(0, 0) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_key),
		cmocka_unit_test(test_finding_does_not_make),
		cmocka_unit_test(test_known_keys_do_not_grow_it),
		cmocka_unit_test(test_like_an_array),
		cmocka_unit_test(test_clear_keeps_storage),
		cmocka_unit_test(test_hashes_differ),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
