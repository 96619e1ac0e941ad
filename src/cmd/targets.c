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

static int bad_pattern(const char *pattern, const regex_t *re, int error)
{
	char text[128];

	regerror(error, re, text, sizeof(text));

	return say_instead("--match %s: not a regular expression: %s", pattern,
			   text);
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

int targets_find(struct options *o)
{
	struct pythons p;
	regex_t re;
	int error, status;

	if (!o->match)
		return OPTIONS_GO;
	error = regcomp(&re, o->match, REG_EXTENDED | REG_NOSUB);
	if (error)
		return bad_pattern(o->match, &re, error);
	pythons_find(&p);
	keep_matching(&p, &re);
	status = take(o, &p);
	pythons_release(&p);
	regfree(&re);

	return status;
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
