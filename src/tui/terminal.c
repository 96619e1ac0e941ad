/* terminal.c - the terminal */
#define _XOPEN_SOURCE_EXTENDED 1 /* wide characters in curses.h */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

/* A click counts when the button is let go: after a click on "Quit" nothing may
 * follow that the shell would take for typed. Without the press in the mask
 * curses would not tell of the release. */
#define CLICKS (BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED)
#define EVENTS (BUTTON1_PRESSED | CLICKS | BUTTON4_PRESSED | BUTTON5_PRESSED)

struct terminal {
	SCREEN *screen;
	FILE *input;
	bool utf8; /* else what is not ASCII is shown as ? */
	attr_t attributes[STYLE_COUNT];
	short pairs[STYLE_COUNT];
};

struct look {
	attr_t attributes; /* without colours */
	attr_t with_colour; /* with them */
	short ink, paper; /* -1: the terminal's own */
};

/* clang-format off */
static const struct look looks[STYLE_COUNT] = {
	[STYLE_PLAIN] =     { A_NORMAL,  A_NORMAL, -1, -1 },
	[STYLE_DIM] =       { A_DIM,     A_DIM,    -1, -1 },
	[STYLE_FILE] =      { A_NORMAL,  A_NORMAL, COLOR_CYAN, -1 },
	[STYLE_BOLD] =      { A_BOLD,    A_NORMAL, -1, -1 },
	[STYLE_LABEL] =     { A_NORMAL,  A_NORMAL, COLOR_CYAN, -1 },
	[STYLE_TITLE] =     { A_BOLD,    A_BOLD,   -1, -1 },
	[STYLE_HEAD] =      { A_REVERSE, A_NORMAL, COLOR_BLACK, COLOR_GREEN },
	[STYLE_HEAD_SORT] = { A_REVERSE | A_BOLD, A_NORMAL,
			      COLOR_BLACK, COLOR_CYAN },
	[STYLE_SELECTED] =  { A_REVERSE, A_NORMAL, COLOR_BLACK, COLOR_CYAN },
	[STYLE_MATCH] =     { A_UNDERLINE | A_BOLD, A_BOLD,
			      COLOR_BLACK, COLOR_YELLOW },
	[STYLE_HINT] =      { A_REVERSE, A_NORMAL, COLOR_BLACK, COLOR_CYAN },
	[STYLE_WARM] =      { A_NORMAL,  A_NORMAL, COLOR_YELLOW, -1 },
	[STYLE_HOT] =       { A_BOLD,    A_BOLD,   COLOR_RED, -1 },
	[STYLE_COOL] =      { A_NORMAL,  A_NORMAL, COLOR_GREEN, -1 },
	[STYLE_BANNER] =    { A_REVERSE, A_NORMAL, COLOR_BLACK, COLOR_YELLOW },
};
/* clang-format on */

static void choose_looks(struct terminal *t)
{
	const char *no_color = getenv("NO_COLOR");
	bool colour = has_colors() && !(no_color && *no_color);
	short background = -1, i;

	if (colour) {
		start_color();
		if (use_default_colors() == ERR)
			background = COLOR_BLACK;
	}
	for (i = 0; i < STYLE_COUNT; i++) {
		const struct look *l = &looks[i];

		t->attributes[i] = colour ? l->with_colour : l->attributes;
		if (!colour || (l->ink < 0 && l->paper < 0))
			continue;
		t->pairs[i] = i;
		init_pair(i, l->ink < 0 ? COLOR_WHITE : l->ink,
			  l->paper < 0 ? background : l->paper);
	}
}

static void set_modes(void)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	leaveok(stdscr, TRUE);
	mousemask(EVENTS, NULL);
	mouseinterval(0);
}

/* curses waits for more input after a mouse event that it does not report,
 * nodelay() or not, and samples pile up meanwhile. So we read through an open
 * file of our own that does not wait; the shell's is not touched. */
static FILE *open_input(void)
{
	char path[64];
	FILE *input;
	int fd;

	if (ttyname_r(STDIN_FILENO, path, sizeof(path)))
		snprintf(path, sizeof(path), "/dev/tty");
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	input = fd < 0 ? NULL : fdopen(fd, "r");
	if (fd >= 0 && !input)
		close(fd);
	return input;
}

/* A shell's prompt goes there where there is no second screen to leave. */
static void clear_last_line(void)
{
	if (!cursor_address)
		return;
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
}

int terminal_open(struct terminal **out)
{
	struct terminal *t;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		errno = ENOTTY;
		return ERR_IO;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_NOMEM;
	setlocale(LC_CTYPE, "");
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->input = open_input();
	t->screen = newterm(NULL, stdout, t->input ? t->input : stdin);
	if (!t->screen || !cursor_address) {
		terminal_close(t);
		return ERR_NOT_FOUND;
	}
	set_term(t->screen);
	choose_looks(t);
	set_modes();
	*out = t;
	return 0;
}

void terminal_close(struct terminal *t)
{
	if (!t)
		return;
	if (t->screen) {
		clear_last_line();
		flushinp();
		endwin();
		delscreen(t->screen);
	}
	if (t->input)
		fclose(t->input);
	free(t);
}

void terminal_size(struct terminal *t, int *width, int *height)
{
	struct winsize size;

	(void)t;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col &&
	    size.ws_row && !(size.ws_col == COLS && size.ws_row == LINES))
		resizeterm(size.ws_row, size.ws_col);
	*width = COLS;
	*height = LINES;
}

/* ---- drawing ---------------------------------------------------------- */

static void put_cell(const struct terminal *t, const struct cell *c, int x,
		     int y)
{
	wchar_t text[ARRAY_SIZE(c->ch) + 1] = { 0 };
	cchar_t cell;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c->ch) && c->ch[i]; i++)
		text[i] = t->utf8 || c->ch[i] < 0x80 ? (wchar_t)c->ch[i] : L'?';
	if (!t->utf8)
		text[1] = L'\0';
	if (setcchar(&cell, text, t->attributes[c->style], t->pairs[c->style],
		     NULL) == ERR)
		return;
	mvadd_wch(y, x, &cell);
}

/* A wide character covers the cell to its right; where there is no UTF-8 its
 * question mark does not, and the cell is blank. */
void terminal_draw(struct terminal *t, const struct canvas *c, bool repaint)
{
	const struct cell *cell;
	int x, y;

	erase();
	for (y = 0; y < c->height && y < LINES; y++) {
		for (x = 0; x < c->width && x < COLS; x++) {
			cell = canvas_cell(c, x, y);
			if (cell->ch[0])
				put_cell(t, cell, x, y);
		}
	}
	if (repaint)
		clearok(curscr, TRUE);
	refresh();
}

/* ---- input ------------------------------------------------------------ */

static const struct {
	int code;
	enum key key;
} codes[] = {
	{ KEY_UP, K_UP },
	{ KEY_DOWN, K_DOWN },
	{ KEY_LEFT, K_LEFT },
	{ KEY_RIGHT, K_RIGHT },
	{ KEY_PPAGE, K_PAGE_UP },
	{ KEY_NPAGE, K_PAGE_DOWN },
	{ KEY_HOME, K_HOME },
	{ KEY_FIND, K_HOME },
	{ KEY_END, K_END },
	{ KEY_SELECT, K_END },
	{ KEY_LL, K_END },
	{ KEY_ENTER, K_ENTER },
	{ KEY_BACKSPACE, K_BACKSPACE },
	{ KEY_DC, K_BACKSPACE },
	{ KEY_RESIZE, K_RESIZE },
};

static uint32_t function_key(int code)
{
	size_t i;

	if (code >= KEY_F(1) && code <= KEY_F(12))
		return K_F0 + (uint32_t)(code - KEY_F0);
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].key;
	return K_NONE;
}

static uint32_t character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return K_ENTER;
	case '\033':
		return K_ESCAPE;
	case '\b':
	case 0x7f:
		return K_BACKSPACE;
	default:
		return (uint32_t)c;
	}
}

static uint32_t mouse_key(mmask_t state)
{
	if (state & BUTTON4_PRESSED)
		return K_WHEEL_UP;
	if (state & BUTTON5_PRESSED)
		return K_WHEEL_DOWN;
	return state & CLICKS ? K_CLICK : K_NONE;
}

/* A press and its release come together when both are there to be read, the
 * newest first. */
static uint32_t mouse_event(struct event *e)
{
	uint32_t key = K_NONE;
	MEVENT m;

	while (getmouse(&m) != ERR) {
		if (mouse_key(m.bstate) == K_NONE)
			continue;
		key = mouse_key(m.bstate);
		e->x = m.x;
		e->y = m.y;
	}
	return key;
}

/* The terminal hung up: then reading fails for ever. */
static bool is_closed(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}

bool terminal_read(struct terminal *t, struct event *e)
{
	wint_t c;
	int kind = get_wch(&c);

	(void)t;
	*e = (struct event){ .key = K_NONE };
	if (kind == ERR) {
		e->key = K_CLOSED;
		return is_closed();
	}
	if (kind == KEY_CODE_YES && c == KEY_MOUSE)
		e->key = mouse_event(e);
	else if (kind == KEY_CODE_YES)
		e->key = function_key((int)c);
	else
		e->key = character(c);
	return true;
}

void terminal_suspend(struct terminal *t)
{
	(void)t;
	clear_last_line();
	endwin();
}

void terminal_resume(struct terminal *t)
{
	(void)t;
	reset_prog_mode();
	clearok(curscr, TRUE);
	refresh();
}
