/* target.h - the other process: its memory, files, threads, and how to stop one
 *
 * The only module that calls ptrace or process_vm_readv and opens /proc/PID.
 * Nothing is ever written to a target. Two small structs of functions are the
 * seam: `mem` reads it, `still` makes a thread stand; tests put a faulty memory
 * or an image there. Only the sampler's thread may use `still`, as ptrace and
 * waitpid are bound to the thread that attached.
 */
#ifndef CPROF_TARGET_H
#define CPROF_TARGET_H

#include <limits.h>
#include <signal.h>

#include "cprof/base.h"

typedef uint64_t raddr_t; /* an address in the target, never a pointer */

/* ---- memory: mem.c ---------------------------------------------------- */

struct mem_seg {
	raddr_t addr;
	void *buf;
	uint32_t len;
	int32_t err; /* out: 0, or ERR_FAULT if not read whole */
};

/* A vectored read, in order; up to 1,024 segments are one system call. A
 * segment that cannot be read does not spoil those after it. Returns 0 when it
 * was carried out (look at each err), ERR_NOPROC when the process is gone,
 * ERR_PERM. */
struct mem {
	int (*readv)(struct mem *m, struct mem_seg *segs, unsigned int n);
};

struct mem_live {
	struct mem mem;
	pid_t pid;
	uint64_t calls; /* system calls made */
};

void mem_live_init(struct mem_live *m, pid_t pid);

/* Fails the n-th read and, with `every`, all after it. For tests. */
struct mem_faulty {
	struct mem mem;
	struct mem *inner;
	uint64_t reads, fail_at; /* counts from 1; 0 = never */
	bool every;
	int err; /* ERR_FAULT per segment, anything else for the call */
};

void mem_faulty_init(struct mem_faulty *m, struct mem *inner);

/* One piece; ERR_FAULT if not read whole. */
int mem_read(struct mem *m, raddr_t addr, void *buf, uint32_t len);
int mem_read_u64(struct mem *m, raddr_t addr, uint64_t *out);

/* ---- the process: target.c -------------------------------------------- */

struct target {
	pid_t pid; /* as seen from here */
	pid_t parent; /* its parent among the targets, if its owner knows */
	int proc; /* directory /proc/PID; keeps meaning this process */
	int root; /* its root directory, -1 if we may not */
	int pidfd; /* readable once it ended; -1 on kernels before 5.3 */
	uint64_t start_time; /* clock ticks after boot: tells re-used pids */
	int ns_depth; /* PID namespaces below ours; 0 = the same */
	struct map *ids; /* with ns_depth: what task_from_inner() learnt */
	struct mem_live live;
	struct mem_faulty faulty; /* only with CPROF_TEST=fail-read=N */
	struct mem *mem; /* the one to read with */
};

/* ERR_NOPROC, ERR_PERM, ERR_IO. */
int target_open(struct target *t, pid_t pid);
void target_close(struct target *t);
bool target_alive(const struct target *t); /* false also for a zombie */
/* It ended or is about to: what cannot be read of it any more, or may not be
 * read, means nothing. */
bool target_is_ending(const struct target *t);
/* The process that the thread belongs to, perhaps as its first; 0: none has
 * that id. */
pid_t target_of_thread(pid_t tid);

/* What its first thread is held by, if it is. */
struct standstill {
	enum {
		STANDS_UNKNOWN, /* it ended, or we hold it for a moment */
		GOES_ON,
		STANDS_BY_SIGNAL, /* SIGSTOP, Ctrl-Z: until SIGCONT */
		STANDS_BY_TRACER, /* a debugger, not we */
	} how;
	pid_t pid;
	pid_t tracer; /* STANDS_BY_TRACER: who */
};

struct standstill target_standstill(const struct target *t);
struct standstill standstill_of(pid_t pid);
/* By others than us, until they let it go. */
bool standstill_lasts(const struct standstill *s);
/* What ends one that lasts: `kill -CONT 4711 lets it run`. */
void standstill_advice(const struct standstill *s, struct buf *out);

/* What ps shows: arguments joined by spaces, each made one word for a shell
 * where it needs quotes; "[name]" if there are none. */
void target_command(const struct target *t, struct buf *out);
/* Path of its program as it sees it, without " (deleted)". */
void target_executable(const struct target *t, struct buf *out);
/* A file as the target sees it, read-only, regular files only. Never leaves
 * its root, never follows magic links. -1 if it cannot be had. */
int target_open_file(const struct target *t, const char *path);
bool target_file_exists(const struct target *t, const char *path);

/* ---- mappings: maps.c ------------------------------------------------- */

struct mapping {
	raddr_t start, end;
	uint64_t offset; /* in the file, bytes */
	uint64_t device, inode; /* 0, 0: anonymous */
	bool readable, writable, executable;
	uint32_t path; /* where its name starts in maps.text; "" if none */
};

struct maps {
	VEC(struct mapping) list; /* ascending */
	struct buf text;
};

int maps_read(struct maps *m, const struct target *t);
void maps_release(struct maps *m);
const char *mapping_path(const struct maps *m, const struct mapping *p);
/* The very file that is mapped (also deleted, renamed, in another mount
 * namespace), read-only; checked by device and inode. -1 if it cannot be
 * had. */
int mapping_open(const struct maps *m, const struct mapping *p,
		 const struct target *t);
/* The first mapping of a file: several are of one. */
bool mapping_is_first(const struct maps *m, uint32_t index);

/* ---- symbols of mapped files: elf.c ------------------------------------ */

struct elf_symbol {
	const char *name; /* of a symbol, or of a section */
	raddr_t at; /* out: where it lies in the target; 0: there is none */
};

/* Those of the ELF file that is mapped at m, which is its first mapping; from its
 * dynamic symbols, or else from all. ERR_NOT_FOUND: the file cannot be had;
 * ERR_GARBAGE: it is no ELF file. */
int elf_find(const struct maps *maps, const struct mapping *m,
	     const struct target *t, struct elf_symbol *list,
	     unsigned int count);

/* ---- threads: task.c -------------------------------------------------- */

/* Run-time counts of a thread, from /proc/PID/task/TID/schedstat. */
struct sched {
	uint64_t cpu_ns; /* spent on a CPU; lags while it runs */
	uint64_t wait_ns; /* spent runnable without a CPU */
	uint64_t slices; /* times it was given a CPU */
};

/* What it does right now, from /proc/PID/task/TID/syscall. */
struct look {
	bool running; /* on a CPU or runnable */
	int64_t syscall; /* the call it sleeps in; -1: none (a page fault) */
	uint64_t args[6]; /* valid with a call */
};

struct task {
	pid_t tid; /* as seen from here */
	int schedstat; /* open files; -1 when closed */
	int syscall;
};

/* ERR_NOPROC when there is no such thread. */
int task_open(struct task *k, const struct target *t, pid_t tid);
void task_close(struct task *k);
int task_sched(const struct task *k, struct sched *out);
int task_look(const struct task *k, struct look *out);
/* Kernel's name of the thread (at most 15 bytes). */
void task_name(const struct target *t, pid_t tid, char name[16]);
/* The process that traces the thread, 0 if none. */
pid_t task_tracer(const struct target *t, pid_t tid);
/* All thread ids as seen from here; *n is room, then count; ERR_FULL when
 * there are more. */
int task_list(const struct target *t, pid_t *tids, unsigned int *n);
/* Thread id as seen from here of one that calls itself `inner` (gettid());
 * 0 if there is none. Threads are asked once; what was learnt is kept in t->ids
 * and asked for again before it is believed, as ids are used again. */
pid_t task_from_inner(const struct target *t, pid_t inner);

/* The distance of rseq areas from the thread pointer, as the target's C library
 * says: rseq.c. ERR_NOT_FOUND: musl, glibc < 2.35, a static program. */
int rseq_find(const struct target *t, int64_t *offset);
/* The area of the thread with this pthread_t; 0: not known on this CPU. */
raddr_t rseq_area(raddr_t pthread, int64_t offset);
/* The CPU that a thread runs on or ran on last, from a copy of the first
 * TASK_RSEQ_LEN bytes of its rseq area; -1 if it is none. The kernel writes them
 * before the thread executes anything there (rseq(2), kernel/rseq.c). */
enum { TASK_RSEQ_LEN = 8 };
int task_cpu(const void *rseq);

/* Name of a system call of this machine, NULL if it has none. */
const char *syscall_name(int64_t number);
bool syscall_is_futex(int64_t number);

/* ---- who has a CPU: switches.c ---------------------------------------- */

struct switches;

enum on_cpu { ON_CPU_UNKNOWN, ON_CPU, OFF_CPU };

/* ERR_PERM: the kernel does not allow it. Of the whole machine; what is seen are
 * thread ids of our own PID namespace. */
int switches_new(struct switches **s);
void switches_free(struct switches *s);
/* Who has which CPU now: for the calls of switches_ask() until the next look. */
void switches_look(struct switches *s);
/* Unknown: where a CPU has not switched since we began, or too many switch. */
enum on_cpu switches_ask(const struct switches *s, pid_t tid);
/* The number of the newest look; they are counted from 1. */
uint64_t switches_now(const struct switches *s);
/* It got no CPU between that look and the newest one: who slept then sleeps in
 * the same call still. False when that is not known. */
bool switches_slept(const struct switches *s, pid_t tid, uint64_t since);
/* No thread of the process, new ones included, had a CPU meanwhile. */
bool switches_process_slept(const struct switches *s, pid_t pid,
			    uint64_t since);

/* ---- standing still: stop.c ------------------------------------------- */

/* Stops one thread for a moment: PTRACE_SEIZE + INTERRUPT, and DETACH after,
 * so that nothing is traced between two ticks and if we die the kernel lets
 * it run. A signal that arrives meanwhile is delivered on the way out. */
struct stop {
	pid_t tid;
	enum {
		STOP_NONE,
		STOP_ASKED, /* interrupt sent, stop not yet reported */
		STOP_STANDS,
	} state;
	bool keep_exit; /* it is our child: its end is not ours to reap */
	int signal; /* to deliver when it goes on, 0 if none */
	uint64_t asked_ns, stands_ns;
};

/* Ask. ERR_NOPROC, ERR_PERM (also: somebody else traces it). */
int stop_begin(struct stop *s, pid_t tid, bool keep_exit);
/* Wait for it: spin for at most spin_ns, then sleep, until timeout_ns after
 * now. ERR_TIMEOUT leaves it asked for: call again or stop_end() later.
 * ERR_NOPROC: it ended (and was reaped). */
int stop_wait(struct stop *s, uint64_t spin_ns, uint64_t timeout_ns);
/* While it stands: it is about to see a system call return early (EINTR). */
bool stop_disturbed(const struct stop *s);
/* While it stands: where its rseq area lies (PTRACE_GET_RSEQ_CONFIGURATION, Linux
 * 5.13); 0: it has none, as with musl and glibc < 2.35, or the kernel is older. */
raddr_t stop_rseq(const struct stop *s);
/* Let it go. A stop that never came stays STOP_ASKED until it can be let go:
 * call again until state is STOP_NONE. */
void stop_end(struct stop *s);
/* Wait until it can be let go, but at most limit_ns: a thread can be in a call
 * that nothing interrupts. The end of our thread lets go of it, too. */
void stop_settle(struct stop *s, uint64_t limit_ns);

/* Call before the thread that stops is made, which inherits it: blocks SIGCHLD,
 * so that waits can be bounded, and the signals of job control, so that they
 * do not stop us while a thread of a target stands. The mask before goes to
 * *before. */
void stop_block_signals(sigset_t *before);
bool stop_job_control_came(void); /* such a signal waits */
/* Let it take effect; call it between two stops. */
void stop_take_job_control(void);
/* Sleep until the deadline, or until a stopped thread reports: true. */
bool stop_sleep_until(uint64_t deadline_ns);

/* ---- a program that we start: spawn.c --------------------------------- */

struct spawn {
	pid_t pid;
	int pidfd;
	bool as_caller; /* under sudo: as the user who called sudo */
	char program[PATH_MAX]; /* what PATH found */
};

/* Starts argv with our stdin, stdout, stderr, environment and process group;
 * under sudo as the caller. Returns 0 or ERR_IO with errno (ENOENT, EACCES,
 * ...) of the exec. With quiet: stdin /dev/null, output to fd out. */
int spawn_start(struct spawn *s, char *const argv[], bool quiet, int out);
/* Non-blocking: true when it ended; *status as of waitpid(). */
bool spawn_ended(struct spawn *s, int *status);

/* ---- source text: source.c -------------------------------------------- */

struct source {
	struct target target; /* a view of our own: it outlives the process */
	uint32_t user, group; /* of the target, to the file system */
	VEC(uint32_t) groups;
	uint64_t capabilities; /* of it, those that open files */
};

/* ERR_NOPROC, ERR_PERM, ERR_IO, ERR_GARBAGE. */
int source_open(struct source *s, pid_t pid);
/* Also after an open that failed. */
void source_close(struct source *s);
/* Appends a regular file of at most limit bytes, if the target itself may read
 * it: ERR_NOT_FOUND if not, or if the path is not absolute, ERR_PERM if we
 * cannot be who it is, ERR_FULL if it is larger. *newer: it was changed after
 * the target began. */
int source_read(struct source *s, const char *path, size_t limit,
		struct buf *out, bool *newer);
/* ---- who descends from a target: family.c ----------------------------- */

struct notice {
	enum { NOTICE_FORK, NOTICE_EXEC } kind;
	pid_t pid;
	pid_t parent; /* with a fork: who forked */
	char name[16]; /* with an exec: of the program; "" if not told */
};

struct family;

/* The processes pids and all that descend from them; those that run already are
 * the first notices. By perf task events, the process connector, or polling. */
int family_new(struct family **f, const pid_t *pids, unsigned int count);
void family_free(struct family *f);
/* Look what happened; costs next to nothing when it was nothing. */
int family_look(struct family *f);
/* What family_look() found; false when that was all. */
bool family_next(struct family *f, struct notice *n);
/* It ended: its id can become another's. */
void family_forget(struct family *f, pid_t pid);
const char *family_how(const struct family *f);

/* ---- why not: rights.c ------------------------------------------------ */

enum refusal {
	REFUSED_UNKNOWN,
	REFUSED_OTHER_USER, /* run as root */
	REFUSED_YAMA, /* kernel.yama.ptrace_scope */
	REFUSED_CAPABILITY, /* root, but without CAP_SYS_PTRACE */
	REFUSED_CONTAINER, /* the same inside a user or PID namespace */
	REFUSED_DUMPABLE, /* same user, the target forbids it */
	REFUSED_TRACED, /* another tracer holds it */
	REFUSED_SECCOMP,
	REFUSED_KERNEL_THREAD,
};

struct rights {
	enum refusal why;
	pid_t tracer; /* with REFUSED_TRACED */
	bool is_root;
};

/* Why we may not look into pid; from capabilities, ids, Yama, seccomp. */
void rights_explain(pid_t pid, struct rights *out);

/* All processes; calls each with its pid until it returns non-zero. */
int target_each(int (*each)(pid_t pid, void *arg), void *arg);

#endif
