/* stopped.c - is the target stopped, as by SIGSTOP, Ctrl-Z or a debugger?
 *
 * Its threads are idle then and will stay so, whatever they look like. That is
 * nothing a sample says, but whoever waits for a stopped program wants to know.
 */
#include "stopped.h"

void stopped_init(struct stopped *s, pid_t pid)
{
	*s = (struct stopped){ 0 };
	if (target_open(&s->target, pid) == 0)
		s->how = target_standstill(&s->target, &s->tracer);
	if (s->how == STANDS_UNKNOWN)
		s->how = GOES_ON;
}

void stopped_release(struct stopped *s)
{
	target_close(&s->target);
}

void stopped_look(struct stopped *s)
{
	pid_t tracer;

	if (s->how == GOES_ON)
		return;
	/* killed where it stood, or held by ourselves just now: no news */
	if (target_standstill(&s->target, &tracer) == GOES_ON)
		s->how = GOES_ON;
}

void stopped_add_advice(const struct stopped *s, struct buf *out)
{
	if (s->how == STANDS_BY_SIGNAL)
		buf_printf(out, "kill -CONT %d lets it run",
			   (int)s->target.pid);
	if (s->how == STANDS_BY_TRACER)
		buf_printf(out, "PID %d, which debugs it, has to let it run",
			   (int)s->tracer);
}
