/* fail.c - errors as people read them
 *
 * The one place that turns ERR_* into words and an exit status: what is wrong
 * in the first line, what to do in the second. What to do is found out from
 * the facts of the place (capabilities, ids, Yama), not guessed from names.
 */
#include "fail.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cprof/python.h"

#include "pythons.h"
#include "say.h"

enum { COMMAND_COLUMNS = 50 };

/* The Python process that may have been meant. */
static void hint_nearest(pid_t pid)
{
	const struct running *r;
	struct pythons p;
	struct buf line;

	pythons_find(&p);
	r = pythons_nearest(&p, pid);
	if (r) {
		buf_init(&line);
		buf_printf(&line,
			   "the nearest Python process is %d: ", (int)r->pid);
		add_cut(&line, r->command, COMMAND_COLUMNS);
		buf_puts(&line, " (cprof ps lists all)");
		say_buf(&line);
		buf_release(&line);
	} else {
		say("no Python process runs here; cprof record -- python3 x.py "
		    "starts one");
	}
	pythons_release(&p);
}

/* The same command line again, as root. */
static void hint_sudo(char *const words[], const char *otherwise)
{
	char self[PATH_MAX] = "cprof";
	struct buf line;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0)
		self[len] = '\0';
	buf_init(&line);
	buf_puts(&line, "run: sudo ");
	add_shell_word(&line, self);
	for (; *words; words++) {
		buf_putc(&line, ' ');
		add_shell_word(&line, *words);
	}
	buf_puts(&line, otherwise);
	say_buf(&line);
	buf_release(&line);
}

static void hint_yama(const struct rights *r, char *const words[])
{
	if (r->is_root)
		say("run on the host: sysctl kernel.yama.ptrace_scope=1 (a "
		    "value of 3 stays until the next boot)");
	else
		hint_sudo(words, " (or, for all programs of a user: sudo "
				 "sysctl kernel.yama.ptrace_scope=0)");
}

static void hint_container(void)
{
	say("start the container with --cap-add SYS_PTRACE; in Kubernetes: "
	    "securityContext.capabilities.add: [SYS_PTRACE]");
}

/* `PID 4711 (python3 server.py)`, as far as that is known. */
static void add_process(struct buf *b, pid_t pid)
{
	struct buf command;
	struct target t;

	buf_printf(b, "PID %d", (int)pid);
	if (target_open(&t, pid))
		return;
	buf_init(&command);
	target_command(&t, &command);
	target_close(&t);
	if (command.len) {
		buf_puts(b, " (");
		add_cut(b, command.data, COMMAND_COLUMNS);
		buf_puts(b, ")");
	}
	buf_release(&command);
}

static void hint_tracer(pid_t tracer)
{
	struct buf line;

	buf_init(&line);
	buf_puts(&line, "end that one first: ");
	add_process(&line, tracer);
	say_buf(&line);
	buf_release(&line);
}

/* What refuses, in a few words. */
static const char *refusal_text(enum refusal why)
{
	switch (why) {
	case REFUSED_OTHER_USER:
		return "it belongs to another user";
	case REFUSED_YAMA:
		return "Yama lets only parents trace (kernel.yama."
		       "ptrace_scope)";
	case REFUSED_CAPABILITY:
	case REFUSED_CONTAINER:
		return "root without the capability CAP_SYS_PTRACE";
	case REFUSED_DUMPABLE:
		return "it has made itself unreadable (not dumpable)";
	case REFUSED_TRACED:
		return "another program traces it";
	case REFUSED_SECCOMP:
		return "a seccomp filter forbids it";
	default:
		return "the kernel refuses";
	}
}

static void hint_permission(const struct rights *r, char *const words[])
{
	switch (r->why) {
	case REFUSED_YAMA:
		hint_yama(r, words);
		break;
	case REFUSED_CAPABILITY:
	case REFUSED_CONTAINER:
		hint_container();
		break;
	case REFUSED_TRACED:
		hint_tracer(r->tracer);
		break;
	case REFUSED_SECCOMP:
		say("start the container with --cap-add SYS_PTRACE, which "
		    "also opens its seccomp filter");
		break;
	default:
		if (r->is_root)
			hint_container();
		else
			hint_sudo(words, "");
	}
}

static int fail_kernel_thread(pid_t pid)
{
	say("PID %d is a thread of the kernel, not a program", (int)pid);
	hint_nearest(pid);

	return EXIT_NOT_PYTHON;
}

static int fail_permission(pid_t pid, char *const words[])
{
	struct rights rights;

	rights_explain(pid, &rights);
	if (rights.why == REFUSED_KERNEL_THREAD)
		return fail_kernel_thread(pid);
	say("not permitted to look into PID %d: %s", (int)pid,
	    refusal_text(rights.why));
	hint_permission(&rights, words);

	return EXIT_PERMISSION;
}

/* Its maps could be read, but nothing else: then nobody knows what it is. */
static bool is_closed(pid_t pid)
{
	struct target t;
	bool closed;

	if (target_open(&t, pid))
		return false;
	closed = t.root < 0;
	target_close(&t);

	return closed;
}

static int fail_not_python(pid_t pid, char *const words[])
{
	struct rights rights;
	struct buf line;

	rights_explain(pid, &rights);
	if (rights.why == REFUSED_KERNEL_THREAD)
		return fail_kernel_thread(pid);
	if (is_closed(pid))
		return fail_permission(pid, words);
	buf_init(&line);
	add_process(&line, pid);
	buf_puts(&line, " is not Python: there is no CPython runtime in it");
	say_buf(&line);
	buf_release(&line);
	hint_nearest(pid);

	return EXIT_NOT_PYTHON;
}

int fail_unsupported(const char *what, const char *found)
{
	say("%s runs %s, which this cprof cannot read", what,
	    *found ? found : "a CPython");
	say("it reads 3.11 to 3.14 with a GIL; a newer cprof may know more");

	return EXIT_NOT_PYTHON;
}

static int fail_version(pid_t pid)
{
	struct python python = { 0 };
	char what[32], found[400];
	struct target t;

	if (target_open(&t, pid) == 0) {
		(void)python_attach(&python, &t);
		target_close(&t);
	}
	snprintf(what, sizeof(what), "PID %d", (int)pid);
	snprintf(found, sizeof(found), "CPython %s%s (%s)",
		 python.runtime.version ? python.version : "of unknown version",
		 python.runtime.free_threaded ? ", free-threaded" : "",
		 *python.runtime.object ? python.runtime.object : "no file");

	return fail_unsupported(what, found);
}

int fail_plain(const char *what, int err)
{
	if (err == ERR_IO)
		say("%s: %s", what, strerror(errno));
	else
		say("%s: %s", what, err_text(err));

	return EXIT_FAILED;
}

int fail_attach(pid_t pid, int err, char *const words[])
{
	switch (err) {
	case ERR_PERM:
		return fail_permission(pid, words);
	case ERR_NOPROC:
		say("no process has the PID %d, or it has ended", (int)pid);
		hint_nearest(pid);
		return EXIT_NO_PROCESS;
	case ERR_NOT_PYTHON:
		return fail_not_python(pid, words);
	case ERR_UNSUPPORTED:
		return fail_version(pid);
	case ERR_NOT_READY:
		say("PID %d has not started its interpreter yet: try again",
		    (int)pid);
		return EXIT_NOT_PYTHON;
	case ERR_REPLACED:
		say("PID %d runs another program now: try again", (int)pid);
		return EXIT_NOT_PYTHON;
	default:
		say("cannot look into PID %d: %s", (int)pid, err_text(err));
		return EXIT_FAILED;
	}
}

int fail_launched(const char *word, pid_t pid, int err, const char *found,
		  char *const words[])
{
	switch (err) {
	case ERR_UNSUPPORTED:
		return fail_unsupported(word, found);
	case ERR_NOPROC:
		say("%s ended before a Python interpreter ran in it; name the "
		    "program that becomes Python itself",
		    word);
		return EXIT_NOT_PYTHON;
	case 0:
	case ERR_NOT_PYTHON:
	case ERR_NOT_READY:
		say("no Python interpreter ran in %s; attach to its Python "
		    "with -p (cprof ps lists them)",
		    word);
		return EXIT_NOT_PYTHON;
	default:
		return fail_attach(pid, err, words);
	}
}
