/* ps.c - cprof ps: which Python processes are there to look at
 */
#include "cprof/cmd.h"

#include <unistd.h>

#include "options.h"
#include "pythons.h"
#include "say.h"

int cmd_ps(int argc, char **argv)
{
	struct options o;
	struct buf table;
	int status, n;

	status = options_parse(&o, IN_PS, argc, argv);
	if (status != OPTIONS_GO)
		return status;
	buf_init(&table);
	n = pythons_table(&table, terminal_columns(STDOUT_FILENO, 0));
	if (n > 0)
		return print_buf(&table);
	buf_release(&table);
	if (n == 0)
		say("no Python process runs here that cprof may see");
	else
		say("cannot list the processes: %s", err_text(n));

	return n == 0 ? EXIT_DONE : EXIT_FAILED;
}
