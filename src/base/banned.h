/* banned.h - functions that cprof does not use, made errors
 *
 * The Makefile includes this before the first line of every file in src/.
 * A poisoned name may not even be declared afterwards, so the headers that
 * declare one come first.  VLAs are refused by -Wvla.
 *
 *	strcpy, strcat, sprintf, gets	know no end: use snprintf() or a buf
 *	strtok, localtime		keep state between threads
 *	atoi				takes "12x" for a number
 *	alloca				fails by a crash
 */
#ifndef CPROF_BASE_BANNED_H
#define CPROF_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* macros in some C libraries; clang warns of poisoning one */
#undef alloca
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat sprintf vsprintf gets
#pragma GCC poison strtok localtime
#pragma GCC poison atoi
#pragma GCC poison alloca

#endif
