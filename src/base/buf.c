/* buf.c - growing text
 *
 * An error is remembered in `failed` instead of returned, so that text can be
 * put together without a check after each piece; the end of the chain checks
 * once. An empty buf points to a shared empty string and owns nothing.
 */
#include "cprof/base.h"

#include <stdlib.h>
#include <string.h>

static const char empty[1];

void buf_init(struct buf *b)
{
	b->data = (char *)empty;
	b->len = b->room = 0;
	b->failed = false;
}

void buf_release(struct buf *b)
{
	if (b->room)
		free(b->data);
	buf_init(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->room)
		b->data[0] = '\0';
}

/* Room for len more and the NUL. */
static bool make_room(struct buf *b, size_t len)
{
	size_t wanted;
	char *data;

	if (b->failed || len > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		goto fail;
	if (b->room > b->len + len)
		return true;
	wanted = MAX(b->len + len + 1, MAX(b->room * 2, (size_t)64));
	data = realloc(b->room ? b->data : NULL, wanted);
	if (!data)
		goto fail;
	b->data = data;
	b->room = wanted;
	return true;
fail:
	b->failed = true;
	return false;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !make_room(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0) {
		b->failed = true;
		return;
	}
	if (!make_room(b, (size_t)len))
		return;
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
	b->len += (size_t)len;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(b, fmt, args);
	va_end(args);
}
