/* formats.h - what the files of export/ share */
#ifndef CPROF_EXPORT_FORMATS_H
#define CPROF_EXPORT_FORMATS_H

#include "cprof/model.h"

int folded_write(const struct profile *p, struct out *out);
int speedscope_write(const struct profile *p, struct out *out);
int svg_write(const struct profile *p, struct out *out);

const char *export_version(void);

#endif
