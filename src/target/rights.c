/* rights.c - why we may not look into a process
 *
 * The kernel only says EPERM. What it looked at (ptrace(2), "ptrace access
 * mode checking"): ids, capabilities in the target's user namespace, its
 * dumpable flag, Yama, and whether somebody traces it already.
 */
#include "cprof/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"

enum { CAP_SYS_PTRACE_BIT = 19 };

static bool has_ptrace_capability(const char *own_status)
{
	const char *line = strstr(own_status, "\nCapEff:");

	return line && (strtoull(line + 8, NULL, 16) >> CAP_SYS_PTRACE_BIT & 1);
}

static int yama_scope(void)
{
	char text[16];

	if (proc_read(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text,
		      sizeof(text)) < 0)
		return 0;
	return strtol(text, NULL, 10);
}

/* Root of a namespace below the initial one: its map is not the identity. */
static bool in_user_namespace(void)
{
	char text[128];
	unsigned long inside, outside, length;

	if (proc_read(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return false;
	return sscanf(text, "%lu %lu %lu", &inside, &outside, &length) == 3 &&
	       (outside != 0 || length < 4294967295ul);
}

static bool in_pid_namespace(void)
{
	char text[64];

	/* the initial one has a constant inode: PROC_PID_INIT_INO */
	ssize_t len = readlink("/proc/self/ns/pid", text, sizeof(text) - 1);

	return len > 0 && !memmem(text, len, "4026531836", 10);
}

static bool same_user(const char *own_status, const char *its_status)
{
	return proc_status_number(own_status, "Uid") ==
	       proc_status_number(its_status, "Uid");
}

/* A process that forbids being dumped has its /proc files owned by root. */
static bool is_undumpable(pid_t pid, const char *its_status)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return !stat(path, &st) &&
	       (long long)st.st_uid != proc_status_number(its_status, "Uid");
}

static enum refusal explain_root(const char *own)
{
	if (!has_ptrace_capability(own))
		return in_user_namespace() || in_pid_namespace() ?
			       REFUSED_CONTAINER :
			       REFUSED_CAPABILITY;
	if (proc_status_number(own, "Seccomp") == 2)
		return REFUSED_SECCOMP;
	return in_user_namespace() ? REFUSED_CONTAINER : REFUSED_UNKNOWN;
}

static enum refusal explain_user(pid_t pid, const char *own, const char *its)
{
	if (!same_user(own, its))
		return REFUSED_OTHER_USER;
	if (is_undumpable(pid, its))
		return REFUSED_DUMPABLE;
	if (yama_scope() > 0)
		return REFUSED_YAMA;
	return proc_status_number(own, "Seccomp") == 2 ? REFUSED_SECCOMP :
							 REFUSED_UNKNOWN;
}

static bool is_kernel_thread(const char *its)
{
	return proc_status_number(its, "VmSize") < 0 &&
	       proc_status_number(its, "Kthread") != 0;
}

void rights_explain(pid_t pid, struct rights *out)
{
	char own[STATUS_SIZE], its[STATUS_SIZE], path[64];

	*out = (struct rights){ .is_root = geteuid() == 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (proc_read(AT_FDCWD, "/proc/self/status", own, sizeof(own)) < 0 ||
	    proc_read(AT_FDCWD, path, its, sizeof(its)) < 0)
		return;
	out->tracer = MAX(0, proc_status_number(its, "TracerPid"));
	if (is_kernel_thread(its))
		out->why = REFUSED_KERNEL_THREAD;
	else if (out->tracer)
		out->why = REFUSED_TRACED;
	else
		out->why = out->is_root ? explain_root(own) :
					  explain_user(pid, own, its);
}
