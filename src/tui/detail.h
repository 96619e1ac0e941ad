/* detail.h - one function: who calls it, which lines, whom it calls
 *
 * Computed from the folded stacks when it is asked for, so that nothing is
 * summed up for functions at which nobody looks.
 */
#ifndef CPROF_TUI_DETAIL_H
#define CPROF_TUI_DETAIL_H

#include "cprof/model.h"

/* Code objects that agree in these are one function. */
struct function {
	string_id name, file;
	int32_t line; /* the first one */
};

enum detail_part { DETAIL_CALLERS, DETAIL_LINES, DETAIL_CALLEES, DETAIL_PARTS };

struct detail_row {
	struct function function; /* of the caller or callee */
	string_id short_file;
	int32_t line; /* with DETAIL_LINES */
	uint64_t own_ns, total_ns;
	uint32_t seen; /* private: the last stack that counted */
};

struct detail {
	struct function function;
	string_id short_file;
	uint64_t own_ns, total_ns;
	VEC(struct detail_row)
	rows[DETAIL_PARTS]; /* largest, or first line, first */
	struct map index;
	uint32_t serial;
};

void detail_init(struct detail *t);
void detail_release(struct detail *t);
/* Sum up f's stacks for this function. A recursive function is its own caller
 * and callee, and counts once for each stack. */
int detail_build(struct detail *t, const struct function *function,
		 const struct fold *f, const struct defs *d);

/* The function in which this line of this file runs, by its name. */
struct function detail_find(const struct defs *d, string_id name,
			    string_id file, int32_t line, bool by_line);

#endif
