/* internal.h - a session's state (private to sampler/)
 *
 * The sampler's thread owns the members until it says through the ring that one
 * has ended: then the recording thread, which has decoded all of it by then,
 * gives its files and memory back.
 */
#ifndef CPROF_SAMPLER_INTERNAL_H
#define CPROF_SAMPLER_INTERNAL_H

#include "cprof/sampler.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "cprof/capture.h"
#include "pace.h"

enum {
	READERS_MAX = 8,
	MEMBERS_MAX = 1 << 20, /* in all the time of a session */
};

enum member_state {
	MEMBER_WAITS, /* until its interpreter is there */
	MEMBER_SAMPLED,
	MEMBER_DYING, /* cannot be read: does it end, or is there more to it? */
	MEMBER_LEAVES, /* once the stops that are under way have come */
	MEMBER_GONE,
};

/* One process. */
struct member {
	uint32_t number; /* in the ring and in the table, from 1 */
	struct target target;
	bool launched; /* we started it: its end is not ours to reap */
	enum member_state state;
	bool ended; /* by itself: not given up */
	bool execs; /* runs another program than when it was sampled */
	bool followed; /* it descends from a target */
	bool ticked; /* at least one tick was taken */
	int error; /* of the last try to attach, or why it dies */
	char name[16]; /* of its program, as the kernel shortens it */
	struct capture *capture; /* NULL: no interpreter was found yet */
	struct pace pace;
	uint64_t due_ns; /* when it wants its next step */
	uint64_t since_ns; /* when its state began */
	uint64_t asked_ns; /* when it was asked whether it ended */
	uint64_t begin_ns, end_ns; /* of its being sampled */

	struct decoder *decoder; /* the recording thread's */
};

struct session_reader_entry {
	session_reader read;
	void *arg;
};

/* Processes of one name that ended before they had a sample. */
struct unsampled {
	char name[16];
	uint64_t count;
	pid_t newest; /* the name of one that was never seen may come later */
};

struct refused {
	pid_t pid;
	int err;
};

/* --max-slowdown and --max-cpu: see limit.c */
struct limit {
	double rate_hz, lowest_hz; /* now, and ever */
	uint64_t looked_ns, wait_ns; /* at the last time; until the next */
	uint64_t cpu_ns; /* ours, at the last look */
};

struct session {
	struct session_options options;
	struct ring *ring;

	/* the sampler's thread, before it runs the owner's */
	VEC(struct member *) active;
	VEC(struct member *) leaving; /* the ring had no room to say so */
	uint32_t member_count; /* numbers given out */
	uint32_t speaker; /* whose messages go into the ring */
	uint64_t signals_ns; /* when we asked for them last */
	bool any_late; /* some stop is still to come */
	int first_error; /* of a member that was given up */
	bool any_ended;
	struct limit limit;
	struct switches *switches; /* NULL: who has a CPU is not told */
	struct family *family; /* with -s: tells of descendants */
	struct map ancestors; /* pid -> nearest Python it descends from */
	VEC(struct unsampled) unsampled; /* the owner's, once done */
	struct python python; /* as found first, also when it cannot be read */

	/* by number - 1: filled in there, emptied here */
	struct member **table;

	/* the owner's thread */
	struct defs defs;
	uint32_t source; /* whose messages come out of the ring */
	VEC(struct member *) heard; /* those with a decoder */
	struct stats ended; /* sum over those that ended */
	uint64_t process_count;
	struct session_reader_entry readers[READERS_MAX];
	unsigned int reader_count;
	VEC(struct refused) refused;
	struct meta meta;
	uint32_t meta_count; /* processes known when meta was filled in */
	char host[256], found[384];
	sigset_t mask; /* of signals, before the session */
	uint64_t start_ns; /* time 0 of the samples */
	uint64_t begin_ns, end_ns; /* of the time that is said */
	uint64_t start_cpu_ns;

	/* both */
	pthread_t thread;
	bool started, joined;
	atomic_bool stop;
	atomic_bool suspend; /* asked for by session_suspend() */
	atomic_uint execs, failed;
	_Atomic(struct switches *) opened; /* NULL: not yet, or not at all */
	atomic_bool done;
	int end; /* enum session_end; valid once done */
	int error;
	int wake_fd; /* readable when the ring fills, and once done */
};

/* ---- member.c: one process, step by step; never waits for it ---------- */

/* A new one of the session's; attached to at its first step. ERR_NOPROC ... */
int member_add(struct session *s, pid_t pid, struct member **out);
/* Find its interpreter, now. */
int member_attach(struct session *s, struct member *m);
/* After this error it may yet become Python. */
bool member_may_come(int err);
/* It runs another program: look for an interpreter at once. */
void member_expect(struct member *m);
/* It can be no Python before it runs another program. */
void member_park(struct member *m);
/* From now on it has deadlines. */
void member_begin(struct session *s, struct member *m, uint64_t now);
void member_set_rate(struct member *m, double rate_hz, uint64_t now);
/* What is due of it; sets when the next step is. */
void member_step(struct session *s, struct member *m);
/* Ask whether it ended, unless that was asked a moment ago. */
void member_look(struct member *m, uint64_t now);
/* Its messages come next: false when the ring has no room to say so. */
bool member_speaks(struct session *s, const struct member *m);
bool member_ends_within(const struct member *m, int ms);
/* Waits for the end of one that is about to end; false when it is not. */
bool member_ends(const struct member *m);
/* All of it; for the owner's thread. */
void member_free(struct member *m);

/* With -s: the nearest ancestor of a process among the Pythons; 0: none. */
pid_t member_ancestor(const struct session *s, pid_t pid);
void member_set_ancestor(struct session *s, pid_t pid, pid_t ancestor);

/* ---- follow.c: descendants of the targets, with -s -------------------- */

int follow_begin(struct session *s);
/* What happened meanwhile; new processes become members. */
void follow_look(struct session *s);
/* It is gone. */
void follow_lost(struct session *s, const struct member *m);

/* ---- limit.c ---------------------------------------------------------- */

void limit_init(struct session *s, uint64_t now);
/* Whether it is time to go slower, or faster again. */
void limit_look(struct session *s);

/* ---- sampler.c: the sampler's thread ---------------------------------- */

void *sampler_main(void *session);

#endif
