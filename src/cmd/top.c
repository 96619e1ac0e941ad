/* top.c - cprof top: options, then the live view or its text
 *
 * A launched command gets /dev/null as its input and a file for its output, as
 * the screen is ours; the file is named at the end, if anything is in it.
 */
#include "cprof/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cprof/tui.h"

#include "attach.h"
#include "fail.h"
#include "launch.h"
#include "options.h"
#include "output.h"
#include "say.h"
#include "signals.h"
#include "targets.h"

struct top {
	struct options o;
	struct launch launch;
	struct session *session;
	struct tui_options tui;
	struct tui_result result;
	char log[PATH_MAX]; /* what the command prints; "" if none */
	pid_t pid;
};

static int check(struct top *t)
{
	if (t->o.sort && tui_sort_by_name(t->o.sort, &t->tui.sort))
		return say_usage("top",
				 "--sort %s: there is no such column; "
				 "there are: %s",
				 t->o.sort, tui_sort_names());
	if (t->o.batch || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return OPTIONS_GO;
	say("top needs a terminal; cprof top -b prints plain text instead");

	return EXIT_FAILED;
}

/* Root makes the file, the caller of sudo reads it. */
static void give_to_caller(int fd)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");
	uint64_t u, g;

	if (geteuid() != 0 || !uid || !gid || number_count(uid, &u) ||
	    number_count(gid, &g))
		return;
	if (fchown(fd, (uid_t)u, (gid_t)g))
		log_line(1, "cannot give %s away: %s", "the command's output",
			 strerror(errno));
}

static int open_log(struct top *t)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(t->log, sizeof(t->log), "%s/cprof-top-XXXXXX",
		 folder && *folder ? folder : "/tmp");
	fd = mkostemp(t->log, O_CLOEXEC);
	if (fd < 0) {
		say("cannot keep the command's output in %s: %s; set TMPDIR",
		    t->log, strerror(errno));
		*t->log = '\0';
		return fd;
	}
	give_to_caller(fd);

	return fd;
}

static int launch(struct top *t)
{
	int fd = open_log(t), status;

	if (fd < 0)
		return EXIT_FAILED;
	status = launch_start(&t->launch, t->o.command, true, fd);
	close(fd);
	t->pid = t->tui.command = t->launch.spawn.pid;
	t->tui.command_output = t->log;

	return status;
}

/* The target cannot be looked into, or no longer. */
static int fail_target(const struct top *t, int err)
{
	if (err == ERR_REPLACED) {
		say("PID %d runs another program now", (int)t->pid);
		return EXIT_DONE;
	}
	if (!t->launch.spawn.pid)
		return fail_attach(t->pid, err, t->o.words);

	return fail_launched(t->o.command[0], t->pid, err,
			     t->session ? session_found(t->session) : "",
			     t->o.words);
}

static int open_session(struct top *t)
{
	struct session_options so = {
		.takes_stop = !t->o.batch,
		.pids = &t->pid,
		.pid_count = 1,
		.launched = t->launch.spawn.pid != 0,
	};
	int err;

	targets_fill(&so, &t->o);
	err = attach_session(&t->session, &so);
	if (err && !so.launched)
		return targets_fail(t->session, &t->o, err);
	if (err)
		return fail_target(t, err);
	targets_say_refused(t->session);

	return OPTIONS_GO;
}

static bool saw_python(const struct top *t)
{
	const char *version = session_meta(t->session)->python;

	return version && *version;
}

/* The view itself could not be had, or its output not be written. */
static int fail_view(const struct top *t, int err)
{
	if (err == ERR_IO && errno == EPIPE)
		return EXIT_DONE; /* as in `cprof top -b | head` */
	if (err == ERR_IO && t->o.batch)
		return fail_plain("cannot write to standard output", err);
	if (err != ERR_NOT_FOUND && err != ERR_IO)
		return fail_target(t, err);
	say("this terminal cannot show top; cprof top -b prints plain text "
	    "instead");

	return EXIT_FAILED;
}

static int view(struct top *t)
{
	struct buf stem;
	int err;

	buf_init(&stem);
	output_stem_of(&stem, session_meta(t->session)->command);
	t->tui.view = t->o.view;
	t->tui.delay_s = t->o.delay_s;
	t->tui.save_stem = stem.data;
	if (t->o.batch)
		err = tui_batch(t->session, &t->tui, (unsigned int)t->o.count,
				&t->result);
	else
		err = tui_run(t->session, &t->tui, &t->result);
	buf_release(&stem);
	if (err)
		return fail_view(t, err);
	if (t->result.end == SESSION_FAILED)
		return fail_target(t, session_error(t->session));
	if (t->result.end == SESSION_TARGET_ENDED && !saw_python(t))
		return fail_target(t, ERR_NOPROC);

	return EXIT_DONE;
}

/* Name the file with the command's output, or remove it when it is empty. */
static void say_log(const struct top *t)
{
	struct stat st;

	if (stat(t->log, &st))
		return;
	if (st.st_size == 0 && t->launch.ended)
		unlink(t->log);
	else
		say("the output of PID %d is in %s", (int)t->pid, t->log);
}

static int finish_command(struct top *t, int own)
{
	struct launch *l = &t->launch;

	if (t->result.end_command)
		launch_end(l, SIGTERM);
	else if (t->result.end == SESSION_TARGET_ENDED)
		launch_wait(l, false);
	if (!launch_poll(l, 0))
		say("PID %d runs on", (int)l->spawn.pid);
	say_log(t);
	if (l->ended)
		return launch_exit_status(l, own);
	if (t->result.signal)
		return 128 + t->result.signal;

	return own == EXIT_DONE ? own : EXIT_OWN_FAILURE;
}

static int run(struct top *t)
{
	int status = OPTIONS_GO;

	if (t->o.pids.count)
		t->pid = t->o.pids.items[0];
	if (t->o.command)
		status = launch(t);
	signals_survive_writes();
	if (status == OPTIONS_GO)
		status = open_session(t);
	if (status == OPTIONS_GO)
		status = view(t);
	if (t->launch.spawn.pid)
		status = finish_command(t, status);
	else if (*t->log)
		unlink(t->log);
	session_free(t->session);

	return status;
}

int cmd_top(int argc, char **argv)
{
	struct top t = { 0 };
	int status;

	status = options_parse(&t.o, IN_TOP, argc, argv);
	if (status == OPTIONS_GO)
		status = check(&t);
	if (status == OPTIONS_GO)
		status = targets_find(&t.o);
	if (status == OPTIONS_GO)
		status = run(&t);
	options_release(&t.o);

	return status;
}
