/* export.c - the table of formats
 *
 * Small and searched once per run.  A suffix must match the end of the whole
 * file name; the longest one that does decides, so that `.speedscope.json`
 * stays itself when another format takes plain `.json`.
 */
#include "cprof/export.h"

#include <string.h>
#include <strings.h>

#include "formats.h"

#ifndef CPROF_VERSION
#define CPROF_VERSION "unknown"
#endif

static const struct exporter formats[] = {
	{
		.name = "flamegraph",
		.aliases = { "svg" },
		.suffix = ".svg",
		.suffixes = { ".svg" },
		.open_with = "any web browser",
		.write = svg_write,
	},
	{
		.name = "raw",
		.aliases = { "folded", "collapsed" },
		.suffix = ".folded",
		.suffixes = { ".folded", ".collapsed", ".txt" },
		.open_with = "less %s",
		.of_lines = true,
		.write = folded_write,
	},
	{
		.name = "speedscope",
		.suffix = ".speedscope.json",
		.suffixes = { ".speedscope.json", ".json" },
		.open_with = "https://www.speedscope.app",
		.needs_timeline = true,
		.write = speedscope_write,
	},
};

const char *export_version(void)
{
	return CPROF_VERSION;
}

static bool is_called(const struct exporter *e, const char *name)
{
	if (strcasecmp(e->name, name) == 0)
		return true;
	for (size_t i = 0; e->aliases[i]; i++)
		if (strcasecmp(e->aliases[i], name) == 0)
			return true;

	return false;
}

const struct exporter *export_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (is_called(&formats[i], name))
			return &formats[i];

	return NULL;
}

static bool ends_in(const char *path, const char *suffix)
{
	size_t len = strlen(path), end = strlen(suffix);

	return len >= end && strcasecmp(path + len - end, suffix) == 0;
}

/* Length of the longest suffix of e that path ends in; 0 if none. */
static size_t fit(const struct exporter *e, const char *path)
{
	size_t best = 0;

	for (size_t i = 0; e->suffixes[i]; i++)
		if (ends_in(path, e->suffixes[i]))
			best = MAX(best, strlen(e->suffixes[i]));

	return best;
}

const struct exporter *export_by_path(const char *path)
{
	const struct exporter *found = NULL;
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t len = fit(&formats[i], path);

		if (len <= best)
			continue;
		best = len;
		found = &formats[i];
	}

	return found;
}

const char *export_names(void)
{
	return "flamegraph, raw, speedscope";
}
