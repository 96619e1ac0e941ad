/* run.c - from the first word of the command line to a command
 *
 * Also `cprof` alone and `cprof help`, as they are about all commands. One
 * letter is the abbreviation of a command for ever; otherwise two letters or
 * more that fit one name only, where names of later versions count already.
 */
#include "cprof/cmd.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "pythons.h"
#include "say.h"

/* Rows that the word may mean; the last of them in *found. */
static int count_matches(const struct command *table, const char *word,
			 const struct command **found)
{
	size_t len = strlen(word);
	int n = 0;

	for (const struct command *c = table; c->name; c++) {
		if (strcmp(c->name, word) == 0 ||
		    (len == 1 && c->letter == *word)) {
			*found = c;
			return 1;
		}
		if (len > 1 && strncmp(c->name, word, len) == 0) {
			*found = c;
			n++;
		}
	}

	return n;
}

static int refuse_ambiguous(const struct command *table, const char *word)
{
	struct buf names;

	buf_init(&names);
	for (const struct command *c = table; c->name; c++)
		if (strncmp(c->name, word, strlen(word)) == 0)
			buf_printf(&names, "%s%s", names.len ? ", " : "",
				   c->name);
	say_usage(NULL, "%s may mean: %s", word, names.data);
	buf_release(&names);

	return EXIT_USAGE;
}

static int refuse_unknown(const char *word)
{
	pid_t pid;

	if (word[0] == '-' && word[1] == 'p')
		return say_instead("a command comes first: "
				   "cprof top -p PID, or record, dump");
	if (word[0] == '-')
		return say_usage(NULL,
				 "no option %s here: a command comes "
				 "first, such as record, top or dump",
				 word);
	if (!number_pid(word, &pid))
		return say_instead("did you mean: cprof dump -p %s", word);
	if (!strncmp(word, "python", 6) || strstr(word, ".py"))
		return say_instead("%s is no command of cprof; did you "
				   "mean: cprof record -- %s%s ...",
				   word, word[0] == 'p' ? "" : "python3 ",
				   word);

	return say_usage(NULL, "%s is no command of cprof", word);
}

static void add_commands(struct buf *b, const struct command *table)
{
	for (const struct command *c = table; c->name; c++)
		if (c->summary)
			buf_printf(b, "  %-8s%s\n", c->name, c->summary);
}

static int print_overview(const struct command *table)
{
	struct buf b;

	buf_init(&b);
	buf_puts(&b, "usage: cprof COMMAND [options] ...\n\n"
		     "See where a running Python program spends its time, "
		     "without touching it.\n\ncommands:\n");
	add_commands(&b, table);
	buf_puts(&b, "\nr, t and d are record, top and dump; two letters that "
		     "fit one name are enough.\n"
		     "cprof COMMAND -h lists its options; man cprof-COMMAND "
		     "says more.\n");

	return print_buf(&b);
}

/* `cprof` alone: what to type, and on what. */
static int print_welcome(void)
{
	struct buf b;

	buf_init(&b);
	buf_puts(&b,
		 "cprof record -- python3 x.py     run it, write a flame "
		 "graph\n"
		 "cprof record -p PID -d 30        the same of what runs "
		 "already, for 30 s\n"
		 "cprof top -p PID                 watch it live\n"
		 "cprof dump -p PID                what every thread does "
		 "now\n"
		 "cprof help record                all about a command\n\n");
	if (pythons_table(&b, terminal_columns(STDOUT_FILENO, 0)) == 0)
		buf_puts(&b, "no Python process runs here that cprof may "
			     "see\n");

	return print_buf(&b);
}

static int run(const struct command *table, const struct command *c, int argc,
	       char **argv)
{
	char *page[] = { NULL, (char *)"-h", NULL };
	const struct command *about = NULL;

	if (c->run)
		return c->run(argc, argv);
	if (argc > 2)
		return say_usage(NULL, "help takes one command, not also %s",
				 argv[2]);
	if (argc < 2 || argv[1][0] == '-')
		return print_overview(table);
	if (count_matches(table, argv[1], &about) != 1)
		return refuse_unknown(argv[1]);
	page[0] = argv[1];

	return about->run ? about->run(2, page) : print_overview(table);
}

static bool is_word(const char *word, const char *shorter, const char *longer)
{
	return strcmp(word, shorter) == 0 || strcmp(word, longer) == 0;
}

int cmd_later(int argc, char **argv)
{
	(void)argc;

	return say_usage(NULL, "%s comes in a later version of cprof", argv[0]);
}

/* One that is closed would become a file of ours: what is printed would go
 * there. Nobody can write to these, and a command that we start has none. */
static void fill_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

int cmd_main(const struct command *table, int argc, char **argv)
{
	const struct command *found = NULL;
	int n;

	fill_standard_descriptors();
	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return print_welcome();
	if (is_word(argv[1], "-h", "--help"))
		return print_overview(table);
	if (is_word(argv[1], "-V", "--version"))
		return version_print();
	n = count_matches(table, argv[1], &found);
	if (n > 1)
		return refuse_ambiguous(table, argv[1]);
	if (n == 0)
		return refuse_unknown(argv[1]);

	return run(table, found, argc - 1, argv + 1);
}
