/* test_out.c - the file that a run leaves behind
 *
 * Each test works in a folder of its own, which it has to leave with the files
 * that it names and no others.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cprof/base.h"

static char folder[] = "/tmp/cprof-out-XXXXXX";
static char text[1 << 20];

static int set_up(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	umask(022);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(".");

	(void)state;
	while (dir && (entry = readdir(dir)))
		unlink(entry->d_name);
	closedir(dir);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static int count_files(void)
{
	struct dirent *entry;
	DIR *dir = opendir(".");
	int count = 0;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void make_file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_content(const char *path, const char *expected)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
	assert_string_equal(text, expected);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void test_appears_whole(void **state)
{
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "new", false), 0);
	out_puts(&o, "one ");
	out_printf(&o, "%d ", 2);
	out_write(&o, "three", 5);
	assert_int_equal(out_flush(&o), 0);
	assert_int_equal(access("new", F_OK), -1);
	assert_int_equal(out_commit(&o), 0);
	out_abort(&o);
	assert_content("new", "one 2 three");
	assert_int_equal(mode_of("new"), S_IFREG | 0644);
	assert_int_equal(count_files(), 1);
}

static void test_abort_leaves_nothing(void **state)
{
	struct out o;

	(void)state;
	make_file("old", "old", 0600);
	assert_int_equal(out_open(&o, "old", false), 0);
	out_puts(&o, "new");
	out_abort(&o);
	out_abort(&o);
	assert_content("old", "old");
	assert_int_equal(count_files(), 1);
}

static void test_replaces_and_keeps_the_mode(void **state)
{
	struct out o;

	(void)state;
	make_file("old", "something longer", 0660);
	assert_int_equal(out_open(&o, "./old", false), 0);
	out_puts(&o, "new");
	assert_content("old", "something longer");
	assert_int_equal(out_commit(&o), 0);
	assert_content("old", "new");
	assert_int_equal(mode_of("old"), S_IFREG | 0660);
	assert_int_equal(count_files(), 1);
}

static void test_new_only(void **state)
{
	struct out o;

	(void)state;
	make_file("old", "old", 0644);
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(out_open(&o, "old", true), ERR_IO);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(out_open(&o, "link", true), ERR_IO);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(out_open(&o, "new", true), 0);
	out_puts(&o, "new");
	assert_int_equal(out_commit(&o), 0);
	assert_content("new", "new");
	assert_content("old", "old");
}

/* Somebody else took the name while we worked: both files stay. */
static void test_new_only_and_too_late(void **state)
{
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "name", true), 0);
	out_puts(&o, "ours");
	make_file("name", "theirs", 0644);
	assert_int_equal(out_commit(&o), ERR_IO);
	assert_int_equal(errno, EEXIST);
	assert_content("name", "theirs");
	assert_non_null(o.temp);
	assert_content(o.temp, "ours");
	out_abort(&o);
	assert_int_equal(count_files(), 2);
}

static void test_refused_at_once(void **state)
{
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "", false), ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(out_open(&o, "none/file", false), ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(out_open(&o, ".", false), ERR_IO);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(out_open(&o, "/proc/version", false), ERR_IO);
	out_abort(&o);
	assert_int_equal(count_files(), 0);
}

static void test_read_only_file(void **state)
{
	struct out o;

	(void)state;
	if (geteuid() == 0) {
		print_message("root may write any file\n");
		skip();
	}
	make_file("old", "old", 0444);
	assert_int_equal(out_open(&o, "old", false), ERR_IO);
	assert_int_equal(errno, EACCES);
}

static void test_symlink_stays(void **state)
{
	struct out o;

	(void)state;
	make_file("real", "something longer", 0640);
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(out_open(&o, "link", false), 0);
	out_puts(&o, "new");
	assert_int_equal(out_commit(&o), 0);
	assert_content("real", "new");
	assert_true(S_ISLNK(mode_of("link")));

	assert_int_equal(symlink("later", "dangling"), 0);
	assert_int_equal(out_open(&o, "dangling", false), 0);
	out_puts(&o, "made");
	assert_int_equal(out_commit(&o), 0);
	assert_content("later", "made");
	assert_int_equal(count_files(), 4);
}

/* As the shell's >(...): a name in /dev/fd. */
static void test_pipe(void **state)
{
	struct out o;
	char name[32], got[8] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	assert_int_equal(out_open(&o, name, false), 0);
	close(ends[1]);
	out_puts(&o, "piped");
	assert_int_equal(out_commit(&o), 0);
	assert_int_equal(read(ends[0], got, sizeof(got)), 5);
	assert_string_equal(got, "piped");
	assert_int_equal(read(ends[0], got, sizeof(got)), 0);
	close(ends[0]);
}

static void test_full_device(void **state)
{
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "/dev/full", false), 0);
	out_puts(&o, "x");
	assert_int_equal(out_commit(&o), ERR_IO);
	assert_int_equal(errno, ENOSPC);
	out_abort(&o);
	assert_true(S_ISCHR(mode_of("/dev/full")));
}

/* A full disk, played by the limit of a file's size. */
static void write_too_much(struct out *o)
{
	struct rlimit old, limit;
	int i;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 200000;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (i = 0; i < 100000; i++)
		out_puts(o, "line\n");
	assert_int_equal(out_commit(o), ERR_IO);
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
}

static void test_full_disk_keeps_the_part(void **state)
{
	struct stat st;
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "new", false), 0);
	write_too_much(&o);
	assert_null(o.temp);
	out_abort(&o);
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_size, 200000);
	assert_int_equal(count_files(), 1);
}

/* Half of a picture is none: it does not get the name. */
static void test_full_disk_and_what_must_be_whole(void **state)
{
	struct stat st;
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "picture", false), 0);
	o.whole_only = true;
	write_too_much(&o);
	assert_non_null(o.temp);
	assert_int_equal(stat(o.temp, &st), 0);
	assert_int_equal(st.st_size, 200000);
	assert_int_equal(stat("picture", &st), -1);
	out_abort(&o);
	assert_int_equal(count_files(), 1);
}

static void test_full_disk_keeps_the_old_file(void **state)
{
	struct stat st;
	struct out o;

	(void)state;
	make_file("old", "old", 0644);
	assert_int_equal(out_open(&o, "old", false), 0);
	write_too_much(&o);
	assert_non_null(o.temp);
	assert_int_equal(stat(o.temp, &st), 0);
	assert_int_equal(st.st_size, 200000);
	out_abort(&o);
	assert_content("old", "old");
	assert_int_equal(count_files(), 2);
}

static void test_large(void **state)
{
	struct stat st;
	struct out o;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(out_open(&o, "large", false), 0);
	out_puts(&o, "first");
	out_write(&o, text, sizeof(text));
	out_puts(&o, "last");
	assert_int_equal(out_commit(&o), 0);
	assert_int_equal(stat("large", &st), 0);
	assert_int_equal(st.st_size, sizeof(text) + 9);
}

static void test_longest_name(void **state)
{
	char name[256];
	struct out o;

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(out_open(&o, name, false), 0);
	assert_int_equal(out_commit(&o), 0);
	assert_int_equal(access(name, F_OK), 0);
}

static void test_stdout(void **state)
{
	int saved = dup(STDOUT_FILENO);
	struct out o;

	(void)state;
	make_file("to", "", 0600);
	fflush(stdout);
	assert_true(freopen("to", "w", stdout) != NULL);
	assert_int_equal(out_open(&o, "-", true), 0);
	out_puts(&o, "shown");
	assert_int_equal(out_commit(&o), 0);
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_content("to", "shown");
	assert_int_equal(count_files(), 1);
}

static uid_t owner_after(const char *uid, const char *gid)
{
	struct stat st;
	struct out o;

	setenv("SUDO_UID", uid, 1);
	setenv("SUDO_GID", gid, 1);
	assert_int_equal(out_open(&o, "given", false), 0);
	assert_int_equal(out_commit(&o), 0);
	assert_int_equal(stat("given", &st), 0);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	return st.st_uid;
}

static void test_sudo(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give files away\n");
		skip();
	}
	assert_int_equal(owner_after("12345", "12345"), 12345);
	assert_int_equal(owner_after("12x", "12345"), 0);
	assert_int_equal(owner_after("-1", "12345"), 0);
	assert_int_equal(owner_after("4294967295", "12345"), 0);
	assert_int_equal(owner_after("", ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_appears_whole),
		TEST(test_abort_leaves_nothing),
		TEST(test_replaces_and_keeps_the_mode),
		TEST(test_new_only),
		TEST(test_new_only_and_too_late),
		TEST(test_refused_at_once),
		TEST(test_read_only_file),
		TEST(test_symlink_stays),
		TEST(test_pipe),
		TEST(test_full_device),
		TEST(test_full_disk_keeps_the_part),
		TEST(test_full_disk_and_what_must_be_whole),
		TEST(test_full_disk_keeps_the_old_file),
		TEST(test_large),
		TEST(test_longest_name),
		TEST(test_stdout),
		TEST(test_sudo),
	};

	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
