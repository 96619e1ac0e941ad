/* mem.c - vectored reads of another process
 *
 * process_vm_readv(2) stops at the first remote piece it cannot read and says
 * only how many bytes came: that piece is marked and the rest is asked for
 * again. Built for the tick: tens to hundreds of small pieces, nearly all of
 * them readable, one system call.
 */
#include "cprof/target.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

enum { BATCH = 1024 }; /* UIO_MAXIOV */

/* Marks what came; returns the index of the first piece that did not. */
static unsigned int settle(struct mem_seg *segs, unsigned int n, size_t got)
{
	unsigned int i;

	for (i = 0; i < n && got >= segs[i].len; i++) {
		segs[i].err = 0;
		got -= segs[i].len;
	}
	return i;
}

static ssize_t read_batch(pid_t pid, struct mem_seg *segs, unsigned int n)
{
	struct iovec local[BATCH], remote[BATCH];
	unsigned int i;

	for (i = 0; i < n; i++) {
		local[i].iov_base = segs[i].buf;
		remote[i].iov_base = (void *)(uintptr_t)segs[i].addr;
		local[i].iov_len = remote[i].iov_len = segs[i].len;
	}
	return process_vm_readv(pid, local, n, remote, n, 0);
}

static int live_readv(struct mem *mem, struct mem_seg *segs, unsigned int n)
{
	struct mem_live *m = (struct mem_live *)mem;
	unsigned int done = 0, batch, good;
	ssize_t got;

	while (done < n) {
		batch = MIN(n - done, BATCH);
		m->calls++;
		got = read_batch(m->pid, segs + done, batch);
		if (got < 0 && errno == ESRCH)
			return ERR_NOPROC;
		if (got < 0 && errno == EPERM)
			return ERR_PERM;
		good = settle(segs + done, batch, got < 0 ? 0 : (size_t)got);
		done += good;
		if (good < batch)
			segs[done++].err = ERR_FAULT;
	}
	return 0;
}

void mem_live_init(struct mem_live *m, pid_t pid)
{
	m->mem.readv = live_readv;
	m->pid = pid;
	m->calls = 0;
}

static int faulty_readv(struct mem *mem, struct mem_seg *segs, unsigned int n)
{
	struct mem_faulty *m = (struct mem_faulty *)mem;
	bool now;
	int err;

	m->reads++;
	now = m->fail_at &&
	      (m->every ? m->reads >= m->fail_at : m->reads == m->fail_at);
	if (now && m->err != ERR_FAULT)
		return m->err;
	err = m->inner->readv(m->inner, segs, n);
	if (!err && now && n)
		segs[(m->reads + m->fail_at) % n].err = ERR_FAULT;
	return err;
}

void mem_faulty_init(struct mem_faulty *m, struct mem *inner)
{
	*m = (struct mem_faulty){
		.mem.readv = faulty_readv,
		.inner = inner,
		.err = ERR_FAULT,
	};
}

int mem_read(struct mem *m, raddr_t addr, void *buf, uint32_t len)
{
	struct mem_seg seg = { .addr = addr, .buf = buf, .len = len };
	int err = m->readv(m, &seg, 1);

	return err ? err : seg.err;
}

int mem_read_u64(struct mem *m, raddr_t addr, uint64_t *out)
{
	return mem_read(m, addr, out, sizeof(*out));
}
