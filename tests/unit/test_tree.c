/* test_tree.c - folded stacks merged by what a frame says
 */
#include "unit.h"

#include "model.h"

static struct defs d;
static struct fold f;
static struct tree t;

static int set_up(void **state)
{
	(void)state;
	defs_init(&d);
	fold_init(&f, &(struct view){ 0 });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_release(&t);
	fold_release(&f);
	defs_release(&d);
	return 0;
}

static void see(thread_id thread, stack_id stack, int times)
{
	struct sample s = {
		.thread = thread,
		.stack = stack,
		.state = STATE_ACTIVE,
	};

	while (times-- > 0)
		assert_int_equal(fold_sample(&f, &s), 0);
}

/* The tree as text: a line for each node, `.` for each level. */
static void assert_tree(const char *expected)
{
	const struct tree_node *n;
	struct buf text;
	uint32_t i, level;

	buf_init(&text);
	for (i = 0; i < t.nodes.count; i++) {
		n = &t.nodes.items[i];
		for (level = 0; level < n->depth; level++)
			buf_putc(&text, '.');
		buf_printf(&text, "%s %d/%d #%u\n",
			   def_text(&t.strings, n->text), (int)n->self,
			   (int)n->total, n->size);
	}
	assert_string_equal(text.data, expected);
	buf_release(&text);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/0 #1\n");
}

static void test_merges_by_text_and_sorts(void **state)
{
	(void)state;
	f.view.nolineno = true;
	see(1, def_stack_of(&d, "main;run"), 2);
	see(1, def_stack_of(&d, "main"), 1);
	see(1, def_stack_of(&d, "other"), 1);
	see(1, def_stack_of(&d, "main;run"), 3); /* other ids, same text */
	see(1, def_stack_of(&d, "main;do;run"), 4);
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/11 #6\n"
		    ".main (app.py) 1/10 #4\n"
		    "..do (app.py) 0/4 #2\n"
		    "...run (app.py) 4/4 #1\n"
		    "..run (app.py) 5/5 #1\n"
		    ".other (app.py) 1/1 #1\n");
	assert_int_equal(t.nodes.items[0].frame, 0);
	assert_int_not_equal(t.nodes.items[1].frame, 0);
}

static void test_lines_keep_frames_apart(void **state)
{
	stack_id a = defs_stack(&d, 0, def_line(&d, "f", "a.py", 10));
	stack_id b = defs_stack(&d, 0, def_line(&d, "f", "a.py", 9));

	(void)state;
	see(1, a, 1);
	see(1, b, 1);
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/2 #3\n"
		    ".f (a.py:10) 1/1 #1\n"
		    ".f (a.py:9) 1/1 #1\n");
	tree_release(&t);
	f.view.function = true;
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/2 #2\n"
		    ".f (a.py:1) 2/2 #1\n");
}

static void test_a_sibling_that_begins_like_another(void **state)
{
	(void)state;
	see(1, defs_stack(&d, 0, def_line(&d, "ab", "", 0)), 1);
	see(1, defs_stack(&d, 0, def_line(&d, "a", "", 0)), 1);
	see(1, defs_stack(&d, 0, def_line(&d, "\xc3\xa9", "", 0)), 1);
	see(1, defs_stack(&d, 0, def_line(&d, "", "", 0)), 1);
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/4 #5\n. 1/1 #1\n.a 1/1 #1\n.ab 1/1 #1\n"
		    ".\xc3\xa9 1/1 #1\n");
}

static void test_no_python_frame(void **state)
{
	(void)state;
	see(1, 0, 2);
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/2 #2\n"
		    ".[no Python frame] 2/2 #1\n");
}

static void define_family(thread_id threads[3])
{
	process_id first = def_named_process(&d, 10, 1, "first");
	process_id child = def_named_process(&d, 11, 10, "child");

	threads[0] = def_named_thread(&d, first, 10, "Main");
	threads[1] = def_named_thread(&d, first, 12, "Pool");
	threads[2] = def_named_thread(&d, child, 11, "Main");
}

static void see_family(void)
{
	stack_id stack = defs_stack(&d, 0, def_line(&d, "f", "", 0));
	thread_id threads[3];
	int i;

	define_family(threads);
	for (i = 0; i < 3; i++)
		see(threads[i], stack, i + 1);
}

static void test_threads(void **state)
{
	(void)state;
	f.view.threads = true;
	see_family();
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/6 #7\n"
		    ".thread (10): Main 0/1 #2\n"
		    "..f 1/1 #1\n"
		    ".thread (11): Main 0/3 #2\n"
		    "..f 3/3 #1\n"
		    ".thread (12): Pool 0/2 #2\n"
		    "..f 2/2 #1\n");
}

static void test_processes(void **state)
{
	(void)state;
	f.view.processes = true;
	see_family();
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_tree("all 0/6 #5\n"
		    ".process 10:\"first\" 0/6 #4\n"
		    "..f 3/3 #1\n"
		    "..process 11:\"child\" 0/3 #2\n"
		    "...f 3/3 #1\n");
}

static void test_processes_and_threads(void **state)
{
	(void)state;
	f.view.processes = f.view.threads = true;
	see_family();
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_int_equal(t.nodes.count, 9);
	assert_string_equal(def_text(&t.strings, t.nodes.items[2].text),
			    "process 11:\"child\"");
	assert_string_equal(def_text(&t.strings, t.nodes.items[3].text),
			    "thread (11): Main");
}

/* What every tree must fulfil. */
static void assert_sound(void)
{
	const struct tree_node *nodes = t.nodes.items;
	uint64_t self = 0;
	uint32_t i;

	for (i = 0; i < t.nodes.count; i++) {
		self += nodes[i].self;
		assert_true(nodes[i].size >= 1);
		assert_true(i + nodes[i].size <= t.nodes.count);
		if (i + 1 == t.nodes.count || nodes[i].size == 1)
			continue;
		assert_int_equal(nodes[i + 1].depth, nodes[i].depth + 1);
		assert_true(nodes[i + 1].total <= nodes[i].total);
	}
	assert_int_equal(nodes[0].total, self);
	assert_int_equal(nodes[0].total, f.count);
	assert_int_equal(nodes[0].size, t.nodes.count);
}

static void test_deep(void **state)
{
	stack_id stack = 0;
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "f%d", i % 1000);
		stack = defs_stack(&d, stack, def_line(&d, name, "", 0));
		if (i % 10000 == 0)
			see(1, stack, 1);
	}
	see(1, stack, 1);
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_int_equal(t.nodes.count, 100001);
	assert_int_equal(t.nodes.items[100000].depth, 100000);
	assert_int_equal(t.nodes.items[100000].total, 1);
	assert_sound();
}

/* 100,000 siblings and subtrees, in no order. */
static void test_broad(void **state)
{
	stack_id parents[300] = { 0 }, *p;
	frame_id frames[500];
	uint64_t random = 1;
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		frames[i] = def_line(&d, name, "", 0);
	}
	for (i = 0; i < 200000; i++) {
		random = hash_mix(random, (uint64_t)i);
		p = &parents[random % 300];
		if (random >> 32 & 1)
			p = &parents[random >> 8 & 15];
		*p = defs_stack(&d, random >> 60 ? *p : 0,
				frames[(random >> 16) % 500]);
		see(1, *p, 1);
	}
	assert_int_equal(tree_build(&t, &f, &d), 0);
	assert_true(t.nodes.count > 100000);
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_merges_by_text_and_sorts),
		TEST(test_lines_keep_frames_apart),
		TEST(test_a_sibling_that_begins_like_another),
		TEST(test_no_python_frame),
		TEST(test_threads),
		TEST(test_processes),
		TEST(test_processes_and_threads),
		TEST(test_deep),
		TEST(test_broad),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
