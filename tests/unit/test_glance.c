/* test_glance.c - the few words that tell whether anything may have changed
 */
#include "unit.h"

#include <string.h>

#include "world.h"

static struct world world;

static int tear_down(void **state)
{
	(void)state;
	world_release(&world);
	return 0;
}

static void begin(unsigned int version)
{
	world_init(&world, fake_versions[version]);
}

static int set_up(void **state)
{
	(void)state;
	begin(2);
	return 0;
}

static int look(struct glance *g)
{
	memset(g, 0x55, sizeof(*g));
	return glance_read(&world.capture, world.gil, g);
}

static void refresh(void)
{
	assert_int_equal(threads_refresh(&world.capture), 0);
}

static void test_words(void **state)
{
	struct glance g = { 0 };
	raddr_t a, b;
	unsigned int v;

	(void)state;
	for (v = 0; v < ARRAY_SIZE(fake_versions); v++) {
		begin(v);
		a = world_thread(&world, 11);
		b = world_thread(&world, 12);
		refresh();
		world_take_gil(&world, a);
		world.reads = 0;
		assert_int_equal(look(&g), 0);
		assert_int_equal(world.reads, 1);
		assert_true(g.words.holder == a && g.words.locked);
		assert_int_equal(g.words.switches, 1);
		assert_true(g.lists_same);
		world_drop_gil(&world);
		world_take_gil(&world, b);
		world_drop_gil(&world);
		assert_int_equal(look(&g), 0);
		assert_true(g.words.holder == b && !g.words.locked);
		assert_int_equal(g.words.switches, 2);
	}
}

/* -1: the GIL is being made. */
static void test_locked_is_one(void **state)
{
	struct glance g = { 0 };

	(void)state;
	refresh();
	fake_put_int(&world.fake,
		     world.gil + world.fake.python.layout.gil_locked,
		     (uint32_t)-1);
	assert_int_equal(look(&g), 0);
	assert_false(g.words.locked);
}

static void test_threads_come_and_go(void **state)
{
	struct glance g = { 0 };

	(void)state;
	world_thread(&world, 11);
	refresh();
	assert_int_equal(look(&g), 0);
	assert_true(g.lists_same);
	world_thread(&world, 12);
	assert_int_equal(look(&g), 0);
	assert_false(g.lists_same);
	refresh();
	assert_int_equal(look(&g), 0);
	assert_true(g.lists_same);
	world_unlink_newest(&world);
	assert_int_equal(look(&g), 0);
	assert_false(g.lists_same);
}

/* A second interpreter in front of the main one; their threads. */
static void test_interpreters(void **state)
{
	const struct layout *l = &world.fake.python.layout;
	raddr_t second, head = world.runtime + l->runtime_interpreters_head;
	struct glance g = { 0 };

	(void)state;
	refresh();
	second = fake_alloc(&world.fake, 16384);
	fake_put_word(&world.fake, second + l->interp_gil, world.gil);
	fake_put_word(&world.fake, second + l->interp_next, world.interp);
	fake_put_word(&world.fake, head, second);
	assert_int_equal(look(&g), 0);
	assert_false(g.lists_same);
	refresh();
	assert_int_equal(world.capture.interp_count, 2);
	assert_int_equal(look(&g), 0);
	assert_true(g.lists_same);
	fake_put_word(&world.fake, second + l->interp_threads_head, second);
	assert_int_equal(look(&g), 0);
	assert_false(g.lists_same);
	fake_put_word(&world.fake, second + l->interp_threads_head, 0);
	fake_put_word(&world.fake, world.interp + l->interp_threads_head, 8);
	assert_int_equal(look(&g), 0);
	assert_false(g.lists_same);
}

static void test_another_program(void **state)
{
	struct glance g = { 0 };

	(void)state;
	refresh();
	fake_put_word(&world.fake, world.capture.python.mark_at, 4711);
	assert_int_equal(look(&g), ERR_REPLACED);
	world.capture.python.mark_at = 4096; /* nothing is there any more */
	assert_int_equal(look(&g), ERR_REPLACED);
}

static void test_unreadable(void **state)
{
	struct glance g = { 0 };

	(void)state;
	refresh();
	world.gil = 4096;
	assert_int_equal(look(&g), ERR_FAULT);
}

/* They are last in the read and so date what is before them; what was copied
 * with them stays. */
static void test_beside_a_stack(void **state)
{
	struct capture *c = &world.capture;
	struct image image;
	struct glance g = { 0 };
	raddr_t thread;

	(void)state;
	thread = world_thread(&world, 11);
	refresh();
	image_init(&image);
	assert_int_equal(image_add(&image, thread, 8), 0);
	assert_int_equal(glance_add(c, &image, world.gil, &g), 0);
	assert_true(image.pieces.items[0].addr == thread);
	assert_true(image.pieces.items[image.pieces.count - 1].addr ==
		    world.gil + c->python.layout.gil_last_holder);
	assert_int_equal(image_fetch(&image, 0, &world.mem), 0);
	assert_int_equal(glance_parse(c, &image, &g), 0);
	assert_true(g.lists_same);
	assert_non_null(image_at(&image, thread, 8));
	image_release(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_words),
		TEST(test_locked_is_one),
		TEST(test_threads_come_and_go),
		TEST(test_interpreters),
		TEST(test_another_program),
		TEST(test_unreadable),
		TEST(test_beside_a_stack),
	};

	return cmocka_run_group_tests_name("glance", tests, NULL, NULL);
}
