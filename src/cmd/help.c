/* help.c - the pages of -h
 *
 * Made from the table of options, so that none can be forgotten, and laid out
 * for 80 columns whatever the terminal: people paste these pages.
 */
#include "options.h"

#include <string.h>

#include "say.h"

#ifndef CPROF_VERSION
#define CPROF_VERSION "unknown"
#endif

enum { PAGE_COLUMNS = 80, HELP_COLUMN = 25 };

struct page {
	unsigned int in;
	const char *name, *usage, *about;
	const char *examples[5]; /* NULL at the end */
};

static const struct page pages[] = {
	{
		IN_RECORD,
		"record",
		"[options] (-p PID | [--] COMMAND...)",
		"Sample a Python program until it ends, -d is over or Ctrl-C, "
		"and write one file.",
		{
			"cprof record -- python3 server.py",
			"cprof record -p 4711 -d 30 -o server.svg",
			"cprof record -f speedscope -t -p 4711",
			"cprof record -r 1000 -o - -f raw -- python3 x.py",
		},
	},
	{
		IN_TOP,
		"top",
		"[options] (-p PID | [--] COMMAND...)",
		"Show live which functions a Python program spends its time "
		"in; ? lists the keys.",
		{
			"cprof top -p 4711",
			"cprof top -- python3 server.py",
			"cprof top -b --count 1 -p 4711",
		},
	},
	{
		IN_DUMP,
		"dump",
		"[options] -p PID",
		"Print what every thread of a Python program does now, the "
		"innermost frame first.",
		{
			"cprof dump -p 4711",
			"cprof dump -j -p 4711",
		},
	},
	{
		IN_PS,
		"ps",
		"[options]",
		"List the Python processes that run here, what CPU they use, "
		"and whether cprof may attach.",
		{
			"cprof ps",
		},
	},
};

static const struct page *page_of(unsigned int in)
{
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i].in & in)
			return &pages[i];

	return NULL;
}

const char *command_name(unsigned int in)
{
	const struct page *page = page_of(in);

	return page ? page->name : "";
}

/* The text, broken between words; the cursor is at `indent` already. */
static void add_wrapped(struct buf *b, const char *text, size_t indent)
{
	size_t column = indent;

	for (;; text++) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len >= PAGE_COLUMNS) {
			buf_printf(b, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buf_putc(b, ' ');
			column++;
		}
		buf_add(b, text, len);
		column += len;
		text += len;
		if (!*text)
			break;
	}
	buf_putc(b, '\n');
}

static void add_option(struct buf *b, const struct opt *row)
{
	bool joined = row->arg && row->arg[0] == '[';
	size_t from = b->len;

	if (row->letter)
		buf_printf(b, "  -%c, --%s", row->letter, row->name);
	else
		buf_printf(b, "      --%s", row->name);
	if (row->arg)
		buf_printf(b, "%s%s", joined ? "" : " ", row->arg);
	if (b->len - from > HELP_COLUMN - 2)
		buf_printf(b, "\n%*s", HELP_COLUMN, "");
	else
		buf_printf(b, "%*s", (int)(HELP_COLUMN - (b->len - from)), "");
	add_wrapped(b, row->help, HELP_COLUMN);
}

static void add_options(struct buf *b, unsigned int in)
{
	for (const struct opt *row = opts; row->name; row++) {
		if (!(row->in & in))
			continue;
		if (row->kind == OPT_HEADING)
			buf_printf(b, "\n%s:\n", row->name);
		else if (row->help)
			add_option(b, row);
	}
}

int help_print(unsigned int in)
{
	const struct page *page = page_of(in);
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "usage: cprof %s %s\n\n", page->name, page->usage);
	add_wrapped(&b, page->about, 0);
	add_options(&b, in);
	buf_puts(&b, "\nexamples:\n");
	for (size_t i = 0; page->examples[i]; i++)
		buf_printf(&b, "  %s\n", page->examples[i]);

	return print_buf(&b);
}

int version_print(void)
{
	struct buf b;

	buf_init(&b);
	buf_puts(&b, "cprof " CPROF_VERSION "\n");

	return print_buf(&b);
}
