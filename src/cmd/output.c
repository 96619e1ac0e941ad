/* output.c - where a recording goes, and in which format
 *
 * The file is opened before anything is sampled or started. A launched
 * command's pid is not known then: it comes into the name afterwards, which
 * costs nothing, as a file gets its name only when it is whole.
 */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { TRIES = 99 };

/* Formats that a later version brings, with the names that choose them. */
/* clang-format off */
static const struct {
	const char *names[4];
	const char *suffixes[3];
} later[] = {
	{ { "chrometrace", "chrome", "perfetto" }, { ".trace.json" } },
	{ { "pprof" }, { ".pb.gz", ".pprof" } },
	{ { "firefox", "gecko" }, { ".firefox.json" } },
	{ { "callgrind" }, { NULL } },
	{ { "pstats" }, { ".prof", ".pstats" } },
	{ { "html" }, { ".html" } },
	{ { "text" }, { NULL } },
	{ { "json" }, { NULL } },
	{ { "cprof" }, { ".cprof" } },
};
/* clang-format on */

static bool ends_in(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcasecmp(s + len - n, end) == 0;
}

/* The later format of that name, or NULL. */
static const char *later_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		for (size_t k = 0; later[i].names[k]; k++)
			if (strcasecmp(later[i].names[k], name) == 0)
				return later[i].names[0];

	return NULL;
}

static const char *later_by_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strncmp(slash ? slash + 1 : path, "callgrind.", 10) == 0)
		return "callgrind";
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		for (size_t k = 0; later[i].suffixes[k]; k++)
			if (ends_in(path, later[i].suffixes[k]))
				return later[i].names[0];

	return NULL;
}

static int choose_by_name(struct output *w, const char *name)
{
	const char *known;

	w->format = export_by_name(name);
	if (w->format)
		return OPTIONS_GO;
	known = later_by_name(name);
	if (known)
		return say_usage("record",
				 "the format %s comes in a later "
				 "version; now: %s",
				 known, export_names());

	return say_usage("record", "there is no format %s; there are: %s", name,
			 export_names());
}

/* On a time line what passes is wall time. */
static int check_weights(const struct output *w, const struct options *o)
{
	if (!o->view.cpu || !w->format->needs_timeline)
		return OPTIONS_GO;

	return say_usage("record",
			 "%s shows when something was: --cpu, the sum of it, "
			 "does not go with it",
			 w->format->name);
}

int output_choose(struct output *w, const struct options *o)
{
	const char *path = o->output, *known;
	int status;

	memset(w, 0, sizeof(*w));
	w->pattern = path;
	if (o->format) {
		status = choose_by_name(w, o->format);
		return status == OPTIONS_GO ? check_weights(w, o) : status;
	}
	known = path ? later_by_path(path) : NULL;
	if (known && !export_by_name(known))
		return say_usage("record",
				 "%s means the format %s, which "
				 "comes in a later version; -f "
				 "chooses another: %s",
				 path, known, export_names());
	if (path)
		w->format = export_by_path(path);
	if (!w->format)
		w->format = export_by_name("flamegraph");

	return check_weights(w, o);
}

static void add_time(struct buf *b)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &tm);
	buf_puts(b, text);
}

static void add_host(struct buf *b)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	buf_puts(b, *host ? host : "localhost");
}

/* %n %p %t %h and %%; any other % stands for itself. */
static void expand(struct buf *b, const char *pattern, const char *name,
		   pid_t pid)
{
	for (; *pattern; pattern++) {
		if (pattern[0] != '%' || !strchr("npth%", pattern[1]) ||
		    !pattern[1]) {
			buf_putc(b, *pattern);
			continue;
		}
		switch (*++pattern) {
		case 'n':
			buf_puts(b, name);
			break;
		case 'p':
			buf_printf(b, "%d", (int)pid);
			break;
		case 't':
			add_time(b);
			break;
		case 'h':
			add_host(b);
			break;
		default:
			buf_putc(b, '%');
		}
	}
}

/* The name for the n-th try: only one of our own choice has others. */
static void add_path(struct buf *b, const struct output *w, int n)
{
	if (w->pattern) {
		expand(b, w->pattern, w->name, w->pid);
		return;
	}
	expand(b, "%n-%p-%t", w->name, w->pid);
	if (n > 1)
		buf_printf(b, "-%d", n);
	buf_puts(b, w->format->suffix);
}

static bool is_standard_output(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

static int open_path(struct output *w, const char *path)
{
	w->is_stdout = is_standard_output(path);
	free(w->shown);
	w->shown = strdup(w->is_stdout ? "standard output" : path);
	if (!w->shown)
		return ERR_NOMEM;

	return out_open(&w->out, w->is_stdout ? "-" : path, !w->pattern);
}

int output_open(struct output *w, const char *name, pid_t pid)
{
	struct buf path;
	int err = ERR_IO;

	buf_init(&path);
	w->name = strdup(name);
	w->pid = pid;
	errno = w->name ? EEXIST : ENOMEM;
	for (int n = 1; err && errno == EEXIST && n <= TRIES; n++) {
		buf_reset(&path);
		add_path(&path, w, n);
		err = open_path(w, path.data);
	}
	if (err)
		say("cannot write %s: %s; -o chooses another file",
		    w->shown ? w->shown : "the file", strerror(errno));
	w->is_open = !err;
	w->out.whole_only = !w->format->of_lines;
	buf_release(&path);

	return err ? EXIT_FAILED : OPTIONS_GO;
}

/* The file gets its n-th name when it is whole. */
static void set_path(struct output *w, int n)
{
	struct buf path;
	char *own, *shown;

	buf_init(&path);
	add_path(&path, w, n);
	own = strdup(path.data);
	shown = strdup(path.data);
	buf_release(&path);
	if (own && shown) {
		free(w->out.path);
		free(w->shown);
		w->out.path = own;
		w->shown = shown;
	} else {
		free(own);
		free(shown);
	}
}

void output_rename(struct output *w, pid_t pid)
{
	w->pid = pid;
	if (w->out.temp) /* else its name is what it is */
		set_path(w, 1);
}

/* Another recording may have taken the name meanwhile: then the next one. */
static int commit(struct output *w)
{
	int err = out_commit(&w->out);

	for (int n = 2; err && errno == EEXIST && !w->pattern && n <= TRIES;
	     n++) {
		set_path(w, n);
		w->out.error = 0;
		err = out_commit(&w->out);
	}

	return err;
}

int output_commit(struct output *w)
{
	int err = commit(w), error = errno;

	w->is_open = false;
	if (!err)
		return EXIT_DONE;
	if (w->out.temp)
		say("cannot write %s: %s; what there is, is in %s", w->shown,
		    strerror(error), w->out.temp);
	else
		say("cannot write %s: %s; -o chooses another file", w->shown,
		    strerror(error));
	out_abort(&w->out);

	return EXIT_FAILED;
}

void output_drop(struct output *w)
{
	if (w->is_open)
		out_abort(&w->out);
	w->is_open = false;
	free(w->shown);
	free(w->name);
	w->shown = w->name = NULL;
}
