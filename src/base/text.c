/* text.c - text from a target, made safe for where it goes
 *
 * A function may be named by an attacker: escape sequences drive terminals,
 * bidirectional overrides and invisible characters make a name look like
 * another, markup breaks files, and Python's names need not be valid UTF-8.
 * What is dangerous is shown as \xNN, byte for byte, and nothing is dropped, so
 * two names that differ still look different.
 */
#include "cprof/base.h"

#include <string.h>
#include <strings.h>

#define NOT_UTF8 (-1)

struct range {
	int32_t first, last;
};

/* Invisible, or turning the direction of what follows. The joiners U+200C and
 * U+200D stay: scripts and emoji need them. */
static const struct range deceptive[] = {
	{ 0xad, 0xad },	    { 0x61c, 0x61c },	  { 0x180e, 0x180e },
	{ 0x200b, 0x200b }, { 0x200e, 0x200f },	  { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xfeff, 0xfeff },	  { 0xfff9, 0xfffb },
	{ 0xfffe, 0xffff }, { 0xe0000, 0xe007f },
};

/* Drawn over the character before them. Main scripts, not all of Unicode. */
static const struct range combining[] = {
	{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },
	{ 0x5bf, 0x5bf },   { 0x5c1, 0x5c2 },	{ 0x5c4, 0x5c5 },
	{ 0x610, 0x61a },   { 0x64b, 0x65f },	{ 0x670, 0x670 },
	{ 0x6d6, 0x6dc },   { 0x900, 0x902 },	{ 0x93a, 0x93a },
	{ 0x93c, 0x93c },   { 0x941, 0x948 },	{ 0x94d, 0x94d },
	{ 0xe31, 0xe31 },   { 0xe34, 0xe3a },	{ 0xe47, 0xe4e },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200c, 0x200d },
	{ 0x20d0, 0x20ff }, { 0x302a, 0x302d }, { 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },
	{ 0x23e9, 0x23ec },   { 0x2614, 0x2615 },   { 0x26a1, 0x26a1 },
	{ 0x2705, 0x2705 },   { 0x274c, 0x274c },   { 0x2e80, 0x303e },
	{ 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18aff }, { 0x1b000, 0x1b2ff },
	{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

static bool is_within(const struct range *ranges, size_t count, int32_t cp)
{
	size_t low = 0, high = count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (cp > ranges[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && cp >= ranges[low].first;
}

static bool is_control(int32_t cp)
{
	return (cp >= 0 && cp < 0x20) || (cp >= 0x7f && cp < 0xa0);
}

/* Those at which programs that read lines, Python among them, break one. */
static bool is_line_break(int32_t cp)
{
	return (cp >= '\n' && cp <= '\r') || (cp >= 0x1c && cp <= 0x1e) ||
	       cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

static bool is_unsafe(int32_t cp)
{
	return cp == NOT_UTF8 || is_control(cp) ||
	       is_within(deceptive, ARRAY_SIZE(deceptive), cp);
}

/* Length that the first byte of a character promises, 0 if it cannot be one. */
static size_t promised_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2) /* a continuation, or an overlong form */
		return 0;
	if (c < 0xe0)
		return 2;
	if (c < 0xf0)
		return 3;
	return c < 0xf5 ? 4 : 0;
}

size_t text_decode(const char *s, size_t len, int32_t *cp)
{
	static const int32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s[0];
	size_t n = promised_length(first), i;
	int32_t c = n > 1 ? first & (0x7f >> n) : first;

	*cp = NOT_UTF8;
	if (n == 0 || n > len)
		return 1;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*cp = c;
	return n;
}

void text_encode(struct buf *b, uint32_t cp)
{
	char out[4];
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4, i;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) {
		text_encode(b, 0xfffd);
		return;
	}
	for (i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = n == 1 ? (char)cp : (char)((0xf00 >> n & 0xff) | cp);
	buf_add(b, out, n);
}

/* What stands for a character: NULL when it stays, a text, or one of these. */
static const char as_hex[] = "\\x"; /* each byte as \xNN */
static const char as_json_hex[] = "\\\\x"; /* the same within JSON */
static const char as_json_unit[] = "\\u"; /* as \uNNNN */

/* s and len: the character and what follows it. */
typedef const char *replace_fn(int32_t cp, const char *s, size_t len);

static void add_replacement(struct buf *b, const char *text, int32_t cp,
			    const char *s, size_t len)
{
	size_t i;

	if (text == as_json_unit)
		buf_printf(b, "\\u%04x", (unsigned int)cp);
	else if (text != as_hex && text != as_json_hex)
		buf_puts(b, text);
	else
		for (i = 0; i < len; i++)
			buf_printf(b, "%s%02x", text, (unsigned char)s[i]);
}

static void escape(struct buf *b, const char *s, size_t len,
		   replace_fn *replace)
{
	size_t i, n, kept = 0; /* from there on not yet copied */
	const char *text;
	int32_t cp;

	for (i = 0; i < len; i += n) {
		n = text_decode(s + i, len - i, &cp);
		text = replace(cp, s + i, len - i);
		if (!text)
			continue;
		buf_add(b, s + kept, i - kept);
		add_replacement(b, text, cp, s + i, n);
		kept = i + n;
	}
	buf_add(b, s + kept, len - kept);
}

static const char *for_terminal(int32_t cp, const char *s, size_t len)
{
	(void)s, (void)len;
	return is_unsafe(cp) ? as_hex : NULL;
}

void text_terminal(struct buf *b, const char *s, size_t len)
{
	escape(b, s, len, for_terminal);
}

static const char *for_xml(int32_t cp, const char *s, size_t len)
{
	switch (cp) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	/* XML 1.0 has no way to write most control characters */
	return for_terminal(cp, s, len);
}

void text_xml(struct buf *b, const char *s, size_t len)
{
	escape(b, s, len, for_xml);
}

/* Would an HTML or XML page around the JSON take this for its own? */
static bool is_markup(const char *s, size_t len)
{
	static const char *const words[] = { "</", "<!", "<?", "<script",
					     "]]>" };
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		n = strlen(words[i]);
		if (len >= n && strncasecmp(s, words[i], n) == 0)
			return true;
	}
	return false;
}

static const char *for_json(int32_t cp, const char *s, size_t len)
{
	switch (cp) {
	case NOT_UTF8:
		return as_json_hex;
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	}
	if ((is_unsafe(cp) && cp <= 0xffff) || is_markup(s, len))
		return as_json_unit;
	return NULL;
}

void text_json(struct buf *b, const char *s, size_t len)
{
	buf_putc(b, '"');
	escape(b, s, len, for_json);
	buf_putc(b, '"');
}

static const char *for_folded(int32_t cp, const char *s, size_t len)
{
	if (cp == ';')
		return ":";
	if (is_line_break(cp))
		return " ";
	return for_terminal(cp, s, len);
}

void text_folded(struct buf *b, const char *s, size_t len)
{
	escape(b, s, len, for_folded);
}

int text_columns(const char *s, size_t len)
{
	size_t i, n, columns = 0;
	int32_t cp;

	for (i = 0; i < len; i += n) {
		n = text_decode(s + i, len - i, &cp);
		if (is_unsafe(cp))
			columns += n * strlen("\\xNN");
		else if (is_within(wide, ARRAY_SIZE(wide), cp))
			columns += 2;
		else if (!is_within(combining, ARRAY_SIZE(combining), cp))
			columns++;
	}
	return (int)MIN(columns, (size_t)INT32_MAX);
}

char *text_thousands(char *out, uint64_t n)
{
	char digits[24], *p = out;
	int len =
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	int i;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

char *text_rate(char *out, double hz)
{
	if (hz >= 1000)
		return text_thousands(out, (uint64_t)(hz + 0.5));
	snprintf(out, 32, "%.4g", hz);
	return out;
}

/* In units of one unit_ns each, rounded to three digits; false if that makes
 * `limit` of them or more, so that a larger unit fits better. */
static bool print_duration(char *out, uint64_t ns, uint64_t unit_ns,
			   uint64_t limit, const char *unit)
{
	int decimals = ns / unit_ns >= 100 ? 0 : ns / unit_ns >= 10 ? 1 : 2;
	uint64_t scale = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
	/* in two parts: ns * 100 would overflow after 5.8 years */
	uint64_t n = ns / unit_ns * scale +
		     (ns % unit_ns * scale + unit_ns / 2) / unit_ns;

	if (decimals && n >= 1000) { /* 9.996 or 99.96: rounded up */
		decimals--;
		scale /= 10;
		n /= 10;
	}
	if (n / scale >= limit)
		return false;
	if (decimals)
		snprintf(out, 32, "%llu.%0*llu %s",
			 (unsigned long long)(n / scale), decimals,
			 (unsigned long long)(n % scale), unit);
	else
		snprintf(out, 32, "%llu %s", (unsigned long long)n, unit);
	return true;
}

char *text_duration(char *out, uint64_t ns)
{
	static const struct {
		uint64_t ns, limit;
		const char *text;
	} units[] = {
		{ NSEC_PER_USEC, 1000, "us" },
		{ NSEC_PER_MSEC, 1000, "ms" },
		{ NSEC_PER_SEC, 1000, "s" },
		{ 60 * NSEC_PER_SEC, 100, "min" },
		{ 3600 * NSEC_PER_SEC, UINT64_MAX, "h" },
	};
	size_t i;

	if (ns < NSEC_PER_USEC) {
		snprintf(out, 32, "%d ns", (int)ns);
		return out;
	}
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (print_duration(out, ns, units[i].ns, units[i].limit,
				   units[i].text))
			break;
	return out;
}
