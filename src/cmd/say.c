/* say.c - lines for people
 *
 * Every message is built whole and leaves with one write, so that it does not
 * mix with what a launched command prints on the same terminal. Names come
 * from targets and command lines: escaped here, once.
 */
#include "say.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* 0, or -1 with errno. */
static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}

	return 0;
}

void say_buf(const struct buf *line)
{
	struct buf whole;

	buf_init(&whole);
	buf_puts(&whole, "cprof: ");
	buf_add(&whole, line->data, line->len);
	buf_putc(&whole, '\n');
	/* nowhere is left to say that this failed */
	(void)write_all(STDERR_FILENO, whole.data, whole.len);
	buf_release(&whole);
}

static PRINTF_LIKE(1, 0) void say_args(const char *fmt, va_list args,
				       const char *tail)
{
	char *text = NULL;
	struct buf line;
	int len = vasprintf(&text, fmt, args);

	if (len < 0)
		return;
	buf_init(&line);
	text_terminal(&line, text, (size_t)len);
	buf_puts(&line, tail);
	say_buf(&line);
	buf_release(&line);
	free(text);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_args(fmt, args, "");
	va_end(args);
}

int say_usage(const char *command, const char *fmt, ...)
{
	char tail[64];
	va_list args;

	snprintf(tail, sizeof(tail), " (cprof %s%s-h explains)",
		 command ? command : "", command ? " " : "");
	va_start(args, fmt);
	say_args(fmt, args, tail);
	va_end(args);

	return EXIT_USAGE;
}

int say_instead(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_args(fmt, args, "");
	va_end(args);

	return EXIT_USAGE;
}

int print_buf(struct buf *text)
{
	bool cut = text->failed;
	int err = write_all(STDOUT_FILENO, text->data, text->len);

	if (err)
		say("cannot write to standard output: %s", strerror(errno));
	else if (cut)
		say("out of memory: the output is not complete");
	buf_release(text);

	return err || cut ? EXIT_FAILED : EXIT_DONE;
}

bool color_wanted(int fd)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no && *no)
		return false;
	if (!term || strcmp(term, "dumb") == 0)
		return false;

	return isatty(fd);
}

bool unicode_wanted(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int terminal_columns(int fd, int otherwise)
{
	struct winsize size;

	if (!isatty(fd))
		return otherwise;
	if (ioctl(fd, TIOCGWINSZ, &size) || size.ws_col == 0)
		return 80;

	return size.ws_col;
}

/* Are all characters of the word plain to a shell? */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:,@%^";

	return *word && word[strspn(word, plain)] == '\0';
}

void add_shell_word(struct buf *b, const char *word)
{
	struct buf quoted;

	if (is_plain(word)) {
		buf_puts(b, word);
		return;
	}
	buf_init(&quoted);
	buf_putc(&quoted, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_puts(&quoted, "'\\''");
		else
			buf_putc(&quoted, *word);
	buf_putc(&quoted, '\'');
	text_terminal(b, quoted.data, quoted.len);
	buf_release(&quoted);
}

void add_cut(struct buf *b, const char *s, int columns)
{
	struct buf safe;
	size_t at = 0;
	int32_t cp;

	columns = MAX(columns, 3);
	buf_init(&safe);
	text_terminal(&safe, s, strlen(s));
	if (text_columns(safe.data, safe.len) <= columns) {
		buf_add(b, safe.data, safe.len);
		buf_release(&safe);
		return;
	}
	while (at < safe.len) {
		size_t len = text_decode(safe.data + at, safe.len - at, &cp);

		if (text_columns(safe.data, at + len) > columns - 3)
			break;
		at += len;
	}
	buf_add(b, safe.data, at);
	buf_puts(b, "...");
	buf_release(&safe);
}
