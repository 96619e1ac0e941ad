/* canvas.h - a screen in memory: views draw on it, terminals and tests read it
 *
 * A cell is a character with the marks that combine with it. What is drawn may
 * be hostile: pen_name() escapes it, and the pen writes no control character
 * whatever it is given. A zone is a part of a line that does something when it
 * is clicked.
 */
#ifndef CPROF_TUI_CANVAS_H
#define CPROF_TUI_CANVAS_H

#include "cprof/base.h"

enum style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_FILE, /* behind a function's name */
	STYLE_LABEL, /* names what stands behind it */
	STYLE_TITLE,
	STYLE_HEAD, /* of a table */
	STYLE_HEAD_SORT, /* the column that sorts */
	STYLE_SELECTED,
	STYLE_MATCH, /* what was searched for */
	STYLE_HINT, /* what a key does, in the last line */
	STYLE_WARM, /* a large share of the time */
	STYLE_HOT, /* the largest */
	STYLE_COOL, /* healthy */
	STYLE_BANNER, /* what must be seen */
	STYLE_COUNT
};

struct cell {
	uint32_t ch[3]; /* character, marks; ch[0] = 0: wide one to the left */
	uint8_t style;
};

struct zone {
	int x, y, width;
	int command; /* enum command */
	int arg;
};

struct canvas {
	int width, height;
	struct cell *cells;
	VEC(struct zone) zones;
	struct buf scratch;
};

struct box {
	int x, y, width, height;
};

/* The first `taken` lines of the box are used: what is left. */
struct box box_below(const struct box *box, int taken);

void canvas_init(struct canvas *c);
void canvas_release(struct canvas *c);
int canvas_resize(struct canvas *c, int width, int height);
void canvas_clear(struct canvas *c);
const struct cell *canvas_cell(const struct canvas *c, int x, int y);
/* Change the style of what is drawn there; off the canvas is fine. */
void canvas_style(struct canvas *c, struct box box, enum style style);
void canvas_zone(struct canvas *c, struct zone zone);
/* The newest zone at that place, or NULL. */
const struct zone *canvas_zone_at(const struct canvas *c, int x, int y);
/* One line as UTF-8, without blanks at its end. */
void canvas_line(const struct canvas *c, int y, struct buf *out);

/* Writes along one line, up to its end and never beyond. Text that does not fit
 * ends in a ~ there. */
struct pen {
	struct canvas *canvas;
	int x, y;
	int start; /* where it began */
	int end; /* first column that it may not write */
	int skip; /* columns that scrolled out to the left */
	enum style style;
};

/* The line y of the box, counted from the box's top. */
struct pen pen_at(struct canvas *c, const struct box *box, int y);
void pen_text(struct pen *p, const char *s, size_t len);
void pen_puts(struct pen *p, const char *s);
void pen_printf(struct pen *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
void pen_styled(struct pen *p, enum style style, const char *s);
/* Text of a target, escaped. */
void pen_name(struct pen *p, const char *s, size_t len);
/* Blanks in the pen's style up to the end. */
void pen_fill(struct pen *p);

#endif
