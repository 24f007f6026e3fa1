/* SPDX-License-Identifier: MIT */
/*
 * x509/explain: details of a refusal, for its sentence.
 *
 * They are added only when a peer is refused, and do not change the verdict.
 * Strengths are OpenSSL's figures, but GnuTLS was the judge: if nothing is too
 * weak by these figures, nothing is said.
 */
#include "x509/explain.h"

#include <stdio.h>
#include <string.h>

#include "x509/own_shown.h"
#include "x509/strength.h"

/* The number of authorities that are named. */
#define SHOWN 2

/* ---- strength ---- */

static void take_weaker(struct stls_verdict *verdict, int bits, unsigned depth,
			unsigned length, const char *kind)
{
	if (verdict->weak_bits >= 0 && verdict->weak_bits <= bits)
		return;
	verdict->weak_bits = bits;
	verdict->weak_depth = depth;
	verdict->weak_length = length;
	verdict->weak_kind = kind;
}

static void look_at(struct stls_verdict *verdict, gnutls_x509_crt_t crt,
		    unsigned depth, int bits)
{
	unsigned length = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &length);
	const char *kind = gnutls_pk_get_name(
		(gnutls_pk_algorithm_t)(algorithm < 0 ? 0 : algorithm));
	int key = stls_key_strength(crt), signature;

	if (key < bits)
		take_weaker(verdict, key, depth, length, kind ? kind : "?");
	/* Nobody relies on a self-signature. */
	if (gnutls_x509_crt_check_issuer(crt, crt))
		return;
	signature = stls_signature_strength(crt);
	kind = stls_signature_name(crt);
	if (signature < bits && kind)
		take_weaker(verdict, signature, depth, 0, kind);
}

void stls_explain_weak(struct stls_verdict *verdict,
		       const struct stls_chain *chain,
		       gnutls_x509_trust_list_t trust, int bits)
{
	gnutls_x509_crt_t root;
	unsigned i;

	verdict->weak_bits = -1;
	for (i = 0; i < chain->len; i++)
		look_at(verdict, chain->crt[i], i, bits);
	if (trust &&
	    gnutls_x509_trust_list_get_issuer(trust, chain->crt[chain->len - 1],
					      &root, GNUTLS_TL_GET_COPY) == 0) {
		look_at(verdict, root, chain->len, bits);
		gnutls_x509_crt_deinit(root);
	}
}

/* ---- authorities ---- */

static gnutls_x509_crt_t find_issuer(const struct stls_chain *chain,
				     gnutls_x509_crt_t crt)
{
	unsigned i;

	for (i = 0; i < chain->len; i++) {
		if (chain->crt[i] != crt &&
		    gnutls_x509_crt_check_issuer(crt, chain->crt[i]))
			return chain->crt[i];
	}
	return NULL;
}

void stls_explain_trust(struct stls_verdict *verdict,
			const struct stls_chain *chain)
{
	gnutls_x509_crt_t crt = chain->crt[0], next = crt;
	char name[STLS_SHOWN_NAME_SIZE];
	unsigned steps;

	/* A peer can send certificates that issued one another. */
	for (steps = 0; next && steps < chain->len; steps++) {
		crt = next;
		next = gnutls_x509_crt_check_issuer(crt, crt)
			       ? NULL
			       : find_issuer(chain, crt);
	}
	verdict->issuer = !gnutls_x509_crt_check_issuer(crt, crt);
	stls_issuer_show(crt, name);
	if (name[0])
		(void)snprintf(verdict->names, sizeof(verdict->names), "\"%s\"",
			       name);
}

void stls_explain_missing(struct stls_verdict *verdict,
			  gnutls_x509_trust_list_t trust)
{
	gnutls_x509_trust_list_iter_t iter = NULL;
	char name[STLS_SHOWN_NAME_SIZE];
	gnutls_x509_crt_t crt;
	unsigned count = 0;
	size_t len = 0;

	/* One more than is shown is written as "...". */
	while (count <= SHOWN &&
	       gnutls_x509_trust_list_iter_get_ca(trust, &iter, &crt) == 0) {
		stls_subject_show(crt, name);
		gnutls_x509_crt_deinit(crt);
		if (!name[0])
			continue;
		len += (size_t)snprintf(verdict->names + len,
					sizeof(verdict->names) - len,
					count == SHOWN ? ", ..."
					: count > 0    ? ", \"%.30s\""
						       : "\"%.30s\"",
					name);
		count++;
	}
	gnutls_x509_trust_list_iter_deinit(iter);
}
