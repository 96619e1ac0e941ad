/* dump.c - cprof dump: every thread's stack, now
 *
 * One snapshot, then text or JSON as py-spy prints them: the innermost frame
 * first, the oldest thread first.
 */
#include "cprof/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cprof/sampler.h"
#include "cprof/target.h"

#include "attach.h"
#include "options.h"
#include "say.h"
#include "targets.h"

struct dump {
	struct options o;
	struct session *session;
	const struct defs *defs;
	VEC(struct sample) samples;
	bool color;
};

static int keep_sample(void *arg, const struct defs *d, const struct sample *s)
{
	struct dump *dump = arg;
	struct sample *slot = vec_push(&dump->samples);

	(void)d;
	if (!slot)
		return ERR_NOMEM;
	*slot = *s;

	return 0;
}

static void add_safe(struct buf *b, const char *text)
{
	text_terminal(b, text, strlen(text));
}

static const char *state_color(uint8_t state)
{
	switch (state) {
	case STATE_ACTIVE_GIL:
		return "\033[1;32m"; /* green */
	case STATE_ACTIVE:
		return "\033[32m";
	case STATE_GIL_WAIT:
		return "\033[33m"; /* yellow */
	default:
		return "\033[2m"; /* dim */
	}
}

static void add_state(struct buf *b, const struct dump *dump,
		      const struct sample *s)
{
	const char *call = def_text(dump->defs, s->syscall);

	if (dump->color)
		buf_puts(b, state_color(s->state));
	buf_puts(b, state_text(s->state));
	if (s->stopped)
		buf_puts(b, ", stopped");
	if (s->collects)
		buf_puts(b, ", collecting garbage");
	if (s->state == STATE_IDLE && *call) {
		buf_puts(b, ", ");
		add_safe(b, call);
	}
	if (dump->color)
		buf_puts(b, "\033[0m");
}

static void add_thread_text(struct buf *b, const struct dump *dump,
			    const struct sample *s)
{
	const struct defs *d = dump->defs;
	const struct thread *t = def_thread(d, s->thread);
	struct buf frame;

	buf_printf(b, "\nThread %d (", (int)t->tid);
	add_state(b, dump, s);
	buf_puts(b, "): \"");
	add_safe(b, def_text(d, t->name));
	buf_puts(b, "\"\n");
	buf_init(&frame);
	for (stack_id id = s->stack; id; id = def_stack(d, id)->parent) {
		buf_reset(&frame);
		view_frame(&dump->o.view, d, def_stack(d, id)->frame, &frame);
		buf_puts(b, "    ");
		text_terminal(b, frame.data, frame.len);
		buf_putc(b, '\n');
	}
	buf_release(&frame);
}

static void add_process_text(struct buf *b, const struct dump *dump,
			     process_id id)
{
	const struct defs *d = dump->defs;
	const struct process *p = def_process(d, id);

	buf_printf(b, "%sProcess %d: ", b->len ? "\n" : "", (int)p->pid);
	add_safe(b, def_text(d, p->command));
	buf_puts(b, "\nPython v");
	add_safe(b, def_text(d, p->python));
	buf_puts(b, " (");
	add_safe(b, def_text(d, p->executable));
	buf_puts(b, ")\n");
	for (uint32_t i = 0; i < dump->samples.count; i++)
		if (dump->samples.items[i].process == id)
			add_thread_text(b, dump, &dump->samples.items[i]);
}

/* Of which there is a stack, or of which there can be none. */
static bool is_shown(const struct dump *dump, process_id id)
{
	for (uint32_t i = 0; i < dump->samples.count; i++)
		if (dump->samples.items[i].process == id)
			return true;

	return dump->o.pids.count == 1;
}

static void add_text(struct buf *b, const struct dump *dump)
{
	for (process_id id = 1; id <= dump->defs->processes.count; id++)
		if (is_shown(dump, id))
			add_process_text(b, dump, id);
}

static void add_string(struct json *j, const struct defs *d, const char *key,
		       string_id id)
{
	const struct string *s = def_string(d, id);

	json_key(j, key);
	if (id)
		json_string_len(j, s->text, s->len);
	else
		json_null(j);
}

static void add_frame_json(struct json *j, const struct dump *dump, frame_id id)
{
	const struct defs *d = dump->defs;
	const struct frame *f = def_frame(d, id);
	const struct code *c = def_code(d, f->code);

	json_begin(j, '{');
	add_string(j, d, "name", c->name);
	add_string(j, d, "filename", c->file);
	json_key(j, "module"); /* py-spy's: a native frame's library */
	json_null(j);
	add_string(j, d, "short_filename", c->short_file);
	json_key(j, "line");
	json_int(j, f->line);
	json_key(j, "locals");
	json_null(j);
	json_key(j, "first_line");
	json_int(j, c->first_line);
	json_end(j, '}');
}

static void add_ids_json(struct json *j, const struct dump *dump,
			 const struct sample *s)
{
	const struct thread *t = def_thread(dump->defs, s->thread);

	json_key(j, "pid");
	json_int(j, def_process(dump->defs, s->process)->pid);
	json_key(j, "thread_id");
	json_int(j, (int64_t)t->ident);
	add_string(j, dump->defs, "thread_name", t->name);
	json_key(j, "os_thread_id");
	json_int(j, t->tid);
}

static void add_state_json(struct json *j, const struct dump *dump,
			   const struct sample *s)
{
	json_key(j, "active");
	json_bool(j, s->state >= STATE_ACTIVE);
	json_key(j, "owns_gil");
	json_bool(j, s->holds_gil);
	json_key(j, "state");
	json_string(j, state_text(s->state));
	add_string(j, dump->defs, "syscall", s->syscall);
	json_key(j, "collects_garbage");
	json_bool(j, s->collects);
	json_key(j, "stopped");
	json_bool(j, s->stopped);
}

static void add_thread_json(struct json *j, const struct dump *dump,
			    const struct sample *s)
{
	const struct defs *d = dump->defs;
	const struct process *p = def_process(d, s->process);

	json_begin(j, '{');
	add_ids_json(j, dump, s);
	add_state_json(j, dump, s);
	json_key(j, "frames");
	json_begin(j, '[');
	for (stack_id id = s->stack; id; id = def_stack(d, id)->parent)
		add_frame_json(j, dump, def_stack(d, id)->frame);
	json_end(j, ']');
	json_key(j, "process_info");
	json_null(j); /* py-spy: the process tree, with -s */
	add_string(j, d, "python", p->python);
	add_string(j, d, "command_line", p->command);
	json_end(j, '}');
}

static void add_json(struct buf *b, const struct dump *dump)
{
	struct json j;

	json_init(&j, b);
	json_begin(&j, '[');
	for (uint32_t i = 0; i < dump->samples.count; i++)
		add_thread_json(&j, dump, &dump->samples.items[i]);
	json_end(&j, ']');
	buf_putc(b, '\n');
}

static int take(struct dump *dump)
{
	struct session_options so = { 0 };
	int err;

	targets_fill(&so, &dump->o);
	so.rate_hz = 100;
	err = attach_session(&dump->session, &so);
	if (err)
		return err;
	err = session_add_reader(dump->session, keep_sample, dump);
	if (err)
		return err;
	err = session_snapshot(dump->session);
	dump->defs = session_defs(dump->session);

	return err;
}

/* Threads of which no stack could be had: said, the rest is right. */
static void say_lost(const struct dump *dump)
{
	struct stats stats;

	session_stats(dump->session, &stats);
	for (int i = 0; i < LOST_KINDS; i++)
		if (stats.lost[i])
			say("%llu of %llu threads are missing (%s): try again",
			    (unsigned long long)stats.lost[i],
			    (unsigned long long)(stats.lost[i] +
						 dump->samples.count),
			    lost_text(i));
}

static void say_stopped(pid_t pid)
{
	struct standstill stands = standstill_of(pid);
	struct buf line;

	if (!standstill_lasts(&stands))
		return;
	buf_init(&line);
	buf_printf(&line, "PID %d is stopped: ", (int)pid);
	standstill_advice(&stands, &line);
	say_buf(&line);
	buf_release(&line);
}

static int print(struct dump *dump)
{
	struct buf text;

	buf_init(&text);
	dump->color = !dump->o.json && color_wanted(STDOUT_FILENO);
	if (dump->o.json)
		add_json(&text, dump);
	else
		add_text(&text, dump);
	say_lost(dump);
	targets_say_unmatched(&dump->o, dump->defs);
	for (uint32_t i = 0; i < dump->o.pids.count && !dump->o.quiet; i++)
		say_stopped(dump->o.pids.items[i]);

	return print_buf(&text);
}

static int dump_all(struct dump *dump)
{
	int err = take(dump);

	if (err)
		return targets_fail(dump->session, &dump->o, err);
	targets_say_refused(dump->session);

	return print(dump);
}

int cmd_dump(int argc, char **argv)
{
	struct dump dump = { 0 };
	int status;

	status = options_parse(&dump.o, IN_DUMP, argc, argv);
	if (status == OPTIONS_GO)
		status = targets_find(&dump.o);
	if (status == OPTIONS_GO)
		status = dump_all(&dump);
	vec_release(&dump.samples);
	session_free(dump.session);
	options_release(&dump.o);

	return status;
}
