/* SPDX-License-Identifier: MIT */
/* base/limit: a host's deadline, in words. */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#define STLS_LIMIT_SIZE 24

/* " (2 s)" or " (1.5 s)"; "" for 0, which is not known. */
void stls_limit_write(char text[STLS_LIMIT_SIZE], unsigned milliseconds);

#endif
