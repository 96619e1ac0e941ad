/* listing.h - the text of one source file, by lines
 *
 * Read when a function of the file is opened, as the target itself may read it
 * (see source_read()); without text the view shows numbers only.
 */
#ifndef CPROF_TUI_LISTING_H
#define CPROF_TUI_LISTING_H

#include "cprof/model.h"
#include "cprof/target.h"

struct listing {
	struct source source;
	bool open; /* the source is */
	string_id file; /* that was tried last, 0 if none */
	bool newer; /* the file is, than the process */
	struct buf text;
	VEC(uint32_t) starts; /* of the lines in it */
};

void listing_init(struct listing *l);
void listing_release(struct listing *l);
/* The process whose files are to be read. If it cannot be had there is no
 * text. */
void listing_open(struct listing *l, pid_t pid);
/* Read this file, unless it was the last. */
void listing_read(struct listing *l, const struct defs *d, string_id file);
/* Append a line, raw, tabs as blanks, cut where no screen is as wide; false if
 * there is none. */
bool listing_line(const struct listing *l, int32_t line, struct buf *out);

#endif
