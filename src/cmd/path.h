/* path.h - where a program is
 */
#ifndef CPROF_CMD_PATH_H
#define CPROF_CMD_PATH_H

#include <limits.h>
#include <stdbool.h>

#include "cprof/target.h"

/* The executable that exec would run for a word with this PATH ("" or NULL: the
 * word is a path). */
bool path_find(const char *path, const char *word, char out[PATH_MAX]);
/* Under sudo: name the program when sudo's PATH chose another one than the
 * caller's would have. */
void path_say_sudo(const struct spawn *s, const char *word);

#endif
