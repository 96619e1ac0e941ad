/* detect.c - find CPython runtimes in a process, whatever the files are called
 *
 * Every mapped file is asked for the section .PyRuntime (3.10+) and the symbol
 * _PyRuntime; the likely ones (the program itself, names with "python") come
 * first, so that the usual case opens one file. When no file can be had, the
 * writable mappings are searched for the cookie that 3.13+ keeps there.
 */
#include "cprof/python.h"

#include <stdlib.h>
#include <string.h>

enum {
	COOKIE_SCAN_MAX = 64 << 20, /* bytes of memory */
};

static const char cookie[8] = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' };

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
	struct elf_symbol wanted[] = { { .name = ".PyRuntime" },
				       { .name = "_PyRuntime" },
				       { .name = "Py_Version" } };
	raddr_t runtime;

	if (elf_find(&s->maps, m, s->t, wanted, ARRAY_SIZE(wanted)))
		return;
	runtime = wanted[0].at ? wanted[0].at : wanted[1].at;
	if (runtime)
		add_runtime(s, runtime, wanted[2].at, m);
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
		if (mapping_is_first(&s->maps, i) &&
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
