/* model.h - short ways to definitions and samples, for the model's tests
 */
#ifndef CPROF_TESTS_MODEL_H
#define CPROF_TESTS_MODEL_H

#include <string.h>

#include "cprof/model.h"

#define MS NSEC_PER_MSEC

static inline string_id def(struct defs *d, const char *text)
{
	return defs_string(d, text, strlen(text));
}

/* A frame of its own for each call: function `name` of FILE, at a line. */
static inline frame_id def_line(struct defs *d, const char *name,
				const char *file, int32_t line)
{
	struct code code = { .first_line = 1 };
	struct frame frame = { .line = line };

	code.name = def(d, name);
	code.file = def(d, file);
	frame.code = defs_code(d, &code);
	return defs_frame(d, &frame);
}

/* The stack of these functions of app.py, outermost first: "main;run". */
static inline stack_id def_stack_of(struct defs *d, const char *path)
{
	stack_id stack = 0;
	const char *end;
	char name[64];

	for (; *path; path = *end ? end + 1 : end) {
		end = path + strcspn(path, ";");
		snprintf(name, sizeof(name), "%.*s", (int)(end - path), path);
		stack = defs_stack(d, stack, def_line(d, name, "app.py", 7));
	}
	return stack;
}

static inline thread_id def_named_thread(struct defs *d, process_id process,
					 pid_t tid, const char *name)
{
	struct thread t = { .process = process, .tid = tid };

	t.name = def(d, name);
	return defs_thread(d, &t);
}

static inline process_id def_named_process(struct defs *d, pid_t pid,
					   pid_t parent, const char *command)
{
	struct process p = { .pid = pid, .parent = parent };

	p.command = def(d, command);
	return defs_process(d, &p);
}

#endif
