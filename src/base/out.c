/* out.c - the file that a run leaves behind
 *
 * A profile replaces an older one in one step, and only when it is whole: it
 * is written to NAME.<random>.part and renamed at the end. What a name does
 * not own (a device, a pipe, >(...), a symlink) cannot be renamed over and is
 * written in place. Root writes where others may, so a file is only made, never
 * found, and links are followed only where the user named one.
 */
#include "cprof/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)
#define TRIES 16
#define TEMP_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static void note_error(struct out *o, int error)
{
	if (!o->error)
		o->error = error;
}

static bool parse_id(const char *name, unsigned int *id)
{
	const char *text = getenv(name);
	unsigned long n;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || n >= UINT_MAX) /* UINT_MAX: "leave it" */
		return false;
	*id = (unsigned int)n;
	return true;
}

/* Under sudo what we make belongs to who called it. */
static void give_to_caller(int fd)
{
	unsigned int uid, gid;

	if (geteuid() != 0 || !parse_id("SUDO_UID", &uid) ||
	    !parse_id("SUDO_GID", &gid))
		return;
	if (fchown(fd, uid, gid))
		log_line(1, "cannot give the output file to user %u: %s", uid,
			 strerror(errno));
}

/* PATH.<random>.part in a string of its own; a long name is shortened. */
static char *temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	uint64_t id =
		hash_mix(clock_wall() ^ (uintptr_t)&id, (uint64_t)getpid());
	char *temp;

	if (asprintf(&temp, "%.*s%.*s.%08x.part", (int)(name - path), path,
		     NAME_MAX - 16, name, (unsigned int)id) < 0)
		return NULL;
	return temp;
}

static int open_temp(struct out *o)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		o->temp = temp_name(o->path);
		if (!o->temp)
			return ERR_NOMEM;
		o->fd = open(o->temp, TEMP_FLAGS, 0666);
		if (o->fd >= 0)
			return 0;
		free(o->temp);
		o->temp = NULL;
		if (errno != EEXIST)
			return ERR_IO;
	}
	return ERR_IO;
}

/* An absent file, or a regular one, whose mode the new one takes over. */
static int open_beside(struct out *o, const struct stat *old)
{
	int err;

	/* rename() does not ask whether the old file may be written */
	if (old && faccessat(AT_FDCWD, o->path, W_OK, AT_EACCESS))
		return ERR_IO;
	err = open_temp(o);
	if (err)
		return err;
	if (old && old->st_uid == geteuid())
		(void)!fchmod(o->fd, old->st_mode & 0777);
	give_to_caller(o->fd);
	return 0;
}

static int open_in_place(struct out *o)
{
	int flags = O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY;

	o->fd = open(o->path, flags);
	if (o->fd < 0 && errno == ENOENT) { /* a symlink to nothing */
		o->fd = open(o->path, flags | O_CREAT, 0666);
		if (o->fd >= 0)
			give_to_caller(o->fd);
	}
	return o->fd < 0 ? ERR_IO : 0;
}

/* Sets errno when not: it may be closed, or open for reading only. */
static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
		errno = EBADF;
	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static int open_by_kind(struct out *o)
{
	struct stat st;

	if (strcmp(o->path, "-") == 0) {
		o->fd = STDOUT_FILENO;
		return is_writable(o->fd) ? 0 : ERR_IO;
	}
	if (lstat(o->path, &st))
		return errno == ENOENT ? open_beside(o, NULL) : ERR_IO;
	if (o->new_only) {
		errno = EEXIST;
		return ERR_IO;
	}
	return S_ISREG(st.st_mode) ? open_beside(o, &st) : open_in_place(o);
}

int out_open(struct out *o, const char *path, bool new_only)
{
	int err, error;

	*o = (struct out){ .fd = -1, .new_only = new_only };
	buf_init(&o->pending);
	if (!*path) {
		errno = ENOENT;
		return ERR_IO;
	}
	o->path = strdup(path);
	if (!o->path)
		return ERR_NOMEM;
	err = open_by_kind(o);
	if (!err)
		return 0;
	error = errno;
	out_abort(o);
	errno = error;
	return err;
}

static void write_all(struct out *o, const char *data, size_t len)
{
	struct pollfd room = { .fd = o->fd, .events = POLLOUT };
	ssize_t n;

	while (len && !o->error) {
		n = write(o->fd, data, len);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			o->written += (uint64_t)n;
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			note_error(o, errno);
		}
	}
}

int out_flush(struct out *o)
{
	write_all(o, o->pending.data, o->pending.len);
	if (o->pending.failed)
		note_error(o, ENOMEM);
	buf_reset(&o->pending);
	if (!o->error)
		return 0;
	errno = o->error;
	return ERR_IO;
}

void out_write(struct out *o, const void *data, size_t len)
{
	if (o->error)
		return;
	if (len < CHUNK) {
		buf_add(&o->pending, data, len);
		if (o->pending.len >= CHUNK || o->pending.failed)
			out_flush(o);
		return;
	}
	out_flush(o);
	write_all(o, data, len);
}

void out_puts(struct out *o, const char *s)
{
	out_write(o, s, strlen(s));
}

void out_printf(struct out *o, const char *fmt, ...)
{
	va_list args;

	if (o->error)
		return;
	va_start(args, fmt);
	buf_vprintf(&o->pending, fmt, args);
	va_end(args);
	if (o->pending.len >= CHUNK || o->pending.failed)
		out_flush(o);
}

static void close_file(struct out *o)
{
	if (o->fd >= 0 && o->fd != STDOUT_FILENO && close(o->fd))
		note_error(o, errno); /* NFS: a full disk shows up here */
	o->fd = -1;
}

/* Take the name, if nobody else has it. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* the file system cannot; do what comes closest */
	if (link(from, to) == 0)
		return unlink(from);
	if (errno == EEXIST || faccessat(AT_FDCWD, to, F_OK, 0) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

/* Give the file its name, or decide what becomes of its part. A part that can be
 * read may take a free name but never the place of an older, whole file. */
static void settle(struct out *o)
{
	bool replace = !o->new_only && !o->error;

	if (!o->temp || (o->error && o->written && o->whole_only))
		return;
	if (o->error && !o->written) {
		unlink(o->temp);
	} else if (replace ? rename(o->temp, o->path) :
			     rename_new(o->temp, o->path)) {
		note_error(o, errno);
		return; /* the data stay in o->temp */
	}
	free(o->temp);
	o->temp = NULL;
}

static void release(struct out *o)
{
	buf_release(&o->pending);
	free(o->path);
	free(o->temp);
	o->path = o->temp = NULL;
}

int out_commit(struct out *o)
{
	out_flush(o);
	close_file(o);
	settle(o);
	if (!o->error) {
		release(o);
		return 0;
	}
	errno = o->error;
	return ERR_IO;
}

void out_abort(struct out *o)
{
	bool is_open = o->fd >= 0;

	close_file(o);
	if (is_open && o->temp)
		unlink(o->temp);
	release(o);
}
