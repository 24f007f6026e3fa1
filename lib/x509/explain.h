/* SPDX-License-Identifier: MIT */
/* x509/explain: manual in explain.c. */
#ifndef X509_EXPLAIN_H
#define X509_EXPLAIN_H

#include "x509/chain.h"
#include "x509/verdict.h"

/* Add to a verdict: which part is the weakest, below `bits`. */
void stls_explain_weak(struct stls_verdict *verdict,
		       const struct stls_chain *chain,
		       gnutls_x509_trust_list_t trust, int bits);
/* Who is at the end of a chain that leads to no trusted authority. */
void stls_explain_trust(struct stls_verdict *verdict,
			const struct stls_chain *chain);
/* The authorities of which a certificate was asked for. */
void stls_explain_missing(struct stls_verdict *verdict,
			  gnutls_x509_trust_list_t trust);

#endif
