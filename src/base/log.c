/* log.c - lines for -v
 *
 * A line is built whole and written with one call, so that lines of two
 * threads do not mix. It may hold names from a target: it is made safe for a
 * terminal here, once, and not by each caller.
 */
#include "cprof/base.h"

#include <stdatomic.h>

static atomic_int log_level;

void log_set_level(int level)
{
	atomic_store_explicit(&log_level, level, memory_order_relaxed);
}

bool log_enabled(int level)
{
	return level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

void log_line(int level, const char *fmt, ...)
{
	char text[1024];
	struct buf line;
	va_list args;
	int len;

	if (level < 1 || !log_enabled(level))
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		return;

	buf_init(&line);
	buf_puts(&line, "cprof: ");
	text_terminal(&line, text, MIN((size_t)len, sizeof(text) - 1));
	buf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, stderr);
	buf_release(&line);
}
