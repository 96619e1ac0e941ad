/* proc.c - small files of /proc */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int proc_error(int error)
{
	switch (error) {
	case ENOENT:
	case ESRCH:
		return ERR_NOPROC;
	case EACCES:
	case EPERM:
		return ERR_PERM;
	case ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

ssize_t proc_read(int dir, const char *path, char *buf, size_t size)
{
	ssize_t got, used = 0;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return proc_error(errno);
	do {
		got = read(fd, buf + used, size - 1 - used);
		if (got > 0)
			used += got;
	} while (got > 0 && (size_t)used < size - 1);
	if (got < 0)
		used = proc_error(errno);
	else
		buf[used] = '\0';
	close(fd);
	return used;
}

int proc_read_all(int dir, const char *path, size_t limit, struct buf *out)
{
	char piece[8192];
	ssize_t got;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return proc_error(errno);
	while ((got = read(fd, piece, sizeof(piece))) > 0 && out->len < limit)
		buf_add(out, piece, got);
	close(fd);
	if (got < 0)
		return proc_error(errno);
	return out->failed ? ERR_NOMEM : 0;
}

int proc_open_regular(int place)
{
	char path[64];
	struct stat st;

	if (fstat(place, &st) || !S_ISREG(st.st_mode))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static const char *status_value(const char *status, const char *key)
{
	size_t len = strlen(key);
	const char *line = status;

	while (line && *line) {
		if (!strncmp(line, key, len) && line[len] == ':')
			return line + len + 1;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

long long proc_status_number(const char *status, const char *key)
{
	const char *value = status_value(status, key);

	return value ? strtoll(value, NULL, 10) : -1;
}

pid_t proc_status_inner(const char *status, int *depth)
{
	const char *at = status_value(status, "NSpid");
	char *end;
	long inner = 0, next;

	*depth = 0;
	while (at && *at && *at != '\n') {
		next = strtol(at, &end, 10);
		if (end == at)
			break;
		inner = next;
		(*depth)++;
		at = end;
	}
	return inner;
}
