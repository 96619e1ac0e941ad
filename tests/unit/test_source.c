/* test_source.c - source text, read as the target itself would
 */
#include "unit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

#include "child.h"
#include "cprof/target.h"
#include "folder.h"

enum { NOBODY = 65534 };

struct setting {
	struct source source; /* its root is the folder */
	struct folder folder;
	struct child child; /* the target, or pid 0: it is us */
	struct buf text;
	bool newer;
};

static void look_at(struct setting *s, pid_t pid)
{
	source_close(&s->source);
	assert_int_equal(source_open(&s->source, pid), 0);
	close(s->source.target.root);
	s->source.target.root = dup(s->folder.fd);
}

static int set_up(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	folder_init(&s->folder);
	assert_int_equal(fchmod(s->folder.fd, 0755), 0);
	buf_init(&s->text);
	assert_int_equal(source_open(&s->source, -1), ERR_NOPROC);
	look_at(s, getpid());
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	if (s->child.pid)
		child_end(&s->child);
	source_close(&s->source);
	source_close(&s->source);
	folder_release(&s->folder);
	buf_release(&s->text);
	free(s);
	return 0;
}

static int read_one(struct setting *s, const char *path)
{
	buf_reset(&s->text);
	return source_read(&s->source, path, 1000, &s->text, &s->newer);
}

static void put(struct setting *s, const char *path, mode_t mode)
{
	folder_put(&s->folder, path, "text of it");
	assert_int_equal(fchmodat(s->folder.fd, path, mode, 0), 0);
}

/* ---- files ------------------------------------------------------------- */

static void test_text(void **state)
{
	struct setting *s = *state;
	int before = open_files();

	put(s, "lib/a.py", 0644);
	assert_int_equal(read_one(s, "/lib/a.py"), 0);
	assert_string_equal(s->text.data, "text of it");
	assert_int_equal(read_one(s, "/../../lib/../lib/a.py"), 0);
	assert_int_equal(open_files(), before);
}

static void test_not_there(void **state)
{
	struct setting *s = *state;
	int before = open_files();

	put(s, "a.py", 0644);
	assert_int_equal(read_one(s, "a.py"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, ""), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "<string>"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/b.py"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/a.py/b.py"), ERR_NOT_FOUND);
	assert_int_equal(open_files(), before);
}

static void test_only_regular_files(void **state)
{
	struct setting *s = *state;

	assert_int_equal(mkfifoat(s->folder.fd, "fifo", 0644), 0);
	folder_make(&s->folder, "folder/");
	assert_int_equal(read_one(s, "/fifo"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/folder"), ERR_NOT_FOUND);
}

static void test_links_stay_inside(void **state)
{
	struct setting *s = *state;

	assert_int_equal(symlinkat("/etc/passwd", s->folder.fd, "out"), 0);
	assert_int_equal(symlinkat("/a.py", s->folder.fd, "in"), 0);
	put(s, "a.py", 0644);
	assert_int_equal(read_one(s, "/out"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/in"), 0);
	close(s->source.target.root);
	s->source.target.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(read_one(s, "/proc/self/exe"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/proc/self/status"), 0);
	assert_int_equal(s->text.len, 0); /* has no size */
}

static void test_size(void **state)
{
	struct setting *s = *state;
	char bytes[1001] = { 0 };

	folder_put_bytes(&s->folder, "most", bytes, 1000);
	folder_put_bytes(&s->folder, "more", bytes, 1001);
	assert_int_equal(read_one(s, "/most"), 0);
	assert_int_equal(s->text.len, 1000);
	assert_int_equal(read_one(s, "/more"), ERR_FULL);
	assert_int_equal(s->text.len, 0);
}

static void test_a_lease_makes_nobody_wait(void **state)
{
	struct setting *s = *state;
	uint64_t before = clock_now();
	int fd;

	put(s, "a.py", 0644);
	signal(SIGIO, SIG_IGN);
	fd = openat(s->folder.fd, "a.py", O_RDWR | O_CLOEXEC);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		assert_int_equal(read_one(s, "/a.py"), ERR_NOT_FOUND);
	assert_true(clock_now() - before < 10 * NSEC_PER_SEC);
	close(fd);
}

static void test_newer_than_the_process(void **state)
{
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	struct setting *s = *state;

	put(s, "a.py", 0644);
	utimensat(s->folder.fd, "a.py", times, 0);
	assert_int_equal(read_one(s, "/a.py"), 0);
	assert_false(s->newer);
	times[1].tv_sec = time(NULL) + 100;
	utimensat(s->folder.fd, "a.py", times, 0);
	assert_int_equal(read_one(s, "/a.py"), 0);
	assert_true(s->newer);
}

/* ---- rights ------------------------------------------------------------ */

static void be_nobody(struct shared *shared)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten with the user */
	child_sleep(shared);
}

static void give_up_capabilities(struct shared *shared)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capset, &head, none))
		_exit(1);
	child_sleep(shared);
}

static void start(struct setting *s, void (*run)(struct shared *))
{
	if (geteuid() != 0)
		skip();
	child_start(&s->child, run);
	look_at(s, s->child.pid);
}

static void test_with_the_rights_of_another_user(void **state)
{
	struct setting *s = *state;

	put(s, "all", 0644);
	put(s, "group", 0640);
	put(s, "owner", 0600);
	start(s, be_nobody);
	assert_int_equal(read_one(s, "/all"), 0);
	assert_int_equal(read_one(s, "/group"), ERR_NOT_FOUND);
	assert_int_equal(read_one(s, "/owner"), ERR_NOT_FOUND);
	assert_int_equal(fchownat(s->folder.fd, "owner", NOBODY, 0, 0), 0);
	assert_int_equal(read_one(s, "/owner"), 0);
}

static void test_own_rights_stay(void **state)
{
	struct setting *s = *state;

	put(s, "owner", 0600);
	start(s, be_nobody);
	assert_int_equal(read_one(s, "/owner"), ERR_NOT_FOUND);
	assert_int_equal(setfsuid((uid_t)-1), 0);
	assert_int_equal(setfsgid((gid_t)-1), 0);
	look_at(s, getpid());
	assert_int_equal(read_one(s, "/owner"), 0);
}

static void test_rights_are_known_after_the_end(void **state)
{
	struct setting *s = *state;

	put(s, "all", 0644);
	put(s, "owner", 0600);
	start(s, be_nobody);
	child_end(&s->child);
	s->child.pid = 0;
	assert_int_equal(read_one(s, "/all"), 0);
	assert_int_equal(read_one(s, "/owner"), ERR_NOT_FOUND);
}

static void test_root_without_capabilities(void **state)
{
	struct setting *s = *state;

	put(s, "its", 0600);
	put(s, "other", 0600);
	start(s, give_up_capabilities);
	assert_int_equal(fchownat(s->folder.fd, "other", NOBODY, NOBODY, 0), 0);
	assert_int_equal(read_one(s, "/its"), 0);
	assert_int_equal(read_one(s, "/other"), ERR_NOT_FOUND);
	look_at(s, getpid());
	assert_int_equal(read_one(s, "/other"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),
		TEST(test_not_there),
		TEST(test_only_regular_files),
		TEST(test_links_stay_inside),
		TEST(test_size),
		TEST(test_a_lease_makes_nobody_wait),
		TEST(test_newer_than_the_process),
		TEST(test_with_the_rights_of_another_user),
		TEST(test_own_rights_stay),
		TEST(test_rights_are_known_after_the_end),
		TEST(test_root_without_capabilities),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
