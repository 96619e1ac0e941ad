/* targets.c - the processes that the options mean
 *
 * --match looks at whole command lines, as ps shows them, and only at those of
 * Python processes; cprof itself and the shell or sudo that started it do not
 * match, whatever their words are.
 */
#include "targets.h"

#include <regex.h>

#include "fail.h"
#include "pythons.h"
#include "say.h"

enum { COMMAND_COLUMNS = 60 };

/* OPTIONS_GO, or why it is none was said. */
static int compile(regex_t *re, const char *option, const char *pattern)
{
	int error = regcomp(re, pattern, REG_EXTENDED | REG_NOSUB);
	char text[128];

	if (!error)
		return OPTIONS_GO;
	regerror(error, re, text, sizeof(text));

	return say_instead("%s %s: not a regular expression: %s", option,
			   pattern, text);
}

/* Leaves those that match and that we may look into. */
static void keep_matching(struct pythons *p, const regex_t *re)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->list.count; i++) {
		struct running *r = &p->list.items[i];

		if (regexec(re, r->command, 0, NULL, 0)) {
			free(r->command);
			r->command = NULL;
			continue;
		}
		p->list.items[n++] = *r;
	}
	p->list.count = n;
}

static int say_several(struct pythons *p, const char *pattern)
{
	struct buf line;

	pythons_measure(p);
	say("%u processes match %s: choose one with -p, or all with --all",
	    p->list.count, pattern);
	for (uint32_t i = 0; i < p->list.count; i++) {
		const struct running *r = &p->list.items[i];

		buf_init(&line);
		buf_printf(&line, "PID %d, ", (int)r->pid);
		if (r->cpu_percent >= 0)
			buf_printf(&line, "%.0f %% CPU: ", r->cpu_percent);
		add_cut(&line, r->command, COMMAND_COLUMNS);
		say_buf(&line);
		buf_release(&line);
	}

	return EXIT_USAGE;
}

static int take(struct options *o, struct pythons *p)
{
	if (p->list.count == 0) {
		say("no Python process matches %s; cprof ps lists those that "
		    "run",
		    o->match);
		return EXIT_NO_PROCESS;
	}
	if (p->list.count > 1 && !o->all)
		return say_several(p, o->match);
	for (uint32_t i = 0; i < p->list.count; i++) {
		pid_t *place = vec_push(&o->pids);

		if (!place)
			return fail_plain("--match", ERR_NOMEM);
		*place = p->list.items[i].pid;
	}
	o->view.processes |= o->pids.count > 1;

	return OPTIONS_GO;
}

static int find_matching(struct options *o)
{
	struct pythons p;
	regex_t re;
	int status = compile(&re, "--match", o->match);

	if (status != OPTIONS_GO)
		return status;
	pythons_find(&p);
	keep_matching(&p, &re);
	status = take(o, &p);
	pythons_release(&p);
	regfree(&re);

	return status;
}

static bool is_among(const pid_t *pids, uint32_t count, pid_t pid)
{
	for (uint32_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;

	return false;
}

/* top -H and debuggers show the ids of threads: meant is their process. */
static void take_processes(struct options *o)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->pids.count; i++) {
		pid_t id = o->pids.items[i], pid = target_of_thread(id);

		if (pid && pid != id)
			say("%d is a thread of PID %d: all of that is looked "
			    "at; --thread chooses threads by name",
			    (int)id, (int)pid);
		pid = pid ? pid : id;
		if (!is_among(o->pids.items, n, pid))
			o->pids.items[n++] = pid;
	}
	o->pids.count = n;
	o->view.processes = o->follow || n > 1;
}

int targets_find(struct options *o)
{
	int status = OPTIONS_GO;

	take_processes(o);
	if (o->thread)
		status = compile(&o->thread_names, "--thread", o->thread);
	o->has_names = o->thread && status == OPTIONS_GO;
	if (status == OPTIONS_GO && o->match)
		status = find_matching(o);

	return status;
}

static bool wants_thread(void *arg, const char *name)
{
	const struct options *o = arg;

	return regexec(&o->thread_names, name, 0, NULL, 0) == 0;
}

void targets_fill(struct session_options *so, struct options *o)
{
	so->follow = o->follow;
	so->never_stop = o->nonblocking;
	so->rate_hz = o->rate_hz;
	so->max_slowdown = o->max_slowdown / 100;
	so->max_cpu = o->max_cpu / 100;
	so->wants_thread = o->has_names ? wants_thread : NULL;
	so->wants_arg = o;
	if (o->command)
		return;
	so->pids = o->pids.items;
	so->pid_count = o->pids.count;
}

void targets_say_refused(const struct session *s)
{
	pid_t pid;
	int err;

	for (unsigned int i = 0; (err = session_refused(s, i, &pid)); i++)
		say("PID %d is left out: %s", (int)pid, err_text(err));
}

int targets_fail(const struct session *s, const struct options *o, int err)
{
	pid_t pid = o->pids.items[0];

	if (o->pids.count > 1 && s)
		targets_say_refused(s);
	if (s && session_refused(s, 0, &pid))
		err = session_refused(s, 0, &pid);

	return fail_attach(pid, err, o->words);
}

void targets_say_unmatched(const struct options *o, const struct defs *d)
{
	if (o->thread && !d->threads.count)
		say("no thread's name matches %s; cprof dump without --thread "
		    "shows the names",
		    o->thread);
}
