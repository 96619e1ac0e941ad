/* world.h - a process made by hand, for the tests of capture/
 *
 * An interpreter with its GIL and thread states in a fake memory, and a folder
 * in place of /proc/PID that says what its threads do. Nothing of it is ever
 * stopped, unless a thread is given the id of a real child.
 */
#ifndef CPROF_TESTS_WORLD_H
#define CPROF_TESTS_WORLD_H

#include "capture/internal.h"
#include "fake.h"
#include "folder.h"

enum {
	WORLD_CODE_UNITS = 64,
	WORLD_CHUNK = 16384,
};

struct world {
	struct fake fake;
	struct folder proc;
	struct target target;
	struct capture capture;
	struct ring *ring;

	struct mem mem; /* counts, and changes things: */
	unsigned int reads, change_at; /* before this read; 0: never */
	void (*change)(struct world *w);
	void *change_arg;

	raddr_t runtime, interp, gil;
	raddr_t newest; /* thread state */
};

#define WORLD_ASLEEP "0 0x5 0x0 0x10 0x0 0x0 0x0 0x7f 0x7f\n" /* in a call */
#define WORLD_RUNS "running\n"

/* Zeroed before the first time; one that is there is released. */
void world_init(struct world *w, uint32_t version);
void world_release(struct world *w);
/* At this read, counted from now on. */
void world_change_at(struct world *w, unsigned int read,
		     void (*change)(struct world *w), void *arg);
/* A thread state at the head of the list, and its thread, which sleeps. */
raddr_t world_thread(struct world *w, pid_t tid);
void world_unlink_newest(struct world *w);
/* It ran so many times; what it does. */
void world_task(struct world *w, pid_t tid, unsigned int slices,
		const char *look);
void world_task_ends(struct world *w, pid_t tid);
/* As take_gil() and drop_gil() do. */
void world_take_gil(struct world *w, raddr_t thread);
void world_drop_gil(struct world *w);
/* A code object; its name is one letter. */
raddr_t world_code(struct world *w, char name);
/* The thread runs these functions, "abc" from the outermost on, in frames on a
 * new data stack. The newest frame. */
raddr_t world_stack(struct world *w, raddr_t thread, const raddr_t *codes,
		    unsigned int count);
/* What capture/ knows of it, after it has read the lists. */
struct tstate *world_tstate(struct world *w, raddr_t thread);

#endif
