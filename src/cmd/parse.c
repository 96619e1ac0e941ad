/* parse.c - the words of a command line into struct options
 *
 * Not getopt_long(): a word that is no option starts the command here, short
 * options take `-r=100` as py-spy does, no abbreviation of a long name is
 * taken (a later option must not change its meaning), and a mistake is
 * answered with what was meant.
 */
#include "options.h"

#include <string.h>

#include "say.h"

struct scan {
	struct options *o;
	unsigned int in;
	char **word; /* the one looked at; the last is followed by NULL */
	char shown[64]; /* the option as it was typed */
};

static bool is_option(const struct opt *row)
{
	return row->kind != OPT_HEADING;
}

static const struct opt *by_letter(unsigned int in, char letter)
{
	for (const struct opt *row = opts; row->name; row++)
		if (row->letter == letter && row->in & in)
			return row;

	return NULL;
}

static const struct opt *by_name(unsigned int in, const char *name, size_t len)
{
	for (const struct opt *row = opts; row->name; row++)
		if (is_option(row) && row->in & in &&
		    strlen(row->name) == len && !memcmp(row->name, name, len))
			return row;

	return NULL;
}

/* What a value of this kind has to be. */
static const char *wanted(enum opt_kind kind)
{
	switch (kind) {
	case OPT_PIDS:
		return "a process id, or several with commas between";
	case OPT_RATE:
		return "a number of samples a second, 0.001 to 100,000";
	case OPT_SECONDS:
	case OPT_DURATION:
		return "a number of seconds, more than 0, at most 10^9";
	case OPT_PERCENT:
		return "a per cent, more than 0, at most 100";
	case OPT_NUMBER:
		return "a whole number, at least 1";
	case OPT_SIGNAL:
		return "a signal, such as TERM, INT or 15";
	default:
		return "a name";
	}
}

/* Somebody may name a process twice, who wants it once. */
static int add_pid(struct options *o, pid_t pid)
{
	pid_t *place;

	for (uint32_t i = 0; i < o->pids.count; i++)
		if (o->pids.items[i] == pid)
			return 0;
	place = vec_push(&o->pids);
	if (!place)
		return ERR_NOMEM;
	*place = pid;

	return 0;
}

/* `1,2,0x3`, perhaps more than once. */
static int store_pids(struct options *o, const char *text)
{
	char one[32];
	pid_t pid;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(one))
			return ERR_NOT_FOUND;
		memcpy(one, text, len);
		one[len] = '\0';
		if (number_pid(one, &pid) || add_pid(o, pid))
			return ERR_NOT_FOUND;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

/* The value into its field: 0, or negative if it is none. */
static int store(struct scan *s, const struct opt *row, const char *value)
{
	void *field = (char *)s->o + row->field;

	switch (row->kind) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_TIMES:
		++*(unsigned int *)field;
		return 0;
	case OPT_TEXT:
		*(const char **)field = value;
		return *value ? 0 : ERR_NOT_FOUND;
	case OPT_PIDS:
		return store_pids(s->o, value);
	case OPT_RATE:
		return number_rate(value, field);
	case OPT_SECONDS:
		return number_seconds(value, field);
	case OPT_DURATION:
		return number_duration(value, field);
	case OPT_PERCENT:
		return number_percent(value, field);
	case OPT_NUMBER:
		return number_count(value, field);
	case OPT_SIGNAL:
		return number_signal(value ? value : "TERM", field);
	default:
		return 0;
	}
}

/* An option that was found, with its value or NULL. */
static int take(struct scan *s, const struct opt *row, const char *value)
{
	if (row->kind == OPT_HELP)
		return help_print(s->in);
	if (row->kind == OPT_VERSION)
		return version_print();
	if (row->kind == OPT_LATER) {
		*(bool *)((char *)s->o + row->field) = true;
		if (!*s->o->later)
			snprintf(s->o->later, sizeof(s->o->later), "%s",
				 s->shown);
		return OPTIONS_GO;
	}
	if (store(s, row, value))
		return say_usage(command_name(s->in), "%s %s: not %s", s->shown,
				 *value ? value : "''", wanted(row->kind));

	return OPTIONS_GO;
}

/* The option takes a value: `own` if it has one attached, else the next word.
 * NULL: there is none. */
static const char *value_of(struct scan *s, const struct opt *row,
			    const char *own)
{
	if (own || row->kind == OPT_SIGNAL)
		return own;
	if (!s->word[1])
		return NULL;

	return *++s->word;
}

static int take_with_value(struct scan *s, const struct opt *row,
			   const char *own)
{
	const char *value = NULL;

	if (!row->arg && own)
		return say_usage(command_name(s->in), "%s takes no value",
				 s->shown);
	if (row->arg)
		value = value_of(s, row, own);
	if (row->arg && !value && row->kind != OPT_SIGNAL)
		return say_usage(command_name(s->in), "%s needs a value: %s %s",
				 s->shown, s->shown, row->arg);

	return take(s, row, value);
}

/* The long option whose name shares most of its beginning, or NULL. */
static const char *similar(unsigned int in, const char *name, size_t len)
{
	const char *best = NULL;
	size_t most = MIN(len, (size_t)3) - 1;

	for (const struct opt *row = opts; row->name; row++) {
		size_t same = 0;

		if (!is_option(row) || !row->help || !(row->in & in))
			continue;
		while (same < len && row->name[same] == name[same])
			same++;
		if (same > most) {
			most = same;
			best = row->name;
		}
	}

	return best;
}

static int refuse(const struct scan *s, const struct opt *elsewhere,
		  const char *meant)
{
	const char *name = command_name(s->in);

	if (elsewhere)
		return say_usage(name, "%s has no option %s, but %s has", name,
				 s->shown, command_name(elsewhere->in));
	if (meant)
		return say_usage(name, "%s has no option %s; did you mean --%s",
				 name, s->shown, meant);

	return say_usage(name, "%s has no option %s", name, s->shown);
}

static int scan_long(struct scan *s)
{
	const char *name = *s->word + 2;
	size_t len = strcspn(name, "=");
	const struct opt *row = by_name(s->in, name, len);

	snprintf(s->shown, sizeof(s->shown), "--%.*s", (int)MIN(len, 50u),
		 name);
	if (!row)
		return refuse(s, by_name(IN_ALL, name, len),
			      similar(s->in, name, len));

	return take_with_value(s, row, name[len] ? name + len + 1 : NULL);
}

/* One word of letters: `-tg`, `-r100`, `-r=100`, `-tr 100`. */
static int scan_short(struct scan *s)
{
	const char *at = *s->word + 1;
	const struct opt *row;
	int status = OPTIONS_GO;

	for (; *at && status == OPTIONS_GO; at++) {
		snprintf(s->shown, sizeof(s->shown), "-%c", *at);
		row = by_letter(s->in, *at);
		if (!row)
			return refuse(s, by_letter(IN_ALL, *at), NULL);
		if (row->arg) {
			at += at[1] == '=' ? 2 : 1;
			return take_with_value(s, row, *at ? at : NULL);
		}
		status = take(s, row, NULL);
	}

	return status;
}

/* The first word that is no option: a command, where there can be one. */
static int scan_operand(struct scan *s)
{
	const char *name = command_name(s->in);
	pid_t pid;

	if (s->in & (IN_RECORD | IN_TOP)) {
		s->o->command = s->word;
		return OPTIONS_GO;
	}
	if (s->in & IN_DUMP && !number_pid(*s->word, &pid))
		return say_instead("did you mean: cprof %s -p %s", name,
				   *s->word);

	return say_usage(name, "%s takes no %s", name, *s->word);
}

static int scan_separator(struct scan *s)
{
	if (*++s->word)
		return scan_operand(s);

	return say_usage(command_name(s->in), "after -- comes a command");
}

static int scan_words(struct scan *s)
{
	int status = OPTIONS_GO;

	for (; *s->word && status == OPTIONS_GO; s->word++) {
		const char *word = *s->word;

		if (strcmp(word, "--") == 0)
			return scan_separator(s);
		if (word[0] != '-' || !word[1])
			return scan_operand(s);
		status = word[1] == '-' ? scan_long(s) : scan_short(s);
	}

	return status;
}

int options_parse(struct options *o, unsigned int in, int argc, char **argv)
{
	struct scan s = { .o = o, .in = in, .word = argv + 1 };
	int status;

	memset(o, 0, sizeof(*o));
	o->words = argv;
	o->rate_hz = 100;
	if (argc < 1)
		return EXIT_USAGE;
	status = scan_words(&s);
	if (status == OPTIONS_GO)
		status = options_check(o, in);
	o->view.processes = o->follow || o->pids.count > 1;
	o->view.by_time = o->max_slowdown > 0 || o->max_cpu > 0;
	log_set_level((int)o->verbose);
	if (status != OPTIONS_GO)
		options_release(o);

	return status;
}

void options_release(struct options *o)
{
	vec_release(&o->pids);
	if (o->has_names)
		regfree(&o->thread_names);
	o->has_names = false;
}
