/* app.h - the state of the live view and the commands that change it
 *
 * Nothing here knows a terminal: events go in, a canvas comes out, time is an
 * argument. tui.c connects it to ncurses and to the session; tests do not.
 * Parts are declared from the bottom up: each calls only those before it, the
 * views by way of their struct.
 */
#ifndef CPROF_TUI_APP_H
#define CPROF_TUI_APP_H

#include "canvas.h"
#include "cprof/sampler.h"
#include "cprof/target.h"
#include "cprof/tui.h"
#include "detail.h"
#include "feed.h"
#include "keys.h"
#include "list.h"
#include "listing.h"
#include "tail.h"

enum view_kind {
	VIEW_TABLE,
	VIEW_DETAIL, /* callers, lines and callees of a function */
	VIEW_PROCESSES,
	VIEW_THREADS, /* of all processes, or of one */
	VIEW_STACK, /* of a thread */
	VIEW_OUTPUT, /* of a launched command */
	VIEW_HELP,
	VIEW_COUNT
};

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_SEARCH,
	PROMPT_FILTER,
	PROMPT_SAVE,
	PROMPT_END, /* the launched command, too? */
};

struct prompt {
	enum prompt_kind kind;
	struct buf text;
	uint32_t from; /* where the search began */
};

#define MOST_BACK 32 /* functions that Esc goes back to */

struct app {
	const struct tui_options *options;
	struct session *session;
	struct feed feed;
	struct picture picture;
	struct stats last, reset; /* at the last refresh, at the reset */
	struct canvas canvas;

	enum view_kind view;
	enum view_kind under; /* where Esc leads to from help and output */
	enum view_kind origin; /* and from the first function */
	struct list lists[VIEW_COUNT];
	enum tui_sort sort;
	bool by_line;
	struct function back[MOST_BACK]; /* the last one is shown */
	uint32_t depth; /* functions in it */
	struct detail detail;
	struct listing listing; /* of the function's file */
	size_t indent; /* blanks before all of the function's lines */
	process_id process; /* whose threads VIEW_THREADS shows; 0: all */
	thread_id thread; /* of VIEW_STACK */
	struct tail tail;
	bool tail_open; /* as a pane under the table */

	struct prompt prompt;
	struct buf search;
	struct buf message; /* in the last line, for a while */
	uint64_t message_until_ns;

	enum session_end end;
	struct standstill stands; /* the first target, at the last refresh */
	bool frozen;
	bool dirty; /* to be drawn */
	bool repaint; /* the terminal's contents are not to be trusted */
	uint64_t now_ns;
	uint64_t start_ns, refresh_ns; /* when the last reset, refresh was */
	uint64_t delay_ns;
	uint32_t early; /* refreshes before the first delay is over */
	bool done; /* the user left */
	bool interrupted; /* one Ctrl-C with a launched command */
	bool end_command;
};

int app_init(struct app *a, struct session *s, const struct tui_options *o);
void app_release(struct app *a);
/* Sampling ended: nothing changes by itself any more. */
bool app_is_over(const struct app *a);
/* Who looks at a program that does not move wants to know why: a->stands. */
void app_look_whether_it_stands(struct app *a);
/* `Stopped: kill -CONT 4711 lets it run`; nothing if it is not. */
void app_add_standstill(const struct app *a, struct buf *out);
/* Take a picture now. */
void app_refresh(struct app *a);
/* Take the next picture when it is time. */
void app_tick(struct app *a, uint64_t now_ns, enum session_end end);
/* Time until something changes by itself. */
int app_wait_ms(const struct app *a);
void app_message(struct app *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- a view, and what it is made with --------------------------------- */

/* What a key does, in the last line; a click does it as well. */
struct hint {
	const char *key, *label;
	enum command command;
};

struct view_ops {
	const char *name;
	bool from_end; /* the newest is the last: that is where one looks */
	const struct hint *hints; /* the most useful ones first; ends in {0} */
	/* Offer all items in their order, with app_offer(). */
	void (*build)(struct app *a);
	/* What search and filter look at. */
	void (*text)(const struct app *a, uint32_t item, struct buf *out);
	/* The same item later, when items have other numbers; never 0. */
	uint64_t (*key)(const struct app *a, uint32_t item);
	int head_lines; /* over its list, drawn by head */
	void (*head)(struct app *a, const struct box *box); /* or NULL */
	/* One item on a line that is empty. */
	void (*row)(struct app *a, uint32_t item, struct pen *p);
	/* Why there are no items; or NULL. */
	void (*empty)(struct app *a, struct pen *p);
	void (*open)(struct app *a, uint32_t item); /* or NULL */
};

extern const struct view_ops view_table, view_detail, view_processes,
	view_threads, view_stack, view_output, view_help;

const struct view_ops *app_view(const struct app *a);
struct list *app_list(struct app *a);
const struct defs *app_defs(const struct app *a);
/* Add it to the view's list if the filter lets it. */
void app_offer(struct app *a, uint32_t item);
/* All that was offered; compare() gets two items and the app. */
void app_sort(struct app *a,
	      int (*compare)(const void *x, const void *y, void *app));
void app_rebuild(struct app *a);
/* What is selected now shall stay selected. */
void app_keep_selected(struct app *a);
void app_show(struct app *a, enum view_kind view);
/* The same with its first row selected: it shows something else now. */
void app_enter(struct app *a, enum view_kind view);
/* Show a function; it becomes the newest that Esc comes back to. */
void app_show_function(struct app *a, const struct function *function);

/* ---- format.c --------------------------------------------------------- */

/* " 12.3%", "123.0%": six columns up to 999 */
void format_percent(char out[static 16], double percent);
/* "1234.56s": at most nine columns */
void format_seconds(char out[static 16], uint64_t ns);
/* "1:02:03" */
void format_clock(char out[static 16], double seconds);
/* How many samples the table counts, and which: "12,345 active", from a million
 * on "1.23M active"; at most 14 columns */
void format_samples(char out[static 32], const struct view *v, uint64_t n);
/* `name (file)` or `name (file:line)`, raw. */
void format_place(const struct defs *d, string_id name, string_id file,
		  int32_t line, struct buf *out);
/* What the per cents of a list of threads or processes are of; more may follow. */
struct pen draw_window(struct app *a, const struct box *box);
void draw_percent(struct pen *p, double percent);
/* The same in the pen's style, the file dim. */
void draw_place(struct app *a, struct pen *p, string_id name, string_id file,
		int32_t line);
enum style style_of_percent(double percent);

/* ---- the columns of numbers: columns.c -------------------------------- */

struct numbers {
	double own, total; /* per cent */
	uint64_t own_ns, total_ns;
	bool no_own; /* these two are left blank */
};

/* Over the titles: what the per cents and the times are of. */
void columns_labels(struct app *a, struct pen *p, const char *percents,
		    const char *times);
void columns_head(struct app *a, struct pen *p, bool sorted);
void columns_row(struct app *a, struct pen *p, const struct numbers *n);

/* ---- rows.c ----------------------------------------------------------- */

/* Draw the view: its head, and the rows that are in sight. Marks the selection,
 * and what was searched for. */
void app_draw_view(struct app *a, const struct box *box);

/* ---- the screen: header.c, footer.c, draw.c --------------------------- */

void draw_header(struct app *a, const struct box *box);
int header_height(int width, int height);
void draw_footer(struct app *a, const struct box *box);
void app_draw(struct app *a);

/* ---- save.c ----------------------------------------------------------- */

void save_default_name(const struct app *a, struct buf *out);
/* Says what happened; true unless another name is needed. */
bool save_profile(struct app *a, const char *path);

/* ---- prompts: prompt.c ------------------------------------------------ */

void prompt_open(struct app *a, enum prompt_kind kind);
void prompt_event(struct app *a, const struct event *e);
/* Move the selection to the next match from `from` on; false if none. */
bool search_from(struct app *a, uint32_t from, int step);

/* ---- what keys and clicks do: commands.c ------------------------------ */

void app_event(struct app *a, const struct event *e);
/* Ctrl-C: ends it, unless it goes to a launched command first. */
void app_interrupt(struct app *a);

#endif
