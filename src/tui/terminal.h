/* terminal.h - the terminal: ncurses, and nothing but ncurses
 *
 * Everything that knows curses is in terminal.c, so that its names and macros stay
 * there.
 */
#ifndef CPROF_TUI_TERMINAL_H
#define CPROF_TUI_TERMINAL_H

#include "canvas.h"
#include "keys.h"

struct terminal;

/* As tui_run(): ERR_IO with ENOTTY, ERR_NOT_FOUND. */
int terminal_open(struct terminal **t);
/* The terminal is as before. */
void terminal_close(struct terminal *t);
/* Its size now; asks the kernel. */
void terminal_size(struct terminal *t, int *width, int *height);
/* Show the canvas; with repaint nothing on the screen is trusted. */
void terminal_draw(struct terminal *t, const struct canvas *c, bool repaint);
/* What was typed, without waiting; false if nothing was. */
bool terminal_read(struct terminal *t, struct event *e);
/* Leave the screen to the shell, and take it back. */
void terminal_suspend(struct terminal *t);
void terminal_resume(struct terminal *t);

#endif
