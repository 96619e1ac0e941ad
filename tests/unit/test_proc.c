/* test_proc.c - small files of /proc, also such as no kernel would write
 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "folder.h"
#include "target/proc.h"

static struct folder folder;

static int set_up(void **state)
{
	(void)state;
	folder_init(&folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_release(&folder);
	return 0;
}

static void test_read_whole(void **state)
{
	char text[16];

	(void)state;
	folder_put(&folder, "file", "hello\n");
	memset(text, 'x', sizeof(text));
	assert_int_equal(proc_read(folder.fd, "file", text, sizeof(text)), 6);
	assert_string_equal(text, "hello\n");
	folder_put(&folder, "file", "");
	assert_int_equal(proc_read(folder.fd, "file", text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void test_read_cuts(void **state)
{
	char text[10];

	(void)state;
	memset(text, 'x', sizeof(text));
	folder_put(&folder, "file", "0123456789abcdef");
	assert_int_equal(proc_read(folder.fd, "file", text, 9), 8);
	assert_string_equal(text, "01234567");
	assert_int_equal(text[9], 'x');
	folder_put(&folder, "file", "01234567");
	assert_int_equal(proc_read(folder.fd, "file", text, 9), 8);
	assert_string_equal(text, "01234567");
}

static void test_read_errors(void **state)
{
	struct buf out;
	char text[8];

	(void)state;
	buf_init(&out);
	folder_put(&folder, "dir/file", "");
	assert_int_equal(proc_read(folder.fd, "none", text, 8), ERR_NOPROC);
	assert_int_equal(proc_read(folder.fd, "dir", text, 8), ERR_IO);
	assert_int_equal(proc_read_all(folder.fd, "none", 10, &out),
			 ERR_NOPROC);
	assert_int_equal(proc_read_all(folder.fd, "dir", 10, &out), ERR_IO);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void test_read_all(void **state)
{
	static char big[100000];
	struct buf out;

	(void)state;
	buf_init(&out);
	memset(big, 'a', sizeof(big));
	folder_put_bytes(&folder, "file", big, sizeof(big));
	assert_int_equal(proc_read_all(folder.fd, "file", 1 << 20, &out), 0);
	assert_int_equal(out.len, sizeof(big));
	assert_memory_equal(out.data, big, sizeof(big));
	buf_reset(&out);
	assert_int_equal(proc_read_all(folder.fd, "file", 20000, &out), 0);
	assert_in_range(out.len, 20000, 20000 + 8192);
	buf_release(&out);
}

static void test_open_regular(void **state)
{
	char text[8] = "";
	int place, fd;

	(void)state;
	folder_put(&folder, "dir/file", "hello");
	assert_int_equal(mkfifoat(folder.fd, "fifo", 0644), 0);
	place = openat(folder.fd, "dir/file", O_PATH | O_CLOEXEC);
	fd = proc_open_regular(place);
	assert_int_equal(read(fd, text, 5), 5);
	assert_string_equal(text, "hello");
	close(fd);
	close(place);
	place = openat(folder.fd, "fifo", O_PATH | O_CLOEXEC);
	assert_int_equal(proc_open_regular(place), -1); /* at once */
	close(place);
	assert_int_equal(proc_open_regular(folder.fd), -1);
	assert_int_equal(proc_open_regular(-1), -1);
}

static void test_errors_of_errno(void **state)
{
	(void)state;
	assert_int_equal(proc_error(ENOENT), ERR_NOPROC);
	assert_int_equal(proc_error(ESRCH), ERR_NOPROC);
	assert_int_equal(proc_error(EACCES), ERR_PERM);
	assert_int_equal(proc_error(EPERM), ERR_PERM);
	assert_int_equal(proc_error(ENOMEM), ERR_NOMEM);
	assert_int_equal(proc_error(EMFILE), ERR_IO);
	assert_int_equal(proc_error(0), ERR_IO);
}

/* ---- status ------------------------------------------------------------ */

static const char status[] = "Name:\tUid:\t7\\nUid:\t8\n"
			     "State:\tS (sleeping)\n"
			     "Pid:\t4711\n"
			     "PPid:\t12\n"
			     "TracerPid:\t-3\n"
			     "Uid:\t1000\t0\t5\t6\n"
			     "NSpid:\t4711\t33\t1\n"
			     "NSpgid:\t99\t9\n"
			     "VmSize:\t    2548 kB";

static void test_status_numbers(void **state)
{
	(void)state;
	assert_int_equal(proc_status_number(status, "Pid"), 4711);
	assert_int_equal(proc_status_number(status, "PPid"), 12);
	assert_int_equal(proc_status_number(status, "TracerPid"), -3);
	assert_int_equal(proc_status_number(status, "Uid"), 1000);
	assert_int_equal(proc_status_number(status, "VmSize"), 2548);
	assert_int_equal(proc_status_number(status, "Vm"), -1);
	assert_int_equal(proc_status_number(status, "Kthread"), -1);
	assert_int_equal(proc_status_number(status, "State"), 0);
	assert_int_equal(proc_status_number("", "Pid"), -1);
	assert_int_equal(proc_status_number("Pid", "Pid"), -1);
	assert_int_equal(proc_status_number("\n\nPid:5", "Pid"), 5);
}

static void test_status_inner(void **state)
{
	int depth = -1;

	(void)state;
	assert_int_equal(proc_status_inner(status, &depth), 1);
	assert_int_equal(depth, 3);
	assert_int_equal(proc_status_inner("NSpid:\t8\n9\n", &depth), 8);
	assert_int_equal(depth, 1);
	assert_int_equal(proc_status_inner("NSpid:\t8\t9", &depth), 9);
	assert_int_equal(depth, 2);
	assert_int_equal(proc_status_inner("NSpid:\n", &depth), 0);
	assert_int_equal(depth, 0);
	assert_int_equal(proc_status_inner("NSpid:\tx\n", &depth), 0);
	assert_int_equal(depth, 0);
	assert_int_equal(proc_status_inner("Pid:\t1\n", &depth), 0);
	assert_int_equal(depth, 0);
}

/* The kernel escapes the name, which a program chooses. */
static void test_hostile_name(void **state)
{
	char text[4096];
	char old[16];
	int depth;

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, old), 0);
	assert_int_equal(prctl(PR_SET_NAME, "a\nPid:\t1\nX"), 0);
	assert_true(proc_read(AT_FDCWD, "/proc/self/status", text,
			      sizeof(text)) > 0);
	assert_int_equal(prctl(PR_SET_NAME, old), 0);
	assert_int_equal(proc_status_number(text, "Pid"), getpid());
	assert_int_equal(proc_status_number(text, "Uid"), getuid());
	proc_status_inner(text, &depth);
	assert_in_range(depth, 1, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_whole),	   TEST(test_read_cuts),
		TEST(test_read_errors),	   TEST(test_read_all),
		TEST(test_open_regular),   TEST(test_errors_of_errno),
		TEST(test_status_numbers), TEST(test_status_inner),
		TEST(test_hostile_name),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
