/* proc.h - small files of /proc, read whole (private to target/) */
#ifndef CPROF_TARGET_PROC_H
#define CPROF_TARGET_PROC_H

#include "cprof/target.h"

/* Enough for a status file: its groups alone can be many. */
enum { STATUS_SIZE = 1 << 16 };

/* The file `path` below directory fd `dir` into buf, NUL-terminated. Returns
 * the bytes read (cut at size - 1) or a negative ERR_*. */
ssize_t proc_read(int dir, const char *path, char *buf, size_t size);
/* The same without a bound other than `limit`. */
int proc_read_all(int dir, const char *path, size_t limit, struct buf *out);
/* Opens what an O_PATH descriptor stands for, if it is a regular file: opening
 * a device can have effects. -1 if not. */
int proc_open_regular(int place);
/* ERR_* that an errno of /proc, ptrace or process_vm_readv means. */
int proc_error(int error);
/* The number after "Key:" in a status file's text, -1 if absent. */
long long proc_status_number(const char *status, const char *key);
/* Names the last thread id of the "NSpid:" line and how many are on it. */
pid_t proc_status_inner(const char *status, int *depth);

#endif
