/* SPDX-License-Identifier: MIT */
/* x509/own_faults: what is wrong with own certificates. Manual in the .c. */
#ifndef X509_OWN_FAULTS_H
#define X509_OWN_FAULTS_H

#include <time.h>

#include "base/texts.h"
#include "policy/policy.h"
#include "x509/ocsp.h"
#include "x509/own_certificates.h"

/*
 * Judge all certificates, which are called by `names`, as OpenSSL does when it
 * loads them: their keys and signatures must be as strong as the security level
 * asks. Returns 0 or SMTPTLS_E_CONFIG with a sentence.
 */
int stls_own_certificates_judge(const struct stls_own_certificates *own,
				const struct stls_texts *names, int level,
				const struct stls_sentence *error);

/*
 * Add a sentence to `warnings` for each thing that clients will trip over;
 * `now` is the time. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_own_certificates_warn(const struct stls_own_certificates *own,
			       const struct stls_texts *names, time_t now,
			       struct stls_texts *warnings);

/*
 * Add what keeps an OCSP response, of the file `name`, from being sent: `fault`
 * is one of enum stls_ocsp_fault, or 0 where only the dates of `staple` can be
 * in the way. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_staple_warn(int fault, const struct stls_staple *staple,
		     const char *name, time_t now, struct stls_texts *warnings);

/*
 * Whether certificates, which are called by `names`, are worse than those that
 * they are to replace, now: without one that is valid, a chain, or a name of
 * theirs. Returns 0 or SMTPTLS_E_CONFIG with a sentence.
 */
int stls_own_certificates_worse(const struct stls_own_certificates *own,
				const struct stls_own_certificates *old,
				const struct stls_texts *names, time_t now,
				const struct stls_sentence *error);

/* When the first of them expires; 0: there is none, or it is not known. */
time_t stls_own_certificates_expire(const struct stls_own_certificates *own);

#endif
