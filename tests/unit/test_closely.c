/* test_closely.c - looks and copies where the GIL changes hands all the time */
#include "unit.h"

#include "stacks.h"
#include "world.h"

#include "capture/instant.h"

enum { NOBODY = 1 << 22, TID_A = NOBODY + 1, TID_B, TID_C };
enum { TICKS = 20, ENOUGH = 7 /* reads for each turn */ };

static struct world world;
static raddr_t threads[3], frames[3];

static void begin(unsigned int version)
{
	raddr_t code = CODE(0);
	int i;

	world_init(&world, fake_versions[version]);
	for (i = 0; i < 3; i++) {
		threads[i] = world_thread(&world, TID_A + i);
		frames[i] = world_stack(&world, threads[i], &code, 1);
	}
	assert_int_equal(threads_refresh(&world.capture), 0);
}

static int set_up(void **state)
{
	(void)state;
	begin(2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_release(&world);
	return 0;
}

/* ---- who took the GIL --------------------------------------------------- */

static void note(struct takers *k, uint64_t switches, int thread)
{
	const struct gil_words words = { .holder = threads[thread],
					 .switches = switches };

	takers_note(k, &words);
}

static bool may_have(const struct takers *k, int thread, uint64_t since)
{
	return takers_may_have(k, &world.capture,
			       world_tstate(&world, threads[thread]), since);
}

static void test_takers(void **state)
{
	struct takers k = { 0 };

	(void)state;
	assert_true(may_have(&k, 0, 0)); /* nothing is known */
	note(&k, 5, 0);
	assert_true(may_have(&k, 0, 5));
	assert_false(may_have(&k, 1, 5));
	assert_true(may_have(&k, 1, 4));
	note(&k, 5, 0);
	note(&k, 6, 1);
	assert_false(may_have(&k, 0, 6));
	assert_true(may_have(&k, 0, 5));
	assert_true(may_have(&k, 1, 5));
	assert_false(may_have(&k, 2, 5));
	assert_true(may_have(&k, 2, 7)); /* not yet */
}

static void test_takers_that_nobody_saw(void **state)
{
	struct takers k = { 0 };

	(void)state;
	note(&k, 5, 0);
	note(&k, 7, 0);
	assert_true(may_have(&k, 1, 5));
	assert_false(may_have(&k, 1, 7));
	note(&k, 7, 2); /* taken without a count, as by a thread that swaps */
	assert_false(may_have(&k, 1, 7));
	assert_true(may_have(&k, 2, 7));
	note(&k, 6, 0); /* backwards: another count altogether */
	assert_true(may_have(&k, 1, 7));
	assert_false(may_have(&k, 1, 6));
}

static void test_many_takers(void **state)
{
	struct takers k = { 0 };
	uint64_t i;

	(void)state;
	for (i = 100; i < 200; i++)
		note(&k, i, i % 2);
	assert_false(may_have(&k, 2, 200 - TAKERS_MAX));
	assert_true(may_have(&k, 2, 199 - TAKERS_MAX)); /* forgotten */
	assert_false(may_have(&k, 0, 199));
	assert_true(may_have(&k, 1, 199));
	assert_true(may_have(&k, 0, 198));
}

/* ---- turns --------------------------------------------------------------- */

/* Three threads in turn take the GIL, call the function of the turn's number,
 * let go and sleep: one turn at every so many reads. */
static uint64_t turn;
static unsigned int burst; /* so many at once */

static void play_one(struct world *w)
{
	const struct layout *l = &w->fake.python.layout;
	raddr_t code = CODE(++turn) | (l->traits.code_tag_mask & 1);

	world_take_gil(w, threads[turn % 3]);
	fake_put_word(&w->fake, frames[turn % 3] + l->frame_code, code);
	world_task(w, TID_A + (pid_t)(turn % 3), (unsigned int)turn + 5,
		   WORLD_ASLEEP);
	world_drop_gil(w);
}

static void play(struct world *w)
{
	unsigned int i;

	for (i = 0; i < burst; i++)
		play_one(w);
	w->change_at = w->reads + *(const unsigned int *)w->change_arg;
}

static uint64_t turn_of(int thread)
{
	const struct tstate *t = world_tstate(&world, threads[thread]);

	assert_int_equal(t->raw.count, 1);
	return (t->raw.items[0].code - CODE(0)) / (CODE(1) - CODE(0));
}

static bool were_all_taken(void)
{
	const struct tstate *t;
	int i;

	for (i = 0; i < 3; i++) {
		t = world_tstate(&world, threads[i]);
		if (!t->have || t->lost)
			return false;
	}
	return true;
}

/* Of one instant: the last three turns, whichever the newest was. */
static void assert_one_instant(uint64_t least)
{
	uint64_t x = turn_of(0), y = turn_of(1), z = turn_of(2);
	uint64_t newest = MAX(x, MAX(y, z)), oldest = MIN(x, MIN(y, z));

	assert_in_range(newest, least, turn);
	assert_int_equal(newest - oldest, 2);
	assert_true(x != y && y != z && x != z);
}

/* Patient: however long it takes here. */
static bool tick(bool patient)
{
	uint64_t before = turn;
	bool all;

	world.capture.serial++;
	assert_int_equal(instant_take(&world.capture, world.gil, patient), 0);
	all = were_all_taken();
	if (all)
		assert_one_instant(before);
	return all;
}

static void begin_turns(unsigned int version, unsigned int *reads)
{
	begin(version);
	turn = 0;
	burst = 3; /* so that all have had one */
	world_change_at(&world, 1, play, reads);
	play(&world);
	burst = 1;
}

/* A turn at every seventh read leaves time enough; what is accepted in less is one
 * instant, too. */
static void test_turns(void **state)
{
	unsigned int v, reads, i;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		for (reads = 1; reads < 16; reads++) {
			begin_turns(v, &reads);
			for (i = 0; i < TICKS; i++)
				assert_true(tick(reads >= ENOUGH) ||
					    reads < ENOUGH);
		}
	}
}

/* They begin in the middle of a tick: until then all slept. */
static void play_after_a_rest(unsigned int *reads)
{
	bool all, slow = burst == 1 && *reads >= ENOUGH;
	unsigned int first;

	for (first = 1; first < 24; first++) {
		world.change_at = 0;
		assert_true(tick(true));
		world_change_at(&world, first, play, reads);
		all = tick(slow);
		assert_true(all || !slow);
	}
}

static void test_turns_after_a_rest(void **state)
{
	unsigned int v, reads, n;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		for (reads = 1; reads < 16; reads++) {
			for (n = 1; n <= 3; n++) {
				begin_turns(v, &reads);
				burst = n;
				play_after_a_rest(&reads);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_takers),
		TEST(test_takers_that_nobody_saw),
		TEST(test_many_takers),
		TEST(test_turns),
		TEST(test_turns_after_a_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
