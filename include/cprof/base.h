/* base.h - the ground floor: errors, memory, text, time, output
 *
 * Everything above may use this; it uses nothing of ours. Conventions of the
 * whole program: functions return 0 or a negative ERR_* and hand results out
 * through their last arguments; x_init/x_release for storage that is yours,
 * x_new/x_free for storage that is mine; freeing NULL is fine. Times are
 * nanoseconds of CLOCK_MONOTONIC in uint64_t unless a name says otherwise.
 */
#ifndef CPROF_BASE_H
#define CPROF_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* ---- errors: err.c ---------------------------------------------------- */

enum err {
	ERR_NOMEM = -100, /* no memory */
	ERR_IO, /* a file of ours: errno says more */
	ERR_PERM, /* not permitted to look into the target */
	ERR_NOPROC, /* no such process, or it ended */
	ERR_NOT_PYTHON, /* no CPython runtime in it */
	ERR_UNSUPPORTED, /* a CPython that we know of but cannot read */
	ERR_NOT_READY, /* its interpreter is not initialised yet */
	ERR_REPLACED, /* the process runs another program now (exec) */
	ERR_FAULT, /* the target's memory cannot be read there */
	ERR_GARBAGE, /* read, but it cannot be what it should be */
	ERR_LOST, /* no proof that the copy was one instant */
	ERR_FULL, /* no room: a ring, a bound */
	ERR_NOT_FOUND, /* what was looked for is not there */
	ERR_TIMEOUT,
};

/* One or two words for a person; never NULL. */
const char *err_text(int err);

/* ---- log: log.c ------------------------------------------------------- */

/* Lines for -v, to stderr, "cprof: " in front. The level is the program's only
 * global variable; 0 = silent. */
void log_set_level(int level);
bool log_enabled(int level);
void log_line(int level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- time: clock.c ---------------------------------------------------- */

uint64_t clock_now(void); /* CLOCK_MONOTONIC, ns */
uint64_t clock_wall(void); /* CLOCK_REALTIME, ns since 1970 */
uint64_t clock_own_cpu(void); /* CPU time of all our threads, ns */
void clock_sleep_until(uint64_t deadline_ns); /* through signals, too */

/* ---- arena: arena.c ---------------------------------------------------
 * Memory that is given back all at once. Allocation never fails halfway: it
 * returns NULL when there is no memory. */

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t block_size; /* bytes of the next block */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void *arena_alloc(struct arena *a, size_t size); /* zeroed, 16-aligned */
void *arena_dup(struct arena *a, const void *data, size_t size);

/* ---- vec: a growing array of any type, in vec.c -----------------------
 * VEC(struct x) declares it; items stay contiguous and may move. */

#define VEC(type)               \
	struct {                \
		type *items;    \
		uint32_t count; \
		uint32_t room;  \
	}

/* Make room for one more at the end; a pointer to it (zeroed), or NULL. */
#define vec_push(v)                                                         \
	((__typeof__((v)->items))vec_add((void **)&(v)->items, &(v)->count, \
					 &(v)->room, sizeof(*(v)->items)))
#define vec_release(v) \
	(free((v)->items), (v)->items = NULL, (v)->count = (v)->room = 0)

/* For vec_push(): gcc warns about a test of a macro's &items[n]. */
void *vec_add(void **items, uint32_t *count, uint32_t *room, size_t size);
/* Room for at least count + 1 items of size bytes; item `count` is zeroed. */
int vec_grow(void **items, uint32_t count, uint32_t *room, size_t size);

/* ---- buf: growing text or bytes, in buf.c ----------------------------- */

struct buf {
	char *data; /* always ends in a NUL that is not counted */
	size_t len;
	size_t room;
	bool failed; /* out of memory at some point: contents are cut */
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args)
	PRINTF_LIKE(2, 0);

/* ---- map: 64-bit key -> 32-bit value, in map.c ------------------------
 * Open addressing; for the sampling path: lookups never allocate. */

struct map {
	struct map_slot *slots; /* NULL while empty */
	uint32_t count;
	uint32_t mask; /* slots - 1; a power of two */
};

void map_init(struct map *m);
void map_release(struct map *m);
void map_clear(struct map *m); /* keeps its storage */
/* The value's place, or NULL when the key is absent. */
uint32_t *map_find(const struct map *m, uint64_t key);
/* The value's place, made (as 0) when absent; NULL only without memory. A
 * place is valid until the next key is made or removed. */
uint32_t *map_slot(struct map *m, uint64_t key);
void map_remove(struct map *m, uint64_t key);

uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_mix(uint64_t a, uint64_t b);

/* ---- ring: one producer, one consumer, in ring.c ----------------------
 * Whole messages of up to a quarter of the ring. The producer never waits: a
 * message that does not fit is refused, and counting that is the caller's. */

struct ring;

/* A power of two, 64 or more, else ERR_GARBAGE. */
int ring_new(struct ring **r, size_t size_bytes);
void ring_free(struct ring *r);
/* Producer: room for a message of len bytes (8-aligned), or NULL. Reserving
 * again without a commit gives the same room again. */
void *ring_reserve(struct ring *r, size_t len);
/* Producer: the first len bytes of what was reserved become visible. */
void ring_commit(struct ring *r, size_t len);
/* Producer: a quarter of it waits for the consumer. */
bool ring_is_filling(struct ring *r);
/* Consumer: the oldest message, or NULL; valid until ring_drop(). */
const void *ring_peek(struct ring *r, size_t *len);
void ring_drop(struct ring *r);

/* ---- text: text.c -----------------------------------------------------
 * What comes from a target is hostile; escape it for where it goes. All input
 * is taken as UTF-8 and every byte that is not is shown as \xNN. */

/* Append to b, safe on a terminal: no control characters, nothing invisible,
 * nothing that turns the writing direction. */
void text_terminal(struct buf *b, const char *s, size_t len);
/* For the text and the attribute values of XML and HTML. */
void text_xml(struct buf *b, const char *s, size_t len);
/* With the quotes; safe within a script element or CDATA of a page, too. */
void text_json(struct buf *b, const char *s, size_t len);
/* A frame of a folded stack: ';' becomes ':', a line break a space. */
void text_folded(struct buf *b, const char *s, size_t len);
/* Decode one character of valid or invalid UTF-8. Returns the bytes used
 * (>= 1); *cp is -1 for a byte that is not UTF-8. */
size_t text_decode(const char *s, size_t len, int32_t *cp);
void text_encode(struct buf *b, uint32_t cp); /* one character as UTF-8 */
/* Columns of what text_terminal() makes of it (wide characters count 2,
 * combining ones 0). */
int text_columns(const char *s, size_t len);
/* 1234567 -> "1,234,567"; into a buffer of at least 32 bytes; returns it. */
char *text_thousands(char *out, uint64_t n);
/* 99.876 -> "99.88", 52414.3 -> "52,414": not negative, same buffer. */
char *text_rate(char *out, double hz);
/* 0.0000123 s -> "12.3 us": three digits and the unit that fits. */
char *text_duration(char *out, uint64_t ns);

/* ---- json: json.c -----------------------------------------------------
 * A writer that puts the commas and refuses nothing. */

struct json {
	struct buf *out;
	bool first; /* no comma before the next item */
};

void json_init(struct json *j, struct buf *out);
void json_begin(struct json *j, char bracket); /* '{' or '[' */
void json_end(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *s); /* NULL writes null */
void json_string_len(struct json *j, const char *s, size_t len);
void json_int(struct json *j, int64_t n);
void json_real(struct json *j, double x, int digits);
void json_bool(struct json *j, bool b);
void json_null(struct json *j);

/* ---- out: a result file, in out.c -------------------------------------
 * Opened before the work starts, so that what cannot be written is refused at
 * once. A regular or absent file is written beside its name and renamed by
 * out_commit(); a device, a pipe or a symlink is written in place; "-" is
 * standard output. Under sudo the file is given to the caller. */

struct out {
	int fd;
	char *path; /* what the user named; owned */
	char *temp; /* the file beside it, NULL when written in place; owned */
	int error; /* first errno of a failed write, 0 if none */
	bool new_only;
	bool whole_only; /* its owner says: a part of it cannot be read */
	uint64_t written; /* bytes that reached the file */
	struct buf pending; /* not yet written */
};

/* ERR_IO with errno set. With new_only an existing file is refused (EEXIST). */
int out_open(struct out *o, const char *path, bool new_only);
void out_write(struct out *o, const void *data, size_t len);
void out_puts(struct out *o, const char *s);
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Hand on what is pending; ERR_IO with errno set if any write has failed. */
int out_flush(struct out *o);
/* Flush, check, rename. ERR_IO with errno set if any write had failed: then
 * the part that was written takes the name if that is free, else it stays in
 * o->temp, which is NULL in all other cases. For a format that is worth
 * nothing in part, look at out_flush() first and abort. */
int out_commit(struct out *o);
/* Leave nothing behind and free all. After a commit: only free; a failed one
 * needs it. */
void out_abort(struct out *o);

#endif
