/* path.c - where a program is, and whether sudo changed that
 *
 * sudo replaces PATH, so `sudo cprof record python3 x.py` may run another
 * Python than `python3 x.py`. What the caller's PATH was stands in the
 * environment that sudo itself was started with, and sudo is our parent.
 */
#include "path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { ENVIRONMENT_MAX = 256 << 10 };

bool path_find(const char *path, const char *word, char out[PATH_MAX])
{
	const char *end;

	if (strchr(word, '/') || !path || !*path) {
		snprintf(out, PATH_MAX, "%s", word);
		return access(word, X_OK) == 0;
	}
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		snprintf(out, PATH_MAX, "%.*s/%s", (int)(end - path), path,
			 word);
		if (access(out, X_OK) == 0)
			return true;
		if (!*end)
			return false;
	}
}

/* Up to `room` - 1 bytes of a process's environment, a NUL after them. */
static size_t read_environment(pid_t pid, char *out, size_t room)
{
	size_t len = 0;
	struct target t;
	ssize_t n;
	int fd;

	if (target_open(&t, pid))
		return 0;
	fd = openat(t.proc, "environ", O_RDONLY | O_CLOEXEC);
	target_close(&t);
	if (fd < 0)
		return 0;
	while (len < room - 1 && (n = read(fd, out + len, room - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	out[len] = '\0';

	return len;
}

/* The PATH among NUL-separated words, or NULL. */
static const char *path_in(const char *words, size_t len)
{
	const char *end = words + len;

	for (; words < end; words += strlen(words) + 1)
		if (strncmp(words, "PATH=", 5) == 0)
			return words + 5;

	return NULL;
}

void path_say_sudo(const struct spawn *s, const char *word)
{
	char theirs[PATH_MAX], *words;
	const char *path = NULL;
	size_t len;

	if (!s->as_caller || strchr(word, '/'))
		return;
	words = malloc(ENVIRONMENT_MAX);
	if (!words)
		return;
	len = read_environment(getppid(), words, ENVIRONMENT_MAX);
	path = path_in(words, len);
	if (path && path_find(path, word, theirs) &&
	    strcmp(theirs, s->program) != 0)
		say("sudo's PATH chose %s; to run yours, name it: %s",
		    s->program, theirs);
	free(words);
}
