/* feed.h - the stream of samples, summed up for the screen
 *
 * A feed is a reader of the session; a picture is what it says at one refresh.
 * The screen shows pictures only, so it can be frozen, sorted and scrolled
 * while samples come in. Ids in a picture stay valid: definitions only grow.
 */
#ifndef CPROF_TUI_FEED_H
#define CPROF_TUI_FEED_H

#include "cprof/model.h"

enum { BY_FUNCTION, BY_LINE, BY_COUNT };

struct feed_sums {
	uint64_t active_ns;
	uint64_t gil_ns; /* held it, also asleep */
	uint64_t wait_ns; /* waited for it */
};

struct feed_thread {
	thread_id id; /* 0: never seen */
	process_id process;
	stack_id stack; /* of its last sample, as are the next four */
	string_id syscall;
	uint8_t state;
	bool holds_gil;
	uint64_t time_ns;
	struct feed_sums all; /* since the start */
	struct feed_sums window;
};

/* What its living threads sum up to; per cent of the window. */
struct picture_process {
	process_id id;
	unsigned int threads, running;
	double active, gil, waiting;
};

struct feed_process {
	struct observed observed;
	uint64_t wall_ns; /* observed since the start */
	uint64_t window_ns; /* and in this window */
	struct picture_process sums; /* of the picture under way */
};

struct feed {
	struct view view;
	struct hot hot[BY_COUNT];
	struct fold fold;
	struct tally tally;
	struct timeline timeline; /* the newest of it */
	uint64_t start_ns; /* its time 0: of the last tick before the reset */
	VEC(struct feed_thread) threads; /* by thread_id - 1 */
	VEC(struct feed_process) processes; /* by process_id - 1 */
	uint64_t ticks;
	uint64_t tick_ns; /* of the newest */
	int error; /* the first that lost something */
};

void feed_init(struct feed *f, const struct view *view);
void feed_release(struct feed *f);
void feed_reset(struct feed *f); /* forget all but which threads there are */
/* A session_reader; arg is the feed. Never fails: it keeps the error. */
int feed_sample(void *arg, const struct defs *d, const struct sample *s);

/* ---- pictures --------------------------------------------------------- */

struct picture_row {
	string_id name, file, short_file;
	int32_t line;
	double own, total; /* per cent of the window */
	uint64_t own_ns, total_ns; /* since the start */
};

struct picture_thread {
	thread_id id;
	process_id process;
	stack_id stack;
	string_id syscall;
	uint8_t state;
	bool holds_gil;
	double active, gil, waiting; /* per cent of the window */
	uint64_t active_ns;
};

struct picture {
	bool whole; /* per cents are of all time since the start */
	double window_s;
	double gil, active, waiting; /* per cent of the window */
	unsigned int running; /* threads seen active in their last sample */
	struct stats stats; /* since the start, or since the reset */
	uint64_t samples; /* that the table counts, since then */
	double rate_hz, own_cpu, slowdown, missed; /* of the window; per cent */
	VEC(struct picture_row) rows[BY_COUNT];
	VEC(struct picture_thread) threads; /* those that are alive */
	VEC(struct picture_process) processes; /* and those that have them */
};

/* Leave what was counted after `before`; what is a maximum stays. */
void stats_subtract(struct stats *s, const struct stats *before);

void picture_init(struct picture *p);
void picture_release(struct picture *p);
/* What the feed says now; the next window begins. The stats are of the session
 * now, when the last window ended, and when the feed was reset. */
int picture_take(struct picture *p, struct feed *f, const struct stats *now,
		 const struct stats *last, const struct stats *reset,
		 bool whole);

#endif
