/* stem.c - what a command line is called in a file name
 *
 * `python3 -u src/server.py --port 1` is "server", `python3 -m http.server` is
 * "http.server", anything else is its program. The text comes from a target:
 * only plain characters get through.
 */
#include "output.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { STEM_MAX = 40, WORDS_MAX = 32 };

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The word of Python's command line that names what it runs; NULL if none. */
static const char *python_subject(char *const words[])
{
	for (words++; *words; words++) {
		const char *word = *words;

		if (strcmp(word, "-m") == 0)
			return words[1];
		if (strcmp(word, "-c") == 0 || strcmp(word, "-") == 0)
			return NULL;
		if (strcmp(word, "-X") == 0 || strcmp(word, "-W") == 0) {
			if (!*++words)
				return NULL;
			continue;
		}
		if (word[0] != '-')
			return last_part(word);
	}

	return NULL;
}

void output_stem(struct buf *b, char *const words[])
{
	const char *subject = last_part(words[0] ? words[0] : "python");
	size_t from = b->len, len;

	if (strncmp(subject, "python", 6) == 0) {
		const char *inner = python_subject(words);

		if (inner && *inner)
			subject = inner;
	}
	len = strlen(subject);
	if (len > 3 && strcmp(subject + len - 3, ".py") == 0)
		len -= 3;
	for (size_t i = 0; i < MIN(len, (size_t)STEM_MAX); i++) {
		unsigned char c = (unsigned char)subject[i];
		bool plain = c < 128 && (isalnum(c) || strchr("._-", c));

		if (b->len == from && (c == '.' || c == '-'))
			continue; /* neither hidden nor an option */
		buf_putc(b, plain ? (char)c : '_');
	}
	if (b->len == from)
		buf_puts(b, "python");
}

void output_stem_of(struct buf *b, const char *command)
{
	char *words[WORDS_MAX + 1] = { NULL }, *copy = strdup(command), *next;
	size_t n = 0;

	if (!copy)
		return;
	next = copy;
	while (n < WORDS_MAX && (words[n] = strsep(&next, " ")))
		if (*words[n])
			n++;
	words[n] = NULL;
	output_stem(b, words);
	free(copy);
}
