/* model.h - the nouns: strings, code objects, frames, stacks, threads, samples
 *
 * What is sampled flows as one ordered stream. Definitions are tables that only
 * grow and are numbered densely from 1 (0 = none), and every id in a sample was
 * defined before it; so a reader that must write definitions out (a recording,
 * a remote store) only remembers up to which id it has written. Readers of the
 * stream are fold (flame graph, raw), timeline (speedscope), window (top) and
 * tally (the summary). Filters are theirs: capture never filters.
 */
#ifndef CPROF_MODEL_H
#define CPROF_MODEL_H

#include "cprof/base.h"

typedef uint32_t string_id;
typedef uint32_t code_id;
typedef uint32_t frame_id;
typedef uint32_t stack_id;
typedef uint32_t thread_id; /* one of ours; the kernel's is tid */
typedef uint32_t process_id; /* one of ours; the kernel's is pid */

enum frame_kind {
	FRAME_PYTHON,
	FRAME_NOTE, /* our own text in the stack, such as [12 more frames] */
};

/* A Python code object. */
struct code {
	string_id name; /* qualified: Class.method */
	string_id file; /* co_filename */
	string_id short_file; /* relative to its package's root */
	string_id module; /* dotted, from short_file; may be 0 */
	int32_t first_line; /* 0 if none */
	enum frame_kind kind;
};

/* A place in a code object. */
struct frame {
	code_id code;
	int32_t offset; /* bytes from the start of the bytecode, -1 = none */
	int32_t line; /* 0 if none */
};

/* A node of the tree of all stacks: its frame is called by the parent's. */
struct stack {
	stack_id parent; /* 0 at the root */
	frame_id frame;
	uint32_t depth; /* frames from the root, 1 for the outermost */
};

struct process {
	pid_t pid; /* as seen from our PID namespace */
	pid_t parent; /* its parent among the targets, 0 if none */
	string_id command; /* command line, arguments joined by spaces */
	string_id python; /* "3.12.1" */
	string_id executable; /* path as the target sees it */
};

struct thread {
	process_id process;
	pid_t tid; /* as seen from our PID namespace */
	uint64_t ident; /* Python's threading.get_ident(): the pthread_t */
	string_id name; /* Python's, else the kernel's; may change */
};

/* All definitions. One per recording; only its owner adds to it. */
struct defs {
	struct arena arena; /* bytes of the strings */
	VEC(struct string) strings;
	VEC(struct code) codes;
	VEC(struct frame) frames;
	VEC(struct stack) stacks;
	VEC(struct thread) threads;
	VEC(struct process) processes;
	struct map string_map, frame_map, stack_map;
	struct map note_map; /* string -> frame of a note */
};

struct string {
	const char *text; /* ends in a NUL; UTF-8 */
	uint32_t len;
	uint32_t next; /* with the same hash */
};

/* ---- definitions: defs.c. Ids are 0 only when memory ran out. ---------
 * Equal strings, frames, stacks and notes get the same id again; codes, threads
 * and processes are new at each call. Text over 1 MiB is cut. */

void defs_init(struct defs *d);
void defs_release(struct defs *d);
string_id defs_string(struct defs *d, const char *text, size_t len);
code_id defs_code(struct defs *d, const struct code *code);
frame_id defs_frame(struct defs *d, const struct frame *f); /* by code+offset */
/* The frame already defined for this place, or 0: then the caller finds out
 * the line and calls defs_frame(). */
frame_id defs_find_frame(const struct defs *d, code_id code, int32_t offset);
/* The frame of a text of our own, such as "[12 more frames]". */
frame_id defs_note(struct defs *d, const char *text, size_t len);
stack_id defs_stack(struct defs *d, stack_id parent, frame_id frame);
thread_id defs_thread(struct defs *d, const struct thread *t);
process_id defs_process(struct defs *d, const struct process *p);

/* Item of an id; an unknown id and 0 give an empty one, never NULL. Valid until
 * the next definition of its kind; the text of a string stays. */
const struct string *def_string(const struct defs *d, string_id id);
const char *def_text(const struct defs *d, string_id id);
const struct code *def_code(const struct defs *d, code_id id);
const struct frame *def_frame(const struct defs *d, frame_id id);
const struct stack *def_stack(const struct defs *d, stack_id id);
const struct thread *def_thread(const struct defs *d, thread_id id);
const struct process *def_process(const struct defs *d, process_id id);

/* ---- samples ---------------------------------------------------------- */

enum thread_state {
	STATE_IDLE, /* sleeps in the kernel, or is stopped */
	STATE_GIL_WAIT, /* sleeps until it gets the GIL */
	STATE_CPU_WAIT, /* could run, but has no CPU: others have them */
	/* runs, or could run where the kernel does not say who has a CPU: */
	STATE_ACTIVE, /* without the GIL: native code */
	STATE_ACTIVE_GIL, /* Python, or C code that holds the GIL */
};

/* "idle", "waiting for gil", "waiting for cpu", "active", "active+gil" */
const char *state_text(enum thread_state state);

/* One thread's stack at one instant. */
struct sample {
	uint64_t time_ns; /* of the accepted read, since the recording began */
	uint32_t late_ns; /* of it: after the deadline */
	process_id process;
	thread_id thread;
	stack_id stack; /* 0: no Python frame */
	string_id syscall; /* the call it waits in; 0 if none */
	uint8_t state; /* enum thread_state */
	bool holds_gil; /* also true for one that sleeps with it */
	bool collects; /* garbage: it or what a finalizer calls */
	bool stopped; /* the whole process, by a signal or a debugger */
	bool partial; /* other threads of this tick were lost */
	uint64_t weight_ns; /* wall time it stands for, <= 2 intervals */
	/* CPU time of the thread since its last sample in which it ran; 0 when
	 * it does not run now. The kernel counts it some milliseconds late: it
	 * is exact in sums. */
	uint64_t cpu_ns;
};

/* Which samples count, and how a frame is written. */
struct view {
	bool gil; /* -g: only the holder */
	bool idle; /* -i: those that do not run, too */
	bool cpu; /* --cpu: a sample weighs the CPU time it stands for */
	bool wall; /* --wall: the time, and all count, whether they run or not */
	bool by_time; /* the rate changes: a sample weighs the time */
	bool function; /* -F: first line of the function */
	bool nolineno;
	bool threads; /* -t: a root frame for each thread */
	bool processes; /* -s: before it one for each ancestor */
	bool full_filenames;
};

bool view_wants(const struct view *v, const struct sample *s);
/* The time that it weighs: by the clock on the wall unless with --cpu. */
uint64_t view_weight(const struct view *v, const struct sample *s);
/* Times are added up, not samples counted: values are microseconds. */
bool view_is_timed(const struct view *v);
/* Append the frame as `name (file:line)`, raw: not yet escaped. */
void view_frame(const struct view *v, const struct defs *d, frame_id frame,
		struct buf *out);
/* `thread (TID): NAME` */
void view_thread(const struct defs *d, thread_id thread, struct buf *out);
/* `process PID:"command line"` */
void view_process(const struct defs *d, process_id process, struct buf *out);
/* The process and its ancestors among the targets, the first target first;
 * returns how many. */
size_t process_ancestors(const struct defs *d, process_id process,
			 process_id *line, size_t room);

/* What time the samples seen so far stand for: that of their ticks, however
 * many threads each has. All zero at first. */
struct observed {
	uint64_t tick_ns; /* time of the newest tick */
	uint64_t before_ns; /* and of the one before it */
	uint64_t part_ns; /* what the newest stands for so far */
};

/* By how much the sample makes the observed time longer. */
uint64_t observed_add(struct observed *o, const struct sample *s,
		      bool *new_tick);

/* ---- fold: how often each stack was seen (fold.c) --------------------- */

struct fold_entry {
	thread_id thread; /* 0 when neither -t nor -s keeps them apart */
	stack_id stack;
	uint64_t count; /* samples */
	uint64_t weight_ns; /* what they weigh */
};

struct fold {
	struct view view;
	VEC(struct fold_entry) entries;
	struct map index; /* (thread, stack) -> entry + 1 */
	uint64_t count; /* of all entries */
};

void fold_init(struct fold *f, const struct view *view);
void fold_release(struct fold *f);
int fold_sample(struct fold *f, const struct sample *s); /* filters */

/* ---- tree: folded stacks merged by what a frame says (tree.c) --------- */

/* Nodes lie in depth-first order: a node's subtree is [i, i + size). Siblings
 * are sorted by text, byte by byte. Node 0 is the root "all". Samples without a
 * Python frame are those of a node "[no Python frame]". */
struct tree_node {
	string_id text; /* as view_frame() wrote it; in the tree's strings */
	/* one of those merged here; 0 for the root, process, thread, no frame */
	frame_id frame;
	uint32_t depth; /* 0 for the root */
	uint32_t size; /* nodes in the subtree, itself included */
	uint64_t self, total; /* samples, or microseconds: view_is_timed() */
};

struct tree {
	VEC(struct tree_node) nodes;
	struct defs strings; /* only its string table is used */
};

/* Storage of *t is taken as new; ERR_NOMEM leaves nothing to release. */
int tree_build(struct tree *t, const struct fold *f, const struct defs *d);
void tree_release(struct tree *t);

/* ---- timeline: samples in order (timeline.c) -------------------------- */

struct timeline_entry {
	uint64_t time_ns; /* of the last sample merged here: its end */
	uint64_t weight_ns; /* until then; no overlap within a thread */
	thread_id thread;
	stack_id stack;
};

struct timeline {
	struct view view;
	VEC(struct timeline_entry) entries; /* equal neighbours are merged */
	struct map last; /* thread -> its newest entry + 1 */
	uint64_t from_ns; /* what was before it has been forgotten */
};

void timeline_init(struct timeline *t, const struct view *view);
void timeline_release(struct timeline *t);
int timeline_sample(struct timeline *t, const struct sample *s);
/* Forget the oldest entries, `drop` of them or some less: those that reach
 * beyond the others begin later. */
void timeline_forget(struct timeline *t, uint32_t drop);

/* ---- tally: what binds the program (tally.c) -------------------------- */

struct tally_wait {
	string_id syscall; /* 0: not known */
	frame_id frame; /* the leaf that waits */
	uint64_t weight_ns;
	uint64_t worker_ns; /* of it: threads that also ran at some time */
	uint64_t holder_ns; /* of it: threads that slept with the GIL */
};

struct tally_process {
	struct observed observed;
	uint32_t mix; /* of its newest tick */
};

/* Bits of a tick's mix: 1 << state for each state that a thread was in. */
#define MIX_HELD (1u << (STATE_ACTIVE_GIL + 1)) /* a thread held the GIL */
#define MIXES (MIX_HELD << 1)

struct tally {
	uint64_t weight_ns[STATE_ACTIVE_GIL + 1]; /* by state */
	uint64_t count[STATE_ACTIVE_GIL + 1]; /* samples, by state */
	uint64_t stopped_ns; /* of all threads */
	uint64_t collecting_ns; /* garbage, while they ran with the GIL */
	VEC(struct tally_wait) waits;
	struct map wait_index;
	uint64_t mix_ns[MIXES]; /* time of processes, by what a tick saw */
	VEC(struct tally_process) processes; /* by id */
	VEC(bool) ran; /* by id of the thread */
};

void tally_init(struct tally *t);
void tally_release(struct tally *t);
int tally_sample(struct tally *t, const struct defs *d, const struct sample *s);
/* Nearly all the time, by a signal or a debugger. */
bool tally_was_stopped(const struct tally *t);
/* The time that samples say threads ran. */
uint64_t tally_ran_ns(const struct tally *t);
/* One sentence without a full stop, such as
 * `Python code: 93 % of the time a thread ran Python` or
 * `idle for all of 30.0 s: 92 % epoll_wait in run (server.py:41)`. */
void tally_sentence(const struct tally *t, const struct defs *d,
		    uint64_t elapsed_ns, struct buf *out);

/* ---- hot: functions by own and total time (hot.c) --------------------- */

struct hot_row {
	string_id name, file, short_file;
	int32_t line; /* of the function, or executed if by line */
	uint64_t own_ns, total_ns; /* since the start */
	uint64_t window_own_ns, window_total_ns; /* since hot_next_window() */
	uint32_t seen; /* private: last sample that counted its total */
	uint32_t next; /* private: row with the same hash, + 1 */
};

struct hot {
	struct view view;
	bool by_line;
	VEC(struct hot_row) rows;
	struct map index; /* code, or frame if by line -> row + 1 */
	struct map places; /* hash of name, file, line -> row + 1 */
	struct observed observed;
	uint32_t serial;
	uint64_t window_samples_ns; /* wall time of this window's ticks */
};

void hot_init(struct hot *h, const struct view *view, bool by_line);
void hot_release(struct hot *h);
/* A recursive function counts once in its total. */
int hot_sample(struct hot *h, const struct defs *d, const struct sample *s);
void hot_next_window(struct hot *h);

/* ---- what is said about a recording ----------------------------------- */

enum lost_kind {
	LOST_GIL, /* the GIL changed hands four times */
	LOST_TRACED, /* another program traces the target */
	LOST_TORN, /* no proof that the thread stood still */
	LOST_FRAME, /* the newest frame was not whole, twice */
	LOST_MEMORY, /* memory of a stack could not be read */
	LOST_CODE, /* the code object was gone when it was to be read */
	LOST_RING, /* the recorder did not keep up */
	LOST_KINDS,
};

const char *lost_text(enum lost_kind kind); /* for the summary line */

struct stats {
	uint64_t ticks; /* taken */
	uint64_t missed; /* deadlines that passed before the last one ended */
	uint64_t late; /* ticks more than 200 us after their deadline */
	uint64_t samples; /* thread samples handed on */
	uint64_t lost[LOST_KINDS]; /* thread samples */
	uint64_t stops; /* threads stopped */
	uint64_t disturbed; /* stops that made a system call return early */
	uint64_t held_ns; /* waits for stops + pauses: what the target lost */
	uint64_t longest_stop_ns; /* longest pause of one thread */
	uint64_t elapsed_ns; /* of the recording */
	uint64_t process_ns; /* sum of the times that processes were sampled */
	uint64_t processes; /* that were sampled, now or earlier */
	uint64_t failed; /* of them: that could not be read any more */
	uint64_t unobserved_ns; /* no sample stands for it */
	uint64_t cpu_ns; /* of the sampled threads, while they were */
	uint64_t sampled_cpu_ns; /* of it: that samples stand for */
	uint64_t own_cpu_ns;
	uint64_t execs; /* times the target ran another program */
	double lowest_rate_hz; /* that --max-... allowed; 0: the asked one */
	uint32_t pauses[64]; /* histogram: see stats_count_pause() */
};

uint64_t stats_lost(const struct stats *s);
/* Ticks per second of a process, and the part of its time that it was held: of
 * several the mean. */
double stats_rate(const struct stats *s);
double stats_held(const struct stats *s);
/* Add what was counted of one process to the sum over all. */
void stats_add(struct stats *sum, const struct stats *s);
/* A pause of one thread, into steps of a quarter of an octave from 256 ns. */
void stats_count_pause(struct stats *s, uint64_t pause_ns);
/* The pause that a part q of them did not exceed, to the width of a step. */
uint64_t stats_pause_quantile(const struct stats *s, double q);

struct meta {
	const char *command; /* of the target */
	const char *python; /* "3.12.1" */
	const char *host;
	pid_t pid;
	uint64_t start_wall_ns; /* since 1970 */
	double rate_hz; /* asked for */
};

/* Everything an exporter may ask for; it does not change meanwhile. */
struct profile {
	const struct defs *defs;
	const struct fold *fold;
	const struct timeline *timeline; /* NULL unless needs_timeline */
	const struct tally *tally;
	const struct view *view;
	const struct stats *stats;
	const struct meta *meta;
};

#endif
