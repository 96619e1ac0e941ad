/* family.c - which processes descend from a target
 *
 * The kernel tells of every fork and exec, of the whole machine: what concerns
 * none of ours is dropped here. Where it tells nobody, all of /proc is looked
 * through again and again, by parent, as often as a twentieth of a CPU allows;
 * what lives shorter is not seen then. Never by ptrace options: they would keep
 * threads traced between ticks.
 *
 * A notice can come before the one that makes it ours, as each CPU has a ring
 * of its own: it waits for two passes.
 */
#include "family.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proc.h"

enum {
	PASSES = 2,
	LEAST_POLL_MS = 2,
	POLL_SHARE = 20, /* of the time: one part is spent on polling */
};

struct ended {
	pid_t pid;
	unsigned int pass;
};

struct family {
	struct notice_source *source; /* NULL: polling */
	struct map known; /* pid -> 1 + its program's number, when polling */
	seen_list seen;
	VEC(struct notice) ready;
	uint32_t given; /* of them */
	VEC(struct ended) ended; /* forgotten once nothing is under way */
	unsigned int pass;
	uint64_t poll_ns; /* when it is due */
	bool found; /* in the look through /proc under way */
};

static int tell(struct family *f, const struct notice *n)
{
	struct notice *place = vec_push(&f->ready);

	if (!place)
		return ERR_NOMEM;
	*place = *n;
	return 0;
}

/* ---- the look through /proc ---------------------------------------------- */

/* Tells programs apart; 0 when we may not know. */
static uint32_t program_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (stat(path, &st))
		return 0;
	return (uint32_t)hash_mix(st.st_dev, st.st_ino) >> 1;
}

static pid_t parent_of(pid_t pid, char *state)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (proc_read(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	at = strrchr(text, ')');
	if (!at || strlen(at) < 4)
		return 0;
	*state = at[2];
	return strtol(at + 4, NULL, 10);
}

static int meet(pid_t pid, void *arg)
{
	struct family *f = arg;
	struct notice n = { .kind = NOTICE_FORK, .pid = pid };
	uint32_t *known = map_find(&f->known, pid);
	uint32_t program;
	char state = '?';

	if (!known) {
		n.parent = parent_of(pid, &state);
		if (!n.parent || state == 'Z' || state == 'X' ||
		    !map_find(&f->known, n.parent))
			return 0;
		known = map_slot(&f->known, pid);
		if (!known)
			return ERR_NOMEM;
		*known = 1 + program_of(pid);
		f->found = true;
		return tell(f, &n);
	}
	program = f->source ? 0 : program_of(pid);
	if (!program || *known == 1 + program)
		return 0;
	*known = 1 + program;
	n.kind = NOTICE_EXEC;
	return tell(f, &n);
}

/* A child can have a smaller id than its parent: until nothing new is met. */
static int look_through(struct family *f)
{
	int err;

	do {
		f->found = false;
		err = target_each(meet, f);
	} while (!err && f->found);
	return err;
}

static int poll_when_due(struct family *f)
{
	uint64_t start = clock_now(), took;
	int err;

	if (start < f->poll_ns)
		return 0;
	err = look_through(f);
	took = clock_now() - start;
	f->poll_ns = clock_now() +
		     MAX(took * POLL_SHARE, LEAST_POLL_MS * NSEC_PER_MSEC);
	return err;
}

/* ---- what the kernel tells ----------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

/* A new process has the id of one that ended. */
static void revive(struct family *f, pid_t pid)
{
	uint32_t i;

	for (i = f->ended.count; i-- > 0;)
		if (f->ended.items[i].pid == pid)
			f->ended.items[i] = f->ended.items[--f->ended.count];
}

/* True when it is dealt with. */
static bool take_one(struct family *f, const struct seen *s, int *err)
{
	bool fork = s->notice.kind == NOTICE_FORK;
	uint32_t *known;

	if (!map_find(&f->known, fork ? s->notice.parent : s->notice.pid))
		return false;
	if (fork) {
		known = map_slot(&f->known, s->notice.pid);
		if (!known) {
			*err = ERR_NOMEM;
			return true;
		}
		*known = 1;
		revive(f, s->notice.pid);
	}
	*err = tell(f, &s->notice);
	return true;
}

static int take_seen(struct family *f)
{
	uint32_t i, left = 0;
	int err = 0;

	if (f->seen.count > 1)
		qsort(f->seen.items, f->seen.count, sizeof(*f->seen.items),
		      by_time);
	for (i = 0; !err && i < f->seen.count; i++) {
		struct seen *s = &f->seen.items[i];

		if (!take_one(f, s, &err) && s->passes++ < PASSES)
			f->seen.items[left++] = *s;
	}
	f->seen.count = left;
	return err;
}

static void forget_ended(struct family *f)
{
	uint32_t i;

	for (i = f->ended.count; i-- > 0;) {
		if (f->pass - f->ended.items[i].pass <= PASSES)
			continue;
		map_remove(&f->known, f->ended.items[i].pid);
		f->ended.items[i] = f->ended.items[--f->ended.count];
	}
}

static int next_pass(struct family *f)
{
	int err;

	f->ready.count = f->given = 0;
	f->pass++;
	if (!f->source)
		err = poll_when_due(f);
	else
		err = f->source->take(f->source, &f->seen);
	if (err == ERR_LOST)
		err = look_through(f);
	if (!err)
		err = take_seen(f);
	forget_ended(f);
	return err;
}

/* ---- for all ------------------------------------------------------------- */

static struct notice_source *best_source(void)
{
	struct notice_source *s = source_perf();

	return s ? s : source_connector();
}

/* The source begins before /proc is looked through, so that none is missed
 * between; one that is met twice is known by then. */
int family_new(struct family **out, const pid_t *pids, unsigned int count)
{
	struct family *f = calloc(1, sizeof(*f));
	const char *test = getenv("CPROF_TEST");
	unsigned int i;
	uint32_t *known;

	*out = f;
	if (!f)
		return ERR_NOMEM;
	map_init(&f->known);
	if (!test || strcmp(test, "poll"))
		f->source = best_source();
	for (i = 0; i < count; i++) {
		known = map_slot(&f->known, pids[i]);
		if (!known)
			return ERR_NOMEM;
		*known = 1 + program_of(pids[i]);
	}
	log_line(1, "descendants are found by %s", family_how(f));
	return look_through(f);
}

void family_free(struct family *f)
{
	if (!f)
		return;
	if (f->source)
		f->source->free(f->source);
	map_release(&f->known);
	vec_release(&f->seen);
	vec_release(&f->ready);
	vec_release(&f->ended);
	free(f);
}

bool family_next(struct family *f, struct notice *n)
{
	if (f->given == f->ready.count)
		return false;
	*n = f->ready.items[f->given++];
	return true;
}

int family_look(struct family *f)
{
	return f->given < f->ready.count ? 0 : next_pass(f);
}

void family_forget(struct family *f, pid_t pid)
{
	struct ended *e = vec_push(&f->ended);

	if (e)
		*e = (struct ended){ .pid = pid, .pass = f->pass };
	else
		map_remove(&f->known, pid);
}

const char *family_how(const struct family *f)
{
	return f->source ? f->source->name : "polling /proc";
}
