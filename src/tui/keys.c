/* keys.c - what each key means outside of a prompt
 *
 * py-spy's keys mean what they mean there, htop's what they mean there.
 */
#include "keys.h"

struct binding {
	uint32_t key;
	enum command command;
	int arg;
};

static const struct binding bindings[] = {
	{ K_UP, CMD_MOVE, -1 },		{ K_DOWN, CMD_MOVE, 1 },
	{ 'k', CMD_MOVE, -1 },		{ 'j', CMD_MOVE, 1 },
	{ K_PAGE_UP, CMD_PAGE, -1 },	{ K_PAGE_DOWN, CMD_PAGE, 1 },
	{ K_HOME, CMD_HOME, 0 },	{ K_END, CMD_END, 0 },
	{ 'g', CMD_HOME, 0 },		{ 'G', CMD_END, 0 },
	{ K_LEFT, CMD_SHIFT, -8 },	{ K_RIGHT, CMD_SHIFT, 8 },
	{ K_WHEEL_UP, CMD_SCROLL, -3 }, { K_WHEEL_DOWN, CMD_SCROLL, 3 },
	{ K_ENTER, CMD_OPEN, 0 },	{ K_ESCAPE, CMD_BACK, 0 },
	{ K_BACKSPACE, CMD_BACK, 0 },	{ '1', CMD_SORT, 1 },
	{ '2', CMD_SORT, 2 },		{ '3', CMD_SORT, 3 },
	{ '4', CMD_SORT, 4 },		{ 'l', CMD_BY_LINE, 0 },
	{ 'L', CMD_BY_LINE, 0 },	{ 'r', CMD_RESET, 0 },
	{ 'R', CMD_RESET, 0 },		{ '?', CMD_HELP, 0 },
	{ 'h', CMD_HELP, 0 },		{ K_F0 + 1, CMD_HELP, 0 },
	{ '/', CMD_SEARCH, 0 },		{ K_F0 + 3, CMD_SEARCH, 0 },
	{ 'n', CMD_FIND, 1 },		{ 'N', CMD_FIND, -1 },
	{ 'f', CMD_FILTER, 0 },		{ K_F0 + 4, CMD_FILTER, 0 },
	{ '\\', CMD_FILTER, 0 },	{ ' ', CMD_FREEZE, 0 },
	{ 'p', CMD_PROCESSES, 0 },	{ 't', CMD_THREADS, 0 },
	{ 'o', CMD_OUTPUT, 0 },		{ 's', CMD_SAVE, 0 },
	{ '+', CMD_DELAY, 1 },		{ '=', CMD_DELAY, 1 },
	{ '-', CMD_DELAY, -1 },		{ 'L' - '@', CMD_REDRAW, 0 },
	{ 'q', CMD_QUIT, 0 },		{ 'Q', CMD_LEAVE, 0 },
	{ 'X', CMD_BACK, 0 }, /* py-spy: close the help */
	{ K_F0 + 10, CMD_LEAVE, 0 },
};

enum command key_command(uint32_t key, int *arg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bindings); i++) {
		if (bindings[i].key != key)
			continue;
		*arg = bindings[i].arg;
		return bindings[i].command;
	}
	return CMD_NONE;
}
