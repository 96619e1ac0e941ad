/* number.c - numbers that people type
 *
 * strtod() takes "nan", "inf", "0x1p3" and " 5"; here a number is digits, at
 * most one point, nothing before and nothing after.
 */
#include "options.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RATE_MIN 0.001
#define RATE_MAX 100000.0
#define SECONDS_MIN 0.001
#define SECONDS_MAX 1e9
#define PERCENT_MIN 0.001

static const char digits[] = "0123456789";
static const char hex_digits[] = "0123456789abcdefABCDEF";

static int whole(const char *text, const char *allowed, int base, uint64_t max,
		 uint64_t *out)
{
	size_t len = strspn(text, allowed);

	if (len == 0 || text[len] || len > 19)
		return ERR_NOT_FOUND;
	*out = strtoull(text, NULL, base);

	return *out >= 1 && *out <= max ? 0 : ERR_NOT_FOUND;
}

static int decimal(const char *text, double min, double max, double *out)
{
	size_t before = strspn(text, digits), after = 0;
	const char *end = text + before;

	if (*end == '.') {
		after = strspn(end + 1, digits);
		end += 1 + after;
	}
	if (before + after == 0 || *end || end - text > 40)
		return ERR_NOT_FOUND;
	*out = strtod(text, NULL);

	return *out >= min && *out <= max ? 0 : ERR_NOT_FOUND;
}

int number_pid(const char *text, pid_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t n;
	int err;

	if (hex)
		err = whole(text + 2, hex_digits, 16, INT_MAX, &n);
	else
		err = whole(text, digits, 10, INT_MAX, &n);
	if (err)
		return err;
	*out = (pid_t)n;

	return 0;
}

int number_rate(const char *text, double *out)
{
	return decimal(text, RATE_MIN, RATE_MAX, out);
}

int number_seconds(const char *text, double *out)
{
	return decimal(text, SECONDS_MIN, SECONDS_MAX, out);
}

int number_percent(const char *text, double *out)
{
	char number[48];
	size_t len = strlen(text);

	if (len && text[len - 1] == '%')
		len--;
	if (len >= sizeof(number))
		return ERR_NOT_FOUND;
	memcpy(number, text, len);
	number[len] = '\0';

	return decimal(number, PERCENT_MIN, 100, out);
}

int number_duration(const char *text, double *out)
{
	if (strcasecmp(text, "unlimited") == 0) {
		*out = 0;
		return 0;
	}

	return number_seconds(text, out);
}

int number_count(const char *text, uint64_t *out)
{
	return whole(text, digits, 10, UINT_MAX, out);
}

/* clang-format off */
static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },   { "QUIT", SIGQUIT },
	{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "TERM", SIGTERM }, { "XCPU", SIGXCPU },
};
/* clang-format on */

int number_signal(const char *text, int *out)
{
	uint64_t n;

	if (!whole(text, digits, 10, SIGRTMAX, &n)) {
		*out = (int)n;
		return 0;
	}
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (strcasecmp(text, signals[i].name) == 0) {
			*out = signals[i].number;
			return 0;
		}

	return ERR_NOT_FOUND;
}
