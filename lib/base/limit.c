/* SPDX-License-Identifier: MIT */
/*
 * base/limit: a host's deadline, as it appears in a sentence.
 */
#include "base/limit.h"

#include <stdio.h>

void stls_limit_write(char text[STLS_LIMIT_SIZE], unsigned milliseconds)
{
	unsigned seconds = milliseconds / 1000,
		 tenths = milliseconds / 100 % 10;

	text[0] = '\0';
	if (milliseconds >= 100 && tenths == 0)
		(void)snprintf(text, STLS_LIMIT_SIZE, " (%u s)", seconds);
	else if (milliseconds >= 100)
		(void)snprintf(text, STLS_LIMIT_SIZE, " (%u.%u s)", seconds,
			       tenths);
	else if (milliseconds > 0)
		(void)snprintf(text, STLS_LIMIT_SIZE, " (%u ms)", milliseconds);
}
