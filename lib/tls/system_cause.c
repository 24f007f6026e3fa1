/* SPDX-License-Identifier: MIT */
/*
 * tls/system_cause: a peer that the system's GnuTLS policy refuses.
 *
 * GnuTLS says that a chain is too weak, but not by what rule. It may be too
 * weak for the security level, or for a line of the system's file: a profile
 * that every chain must have, or a signature or hash that is marked as
 * insecure. If the level has no objection, it is the file, whose lines are then
 * named. For a key on a curve that the file disables, GnuTLS says that there is
 * no such curve. All this is examined only after a chain was refused.
 */
#include "tls/system_cause.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "reason/change_clause.h"
#include "reason/change_list.h"
#include "tls/policy_new.h"
#include "tls/system_file.h"
#include "x509/strength.h"
#include "x509/verify.h"

struct cause {
	struct stls_system_policy system;
	struct stls_change_list list;
	int bits; /* of security that the level requires */
	int weakest;
	int too_weak; /* for the level */
};

static int row_of(gnutls_x509_crt_t crt)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt), row;
	const char *name =
		algorithm < 0 ? NULL
			      : gnutls_sign_get_name(
					(gnutls_sign_algorithm_t)algorithm);

	for (row = 0; name && row < STLS_SIGALGS; row++) {
		if (strcmp(stls_sigalg((size_t)row)->gnutls + strlen("SIGN-"),
			   name) == 0)
			return row;
	}
	return -1;
}

static void put_lines(struct cause *cause, int kind, unsigned which)
{
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	unsigned count = stls_system_lines(&cause->system, kind, which, lines);
	unsigned i;

	for (i = 0; i < count; i++)
		stls_change_put_line(&cause->list, &cause->system, &lines[i]);
}

static void look_at(struct cause *cause, gnutls_x509_crt_t crt)
{
	/* Nobody verifies a root's signature on itself. */
	int root = gnutls_x509_crt_check_issuer(crt, crt) != 0,
	    key = stls_key_strength(crt),
	    signature = root ? key : stls_signature_strength(crt),
	    least = key < signature ? key : signature, row = row_of(crt);

	cause->too_weak |= least < cause->bits;
	if (least < cause->weakest)
		cause->weakest = least;
	if (!root && row >= 0)
		put_lines(cause, STLS_SYSTEM_CHAIN, (unsigned)row);
}

static void look_at_all(struct cause *cause, struct stls_chain *chain,
			gnutls_x509_trust_list_t trust)
{
	gnutls_x509_crt_t root;
	unsigned i;

	for (i = 0; i < chain->len; i++)
		look_at(cause, chain->crt[i]);
	if (chain->len > 0 &&
	    gnutls_x509_trust_list_get_issuer(trust, chain->crt[chain->len - 1],
					      &root, GNUTLS_TL_GET_COPY) == 0) {
		look_at(cause, root);
		gnutls_x509_crt_deinit(root);
	}
	put_lines(cause, STLS_SYSTEM_STRENGTH, (unsigned)cause->weakest);
}

/* If memory runs out the advice is lost, but not the sentence. */
static void tell(struct stls_judge *judge, const char *fault,
		 const struct stls_change_list *list)
{
	struct smtptls_advice advice = { .reason =
						 SMTPTLS_REASON_SYSTEM_POLICY };
	struct stls_phrase phrase = { advice.text, sizeof(advice.text), 0 };

	advice.change_count =
		list->count < SMTPTLS_CHANGES ? list->count : SMTPTLS_CHANGES;
	memcpy(advice.changes, list->change,
	       (size_t)advice.change_count * sizeof(*list->change));
	stls_phrase_add(&phrase, "%s", fault);
	stls_phrase_changes(&phrase, advice.changes, advice.change_count, 0);
	judge->reason = advice.reason;
	memcpy(judge->text, advice.text, sizeof(judge->text));
	judge->advice = malloc(sizeof(*judge->advice));
	if (judge->advice)
		*judge->advice = advice;
}

int stls_system_refuses_chain(gnutls_session_t tls,
			      const struct smtptls_config *config,
			      struct stls_judge *judge)
{
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct cause cause = { .list = { .change = changes },
			       .bits = stls_policy_security_bits(
				       config->policy),
			       .weakest = 256 };
	struct stls_peer peer = { .chain = NULL };
	struct stls_chain chain = { .len = 0 };
	struct stls_verdict verdict;

	peer.chain = gnutls_certificate_get_peers(tls, &peer.count);
	gnutls_certificate_get_trust_list(config->credentials, &peer.trust);
	if (peer.chain && stls_system_file_read(&cause.system) == 0 &&
	    stls_chain_open(&chain, &peer, &verdict) == 0)
		look_at_all(&cause, &chain, peer.trust);
	stls_chain_close(&chain);
	stls_system_policy_clear(&cause.system);
	if (judge->reason || cause.too_weak || cause.list.count == 0)
		return 0;
	tell(judge,
	     "peer's certificate, or one above it, is too weak for the "
	     "system's GnuTLS policy: ",
	     &cause.list);
	return 1;
}

int stls_system_refuses_curve(gnutls_session_t tls, struct stls_judge *judge)
{
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct cause cause = { .list = { .change = changes } };
	const gnutls_datum_t *leaf;
	unsigned count, which;
	int kind;

	leaf = gnutls_certificate_get_peers(tls, &count);
	if (!leaf || !stls_system_curve(leaf, &kind, &which))
		return 0;
	if (stls_system_file_read(&cause.system) == 0)
		put_lines(&cause, kind, which);
	stls_system_policy_clear(&cause.system);
	if (judge->reason || cause.list.count == 0)
		return 0;
	tell(judge,
	     "peer's certificate has a key on a curve that the system's "
	     "GnuTLS policy disables: ",
	     &cause.list);
	return 1;
}
