/* fake.h - a target's memory made by hand, with Python objects in it
 *
 * Objects are laid out as the version that is given has them. Memory ends where
 * the last object does: a read of one byte more fails.
 */
#ifndef CPROF_TEST_FAKE_H
#define CPROF_TEST_FAKE_H

#include "cprof/python.h"

#define FAKE_BASE 0x7f5500000000ull
#define FAKE_READ_MAX (1u << 20) /* nothing may read more at once */

struct fake {
	struct mem mem;
	struct python python;
	uint8_t *data; /* from FAKE_BASE on */
	uint32_t used, room;
	uint64_t calls; /* of readv */
	bool too_large; /* a read was */
	raddr_t str_type, int_type, dict_type;
};

/* The rows of layout.c, to go through. */
extern const uint32_t fake_versions[4];

void fake_init(struct fake *f, uint32_t version);
void fake_release(struct fake *f);
/* Zeroed, 16-aligned. */
raddr_t fake_alloc(struct fake *f, uint32_t size);
void fake_put(struct fake *f, raddr_t addr, const void *data, uint32_t len);
void fake_put_word(struct fake *f, raddr_t addr, uint64_t word);
void fake_put_int(struct fake *f, raddr_t addr, uint32_t word);

/* Python objects. */
raddr_t fake_type(struct fake *f, uint64_t flags);
raddr_t fake_object(struct fake *f, raddr_t type, uint32_t size);
raddr_t fake_str(struct fake *f, const char *ascii);
/* Of 1, 2 or 4 bytes each; not compact: as in a subclass of str. */
raddr_t fake_str_wide(struct fake *f, const void *chars, uint32_t count,
		      uint32_t width, bool compact);
raddr_t fake_bytes(struct fake *f, const void *data, uint32_t len);
raddr_t fake_int(struct fake *f, uint64_t value);

struct fake_pair {
	raddr_t key, value;
};

/* A PyDictKeysObject; kind 0: keys of any type, 1: str, 2: split. */
raddr_t fake_keys(struct fake *f, const struct fake_pair *pairs, uint32_t count,
		  unsigned int kind);
/* An array of values that a split dict or an object has; at: where to put it,
 * 0 for anywhere. */
raddr_t fake_values(struct fake *f, const struct fake_pair *pairs,
		    uint32_t count, raddr_t at);
raddr_t fake_dict(struct fake *f, const struct fake_pair *pairs, uint32_t count,
		  unsigned int kind);
raddr_t fake_module(struct fake *f, raddr_t dict);

#endif
