/* perf_ring.c - rings of the kernel's records, one for each CPU
 */
#include "perf_ring.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CPUS_MAX = 4096 };

static bool add_cpu(struct perf_rings *r, struct perf_event_attr *attr, int cpu,
		    bool read_only)
{
	int access = read_only ? PROT_READ : PROT_READ | PROT_WRITE;
	struct perf_ring ring, *place;
	void *map;

	ring.fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1,
			       PERF_FLAG_FD_CLOEXEC);
	if (ring.fd < 0)
		return false;
	map = mmap(NULL, r->page_size + r->size, access, MAP_SHARED, ring.fd,
		   0);
	place = map == MAP_FAILED ? NULL : vec_push(&r->list);
	if (!place) {
		if (map != MAP_FAILED)
			munmap(map, r->page_size + r->size);
		close(ring.fd);
		return false;
	}
	ring.page = map;
	*place = ring;
	return true;
}

int perf_rings_open(struct perf_rings *r, struct perf_event_attr *attr,
		    unsigned int pages, bool read_only)
{
	long cpus = MIN(sysconf(_SC_NPROCESSORS_CONF), CPUS_MAX), cpu;
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	*r = (struct perf_rings){ .page_size = (size_t)sysconf(_SC_PAGESIZE) };
	r->size = pages * r->page_size;
	for (cpu = 0; cpu < cpus; cpu++)
		if (!add_cpu(r, attr, (int)cpu, read_only) && cpu == 0)
			break;
	r->complete = (long)r->list.count == cpus;
	if (r->list.count && (long)r->list.count >= online)
		return 0;
	perf_rings_close(r);
	return ERR_PERM;
}

void perf_rings_close(struct perf_rings *r)
{
	uint32_t i;

	for (i = 0; i < r->list.count; i++) {
		munmap(r->list.items[i].page, r->page_size + r->size);
		close(r->list.items[i].fd);
	}
	vec_release(&r->list);
}

uint64_t perf_ring_head(const struct perf_ring *ring)
{
	return __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

void perf_ring_copy(const struct perf_rings *r, const struct perf_ring *ring,
		    uint64_t at, void *to, size_t len)
{
	const char *data = (const char *)ring->page + r->page_size;
	size_t from = at & (r->size - 1), first = MIN(len, r->size - from);

	memcpy(to, data + from, first);
	memcpy((char *)to + first, data, len - first);
}
