/* svg.h - the parts of the flame graph, for svg*.c only */
#ifndef CPROF_EXPORT_SVG_H
#define CPROF_EXPORT_SVG_H

#include "cprof/model.h"

/* ---- colours: paint.c ------------------------------------------------- */

enum { PAINT_GREY = 0, PAINT_COUNT = 40 };

/* A colour of flamegraph.css: by whose code it is, module and function. */
int paint_code(const struct defs *d, const struct code *code);
/* Its class there, such as "o7"; into out, which it returns. */
const char *paint_name(int paint, char out[16]);
/* Not the program's own, nor a package's: in the dark its text is light. */
bool paint_is_quiet(int paint);

/* ---- what a frame is called: svg_label.c ------------------------------ */

/* A text that frames have; nodes of the tree share it. */
struct label {
	string_id text; /* in the tree's strings */
	string_id file; /* in the profile's; 0 if none */
	uint32_t name_len; /* bytes of text that are the name */
	int paint;
};

struct labels {
	VEC(struct label) items;
	uint32_t *of_node; /* by the node's place in the tree */
};

int labels_build(struct labels *l, const struct tree *t, const struct defs *d);
void labels_release(struct labels *l);
/* Name and place of a label, control characters made visible; each is
 * appended to its buffer. The place keeps its parentheses. */
void label_text(const struct label *l, const struct tree *t, struct buf *name,
		struct buf *place);

/* ---- the parts -------------------------------------------------------- */

enum {
	SVG_WIDTH = 1200,
	SVG_MARGIN = 16,
	SVG_TOP = 120, /* of the first row */
	SVG_ROW = 18,
	SVG_MAX_ROWS = 400, /* of the still picture */
	SVG_FACTS = 7, /* short pieces in the head */
};

struct svg {
	const struct profile *profile;
	struct tree tree;
	struct labels labels;
	struct buf sentence; /* what binds the program */
	struct buf facts[SVG_FACTS]; /* about the recording */
	uint32_t rows; /* drawn in the still picture */
	uint32_t levels; /* of the tree */
};

/* Append b as XML, at most `columns` of it, with an ellipsis if that cuts. */
void svg_cut(struct buf *out, const struct buf *b, int columns);

/* The frames as rectangles and names, without scripts. */
int svg_picture(const struct svg *s, struct out *out);
/* The whole tree as JSON, for the script. */
int svg_data(const struct svg *s, struct out *out);

#endif
