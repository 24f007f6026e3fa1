/* SPDX-License-Identifier: MIT */
/* judge: derives findings from facts. See judge.c. */
#ifndef PROBE_JUDGE_H
#define PROBE_JUDGE_H

#include "facts.h"
#include "options.h"

void judge(struct destination *destination, const struct options *options);

/* In judge_host.c: judge one host. */
void judge_host(const struct destination *destination, struct host *host,
		const struct options *options);
/* The "3 1 1" record of the certificate at `depth` 0, or "2 1 1" above it. */
void record_of(const struct attempt *attempt, size_t depth, char text[80]);

#endif
