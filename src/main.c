/* main.c - the table of commands
 *
 * A new command is a row here, src/cmd/NAME.c and man/cprof-NAME.1.
 */
#include "cprof/cmd.h"

static const struct command commands[] = {
	/* clang-format off */
	{ "record", 'r', cmd_record, "sample until the target ends, write one file" },
	{ "top",    't', cmd_top,    "watch the hottest functions live" },
	{ "dump",   'd', cmd_dump,   "print every thread's stack now" },
	{ "ps",     0,   cmd_ps,     "list the Python processes that run here" },
	{ "help",   0,   NULL,       "explain a command" },
	/* names that are taken, so that no abbreviation changes its meaning */
	{ "report", 0,   cmd_later,  NULL },
	{ "diff",   0,   cmd_later,  NULL },
	{ "doctor", 0,   cmd_later,  NULL },
	{ "daemon", 0,   cmd_later,  NULL },
	{ 0 },
	/* clang-format on */
};

int main(int argc, char **argv)
{
	return cmd_main(commands, argc, argv);
}
