/* listing.c - the text of one source file, by lines */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_BYTES = 4 << 20, /* of a file; larger ones are no source text */
	MOST_LENGTH = 4096, /* of a line */
	TAB = 8,
};

void listing_init(struct listing *l)
{
	memset(l, 0, sizeof(*l));
	buf_init(&l->text);
}

void listing_release(struct listing *l)
{
	if (l->open)
		source_close(&l->source);
	buf_release(&l->text);
	vec_release(&l->starts);
}

void listing_open(struct listing *l, pid_t pid)
{
	l->open = !source_open(&l->source, pid);
}

/* Where the line that begins there ends: Python knows three line breaks. */
static size_t line_length(const struct listing *l, size_t start)
{
	return strcspn(l->text.data + start, "\r\n");
}

static int find_lines(struct listing *l)
{
	size_t at = 0;
	uint32_t *start;

	while (at < l->text.len) {
		start = vec_push(&l->starts);
		if (!start)
			return ERR_NOMEM;
		*start = (uint32_t)at;
		at += line_length(l, at);
		if (l->text.data[at] == '\r' && l->text.data[at + 1] == '\n')
			at++;
		at++;
	}
	return 0;
}

/* Without text if anything fails: then that is what the view shows. */
void listing_read(struct listing *l, const struct defs *d, string_id file)
{
	int err = ERR_NOT_FOUND;

	if (l->file == file)
		return;
	l->file = file;
	l->newer = false;
	buf_reset(&l->text);
	l->starts.count = 0;
	if (l->open)
		err = source_read(&l->source, def_text(d, file), MOST_BYTES,
				  &l->text, &l->newer);
	if (!err && l->text.len && memchr(l->text.data, '\0', l->text.len))
		err = ERR_GARBAGE;
	if (!err)
		err = find_lines(l);
	if (err)
		l->starts.count = 0;
}

static void add_tab(struct buf *b, size_t start)
{
	do
		buf_putc(b, ' ');
	while ((b->len - start) % TAB);
}

bool listing_line(const struct listing *l, int32_t line, struct buf *out)
{
	size_t start = out->len, length, i;
	const char *s;

	if (line < 1 || (uint32_t)line > l->starts.count)
		return false;
	s = l->text.data + l->starts.items[line - 1];
	length = strcspn(s, "\r\n");
	for (i = 0; i < length && out->len - start < MOST_LENGTH; i++) {
		if (s[i] == '\t')
			add_tab(out, start);
		else
			buf_putc(out, s[i]);
	}
	return true;
}
