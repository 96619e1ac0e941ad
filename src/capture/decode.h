/* decode.h - the recording side's state (private to capture/) */
#ifndef CPROF_CAPTURE_DECODE_H
#define CPROF_CAPTURE_DECODE_H

#include "cprof/capture.h"

struct decoded_code {
	code_id id;
	bool hidden;
	string_id name, file;
	int32_t first_line, first_traceable;
	struct buf linetable;
	uint32_t next; /* with the same hash */
};

struct decoded_thread {
	thread_id id;
	bool alive, lost, holds_gil, collects, stopped;
	enum thread_state state;
	enum lost_kind lost_kind;
	stack_id stack;
	VEC(stack_id) path; /* to it from the root; none if it was cut */
	string_id syscall;
	uint64_t sampled_ns; /* of its last sample, 0 if none */
	uint64_t cpu_ns; /* its CPU time, since it was first seen */
	uint64_t cpu_counted_ns; /* of it, at the last tick */
	uint64_t cpu_owed_ns; /* that no sample stands for yet */
};

struct decoder {
	struct defs *defs;
	const struct target *target;
	uint64_t start_ns, interval_ns;
	process_id process;
	VEC(uint32_t) numbers; /* of code objects -> which of codes + 1 */
	VEC(struct decoded_code) codes; /* no two are equal */
	struct map code_index; /* hash -> newest of codes + 1 */
	struct decoded_code coming; /* its lines may not all be there yet */
	uint32_t coming_number; /* 0: none */
	VEC(struct decoded_thread) threads;
	struct buf text;
	struct stats stats;
	bool partial; /* threads were lost in the tick in progress */
	uint64_t last_tick_ns, tick_before_ns; /* 0: none yet */
};

/* short.c: fill short_file and module from file */
void decoder_name_file(struct decoder *d, struct code *code);

#endif
