/* paint.c - the colour of a frame
 *
 * The first question to a flame graph is "is that mine?", so the family of
 * hues says whose code it is: warm for the program's own, cool for installed
 * packages, slate for the standard library, grey for what is no code.  Within
 * a family the package (own code: the module) picks the hue and the function
 * the tint, all by hash, so that two graphs of one program look alike.
 */
#include <stdio.h>
#include <string.h>

#include "svg.h"

enum { TINTS = 3 };

static const struct family {
	char letter;
	int first, hues;
} own = { 'o', 1, 5 }, package = { 'p', 16, 5 }, library = { 's', 31, 3 };

/* The part of path after the last `dir`, NULL if it has none. */
static const char *after(const char *path, const char *dir)
{
	const char *found = NULL;

	while ((path = strstr(path, dir)))
		found = path += strlen(dir);

	return found;
}

/* What follows /lib/pythonN.M/ or its like. */
static const char *after_library(const char *path)
{
	const char *rest = after(path, "/python3");

	if (!rest)
		return NULL;
	rest += strspn(rest, ".0123456789t");
	if (strncmp(rest, ".zip/", 5) == 0)
		return rest + 5;
	return *rest == '/' ? rest + 1 : NULL;
}

/* Which family, and in *key what chooses among its hues. */
static const struct family *find_family(const char *path, const char **key)
{
	const char *rest;

	if ((rest = after(path, "/site-packages/")) ||
	    (rest = after(path, "/dist-packages/"))) {
		*key = rest;
		return &package;
	}
	if (strncmp(path, "<frozen ", 8) == 0) {
		*key = path + 8;
		return &library;
	}
	if ((rest = after_library(path))) {
		*key = rest;
		return &library;
	}
	return &own;
}

static uint64_t hash_text(const char *s)
{
	return hash_bytes(s, strlen(s));
}

int paint_code(const struct defs *d, const struct code *code)
{
	const char *path = def_text(d, code->file), *key = path;
	const struct family *f;
	uint64_t hue, tint;

	if (code->kind == FRAME_NOTE)
		return PAINT_GREY;
	f = find_family(path, &key);
	if (f == &own)
		hue = hash_text(code->module ? def_text(d, code->module) : key);
	else
		hue = hash_bytes(key, strcspn(key, "/.>"));
	tint = hash_text(def_text(d, code->name));

	return f->first + (int)(hue % f->hues) * TINTS + (int)(tint % TINTS);
}

const char *paint_name(int paint, char out[16])
{
	const struct family *f = paint >= library.first ? &library :
				 paint >= package.first ? &package :
							  &own;

	if (paint == PAINT_GREY)
		return "g";
	snprintf(out, 16, "%c%d", f->letter, paint - f->first);
	return out;
}

bool paint_is_quiet(int paint)
{
	return paint == PAINT_GREY || paint >= library.first;
}
