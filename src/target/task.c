/* task.c - the kernel's view of one thread
 *
 * Two files are kept open for each thread: `schedstat` tells whether it ran
 * since the last look, `syscall` whether it runs now and, if
 * not, in which call it waits.
 */
#include "cprof/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"

static int open_of(const struct target *t, pid_t tid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/%s", (int)tid, file);
	return openat(t->proc, path, O_RDONLY | O_CLOEXEC);
}

int task_open(struct task *k, const struct target *t, pid_t tid)
{
	*k = (struct task){ .tid = tid, .schedstat = -1, .syscall = -1 };
	k->schedstat = open_of(t, tid, "schedstat");
	if (k->schedstat < 0)
		return proc_error(errno);
	k->syscall = open_of(t, tid, "syscall");
	if (k->syscall < 0) {
		task_close(k);
		return proc_error(errno);
	}
	return 0;
}

void task_close(struct task *k)
{
	if (k->schedstat >= 0)
		close(k->schedstat);
	if (k->syscall >= 0)
		close(k->syscall);
	k->schedstat = k->syscall = -1;
}

static int read_at_start(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	if (got < 0)
		return proc_error(errno);
	if (got == 0)
		return ERR_NOPROC;
	text[got] = '\0';
	return 0;
}

int task_sched(const struct task *k, struct sched *out)
{
	char text[96], *at;
	int err = read_at_start(k->schedstat, text, sizeof(text));

	if (err)
		return err;
	out->cpu_ns = strtoull(text, &at, 10);
	out->wait_ns = strtoull(at, &at, 10);
	out->slices = strtoull(at, &at, 10);
	return 0;
}

int task_look(const struct task *k, struct look *out)
{
	char text[192], *at;
	unsigned int i;
	int err = read_at_start(k->syscall, text, sizeof(text));

	if (err)
		return err;
	*out = (struct look){ .syscall = -1 };
	if (!strncmp(text, "running", 7)) {
		out->running = true;
		return 0;
	}
	out->syscall = strtoll(text, &at, 10);
	for (i = 0; out->syscall >= 0 && i < ARRAY_SIZE(out->args); i++)
		out->args[i] = strtoull(at, &at, 16);
	return 0;
}

void task_name(const struct target *t, pid_t tid, char name[16])
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/comm", (int)tid);
	if (proc_read(t->proc, path, name, 16) < 0)
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

pid_t task_tracer(const struct target *t, pid_t tid)
{
	char path[64], text[STATUS_SIZE];

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	if (proc_read(t->proc, path, text, sizeof(text)) < 0)
		return 0;
	return MAX(0, proc_status_number(text, "TracerPid"));
}

int task_list(const struct target *t, pid_t *tids, unsigned int *n)
{
	unsigned int room = *n;
	struct dirent *entry;
	DIR *dir;
	int fd = openat(t->proc, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*n = 0;
	if (fd < 0)
		return proc_error(errno);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return ERR_NOMEM;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (*n < room)
			tids[*n] = strtol(entry->d_name, NULL, 10);
		(*n)++;
	}
	closedir(dir);
	return *n > room ? ERR_FULL : 0;
}

static pid_t inner_id(const struct target *t, pid_t tid)
{
	char path[64], text[STATUS_SIZE];
	int depth;

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	if (proc_read(t->proc, path, text, sizeof(text)) < 0)
		return 0;
	return proc_status_inner(text, &depth);
}

/* Two kinds of keys in t->ids: a thread by its inner id, and by ours. */
static uint64_t key_of_inner(pid_t inner)
{
	return (uint32_t)inner;
}

static uint64_t key_of_ours(pid_t tid)
{
	return 1ull << 32 | (uint32_t)tid;
}

static void learn_one(const struct target *t, pid_t tid)
{
	pid_t inner = inner_id(t, tid);
	uint32_t *place = inner ? map_slot(t->ids, key_of_inner(inner)) : NULL;

	if (place)
		*place = (uint32_t)tid;
	place = inner ? map_slot(t->ids, key_of_ours(tid)) : NULL;
	if (place)
		*place = (uint32_t)inner;
}

/* Ask the threads that are not known, or all when too many of those that are
 * known have ended. */
static void learn(const struct target *t)
{
	static const unsigned int most = 65536;
	unsigned int n = most, i;
	pid_t *tids = malloc(most * sizeof(*tids));

	if (!tids)
		return;
	if (task_list(t, tids, &n))
		n = 0;
	if (t->ids->count > 4 * n + 64)
		map_clear(t->ids);
	for (i = 0; i < n; i++)
		if (!map_find(t->ids, key_of_ours(tids[i])))
			learn_one(t, tids[i]);
	free(tids);
}

static pid_t recall(const struct target *t, pid_t inner)
{
	const uint32_t *tid = map_find(t->ids, key_of_inner(inner));

	return tid && inner_id(t, (pid_t)*tid) == inner ? (pid_t)*tid : 0;
}

pid_t task_from_inner(const struct target *t, pid_t inner)
{
	pid_t found;

	if (!t->ns_depth)
		return inner;
	found = recall(t, inner);
	if (!found) {
		learn(t);
		found = recall(t, inner);
	}
	if (!found) { /* known by what it was before its id was used again? */
		map_clear(t->ids);
		learn(t);
		found = recall(t, inner);
	}
	return found;
}

int task_cpu(const void *rseq)
{
	uint32_t cpu[2]; /* cpu_id_start, cpu_id */

	memcpy(cpu, rseq, sizeof(cpu));
	return cpu[0] == cpu[1] && cpu[0] < CPU_SETSIZE ? (int)cpu[0] : -1;
}

static const char *const names[] = {
#include "syscalls.inc"
};

const char *syscall_name(int64_t number)
{
	if (number < 0 || number >= (int64_t)ARRAY_SIZE(names))
		return NULL;
	return names[number];
}

bool syscall_is_futex(int64_t number)
{
	return number == SYS_futex;
}
