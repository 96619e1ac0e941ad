/* save.c - write the profile so far, as `record` would */
#include "app.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cprof/export.h"

void save_default_name(const struct app *a, struct buf *out)
{
	const char *stem = a->options->save_stem;
	time_t now = (time_t)(clock_wall() / NSEC_PER_SEC);
	char stamp[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	buf_printf(out, "%s-%s.svg", stem ? stem : "profile", stamp);
}

/* ", from 1:02:03 on" if this format does not say all, else "". */
static void say_from(const struct app *a, const struct exporter *e,
		     char out[static 32])
{
	uint64_t from_ns = a->feed.timeline.from_ns;
	char when[16];

	out[0] = '\0';
	if (!e->needs_timeline || !from_ns)
		return;
	format_clock(when, (double)from_ns / 1e9);
	snprintf(out, 32, ", from %s on", when);
}

static int write_profile(const struct app *a, const struct exporter *e,
			 struct out *out)
{
	struct meta meta = *session_meta(a->session);
	struct profile p = {
		.defs = app_defs(a),
		.fold = &a->feed.fold,
		.timeline = &a->feed.timeline,
		.tally = &a->feed.tally,
		.view = &a->options->view,
		.meta = &meta,
	};
	struct buf command;
	struct stats stats;
	char from[32];
	int err;

	say_from(a, e, from);
	buf_init(&command);
	buf_printf(&command, "%s%s", meta.command ? meta.command : "", from);
	meta.command = command.data;
	session_stats(a->session, &stats);
	stats_subtract(&stats, &a->reset);
	p.stats = &stats;
	err = command.failed ? ERR_NOMEM : e->write(&p, out);
	buf_release(&command);
	return err;
}

static void say_failed(struct app *a, const char *path, int err)
{
	if (err != ERR_IO)
		app_message(a, "%s: %s", path, err_text(err));
	else if (errno == EEXIST)
		app_message(a, "%s exists: another name, please", path);
	else
		app_message(a, "%s: %s", path, strerror(errno));
}

static int save_as(struct app *a, const struct exporter *e, const char *path)
{
	struct out out;
	int err = out_open(&out, path, true);

	if (err)
		return err;
	err = write_profile(a, e, &out);
	if (!err)
		err = out_commit(&out);
	out_abort(&out);
	return err;
}

bool save_profile(struct app *a, const char *path)
{
	const struct exporter *e = export_by_path(path);
	char from[32];
	int err;

	if (!e) {
		app_message(a, "what format? the name ends in .svg, .folded or "
			       ".speedscope.json");
		return false;
	}
	err = save_as(a, e, path);
	say_from(a, e, from);
	if (err)
		say_failed(a, path, err);
	else
		app_message(a, "saved %s%s", path, from);
	return !err;
}
