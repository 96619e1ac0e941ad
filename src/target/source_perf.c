/* source_perf.c - forks and execs as perf task events
 *
 * One ring for each CPU, read without a system call. Events of all processes,
 * as those of one tree would need an event for each thread that it has already;
 * the kernel allows that to root, or with perf_event_paranoid 0 and less.
 */
#include "family.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "perf_ring.h"

enum {
	DATA_PAGES = 16,
	RECORD_MAX = 512,
};

struct perf {
	struct notice_source source;
	struct perf_rings rings;
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
	uint64_t head = perf_ring_head(ring);
	uint64_t at = ring->page->data_tail;
	struct perf_event_header h;
	char body[RECORD_MAX] __attribute__((aligned(8)));
	int err = 0, one;

	while (at + sizeof(h) <= head) {
		perf_ring_copy(&p->rings, ring, at, &h, sizeof(h));
		if (h.size < sizeof(h))
			break;
		if (h.size <= sizeof(h) + sizeof(body)) {
			perf_ring_copy(&p->rings, ring, at + sizeof(h), body,
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

	for (i = 0; i < p->rings.list.count; i++) {
		one = take_ring(p, &p->rings.list.items[i], out);
		err = one ? one : err;
	}
	return err;
}

static void release(struct notice_source *s)
{
	struct perf *p = (struct perf *)s;

	perf_rings_close(&p->rings);
	free(p);
}

/* A CPU that is missing is one from which we would hear nothing. */
struct notice_source *source_perf(void)
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
	struct perf *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->source = (struct notice_source){
		.name = "perf task events",
		.take = take,
		.free = release,
	};
	if (!perf_rings_open(&p->rings, &attr, DATA_PAGES, false))
		return &p->source;
	free(p);
	return NULL;
}
