/* keys.h - what is typed and clicked, and the commands that it means */
#ifndef CPROF_TUI_KEYS_H
#define CPROF_TUI_KEYS_H

#include "cprof/base.h"

/* Characters are themselves; these are above all of Unicode. */
enum key {
	K_NONE = 0x110000, /* nothing that we know */
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_HOME,
	K_END,
	K_ENTER,
	K_ESCAPE,
	K_BACKSPACE,
	K_CLICK,
	K_WHEEL_UP,
	K_WHEEL_DOWN,
	K_RESIZE,
	K_CLOSED, /* the terminal is gone */
	K_F0 = 0x110100, /* K_F0 + 10 is F10 */
};

struct event {
	uint32_t key; /* enum key, or a character */
	int x, y; /* of the mouse */
};

enum command {
	CMD_NONE,
	CMD_MOVE, /* arg: rows */
	CMD_PAGE, /* arg: pages */
	CMD_HOME,
	CMD_END,
	CMD_SHIFT, /* arg: columns to the right */
	CMD_SCROLL, /* arg: rows; as the wheel does */
	CMD_SELECT, /* arg: position in the list; twice opens it */
	CMD_OPEN,
	CMD_BACK,
	CMD_SORT, /* arg: enum tui_sort */
	CMD_BY_LINE,
	CMD_RESET,
	CMD_HELP,
	CMD_SEARCH,
	CMD_FIND, /* arg: 1 the next one, -1 the one before */
	CMD_FILTER,
	CMD_FREEZE,
	CMD_PROCESSES,
	CMD_THREADS,
	CMD_OUTPUT,
	CMD_SAVE,
	CMD_DELAY, /* arg: 1 longer, -1 shorter */
	CMD_REDRAW,
	CMD_QUIT, /* leaves an inner view first */
	CMD_LEAVE, /* quits from anywhere */
	CMD_COUNT,
};

/* CMD_NONE if the key means nothing. */
enum command key_command(uint32_t key, int *arg);

#endif
