/* perf_ring.h - rings of the kernel's records, one for each CPU (private to target/)
 *
 * perf_event_open(2). Records of all processes, read without a system call.
 */
#ifndef CPROF_TARGET_PERF_RING_H
#define CPROF_TARGET_PERF_RING_H

#include <linux/perf_event.h>

#include "cprof/base.h"

struct perf_ring {
	int fd;
	struct perf_event_mmap_page *page; /* its data come after it */
};

struct perf_rings {
	VEC(struct perf_ring) list;
	size_t page_size;
	size_t size; /* bytes of data in each: a power of two */
	bool complete; /* there is one for every CPU that may come */
};

/* For each CPU that runs, with so many pages of data. Read-only ones are written
 * over when they are full. ERR_PERM when not all of them can be had. */
int perf_rings_open(struct perf_rings *r, struct perf_event_attr *attr,
		    unsigned int pages, bool read_only);
void perf_rings_close(struct perf_rings *r);
uint64_t perf_ring_head(const struct perf_ring *ring);
/* The end of a ring may lie within. */
void perf_ring_copy(const struct perf_rings *r, const struct perf_ring *ring,
		    uint64_t at, void *to, size_t len);

#endif
