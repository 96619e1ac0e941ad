/* arch.h - what differs between CPUs (private to target/) */
#ifndef CPROF_TARGET_ARCH_H
#define CPROF_TARGET_ARCH_H

#include "cprof/target.h"

/* Whether the stopped thread is about to return -EINTR from a system call. */
bool arch_call_interrupted(pid_t tid);

#endif
