/* dict.h - dicts of the target, for what is looked up by name
 *
 * ERR_FAULT or ERR_GARBAGE when one cannot be read, ERR_NOT_FOUND when what was
 * looked for is not there.
 */
#ifndef CPROF_PYTHON_DICT_H
#define CPROF_PYTHON_DICT_H

#include "cprof/python.h"

/* Bits of tp_flags. */
enum {
	TYPE_INLINE_VALUES = 1 << 2,
	TYPE_MANAGED_DICT = 1 << 4,
	TYPE_INT = 1 << 24,
	TYPE_STR = 1 << 28,
	TYPE_DICT = 1 << 29,
};

struct pair {
	raddr_t key, value; /* either may be 0 */
};

/* Entries of a dict, or the names of attributes. */
struct table {
	struct pair *pairs; /* owned */
	uint32_t count;
	raddr_t values; /* where those of a split dict lie, else 0 */
};

/* Pieces of which none may fail. */
int mem_read_all(struct mem *m, struct mem_seg *segs, unsigned int n);

/* Has the type one of these flags? ERR_GARBAGE if not. */
int type_check(const struct python *p, struct mem *m, raddr_t type,
	       uint64_t flags);

/* From a PyDictKeysObject: a dict's, or the attribute names of a type, whose
 * values are elsewhere. Nothing to release when it fails. */
int table_load(struct table *t, const struct python *p, struct mem *m,
	       raddr_t keys);
int dict_load(struct table *t, const struct python *p, struct mem *m,
	      raddr_t dict);
void table_release(struct table *t);

/* Index of the entry with a short ASCII key, or ERR_*. */
int table_find(const struct table *t, const struct python *p, struct mem *m,
	       const char *key);

/* What stands at an index of an array of values. */
int values_get(const struct python *p, struct mem *m, raddr_t values,
	       uint32_t index, raddr_t *out);
int dict_get(const struct python *p, struct mem *m, raddr_t dict,
	     const char *key, raddr_t *out);

#endif
