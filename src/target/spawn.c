/* spawn.c - start the program to profile, as its user would have */
#include "cprof/target.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	return !access(path, X_OK);
}

/* What execvp() would take, for messages; the name itself if nothing fits. */
static void find_program(char out[PATH_MAX], const char *name)
{
	const char *dir = getenv("PATH"), *end;

	for (; dir && !strchr(name, '/'); dir = *end ? end + 1 : NULL) {
		end = strchrnul(dir, ':');
		snprintf(out, PATH_MAX, "%.*s/%s", (int)(end - dir), dir, name);
		if (is_program(out))
			return;
	}
	snprintf(out, PATH_MAX, "%s", name);
}

static long caller_id(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	long id = text ? strtol(text, &end, 10) : -1;

	return text && *text && !*end ? id : -1;
}

static bool under_sudo(void)
{
	return geteuid() == 0 && caller_id("SUDO_UID") > 0;
}

static int become_caller(void)
{
	uid_t uid = caller_id("SUDO_UID");
	struct passwd *who = getpwuid(uid);
	gid_t gid = caller_id("SUDO_GID");

	if (who && initgroups(who->pw_name, gid))
		return -1;
	if (!who && setgroups(1, &gid))
		return -1;
	return setgid(gid) || setuid(uid) ? -1 : 0;
}

static void redirect(bool quiet, int out)
{
	int null;

	if (quiet) {
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		dup2(null, STDIN_FILENO);
	}
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
}

static void child_run(const struct spawn *s, char *const argv[], bool quiet,
		      int out, int report)
{
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	redirect(quiet, out);
	if (!s->as_caller || !become_caller())
		execvp(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* 0 once the exec succeeded: the pipe then closed without a word. */
static int await_exec(struct spawn *s, int report)
{
	int error = 0;
	ssize_t got;

	do {
		got = read(report, &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	close(report);
	if (got != sizeof(error))
		return 0;
	waitpid(s->pid, NULL, 0);
	errno = error;
	return ERR_IO;
}

int spawn_start(struct spawn *s, char *const argv[], bool quiet, int out)
{
	int report[2];

	*s = (struct spawn){ .pidfd = -1, .as_caller = under_sudo() };
	find_program(s->program, argv[0]);
	if (pipe2(report, O_CLOEXEC))
		return ERR_IO;
	s->pid = fork();
	if (s->pid == 0)
		child_run(s, argv, quiet, out, report[1]);
	close(report[1]);
	if (s->pid < 0) {
		close(report[0]);
		return ERR_IO;
	}
	s->pidfd = syscall(SYS_pidfd_open, s->pid, 0);
	return await_exec(s, report[0]);
}

/* Asks for its end only: waitpid() would also take the reports of stops, which
 * are the sampler's. */
bool spawn_ended(struct spawn *s, int *status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, s->pid, &info, WEXITED | WNOHANG) || !info.si_pid)
		return false;
	*status = info.si_code == CLD_EXITED ? info.si_status << 8 :
					       info.si_status;
	return true;
}
