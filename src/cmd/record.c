/* record.c - cprof record: sample a program, write one file
 *
 * The order is the promise: the options are checked, the file is opened, only
 * then is anything started or sampled. Afterwards the file comes before
 * everything else: whatever ends the recording, what was sampled is written.
 */
#include "cprof/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cprof/sampler.h"

#include "attach.h"
#include "fail.h"
#include "launch.h"
#include "live.h"
#include "options.h"
#include "output.h"
#include "say.h"
#include "signals.h"
#include "summary.h"
#include "targets.h"

enum { LOOK_MSEC = 100 }; /* how soon a signal is noticed */

struct record {
	struct options o;
	struct output output;
	struct launch launch;
	struct session *session;
	struct fold fold;
	struct tally tally;
	struct hot hot;
	struct timeline timeline;
	struct live live;
	struct stats stats;
	enum session_end end;
	pid_t pid;
};

static int read_sample(void *arg, const struct defs *d, const struct sample *s)
{
	struct record *r = arg;
	int err;

	err = fold_sample(&r->fold, s);
	if (!err)
		err = tally_sample(&r->tally, d, s);
	if (!err)
		err = hot_sample(&r->hot, d, s);
	if (!err && r->output.format->needs_timeline)
		err = timeline_sample(&r->timeline, s);

	return err;
}

/* Named by its functions, not by lines, whatever the file says. */
static void init_readers(struct record *r)
{
	struct view functions = r->o.view;

	functions.nolineno = false;
	fold_init(&r->fold, &r->o.view);
	tally_init(&r->tally);
	hot_init(&r->hot, &functions, false);
	timeline_init(&r->timeline, &r->o.view);
}

static void release(struct record *r)
{
	timeline_release(&r->timeline);
	hot_release(&r->hot);
	tally_release(&r->tally);
	fold_release(&r->fold);
	session_free(r->session);
	options_release(&r->o);
	output_drop(&r->output);
}

static uint64_t duration_ns(const struct options *o)
{
	return (uint64_t)(o->duration_s * (double)NSEC_PER_SEC);
}

static int new_session(struct record *r)
{
	struct session_options so = {
		.pids = &r->pid,
		.pid_count = 1,
		.launched = r->launch.spawn.pid != 0,
		.duration_ns = duration_ns(&r->o),
	};
	int err;

	targets_fill(&so, &r->o);
	err = attach_session(&r->session, &so);
	if (!err)
		err = session_add_reader(r->session, read_sample, r);

	return err;
}

/* ---- what is sampled and where it goes -------------------------------- */

static int open_file(struct record *r, const char *name)
{
	int status = output_open(&r->output, name, r->pid);

	if (r->output.out.temp)
		signals_remove_on_crash(r->output.out.temp);

	return status;
}

static int open_attached(struct record *r)
{
	struct buf name;
	int status, err;

	signals_catch(false);
	r->pid = r->o.pids.items[0];
	err = new_session(r);
	if (err)
		return targets_fail(r->session, &r->o, err);
	targets_say_refused(r->session);
	buf_init(&name);
	output_stem_of(&name, session_meta(r->session)->command);
	status = open_file(r, name.data);
	buf_release(&name);

	return status;
}

static int open_launched(struct record *r)
{
	struct buf name;
	int status;

	signals_catch(true);
	buf_init(&name);
	output_stem(&name, r->o.command);
	status = open_file(r, name.data);
	if (status == OPTIONS_GO)
		status = launch_start(&r->launch, r->o.command, false, -1);
	r->pid = r->launch.spawn.pid;
	if (status == OPTIONS_GO)
		output_rename(&r->output, r->pid);
	buf_release(&name);

	return status;
}

/* ---- sampling --------------------------------------------------------- */

static void say_start(const struct record *r)
{
	const char *below = r->o.follow ? " and what they start" : "";

	if (r->o.quiet || r->launch.spawn.pid || r->o.duration_s > 0)
		return;
	if (r->o.pids.count > 1)
		say("sampling %u processes%s %g times a second until they end "
		    "or Ctrl-C",
		    r->o.pids.count, below, r->o.rate_hz);
	else
		say("sampling PID %d%s %g times a second until %s or Ctrl-C",
		    (int)r->pid, r->o.follow ? " and what it starts" : "",
		    r->o.rate_hz, r->o.follow ? "all ended" : "it ends");
}

static bool asked_to_end(const struct record *r)
{
	int enough = r->launch.spawn.pid ? 2 : 1;

	return signals_ending() || signals_interrupts() >= enough;
}

static void sample(struct record *r)
{
	struct stats now;

	live_init(&r->live, !r->o.quiet && !r->o.hide_progress,
		  duration_ns(&r->o));
	do {
		if (asked_to_end(r))
			session_stop(r->session);
		r->end = session_step(r->session, LOOK_MSEC);
		if (!live_due(&r->live))
			continue;
		session_stats(r->session, &now);
		live_show(&r->live, &now, r->fold.count);
	} while (r->end == SESSION_RUNNING);
	live_clear(&r->live);
	session_stats(r->session, &r->stats);
}

/* ---- the end ---------------------------------------------------------- */

static struct profile profile_of(const struct record *r)
{
	bool timeline = r->output.format->needs_timeline;

	return (struct profile){
		.defs = session_defs(r->session),
		.fold = &r->fold,
		.timeline = timeline ? &r->timeline : NULL,
		.tally = &r->tally,
		.view = &r->o.view,
		.stats = &r->stats,
		.meta = session_meta(r->session),
	};
}

/* Of the tree: too short to have a sample. */
static void say_unsampled(const struct record *r)
{
	const char *name, *before = ": ";
	uint64_t all = 0, n;
	struct buf line;

	for (unsigned int i = 0; (n = session_unsampled(r->session, i, &name));
	     i++)
		all += n;
	if (!all)
		return;
	buf_init(&line);
	buf_printf(&line, "%llu process%s ended before a first sample",
		   (unsigned long long)all, all == 1 ? "" : "es");
	for (unsigned int i = 0; (n = session_unsampled(r->session, i, &name));
	     i++, before = ", ") {
		buf_printf(&line, "%s%llu ", before, (unsigned long long)n);
		text_terminal(&line, name, strlen(name));
	}
	say_buf(&line);
	buf_release(&line);
}

static int write_file(struct record *r)
{
	struct profile p = profile_of(r);
	int err, status;

	err = r->output.format->write(&p, &r->output.out);
	if (err)
		return fail_plain("cannot write the profile", err);
	signals_remove_on_crash("");
	status = output_commit(&r->output);
	if (r->o.quiet)
		return status;
	summary_findings(&p, &r->hot);
	if (status == EXIT_DONE)
		summary_file(&p, r->output.shown,
			     r->end == SESSION_TARGET_ENDED &&
				     !r->launch.spawn.pid,
			     r->output.is_stdout ? NULL :
						   r->output.format->open_with);

	if (status == EXIT_DONE)
		say_unsampled(r);
	targets_say_unmatched(&r->o, p.defs);

	return status;
}

/* Was an interpreter found, now or earlier? */
static bool saw_python(const struct record *r)
{
	return *session_found(r->session) != '\0';
}

static int fail_command(const struct record *r, int err)
{
	if (r->end == SESSION_TARGET_ENDED)
		err = ERR_NOPROC;

	return fail_launched(r->o.command[0], r->pid, err,
			     r->session ? session_found(r->session) : "",
			     r->o.words);
}

/* It ended in an error. What was sampled is written all the same. */
static int finish_failed(struct record *r)
{
	int err = session_error(r->session), status = EXIT_DONE;

	if (r->stats.ticks)
		status = write_file(r);
	if (err == ERR_REPLACED && r->stats.ticks && !r->o.quiet)
		say("PID %d runs another program now: the recording ends there",
		    (int)r->pid);
	if (err == ERR_REPLACED && r->stats.ticks)
		return status;
	if (r->launch.spawn.pid)
		return fail_command(r, err);

	return fail_attach(r->pid, err, r->o.words);
}

static int finish(struct record *r)
{
	if (r->end == SESSION_FAILED)
		return finish_failed(r);
	if (r->launch.spawn.pid && !saw_python(r))
		return fail_command(r, 0);
	if (!saw_python(r))
		return fail_attach(r->pid, ERR_NOT_PYTHON, r->o.words);

	return write_file(r);
}

static int run(struct record *r)
{
	int err;

	err = r->session ? 0 : new_session(r);
	if (!err)
		err = session_start(r->session);
	if (err && r->launch.spawn.pid)
		return fail_command(r, err);
	if (err)
		return fail_attach(r->pid, err, r->o.words);
	say_start(r);
	sample(r);

	return finish(r);
}

/* The launched command after the recording: cprof exits as it does. */
static int finish_command(struct record *r, int own)
{
	struct launch *l = &r->launch;

	output_drop(&r->output);
	if (r->o.kill_signal && r->end != SESSION_TARGET_ENDED)
		launch_end(l, r->o.kill_signal);
	else if (!signals_ending())
		launch_wait(l, !r->o.quiet && r->end != SESSION_TARGET_ENDED);
	if (!launch_poll(l, 0) && !r->o.quiet)
		say("PID %d runs on", (int)l->spawn.pid);

	return launch_exit_status(l, own);
}

int cmd_record(int argc, char **argv)
{
	struct record r = { 0 };
	int status;

	status = options_parse(&r.o, IN_RECORD, argc, argv);
	if (status == OPTIONS_GO)
		status = output_choose(&r.output, &r.o);
	if (status == OPTIONS_GO)
		status = targets_find(&r.o);
	if (status != OPTIONS_GO) {
		options_release(&r.o);
		return status;
	}
	init_readers(&r);
	status = r.o.command ? open_launched(&r) : open_attached(&r);
	if (status == OPTIONS_GO)
		status = run(&r);
	if (r.launch.spawn.pid)
		status = finish_command(&r, status);
	release(&r);

	return status;
}
