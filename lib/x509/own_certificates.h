/* SPDX-License-Identifier: MIT */
/* x509/own_certificates: manual in own_certificates.c. */
#ifndef X509_OWN_CERTIFICATES_H
#define X509_OWN_CERTIFICATES_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include "base/bytes.h"
#include "base/texts.h"
#include "policy/policy.h"

struct stls_own_certificate;

/* All zeros: no certificate. */
struct stls_own_certificates {
	unsigned keys; /* enum smtptls_key and STLS_KEY_IDLE, of all together */
	unsigned rsa_bits;
	size_t count;
	struct stls_own_certificate *cert;
};

/*
 * Read the certificates of `credentials` into `own`, which is all zeros.
 * Returns 0 or SMTPTLS_E_NOMEM; stls_own_certificates_free() is due in either case.
 */
int stls_own_certificates_read(struct stls_own_certificates *own,
			       gnutls_certificate_credentials_t credentials);
void stls_own_certificates_free(struct stls_own_certificates *own);

/*
 * Judge all certificates of `credentials`, which are called by `names`, as
 * OpenSSL does when it loads them: their keys and signatures must be as strong
 * as the security level asks. Returns 0, SMTPTLS_E_NOMEM or SMTPTLS_E_CONFIG.
 */
int stls_own_certificates_judge(gnutls_certificate_credentials_t credentials,
				const struct stls_texts *names, int level,
				const struct stls_sentence *error);

/* The types of those with this name; 0 when none has it. */
unsigned stls_own_certificates_named(const struct stls_own_certificates *own,
				     const struct stls_bytes *name);

/*
 * 1 when some certificate is good for this name, as clients see it: letters may
 * differ in case, and a wildcard stands for the first label.
 */
int stls_own_certificates_cover(const struct stls_own_certificates *own,
				const struct stls_bytes *name);

#endif
