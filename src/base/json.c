/* json.c - a writer of JSON that puts the commas
 *
 * It keeps one bit: whether the next item is the first of its kind, or the
 * value of a key, and so needs no comma. Nesting is the caller's.
 */
#include "cprof/base.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void json_init(struct json *j, struct buf *out)
{
	j->out = out;
	j->first = true;
}

static void next_item(struct json *j)
{
	if (!j->first)
		buf_putc(j->out, ',');
	j->first = false;
}

void json_begin(struct json *j, char bracket)
{
	next_item(j);
	buf_putc(j->out, bracket);
	j->first = true;
}

void json_end(struct json *j, char bracket)
{
	buf_putc(j->out, bracket);
	j->first = false;
}

void json_key(struct json *j, const char *key)
{
	json_string(j, key);
	buf_putc(j->out, ':');
	j->first = true; /* its value follows */
}

void json_string(struct json *j, const char *s)
{
	if (s)
		json_string_len(j, s, strlen(s));
	else
		json_null(j);
}

void json_string_len(struct json *j, const char *s, size_t len)
{
	next_item(j);
	text_json(j->out, s, len);
}

void json_int(struct json *j, int64_t n)
{
	next_item(j);
	buf_printf(j->out, "%" PRId64, n);
}

/* By hand: printf's decimal point is the locale's. */
static void add_fraction(struct buf *out, double x, int digits)
{
	uint64_t scale = 1, n;
	int i;

	for (i = 0; i < digits; i++)
		scale *= 10;
	n = (uint64_t)(fabs(x) * (double)scale + 0.5);
	if (x < 0 && n)
		buf_putc(out, '-');
	buf_printf(out, "%" PRIu64, n / scale);
	if (digits > 0)
		buf_printf(out, ".%0*" PRIu64, digits, n % scale);
}

void json_real(struct json *j, double x, int digits)
{
	digits = MIN(MAX(digits, 0), 9);
	if (!isfinite(x)) {
		json_null(j);
		return;
	}
	next_item(j);
	if (fabs(x) < 9e9)
		add_fraction(j->out, x, digits);
	else
		buf_printf(j->out, "%.0f", x);
}

void json_bool(struct json *j, bool b)
{
	next_item(j);
	buf_puts(j->out, b ? "true" : "false");
}

void json_null(struct json *j)
{
	next_item(j);
	buf_puts(j->out, "null");
}
