/* folder.h - a temporary directory, also to stand for /proc/PID
 */
#ifndef CPROF_TESTS_FOLDER_H
#define CPROF_TESTS_FOLDER_H

#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[64];
	int fd;
};

static inline void folder_init(struct folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/cprof-unit-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
}

static inline int folder_remove_one(const char *path, const struct stat *st,
				    int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void folder_release(struct folder *f)
{
	close(f->fd);
	nftw(f->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the directories of a path below it, all but the last part. */
static inline void folder_make(struct folder *f, const char *path)
{
	char part[256];
	const char *slash;

	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdirat(f->fd, part, 0755);
	}
}

static inline void folder_put_bytes(struct folder *f, const char *path,
				    const void *data, size_t len)
{
	int fd;

	folder_make(f, path);
	fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static inline void folder_put(struct folder *f, const char *path,
			      const char *text)
{
	folder_put_bytes(f, path, text, strlen(text));
}

#endif
