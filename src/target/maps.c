/* maps.c - what is mapped where, and the very files behind it
 *
 * A mapping's path is a hint: the file may be renamed, replaced, deleted or lie
 * in another mount namespace. So every way to it is tried and the result
 * compared with the device and inode that the kernel names.
 */
#include "cprof/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

/* overlayfs and btrfs report another device in maps than stat does, so the
 * inode must agree always and the device where the kernel agrees with itself. */
static int accept(int fd, const struct mapping *p)
{
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == p->inode)
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
