/* names.c - what Python calls its threads
 *
 * sys.modules["threading"]._active maps idents to Thread objects, of which each
 * has a _name. It is read from a process that runs on, so objects are tested
 * for their type before they are believed, and one that cannot be read is
 * left out. Built for a thousand threads: half a dozen small reads for each.
 * Nothing is kept from one call to the next.
 *
 * The attributes of an object lie in an array of values whose names its type
 * has (struct layout_traits tells where), or in a dict once somebody asked for
 * its __dict__ or when they are too many.
 */
#include "cprof/python.h"

#include <string.h>

#include "dict.h"

enum {
	WORD = 8,
	NAME_MAX_CHARS = 1024,
	PREFIX_WORDS = 4, /* what lies before an object */
	PREFIX_VALUES = 0, /* 3.11 only */
	PREFIX_DICT = 1,
	INT_DIGITS = 3, /* enough for 64 bits */
	INT_DIGIT_BITS = 30,
};

/* A type of Thread objects. */
struct kind {
	raddr_t type;
	uint64_t flags, basic_size;
	int index; /* of _name among the values; negative: not there */
};

struct reader {
	const struct python *p;
	struct mem *m;
	raddr_t int_type, str_type; /* 0 until one was seen */
	struct kind kind; /* of the last thread: most have the same */
};

static bool is_fatal(int err)
{
	return err == ERR_NOPROC || err == ERR_PERM || err == ERR_NOMEM;
}

/* ---- attributes ------------------------------------------------------- */

static int find_index(struct kind *k, struct reader *r, raddr_t cached_keys)
{
	struct table t;
	int err;

	k->index = ERR_NOT_FOUND;
	if (!cached_keys)
		return 0;
	err = table_load(&t, r->p, r->m, cached_keys);
	if (err)
		return err;
	k->index = table_find(&t, r->p, r->m, "_name");
	table_release(&t);
	return is_fatal(k->index) ? k->index : 0;
}

static int kind_read(struct reader *r, raddr_t type)
{
	const struct layout *l = &r->p->layout;
	struct kind k = { .type = type };
	uint64_t cached_keys;
	struct mem_seg segs[] = {
		{ type + l->type_flags, &k.flags, WORD, 0 },
		{ type + l->type_basicsize, &k.basic_size, WORD, 0 },
		{ type + l->type_cached_keys, &cached_keys, WORD, 0 },
	};
	int err;

	if (type && r->kind.type == type)
		return 0;
	err = mem_read_all(r->m, segs, ARRAY_SIZE(segs));
	if (err)
		return err;
	if (!(k.flags & TYPE_MANAGED_DICT))
		return ERR_NOT_FOUND;
	err = find_index(&k, r, cached_keys);
	if (!err)
		r->kind = k;
	return err;
}

/* Where a thread's attributes are; either may be 0. */
struct attributes {
	raddr_t values, dict;
};

static void attributes_find(struct attributes *a, const struct reader *r,
			    const uint64_t prefix[PREFIX_WORDS], raddr_t object)
{
	const struct layout_traits *traits = &r->p->layout.traits;
	uint64_t word = prefix[PREFIX_DICT];

	*a = (struct attributes){ .dict = word };
	if (traits->values_tagged) {
		if (word & 1)
			*a = (struct attributes){ .values = word + 1 };
	} else if (!traits->inline_values) {
		a->values = prefix[PREFIX_VALUES];
	} else if (!word && r->kind.flags & TYPE_INLINE_VALUES) {
		a->values = object + r->kind.basic_size;
	}
}

static int attributes_get_name(const struct attributes *a, struct reader *r,
			       raddr_t *name)
{
	if (a->values && r->kind.index >= 0)
		return values_get(r->p, r->m, a->values,
				  (uint32_t)r->kind.index, name);
	if (a->dict)
		return dict_get(r->p, r->m, a->dict, "_name", name);
	return ERR_NOT_FOUND;
}

/* ---- threads ---------------------------------------------------------- */

/* Keys and names may be objects of any type, but most have the usual one. */
static int check_type(struct reader *r, raddr_t type, raddr_t *known,
		      uint64_t flag)
{
	int err;

	if (type && type == *known)
		return 0;
	err = type_check(r->p, r->m, type, flag);
	if (!err)
		*known = type;
	return err;
}

/* An int; where it has no digit there may be no memory. */
struct number {
	uint64_t tag;
	uint32_t digits[INT_DIGITS];
};

/* If it is not negative and fits. */
static bool number_get(const struct layout *l, const struct number *n,
		       const struct mem_seg *digit_segs, uint64_t *out)
{
	uint64_t count = l->traits.int_signed_size ? n->tag : n->tag >> 3, i;

	*out = 0;
	if (count > INT_DIGITS || (!l->traits.int_signed_size && n->tag & 2))
		return false;
	for (i = 0; i < count; i++) {
		if (digit_segs[i].err || n->digits[i] >> INT_DIGIT_BITS)
			return false;
		*out |= (uint64_t)n->digits[i] << (i * INT_DIGIT_BITS);
	}
	return count < INT_DIGITS ||
	       n->digits[2] >> (64 - 2 * INT_DIGIT_BITS) == 0;
}

struct thread_head {
	uint64_t ident;
	uint64_t prefix[PREFIX_WORDS];
	raddr_t type, ident_type;
};

static int thread_head_read(struct thread_head *h, struct reader *r,
			    const struct pair *pair)
{
	const struct layout *l = &r->p->layout;
	raddr_t digits = pair->key + l->int_digits;
	const uint32_t prefix_size = sizeof(h->prefix);
	enum { DIGIT_SEG = 4 };
	struct number n = { .tag = 0 };
	struct mem_seg segs[] = {
		{ pair->value - prefix_size, h->prefix, prefix_size, 0 },
		{ pair->value + l->object_type, &h->type, WORD, 0 },
		{ pair->key + l->object_type, &h->ident_type, WORD, 0 },
		{ pair->key + l->int_tag, &n.tag, WORD, 0 },
		{ digits, &n.digits[0], 4, 0 },
		{ digits + 4, &n.digits[1], 4, 0 },
		{ digits + 8, &n.digits[2], 4, 0 },
	};
	unsigned int i;
	int err;

	err = r->m->readv(r->m, segs, ARRAY_SIZE(segs));
	if (err)
		return err;
	for (i = 0; i < DIGIT_SEG; i++)
		if (segs[i].err)
			return ERR_FAULT;
	err = check_type(r, h->ident_type, &r->int_type, TYPE_INT);
	if (err)
		return err;
	return number_get(l, &n, segs + DIGIT_SEG, &h->ident) ? 0 : ERR_GARBAGE;
}

static int check_str(struct reader *r, raddr_t object)
{
	raddr_t type;
	int err;

	err = mem_read_u64(r->m, object + r->p->layout.object_type, &type);
	return err ? err : check_type(r, type, &r->str_type, TYPE_STR);
}

/* Looked up again after it was read: the str may have died meanwhile. */
static int thread_name(struct reader *r, const struct thread_head *h,
		       raddr_t object, struct buf *out)
{
	struct attributes a;
	raddr_t name, again;
	int err;

	err = kind_read(r, h->type);
	if (err)
		return err;
	attributes_find(&a, r, h->prefix, object);
	err = attributes_get_name(&a, r, &name);
	if (!err)
		err = check_str(r, name);
	if (!err)
		err = object_str(r->p, r->m, name, NAME_MAX_CHARS, out);
	if (!err)
		err = attributes_get_name(&a, r, &again);
	if (!err && again != name)
		err = ERR_LOST;
	return err;
}

static int thread_read(struct reader *r, const struct pair *pair,
		       const struct names_reader *to, struct buf *name)
{
	struct thread_head h;
	int err;

	buf_reset(name);
	if (!pair->key || !pair->value)
		return ERR_NOT_FOUND;
	err = thread_head_read(&h, r, pair);
	if (err || (to->wants && !to->wants(to->arg, h.ident)))
		return err;
	err = thread_name(r, &h, pair->value, name);
	if (!err)
		to->take(to->arg, h.ident, name->data, name->len);
	return err;
}

static int find_active(const struct python *p, struct mem *m, raddr_t interp,
		       raddr_t *active)
{
	const struct layout *l = &p->layout;
	raddr_t modules, module, globals;
	int err;

	err = mem_read_u64(m, interp + l->interp_modules, &modules);
	if (!err)
		err = dict_get(p, m, modules, "threading", &module);
	if (!err) /* md_dict is a module's first field */
		err = mem_read_u64(m, module + l->object_type + WORD, &globals);
	if (!err)
		err = dict_get(p, m, globals, "_active", active);
	return err;
}

int python_thread_names(const struct python *p, struct mem *m, raddr_t interp,
			const struct names_reader *to)
{
	struct reader r = { .p = p, .m = m };
	struct table threads;
	struct buf name;
	raddr_t active;
	uint32_t i;
	int err;

	err = find_active(p, m, interp, &active);
	if (!err)
		err = dict_load(&threads, p, m, active);
	if (err)
		return err;
	buf_init(&name);
	for (i = 0; i < threads.count && !is_fatal(err); i++)
		err = thread_read(&r, &threads.pairs[i], to, &name);
	buf_release(&name);
	table_release(&threads);
	return is_fatal(err) ? err : 0;
}
