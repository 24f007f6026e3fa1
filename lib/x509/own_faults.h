/* SPDX-License-Identifier: MIT */
/* x509/own_faults: what is wrong with own certificates. See the .c. */
#ifndef X509_OWN_FAULTS_H
#define X509_OWN_FAULTS_H

#include <time.h>

#include "base/texts.h"
#include "policy/policy.h"
#include "x509/ocsp.h"
#include "x509/own_certificates.h"

/*
 * Judge all certificates as OpenSSL does when it loads them: their keys and
 * signatures must be as strong as the security level requires. `names` are for
 * the sentences. Returns 0 or SMTPTLS_E_CONFIG with a sentence.
 */
int stls_own_certificates_judge(const struct stls_own_certificates *own,
				const struct stls_texts *names, int level,
				const struct stls_sentence *error);

/*
 * Add a sentence to `warnings` for each thing that clients may refuse; `now` is
 * the time. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_own_certificates_warn(const struct stls_own_certificates *own,
			       const struct stls_texts *names, time_t now,
			       struct stls_texts *warnings);

/*
 * Warn of what prevents the OCSP response in the file `name` from being sent:
 * `fault`, one of enum stls_ocsp_fault, or, if it is 0, the dates of `staple`,
 * unless they are good. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_staple_warn(int fault, const struct stls_staple *staple,
		     const char *name, time_t now, struct stls_texts *warnings);

/*
 * Check that certificates, with `names` for the sentences, are not worse at the
 * time `now` than the `old` ones that they replace: none at all, a name
 * missing, or one that is not valid, or lacks its chain or a demanded status,
 * while no old one did. Returns 0 or SMTPTLS_E_CONFIG with a sentence.
 */
int stls_own_certificates_worse(const struct stls_own_certificates *own,
				const struct stls_own_certificates *old,
				const struct stls_texts *names, time_t now,
				const struct stls_sentence *error);

/* When the first of them expires; 0 if there is none or it is unknown. */
time_t stls_own_certificates_expire(const struct stls_own_certificates *own);

#endif
