/* tui.h - the live view, and the same as plain text
 *
 * Both take a session that is not started yet: they add their readers, start
 * it, and own it until they return. They never end a target; what the user
 * wants done with a launched command comes back in the result.
 */
#ifndef CPROF_TUI_H
#define CPROF_TUI_H

#include "cprof/model.h"
#include "cprof/sampler.h"

/* As the keys 1-4. Per cents are of the last window, times since the start. */
enum tui_sort {
	TUI_SORT_DEFAULT, /* own time */
	TUI_SORT_OWN_PERCENT,
	TUI_SORT_TOTAL_PERCENT,
	TUI_SORT_OWN_TIME,
	TUI_SORT_TOTAL_TIME,
};

struct tui_options {
	struct view view;
	double delay_s; /* between refreshes; 0: one second */
	bool by_line;
	enum tui_sort sort;
	/* File name that `s` offers is STEM-YYYYmmdd-HHMMSS.svg; NULL:
	 * "profile". */
	const char *save_stem;
	pid_t command; /* a launched command: `q` asks about it; 0: attached */
	const char *command_output; /* file with its output, for `o`; or NULL */
};

struct tui_result {
	enum session_end end; /* SESSION_RUNNING: the user left a live target */
	bool end_command; /* the user wants the launched command ended */
	int signal; /* SIGINT, SIGTERM, SIGHUP, SIGQUIT that ended it, or 0 */
};

/* By what is typed after --sort, in any case: "own%", "total%", "own" or
 * "owntime", "total" or "totaltime", "1" to "4". ERR_NOT_FOUND. */
int tui_sort_by_name(const char *name, enum tui_sort *sort);
/* For messages: "own%, total%, own, total". */
const char *tui_sort_names(void);

/* Until the user quits or a signal comes; when the target ends its result
 * stays on the screen. The terminal is as before when this returns. With
 * SESSION_FAILED the error was shown, session_error() has it. Fails before it
 * touches the terminal or the session: ERR_IO with ENOTTY when stdin or stdout
 * is no terminal (suggest -b), ERR_NOT_FOUND when $TERM is unknown or cannot
 * address the cursor (suggest -b); or as session_start() does. */
int tui_run(struct session *s, const struct tui_options *o,
	    struct tui_result *result);

/* The same table as text on standard output every delay, `count` times (0:
 * until the target ends); the last window is printed although it is short.
 * SIGINT, SIGTERM and SIGHUP end it early. ERR_IO with errno when standard
 * output failed. */
int tui_batch(struct session *s, const struct tui_options *o,
	      unsigned int count, struct tui_result *result);

#endif
