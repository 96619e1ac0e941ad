/* follow.c - the targets' descendants become members
 *
 * A child that was forked from Python is Python at once; one of any other
 * program can only become Python by an exec, of which we are told: until then
 * it costs nothing. What ended before it had a sample is counted by its name.
 */
#include "internal.h"

#include <string.h>

static struct member *find(const struct session *s, pid_t pid)
{
	uint32_t i;

	for (i = 0; i < s->active.count; i++)
		if (s->active.items[i]->target.pid == pid &&
		    s->active.items[i]->state < MEMBER_LEAVES)
			return s->active.items[i];
	return NULL;
}

/* ---- those that ended too soon ------------------------------------------ */

static void count_unsampled(struct session *s, const char *name, pid_t pid)
{
	struct unsampled *u;
	uint32_t i;

	for (i = 0; i < s->unsampled.count; i++) {
		u = &s->unsampled.items[i];
		if (strcmp(u->name, name))
			continue;
		u->count++;
		u->newest = pid;
		return;
	}
	u = vec_push(&s->unsampled);
	if (!u)
		return;
	*u = (struct unsampled){ .count = 1, .newest = pid };
	snprintf(u->name, sizeof(u->name), "%s", name);
}

/* It was gone when we heard of it; now we hear what it became. */
static bool rename_unsampled(struct session *s, const struct notice *n)
{
	struct unsampled *u;
	uint32_t i;

	for (i = 0; i < s->unsampled.count; i++) {
		u = &s->unsampled.items[i];
		if (u->newest != n->pid)
			continue;
		u->newest = 0;
		if (!--u->count)
			*u = s->unsampled.items[--s->unsampled.count];
		count_unsampled(s, n->name, n->pid);
		return true;
	}
	return false;
}

/* What was looked at and is no Python has missed nothing. */
void follow_lost(struct session *s, const struct member *m)
{
	if (!s->family)
		return;
	if (m->followed && m->ended && !m->ticked && m->error != ERR_NOT_PYTHON)
		count_unsampled(s, m->name, m->target.pid);
	if (!find(s, m->target.pid)) /* else its id is another's */
		family_forget(s->family, m->target.pid);
}

/* ---- notices ------------------------------------------------------------ */

static struct member *add(struct session *s, pid_t pid, const char *name)
{
	struct member *m;
	int err = member_add(s, pid, &m);

	if (err == ERR_NOPROC)
		count_unsampled(s, name, pid);
	if (err) {
		log_line(1, "PID %d: %s", (int)pid, err_text(err));
		family_forget(s->family, pid);
		return NULL;
	}
	m->followed = true;
	m->target.parent = member_ancestor(s, pid);
	return m;
}

static void take_fork(struct session *s, const struct notice *n)
{
	const struct member *parent = find(s, n->parent);
	struct member *m = find(s, n->pid);

	if (m && !member_ends_within(m, 0))
		return; /* met in /proc already */
	member_set_ancestor(s, n->pid, member_ancestor(s, n->parent));
	m = add(s, n->pid, parent ? parent->name : "?");
	if (m && parent && parent->error == ERR_NOT_PYTHON &&
	    !strcmp(m->name, parent->name))
		member_park(m);
}

static void take_exec(struct session *s, const struct notice *n)
{
	struct member *m = find(s, n->pid);

	if (!m && !rename_unsampled(s, n))
		m = add(s, n->pid, n->name);
	if (!m)
		return;
	if (*n->name)
		memcpy(m->name, n->name, sizeof(m->name));
	m->error = m->state == MEMBER_WAITS ? 0 : m->error;
	member_expect(m);
}

void follow_look(struct session *s)
{
	struct notice n;

	if (family_look(s->family))
		log_line(1, "cannot look for new processes");
	while (family_next(s->family, &n)) {
		if (n.kind == NOTICE_FORK)
			take_fork(s, &n);
		else
			take_exec(s, &n);
	}
}

int follow_begin(struct session *s)
{
	int err = family_new(&s->family, s->options.pids, s->options.pid_count);
	struct notice n;

	while (!err && family_next(s->family, &n))
		take_fork(s, &n);
	return err;
}
