/* arch.h - what differs between CPUs (private to target/) */
#ifndef CPROF_TARGET_ARCH_H
#define CPROF_TARGET_ARCH_H

#include "cprof/target.h"

/* Whether the stopped thread is about to return -EINTR from a system call. */
bool arch_call_interrupted(pid_t tid);
/* The thread pointer of the thread with this pthread_t (glibc); 0: how they
 * differ is not known. */
raddr_t arch_thread_pointer(raddr_t pthread);

#endif
