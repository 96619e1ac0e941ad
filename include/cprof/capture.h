/* capture.h - one process, one instant -> samples
 *
 * The heart. A tick takes the stacks of all Python threads at one instant by
 * stopping at most one thread for each GIL: only its holder can change a Python
 * stack. The sampling side (capture_*) copies and proves, and hands raw copies
 * through a ring; the recording side (decoder_*) turns them into definitions
 * and samples, in order. ARCHITECTURE.md tells why the copy is exact.
 */
#ifndef CPROF_CAPTURE_H
#define CPROF_CAPTURE_H

#include "cprof/model.h"
#include "cprof/python.h"
#include "cprof/target.h"

/* ---- the sampling side: one thread, the only one that uses ptrace ----- */

struct capture;

/* Attaches to the interpreter in t, which stays the caller's. keep_exit: the
 * process is our child. ERR_NOT_PYTHON, ERR_UNSUPPORTED, ERR_NOT_READY ...;
 * *found (may be NULL) says which CPython it is, also when it failed. */
int capture_new(struct capture **c, struct target *t, struct ring *ring,
		bool keep_exit, struct python *found);
/* After an exec: find the interpreter of the new program. As capture_new(). */
int capture_reattach(struct capture *c, struct python *found);
/* Lets go what is stopped still. */
void capture_free(struct capture *c);

/* Samples are exact still: a thread that runs is read where we have taken its CPU
 * away from it. Where that cannot be proven it is lost (LOST_TORN). */
void capture_never_stop(struct capture *c);
/* Who has a CPU; NULL: who could run counts as running. It stays the caller's. */
void capture_set_switches(struct capture *c, struct switches *s);
/* Only threads with a name that it wants are looked at and sampled; one that has
 * no name yet is, for some ticks. NULL: all. */
typedef bool (*capture_wants)(void *arg, const char *name);
void capture_set_wants(struct capture *c, capture_wants wants, void *arg);

/* One tick for every GIL of the process, its copies into the ring. What is
 * lost is counted there too. ERR_NOPROC: the process ended; ERR_REPLACED: it
 * runs another program. With `patient` it tries long instead of four times:
 * for dump, where there is no other tick and so no bias. */
int capture_tick(struct capture *c, uint64_t deadline_ns, bool patient);
/* The ring had no room for all of the last tick: go on where it was left, once
 * something was taken out. For dump, which has only one. */
void capture_send_rest(struct capture *c);
/* Between ticks: let go the stops that came too late. True while some are still
 * to come: stop_sleep_until() notices them. */
bool capture_release_late(struct capture *c);
/* Wait, for a second at most, for stops that never came in time and let them
 * go: before this process itself is stopped. */
void capture_settle(struct capture *c);
/* Between two deadlines from now on: no sample weighs more than two of them. */
void capture_set_interval(struct capture *c, uint64_t interval_ns);
/* How long the target was held since the last call. */
uint64_t capture_take_held(struct capture *c);
/* Deadlines that passed unused, for the statistics. */
void capture_count_missed(struct capture *c, uint64_t ticks);

/* Several captures may share a ring: says whose messages come next, or that no
 * more come from it. ERR_FULL. */
int capture_send_source(struct ring *ring, uint32_t number, bool ended);

/* ---- the recording side ----------------------------------------------- */

typedef int (*decoder_reader)(void *arg, const struct defs *d,
			      const struct sample *s);

struct decoder;

/* interval_ns bounds the weight of a sample: at most two of them. */
int decoder_new(struct decoder **d, struct defs *defs, uint64_t start_ns,
		uint64_t interval_ns);
void decoder_free(struct decoder *d);
/* Where package roots are looked for; NULL: short names are guesses. */
void decoder_set_target(struct decoder *d, const struct target *t);
/* Takes one message out of the ring; false when it is empty. *err: what a
 * reader returned, or ERR_NOMEM. */
bool decoder_step(struct decoder *d, struct ring *ring, decoder_reader read,
		  void *arg, int *err);
process_id decoder_process(const struct decoder *d); /* 0: not known yet */
/* The oldest message says whose come next: takes it out, true. */
bool decoder_take_source(struct ring *ring, uint32_t *number, bool *ended);
const struct stats *decoder_stats(const struct decoder *d);
/* Live threads by state; returns all. */
unsigned int decoder_threads(const struct decoder *d,
			     unsigned int by_state[STATE_ACTIVE_GIL + 1]);

#endif
