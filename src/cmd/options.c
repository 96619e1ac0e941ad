/* options.c - the table of all options, and which of them go together
 *
 * One table for all commands: an option means the same wherever it is, the
 * help and the parser cannot disagree, and an option of another command can be
 * named in the message. py-spy's letters and meanings are kept.
 */
#include "options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "say.h"

#define TO(field) offsetof(struct options, field)

/* clang-format off */
const struct opt opts[] = {
{ 0, "what to sample", NULL, OPT_HEADING, 0, IN_TARGET, NULL },
{ 'p', "pid", "PID[,PID...]", OPT_PIDS, TO(pids), IN_TARGET,
  "attach to these processes (decimal or 0x hex): one profile of all" },
{ 0, "match", "REGEX", OPT_TEXT, TO(match), IN_TARGET,
  "attach to the Python process whose command line matches" },
{ 0, "all", NULL, OPT_FLAG, TO(all), IN_TARGET,
  "with --match: to all that match" },
{ 's', "subprocesses", NULL, OPT_FLAG, TO(follow), IN_TARGET,
  "all that descend from it, too, now and later" },
{ 0, "thread", "REGEX", OPT_TEXT, TO(thread), IN_TARGET,
  "only threads whose name matches; the others cost nothing" },
{ 'r', "rate", "HZ", OPT_RATE, TO(rate_hz), IN_RECORD | IN_TOP,
  "samples a second; fractions work (100)" },
{ 'd', "duration", "S", OPT_DURATION, TO(duration_s), IN_RECORD,
  "stop after so many seconds; fractions work (until the target ends)" },
{ 0, "kill", "[=SIGNAL]", OPT_SIGNAL, TO(kill_signal), IN_RECORD,
  "end the launched command after -d: SIGNAL (TERM), KILL 5 s later" },
{ 'g', "gil", NULL, OPT_FLAG, TO(view.gil), IN_RECORD | IN_TOP,
  "only the thread that holds the GIL" },
{ 'i', "idle", NULL, OPT_FLAG, TO(view.idle), IN_RECORD | IN_TOP,
  "threads that wait, too" },
{ 0, "cpu", NULL, OPT_FLAG, TO(view.cpu), IN_RECORD | IN_TOP,
  "weigh samples by the CPU time they stand for, in microseconds" },
{ 0, "wall", NULL, OPT_FLAG, TO(view.wall), IN_RECORD | IN_TOP,
  "weigh them by the time that passed, also of threads that wait" },
{ 0, "max-slowdown", "PERCENT", OPT_PERCENT, TO(max_slowdown),
  IN_RECORD | IN_TOP,
  "sample less often where the target would be held for more of its time" },
{ 0, "max-cpu", "PERCENT", OPT_PERCENT, TO(max_cpu), IN_RECORD | IN_TOP,
  "or where cprof would use more of a CPU" },
{ 0, "blocking", NULL, OPT_FLAG, TO(blocking), IN_TARGET,
  "stop one thread for some microseconds per sample (the default)" },
{ 0, "nonblocking", NULL, OPT_FLAG, TO(nonblocking), IN_TARGET,
  "stop nothing: sample a thread from its own CPU, exact as well" },

{ 0, "the file", NULL, OPT_HEADING, 0, IN_RECORD, NULL },
{ 'o', "output", "FILE", OPT_TEXT, TO(output), IN_RECORD,
  "write FILE; - is standard output; %n %p %t %h stand for the target's "
  "name, pid, the time and the host (%n-%p-%t in this folder)" },
{ 'f', "format", "NAME", OPT_TEXT, TO(format), IN_RECORD,
  "flamegraph, raw or speedscope (by the suffix of FILE, else flamegraph)" },

{ 0, "frames", NULL, OPT_HEADING, 0, IN_TARGET, NULL },
{ 'F', "function", NULL, OPT_FLAG, TO(view.function), IN_RECORD,
  "a function is one frame, named by its first line" },
{ 0, "nolineno", NULL, OPT_FLAG, TO(view.nolineno), IN_RECORD,
  "no line numbers" },
{ 't', "threads", NULL, OPT_FLAG, TO(view.threads), IN_RECORD,
  "keep threads apart: each is a root frame" },
{ 0, "full-filenames", NULL, OPT_FLAG, TO(view.full_filenames), IN_TARGET,
  "whole paths instead of those from the package on" },

{ 0, "the screen", NULL, OPT_HEADING, 0, IN_TOP, NULL },
{ 0, "delay", "S", OPT_SECONDS, TO(delay_s), IN_TOP,
  "seconds between two screens (1)" },
{ 0, "sort", "COLUMN", OPT_TEXT, TO(sort), IN_TOP,
  "own%, total%, own or total: the column that decides the order (own)" },
{ 'b', "batch", NULL, OPT_FLAG, TO(batch), IN_TOP,
  "print plain text instead, as top -b does" },
{ 0, "count", "N", OPT_NUMBER, TO(count), IN_TOP,
  "with -b: end after N tables" },

{ 0, "output", NULL, OPT_HEADING, 0, IN_DUMP, NULL },
{ 'j', "json", NULL, OPT_FLAG, TO(json), IN_DUMP, "JSON instead of text" },

{ 0, "general", NULL, OPT_HEADING, 0, IN_ALL, NULL },
{ 0, "hideprogress", NULL, OPT_FLAG, TO(hide_progress), IN_RECORD,
  "no live line on the terminal" },
{ 0, "capture", NULL, OPT_FLAG, TO(accepted), IN_RECORD,
  "accepted for py-spy's sake, changes nothing" },
{ 'q', "quiet", NULL, OPT_FLAG, TO(quiet), IN_ALL,
  "say nothing but what went wrong" },
{ 'v', "verbose", NULL, OPT_TIMES, TO(verbose), IN_ALL,
  "say what is found and done; twice: more" },
{ 'h', "help", NULL, OPT_HELP, 0, IN_ALL, "print this" },
{ 'V', "version", NULL, OPT_VERSION, 0, IN_ALL, "print the version" },

/* known, so that they are refused for what they are */
{ 'n', "native", NULL, OPT_LATER, TO(native), IN_TARGET, NULL },
{ 'l', "locals", NULL, OPT_LATER, TO(accepted), IN_DUMP, NULL },
{ 'c', "core", "FILE", OPT_LATER, TO(accepted), IN_DUMP, NULL },
{ 0 },
};
/* clang-format on */

static bool ends_in(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

/* A first word that somebody did not mean as a program. */
static int check_command(const struct options *o, const char *name)
{
	const char *word = o->command[0];
	char program[PATH_MAX];
	struct buf quoted;
	pid_t pid;

	if (path_find(getenv("PATH"), word, program))
		return OPTIONS_GO;
	if (!number_pid(word, &pid))
		return say_instead("%s is no program; did you mean: "
				   "cprof %s -p %s",
				   word, name, word);
	if (!ends_in(word, ".py"))
		return OPTIONS_GO; /* exec will say what is wrong */

	buf_init(&quoted);
	add_shell_word(&quoted, word);
	say("%s is not executable; did you mean: cprof %s -- python3 %s", word,
	    name, quoted.data);
	buf_release(&quoted);
	return EXIT_USAGE;
}

static int check_target(const struct options *o, const char *name, bool launch)
{
	int given =
		(o->pids.count > 0) + (o->match != NULL) + (o->command != NULL);

	if (given > 1)
		return say_usage(name, "%s and %s do not go together",
				 o->pids.count ? "-p PID" : "--match",
				 o->command ? "a command" : "--match");
	if (o->command)
		return check_command(o, name);
	if (given)
		return OPTIONS_GO;

	return say_instead("%s needs -p PID%s; cprof ps lists the Python "
			   "processes",
			   name, launch ? " or a command to run" : "");
}

int options_check(const struct options *o, unsigned int in)
{
	const char *name = command_name(in);

	if (o->view.function && o->view.nolineno)
		return say_usage(name, "-F and --nolineno do not go together");
	if (o->native && o->nonblocking)
		return say_usage(name, "-n needs the target to stand: it does "
				       "not go with --nonblocking");
	if (o->blocking && o->nonblocking)
		return say_usage(name, "--blocking and --nonblocking do not go "
				       "together");
	if (o->view.cpu && (o->view.wall || o->view.idle))
		return say_usage(name,
				 "--cpu and %s do not go together: a "
				 "thread that waits uses no CPU",
				 o->view.wall ? "--wall" : "-i");
	if (*o->later)
		return say_usage(name, "%s comes in a later version", o->later);
	if (o->all && !o->match)
		return say_usage(name, "--all needs --match REGEX");
	if (o->count && !o->batch)
		return say_usage(name, "--count needs -b");
	if (o->kill_signal && !o->command)
		return say_usage(name, "--kill needs a command: what runs "
				       "already is never ended");
	if (in & IN_TARGET)
		return check_target(o, name, !(in & IN_DUMP));

	return OPTIONS_GO;
}
