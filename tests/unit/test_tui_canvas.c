/* test_tui_canvas.c - cells, wide characters, hostile text, clicks
 */
#include "unit.h"

#include <string.h>

#include "tui/canvas.h"

static void assert_line(const struct canvas *c, int y, const char *expected)
{
	struct buf b;

	buf_init(&b);
	canvas_line(c, y, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
}

static struct pen pen_on(struct canvas *c, int width)
{
	struct box box = { 0, 0, width, 1 };

	canvas_init(c);
	assert_int_equal(canvas_resize(c, width, 1), 0);
	return pen_at(c, &box, 0);
}

static void test_text_ends_at_the_edge(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 5);

	(void)state;
	pen_puts(&p, "0123456789");
	assert_line(&c, 0, "0123~");
	assert_int_equal(p.x, 5);
	canvas_release(&c);
}

static void test_what_just_fits_is_not_marked(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 5);

	(void)state;
	pen_puts(&p, "01234");
	pen_puts(&p, "   ");
	pen_puts(&p, "\u0301");
	pen_fill(&p);
	assert_line(&c, 0, "01234");
	pen_puts(&p, "  5");
	assert_line(&c, 0, "0123~");
	canvas_release(&c);
}

static void test_pen_below_the_box_writes_nothing(void **state)
{
	struct canvas c;
	struct box box = { 0, 0, 4, 2 };
	struct pen p;

	(void)state;
	canvas_init(&c);
	assert_int_equal(canvas_resize(&c, 4, 1), 0);
	p = pen_at(&c, &box, 1); /* in the box, not on the canvas */
	pen_puts(&p, "text");
	pen_fill(&p);
	assert_line(&c, 0, "");
	canvas_release(&c);
}

static void test_wide_characters_take_two_cells(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 5);

	(void)state;
	pen_puts(&p, "\u5e83\u3044\u540d");
	assert_line(&c, 0, "\u5e83\u3044~"); /* no half of the third */
	assert_int_equal(canvas_cell(&c, 1, 0)->ch[0], 0);
	p.x = 1;
	p.end = 5;
	pen_puts(&p, "x"); /* what loses its right half becomes blank */
	assert_line(&c, 0, " x\u3044~");
	canvas_release(&c);
}

static void test_marks_join_their_character(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 3);

	(void)state;
	pen_puts(&p, "e\u0301e\u0301\u0302\u0303x");
	assert_line(&c, 0, "e\u0301e\u0301\u0302x"); /* two at most */
	canvas_release(&c);
}

static void test_skip_scrolls_to_the_right(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 4);

	(void)state;
	p.skip = 1;
	pen_puts(&p, "\u5e83bc"); /* half of it is in sight: a blank */
	assert_line(&c, 0, " bc");
	canvas_release(&c);
}

static void test_hostile_text_is_inert(void **state)
{
	struct canvas c;
	struct pen p = pen_on(&c, 40);

	(void)state;
	pen_name(&p, "\033[2J\n\xff", 6);
	assert_line(&c, 0, "\\x1b[2J\\x0a\\xff");
	p.x = 0;
	pen_puts(&p, "\033\x7f\xc2\x85"); /* never raw, whoever writes it */
	assert_int_equal(canvas_cell(&c, 0, 0)->ch[0], '?');
	assert_int_equal(canvas_cell(&c, 1, 0)->ch[0], '?');
	assert_int_equal(canvas_cell(&c, 2, 0)->ch[0], '?');
	canvas_release(&c);
}

static void test_newest_zone_is_clicked(void **state)
{
	struct canvas c;

	(void)state;
	pen_on(&c, 10);
	canvas_zone(&c, (struct zone){ 0, 0, 10, 1, 1 });
	canvas_zone(&c, (struct zone){ 2, 0, 3, 2, 2 });
	assert_int_equal(canvas_zone_at(&c, 1, 0)->command, 1);
	assert_int_equal(canvas_zone_at(&c, 4, 0)->command, 2);
	assert_int_equal(canvas_zone_at(&c, 5, 0)->command, 1);
	assert_null(canvas_zone_at(&c, 4, 1));
	canvas_clear(&c);
	assert_null(canvas_zone_at(&c, 4, 0));
	canvas_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_ends_at_the_edge),
		cmocka_unit_test(test_what_just_fits_is_not_marked),
		cmocka_unit_test(test_pen_below_the_box_writes_nothing),
		cmocka_unit_test(test_wide_characters_take_two_cells),
		cmocka_unit_test(test_marks_join_their_character),
		cmocka_unit_test(test_skip_scrolls_to_the_right),
		cmocka_unit_test(test_hostile_text_is_inert),
		cmocka_unit_test(test_newest_zone_is_clicked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
