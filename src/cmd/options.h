/* options.h - what the command line asks for
 */
#ifndef CPROF_CMD_OPTIONS_H
#define CPROF_CMD_OPTIONS_H

#include <regex.h>

#include "cprof/model.h"

/* The commands, as bits: which of them has an option. */
enum {
	IN_RECORD = 1,
	IN_TOP = 2,
	IN_DUMP = 4,
	IN_PS = 8,
	IN_TARGET = IN_RECORD | IN_TOP | IN_DUMP,
	IN_ALL = IN_TARGET | IN_PS,
};

struct options {
	char **words; /* the command line from the command's name on */
	VEC(pid_t) pids; /* each once; none: not given */
	const char *match; /* of command lines; NULL: not given */
	bool all; /* that match */
	bool follow; /* -s: the whole tree */
	char **command; /* what to launch; NULL: attach */
	const char *thread; /* names of threads that match; NULL: all */
	regex_t thread_names; /* compiled, with thread */
	bool has_names; /* it is to be freed */
	struct view view;
	double rate_hz;
	double duration_s; /* 0: until the target ends */
	double max_slowdown, max_cpu; /* per cent; 0: not given */
	double delay_s; /* 0: not given */
	uint64_t count; /* 0: not given */
	const char *output, *format, *sort; /* NULL: not given */
	int kill_signal; /* 0: leave the command alone */
	unsigned int verbose;
	bool json, batch, quiet, hide_progress;
	bool blocking, nonblocking;
	bool native; /* refused, but first checked together */
	bool accepted; /* of options that change nothing */
	char later[64]; /* first option that a later version brings */
};

enum opt_kind {
	OPT_HEADING, /* of a group in the help */
	OPT_FLAG, /* bool */
	OPT_TIMES, /* unsigned int: how often it was given */
	OPT_TEXT, /* const char * */
	OPT_PIDS, /* VEC(pid_t) */
	OPT_RATE, /* double, Hz */
	OPT_SECONDS, /* double */
	OPT_DURATION, /* double; "unlimited" is 0 */
	OPT_PERCENT, /* double, more than 0, at most 100; "%" may follow */
	OPT_NUMBER, /* uint64_t, at least 1 */
	OPT_SIGNAL, /* int; the argument may be left out */
	OPT_LATER, /* refused; bool */
	OPT_HELP,
	OPT_VERSION,
};

struct opt {
	char letter; /* 0: none */
	const char *name;
	const char *arg; /* what it is called in the help; NULL: takes none */
	enum opt_kind kind;
	size_t field; /* in struct options */
	unsigned int in; /* commands that have it */
	const char *help; /* NULL: not shown */
};

/* All options of all commands, grouped by headings; ends in a zero row. */
extern const struct opt opts[];

enum { OPTIONS_GO = -1 };

/* Read the command line of a command. Returns OPTIONS_GO, or the status to
 * exit with at once: help was printed, or wrong usage was said. */
int options_parse(struct options *o, unsigned int in, int argc, char **argv);
void options_release(struct options *o);

/* What goes together and what does not; as options_parse(). */
int options_check(const struct options *o, unsigned int in);

/* ---- numbers: number.c. ERR_NOT_FOUND for what is not one, whole. ------ */

int number_pid(const char *text, pid_t *out); /* decimal or 0x hex */
int number_rate(const char *text, double *out);
int number_seconds(const char *text, double *out); /* more than 0 */
int number_duration(const char *text, double *out); /* or "unlimited": 0 */
int number_percent(const char *text, double *out);
int number_count(const char *text, uint64_t *out); /* at least 1 */
int number_signal(const char *text, int *out); /* TERM, SIGTERM or 15 */

/* ---- help: help.c ----------------------------------------------------- */

const char *command_name(unsigned int in);
int help_print(unsigned int in);
int version_print(void);

#endif
