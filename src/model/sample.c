/* sample.c - which samples count, how frames are written, what time they cover
 *
 * Filters and texts are choices of the reader, made here for all readers, so
 * that the flame graph, the table and the live view never disagree.
 */
#include "cprof/model.h"

/* Process trees are no deeper; a cycle (ids are used again) ends here, too. */
#define MOST_ANCESTORS 32

const char *state_text(enum thread_state state)
{
	static const char *const texts[] = {
		[STATE_IDLE] = "idle",
		[STATE_GIL_WAIT] = "waiting for gil",
		[STATE_CPU_WAIT] = "waiting for cpu",
		[STATE_ACTIVE] = "active",
		[STATE_ACTIVE_GIL] = "active+gil",
	};

	return (unsigned int)state < ARRAY_SIZE(texts) ? texts[state] : "?";
}

bool view_wants(const struct view *v, const struct sample *s)
{
	if (v->gil && !s->holds_gil)
		return false;
	return v->idle || v->wall || s->state >= STATE_ACTIVE;
}

uint64_t view_weight(const struct view *v, const struct sample *s)
{
	return v->cpu ? s->cpu_ns : s->weight_ns;
}

bool view_is_timed(const struct view *v)
{
	return v->cpu || v->wall || v->by_time;
}

static void add_string(struct buf *out, const struct defs *d, string_id id)
{
	const struct string *s = def_string(d, id);

	buf_add(out, s->text, s->len);
}

static int32_t shown_line(const struct view *v, const struct frame *f,
			  const struct code *code)
{
	if (v->nolineno)
		return 0;
	return v->function ? code->first_line : f->line;
}

void view_frame(const struct view *v, const struct defs *d, frame_id frame,
		struct buf *out)
{
	const struct frame *f = def_frame(d, frame);
	const struct code *code = def_code(d, f->code);
	int32_t line = shown_line(v, f, code);
	bool full = v->full_filenames || !code->short_file;
	string_id file = full ? code->file : code->short_file;

	add_string(out, d, code->name);
	if (code->kind == FRAME_NOTE || !def_string(d, file)->len)
		return;
	buf_puts(out, " (");
	add_string(out, d, file);
	if (line > 0)
		buf_printf(out, ":%d", line);
	buf_putc(out, ')');
}

void view_thread(const struct defs *d, thread_id thread, struct buf *out)
{
	const struct thread *t = def_thread(d, thread);

	buf_printf(out, "thread (%d)", (int)t->tid);
	if (!def_string(d, t->name)->len)
		return;
	buf_puts(out, ": ");
	add_string(out, d, t->name);
}

void view_process(const struct defs *d, process_id process, struct buf *out)
{
	const struct process *p = def_process(d, process);

	buf_printf(out, "process %d:\"", (int)p->pid);
	add_string(out, d, p->command);
	buf_putc(out, '"');
}

/* Who had the pid when `before` was defined; 0 if none of ours. */
static process_id find_pid(const struct defs *d, pid_t pid, process_id before)
{
	process_id id = before;

	while (pid && id-- > 1)
		if (def_process(d, id)->pid == pid)
			return id;
	return 0;
}

size_t process_ancestors(const struct defs *d, process_id process,
			 process_id *line, size_t room)
{
	size_t count = 0, i;
	process_id swap;

	room = MIN(room, (size_t)MOST_ANCESTORS);
	for (; process && count < room; count++) {
		line[count] = process;
		process = find_pid(d, def_process(d, process)->parent, process);
	}
	for (i = 0; i < count / 2; i++) {
		swap = line[i];
		line[i] = line[count - 1 - i];
		line[count - 1 - i] = swap;
	}
	return count;
}

/* Threads without a GIL are read one after the other: what comes within a
 * quarter of a sample's weight belongs to the same tick. */
static bool is_next_tick(const struct observed *o, const struct sample *s)
{
	return s->time_ns > o->tick_ns &&
	       s->time_ns - o->tick_ns > s->weight_ns / 4;
}

uint64_t observed_add(struct observed *o, const struct sample *s,
		      bool *new_tick)
{
	uint64_t part;

	*new_tick = s->weight_ns && is_next_tick(o, s);
	if (*new_tick) {
		o->before_ns = o->tick_ns;
		o->tick_ns = s->time_ns;
		o->part_ns = 0;
	}
	part = MIN(s->weight_ns, o->tick_ns - o->before_ns);
	if (part <= o->part_ns)
		return 0;
	part -= o->part_ns;
	o->part_ns += part;
	return part;
}
