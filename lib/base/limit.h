/* SPDX-License-Identifier: MIT */
/* base/limit: a host's deadline, as it appears in a sentence. */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#define STLS_LIMIT_SIZE 24

/* " (2 s)", " (1.5 s)" or " (50 ms)"; "" for 0, an unknown deadline. */
void stls_limit_write(char text[STLS_LIMIT_SIZE], unsigned milliseconds);

#endif
