/* tail.c - the end of the file with a launched command's output, as lines
 *
 * Read again at each refresh while it is in sight: a few pages of the cache.
 */
#include "tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BYTES ((off_t)64 << 10)

void tail_init(struct tail *t)
{
	memset(t, 0, sizeof(*t));
	buf_init(&t->text);
}

void tail_release(struct tail *t)
{
	buf_release(&t->text);
	vec_release(&t->lines);
}

/* Length of the escape sequence at s: CSI, OSC, or two bytes. */
static size_t sequence_length(const char *s, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	if (s[1] == '[')
		while (i < len && (s[i] < 0x40 || s[i] > 0x7e))
			i++;
	else if (s[1] == ']')
		while (i < len && s[i] != '\a' && s[i] != '\033')
			i++;
	else
		return 2;
	return MIN(i + 1, len);
}

static void add_tab(struct buf *b, size_t start)
{
	do
		buf_putc(b, ' ');
	while ((b->len - start) % 8);
}

static void end_line(struct tail *t, size_t start)
{
	struct tail_line *line = vec_push(&t->lines);

	if (line)
		*line = (struct tail_line){ (uint32_t)start,
					    (uint32_t)(t->text.len - start) };
}

static void parse(struct tail *t, const char *s, size_t len)
{
	size_t i, start = 0;

	for (i = 0; i < len; i++) {
		if (s[i] == '\n') {
			end_line(t, start);
			start = t->text.len;
		} else if (s[i] == '\r') {
			if (i + 1 < len && s[i + 1] != '\n')
				t->text.len = start;
		} else if (s[i] == '\t') {
			add_tab(&t->text, start);
		} else if (s[i] == '\033') {
			i += sequence_length(s + i, len - i) - 1;
		} else {
			buf_putc(&t->text, s[i]);
		}
	}
	if (t->text.len > start)
		end_line(t, start);
}

static int read_end(int fd, char *out, size_t *len, bool *cut)
{
	struct stat st;
	off_t from;
	ssize_t n;

	if (fstat(fd, &st))
		return ERR_IO;
	from = MAX(st.st_size - MOST_BYTES, 0);
	n = pread(fd, out, (size_t)MOST_BYTES, from);
	if (n < 0)
		return ERR_IO;
	*len = (size_t)n;
	*cut = from > 0;
	return 0;
}

int tail_read(struct tail *t, const char *path)
{
	char *data = malloc((size_t)MOST_BYTES), *line;
	size_t len = 0, skip = 0;
	bool cut = false;
	int fd, err;

	if (!data)
		return ERR_NOMEM;
	buf_reset(&t->text);
	t->lines.count = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	err = fd < 0 ? ERR_IO : read_end(fd, data, &len, &cut);
	line = cut ? memchr(data, '\n', len) : NULL;
	if (line)
		skip = (size_t)(line - data) + 1;
	if (!err)
		parse(t, data + skip, len - skip);
	if (fd >= 0)
		close(fd);
	free(data);
	return err;
}
