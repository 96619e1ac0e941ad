/* internal.h - the sampling side's state (private to capture/) */
#ifndef CPROF_CAPTURE_INTERNAL_H
#define CPROF_CAPTURE_INTERNAL_H

#include "message.h"

enum {
	INTERPS_MAX = 64,
	STACK_ROOM = 8192, /* frames of a stack that are kept */
	STACK_KEEP_LEAF = 6144, /* of them at the leaf end */
	STACK_LIMIT = 400000, /* frames of a stack that are believed */
	FETCHES_MAX = 8192, /* reads for one stack */
	TRIES = 4, /* DESIGN.md 5.1 */
	PATIENT_TRIES = 2000,
};

/* The words of one GIL, at one instant. */
struct gil_words {
	raddr_t holder; /* the last thread state that took it */
	uint64_t switches; /* times another one took it */
	bool locked;
};

/* One interpreter and the head of its list of thread states. */
struct interp {
	raddr_t addr;
	raddr_t gil; /* where its struct _gil_runtime_state lies */
	raddr_t threads_head;
	bool collects; /* garbage, at the last glance */
	uint32_t codes_freed; /* code objects, then */
};

/* What a thread does, as an entry says it. */
struct state {
	enum thread_state state;
	bool holds_gil, collects, stopped, lost;
	enum lost_kind lost_kind;
	int16_t syscall; /* -1: none */
	uint64_t cpu_ns; /* since it was first seen */
};

/* A Python thread state and what we know of its thread. */
struct tstate {
	raddr_t addr;
	raddr_t interp;
	uint64_t native_id; /* as it calls itself */
	uint64_t ident;
	uint32_t twin; /* index + 1 of another one with this ident */
	uint32_t number; /* in messages */
	bool announced; /* MSG_THREAD went out, with this name */
	bool known; /* it went out, perhaps with another one */
	bool listed; /* met in the newest walk of the lists */
	bool named; /* by Python, not by the kernel */
	bool unwanted; /* by its name: not looked at at all */
	uint8_t name_tries; /* for which Python had no name for it */
	char name[256]; /* UTF-8, cut */

	struct task task;
	raddr_t rseq; /* its rseq area; 0: none, or not known yet */
	bool rseq_asked;
	struct sched sched; /* at the last look, or half a millisecond before */
	uint64_t sched_ns; /* when it was read */
	uint64_t cpu_counted_ns; /* how much of it is in cpu_ns */
	uint64_t cpu_ns; /* of this thread state, since it was first seen */
	struct look look;
	bool looked; /* look is not empty */
	uint64_t look_number; /* of switches_look() before it; 0: none */
	bool dead; /* its thread ended, though it is listed still */

	struct image image; /* of its last read: the next one's plan */
	bool planned; /* there is one */
	VEC(struct raw_frame) raw; /* leaf first, as copied */
	uint32_t total; /* frames it had: more than raw when cut */
	int copy_err; /* of the last read */
	bool have; /* raw was true at the last accepted instant */
	bool fresh; /* copied in this tick, not yet resolved */
	bool copied; /* fresh, and all of it could be read */
	uint64_t copy_switches; /* the GIL's words at that instant */
	raddr_t copy_holder;
	uint32_t seen_tick; /* closely: in which it was looked at and copied */
	uint64_t seen_switches; /* and the count of the GIL's then */
	bool copy_asleep; /* it slept then, with these counts */
	struct sched copy_sched;

	VEC(struct msg_frame) frames; /* raw with codes resolved; as sent */
	uint32_t same; /* frames at the root end that went out before */
	uint32_t sent_total;
	bool lost; /* in this tick */
	enum lost_kind lost_kind;
	uint32_t held; /* serial of the last tick in which it held the GIL */
	struct state now, sent;
	uint64_t wait_switches; /* the GIL's, when `now` was decided */
	bool unsent; /* its stack has not gone out yet */
};

struct known_code {
	raddr_t addr;
	struct code_print print;
	uint64_t strings; /* <= 3.11: of the bytes of its two names */
	uint32_t name_len, file_len; /* bytes of them that are compared */
	uint32_t number; /* in messages */
	uint32_t checked; /* epoch in which it was proven */
};

/* Pieces of `prints` that must say what is known of a code object. */
struct proof {
	uint32_t code; /* in codes */
	uint32_t head, name, file;
};

struct capture {
	struct target *target;
	struct python python;
	struct ring *ring;
	bool keep_exit;
	bool never_stop;
	bool rseq_searched, rseq_known; /* what the C library says: */
	int64_t rseq_offset;
	struct switches *switches; /* NULL: nobody knows who has a CPU */
	capture_wants wants; /* NULL: every thread */
	void *wants_arg;
	bool no_stop; /* CPROF_TEST=no-stop: the tests' broken sampler */

	struct interp interps[INTERPS_MAX];
	unsigned int interp_count;
	raddr_t interps_head;
	VEC(struct tstate *) threads;
	VEC(struct tstate) found; /* in the walk in progress */
	struct map found_ids; /* native ids met in it */
	struct image list; /* all thread states as they were read for it */
	struct map idents; /* ident -> index + 1; while names are read */
	VEC(uint32_t) gone; /* numbers to say goodbye to */
	struct map thread_index; /* address of a thread state -> index + 1 */
	uint32_t next_thread; /* number for the next new one */
	bool list_stale; /* walk the lists again */
	bool quiet; /* in the last tick all threads slept */
	uint64_t quiet_look; /* number of the look before that tick */
	bool sent; /* the last tick's messages all found room */
	bool stopped; /* the process, by a signal or a debugger */
	uint64_t slices; /* sum of all threads' at the last look */
	bool may_be_stopped; /* nobody runs since, and nobody has asked yet */
	uint64_t stop_asked_ns;

	struct raw_frame *scratch; /* STACK_ROOM; of the walk in progress */
	VEC(struct msg_frame) resolved; /* of the thread in progress */
	VEC(struct known_code) codes;
	struct map code_index; /* address -> index + 1 */
	struct code_copy code_copy;
	struct image prints; /* of code objects to be proven */
	VEC(struct proof) proofs; /* which of its pieces are whose */
	uint32_t next_code;
	uint32_t code_epoch; /* in which no address can have got another code */
	uint64_t codes_freed; /* of all interpreters, when it began */
	uint32_t serial; /* of the tick */
	uint32_t close_fails; /* ticks in a row in which closely.c was in vain */
	uint32_t close_from; /* serial of the tick in which it may be tried */
	raddr_t last_holder; /* thread state that had the GIL in the last one */

	struct image glance; /* GIL words without a stack */
	VEC(struct stop) late; /* that did not come in time */
	uint64_t refused_ns; /* since when another tracer holds the target */
	uint64_t avoid_until_ns; /* better not to stop anybody: it was refused */
	uint64_t names_read_ns; /* when; 0: never */
	uint64_t names_all_ns; /* when all of them were */
	bool names_wanted; /* there are new threads */
	bool nameless; /* some have the kernel's names only */
	uint64_t instant_ns; /* of the accepted read */
	uint64_t pause_ns; /* of this tick */
	uint64_t held_taken_ns; /* by capture_take_held() */
	struct msg_tick counts;
};

/* What one vectored read says beside the stacks. */
struct glance {
	raddr_t rseq; /* to be read, too: of one thread; 0: of none */
	int cpu; /* that this thread runs on or ran on last; -1: not known */
	struct gil_words words;
	bool lists_same; /* no interpreter or thread state came or went */
};

/* threads.c: the lists of thread states. ERR_LOST: they moved meanwhile. */
int threads_refresh(struct capture *c);
struct tstate *threads_find(struct capture *c, raddr_t addr);
/* Of all, as they can change, or of those that have none yet. False: of some
 * interpreter nothing could be read. */
bool threads_read_names(struct capture *c, bool all);
/* Forgets all, and says so. */
void threads_release(struct capture *c);

/* state.c: what a thread does */
/* It slept at its last look, and had no CPU since. */
bool state_sleeps_on(const struct capture *c, const struct tstate *t);
int state_look(struct tstate *t);
/* It could run, and the kernel's records say that it has no CPU. */
bool state_has_no_cpu(const struct capture *c, const struct tstate *t);
/* It was not given a CPU between the two. */
bool state_slept_on(const struct sched *then, const struct sched *now);
/* Waits while its thread runs in another interpreter. */
void state_set_outer(struct tstate *t);
void state_decide(const struct capture *c, struct tstate *t, raddr_t gil,
		  const struct gil_words *w);
/* Of all threads: has one run since the last tick? */
void state_look_for_runs(struct capture *c);
/* If none has: is the process stopped by somebody else? True when it was found out
 * now that it is. */
bool state_look_for_stop(struct capture *c);

/* glance.c: the words of a GIL and the heads of the lists. They are read last
 * in a call, so that they date all that was read before them. */
int glance_add(struct capture *c, struct image *i, raddr_t gil,
	       const struct glance *g);
/* From the pieces added last. ERR_REPLACED, ERR_FAULT. */
int glance_parse(struct capture *c, struct image *i, struct glance *g);
int glance_read(struct capture *c, raddr_t gil, struct glance *g);

/* preempt.c: a thread stands as long as we have the CPU that it ran on. */
struct preempt {
	uint64_t switches; /* our own; 0: not known */
	int cpu; /* ours */
};
/* To be tried before a stop: for lack of the right to stop, or as a stop has
 * disturbed a system call of this program. */
bool preempt_preferred(const struct capture *c);
/* Threads wait for a CPU. */
void preempt_note_crowd(struct capture *c);
bool preempt_move(int cpu);
raddr_t preempt_area(struct capture *c, const struct tstate *t); /* or 0 */
/* Before what is to be proven is read of the thread. */
void preempt_begin(struct preempt *p);
/* It ran on our CPU last: it may stand. */
bool preempt_stands(const struct preempt *p, int cpu);
/* And it stood all the while, says the CPU that was read last. */
bool preempt_stood(const struct preempt *p, int cpu);

/* stand.c: the holder stands. 0; ERR_TIMEOUT: in the kernel or without a CPU, and
 * stops before it runs user code again; ERR_LOST, ERR_PERM. Whatever it was, stand_end() comes after. spin: it runs on another
 * CPU than we, on ours it could not stop meanwhile. */
int stand_begin(struct capture *c, const struct tstate *t, bool spin,
		struct stop *s);
void stand_end(struct capture *c, struct stop *s);
void stand_release_late(struct capture *c);
/* It could not run from asked_ns on, and was read from stands_ns on. */
void stand_count(struct capture *c, uint64_t asked_ns, uint64_t stands_ns,
		 uint64_t end_ns);
/* After an exec: the first thread may be one that we stop, under a new id. */
void stand_take_back(struct capture *c);

/* instant.c: copies of all threads of a GIL that are one instant. 0, also when
 * threads were lost; ERR_NOPROC, ERR_REPLACED, ERR_PERM. */
int instant_take(struct capture *c, raddr_t gil, bool patient);

/* stack.c: one thread's frames into t->raw. With a glance, this is read last
 * in each call. 0, ERR_LOST (half made), ERR_FAULT, ERR_GARBAGE, ERR_NOPROC,
 * ERR_REPLACED; ERR_NOT_FOUND: another thread's state lies there now. */
int stack_read(struct capture *c, struct tstate *t, bool deep, raddr_t gil,
	       struct glance *g);

/* The same while the thread runs, for what it leaves: a plan that fits better,
 * warm caches, so that the pause is shorter, and the glance. */
int stack_rehearse(struct capture *c, struct tstate *t, raddr_t gil,
		   struct glance *g);

/* codes.c: which code objects these are; fills t->frames. *changed: not the
 * frames it had. */
int codes_resolve(struct capture *c, struct tstate *t, bool *changed);
/* May the addresses known so far have got other code objects? */
void codes_begin_epoch(struct capture *c);
/* Of all that were copied in this tick; at once, before anything else. */
void codes_resolve_all(struct capture *c);

/* send.c: into the ring */
int send_process(struct capture *c);
int send_code(struct capture *c, uint32_t number, const struct code_copy *code);
void send_gone(struct capture *c, const struct tstate *t); /* next tick */
void send_tick(struct capture *c, uint64_t deadline_ns, bool changed);

#endif
