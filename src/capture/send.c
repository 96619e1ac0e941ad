/* send.c - what the sampling side puts into the ring
 *
 * Only what changed is sent. When the ring is full nothing is waited for: the
 * tick is counted as lost, and what was not sent is sent again next time.
 */
#include "internal.h"

#include <string.h>

/* Appends text behind a message; returns where the next goes. */
static char *append(char *at, const void *text, size_t len)
{
	if (len)
		memcpy(at, text, len);
	return at + len;
}

int capture_send_source(struct ring *ring, uint32_t number, bool ended)
{
	struct msg_source *m = ring_reserve(ring, sizeof(*m));

	if (!m)
		return ERR_FULL;
	*m = (struct msg_source){
		.kind = MSG_SOURCE,
		.number = number,
		.ended = ended,
	};
	ring_commit(ring, sizeof(*m));
	return 0;
}

int send_process(struct capture *c)
{
	struct buf command, executable;
	struct msg_process *m;
	size_t python_len = strlen(c->python.version), len;
	char *at;

	buf_init(&command);
	buf_init(&executable);
	target_command(c->target, &command);
	target_executable(c->target, &executable);
	command.len = MIN(command.len, 4096);
	len = sizeof(*m) + command.len + python_len + executable.len;
	m = ring_reserve(c->ring, len);
	if (m) {
		*m = (struct msg_process){
			.kind = MSG_PROCESS,
			.pid = c->target->pid,
			.parent = c->target->parent,
			.command_len = command.len,
			.python_len = python_len,
			.executable_len = executable.len,
		};
		at = append((char *)(m + 1), command.data, command.len);
		at = append(at, c->python.version, python_len);
		append(at, executable.data, executable.len);
		ring_commit(c->ring, len);
	}
	buf_release(&command);
	buf_release(&executable);
	return m ? 0 : ERR_FULL;
}

static bool send_lines(struct capture *c, uint32_t number, const char *data,
		       size_t len)
{
	struct msg_lines *m = ring_reserve(c->ring, sizeof(*m) + len);

	if (!m)
		return false;
	*m = (struct msg_lines){ .kind = MSG_LINES,
				 .number = number,
				 .len = len };
	append((char *)(m + 1), data, len);
	ring_commit(c->ring, sizeof(*m) + len);
	return true;
}

/* Whole entries only: of the last one a part could name a line that is not its.
 * All but the first byte of an entry are below 0x80. */
static size_t lines_to_send(const struct buf *table)
{
	size_t len = MIN(table->len, (size_t)LINES_MAX);

	while (len && len < table->len && !(table->data[len] & 0x80))
		len--;
	return len;
}

/* When it does not fit whole, the next try begins anew with the same number. */
int send_code(struct capture *c, uint32_t number, const struct code_copy *code)
{
	size_t len = sizeof(struct msg_code) + code->name.len + code->file.len;
	struct msg_code *m = ring_reserve(c->ring, len);
	size_t lines_len = lines_to_send(&code->linetable), at, piece;
	char *text;

	if (!m)
		return ERR_FULL;
	*m = (struct msg_code){
		.kind = MSG_CODE,
		.number = number,
		.first_line = code->print.firstlineno,
		.first_traceable = code->first_traceable,
		.name_len = code->name.len,
		.file_len = code->file.len,
	};
	text = append((char *)(m + 1), code->name.data, code->name.len);
	append(text, code->file.data, code->file.len);
	ring_commit(c->ring, len);
	for (at = 0; at < lines_len; at += piece) {
		piece = MIN(lines_len - at, LINES_PIECE);
		if (!send_lines(c, number, code->linetable.data + at, piece))
			return ERR_FULL;
	}
	return 0;
}

static bool send_thread(struct capture *c, struct tstate *t)
{
	size_t name_len = strlen(t->name);
	struct msg_thread *m;

	m = ring_reserve(c->ring, sizeof(*m) + name_len);
	if (!m)
		return false;
	*m = (struct msg_thread){
		.kind = MSG_THREAD,
		.number = t->number,
		.tid = t->task.tid,
		.ident = t->ident,
		.name_len = name_len,
	};
	append((char *)(m + 1), t->name, name_len);
	ring_commit(c->ring, sizeof(*m) + name_len);
	t->announced = t->known = true;
	return true;
}

static unsigned int entry_flags(const struct tstate *t, bool same_stack)
{
	return (t->now.holds_gil ? ENTRY_HOLDS_GIL : 0) |
	       (same_stack ? ENTRY_SAME_STACK : 0) |
	       (t->now.collects ? ENTRY_COLLECTS : 0) |
	       (t->now.stopped ? ENTRY_STOPPED : 0) |
	       (t->now.lost ? ENTRY_LOST : 0);
}

static bool send_entry(struct capture *c, struct tstate *t, bool same_stack)
{
	uint32_t count = same_stack ? 0 : t->frames.count - t->same;
	size_t len =
		sizeof(struct msg_entry) + count * sizeof(struct msg_frame);
	struct msg_entry *m = ring_reserve(c->ring, len);

	if (!m)
		return false;
	*m = (struct msg_entry){
		.kind = MSG_ENTRY,
		.thread = t->number,
		.state = t->now.state,
		.flags = entry_flags(t, same_stack),
		.lost_kind = t->lost_kind,
		.syscall = t->now.syscall,
		.count = count,
		.same = t->same,
		.total = t->sent_total,
		.keep_leaf = STACK_KEEP_LEAF,
		.cpu_ns = t->now.cpu_ns,
	};
	append((char *)(m + 1), t->frames.items,
	       count * sizeof(*t->frames.items));
	ring_commit(c->ring, len);
	t->sent = t->now;
	t->unsent = t->unsent && same_stack;
	return true;
}

void send_gone(struct capture *c, const struct tstate *t)
{
	uint32_t *number = t->known ? vec_push(&c->gone) : NULL;

	if (number)
		*number = t->number;
}

static bool send_goodbyes(struct capture *c)
{
	struct msg_entry *m;

	for (; c->gone.count; c->gone.count--) {
		m = ring_reserve(c->ring, sizeof(*m));
		if (!m)
			return false;
		*m = (struct msg_entry){
			.kind = MSG_ENTRY,
			.thread = c->gone.items[c->gone.count - 1],
			.flags = ENTRY_GONE,
		};
		ring_commit(c->ring, sizeof(*m));
	}
	return true;
}

static bool same_state(const struct state *a, const struct state *b)
{
	return a->state == b->state && a->holds_gil == b->holds_gil &&
	       a->lost == b->lost && a->lost_kind == b->lost_kind &&
	       a->collects == b->collects && a->stopped == b->stopped &&
	       a->syscall == b->syscall && a->cpu_ns == b->cpu_ns;
}

/* What this tick says of the thread; false when the ring is full. */
static bool send_one(struct capture *c, struct tstate *t)
{
	t->now.stopped = c->stopped;
	t->now.lost = t->lost;
	t->now.lost_kind = t->lost ? t->lost_kind : 0;
	if (!t->announced && !send_thread(c, t))
		return false;
	if (!t->unsent && same_state(&t->now, &t->sent))
		return true;
	return send_entry(c, t, !t->unsent || t->lost);
}

static bool send_entries(struct capture *c)
{
	struct tstate *t;
	bool good = true;
	uint32_t i;

	for (i = 0; i < c->threads.count; i++) {
		t = c->threads.items[i];
		if (!t->dead && !t->unwanted && !send_one(c, t))
			good = false;
	}
	return good;
}

void send_tick(struct capture *c, uint64_t deadline_ns, bool changed)
{
	bool known = !changed && c->sent;
	bool good = known || (send_goodbyes(c) && send_entries(c));
	struct msg_tick *m = good ? ring_reserve(c->ring, sizeof(*m)) : NULL;

	c->sent = good;
	if (!m) {
		c->counts.ring_lost += c->threads.count;
		return;
	}
	*m = c->counts;
	m->kind = MSG_TICK;
	m->time_ns = c->instant_ns;
	m->late_ns =
		c->instant_ns > deadline_ns ? c->instant_ns - deadline_ns : 0;
	m->pause_ns = c->pause_ns;
	ring_commit(c->ring, sizeof(*m));
}
