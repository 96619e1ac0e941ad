/* walk.c - the frames of one thread, from a copy of its memory
 *
 * Newest frame first, along `previous`. Nothing in the copy is trusted: every
 * address must lie in it, and the walk has a limit.
 *
 * Up to 3.12 the newest cframe is linked into the thread state some
 * instructions before it is filled in, so its two words can be old stack
 * contents that look valid. The proof that it is whole: the frame at which this
 * C call began (3.11: is_entry; 3.12: the shim) links to the current frame of
 * the cframe before. Until that frame is met, whatever cannot be read or does
 * not end is a half-made cframe, not a fault.
 */
#include "cprof/python.h"

#include <string.h>

enum {
	OWNER_GENERATOR = 1,
	OWNER_SHIM = 3, /* and above: 3.12+ */
	THREAD_SIZE_MAX = 1024, /* of a thread state, <= 3.12: 360 */
	SLACK = 512, /* frames that a stack may grow by from tick to tick */
};

void walk_init(struct walk *w, raddr_t thread)
{
	*w = (struct walk){ .thread = thread };
}

static uint64_t word_at(const void *base, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, (const char *)base + offset, sizeof(word));
	return word;
}

static enum walk_result need(struct walk *w, struct image *i, raddr_t addr,
			     uint32_t len)
{
	if (image_tried(i, addr))
		return w->unproven ? WALK_HALF_MADE : WALK_GARBAGE;
	w->missing = addr;
	w->missing_len = len;
	return WALK_MISSING;
}

/* It lies inside the thread state, the others on the C stack. */
static bool is_root_cframe(const struct walk *w, raddr_t cframe)
{
	return cframe > w->thread && cframe - w->thread < THREAD_SIZE_MAX;
}

/* <= 3.12: the thread state leads to the newest cframe, that to the frame. */
static enum walk_result begin_cframe(struct walk *w, const struct layout *l,
				     struct image *i, raddr_t cframe)
{
	uint32_t size = l->cframe_previous + 8;
	const void *newest = image_at(i, cframe, size), *before;
	raddr_t previous;

	if (!newest)
		return need(w, i, cframe, size);
	w->at = word_at(newest, l->cframe_current_frame);
	previous = word_at(newest, l->cframe_previous);
	w->unproven = true;
	if (is_root_cframe(w, cframe)) {
		w->unproven = false;
		w->at = 0; /* no Python frame */
		return WALK_DONE;
	}
	if (!w->at || !previous)
		return WALK_HALF_MADE; /* only the root one has none */
	before = image_at(i, previous, size);
	if (!before)
		return need(w, i, previous, size);
	w->entry_from = word_at(before, l->cframe_current_frame);
	return WALK_DONE;
}

static enum walk_result begin(struct walk *w, const struct layout *l,
			      struct image *i)
{
	uint32_t size = l->thread_top + 8;
	const void *thread = image_at(i, w->thread, size);
	enum walk_result result = WALK_DONE;

	if (!thread)
		return need(w, i, w->thread, size);
	if (l->thread_cframe)
		result = begin_cframe(w, l, i,
				      word_at(thread, l->thread_cframe));
	else
		w->at = word_at(thread, l->thread_current_frame);
	w->begun = result == WALK_DONE;
	return result;
}

/* When there is no more room the leaf end stays and the root end goes round
 * in what is left, so that the cut lies between them. */
static void keep(struct walk *w, const struct raw_frame *f)
{
	uint32_t rest = w->room - w->keep_leaf;

	if (w->count < w->room)
		w->frames[w->count++] = *f;
	else
		w->frames[w->keep_leaf + (w->total - w->keep_leaf) % rest] = *f;
	w->total++;
}

static bool is_entry(const struct layout *l, const uint8_t *frame,
		     unsigned int owner)
{
	return l->traits.entry_flag ? frame[l->frame_is_entry] != 0 :
				      owner >= OWNER_SHIM;
}

static enum walk_result step(struct walk *w, const struct layout *l,
			     const uint8_t *frame)
{
	unsigned int owner = frame[l->frame_owner];
	raddr_t previous = word_at(frame, l->frame_previous);
	struct raw_frame raw = {
		.code = word_at(frame, l->frame_code) &
			~(raddr_t)l->traits.code_tag_mask,
		.instr = word_at(frame, l->frame_instr),
		.generator = owner == OWNER_GENERATOR,
	};

	if (!l->traits.shim_frames || owner < OWNER_SHIM)
		keep(w, &raw);
	if (w->unproven && is_entry(l, frame, owner)) {
		if (previous != w->entry_from)
			return WALK_HALF_MADE;
		w->unproven = false;
	}
	w->at = previous;
	return WALK_DONE;
}

enum walk_result walk_on(struct walk *w, const struct layout *l,
			 struct image *i)
{
	enum walk_result result = WALK_DONE;
	const uint8_t *frame;

	if (!w->begun)
		result = begin(w, l, i);
	while (result == WALK_DONE && w->at) {
		if (++w->steps > w->limit ||
		    (w->unproven && w->steps > w->expected + SLACK))
			return w->unproven ? WALK_HALF_MADE : WALK_GARBAGE;
		frame = image_at(i, w->at, l->frame_size);
		result = frame ? step(w, l, frame) :
				 need(w, i, w->at, l->frame_size);
		if (!frame)
			w->steps--;
	}
	if (result == WALK_DONE && w->unproven)
		return WALK_HALF_MADE;
	return result;
}
