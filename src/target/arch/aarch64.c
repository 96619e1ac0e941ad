/* aarch64.c - registers of a stopped thread on 64-bit ARM */
#ifdef __aarch64__

#include "../arch.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* The call's number is -1 outside of one. Calls that the kernel restarts by
 * itself (-ERESTART*) go on as if nothing had happened. */
bool arch_call_interrupted(pid_t tid)
{
	struct user_regs_struct regs;
	int number = -1;
	struct iovec call = { &number, sizeof(number) };
	struct iovec all = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &call) ||
	    number < 0)
		return false;
	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all))
		return false;
	return (long)regs.regs[0] == -EINTR;
}

/* It lies behind struct pthread, whose size changes (sysdeps/aarch64/nptl/tls.h).
 */
raddr_t arch_thread_pointer(raddr_t pthread)
{
	(void)pthread;
	return 0;
}

#endif
