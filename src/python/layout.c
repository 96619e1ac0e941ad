/* layout.c - which row of offsets a CPython has
 *
 * A row for each minor version: numbers generated from its headers, traits by
 * hand. From 3.13 on the target publishes offsets itself and these win, as
 * they move even inside a minor series (3.14.3 to 3.14.10 did); what its table
 * lacks keeps its distance from a neighbour that it holds.
 */
#include "cprof/python.h"

#include <string.h>

struct row {
	uint32_t series; /* version without patch level and stage */
	struct layout layout;
	struct {
		LAYOUT_FIELDS(LAYOUT_MEMBER)
	} word; /* in _Py_DebugOffsets, after the cookie; 0: not there */
};

#define FIELD(name, offset, published) \
	.layout.name = (offset), .word.name = (published),

static const struct row rows[] = {
	{
		.series = 0x030b,
		.layout.traits = { .entry_flag = true,
				   .instr_before = true,
				   .int_signed_size = true,
				   .creators_id = true,
				   .swap_is_silent = true },
#include "layouts/v3_11.inc"
	},
	{
		.series = 0x030c,
		.layout.traits = { .shim_frames = true,
				   .instr_before = true,
				   .values_tagged = true },
#include "layouts/v3_12.inc"
	},
	{
		.series = 0x030d,
		.layout.traits = { .shim_frames = true, .inline_values = true },
#include "layouts/v3_13.inc"
	},
	{
		.series = 0x030e,
		.layout.traits = { .shim_frames = true,
				   .inline_values = true,
				   .code_tag_mask = 3 },
#include "layouts/v3_14.inc"
	},
};

/* Fields that the published table lacks, each beside one that it holds. */
#define NEIGHBOURS(N)                              \
	N(runtime_main, runtime_interpreters_head) \
	N(thread_top, thread_chunk)                \
	N(code_version, code_firstlineno)          \
	N(code_firsttraceable, code_adaptive)      \
	N(unicode_compact, unicode_ascii)

enum { STAGE_CANDIDATE = 0xc }; /* PY_VERSION_HEX: 0xa alpha, 0xb beta */

/* Fields move while a version is not yet a release candidate. */
static const struct row *find_row(uint32_t version)
{
	size_t i;

	if ((version >> 4 & 0xf) < STAGE_CANDIDATE)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (version >> 16 == rows[i].series)
			return &rows[i];
	return NULL;
}

bool layout_for(struct layout *out, uint32_t version)
{
	const struct row *row = find_row(version);

	if (row)
		*out = row->layout;
	return row != NULL;
}

static bool in_bounds(const struct layout *l)
{
#define CHECK(name, limit)     \
	if (l->name > (limit)) \
		return false;
	LAYOUT_FIELDS(CHECK)
#undef CHECK
	return true;
}

/* What is read as one piece must hold what is looked for in it. */
static bool is_coherent(const struct layout *l)
{
	uint32_t thread = l->thread_top, frame = l->frame_size;

	return l->thread_next <= thread && l->thread_interp <= thread &&
	       l->thread_cframe <= thread &&
	       l->thread_current_frame <= thread && l->thread_ident <= thread &&
	       l->thread_native_id <= thread && l->thread_chunk <= thread &&
	       l->frame_code + 8 <= frame && l->frame_previous + 8 <= frame &&
	       l->frame_instr + 8 <= frame && l->frame_owner < frame &&
	       l->frame_is_entry < frame &&
	       l->chunk_previous + 8 <= l->chunk_data &&
	       l->gil_last_holder <= l->gil_locked &&
	       l->gil_locked <= l->gil_switch_number;
}

int layout_apply_published(struct layout *l, uint32_t version,
			   const uint64_t *words, unsigned int count)
{
	const struct row *row = find_row(version);
	uint64_t value;

	if (!row)
		return ERR_UNSUPPORTED;
#define TAKE(name, limit)                                           \
	value = row->word.name < count ? words[row->word.name] : 0; \
	if (row->word.name && value > (limit))                      \
		return ERR_GARBAGE;                                 \
	if (row->word.name)                                         \
		l->name = value;
	LAYOUT_FIELDS(TAKE)
#undef TAKE
#define MOVE(name, neighbour) \
	l->name = l->neighbour + (row->layout.name - row->layout.neighbour);
	NEIGHBOURS(MOVE)
#undef MOVE
	if (memcmp(l, &row->layout, sizeof(*l)))
		log_line(1, "the target's own offsets differ from the table");
	return in_bounds(l) && is_coherent(l) ? 0 : ERR_GARBAGE;
}
