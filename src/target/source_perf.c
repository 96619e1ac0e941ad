/* source_perf.c - forks and execs as perf task events
 *
 * One ring for each CPU, read without a system call. Events of all processes,
 * as those of one tree would need an event for each thread that it has already;
 * the kernel allows that to root, or with perf_event_paranoid 0 and less.
 */
#include "family.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	CPUS_MAX = 4096,
	DATA_PAGES = 16,
	RECORD_MAX = 512,
};

struct perf_ring {
	int fd;
	struct perf_event_mmap_page *page;
};

struct perf {
	struct notice_source source;
	VEC(struct perf_ring) rings;
	size_t page_size;
};

/* As the kernel writes them, without the header. */
struct task_record {
	uint32_t pid, parent, tid, parent_tid;
	uint64_t time;
};

struct comm_record {
	uint32_t pid, tid;
	char comm[16];
};

static int open_cpu(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.task = 1,
		.comm = 1,
		.comm_exec = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static size_t ring_size(const struct perf *p)
{
	return (1 + DATA_PAGES) * p->page_size;
}

static bool add_cpu(struct perf *p, int cpu)
{
	struct perf_ring *ring = vec_push(&p->rings);
	void *map;

	if (!ring)
		return false;
	ring->fd = open_cpu(cpu);
	if (ring->fd < 0) {
		p->rings.count--;
		return false;
	}
	map = mmap(NULL, ring_size(p), PROT_READ | PROT_WRITE, MAP_SHARED,
		   ring->fd, 0);
	if (map == MAP_FAILED) {
		close(ring->fd);
		p->rings.count--;
		return false;
	}
	ring->page = map;
	return true;
}

/* Out of the ring, whose end may lie within. */
static void copy_out(const struct perf *p, const struct perf_ring *ring,
		     uint64_t at, void *to, size_t len)
{
	const char *data = (const char *)ring->page + p->page_size;
	size_t size = DATA_PAGES * p->page_size, from = at & (size - 1);
	size_t first = MIN(len, size - from);

	memcpy(to, data + from, first);
	memcpy((char *)to + first, data, len - first);
}

/* The first process of a thread is no fork; sample_id ends in the time. */
static int take_record(const struct perf_event_header *h, const char *body,
		       size_t len, seen_list *out)
{
	const struct comm_record *comm = (const void *)body;
	const struct task_record *task = (const void *)body;
	struct seen seen = { 0 }, *place;

	if (len < sizeof(*task))
		return 0;
	if (h->type == PERF_RECORD_FORK && task->pid == task->tid &&
	    task->pid != task->parent) {
		seen.notice.kind = NOTICE_FORK;
		seen.notice.parent = (pid_t)task->parent;
	} else if (h->type == PERF_RECORD_COMM &&
		   h->misc & PERF_RECORD_MISC_COMM_EXEC) {
		seen.notice.kind = NOTICE_EXEC;
		snprintf(seen.notice.name, sizeof(seen.notice.name), "%.15s",
			 comm->comm);
	} else {
		return h->type == PERF_RECORD_LOST ? ERR_LOST : 0;
	}
	seen.notice.pid = (pid_t)task->pid;
	memcpy(&seen.time_ns, body + len - 8, 8);
	place = vec_push(out);
	if (!place)
		return ERR_NOMEM;
	*place = seen;
	return 0;
}

static int take_ring(const struct perf *p, const struct perf_ring *ring,
		     seen_list *out)
{
	uint64_t head =
		__atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = ring->page->data_tail;
	struct perf_event_header h;
	char body[RECORD_MAX] __attribute__((aligned(8)));
	int err = 0, one;

	while (at + sizeof(h) <= head) {
		copy_out(p, ring, at, &h, sizeof(h));
		if (h.size < sizeof(h))
			break;
		if (h.size <= sizeof(h) + sizeof(body)) {
			copy_out(p, ring, at + sizeof(h), body,
				 h.size - sizeof(h));
			one = take_record(&h, body, h.size - sizeof(h), out);
			err = one ? one : err;
		}
		at += h.size;
	}
	__atomic_store_n(&ring->page->data_tail, at, __ATOMIC_RELEASE);
	return err;
}

static int take(struct notice_source *s, seen_list *out)
{
	struct perf *p = (struct perf *)s;
	int err = 0, one;
	uint32_t i;

	for (i = 0; i < p->rings.count; i++) {
		one = take_ring(p, &p->rings.items[i], out);
		err = one ? one : err;
	}
	return err;
}

static void release(struct notice_source *s)
{
	struct perf *p = (struct perf *)s;
	uint32_t i;

	for (i = 0; i < p->rings.count; i++) {
		munmap(p->rings.items[i].page, ring_size(p));
		close(p->rings.items[i].fd);
	}
	vec_release(&p->rings);
	free(p);
}

/* A CPU that is missing is one from which we would hear nothing. */
struct notice_source *source_perf(void)
{
	long cpus = MIN(sysconf(_SC_NPROCESSORS_CONF), CPUS_MAX);
	long online = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	struct perf *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->page_size = (size_t)sysconf(_SC_PAGESIZE);
	p->source = (struct notice_source){
		.name = "perf task events",
		.take = take,
		.free = release,
	};
	for (cpu = 0; cpu < cpus; cpu++)
		if (!add_cpu(p, (int)cpu) && cpu == 0)
			break;
	if (p->rings.count && (long)p->rings.count >= online)
		return &p->source;
	release(&p->source);
	return NULL;
}
