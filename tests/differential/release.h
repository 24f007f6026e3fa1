/* SPDX-License-Identifier: MIT */
/*
 * The releases of OpenSSL that the library is compared with: 3.0, whose
 * languages it reads, and 3.5, with what has changed between them. Of cipher
 * lists that is one thing. Suites of CCM8 have 64 bits in 3.5 and are MEDIUM:
 * no part of HIGH, last by strength, and not to be had above level 0. What a
 * list says of the other suites does not depend on them, so with 3.5 lists are
 * compared with an end that takes them out.
 */
#ifndef TESTS_DIFFERENTIAL_RELEASE_H
#define TESTS_DIFFERENTIAL_RELEASE_H

#include <openssl/crypto.h>
#include <stdio.h>

#include "openssl/suite_table.h"

#define RELEASE_SKIPPED 77

static inline int release_is_3_5(void)
{
	return OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 5;
}

/* 0: this OpenSSL is neither, which is said. */
static inline int release_is_known(void)
{
	if (release_is_3_5() ||
	    (OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0))
		return 1;
	printf("skipped: OpenSSL is %s, not 3.0 or 3.5\n",
	       OpenSSL_version(OPENSSL_VERSION));
	return 0;
}

/* Whether 3.5 thinks otherwise of this suite. */
static inline int release_differs(unsigned code)
{
	int row = stls_suite_by_code(code);

	return release_is_3_5() && row >= 0 &&
	       stls_suite((size_t)row)->enc &
		       (STLS_ENC_AES128CCM8 | STLS_ENC_AES256CCM8);
}

/* What is put behind a cipher list that is compared. */
static inline const char *release_end(void)
{
	return release_is_3_5() ? ":!AESCCM8" : "";
}

#endif
