/* test_maps.c - what is mapped where, and the files behind it
 */
#include "unit.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cprof/target.h"
#include "folder.h"

struct setting {
	struct target target; /* ourselves */
	struct target fake; /* its /proc/PID is the folder */
	struct folder folder;
	struct maps maps;
	char path[256];
};

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(target_open(&s->target, getpid()), 0);
	folder_init(&s->folder);
	s->fake = (struct target){ .proc = s->folder.fd, .root = -1 };
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	maps_release(&s->maps);
	target_close(&s->target);
	folder_release(&s->folder);
	free(s);
	return 0;
}

static const struct mapping *find(const struct maps *m, const void *address)
{
	raddr_t addr = (raddr_t)(uintptr_t)address;
	uint32_t i;

	for (i = 0; i < m->list.count; i++)
		if (addr >= m->list.items[i].start &&
		    addr < m->list.items[i].end)
			return &m->list.items[i];
	fail_msg("an address that is not mapped");
	return NULL;
}

static void test_own_mappings(void **state)
{
	struct setting *s = *state;
	const struct mapping *m;
	char exe[PATH_MAX];
	int local;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	uint32_t i;

	assert_true(len > 0);
	exe[len] = '\0';
	assert_int_equal(maps_read(&s->maps, &s->target), 0);
	m = find(&s->maps, (const void *)(uintptr_t)&test_own_mappings);
	assert_true(m->readable && !m->writable && m->executable);
	assert_string_equal(mapping_path(&s->maps, m), exe);
	assert_true(m->inode && m->device && m->offset);
	m = find(&s->maps, &local);
	assert_true(m->readable && m->writable && !m->executable);
	assert_string_equal(mapping_path(&s->maps, m), "[stack]");
	assert_int_equal(m->inode, 0);
	for (i = 1; i < s->maps.list.count; i++)
		assert_true(s->maps.list.items[i - 1].end <=
			    s->maps.list.items[i].start);
}

static void read_text(struct setting *s, const char *text)
{
	folder_put(&s->folder, "maps", text);
	maps_release(&s->maps);
	assert_int_equal(maps_read(&s->maps, &s->fake), 0);
}

static void test_lines(void **state)
{
	struct setting *s = *state;
	const struct mapping *m;

	read_text(s, "7f0000001000-7f0000003000 r-xp 0000a000 103:0f 4711   "
		     "        /a dir/with  blanks (deleted)\n"
		     "7fff00000000-7fff00001000 rw-s 00000000 00:00 0 \n"
		     "7fff00002000-7fff00003000 -w-p 00000000 00:00 0\n"
		     "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0"
		     "                  [vsyscall]\n");
	assert_int_equal(s->maps.list.count, 4);
	m = s->maps.list.items;
	assert_true(m[0].start == 0x7f0000001000 && m[0].end == 0x7f0000003000);
	assert_true(m[0].readable && !m[0].writable && m[0].executable);
	assert_int_equal(m[0].offset, 0xa000);
	assert_int_equal(m[0].inode, 4711);
	assert_int_equal(m[0].device, makedev(0x103, 0xf));
	assert_string_equal(mapping_path(&s->maps, &m[0]),
			    "/a dir/with  blanks (deleted)");
	assert_true(m[1].readable && m[1].writable && !m[1].executable);
	assert_string_equal(mapping_path(&s->maps, &m[1]), "");
	assert_true(!m[2].readable && m[2].writable && !m[2].executable);
	assert_string_equal(mapping_path(&s->maps, &m[2]), "");
	assert_true(!m[3].readable && !m[3].writable && m[3].executable);
	assert_true(m[3].end == 0xffffffffff601000);
	assert_string_equal(mapping_path(&s->maps, &m[3]), "[vsyscall]");
}

/* Not what a kernel writes. */
static void test_strange_text(void **state)
{
	static const char line[] = "1000-2000 r--p 0 1:2 3 /x\n";
	struct setting *s = *state;
	struct buf text;
	int i;

	read_text(s, "");
	assert_int_equal(s->maps.list.count, 0);
	read_text(s, "\n\nno line\n1000-2000\n1000-2000 r-xp 0 1:2\n");
	assert_int_equal(s->maps.list.count, 0);
	read_text(s, "1000-2000 r--p 0 1:2 3 /cut off");
	assert_int_equal(s->maps.list.count, 0);
	read_text(s, "1000-2000 rwxpppppppp 0 1:2 3 /x\n"
		     "1000-2000 r--p 0 1:2 3 /x\n");
	assert_int_equal(s->maps.list.count, 1);
	buf_init(&text);
	for (i = 0; i < 20000; i++)
		buf_add(&text, line, sizeof(line) - 1);
	read_text(s, text.data);
	assert_int_equal(s->maps.list.count, 20000);
	assert_string_equal(mapping_path(&s->maps, &s->maps.list.items[19999]),
			    "/x");
	buf_release(&text);
}

static void test_no_maps(void **state)
{
	struct setting *s = *state;

	assert_int_equal(maps_read(&s->maps, &s->fake), ERR_NOPROC);
	assert_int_equal(s->maps.list.count, 0);
}

/* ---- the file behind a mapping ----------------------------------------- */

static void *map_file(struct setting *s, const char *name, const char *text)
{
	void *data;
	int fd;

	folder_put(&s->folder, name, text);
	snprintf(s->path, sizeof(s->path), "%s/%s", s->folder.path, name);
	fd = open(s->path, O_RDONLY | O_CLOEXEC);
	data = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(data != MAP_FAILED);
	close(fd);
	return data;
}

/* What is read through mapping_open(); -1 when it opens nothing. */
static int open_mapped(struct setting *s, const void *data, char text[64])
{
	const struct mapping *m;
	ssize_t len;
	int fd;

	maps_release(&s->maps);
	assert_int_equal(maps_read(&s->maps, &s->target), 0);
	m = find(&s->maps, data);
	fd = mapping_open(&s->maps, m, &s->target);
	if (fd < 0)
		return -1;
	len = read(fd, text, 63);
	text[MAX(len, 0)] = '\0';
	close(fd);
	return 0;
}

static void test_open_by_path(void **state)
{
	struct setting *s = *state;
	void *data = map_file(s, "a b", "the one");
	char text[64];

	assert_int_equal(open_mapped(s, data, text), 0);
	assert_string_equal(text, "the one");
	munmap(data, 4096);
}

static void test_never_another_file(void **state)
{
	struct setting *s = *state;
	void *data = map_file(s, "lib.so", "the one");
	char text[64] = "", other[256];

	snprintf(other, sizeof(other), "%s/other", s->folder.path);
	folder_put(&s->folder, "other", "another");
	assert_int_equal(rename(other, s->path), 0);
	/* as root it is found by its mapping, else not at all */
	if (open_mapped(s, data, text) == 0)
		assert_string_equal(text, "the one");
	munmap(data, 4096);
}

static void test_deleted(void **state)
{
	struct setting *s = *state;
	void *data = map_file(s, "lib\n.so", "the one");
	char text[64] = "";
	int err;

	assert_int_equal(unlink(s->path), 0);
	err = open_mapped(s, data, text);
	if (geteuid() == 0)
		assert_int_equal(err, 0);
	if (!err)
		assert_string_equal(text, "the one");
	munmap(data, 4096);
}

/* Our program is found although the path in its maps is none. */
static void test_open_the_program(void **state)
{
	struct setting *s = *state;
	struct mapping *m;
	struct stat here, there;
	int fd;

	assert_int_equal(maps_read(&s->maps, &s->target), 0);
	m = (struct mapping *)(uintptr_t)find(
		&s->maps, (const void *)(uintptr_t)&test_open_the_program);
	m->path = s->maps.text.len; /* "" */
	m->start = m->end = 0; /* nothing in map_files */
	fd = mapping_open(&s->maps, m, &s->target);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &here), 0);
	assert_int_equal(stat("/proc/self/exe", &there), 0);
	assert_true(here.st_ino == there.st_ino);
	close(fd);
	m->inode++;
	assert_int_equal(mapping_open(&s->maps, m, &s->target), -1);
	m->inode--;
	m->device++; /* an inode of that number is on every disk */
	assert_int_equal(mapping_open(&s->maps, m, &s->target), -1);
}

/* ---- file systems: root mounts some, for nobody else to see ------------- */

static void own_mounts(struct setting *s)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip();
	target_close(&s->target); /* it looks into the old ones */
	assert_int_equal(target_open(&s->target, getpid()), 0);
	folder_release(&s->folder);
	folder_init(&s->folder);
}

static const char *path_of(struct setting *s, const char *name)
{
	snprintf(s->path, sizeof(s->path), "%s/%s", s->folder.path, name);
	return s->path;
}

static void put_at(struct setting *s, const char *name, const char *text)
{
	int fd = open(path_of(s, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void mount_memory(struct setting *s, const char *name)
{
	mkdir(path_of(s, name), 0755);
	assert_int_equal(mount("none", s->path, "tmpfs", 0, NULL), 0);
}

static void *map_path(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	assert_true(data != MAP_FAILED);
	assert_int_equal(fstat(fd, st), 0);
	close(fd);
	return data;
}

/* Two file systems in memory number their files alike. */
static void test_another_disk(void **state)
{
	struct setting *s = *state;
	struct stat one, other;
	char text[64] = "";
	void *data;

	own_mounts(s);
	mount_memory(s, "disk");
	put_at(s, "disk/lib", "the one");
	data = map_path(path_of(s, "disk/lib"), &one);
	mount_memory(s, "disk"); /* over the first */
	put_at(s, "disk/lib", "another");
	assert_int_equal(stat(s->path, &other), 0);
	assert_int_equal(open_mapped(s, data, text), 0); /* by map_files */
	munmap(data, 4096);
	umount2(path_of(s, "disk"), MNT_DETACH);
	umount2(s->path, MNT_DETACH);
	assert_string_equal(text, "the one");
	if (one.st_ino != other.st_ino)
		skip();
}

static void mount_layers(struct setting *s)
{
	const char *at = s->folder.path;
	char options[512];

	mount_memory(s, "upper");
	mkdir(path_of(s, "upper/files"), 0755);
	mkdir(path_of(s, "upper/work"), 0755);
	mkdir(path_of(s, "all"), 0755);
	snprintf(options, sizeof(options),
		 "lowerdir=%s/lower,upperdir=%s/upper/files,"
		 "workdir=%s/upper/work",
		 at, at, at);
	if (!mount("none", s->path, "overlay", 0, options))
		return;
	umount2(path_of(s, "upper"), MNT_DETACH);
	skip();
}

/* What stat and maps say of a file in a container need not be the same. */
static void test_layers(void **state)
{
	struct setting *s = *state;
	const struct mapping *m;
	struct mapping only_path;
	struct stat st;
	void *data;
	int fd;

	own_mounts(s);
	mkdir(path_of(s, "lower"), 0755);
	put_at(s, "lower/lib", "the one");
	put_at(s, "lower/other", "another");
	mount_layers(s);
	data = map_path(path_of(s, "all/lib"), &st);
	assert_int_equal(maps_read(&s->maps, &s->target), 0);
	m = find(&s->maps, data);
	if (m->device == st.st_dev)
		print_message("stat and maps agree\n");
	only_path = *m;
	only_path.start = only_path.end = 0; /* nothing in map_files */
	fd = mapping_open(&s->maps, &only_path, &s->target);
	assert_true(fd >= 0);
	close(fd);
	only_path.device++;
	assert_int_equal(mapping_open(&s->maps, &only_path, &s->target), -1);
	only_path.device--;
	path_of(s, "all/other");
	assert_int_equal(rename(s->path, mapping_path(&s->maps, m)), 0);
	assert_int_equal(mapping_open(&s->maps, &only_path, &s->target), -1);
	munmap(data, 4096);
	umount2(path_of(s, "all"), MNT_DETACH);
	umount2(path_of(s, "upper"), MNT_DETACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_mappings), TEST(test_lines),
		TEST(test_strange_text), TEST(test_no_maps),
		TEST(test_open_by_path), TEST(test_never_another_file),
		TEST(test_deleted),	 TEST(test_open_the_program),
		TEST(test_another_disk), TEST(test_layers),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
