/* switches.c - who has a CPU now and who had one, from the kernel's own records
 *
 * /proc cannot tell a thread that runs from one that is ready to run and has no
 * CPU, and is asked for each thread. One ring of context switches for each CPU
 * tells it of all, without a system call: the newest record names who left and
 * who came, and who is in none of them has not run. The kernel writes a ring
 * backwards and over what is old: nobody has to keep up, and who does not is told
 * so. Each switch costs the machine a fraction of a microsecond: where there are
 * very many we do without for a while. Allowed to root, or with
 * perf_event_paranoid 0 and less.
 */
#include "cprof/target.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "perf_ring.h"

enum {
	DATA_PAGES = 8,
	TRIES = 3,
	MEASURE_MS = 100,
	REST_MS = 10000, /* after there were too many */
	MOST_PER_MS = 20, /* records of one CPU; two for each switch */
	MARKS_MAX = 1 << 16,
};

/* As the kernel writes it: PERF_RECORD_SWITCH_CPU_WIDE with the ids and time of
 * sample_id_all. */
struct switch_record {
	struct perf_event_header head;
	uint32_t other_pid, other_tid; /* who came, or who was before */
	uint32_t pid, tid;
	uint64_t time;
};

/* What we know of a CPU. */
struct cpu {
	const struct perf_ring *ring;
	uint64_t begin, measured, seen; /* head when it was switched on, at the
					 * last measurement, at the last look */
	bool known;
	pid_t runs; /* 0: nobody */
	pid_t before; /* had the CPU until it was taken away; 0: left it */
	pid_t process; /* of the one that runs */
};

struct switches {
	struct perf_rings rings;
	VEC(struct cpu) cpus; /* one for each of them */
	pid_t self; /* the thread that looks: it has a CPU, of course */
	struct map marks; /* thread, process -> the last look that met it */
	uint32_t look; /* number of the newest one since marks was cleared */
	uint64_t looks_before; /* those until then */
	uint64_t blind; /* at this look, and before it, anybody may have run */
	uint64_t measured_ns;
	uint64_t rest_until_ns; /* 0: switched on */
};

static int open_rings(struct switches *s)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.context_switch = 1,
		.sample_id_all = 1,
		.write_backward = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	int err = perf_rings_open(&s->rings, &attr, DATA_PAGES, true);
	struct cpu *cpu;
	uint32_t i;

	for (i = 0; !err && i < s->rings.list.count; i++) {
		cpu = vec_push(&s->cpus);
		if (!cpu)
			return ERR_NOMEM;
		cpu->ring = &s->rings.list.items[i];
	}
	return err;
}

int switches_new(struct switches **out)
{
	struct switches *s = calloc(1, sizeof(*s));
	int err;

	*out = s;
	if (!s)
		return ERR_NOMEM;
	map_init(&s->marks);
	s->measured_ns = clock_now();
	err = open_rings(s);
	if (err) {
		switches_free(s);
		*out = NULL;
	}
	return err;
}

void switches_free(struct switches *s)
{
	if (!s)
		return;
	perf_rings_close(&s->rings);
	vec_release(&s->cpus);
	map_release(&s->marks);
	free(s);
}

/* ---- the newest records ------------------------------------------------- */

/* The newest two, the newest first. False while they are written. */
static bool read_newest(const struct switches *s, const struct cpu *cpu,
			struct switch_record two[2])
{
	uint64_t head = perf_ring_head(cpu->ring);

	if (cpu->begin - head < 2 * sizeof(*two))
		return false; /* it goes down */
	perf_ring_copy(&s->rings, cpu->ring, head, two, 2 * sizeof(*two));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return perf_ring_head(cpu->ring) == head;
}

static bool is_switch(const struct switch_record *r)
{
	return r->head.type == PERF_RECORD_SWITCH_CPU_WIDE &&
	       r->head.size == sizeof(*r);
}

static bool is_out(const struct switch_record *r)
{
	return r->head.misc & PERF_RECORD_MISC_SWITCH_OUT;
}

/* Who left is written first, who came second; when the idle task leaves, or comes,
 * there may be the other one only. */
static void take(struct cpu *cpu, const struct switch_record two[2])
{
	const struct switch_record *came = is_out(&two[0]) ? NULL : &two[0];
	const struct switch_record *left = came ? &two[1] : &two[0];
	bool pushed = left->head.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT;

	cpu->known = is_switch(&two[0]) && is_switch(&two[1]);
	cpu->runs = (pid_t)(came ? came->tid : left->other_tid);
	cpu->process = (pid_t)(came ? came->pid : left->other_pid);
	if (!is_out(left) || (pid_t)left->other_tid != cpu->runs)
		pushed = false;
	cpu->before = pushed ? (pid_t)left->tid : 0;
}

static void look_at_newest(const struct switches *s, struct cpu *cpu)
{
	struct switch_record two[2];
	int tries = TRIES;

	cpu->known = false;
	while (tries-- > 0 && !cpu->known)
		if (read_newest(s, cpu, two))
			take(cpu, two);
}

/* ---- all that are new ---------------------------------------------------- */

static uint64_t key_of_process(pid_t pid)
{
	return 1ull << 32 | (uint32_t)pid;
}

static bool mark(struct switches *s, uint64_t key)
{
	uint32_t *look = map_slot(&s->marks, key);

	if (look)
		*look = s->look;
	return look != NULL;
}

/* Who comes is named before it runs user code. */
static bool mark_both(struct switches *s, const struct switch_record *r)
{
	return mark(s, r->tid) && mark(s, key_of_process((pid_t)r->pid)) &&
	       mark(s, r->other_tid) &&
	       mark(s, key_of_process((pid_t)r->other_pid));
}

/* False when not all of them can be had. */
static bool mark_new(struct switches *s, struct cpu *cpu)
{
	uint64_t size = s->rings.size, old = cpu->seen, at;
	uint64_t head = perf_ring_head(cpu->ring);
	struct switch_record r;

	cpu->seen = head;
	if (old - head > size)
		return false;
	for (at = head; at != old; at += sizeof(r)) {
		perf_ring_copy(&s->rings, cpu->ring, at, &r, sizeof(r));
		if (!is_switch(&r) || !mark_both(s, &r))
			return false;
	}
	return old - perf_ring_head(cpu->ring) <=
	       size; /* else written over meanwhile */
}

static uint64_t number_of_look(const struct switches *s)
{
	return s->looks_before + s->look;
}

static void begin_look(struct switches *s)
{
	if (s->look == UINT32_MAX || s->marks.count > MARKS_MAX) {
		s->looks_before += s->look;
		s->look = 0;
		map_clear(&s->marks);
		s->blind = s->looks_before + 1;
	}
	s->look++;
}

/* ---- on and off --------------------------------------------------------- */

static void turn(struct switches *s, bool on)
{
	struct cpu *cpu;
	uint32_t i;

	for (i = 0; i < s->cpus.count; i++) {
		cpu = &s->cpus.items[i];
		ioctl(cpu->ring->fd,
		      on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
		cpu->begin = cpu->measured = cpu->seen =
			perf_ring_head(cpu->ring);
		cpu->known = false;
	}
}

/* Since the last measurement, of the CPU with the most. */
static uint64_t count_records(struct switches *s)
{
	uint64_t most = 0, head;
	uint32_t i;

	for (i = 0; i < s->cpus.count; i++) {
		head = perf_ring_head(s->cpus.items[i].ring);
		most = MAX(most, s->cpus.items[i].measured - head);
		s->cpus.items[i].measured = head;
	}
	return most / sizeof(struct switch_record);
}

static void measure(struct switches *s, uint64_t now)
{
	uint64_t passed_ms = (now - s->measured_ns) / NSEC_PER_MSEC;

	if (passed_ms < MEASURE_MS)
		return;
	s->measured_ns = now;
	if (count_records(s) <= passed_ms * MOST_PER_MS)
		return;
	s->rest_until_ns = now + REST_MS * NSEC_PER_MSEC;
	turn(s, false);
}

/* False also for the look that switches it on: what was before is not known. */
static bool is_on(struct switches *s, uint64_t now)
{
	if (!s->rest_until_ns) {
		measure(s, now);
		return !s->rest_until_ns;
	}
	if (now >= s->rest_until_ns) {
		s->rest_until_ns = 0;
		s->measured_ns = now;
		turn(s, true);
	}
	return false;
}

void switches_look(struct switches *s)
{
	bool on = is_on(s, clock_now());
	uint32_t i;

	if (!s->self)
		s->self = gettid();
	begin_look(s);
	for (i = 0; on && i < s->cpus.count; i++) {
		if (!mark_new(s, &s->cpus.items[i]))
			s->blind = number_of_look(s);
		look_at_newest(s, &s->cpus.items[i]);
	}
	if (!on || !s->rings.complete)
		s->blind = number_of_look(s);
}

/* Whom the looking thread itself pushed off its CPU has it, but for us. */
static bool has(const struct switches *s, const struct cpu *cpu, pid_t tid)
{
	return cpu->runs == tid || (cpu->runs == s->self && cpu->before == tid);
}

enum on_cpu switches_ask(const struct switches *s, pid_t tid)
{
	bool all = true;
	uint32_t i;

	for (i = 0; i < s->cpus.count; i++) {
		if (!s->cpus.items[i].known)
			all = false;
		else if (has(s, &s->cpus.items[i], tid))
			return ON_CPU;
	}
	return all && s->cpus.count ? OFF_CPU : ON_CPU_UNKNOWN;
}

static bool met_after(const struct switches *s, uint64_t key, uint64_t look)
{
	const uint32_t *met = map_find(&s->marks, key);

	return s->blind > look || (met && s->looks_before + *met > look);
}

uint64_t switches_now(const struct switches *s)
{
	return number_of_look(s);
}

bool switches_slept(const struct switches *s, pid_t tid, uint64_t since)
{
	return !met_after(s, (uint32_t)tid, since);
}

/* One of its threads may have had a CPU all the while: no record tells. */
static bool may_run(const struct switches *s, pid_t pid)
{
	uint32_t i;

	for (i = 0; i < s->cpus.count; i++)
		if (!s->cpus.items[i].known || s->cpus.items[i].process == pid)
			return true;
	return false;
}

bool switches_process_slept(const struct switches *s, pid_t pid, uint64_t since)
{
	return !met_after(s, key_of_process(pid), since) && !may_run(s, pid);
}
