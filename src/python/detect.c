/* detect.c - find CPython runtimes in a process, whatever the files are called
 *
 * Every mapped file is asked for the section .PyRuntime (3.10+) and the symbol
 * _PyRuntime; the likely ones (the program itself, names with "python") come
 * first, so that the usual case opens one file. When no file can be had, the
 * writable mappings are searched for the cookie that 3.13+ keeps there.
 */
#include "cprof/python.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TABLE_MAX = 256 << 20, /* bytes of a symbol table */
	SYMBOLS_MAX = 1 << 21, /* per table */
	COOKIE_SCAN_MAX = 64 << 20, /* bytes of memory */
};

static const char cookie[8] = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' };

/* What one ELF file says; addresses as linked. */
struct elf_facts {
	uint64_t runtime; /* 0: none */
	uint64_t version; /* of Py_Version, 0: none */
};

static void take_symbol(struct elf_facts *f, const char *name, uint64_t value)
{
	if (!name)
		return;
	if (!f->runtime && !strcmp(name, "_PyRuntime"))
		f->runtime = value;
	if (!f->version && !strcmp(name, "Py_Version"))
		f->version = value;
}

static void read_symbols(struct elf_facts *f, Elf *elf, Elf_Scn *section,
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
			take_symbol(f,
				    elf_strptr(elf, header->sh_link,
					       symbol.st_name),
				    symbol.st_value);
}

static void read_sections(struct elf_facts *f, Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && !strcmp(name, ".PyRuntime"))
			f->runtime = header.sh_addr;
		else if (header.sh_type == SHT_DYNSYM ||
			 (header.sh_type == SHT_SYMTAB && !f->runtime))
			read_symbols(f, elf, section, &header);
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

static bool read_elf(int fd, const struct mapping *m, struct elf_facts *f)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	uint64_t bias;
	bool good = false;

	*f = (struct elf_facts){ 0 };
	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_sections(f, elf);
	if (f->runtime && find_bias(elf, m, &bias)) {
		f->runtime += bias;
		f->version = f->version ? f->version + bias : 0;
		good = true;
	}
	elf_end(elf);
	return good;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* 3.13+ says itself what it is; older ones have the variable Py_Version. */
static void read_version(struct runtime *r, const struct target *t,
			 raddr_t variable)
{
	struct {
		char cookie[8];
		uint64_t version, free_threaded;
	} head;
	uint64_t word;

	if (!mem_read(t->mem, r->address, &head, sizeof(head)) &&
	    !memcmp(head.cookie, cookie, sizeof(cookie))) {
		r->version = head.version;
		r->free_threaded = head.free_threaded;
		r->debug_offsets = true;
	} else if (variable && !mem_read_u64(t->mem, variable, &word)) {
		r->version = word;
	}
}

struct search {
	const struct target *t;
	struct maps maps;
	struct runtime *list;
	unsigned int room, count;
};

static void add_runtime(struct search *s, raddr_t address, raddr_t variable,
			const struct mapping *m)
{
	struct runtime *r = &s->list[s->count];

	if (s->count == s->room)
		return;
	*r = (struct runtime){ .address = address };
	snprintf(r->object, sizeof(r->object), "%s",
		 base_name(mapping_path(&s->maps, m)));
	read_version(r, s->t, variable);
	s->count++;
}

static void try_object(struct search *s, const struct mapping *m)
{
	struct elf_facts facts;
	int fd = mapping_open(&s->maps, m, s->t);

	if (fd < 0)
		return;
	if (read_elf(fd, m, &facts))
		add_runtime(s, facts.runtime, facts.version, m);
	close(fd);
}

/* The first mapping of a file that is code or data of a program. */
static bool is_first_of_file(const struct search *s, uint32_t index)
{
	const struct mapping *m = &s->maps.list.items[index];
	const struct mapping *before = m - 1;

	if (!m->inode || mapping_path(&s->maps, m)[0] != '/')
		return false;
	return !index || before->inode != m->inode ||
	       before->device != m->device;
}

static bool is_likely(const struct search *s, const struct mapping *m,
		      const char *exe)
{
	const char *path = mapping_path(&s->maps, m);

	return strstr(base_name(path), "python") ||
	       !strncmp(path, exe, strlen(exe));
}

static void search_files(struct search *s, bool likely)
{
	const struct mapping *m;
	struct buf exe;
	uint32_t i;

	buf_init(&exe);
	buf_puts(&exe, "");
	target_executable(s->t, &exe);
	for (i = 0; i < s->maps.list.count; i++) {
		m = &s->maps.list.items[i];
		if (is_first_of_file(s, i) &&
		    is_likely(s, m, exe.len ? exe.data : "?") == likely)
			try_object(s, m);
	}
	buf_release(&exe);
}

/* One mapping, a window at a time; the section is aligned to 8 bytes. */
static bool scan_mapping(struct search *s, const struct mapping *m)
{
	enum { WINDOW = 1 << 16 };
	char *window = malloc(WINDOW);
	raddr_t at;
	uint32_t len, i;
	bool found = false;

	for (at = m->start; window && !found && at < m->end; at += WINDOW) {
		len = MIN(m->end - at, WINDOW);
		if (mem_read(s->t->mem, at, window, len))
			continue;
		for (i = 0; !found && i + 8 <= len; i += 8) {
			found = !memcmp(window + i, cookie, sizeof(cookie));
			if (found)
				add_runtime(s, at + i, 0, m);
		}
	}
	free(window);
	return found;
}

static void search_cookie(struct search *s)
{
	const struct mapping *m;
	uint64_t left = COOKIE_SCAN_MAX;
	uint32_t i;

	for (i = 0; i < s->maps.list.count && !s->count; i++) {
		m = &s->maps.list.items[i];
		if (!m->writable || !m->inode || m->end - m->start > left)
			continue;
		left -= m->end - m->start;
		scan_mapping(s, m);
	}
}

/* maps can be read with fewer rights than memory. */
static bool may_read(const struct search *s)
{
	uint64_t word;

	return !s->maps.list.count ||
	       mem_read_u64(s->t->mem, s->maps.list.items[0].start, &word) !=
		       ERR_PERM;
}

int runtime_find(struct runtime *list, unsigned int *n, const struct target *t)
{
	struct search s = { .t = t, .list = list, .room = *n };
	int err;

	*n = 0;
	elf_version(EV_CURRENT);
	err = maps_read(&s.maps, t);
	if (!err && !may_read(&s))
		err = ERR_PERM;
	if (err) {
		maps_release(&s.maps);
		return err;
	}
	search_files(&s, true);
	if (!s.count)
		search_files(&s, false);
	if (!s.count)
		search_cookie(&s);
	maps_release(&s.maps);
	*n = s.count;
	return s.count ? 0 : ERR_NOT_PYTHON;
}
