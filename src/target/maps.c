/* maps.c - what is mapped where, and the very files behind it
 *
 * A mapping's path is a hint: the file may be renamed, replaced, deleted or lie
 * in another mount namespace. So every way to it is tried and the result
 * compared with the device and inode that the kernel names.
 *
 * It names two of them. Maps and stat agree on most file systems, but stat
 * knows btrfs' subvolumes and overlayfs' layers by devices of their own, and
 * maps does not. So where they disagree a page of the file is mapped here, and
 * our own maps must name what the target's do. On btrfs that leaves files of
 * equal inode in two subvolumes, which maps cannot tell apart.
 */
#include "cprof/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proc.h"

enum { MAPS_LIMIT = 64 << 20 }; /* bytes of text; some have 100,000 lines */

static void parse_permissions(struct mapping *m, const char *perms)
{
	m->readable = perms[0] == 'r';
	m->writable = perms[1] == 'w';
	m->executable = perms[2] == 'x';
}

/* "start-end perms offset major:minor inode   path" */
static int parse_line(struct maps *maps, char *line)
{
	unsigned long long start, end, offset, inode;
	unsigned int major_id, minor_id;
	struct mapping *m;
	char perms[8];
	int path = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu %n", &start, &end,
		   perms, &offset, &major_id, &minor_id, &inode, &path) < 7)
		return 0;
	m = vec_push(&maps->list);
	if (!m)
		return ERR_NOMEM;
	m->start = start;
	m->end = end;
	m->offset = offset;
	m->device = makedev(major_id, minor_id);
	m->inode = inode;
	parse_permissions(m, perms);
	m->path = line + path - maps->text.data;
	return 0;
}

int maps_read(struct maps *m, const struct target *t)
{
	char *line, *end;
	int err;

	*m = (struct maps){ 0 };
	buf_init(&m->text);
	err = proc_read_all(t->proc, "maps", MAPS_LIMIT, &m->text);
	for (line = m->text.data; !err && line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		err = parse_line(m, line);
	}
	if (err)
		maps_release(m);
	return err;
}

void maps_release(struct maps *m)
{
	vec_release(&m->list);
	buf_release(&m->text);
}

const char *mapping_path(const struct maps *m, const struct mapping *p)
{
	return m->text.data + p->path;
}

bool mapping_is_first(const struct maps *m, uint32_t index)
{
	const struct mapping *here = &m->list.items[index];
	const struct mapping *before = here - 1;

	if (!here->inode || mapping_path(m, here)[0] != '/')
		return false;
	return !index || before->inode != here->inode ||
	       before->device != here->device;
}

static bool names_at(const struct maps *m, raddr_t start,
		     const struct mapping *wanted)
{
	const struct mapping *here;
	uint32_t i;

	for (i = 0; i < m->list.count; i++) {
		here = &m->list.items[i];
		if (here->start == start)
			return here->device == wanted->device &&
			       here->inode == wanted->inode;
	}
	return false;
}

/* Do our maps name the file as the target's do, once it is mapped here? */
static bool maps_alike(int fd, const struct mapping *p)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	struct target self = { .proc = -1 };
	struct maps own;
	bool alike = false;

	if (page == MAP_FAILED)
		return false;
	self.proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self.proc >= 0 && !maps_read(&own, &self)) {
		alike = names_at(&own, (raddr_t)(uintptr_t)page, p);
		maps_release(&own);
	}
	if (self.proc >= 0)
		close(self.proc);
	munmap(page, len);
	return alike;
}

static bool is_the_file(int fd, const struct mapping *p)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (st.st_dev == p->device && st.st_ino == p->inode)
		return true;
	return maps_alike(fd, p);
}

static int accept(int fd, const struct mapping *p)
{
	if (fd < 0 || is_the_file(fd, p))
		return fd;
	close(fd);
	return -1;
}

static int open_regular(const struct target *t, const char *path)
{
	int place = openat(t->proc, path, O_PATH | O_CLOEXEC);
	int fd = place >= 0 ? proc_open_regular(place) : -1;

	if (place >= 0)
		close(place);
	return fd;
}

static int open_map_file(const struct mapping *p, const struct target *t)
{
	char path[64];

	snprintf(path, sizeof(path), "map_files/%llx-%llx",
		 (unsigned long long)p->start, (unsigned long long)p->end);
	return open_regular(t, path);
}

int mapping_open(const struct maps *m, const struct mapping *p,
		 const struct target *t)
{
	int fd;

	fd = accept(target_open_file(t, mapping_path(m, p)), p);
	if (fd < 0)
		fd = accept(open_regular(t, "exe"), p);
	if (fd < 0)
		fd = accept(open_map_file(p, t), p);
	return fd;
}
