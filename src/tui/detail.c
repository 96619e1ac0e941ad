/* detail.c - one function: who calls it, which lines, whom it calls */
#include "detail.h"

#include <stdlib.h>
#include <string.h>

void detail_init(struct detail *t)
{
	memset(t, 0, sizeof(*t));
	map_init(&t->index);
}

void detail_release(struct detail *t)
{
	int i;

	for (i = 0; i < DETAIL_PARTS; i++)
		vec_release(&t->rows[i]);
	map_release(&t->index);
}

static struct function function_of(const struct code *c)
{
	return (struct function){ c->name, c->file, c->first_line };
}

static bool is_same(const struct function *a, const struct function *b)
{
	return a->name == b->name && a->file == b->file && a->line == b->line;
}

static const struct code *code_of(const struct defs *d, const struct stack *s)
{
	return def_code(d, def_frame(d, s->frame)->code);
}

/* The row of a function, or of a line of ours; made when it is new. */
static struct detail_row *row_of(struct detail *t, enum detail_part part,
				 const struct code *code, int32_t line)
{
	struct function fn = function_of(code);
	uint64_t key = hash_mix(((uint64_t)fn.name << 32) | fn.file,
				((uint64_t)part << 32) | (uint32_t)fn.line);
	uint32_t *slot = map_slot(&t->index, hash_mix(key, (uint32_t)line));
	struct detail_row *row;

	if (!slot)
		return NULL;
	if (*slot)
		return &t->rows[part].items[*slot - 1];
	row = vec_push(&t->rows[part]);
	if (!row)
		return NULL;
	*slot = t->rows[part].count;
	*row = (struct detail_row){
		.function = fn,
		.short_file = code->short_file,
		.line = line,
	};
	return row;
}

/* Count it once for each stack, however often it is in there. */
static int count(struct detail *t, enum detail_part part,
		 const struct code *code, int32_t line, uint64_t weight,
		 bool own)
{
	struct detail_row *row = row_of(t, part, code, line);

	if (!row)
		return ERR_NOMEM;
	row->own_ns += own ? weight : 0;
	if (row->seen == t->serial)
		return 0;
	row->seen = t->serial;
	row->total_ns += weight;
	return 0;
}

/* The function is at `at`; `callee` is the next one towards the leaf. */
static int count_frame(struct detail *t, const struct defs *d,
		       const struct stack *at, const struct stack *callee,
		       uint64_t weight)
{
	const struct code *code = code_of(d, at);
	int32_t line = def_frame(d, at->frame)->line;
	int err;

	t->short_file = code->short_file;
	err = count(t, DETAIL_LINES, code, line, weight, !callee);
	if (!err && at->parent)
		err = count(t, DETAIL_CALLERS,
			    code_of(d, def_stack(d, at->parent)), 0, weight,
			    false);
	if (!err && callee)
		err = count(t, DETAIL_CALLEES, code_of(d, callee), 0, weight,
			    false);
	return err;
}

static int count_stack(struct detail *t, const struct fold_entry *e,
		       const struct defs *d)
{
	const struct stack *at, *callee = NULL;
	struct function fn;
	bool seen = false;
	stack_id id;
	int err;

	t->serial++;
	for (id = e->stack; id; callee = at, id = at->parent) {
		at = def_stack(d, id);
		fn = function_of(code_of(d, at));
		if (!is_same(&fn, &t->function))
			continue;
		err = count_frame(t, d, at, callee, e->weight_ns);
		if (err)
			return err;
		seen = true;
		if (!callee)
			t->own_ns += e->weight_ns;
	}
	t->total_ns += seen ? e->weight_ns : 0;
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct detail_row *x = a, *y = b;

	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	if (x->own_ns != y->own_ns)
		return x->own_ns < y->own_ns ? 1 : -1;
	return (x->line > y->line) - (x->line < y->line);
}

static int compare_lines(const void *a, const void *b)
{
	const struct detail_row *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void sort(struct detail *t)
{
	int i;

	for (i = 0; i < DETAIL_PARTS; i++)
		if (t->rows[i].count)
			qsort(t->rows[i].items, t->rows[i].count,
			      sizeof(*t->rows[i].items),
			      i == DETAIL_LINES ? compare_lines : compare_rows);
}

int detail_build(struct detail *t, const struct function *function,
		 const struct fold *f, const struct defs *d)
{
	uint32_t i;
	int err = 0;

	t->function = *function;
	t->own_ns = t->total_ns = 0;
	for (i = 0; i < DETAIL_PARTS; i++)
		t->rows[i].count = 0;
	map_clear(&t->index);
	t->serial = 0;
	for (i = 0; i < f->entries.count && !err; i++)
		err = count_stack(t, &f->entries.items[i], d);
	sort(t);
	return err;
}

/* By line a row does not say where its function begins: the nearest before. */
struct function detail_find(const struct defs *d, string_id name,
			    string_id file, int32_t line, bool by_line)
{
	struct function fn = { name, file, by_line ? 0 : line };
	const struct code *c;
	code_id id;

	for (id = 1; by_line && id <= d->codes.count; id++) {
		c = def_code(d, id);
		if (c->name == name && c->file == file &&
		    c->first_line <= line && c->first_line >= fn.line)
			fn.line = c->first_line;
	}
	return fn;
}
