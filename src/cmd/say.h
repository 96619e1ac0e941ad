/* say.h - how cprof speaks to people, and what it exits with
 */
#ifndef CPROF_CMD_SAY_H
#define CPROF_CMD_SAY_H

#include "cprof/base.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_PERMISSION = 3,
	EXIT_NO_PROCESS = 4,
	EXIT_NOT_PYTHON = 5,
	EXIT_OWN_FAILURE = 125, /* with a launched command, as env does */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* One line to standard error, `cprof: ` before it. Whatever it holds is made
 * safe for a terminal. */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The same for a text that is safe already and may hold colours. */
void say_buf(const struct buf *line);
/* Wrong usage: say(), with where the help is. Returns EXIT_USAGE. */
int say_usage(const char *command, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for a line that says itself what to type. */
int say_instead(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The text to standard output. Returns the exit status: EXIT_FAILED, and said,
 * when it could not be written. Releases it. */
int print_buf(struct buf *text);

/* May colours go to this descriptor? A terminal, and no NO_COLOR. */
bool color_wanted(int fd);
/* Does a character beyond ASCII come out right? */
bool unicode_wanted(void);
/* Columns of the terminal; `otherwise` when it is none. */
int terminal_columns(int fd, int otherwise);

/* A word as a shell takes it: quoted where it needs it, safe to show. */
void add_shell_word(struct buf *b, const char *word);
/* At most `columns` of s, safe on a terminal; "..." where it was cut. */
void add_cut(struct buf *b, const char *s, int columns);

#endif
