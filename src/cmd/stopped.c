/* stopped.c - is the target stopped, as by SIGSTOP or Ctrl-Z?
 *
 * Its threads are idle then and will stay so, whatever they look like. That is
 * nothing a sample says, but whoever waits for a stopped program wants to know.
 */
#include "stopped.h"

void stopped_init(struct stopped *s, pid_t pid)
{
	s->always = target_open(&s->target, pid) == 0 &&
		    target_state(&s->target) == 'T';
}

void stopped_release(struct stopped *s)
{
	target_close(&s->target);
}

void stopped_look(struct stopped *s)
{
	if (!s->always)
		return;
	switch (target_state(&s->target)) {
	case 'T':
	case 't': /* a tracer, perhaps we, holds it just now: no news */
	case 'Z': /* killed where it stood */
	case 'X':
	case '?':
		break;
	default:
		s->always = false;
	}
}
