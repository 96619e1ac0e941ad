/* message.h - what goes through the ring (private to capture/)
 *
 * The sampling side of a process sends, in this order: what a code object says of itself
 * before the first frame that names it; a thread before its first entry; for a
 * tick an entry for each thread that changed and then the tick, upon which
 * every live thread gives a sample. An entry that says "same stack" only
 * changes the state; one with a stack says what is new of it, at the leaf end.
 */
#ifndef CPROF_CAPTURE_MESSAGE_H
#define CPROF_CAPTURE_MESSAGE_H

#include "cprof/capture.h"

enum msg_kind {
	MSG_SOURCE,
	MSG_PROCESS,
	MSG_CODE,
	MSG_LINES,
	MSG_THREAD,
	MSG_ENTRY,
	MSG_TICK,
};

/* Whose messages come next, as several captures can share a ring. */
struct msg_source {
	uint32_t kind;
	uint32_t number;
	uint32_t ended; /* no more will come from it */
};

/* Text lies behind each other, after the struct. */
struct msg_process {
	uint32_t kind;
	int32_t pid, parent;
	uint32_t command_len, python_len, executable_len;
};

struct msg_code {
	uint32_t kind;
	uint32_t number; /* dense from 1, the sampling side's */
	int32_t first_line;
	int32_t first_traceable; /* bytes */
	uint32_t name_len, file_len;
};

/* More of a code object's line table, when it is long. */
struct msg_lines {
	uint32_t kind;
	uint32_t number;
	uint32_t len;
};

enum {
	LINES_PIECE = 32768, /* bytes of a line table in one message */
	LINES_MAX = 1 << 19, /* of it in all; lines beyond are not known */
};

struct msg_thread {
	uint32_t kind;
	uint32_t number; /* dense from 1; again with another name: renamed */
	int32_t tid;
	uint32_t name_len;
	uint64_t ident;
};

struct msg_frame {
	uint32_t code;
	int32_t offset; /* bytes into the code; -1: before its first one */
	uint32_t generator;
};

enum entry_flags {
	ENTRY_HOLDS_GIL = 1,
	ENTRY_SAME_STACK = 2, /* no frames follow */
	ENTRY_LOST = 4, /* no sample from this tick on; lost_kind */
	ENTRY_GONE = 8, /* the thread ended */
	ENTRY_COLLECTS = 16, /* garbage */
	ENTRY_STOPPED = 32, /* the whole process */
};

struct msg_entry {
	uint32_t kind;
	uint32_t thread;
	uint8_t state; /* enum thread_state */
	uint8_t flags;
	uint8_t lost_kind;
	int16_t syscall; /* -1: none */
	uint32_t count; /* frames that follow, leaf first */
	uint32_t same; /* below them: frames of its last stack, root end */
	uint32_t total; /* more than both: cut after keep_leaf, and same is 0 */
	uint32_t keep_leaf;
	uint64_t cpu_ns; /* its CPU time since it was first seen */
};

/* Counts since the beginning, from the sampling side. */
struct msg_tick {
	uint32_t kind;
	uint32_t none; /* no sample: the whole tick was lost */
	uint64_t time_ns; /* CLOCK_MONOTONIC of the accepted read */
	uint64_t late_ns;
	uint64_t interval_ns; /* 0: as it was */
	uint64_t pause_ns; /* of this tick; 0: nothing stopped */
	uint64_t missed, stops, disturbed, held_ns, longest_stop_ns;
	uint64_t ring_lost; /* samples that found no room here */
};

#endif
