/* tail.h - the end of the file with a launched command's output, as lines */
#ifndef CPROF_TUI_TAIL_H
#define CPROF_TUI_TAIL_H

#include "cprof/base.h"

struct tail_line {
	uint32_t start, len; /* in text */
};

struct tail {
	struct buf text;
	VEC(struct tail_line) lines;
};

void tail_init(struct tail *t);
void tail_release(struct tail *t);
/* Read the last of it: at most 64 KiB, whole lines. What moves a cursor is
 * followed (a line that is written again after a carriage return) or left out
 * (escape sequences). ERR_IO with errno. */
int tail_read(struct tail *t, const char *path);

#endif
