/* rseq.c - where a thread's rseq area lies, without asking the kernel
 *
 * PTRACE_GET_RSEQ_CONFIGURATION knows for certain (stop.c), but needs a stop.
 * glibc 2.35+ says in its dynamic linker at which distance from its thread
 * pointer each thread has it, and whether it registered it.
 */
#include "cprof/target.h"

#include <string.h>

#include "arch.h"

static int read_offset(const struct target *t, const struct maps *maps,
		       const struct mapping *m, int64_t *offset)
{
	struct elf_symbol wanted[] = { { .name = "__rseq_offset" },
				       { .name = "__rseq_size" } };
	uint32_t size;

	if (elf_find(maps, m, t, wanted, ARRAY_SIZE(wanted)))
		return ERR_NOT_FOUND;
	if (!wanted[0].at || !wanted[1].at ||
	    mem_read(t->mem, wanted[0].at, offset, sizeof(*offset)) ||
	    mem_read(t->mem, wanted[1].at, &size, sizeof(size)))
		return ERR_NOT_FOUND;
	return size ? 0 : ERR_NOT_FOUND; /* 0: switched off by a tunable */
}

static bool is_linker(const struct maps *maps, const struct mapping *m)
{
	const char *name = strrchr(mapping_path(maps, m), '/');

	return name && !strncmp(name + 1, "ld", 2);
}

int rseq_find(const struct target *t, int64_t *offset)
{
	struct maps maps;
	uint32_t i;
	int err = maps_read(&maps, t);

	if (err)
		return err;
	err = ERR_NOT_FOUND;
	for (i = 0; err && i < maps.list.count; i++)
		if (mapping_is_first(&maps, i) &&
		    is_linker(&maps, &maps.list.items[i]))
			err = read_offset(t, &maps, &maps.list.items[i],
					  offset);
	maps_release(&maps);
	return err;
}

raddr_t rseq_area(raddr_t pthread, int64_t offset)
{
	raddr_t pointer = arch_thread_pointer(pthread);

	return pointer ? pointer + (uint64_t)offset : 0;
}
