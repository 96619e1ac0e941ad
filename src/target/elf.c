/* elf.c - where symbols of mapped files lie in the target */
#include "cprof/target.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

enum {
	TABLE_MAX = 256 << 20, /* bytes of a symbol table */
	SYMBOLS_MAX = 1 << 21, /* per table */
};

struct query {
	struct elf_symbol *list;
	unsigned int count;
};

static void take(const struct query *q, const char *name, uint64_t value)
{
	unsigned int i;

	for (i = 0; name && i < q->count; i++)
		if (!q->list[i].at && !strcmp(name, q->list[i].name))
			q->list[i].at = value;
}

static bool has_all(const struct query *q)
{
	unsigned int i;

	for (i = 0; i < q->count; i++)
		if (!q->list[i].at)
			return false;
	return true;
}

static void read_symbols(const struct query *q, Elf *elf, Elf_Scn *section,
			 const GElf_Shdr *header)
{
	Elf_Data *data;
	size_t i, count;
	GElf_Sym symbol;

	if (header->sh_size > TABLE_MAX)
		return;
	data = elf_getdata(section, NULL);
	if (!data || !header->sh_entsize)
		return;
	count = MIN(header->sh_size / header->sh_entsize, SYMBOLS_MAX);
	for (i = 0; i < count && gelf_getsym(data, i, &symbol); i++)
		if (symbol.st_shndx != SHN_UNDEF)
			take(q,
			     elf_strptr(elf, header->sh_link, symbol.st_name),
			     symbol.st_value);
}

/* The whole symbol table is long: only where the dynamic one did not do. */
static void read_sections(const struct query *q, Elf *elf, bool whole)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		if (header.sh_type == (whole ? SHT_SYMTAB : SHT_DYNSYM))
			read_symbols(q, elf, section, &header);
		else
			take(q, elf_strptr(elf, names, header.sh_name),
			     header.sh_addr);
	}
}

/* Where the file was loaded minus where it was linked. */
static bool find_bias(Elf *elf, const struct mapping *m, uint64_t *bias)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), offset, address;
	GElf_Phdr header;
	size_t count, i;

	if (elf_getphdrnum(elf, &count))
		return false;
	for (i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, i, &header) || header.p_type != PT_LOAD)
			continue;
		offset = header.p_offset & ~(page - 1);
		address = header.p_vaddr & ~(page - 1);
		if (m->offset < offset ||
		    m->offset >= header.p_offset + header.p_filesz)
			continue;
		*bias = m->start - (address + (m->offset - offset));
		return true;
	}
	return false;
}

static int read_elf(int fd, const struct mapping *m, const struct query *q)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	uint64_t bias = 0;
	unsigned int i;
	bool good =
		elf && elf_kind(elf) == ELF_K_ELF && find_bias(elf, m, &bias);

	if (good)
		read_sections(q, elf, false);
	if (good && !has_all(q))
		read_sections(q, elf, true);
	for (i = 0; i < q->count; i++)
		q->list[i].at += q->list[i].at ? bias : 0;
	elf_end(elf);
	return good ? 0 : ERR_GARBAGE;
}

int elf_find(const struct maps *maps, const struct mapping *m,
	     const struct target *t, struct elf_symbol *list,
	     unsigned int count)
{
	struct query q = { .list = list, .count = count };
	int fd = mapping_open(maps, m, t), err;

	if (fd < 0)
		return ERR_NOT_FOUND;
	elf_version(EV_CURRENT);
	err = read_elf(fd, m, &q);
	close(fd);
	return err;
}
