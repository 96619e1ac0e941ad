/* err.c - error codes as words
 *
 * The code says what went wrong, the caller says where. One table, so that
 * adding a code to enum err without a text shows up in its test.
 */
#include "cprof/base.h"

static const char *const texts[] = {
	[ERR_NOMEM - ERR_NOMEM] = "out of memory",
	[ERR_IO - ERR_NOMEM] = "input/output error",
	[ERR_PERM - ERR_NOMEM] = "not permitted",
	[ERR_NOPROC - ERR_NOMEM] = "no such process",
	[ERR_NOT_PYTHON - ERR_NOMEM] = "not Python",
	[ERR_UNSUPPORTED - ERR_NOMEM] = "unsupported Python",
	[ERR_NOT_READY - ERR_NOMEM] = "not ready",
	[ERR_REPLACED - ERR_NOMEM] = "program replaced",
	[ERR_FAULT - ERR_NOMEM] = "unreadable memory",
	[ERR_GARBAGE - ERR_NOMEM] = "invalid data",
	[ERR_LOST - ERR_NOMEM] = "sample lost",
	[ERR_FULL - ERR_NOMEM] = "no room",
	[ERR_NOT_FOUND - ERR_NOMEM] = "not found",
	[ERR_TIMEOUT - ERR_NOMEM] = "timed out",
};

const char *err_text(int err)
{
	if (err == 0)
		return "no error";
	if (err < ERR_NOMEM || err >= ERR_NOMEM + (int)ARRAY_SIZE(texts))
		return "unknown error";
	return texts[err - ERR_NOMEM];
}
