/* speedscope.c - a time line for speedscope.app
 *
 * One "sampled" profile per thread.  The reader lays samples end to end by
 * their weights and knows no other clock, so every profile runs from 0 to the
 * end of the recording and time without a sample is an empty stack of that
 * length: two threads at the same place of their time lines are at the same
 * time.  Edges are rounded to microseconds, not weights, so nothing drifts.
 *
 * The reader tells frames apart by their whole entry; an executing line there
 * would split a function into many, so `line` is the function's first.
 */
#include <stdlib.h>
#include <string.h>

#include "cprof/model.h"

#include "formats.h"

struct scope {
	const struct profile *profile;
	struct out *out;
	struct buf text;
	struct json json;
	uint32_t *frame_of_code; /* place in shared.frames + 1 */
	struct map pairs, frames; /* (name, file) -> n; (n, line) -> frame */
	uint32_t *order; /* time line entries, by thread */
	uint32_t *ends; /* where each thread's part of `order` ends */
	VEC(uint32_t) path; /* of one stack */
};

/* A run of time of one thread, in microseconds. */
struct span {
	uint64_t start, end;
	stack_id stack; /* 0: not seen */
};

static void flush(struct scope *s)
{
	out_write(s->out, s->text.data, s->text.len);
	s->text.len = 0;
}

static void flush_some(struct scope *s)
{
	if (s->text.len > 65536)
		flush(s);
}

/* ---- frames ----------------------------------------------------------- */

static void write_frame(struct scope *s, const struct code *code)
{
	const struct defs *d = s->profile->defs;
	const struct string *name = def_string(d, code->name);
	const struct string *file = def_string(d, code->file);

	json_begin(&s->json, '{');
	json_key(&s->json, "name");
	json_string_len(&s->json, name->text, name->len);
	if (file->len) {
		json_key(&s->json, "file");
		json_string_len(&s->json, file->text, file->len);
	}
	if (code->first_line && !s->profile->view->nolineno) {
		json_key(&s->json, "line");
		json_int(&s->json, code->first_line);
	}
	json_end(&s->json, '}');
	flush_some(s);
}

/* A function that was defined twice has two code objects and one frame. */
static int add_frame(struct scope *s, const struct code *code, uint32_t *frame)
{
	uint64_t pair_key = (uint64_t)code->name << 32 | code->file;
	uint32_t *pair, *slot;

	pair = map_slot(&s->pairs, pair_key);
	if (!pair)
		return ERR_NOMEM;
	if (!*pair)
		*pair = s->pairs.count;
	slot = map_slot(&s->frames,
			(uint64_t)*pair << 32 | (uint32_t)code->first_line);
	if (!slot)
		return ERR_NOMEM;
	if (!*slot) {
		*slot = s->frames.count;
		write_frame(s, code);
	}
	*frame = *slot;
	return 0;
}

static int write_frames(struct scope *s)
{
	const struct defs *d = s->profile->defs;
	int err = 0;

	s->frame_of_code = calloc(d->codes.count + 1ul, sizeof(uint32_t));
	if (!s->frame_of_code)
		return ERR_NOMEM;
	json_key(&s->json, "shared");
	json_begin(&s->json, '{');
	json_key(&s->json, "frames");
	json_begin(&s->json, '[');
	for (code_id c = 1; c <= d->codes.count && !err; c++)
		err = add_frame(s, def_code(d, c), &s->frame_of_code[c]);
	json_end(&s->json, ']');
	json_end(&s->json, '}');
	return err;
}

/* ---- samples ---------------------------------------------------------- */

static int write_stack(struct scope *s, stack_id stack)
{
	const struct defs *d = s->profile->defs;
	code_id code;
	uint32_t *frame;

	s->path.count = 0;
	for (; stack; stack = def_stack(d, stack)->parent) {
		code = def_frame(d, def_stack(d, stack)->frame)->code;
		frame = vec_push(&s->path);
		if (!frame)
			return ERR_NOMEM;
		*frame = s->frame_of_code[code];
	}
	json_begin(&s->json, '[');
	for (uint32_t i = s->path.count; i-- > 0;)
		json_int(&s->json, (int64_t)s->path.items[i] - 1);
	json_end(&s->json, ']');
	flush_some(s);
	return 0;
}

static int write_weight(struct scope *s, const struct span *span)
{
	json_real(&s->json, (double)(span->end - span->start) / 1e6, 6);
	flush_some(s);
	return 0;
}

static int write_span(struct scope *s, const struct span *span, bool weights)
{
	if (span->end <= span->start)
		return 0;
	return weights ? write_weight(s, span) : write_stack(s, span->stack);
}

static uint64_t microseconds(uint64_t ns)
{
	return (ns + 500) / 1000;
}

static struct span entry_span(const struct timeline_entry *e)
{
	struct span span = {
		.start = microseconds(e->time_ns - e->weight_ns),
		.end = microseconds(e->time_ns),
		.stack = e->stack,
	};

	return span;
}

/* One thread's stacks, or the weights of just those. */
static int write_spans(struct scope *s, uint32_t first, uint32_t last,
		       uint64_t end, bool weights)
{
	const struct timeline *t = s->profile->timeline;
	struct span span, gap = { 0 };
	int err = 0;

	for (uint32_t i = first; i < last && !err; i++) {
		span = entry_span(&t->entries.items[s->order[i]]);
		gap.end = span.start;
		err = write_span(s, &gap, weights);
		if (!err)
			err = write_span(s, &span, weights);
		gap.start = span.end;
	}
	gap.end = end;
	return err ? err : write_span(s, &gap, weights);
}

static int write_list(struct scope *s, const char *key, thread_id thread,
		      uint64_t end, bool weights)
{
	uint32_t first = s->ends[thread - 1];
	int err;

	json_key(&s->json, key);
	json_begin(&s->json, '[');
	err = write_spans(s, first, s->ends[thread], end, weights);
	json_end(&s->json, ']');
	return err;
}

static void begin_profile(struct scope *s, const struct buf *name, uint64_t end)
{
	json_begin(&s->json, '{');
	json_key(&s->json, "type");
	json_string(&s->json, "sampled");
	json_key(&s->json, "name");
	json_string_len(&s->json, name->data, name->len);
	json_key(&s->json, "unit");
	json_string(&s->json, "seconds");
	json_key(&s->json, "startValue");
	json_int(&s->json, 0);
	json_key(&s->json, "endValue");
	json_real(&s->json, (double)end / 1e6, 6);
}

/* End of the time line: the recording's, or a last sample after it. */
static uint64_t find_end(const struct profile *p)
{
	const struct timeline *t = p->timeline;
	uint64_t end = p->stats->elapsed_ns;

	for (uint32_t i = 0; i < t->entries.count; i++)
		end = MAX(end, t->entries.items[i].time_ns);

	return microseconds(end);
}

/* As py-spy names them with -s. */
static void name_with_process(const struct defs *d, const struct thread *t,
			      struct buf *out)
{
	const struct string *name = def_string(d, t->name);

	buf_printf(out, "Process %d Thread %d \"",
		   (int)def_process(d, t->process)->pid, (int)t->tid);
	buf_add(out, name->text, name->len);
	buf_putc(out, '"');
}

static int write_thread(struct scope *s, thread_id thread, uint64_t end)
{
	const struct defs *d = s->profile->defs;
	struct buf name;
	int err;

	buf_init(&name);
	if (s->profile->view->processes)
		name_with_process(d, def_thread(d, thread), &name);
	else
		view_thread(d, thread, &name);
	begin_profile(s, &name, end);
	buf_release(&name);

	err = write_list(s, "samples", thread, end, false);
	if (!err)
		err = write_list(s, "weights", thread, end, true);
	json_end(&s->json, '}');
	return err;
}

/* ---- the file --------------------------------------------------------- */

/* Sort the entries' places by thread, each thread's in order of time:
 * ends[thread - 1] to ends[thread] is its part. */
static int sort_by_thread(struct scope *s)
{
	const struct timeline *t = s->profile->timeline;
	uint32_t threads = s->profile->defs->threads.count;

	s->order = calloc(t->entries.count + 1ul, sizeof(*s->order));
	s->ends = calloc(threads + 2ul, sizeof(*s->ends));
	if (!s->order || !s->ends)
		return ERR_NOMEM;

	for (uint32_t i = 0; i < t->entries.count; i++)
		s->ends[t->entries.items[i].thread + 1]++;
	for (uint32_t i = 1; i < threads + 2; i++)
		s->ends[i] += s->ends[i - 1];
	for (uint32_t i = 0; i < t->entries.count; i++)
		s->order[s->ends[t->entries.items[i].thread]++] = i;
	return 0;
}

/* The reader refuses a file without profiles: one that is empty, all of the
 * time, and whose name says why. */
static int write_why(struct scope *s, uint64_t end)
{
	const struct profile *p = s->profile;
	const struct span all = { .end = end };
	struct buf why;

	buf_init(&why);
	tally_sentence(p->tally, p->defs, p->stats->elapsed_ns, &why);
	begin_profile(s, &why, end);
	buf_release(&why);
	json_key(&s->json, "samples");
	json_begin(&s->json, '[');
	write_span(s, &all, false);
	json_end(&s->json, ']');
	json_key(&s->json, "weights");
	json_begin(&s->json, '[');
	write_span(s, &all, true);
	json_end(&s->json, ']');
	json_end(&s->json, '}');
	return 0;
}

static int write_threads(struct scope *s)
{
	uint64_t end = find_end(s->profile);
	int err = 0;

	json_key(&s->json, "profiles");
	json_begin(&s->json, '[');
	if (!s->profile->timeline->entries.count)
		err = write_why(s, end);
	for (thread_id i = 1; i <= s->profile->defs->threads.count; i++) {
		if (s->ends[i] > s->ends[i - 1])
			err = write_thread(s, i, end);
		if (err)
			break;
	}
	json_end(&s->json, ']');
	return err;
}

/* A string that is a fixed text and s. */
static void write_joined(struct scope *s, const char *key, const char *text,
			 const char *more)
{
	struct buf value;

	buf_init(&value);
	buf_puts(&value, text);
	buf_puts(&value, more ? more : "");
	json_key(&s->json, key);
	json_string_len(&s->json, value.data, value.len);
	buf_release(&value);
}

static int write_all(struct scope *s)
{
	int err;

	json_begin(&s->json, '{');
	write_joined(s, "$schema", "https://www.speedscope.app/",
		     "file-format-schema.json");
	write_joined(s, "exporter", "cprof@", export_version());
	write_joined(s, "name", "cprof: ", s->profile->meta->command);
	err = write_frames(s);
	if (!err)
		err = sort_by_thread(s);
	if (!err)
		err = write_threads(s);
	json_end(&s->json, '}');
	buf_putc(&s->text, '\n');
	flush(s);
	return !err && s->text.failed ? ERR_NOMEM : err;
}

int speedscope_write(const struct profile *p, struct out *out)
{
	struct scope s = { .profile = p, .out = out };
	int err;

	buf_init(&s.text);
	json_init(&s.json, &s.text);
	map_init(&s.pairs);
	map_init(&s.frames);

	err = write_all(&s);

	vec_release(&s.path);
	free(s.ends);
	free(s.order);
	map_release(&s.frames);
	map_release(&s.pairs);
	free(s.frame_of_code);
	buf_release(&s.text);
	return err;
}
