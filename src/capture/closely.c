/* closely.c - looks and copies where the GIL changes hands all the time
 *
 * Where threads hand it to each other every few microseconds, what was seen of the
 * first is old before the last was looked at. But only who has the GIL changes its
 * stack: what was seen of a thread is true as long as that thread is not among
 * those that took the GIL since. The words name the newest holder and count the
 * changes, so who reads them after each one knows all holders, and has to look
 * again only at those. The last holder is made to stand before that: if it has the
 * GIL then, nothing changes any more.
 */
#include "instant.h"

enum { ROUNDS = 2 };

/* ---- who took the GIL lately -------------------------------------------- */

static bool follows(const struct takers *k, const struct gil_words *w)
{
	if (w->switches == k->newest)
		return w->holder == k->holders[k->newest % TAKERS_MAX];
	return w->switches - k->newest == 1;
}

/* A holder is stored before it is counted: this one was read in between, and who
 * had the count is not known. */
static bool was_torn(const struct takers *k, const struct gil_words *w)
{
	return k->any && w->switches - k->newest == 1 &&
	       w->holder == k->holders[k->newest % TAKERS_MAX];
}

void takers_note(struct takers *k, const struct gil_words *w)
{
	if (was_torn(k, w)) {
		k->any = false;
		return;
	}
	if (!k->any || !follows(k, w))
		k->oldest = w->switches;
	k->any = true;
	k->newest = w->switches;
	k->holders[k->newest % TAKERS_MAX] = w->holder;
	if (k->newest - k->oldest >= TAKERS_MAX)
		k->oldest = k->newest - TAKERS_MAX + 1;
}

bool takers_may_have(const struct takers *k, struct capture *c,
		     const struct tstate *t, uint64_t since)
{
	uint64_t i;

	if (!k->any || since < k->oldest || since > k->newest)
		return true;
	for (i = since; i <= k->newest; i++)
		if (attempt_same_thread(
			    t, threads_find(c, k->holders[i % TAKERS_MAX])))
			return true;
	return false;
}

/* ---- one thread --------------------------------------------------------- */

static int read_words(struct capture *c, struct attempt *a)
{
	int err;

	a->before.rseq = 0;
	err = glance_read(c, a->gil, &a->before);
	if (!err)
		takers_note(&a->takers, &a->before.words);
	return err;
}

static bool is_true_still(struct capture *c, const struct attempt *a,
			  const struct tstate *t)
{
	return t->seen_tick == c->serial &&
	       !takers_may_have(&a->takers, c, t, t->seen_switches);
}

static bool is_holder(struct capture *c, const struct attempt *a,
		      const struct tstate *t)
{
	return attempt_same_thread(t, threads_find(c, a->before.words.holder));
}

/* One that we hold runs, but for us. What the others used of a CPU is known well
 * enough from the first look. False: it has ended. */
static bool look_at(struct capture *c, const struct attempt *a,
		    struct tstate *t)
{
	if (holder_is_pinned(a, t)) {
		t->look.running = true;
		return true;
	}
	if (t->seen_tick != c->serial)
		return attempt_look_at(c, t);
	return !task_look(&t->task, &t->look) || attempt_look_at(c, t);
}

/* Another one has the GIL by now: it should stand before more is seen. What was
 * seen so far is kept. */
static bool has_changed_hands(struct capture *c, const struct attempt *a)
{
	return a->holder && !is_holder(c, a, a->holder);
}

/* Both within one holder's turn. */
static int see(struct capture *c, struct attempt *a, struct tstate *t)
{
	bool again = t->seen_tick == c->serial;
	int err = read_words(c, a);

	if (err || is_holder(c, a, t))
		return err;
	if (has_changed_hands(c, a))
		return ERR_LOST;
	if (!look_at(c, a, t))
		return ERR_LOST;
	t->seen_tick = c->serial;
	t->seen_switches = a->before.words.switches;
	if (!again && attempt_copy_holds(t, a))
		return 0;
	attempt_read(c, t, a, NULL);
	if (attempt_is_fatal(t->copy_err))
		return t->copy_err;
	return t->copy_err == ERR_NOT_FOUND ? ERR_LOST : 0;
}

/* ---- all ---------------------------------------------------------------- */

/* Those that had the GIL since they were seen and let go of it. */
static int see_changed(struct capture *c, struct attempt *a, bool *any)
{
	struct tstate *t;
	uint32_t i;
	int err = read_words(c, a);

	*any = false;
	for (i = 0; !err && i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!attempt_takes(c, t, a->gil) || is_holder(c, a, t) ||
		    is_true_still(c, a, t))
			continue;
		*any = true;
		err = see(c, a, t);
	}
	return err;
}

int closely_see_others(struct capture *c, struct attempt *a)
{
	int rounds = ROUNDS, err;
	bool any = true;

	if (c->switches)
		switches_look(c->switches);
	err = holder_pin(c, a);
	if (!err && a->holder && holder_is_pinned(a, a->holder)) {
		err = read_words(c, a);
		if (!err && has_changed_hands(c, a))
			return ERR_LOST; /* it let go before it stood */
	}
	while (!err && any && rounds-- > 0)
		err = see_changed(c, a, &any);
	return err || !any ? err : ERR_LOST;
}
