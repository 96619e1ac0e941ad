/* child.h - a process or two to look at, to stop and to end
 */
#ifndef CPROF_TESTS_CHILD_H
#define CPROF_TESTS_CHILD_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What parent and child share. */
struct shared {
	atomic_ulong count; /* grows while the child runs */
	atomic_int signals; /* that its handler saw */
	atomic_int ready;
	atomic_int go;
	atomic_int tid; /* of a thread of the child */
};

struct child {
	pid_t pid;
	struct shared *shared;
};

static inline void child_nap(long ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* Runs `run` in a child that does not outlive us. */
static inline void child_start(struct child *c, void (*run)(struct shared *s))
{
	c->shared = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(c->shared != MAP_FAILED);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(c->shared);
		_exit(0);
	}
	while (!atomic_load(&c->shared->ready))
		child_nap(1);
}

static inline void child_end(struct child *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	munmap(c->shared, sizeof(*c->shared));
}

static inline void child_spin(struct shared *s)
{
	atomic_store(&s->ready, 1);
	for (;;)
		atomic_fetch_add(&s->count, 1);
}

static inline void child_sleep(struct shared *s)
{
	atomic_store(&s->ready, 1);
	for (;;)
		pause();
}

/* Whether the counter moves within a second. */
static inline bool child_moves(const struct child *c)
{
	unsigned long before = atomic_load(&c->shared->count);
	int i;

	for (i = 0; i < 1000; i++) {
		if (atomic_load(&c->shared->count) != before)
			return true;
		child_nap(1);
	}
	return false;
}

/* The text after "Key:" in its status file; "" if the process is gone. */
static inline void child_status(pid_t pid, const char *key, char *out,
				size_t size)
{
	char path[64], line[256];
	FILE *file;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			snprintf(out, size, "%s",
				 line + strlen(key) +
					 strspn(line + strlen(key), ":\t "));
	if (file)
		fclose(file);
}

/* 'R', 'S', 't' ...; 0 when it is gone. */
static inline char child_state(pid_t pid)
{
	char text[64];

	child_status(pid, "State", text, sizeof(text));
	return text[0];
}

static inline bool child_traced(pid_t pid)
{
	char text[64];

	child_status(pid, "TracerPid", text, sizeof(text));
	return strtol(text, NULL, 10) > 0;
}

/* Waits up to two seconds for a state. */
static inline bool child_await(pid_t pid, char state)
{
	int i;

	for (i = 0; i < 2000 && child_state(pid) != state; i++)
		child_nap(1);
	return child_state(pid) == state;
}

static inline int open_files(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

#endif
