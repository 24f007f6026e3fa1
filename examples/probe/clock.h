/* SPDX-License-Identifier: MIT */
/* clock: milliseconds of the monotonic clock. */
#ifndef PROBE_CLOCK_H
#define PROBE_CLOCK_H

#include <time.h>

static inline long clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
