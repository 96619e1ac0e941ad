/* x86_64.c - registers of a stopped thread on x86-64 */
#ifdef __x86_64__

#include "../arch.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

static long peek(pid_t tid, size_t offset)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, tid, (void *)offset, NULL);
}

/* orig_rax is the call's number on the way out of one, else -1. Calls that the
 * kernel restarts by itself (-ERESTART*) go on as if nothing had happened. */
bool arch_call_interrupted(pid_t tid)
{
	if (peek(tid, offsetof(struct user_regs_struct, orig_rax)) < 0)
		return false;
	return peek(tid, offsetof(struct user_regs_struct, rax)) == -EINTR;
}

/* Both are the address of its struct pthread (sysdeps/x86_64/nptl/tls.h). */
raddr_t arch_thread_pointer(raddr_t pthread)
{
	return pthread;
}

#endif
