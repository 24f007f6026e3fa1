/* SPDX-License-Identifier: MIT */
/* judge: from facts to findings. The manual is in judge.c. */
#ifndef PROBE_JUDGE_H
#define PROBE_JUDGE_H

#include "facts.h"
#include "options.h"

void judge(struct destination *destination, const struct options *options);

/* In judge_host.c: those of one host. */
void judge_host(const struct destination *destination, struct host *host,
		const struct options *options);
/* The record "3 1 1" of the certificate at `depth`, or "2 1 1" above 0. */
void record_of(const struct attempt *attempt, size_t depth, char text[80]);

#endif
