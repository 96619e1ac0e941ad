/* decode.h - the recording side's state (private to capture/) */
#ifndef CPROF_CAPTURE_DECODE_H
#define CPROF_CAPTURE_DECODE_H

#include "cprof/capture.h"

struct decoded_code {
	code_id id;
	bool hidden;
	int32_t first_line, first_traceable;
	struct buf linetable;
};

struct decoded_thread {
	thread_id id;
	bool alive, lost, holds_gil;
	enum thread_state state;
	enum lost_kind lost_kind;
	stack_id stack;
	string_id syscall;
	uint64_t sampled_ns; /* of its last sample, 0 if none */
};

struct decoder {
	struct defs *defs;
	const struct target *target;
	uint64_t start_ns, interval_ns;
	process_id process;
	VEC(struct decoded_code) codes;
	VEC(struct decoded_thread) threads;
	struct buf text;
	struct stats stats;
	uint64_t last_tick_ns;
};

/* short.c: fill short_file and module from file */
void decoder_name_file(struct decoder *d, struct code *code);

#endif
