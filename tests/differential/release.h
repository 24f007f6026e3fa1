/* SPDX-License-Identifier: MIT */
/*
 * The releases of OpenSSL that the library is compared with: 3.0, whose
 * languages it reads, and 3.5 and 3.6, with what has changed since. The changes
 * are the same in both; for cipher lists there are two.
 *
 * CCM8 suites have 64 bits in 3.5 and are MEDIUM: not part of HIGH, last by
 * strength, and unavailable above level 0. What a list means for the other
 * suites does not depend on them, so with 3.5 each list is compared with an
 * ending that removes them.
 *
 * Words may contain "_", for IANA's names, which 3.5 knows: the library is
 * given OpenSSL's names for these, and an "x" for "_" elsewhere.
 */
#ifndef TESTS_DIFFERENTIAL_RELEASE_H
#define TESTS_DIFFERENTIAL_RELEASE_H

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "openssl/suite_table.h"

#define RELEASE_SKIPPED 77

static inline int release_is_3_0(void)
{
	return OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0;
}

/* Or 3.6, which reads the same languages. */
static inline int release_is_3_5(void)
{
	return OPENSSL_version_major() == 3 &&
	       (OPENSSL_version_minor() == 5 || OPENSSL_version_minor() == 6);
}

/* 0 if this OpenSSL is none of them, which is printed. */
static inline int release_is_known(void)
{
	if (release_is_3_0() || release_is_3_5())
		return 1;
	printf("skipped: it is %s, not OpenSSL 3.0, 3.5 or 3.6\n",
	       OpenSSL_version(OPENSSL_VERSION));
	return 0;
}

/* Whether 3.5 treats this suite differently. */
static inline int release_differs(unsigned code)
{
	int row = stls_suite_by_code(code);

	return release_is_3_5() && row >= 0 &&
	       stls_suite((size_t)row)->enc &
		       (STLS_ENC_AES128CCM8 | STLS_ENC_AES256CCM8);
}

/* The ending of each cipher list that is compared. */
static inline const char *release_end(void)
{
	return release_is_3_5() ? ":!AESCCM8" : "";
}

/* Rewrites a cipher list for 3.0. */
static inline void release_respell(const char *string, char *to, size_t size)
{
	static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				    "opqrstuvwxyz0123456789-.=_";
	static const char all[] = "DEFAULT";
	size_t length, i;
	int row, first = 1;

	if (!release_is_3_5()) {
		(void)snprintf(to, size, "%s", string);
		return;
	}
	for (; *string; string += length) {
		length = strspn(string, bytes);
		if (length == 0 || (first && *string == '-'))
			length = 1;
		else if (first && strncmp(string, all, strlen(all)) == 0)
			length = strlen(all);
		row = stls_suite_by_iana(string, length);
		(void)snprintf(to, size, "%.*s", (int)length, string);
		if (row >= 0 && row < STLS_SUITES_LISTED)
			(void)snprintf(to, size, "%s",
				       stls_suite((size_t)row)->openssl);
		for (i = 0; to[i]; i++) {
			if (to[i] == '_')
				to[i] = 'x';
		}
		first = strchr(":,; ", *string) != NULL;
		size -= strlen(to);
		to += strlen(to);
	}
	*to = '\0';
}

#endif
