/* SPDX-License-Identifier: MIT */
/* report: the findings, for people or for programs. */
#ifndef PROBE_REPORT_H
#define PROBE_REPORT_H

#include "facts.h"
#include "options.h"

void report_text(const struct destination *destination, int colour);
void report_json(const struct destination *destination);

#endif
