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

static int write_profile(const struct app *a, const struct exporter *e,
			 struct out *out)
{
	struct profile p = {
		.defs = app_defs(a),
		.fold = &a->feed.fold,
		.tally = &a->feed.tally,
		.view = &a->options->view,
		.meta = session_meta(a->session),
	};
	struct stats stats;

	session_stats(a->session, &stats);
	stats_subtract(&stats, &a->reset);
	p.stats = &stats;
	return e->write(&p, out);
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
	int err;

	if (!e) {
		app_message(a, "what format? the name ends in .svg or .folded");
		return false;
	}
	if (e->needs_timeline) {
		app_message(a, "%s needs every sample in order: cprof record",
			    e->name);
		return false;
	}
	err = save_as(a, e, path);
	if (err)
		say_failed(a, path, err);
	else
		app_message(a, "saved %s", path);
	return !err;
}
