/* priority.h - (private to sampler/) */
#ifndef CPROF_SAMPLER_PRIORITY_H
#define CPROF_SAMPLER_PRIORITY_H

/* Of the calling thread, as high as it may be; not inherited by what it starts. */
void priority_raise(void);

#endif
