/* world.c - a process made by hand
 */
#include "world.h"

#include "unit.h"

#include <string.h>

#include "stacks.h"

enum { REGION = 16384, RING_SIZE = 1 << 20 };

static struct world *of_mem(struct mem *m)
{
	return (struct world *)((char *)m - offsetof(struct world, mem));
}

static int world_readv(struct mem *m, struct mem_seg *segs, unsigned int n)
{
	struct world *w = of_mem(m);

	if (++w->reads == w->change_at)
		w->change(w);
	return w->fake.mem.readv(&w->fake.mem, segs, n);
}

void world_change_at(struct world *w, unsigned int read,
		     void (*change)(struct world *w), void *arg)
{
	w->reads = 0;
	w->change_at = read;
	w->change = change;
	w->change_arg = arg;
}

static void make_capture(struct world *w)
{
	struct capture *c = &w->capture;

	assert_int_equal(ring_new(&w->ring, RING_SIZE), 0);
	c->target = &w->target;
	c->ring = w->ring;
	c->python = w->fake.python;
	c->python.runtime.address = w->runtime;
	c->python.mark_at = w->runtime + c->python.layout.runtime_main;
	c->python.mark = w->interp;
	c->list_stale = true;
	c->scratch = calloc(STACK_ROOM, sizeof(*c->scratch));
	assert_non_null(c->scratch);
	code_copy_init(&c->code_copy);
}

void world_init(struct world *w, uint32_t version)
{
	const struct layout *l = &w->fake.python.layout;

	world_release(w);
	fake_init(&w->fake, version);
	folder_init(&w->proc);
	w->mem.readv = world_readv;
	w->target = (struct target){ .pid = 1 << 22, /* no such process */
				     .proc = w->proc.fd,
				     .root = -1,
				     .pidfd = -1,
				     .mem = &w->mem };
	w->runtime = fake_alloc(&w->fake, REGION);
	w->interp = fake_alloc(&w->fake, REGION);
	w->gil = l->runtime_gil ? w->runtime + l->runtime_gil :
				  fake_alloc(&w->fake, l->gil_size);
	fake_put_word(&w->fake, w->runtime + l->runtime_interpreters_head,
		      w->interp);
	fake_put_word(&w->fake, w->runtime + l->runtime_main, w->interp);
	if (!l->runtime_gil)
		fake_put_word(&w->fake, w->interp + l->interp_gil, w->gil);
	make_capture(w);
}

void world_release(struct world *w)
{
	struct capture *c = &w->capture;

	if (!w->ring)
		return;
	threads_release(c);
	vec_release(&c->gone);
	vec_release(&c->late);
	map_release(&c->code_index);
	vec_release(&c->codes);
	vec_release(&c->resolved);
	image_release(&c->glance);
	image_release(&c->prints);
	vec_release(&c->proofs);
	code_copy_release(&c->code_copy);
	free(c->scratch);
	ring_free(w->ring);
	folder_release(&w->proc);
	fake_release(&w->fake);
	memset(w, 0, sizeof(*w));
}

/* ---- threads ----------------------------------------------------------- */

raddr_t world_thread(struct world *w, pid_t tid)
{
	const struct layout *l = &w->fake.python.layout;
	raddr_t thread = stacks_thread(&w->fake);

	fake_put_word(&w->fake, thread + l->thread_next, w->newest);
	fake_put_word(&w->fake, thread + l->thread_interp, w->interp);
	fake_put_word(&w->fake, thread + l->thread_native_id, (uint64_t)tid);
	fake_put_word(&w->fake, thread + l->thread_ident,
		      0x7000 + (uint64_t)tid);
	fake_put_word(&w->fake, w->interp + l->interp_threads_head, thread);
	w->newest = thread;
	world_task(w, tid, 5, WORLD_ASLEEP);
	return thread;
}

static uint64_t word_at(const struct world *w, raddr_t addr)
{
	uint64_t word;

	memcpy(&word, w->fake.data + (addr - FAKE_BASE), sizeof(word));
	return word;
}

void world_unlink_newest(struct world *w)
{
	const struct layout *l = &w->fake.python.layout;

	w->newest = word_at(w, w->newest + l->thread_next);
	fake_put_word(&w->fake, w->interp + l->interp_threads_head, w->newest);
}

void world_task(struct world *w, pid_t tid, unsigned int slices,
		const char *look)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "task/%d/schedstat", (int)tid);
	snprintf(text, sizeof(text), "%u000 7 %u\n", slices, slices);
	folder_put(&w->proc, path, text);
	snprintf(path, sizeof(path), "task/%d/syscall", (int)tid);
	folder_put(&w->proc, path, look);
	snprintf(path, sizeof(path), "task/%d/comm", (int)tid);
	folder_put(&w->proc, path, "python3\n");
}

/* What is open still reads as nothing, and nobody can open it again. */
void world_task_ends(struct world *w, pid_t tid)
{
	static const char *const files[] = { "schedstat", "syscall", "comm" };
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "task/%d/%s", (int)tid, files[i]);
		folder_put(&w->proc, path, "");
		unlinkat(w->proc.fd, path, 0);
	}
}

struct tstate *world_tstate(struct world *w, raddr_t thread)
{
	struct tstate *t = threads_find(&w->capture, thread);

	assert_non_null(t);
	return t;
}

/* ---- the GIL ----------------------------------------------------------- */

void world_take_gil(struct world *w, raddr_t thread)
{
	const struct layout *l = &w->fake.python.layout;
	raddr_t switches = w->gil + l->gil_switch_number;

	fake_put_int(&w->fake, w->gil + l->gil_locked, 1);
	if (word_at(w, w->gil + l->gil_last_holder) == thread)
		return;
	fake_put_word(&w->fake, w->gil + l->gil_last_holder, thread);
	fake_put_word(&w->fake, switches, word_at(w, switches) + 1);
}

void world_drop_gil(struct world *w)
{
	fake_put_int(&w->fake, w->gil + w->fake.python.layout.gil_locked, 0);
}

/* ---- stacks ------------------------------------------------------------ */

raddr_t world_code(struct world *w, char name)
{
	const struct layout *l = &w->fake.python.layout;
	const char text[] = { name, '\0' };
	struct fake *f = &w->fake;
	raddr_t code = fake_object(f, f->int_type,
				   l->code_adaptive + 2 * WORLD_CODE_UNITS);

	fake_put_word(f, code + l->code_units, WORLD_CODE_UNITS);
	fake_put_word(f, code + l->code_filename, fake_str(f, "/srv/app.py"));
	fake_put_word(f, code + l->code_qualname, fake_str(f, text));
	fake_put_word(f, code + l->code_linetable,
		      fake_bytes(f, "\xe8\x00", 2));
	fake_put_int(f, code + l->code_firstlineno, (uint32_t)name);
	fake_put_int(f, code + l->code_firsttraceable, 0);
	if (l->code_version)
		fake_put_int(f, code + l->code_version, (uint32_t)f->used);
	return code;
}

static raddr_t put_frame(struct world *w, raddr_t at, raddr_t code,
			 raddr_t previous, unsigned int owner)
{
	const struct layout *l = &w->fake.python.layout;

	stacks_fill_frame(&w->fake, at, code, previous, owner);
	fake_put_word(&w->fake, at + l->frame_instr,
		      code + l->code_adaptive + 8);
	return at;
}

raddr_t world_stack(struct world *w, raddr_t thread, const raddr_t *codes,
		    unsigned int count)
{
	const struct layout *l = &w->fake.python.layout;
	uint32_t size = (l->frame_size + 31) & ~15u;
	raddr_t chunk = fake_alloc(&w->fake, WORLD_CHUNK);
	raddr_t at = chunk + 64, frame = 0;
	unsigned int i;

	assert_true(64 + (count + 1) * size <= WORLD_CHUNK);
	if (l->traits.shim_frames) {
		frame = put_frame(w, at, 0, 0, OWNER_CSTACK);
		at += size;
	}
	for (i = 0; i < count; i++, at += size) {
		frame = put_frame(w, at, codes[i], frame, OWNER_THREAD);
		if (l->traits.entry_flag)
			stacks_mark_entry(&w->fake, frame, i == 0);
	}
	fake_put_word(&w->fake, thread + l->thread_chunk, chunk);
	fake_put_word(&w->fake, thread + l->thread_top, at);
	stacks_set_top(&w->fake, thread, frame, 0);
	return frame;
}
