/* pythons.c - find the Python processes and put them into a table
 *
 * A process counts as Python when CPython's runtime is found in it. Where we
 * may not look, only its command line is left to judge by: one that begins
 * with python is shown, so that the list says why it cannot be profiled.
 */
#include "pythons.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cprof/python.h"

#include "say.h"

enum { MEASURE_MSEC = 200, THREADS_MAX = 4096 };

/* Is the first word's last part python, python3, python3.12 ...? */
static bool looks_like_python(const char *command)
{
	size_t len = strcspn(command, " ");
	const char *name = memrchr(command, '/', len);

	name = name ? name + 1 : command;

	return strncmp(name, "python", 6) == 0;
}

/* Sum of the CPU time of its threads, and how many there are. */
static void look_at_threads(struct running *r, const struct target *t)
{
	unsigned int n = THREADS_MAX;
	pid_t *tids = calloc(n, sizeof(*tids));
	struct sched sched;
	struct task task;
	int err;

	if (!tids)
		return;
	err = task_list(t, tids, &n);
	if (err && err != ERR_FULL)
		n = 0;
	r->threads = n;
	r->cpu_ns = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (task_open(&task, t, tids[i]))
			continue;
		if (task_sched(&task, &sched) == 0)
			r->cpu_ns += sched.cpu_ns;
		task_close(&task);
	}
	free(tids);
}

/* Its interpreter, or why there is none to be seen. */
static int probe(struct running *r, struct target *t)
{
	struct python python = { 0 };
	struct rights rights;
	int err;

	err = python_attach(&python, t);
	if (python.runtime.version)
		snprintf(r->version, sizeof(r->version), "%s", python.version);
	if (err == ERR_NOT_PYTHON && t->root < 0)
		err = ERR_PERM; /* its maps can be read, but nothing else */
	if (err != ERR_PERM)
		return err;
	rights_explain(t->pid, &rights);
	r->why = rights.why;

	return err;
}

static bool is_shown(const struct running *r)
{
	switch (r->err) {
	case 0:
	case ERR_UNSUPPORTED:
	case ERR_NOT_READY:
		return true;
	case ERR_PERM:
		return r->why != REFUSED_KERNEL_THREAD &&
		       looks_like_python(r->command);
	default:
		return false;
	}
}

/* A copy of what target_command() says; NULL without memory. */
static char *command_of(const struct target *t)
{
	struct buf b;
	char *copy;

	buf_init(&b);
	target_command(t, &b);
	copy = strdup(b.data);
	buf_release(&b);

	return copy;
}

static int add_process(pid_t pid, void *arg)
{
	struct pythons *p = arg;
	struct running r = { .pid = pid, .cpu_percent = -1 };
	struct running *slot;
	struct target t;

	if (pid == getpid() || target_open(&t, pid))
		return 0;
	r.err = probe(&r, &t);
	r.command = command_of(&t);
	if (!r.command || !is_shown(&r))
		goto out;
	look_at_threads(&r, &t);
	slot = vec_push(&p->list);
	if (slot) {
		*slot = r;
		r.command = NULL;
	}
out:
	free(r.command);
	target_close(&t);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct running *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int pythons_find(struct pythons *p)
{
	int err;

	memset(p, 0, sizeof(*p));
	err = target_each(add_process, p);
	if (p->list.count > 1)
		qsort(p->list.items, p->list.count, sizeof(*p->list.items),
		      by_pid);

	return err;
}

void pythons_release(struct pythons *p)
{
	for (uint32_t i = 0; i < p->list.count; i++)
		free(p->list.items[i].command);
	vec_release(&p->list);
}

/* The scheduler's counts come in steps: no more than the threads can use. */
static double percent_of(const struct running *r, uint64_t before_ns,
			 uint64_t elapsed_ns)
{
	double percent =
		100.0 * (double)(r->cpu_ns - before_ns) / (double)elapsed_ns;

	return MIN(percent, 100.0 * r->threads);
}

void pythons_measure(struct pythons *p)
{
	struct timespec pause = { .tv_nsec = MEASURE_MSEC * NSEC_PER_MSEC };
	uint64_t from = clock_now();
	struct target t;

	if (p->list.count == 0)
		return;
	nanosleep(&pause, NULL);
	for (uint32_t i = 0; i < p->list.count; i++) {
		struct running *r = &p->list.items[i];
		uint64_t before = r->cpu_ns, elapsed = clock_now() - from;

		if (target_open(&t, r->pid))
			continue;
		look_at_threads(r, &t);
		target_close(&t);
		if (r->cpu_ns >= before && elapsed > 0)
			r->cpu_percent = percent_of(r, before, elapsed);
	}
}

const struct running *pythons_nearest(const struct pythons *p, pid_t pid)
{
	const struct running *best = NULL;

	for (uint32_t i = 0; i < p->list.count; i++) {
		const struct running *r = &p->list.items[i];

		if (!best ||
		    labs((long)r->pid - pid) < labs((long)best->pid - pid))
			best = r;
	}

	return best;
}

/* clang-format off */
static const char *const refusals[] = {
	[REFUSED_UNKNOWN]	= "no: not permitted",
	[REFUSED_OTHER_USER]	= "no: needs root",
	[REFUSED_YAMA]		= "no: Yama",
	[REFUSED_CAPABILITY]	= "no: capability",
	[REFUSED_CONTAINER]	= "no: capability",
	[REFUSED_DUMPABLE]	= "no: needs root",
	[REFUSED_TRACED]	= "no: is traced",
	[REFUSED_SECCOMP]	= "no: seccomp",
	[REFUSED_KERNEL_THREAD]	= "no: kernel",
};
/* clang-format on */

static const char *attach_text(const struct running *r)
{
	switch (r->err) {
	case 0:
		return "yes";
	case ERR_UNSUPPORTED:
		return "no: version";
	case ERR_NOT_READY:
		return "yes: starts";
	default:
		return refusals[r->why];
	}
}

static void add_row(struct buf *b, const struct running *r, int columns)
{
	size_t from = b->len;
	char cpu[16] = "-";

	if (r->cpu_percent >= 0)
		snprintf(cpu, sizeof(cpu), "%.0f", r->cpu_percent);
	buf_printf(b, "%7d  %-8s %5s  %7u  %-17s ", (int)r->pid,
		   *r->version ? r->version : "?", cpu, r->threads,
		   attach_text(r));
	add_cut(b, r->command,
		columns ? columns - (int)(b->len - from) : INT_MAX);
	buf_putc(b, '\n');
}

int pythons_table(struct buf *b, int columns)
{
	struct pythons p;
	int n, err;

	err = pythons_find(&p);
	pythons_measure(&p);
	n = (int)p.list.count;
	if (n > 0)
		buf_printf(b, "%7s  %-8s %5s  %7s  %-17s %s\n", "PID", "PYTHON",
			   "CPU %", "THREADS", "ATTACH", "COMMAND");
	for (int i = 0; i < n; i++)
		add_row(b, &p.list.items[i], columns);
	pythons_release(&p);

	return err ? err : n;
}
