/* footer.c - the last line: a prompt, a message, or what the keys do */
#include "app.h"

#include <string.h>

static const char *prompt_label(const struct app *a)
{
	switch (a->prompt.kind) {
	case PROMPT_SEARCH:
		return "Search: ";
	case PROMPT_FILTER:
		return "Filter: ";
	case PROMPT_SAVE:
		return "Save as: ";
	default:
		return "";
	}
}

static const char save_help[] = "  .svg .folded .speedscope.json";

/* The end of the text is what is being typed: the start scrolls out. */
static void draw_prompt(struct app *a, struct pen *p)
{
	const struct buf *t = &a->prompt.text;
	int room, columns = text_columns(t->data, t->len);

	if (a->prompt.kind == PROMPT_END) {
		p->style = STYLE_BANNER;
		pen_printf(p,
			   " End PID %d, too?  y ends it  n lets it run  "
			   "Esc stays ",
			   (int)a->options->command);
		pen_fill(p);
		return;
	}
	pen_styled(p, STYLE_HINT, prompt_label(a));
	room = p->end - p->x - 1;
	p->skip = MAX(columns - room, 0);
	pen_name(p, t->data, t->len);
	p->style = STYLE_SELECTED;
	pen_puts(p, " ");
	p->style = STYLE_DIM;
	if (a->prompt.kind == PROMPT_SAVE &&
	    p->end - p->x >= (int)strlen(save_help))
		pen_puts(p, save_help);
}

static int hint_width(const struct hint *h)
{
	return text_columns(h->key, strlen(h->key)) +
	       text_columns(h->label, strlen(h->label)) + 1;
}

static void draw_hint(struct app *a, struct pen *p, const struct hint *h)
{
	canvas_zone(&a->canvas, (struct zone){ .x = p->x,
					       .y = p->y,
					       .width = hint_width(h) - 1,
					       .command = (int)h->command });
	pen_styled(p, STYLE_BOLD, h->key);
	pen_styled(p, STYLE_HINT, h->label);
	pen_puts(p, " ");
}

/* As many as fit; the last one, how to leave, always. */
static void draw_hints(struct app *a, struct pen *p)
{
	const struct hint *h = app_view(a)->hints, *last = h;

	while (last[1].key)
		last++;
	for (; h < last; h++)
		if (p->x + hint_width(h) + hint_width(last) <= p->end + 1)
			draw_hint(a, p, h);
	draw_hint(a, p, last);
}

void draw_footer(struct app *a, const struct box *box)
{
	struct pen p = pen_at(&a->canvas, box, 0);

	if (a->prompt.kind) {
		draw_prompt(a, &p);
	} else if (a->message.len) {
		p.style = STYLE_BANNER;
		pen_puts(&p, " ");
		pen_name(&p, a->message.data, a->message.len);
		pen_fill(&p);
	} else {
		draw_hints(a, &p);
	}
}
