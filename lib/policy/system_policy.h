/* SPDX-License-Identifier: MIT */
/* policy/system_policy: GnuTLS's own file. See system_policy.c. */
#ifndef POLICY_SYSTEM_POLICY_H
#define POLICY_SYSTEM_POLICY_H

#include <stddef.h>
#include <stdint.h>

/* The file as it was read; text is NULL if there is none. */
struct stls_system_policy {
	char *file;
	char *text;
};

/* What a line can disable. */
enum stls_system_kind {
	STLS_SYSTEM_VERSION, /* of TLS, in bits: STLS_PROTOCOL_TLS… */
	STLS_SYSTEM_SUITE,   /* rows of the tables */
	STLS_SYSTEM_GROUP,
	STLS_SYSTEM_SIGALG,
	STLS_SYSTEM_CURVE,   /* of a key: a row of the groups */
	STLS_SYSTEM_EDDSA,   /* of a key: 0 is Ed25519, 1 Ed448 */
	STLS_SYSTEM_CHAIN,   /* a signature in a chain: row of the sigalgs */
	STLS_SYSTEM_STRENGTH /* of a chain: bits of security that it has */
};

/* A line to remove, or, if number is 0, a line to add. */
struct stls_system_line {
	unsigned number;
	char text[80];
};

#define STLS_SYSTEM_LINES 8

/*
 * Find the lines that disable something; all of them have to be removed, or
 * added, to enable it. Returns their number, at most STLS_SYSTEM_LINES, or 0 if
 * this file is not the cause.
 */
unsigned stls_system_lines(const struct stls_system_policy *system, int kind,
			   unsigned which,
			   struct stls_system_line lines[STLS_SYSTEM_LINES]);

/*
 * Write "remove … from FILE, line 7 and … from line 8", or "" if this file is
 * not the cause; returns the length.
 */
size_t stls_system_cure(const struct stls_system_policy *system, int kind,
			unsigned which, char *text, size_t size);

void stls_system_policy_clear(struct stls_system_policy *system);

#endif
