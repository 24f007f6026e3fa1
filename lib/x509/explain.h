/* SPDX-License-Identifier: MIT */
/* x509/explain: see explain.c. */
#ifndef X509_EXPLAIN_H
#define X509_EXPLAIN_H

#include "x509/chain.h"
#include "x509/verdict.h"

/* Add to a verdict the weakest part of a chain, if below `bits`. */
void stls_explain_weak(struct stls_verdict *verdict,
		       const struct stls_chain *chain,
		       gnutls_x509_trust_list_t trust, int bits);
/* Add who is at the end of a chain that leads to no trusted authority. */
void stls_explain_trust(struct stls_verdict *verdict,
			const struct stls_chain *chain);
/* Add the authorities from which a certificate was requested. */
void stls_explain_missing(struct stls_verdict *verdict,
			  gnutls_x509_trust_list_t trust);

#endif
