/* short.c - a file's name relative to the root of its package
 *
 * As py-spy shows it: directories are dropped from the left up to the topmost
 * one that holds an __init__.py, so /usr/lib/python3/site-packages/numpy/a.py
 * is numpy/a.py. The question goes to the target's own file system.
 */
#include <string.h>

#include "decode.h"

static bool is_package(struct decoder *d, const char *file, size_t dir_len)
{
	buf_reset(&d->text);
	buf_add(&d->text, file, dir_len);
	buf_puts(&d->text, "/__init__.py");
	return target_file_exists(d->target, d->text.data);
}

/* Offset of the short name in file. */
static size_t short_start(struct decoder *d, const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t start, len;

	if (!slash)
		return 0;
	start = slash - file + 1;
	if (!d->target || file[0] != '/')
		return start;
	for (len = slash - file; len > 1 && is_package(d, file, len);) {
		while (len > 1 && file[len - 1] != '/')
			len--;
		start = len;
		len--; /* the slash */
	}
	return start;
}

/* "numpy/core/a.py" -> "numpy.core.a"; a package's __init__ is the package. */
static string_id module_of(struct decoder *d, const char *name)
{
	static const char init[] = ".__init__";
	size_t i, len = strlen(name);

	if (len > 3 && !strcmp(name + len - 3, ".py"))
		len -= 3;
	buf_reset(&d->text);
	for (i = 0; i < len; i++)
		buf_putc(&d->text, name[i] == '/' ? '.' : name[i]);
	len = d->text.len;
	if (len >= strlen(init) &&
	    !strcmp(d->text.data + len - strlen(init), init))
		len -= strlen(init);
	return defs_string(d->defs, d->text.data, len);
}

void decoder_name_file(struct decoder *d, struct code *code)
{
	const char *file = def_text(d->defs, code->file);
	size_t start = short_start(d, file);

	code->short_file =
		defs_string(d->defs, file + start, strlen(file + start));
	code->module = module_of(d, def_text(d->defs, code->short_file));
}
