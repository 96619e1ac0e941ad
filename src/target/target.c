/* target.c - one process: what keeps meaning it while pids are re-used */
#include "cprof/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"

/* proc_pid_stat(5). The command in brackets may hold anything, so fields are
 * counted from the last bracket. */
enum { FLAG_EXITING = 4 }; /* PF_EXITING of linux/sched.h */
struct stat_line {
	char state; /* '?': cannot be read */
	uint64_t flags, start_time; /* clock ticks after boot; 0: not known */
};

static uint64_t stat_field(const char *at, int number)
{
	int field;

	for (field = 2; at && field < number; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

/* Of the first thread: for that of the process the kernel adds up the times of
 * all its threads. */
static void read_stat(const struct target *t, struct stat_line *line)
{
	char path[64], text[1024], *at;

	*line = (struct stat_line){ .state = '?' };
	snprintf(path, sizeof(path), "task/%d/stat", (int)t->pid);
	if (proc_read(t->proc, path, text, sizeof(text)) < 0)
		return;
	at = strrchr(text, ')');
	if (!at || !at[1])
		return;
	line->state = at[2];
	line->flags = stat_field(at, 9);
	line->start_time = stat_field(at, 22);
}

static bool has_ended(const struct stat_line *line)
{
	return line->state == 'Z' || line->state == 'X';
}

static int own_depth(void)
{
	char text[STATUS_SIZE];
	int depth;

	if (proc_read(AT_FDCWD, "/proc/self/status", text, sizeof(text)) < 0)
		return 1;
	proc_status_inner(text, &depth);
	return depth;
}

static int read_depth(struct target *t)
{
	char text[STATUS_SIZE];
	int depth;
	ssize_t got = proc_read(t->proc, "status", text, sizeof(text));

	if (got < 0)
		return got;
	proc_status_inner(text, &depth);
	t->ns_depth = MAX(0, depth - own_depth());
	t->ids = t->ns_depth ? calloc(1, sizeof(*t->ids)) : NULL;
	return t->ns_depth && !t->ids ? ERR_NOMEM : 0;
}

/* CPROF_TEST=fail-read=N makes the N-th read fail: for the fault tests. */
static void choose_memory(struct target *t)
{
	const char *test = getenv("CPROF_TEST");

	mem_live_init(&t->live, t->pid);
	t->mem = &t->live.mem;
	if (!test || strncmp(test, "fail-read=", 10))
		return;
	mem_faulty_init(&t->faulty, t->mem);
	t->faulty.fail_at = strtoull(test + 10, NULL, 10);
	t->mem = &t->faulty.mem;
}

int target_open(struct target *t, pid_t pid)
{
	struct stat_line line;
	char path[64];
	int err;

	*t = (struct target){ .pid = pid, .root = -1, .pidfd = -1 };
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	t->proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->proc < 0)
		return proc_error(errno);
	read_stat(t, &line);
	t->start_time = line.start_time;
	err = has_ended(&line) ? ERR_NOPROC : read_depth(t);
	if (err) {
		target_close(t);
		return err;
	}
	t->root = openat(t->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->pidfd = syscall(SYS_pidfd_open, pid, 0);
	choose_memory(t);
	if (target_alive(t)) /* the pidfd is that of the same process */
		return 0;
	target_close(t);
	return ERR_NOPROC;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void target_close(struct target *t)
{
	close_fd(&t->proc);
	close_fd(&t->root);
	close_fd(&t->pidfd);
	if (t->ids)
		map_release(t->ids);
	free(t->ids);
	t->ids = NULL;
}

bool target_alive(const struct target *t)
{
	struct stat_line line;

	read_stat(t, &line);
	return line.start_time && line.start_time == t->start_time &&
	       !has_ended(&line);
}

bool target_is_ending(const struct target *t)
{
	struct stat_line line;

	read_stat(t, &line);
	return line.flags & FLAG_EXITING || line.start_time != t->start_time ||
	       has_ended(&line);
}

pid_t target_of_thread(pid_t tid)
{
	char path[64], text[STATUS_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	return MAX(0, proc_status_number(text, "Tgid"));
}

static void look_for_tracer(const struct target *t, struct standstill *s)
{
	pid_t tracer = task_tracer(t, t->pid);

	if (!tracer || target_of_thread(tracer) == getpid())
		return;
	s->how = STANDS_BY_TRACER;
	s->tracer = tracer;
}

struct standstill target_standstill(const struct target *t)
{
	struct standstill s = { .pid = t->pid };
	struct stat_line line;

	read_stat(t, &line);
	if (line.state == 'T')
		s.how = STANDS_BY_SIGNAL;
	else if (line.state == 't')
		look_for_tracer(t, &s);
	else if (line.state != '?' && !has_ended(&line))
		s.how = GOES_ON;
	return s;
}

struct standstill standstill_of(pid_t pid)
{
	struct standstill s = { .pid = pid };
	struct target t;

	if (target_open(&t, pid))
		return s;
	s = target_standstill(&t);
	target_close(&t);
	return s;
}

bool standstill_lasts(const struct standstill *s)
{
	return s->how == STANDS_BY_SIGNAL || s->how == STANDS_BY_TRACER;
}

void standstill_advice(const struct standstill *s, struct buf *out)
{
	if (s->how == STANDS_BY_TRACER)
		buf_printf(out, "PID %d, which debugs it, has to let it run",
			   (int)s->tracer);
	else
		buf_printf(out, "kill -CONT %d lets it run", (int)s->pid);
}

static void add_argument(struct buf *out, const char *arg, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./=:,+@%^~";
	size_t i;

	if (len && strspn(arg, plain) >= len) {
		buf_add(out, arg, len);
		return;
	}
	buf_putc(out, '\'');
	for (i = 0; i < len; i++) {
		if (arg[i] == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, arg[i]);
	}
	buf_putc(out, '\'');
}

void target_command(const struct target *t, struct buf *out)
{
	struct buf raw;
	char name[64];
	size_t at, len;

	buf_init(&raw);
	proc_read_all(t->proc, "cmdline", 65536, &raw);
	while (raw.len > 1 && !raw.data[raw.len - 1] && !raw.data[raw.len - 2])
		raw.len--; /* a program that renamed itself leaves these */
	for (at = 0; at < raw.len; at += len + 1) {
		len = strnlen(raw.data + at, raw.len - at);
		if (at)
			buf_putc(out, ' ');
		add_argument(out, raw.data + at, len);
	}
	if (!raw.len && proc_read(t->proc, "comm", name, sizeof(name)) > 0)
		buf_printf(out, "[%.*s]", (int)strcspn(name, "\n"), name);
	buf_release(&raw);
}

void target_executable(const struct target *t, struct buf *out)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];
	ssize_t len = readlinkat(t->proc, "exe", path, sizeof(path) - 1);

	if (len <= 0)
		return;
	path[len] = '\0';
	if ((size_t)len > strlen(deleted) &&
	    !strcmp(path + len - strlen(deleted), deleted))
		len -= strlen(deleted);
	buf_add(out, path, len);
}

/* Where the path leads inside the target's root; opens nothing yet. */
static int open_place(const struct target *t, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (t->root < 0)
		return -1;
	return syscall(SYS_openat2, t->root, path, &how, sizeof(how));
}

int target_open_file(const struct target *t, const char *path)
{
	int place = open_place(t, path);
	int fd = place >= 0 ? proc_open_regular(place) : -1;

	if (place >= 0)
		close(place);
	return fd;
}

bool target_file_exists(const struct target *t, const char *path)
{
	int fd = open_place(t, path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int target_each(int (*each)(pid_t pid, void *arg), void *arg)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int result = 0;
	char *end;
	long pid;

	if (!dir)
		return ERR_IO;
	while (!result && (entry = readdir(dir))) {
		pid = strtol(entry->d_name, &end, 10);
		if (pid > 0 && !*end)
			result = each(pid, arg);
	}
	closedir(dir);
	return result;
}
